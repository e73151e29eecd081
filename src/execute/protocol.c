/* Lines of the verbs' protocol. A request must be exactly what its verb takes: a field that is
 * unknown, or of another verb, is refused and named, so that a client's slip is seen at once. What
 * is not JSON gives no id back; everything else does. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "execute/execute.h"
#include "value/value.h"

enum {
    FIELD_KEY = 1,
    FIELD_AMOUNT = 2,
    FIELD_TIMEOUT = 4,
    FIELD_VALUE = 8,
    FIELD_COMMON = 16, /* of every verb */
};
enum { TOKEN_MOST = 128, NAME_MOST = 1024, KEY_MOST = 4096 };

static const struct spelling {
    const char *text;
    uint8_t fields;
} words[VERB_WORDS] = {
    [WORD_LOCK] = {"lock", FIELD_KEY | FIELD_TIMEOUT},
    [WORD_SEMAPHORE] = {"semaphore", FIELD_AMOUNT | FIELD_TIMEOUT},
    [WORD_ACQUIRE] = {"acquire", FIELD_KEY | FIELD_AMOUNT | FIELD_TIMEOUT},
    [WORD_RELEASE] = {"release", FIELD_KEY},
    [WORD_BARRIER] = {"barrier", FIELD_TIMEOUT},
    [WORD_WAIT] = {"wait", FIELD_TIMEOUT},
    [WORD_SET] = {"set", 0},
    [WORD_CLEAR] = {"clear", 0},
    [WORD_NOTIFY] = {"notify", 0},
    [WORD_NOTIFY_ALL] = {"notify-all", 0},
    [WORD_PUT] = {"put", FIELD_VALUE | FIELD_TIMEOUT},
    [WORD_GET] = {"get", FIELD_TIMEOUT},
    [WORD_CLOSE] = {"close", 0},
};

const char *verb_word_text(enum verb_word word)
{
    return words[word].text;
}

/* --- one field each: false says what it should be --- */

static bool is_name_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           strchr("_-.:", c) != NULL;
}

static bool take_id(struct verb_request *ret, const json_t *value, struct error *error)
{
    if (json_is_integer(value)) {
        snprintf(ret->id, sizeof ret->id, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    if (json_is_null(value))
        return true;
    size_t length = json_string_length(value);
    bool is_good = json_is_string(value) && length > 0 && length <= VERB_ID_MOST;
    for (size_t i = 0; is_good && i < length; i++)
        is_good =
            json_string_value(value)[i] != '\0' && is_name_character(json_string_value(value)[i]);
    if (!is_good)
        return error_set(error, PLACE_NONE,
                         "'id' must be a whole number, or a text of 1 to %d letters, digits, "
                         "'_', '-', '.' and ':'",
                         VERB_ID_MOST);
    snprintf(ret->id, sizeof ret->id, "\"%s\"", json_string_value(value));
    return true;
}

/* A text without NUL, not longer than `most`. */
static bool take_text(const char **ret, const json_t *value, const char *field, size_t most,
                      struct error *error)
{
    size_t length = json_string_length(value);
    if (!json_is_string(value) || length > most || strlen(json_string_value(value)) != length)
        return error_set(error, PLACE_NONE, "'%s' must be a text of at most %zu bytes", field,
                         most);
    *ret = json_string_value(value);
    return true;
}

/* Keys are compared by their text: 1 and "1" are the same lock. */
static bool take_key(struct verb_request *ret, const json_t *value, struct error *error)
{
    if (json_is_string(value))
        return take_text(&ret->key, value, "key", KEY_MOST, error);
    struct buffer text = {0};
    if (!value_write_text(value, &text, NULL)) {
        buffer_release(&text);
        return error_set(error, PLACE_NONE, "'key' must be a text, a number, true or false");
    }
    ret->key = ret->key_text = buffer_take(&text);
    return true;
}

static bool take_count(uint32_t *ret, const json_t *value, const char *field, json_int_t least,
                       struct error *error)
{
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) >= UINT32_MAX)
        return error_set(error, PLACE_NONE, "'%s' must be a whole number, at least %d", field,
                         (int)least);
    *ret = (uint32_t)json_integer_value(value);
    return true;
}

static bool take_timeout(struct verb_request *ret, const json_t *value, struct error *error)
{
    double seconds = json_number_value(value);
    if (!json_is_number(value) || !(seconds >= 0) || seconds > 1e9)
        return error_set(error, PLACE_NONE, "'timeout' must be a number of seconds, 0 to 1e9");
    ret->timeout = (int64_t)(seconds * 1e9);
    return true;
}

