/* Scalars of documents, of the command line and of outputs as values, and values as text. Nothing
 * is read as a number that would be written back as another text without the author being told. */
#include "value/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { LONGEST_SHOWN = 60 };

bool value_write_text(const json_t *value, struct buffer *out, struct error *error)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        buffer_add(out, json_string_value(value), json_string_length(value));
        return true;
    case JSON_REAL:
        value_write_number(json_real_value(value), out);
        return true;
    case JSON_INTEGER:
    case JSON_TRUE:
    case JSON_FALSE:
        value_write_json(value, out);
        return true;
    case JSON_NULL:
        error_set(error, PLACE_NONE, "null cannot stand in text");
        return error_hint(error, "json(...) writes it as null");
    case JSON_ARRAY:
        error_set(error, PLACE_NONE, "a list cannot stand in text");
        return error_hint(error, "join(..., ' ') writes its elements, json(...) its JSON");
    case JSON_OBJECT:
        break;
    }
    error_set(error, PLACE_NONE, "a map cannot stand in text");
    return error_hint(error, "json(...) writes its JSON");
}

static bool is_one_of(const char *text, size_t length, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strlen(*words) == length && memcmp(*words, text, length) == 0)
            return true;
    return false;
}

static size_t digits_at(const char *text, size_t length, size_t at)
{
    size_t begin = at;
    while (at < length && isdigit((unsigned char)text[at]))
        at++;
    return at - begin;
}

static bool is_based(const char *text, size_t length)
{
    if (length < 3 || text[0] != '0' || (text[1] != 'x' && text[1] != 'o'))
        return false;
    for (size_t i = 2; i < length; i++)
        if (text[1] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] < '0' || text[i] > '7')
            return false;
    return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? of the core schema; an int is one that has
 * only digits. */
static enum scalar_type number_type(const char *text, size_t length)
{
    size_t at = length > 0 && (text[0] == '-' || text[0] == '+');
    size_t whole = digits_at(text, length, at), fraction = 0;
    at += whole;
    if (whole > 0 && at == length)
        return SCALAR_INT;
    if (at < length && text[at] == '.') {
        fraction = digits_at(text, length, ++at);
        at += fraction;
    }
    if (whole + fraction == 0)
        return SCALAR_TEXT;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < length && (text[at] == '-' || text[at] == '+');
        size_t exponent = digits_at(text, length, at);
        if (exponent == 0)
            return SCALAR_TEXT;
        at += exponent;
    }
    return at == length ? SCALAR_FLOAT : SCALAR_TEXT;
}

static bool is_special(const char *text, size_t length)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const others[] = {".nan", ".NaN", ".NAN", NULL};
    bool is_signed = length > 0 && (text[0] == '-' || text[0] == '+');
    return is_one_of(text + is_signed, length - is_signed, infinities) ||
           is_one_of(text, length, others);
}

const char *const value_nulls[VALUE_NULLS + 1] = {"", "~", "null", "Null", "NULL", NULL};

enum scalar_type value_scalar_type(const char *text, size_t length)
{
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    if (is_one_of(text, length, value_nulls))
        return SCALAR_NULL;
    if (is_one_of(text, length, bools))
        return SCALAR_BOOL;
    if (is_based(text, length))
        return SCALAR_INT;
    if (is_special(text, length))
        return SCALAR_FLOAT;
    return number_type(text, length);
}

/* The start of a text, for messages. */
static void shown(const char *text, size_t length, struct buffer *out)
{
    size_t some = length <= LONGEST_SHOWN ? length : LONGEST_SHOWN;
    text_printable(text, text_valid_utf8(text, some), out);
    buffer_add_text(out, some < length ? "..." : "");
}

static json_t *integer_of(const char *text)
{
    int64_t integer;
    if (text_integer(text, &integer))
        return json_integer(integer);
    if (!is_based(text, strlen(text)))
        return NULL;
    errno = 0;
    long long number = strtoll(text + 2, NULL, text[1] == 'x' ? 16 : 8);
    return errno == 0 ? json_integer(number) : NULL;
}

static json_t *number_of(enum scalar_type type, const char *text)
{
    if (type == SCALAR_INT)
        return integer_of(text);
    double number = strtod(text, NULL);
    return isfinite(number) ? json_real(number) : NULL;
}

static json_t *number_from_scalar(enum scalar_type type, const char *text, size_t length,
                                  struct error *error)
{
    CLEANUP_BUFFER struct buffer name = {0}, again = {0};
    CLEANUP_FREE char *copy = memory_text_n(text, length);
    json_t *number = is_special(text, length) ? NULL : number_of(type, copy);
    shown(text, length, &name);
    if (number == NULL) {
        error_set(error, PLACE_NONE, "%s is not a number that a value can hold",
                  buffer_text(&name));
        error_hint(error, "quote it to keep it as text");
        return NULL;
    }
    value_write_json(number, &again);
    if (again.length == length && memcmp(again.bytes, text, length) == 0)
        return number;
    json_decref(number);
    error_set(error, PLACE_NONE, "%s would be written back as %s", buffer_text(&name),
              buffer_text(&again));
    error_hint(error, "quote it to keep it as text");
    return NULL;
}

