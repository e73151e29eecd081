/* Settings that must be known before anything runs: numbers, durations, sizes, true or false, with
 * expressions over params, env and run.id, which are evaluated here. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

enum { VALUE_WEIGHT = 64, EVALUATED_MOST = 1 << 30 };

struct known {
    struct reader *reader;
    bool is_follow_up;
};

/* A variable that the workflow sets hides the inherited one; one that is not set has no value. */
static json_t *known_variable(struct known *known, name variable, struct error *error)
{
    struct reader *reader = known->reader;
    const struct details *details = reader->details;
    const struct workflow *workflow = reader->workflow;
    const struct variable *env = details != NULL ? details->env : workflow->env;
    uint32_t count = details != NULL ? details->env_count : workflow->env_count;
    const char *text = names_text(reader->names, variable);
    for (uint32_t i = count; i-- > 0;) {
        if (env[i].name != variable)
            continue;
        if (env[i].is_unset)
            return NULL;
        if (env[i].value.piece_count == 0)
            return json_string(names_text(reader->names, env[i].value.literal));
        error_set(error, PLACE_NONE, "env.%s is not known before the task runs", text);
        error_hint(error, "its own value is an expression");
        return NULL;
    }
    json_t *value = snapshot_env(workflow->snapshot, text, error);
    if (!json_is_null(value))
        return value;
    json_decref(value);
    return NULL;
}

static json_t *known_value(void *context, const struct reference *reference, struct error *error)
{
    struct known *known = context;
    const struct workflow *workflow = known->reader->workflow;
    const char *root = names_text(known->reader->names, reference->names[0]);
    if (strcmp(root, "here") == 0)
        return json_string(workflow->snapshot->directory);
    if (strcmp(root, "run") == 0) {
        const char *id = known->reader->options->run_id;
        return json_string(id != NULL ? id : "");
    }
    if (strcmp(root, "env") == 0)
        return known_variable(known, reference->names[1], error);
    if (reference->depth == 1)
        return json_incref(workflow->params_value);
    uint32_t index = name_map_get(&known->reader->param_of_name, reference->names[1]) - 1;
    if (workflow->params[index].value != NULL)
        return json_incref(workflow->params[index].value);
    known->is_follow_up = true;
    error_set(error, PLACE_NONE, "follows from another error");
    return NULL;
}

/* About how many bytes a value takes. Its depth is limited. */
static uint64_t weight(const json_t *value)
{
    uint64_t sum = VALUE_WEIGHT + json_string_length(value);
    size_t index;
    const char *key;
    json_t *item;
    json_array_foreach((json_t *)value, index, item) sum += weight(item);
    json_object_foreach((json_t *)value, key, item) sum += weight(item);
    return sum;
}

/* One expression is limited by itself; many large ones together are here. */
static bool has_room(struct reader *reader, const json_t *value, struct error *error)
{
    reader->evaluated += weight(value);
    return reader->evaluated <= EVALUATED_MOST ||
           error_set(error, PLACE_NONE,
                     "this value and those before it take more than 1 GiB together");
}

static json_t *evaluate(struct reader *reader, uint32_t index)
{
    if (reader->evaluated > EVALUATED_MOST)
        return NULL; /* that has been said */
    struct known known = {.reader = reader};
    struct evaluation evaluation = {.context = &known, .value = known_value};
    const struct expression *expression = &reader->expressions.items[index];
    CLEANUP_ERROR struct error error = {0};
    json_t *value = sandbox_evaluate(reader->workflow->sandbox, expression, &evaluation, &error);
    if (value != NULL && !has_room(reader, value, &error)) {
        json_decref(value);
        value = NULL;
    }
    if (value == NULL && !known.is_follow_up) {
        error.at = expression->at;
        diagnostics_take(reader->diagnostics, &error);
    }
    return value;
}

static bool write_pieces(struct reader *reader, const struct text *text, struct buffer *out)
{
    for (uint32_t i = 0; i < text->piece_count; i++) {
        const struct piece *piece = &text->pieces[i];
        buffer_add(out, names_text(reader->names, piece->literal),
                   names_length(reader->names, piece->literal));
        if (piece->expression == NO_EXPRESSION)
            continue;
        json_t *value = evaluate(reader, piece->expression);
        if (value == NULL)
            return false;
        CLEANUP_ERROR struct error error = {0};
        bool is_good = value_write_text(value, out, &error);
        json_decref(value);
        if (!is_good) {
            error.at = reader->expressions.items[piece->expression].at;
            return diagnostics_take(reader->diagnostics, &error);
        }
    }
    return true;
}