static bool take_word(struct verb_request *ret, const json_t *value, struct error *error)
{
    const char *text;
    if (!take_text(&text, value, "verb", NAME_MOST, error))
        return false;
    const char *texts[VERB_WORDS];
    for (int i = 0; i < VERB_WORDS; i++) {
        texts[i] = words[i].text;
        if (strcmp(text, texts[i]) == 0) {
            ret->word = (uint8_t)i;
            return true;
        }
    }
    error_set(error, PLACE_NONE, "there is no verb '%s'", text);
    const char *nearest = text_nearest(text, texts, VERB_WORDS);
    return nearest != NULL ? error_hint(error, "did you mean '%s'?", nearest) : false;
}

/* --- the whole --- */

/* Takes one field; *ret_kind: FIELD_..., 0 if there is none of this name. */
static bool take_field(struct verb_request *ret, const char *field, const json_t *value,
                       uint8_t *ret_kind, struct error *error)
{
    *ret_kind = FIELD_COMMON;
    if (strcmp(field, "token") == 0)
        return take_text(&ret->token, value, "token", TOKEN_MOST, error);
    if (strcmp(field, "name") == 0)
        return take_text(&ret->name, value, "name", NAME_MOST, error);
    if (strcmp(field, "lease") == 0)
        return json_is_null(value) || take_count(&ret->lease, value, "lease", 0, error);
    if (strcmp(field, "id") == 0 || strcmp(field, "verb") == 0)
        return true; /* taken before all others */
    *ret_kind = FIELD_KEY;
    if (strcmp(field, "key") == 0)
        return take_key(ret, value, error);
    *ret_kind = FIELD_AMOUNT;
    if (strcmp(field, "amount") == 0)
        return take_count(&ret->amount, value, "amount", 1, error);
    *ret_kind = FIELD_TIMEOUT;
    if (strcmp(field, "timeout") == 0)
        return take_timeout(ret, value, error);
    *ret_kind = FIELD_VALUE;
    if (strcmp(field, "value") == 0)
        ret->value = value;
    else
        *ret_kind = 0;
    return true;
}

static bool take_fields(struct verb_request *ret, struct error *error)
{
    const char *field;
    json_t *value;
    json_object_foreach(ret->line, field, value)
    {
        uint8_t kind;
        if (!take_field(ret, field, value, &kind, error))
            return false;
        if (kind == 0)
            return error_set(error, PLACE_NONE, "there is no field '%.100s'", field);
        if (kind != FIELD_COMMON && (words[ret->word].fields & kind) == 0)
            return error_set(error, PLACE_NONE, "%s takes no '%s'", words[ret->word].text, field);
    }
    const char *missing = ret->token == NULL                                            ? "token"
                          : ret->name == NULL                                           ? "name"
                          : ret->value == NULL && words[ret->word].fields & FIELD_VALUE ? "value"
                                                                                        : NULL;
    return missing == NULL || error_set(error, PLACE_NONE, "'%s' is missing", missing);
}

bool verb_request_read(struct verb_request *ret, const char *line, size_t length,
                       struct error *error)
{
    *ret = (struct verb_request){.id = "null", .amount = 1, .timeout = -1, .lease = VERB_NO_LEASE};
    json_error_t problem;
    ret->line = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);
    if (!json_is_object(ret->line))
        return error_set(error, PLACE_NONE, "a request is a JSON object on a line of its own: %s",
                         ret->line == NULL ? problem.text : "this is none");
    const json_t *id = json_object_get(ret->line, "id"), *verb = json_object_get(ret->line, "verb");
    if (id != NULL && !take_id(ret, id, error))
        return false;
    if (verb == NULL)
        return error_set(error, PLACE_NONE, "'verb' is missing");
    return take_word(ret, verb, error) && take_fields(ret, error);
}

void verb_request_release(struct verb_request *request)
{
    json_decref(request->line);
    memory_free(request->key_text);
    *request = (struct verb_request){0};
}

void verb_reply_write(const struct verb_reply *reply, struct buffer *out)
{
    buffer_printf(out, "{\"id\":%s,\"status\":%d", reply->id, reply->status);
    if (reply->lease != VERB_NO_LEASE)
        buffer_printf(out, ",\"lease\":%" PRIu32, reply->lease);
    if (reply->value != NULL) {
        buffer_add_text(out, ",\"value\":");
        value_write_json(reply->value, out);
    }
    if (reply->message != NULL) {
        CLEANUP_BUFFER struct buffer shown = {0};
        text_printable(reply->message, strlen(reply->message), &shown);
        json_t *message = json_string(buffer_text(&shown));
        buffer_add_text(out, ",\"message\":");
        value_write_json(message, out);
        json_decref(message);
    }
    buffer_add_text(out, "}\n");
}