static json_t *text_value(const char *text, size_t length, struct error *error)
{
    json_t *value = json_stringn(text, length);
    if (value == NULL)
        error_set(error, PLACE_NONE, "the text is not UTF-8");
    return value;
}

json_t *value_from_scalar(const char *text, size_t length, struct error *error)
{
    enum scalar_type type = value_scalar_type(text, length);
    switch (type) {
    case SCALAR_NULL:
        return json_null();
    case SCALAR_BOOL:
        return json_boolean(text[0] == 't' || text[0] == 'T');
    case SCALAR_INT:
    case SCALAR_FLOAT:
        return number_from_scalar(type, text, length, error);
    case SCALAR_TEXT:
        break;
    }
    return text_value(text, length, error);
}

static const char *const type_texts[] = {
    [TYPE_TEXT] = "text", [TYPE_INT] = "int",   [TYPE_FLOAT] = "float",
    [TYPE_BOOL] = "bool", [TYPE_JSON] = "json", [TYPE_ENUM] = "enum",
};

bool value_type_from_text(const char *text, enum value_type *ret)
{
    for (size_t i = 0; i < sizeof type_texts / sizeof *type_texts; i++) {
        if (strcmp(type_texts[i], text) == 0) {
            *ret = (enum value_type)i;
            return true;
        }
    }
    return false;
}

const char *value_type_text(enum value_type type)
{
    return type_texts[type];
}

static json_t *typed_value(enum value_type type, const char *text, size_t length)
{
    static const char *const bools[] = {"true", "false", NULL};
    CLEANUP_FREE char *copy = memory_text_n(text, length);
    int64_t integer;
    switch (type) {
    case TYPE_INT:
        return strlen(copy) == length && text_integer(copy, &integer) ? json_integer(integer)
                                                                      : NULL;
    case TYPE_FLOAT:
        return number_type(text, length) != SCALAR_TEXT ? number_of(SCALAR_FLOAT, copy) : NULL;
    case TYPE_BOOL:
        return is_one_of(text, length, bools) ? json_boolean(text[0] == 't') : NULL;
    default:
        return NULL;
    }
}

json_t *value_from_text(enum value_type type, const char *text, size_t length, struct error *error)
{
    if (type == TYPE_TEXT || type == TYPE_ENUM)
        return text_value(text, length, error);
    if (type == TYPE_JSON)
        return value_from_json(text, length, error);
    json_t *value = typed_value(type, text, length);
    if (value != NULL)
        return value;
    CLEANUP_BUFFER struct buffer name = {0};
    shown(text, length, &name);
    error_set(error, PLACE_NONE, "'%s' is not %s %s", buffer_text(&name),
              type == TYPE_INT ? "an" : "a", value_type_text(type));
    if (type == TYPE_BOOL)
        error_hint(error, "write true or false");
    return NULL;
}

bool value_has_type(const json_t *value, enum value_type type)
{
    switch (type) {
    case TYPE_TEXT:
    case TYPE_ENUM:
        return json_is_string(value);
    case TYPE_INT:
        return json_is_integer(value);
    case TYPE_FLOAT:
        return json_is_number(value);
    case TYPE_BOOL:
        return json_is_boolean(value);
    case TYPE_JSON:
        break;
    }
    return true;
}

static bool is_same_number(json_int_t integer, double real)
{
    /* As doubles two integers above 2^53 may look equal, so the double becomes an integer. */
    return real >= -0x1p63 && real < 0x1p63 && (double)(json_int_t)real == real &&
           (json_int_t)real == integer;
}

static bool are_equal_maps(const json_t *a, const json_t *b)
{
    if (json_object_size(a) != json_object_size(b))
        return false;
    const char *key;
    size_t length;
    json_t *value;
    json_object_keylen_foreach((json_t *)a, key, length, value)
    {
        const json_t *other = json_object_getn(b, key, length);
        if (other == NULL || !value_equal(value, other))
            return false;
    }
    return true;
}

static bool are_equal_lists(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!value_equal(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}

bool value_equal(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_real(b))
        return is_same_number(json_integer_value(a), json_real_value(b));
    if (json_is_real(a) && json_is_integer(b))
        return is_same_number(json_integer_value(b), json_real_value(a));
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_object(a))
        return are_equal_maps(a, b);
    if (json_is_array(a))
        return are_equal_lists(a, b);
    return json_equal(a, b);
}

void value_init(void)
{
    json_set_alloc_funcs(memory_bare, free);
}