bool setting_text(struct reader *reader, uint32_t node, struct buffer *ret)
{
    struct text text;
    if (!text_read(reader, node, CONTEXT_SETTING, &text))
        return false;
    if (text.piece_count > 0)
        return write_pieces(reader, &text, ret);
    buffer_add(ret, reader_text(reader, node), reader_length(reader, node));
    return true;
}

static bool is_something(struct reader *reader, uint32_t node, const char *what)
{
    if (reader_node(reader, node)->kind == NODE_SCALAR && !reader_is_plain_null(reader, node))
        return true;
    return reader_wrong_kind(reader, node, what);
}

/* Quoted text is no number and not true or false, unless an expression gives it. */
static bool is_of_kind(struct reader *reader, uint32_t node, const char *what)
{
    if (!is_something(reader, node, what))
        return false;
    if (reader_node(reader, node)->style != STYLE_PLAIN && !reader_has_holes(reader, node)) {
        reader_wrong_kind(reader, node, what);
        reader_hint(reader, "write it without quotes");
        return false;
    }
    return true;
}

bool setting_bool(struct reader *reader, uint32_t node, bool *ret)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (!is_of_kind(reader, node, "true or false") || !setting_text(reader, node, &text))
        return false;
    *ret = strcmp(buffer_text(&text), "true") == 0;
    if (*ret || strcmp(buffer_text(&text), "false") == 0)
        return true;
    reader_error(reader, node, "expected true or false, found '%s'", buffer_text(&text));
    static const char *const yes[] = {"yes", "on", "no", "off", "True", "TRUE", "False", "FALSE"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (strcmp(buffer_text(&text), yes[i]) == 0)
            reader_hint(reader, "write true or false");
    return false;
}

bool setting_integer(struct reader *reader, uint32_t node, int64_t least, int64_t most,
                     int64_t *ret)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (!is_of_kind(reader, node, "a whole number") || !setting_text(reader, node, &text))
        return false;
    if (!text_integer(buffer_text(&text), ret))
        return reader_error(reader, node, "expected a whole number, found '%s'",
                            buffer_text(&text));
    if (*ret < least)
        return reader_error(reader, node, "%s is too small: at least %lld", buffer_text(&text),
                            (long long)least);
    if (*ret > most)
        return reader_error(reader, node, "%s is too large: at most %lld", buffer_text(&text),
                            (long long)most);
    return true;
}

bool setting_duration(struct reader *reader, uint32_t node, int64_t *ret)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (!is_something(reader, node, "a duration") || !setting_text(reader, node, &text))
        return false;
    if (text_duration(buffer_text(&text), ret))
        return true;
    reader_error(reader, node, "'%s' is not a duration", buffer_text(&text));
    reader_hint(reader, "write 500ms, 2s, 1h30m or a number of seconds");
    return false;
}

bool setting_size(struct reader *reader, uint32_t node, uint64_t *ret)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (!is_something(reader, node, "a size") || !setting_text(reader, node, &text))
        return false;
    if (text_size(buffer_text(&text), ret))
        return true;
    reader_error(reader, node, "'%s' is not a size", buffer_text(&text));
    reader_hint(reader, "write 512M, 1.5G or a number of bytes");
    return false;
}

static json_t *value_of_text(struct reader *reader, const struct text *text)
{
    if (text->is_expression)
        return evaluate(reader, text->pieces[0].expression);
    CLEANUP_BUFFER struct buffer out = {0};
    if (text->piece_count == 0)
        buffer_add(&out, names_text(reader->names, text->literal),
                   names_length(reader->names, text->literal));
    else if (!write_pieces(reader, text, &out))
        return NULL;
    return json_stringn(buffer_text(&out), out.length);
}

json_t *setting_value(struct reader *reader, const struct spec *spec)
{
    if (spec->kind == SPEC_CONSTANT)
        return json_incref(spec->constant);
    if (spec->kind == SPEC_TEXT)
        return value_of_text(reader, &spec->text);
    json_t *all = spec->kind == SPEC_MAP ? json_object() : json_array();
    for (uint32_t i = 0; i < spec->count; i++) {
        json_t *value = setting_value(reader, &spec->items[i]);
        if (value == NULL) {
            json_decref(all);
            return NULL;
        }
        if (spec->kind == SPEC_MAP)
            json_object_set_new(all, names_text(reader->names, spec->keys[i]), value);
        else
            json_array_append_new(all, value);
    }
    return all;
}
