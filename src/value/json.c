/* JSON text. Written by hand because numbers are to be written as everywhere else; read by jansson,
 * which limits the depth to 2048, so recursion over what it read is safe. */
#include "value/value.h"

#include <math.h>
#include <string.h>

static void write_string(const char *text, size_t length, struct buffer *out)
{
    static const char short_forms[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    buffer_add_byte(out, '"');
    size_t begin = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        buffer_add(out, text + begin, i - begin);
        begin = i + 1;
        const char *form = short_forms;
        while (*form != '\0' && (unsigned char)*form != byte)
            form += 2;
        if (*form != '\0')
            buffer_printf(out, "\\%c", form[1]);
        else
            buffer_printf(out, "\\u%04x", byte);
    }
    buffer_add(out, text + begin, length - begin);
    buffer_add_byte(out, '"');
}

static void write_list(const json_t *list, struct buffer *out)
{
    buffer_add_byte(out, '[');
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0)
            buffer_add_byte(out, ',');
        value_write_json(json_array_get(list, i), out);
    }
    buffer_add_byte(out, ']');
}

static void write_map(const json_t *map, struct buffer *out)
{
    const char *key, *separator = "";
    size_t length;
    json_t *value;
    buffer_add_byte(out, '{');
    json_object_keylen_foreach((json_t *)map, key, length, value)
    {
        buffer_add_text(out, separator);
        separator = ",";
        write_string(key, length, out);
        buffer_add_byte(out, ':');
        value_write_json(value, out);
    }
    buffer_add_byte(out, '}');
}

/* A whole number that is no JSON integer of ours could not be read back without a point. */
static void write_real(double number, struct buffer *out)
{
    value_write_number(number, out);
    if (fabs(number) >= 0x1p63 && fabs(number) < 1e21)
        buffer_add_text(out, ".0");
}

static void write_integer(json_int_t number, struct buffer *out)
{
    if (number < 0)
        buffer_add_byte(out, '-');
    buffer_add_number(out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void value_write_json(const json_t *value, struct buffer *out)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_map(value, out);
        break;
    case JSON_ARRAY:
        write_list(value, out);
        break;
    case JSON_STRING:
        write_string(json_string_value(value), json_string_length(value), out);
        break;
    case JSON_INTEGER:
        write_integer(json_integer_value(value), out);
        break;
    case JSON_REAL:
        write_real(json_real_value(value), out);
        break;
    case JSON_TRUE:
        buffer_add_text(out, "true");
        break;
    case JSON_FALSE:
        buffer_add_text(out, "false");
        break;
    case JSON_NULL:
        buffer_add_text(out, "null");
        break;
    }
}

json_t *value_from_json(const char *text, size_t length, struct error *error)
{
    json_error_t problem;
    json_t *value = json_loadb(text, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (value == NULL)
        error_set(error, PLACE_NONE, "not JSON: %s (line %d, column %d)", problem.text,
                  problem.line, problem.column);
    return value;
}
