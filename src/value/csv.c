/* Reads CSV: quotes as in RFC 4180, lines that end in LF or CRLF. Every row must have as many
 * fields as the header, for a row that is cut short is a mistake in the file that nobody else would
 * see. */
#include "value/csv.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

struct reader {
    const char *file, *at, *end;
    uint32_t line;
    struct buffer field;
    json_t *fields; /* of the row being read */
    struct error *error;
};

static bool fail(struct reader *reader, uint32_t line, const char *what)
{
    return error_set(reader->error, PLACE_NONE, "%s:%u: %s", reader->file, line, what);
}

static bool is_line_end(const struct reader *reader)
{
    return reader->at == reader->end || *reader->at == '\n' ||
           (*reader->at == '\r' && reader->at + 1 < reader->end && reader->at[1] == '\n');
}

static void pass_line_end(struct reader *reader)
{
    if (reader->at < reader->end && *reader->at == '\r')
        reader->at++;
    if (reader->at < reader->end)
        reader->at++;
    reader->line++;
}

static bool read_quoted(struct reader *reader)
{
    uint32_t line = reader->line;
    for (reader->at++; reader->at < reader->end; reader->at++) {
        if (*reader->at == '"' && (reader->at + 1 == reader->end || reader->at[1] != '"')) {
            reader->at++;
            return true;
        }
        reader->at += *reader->at == '"';
        reader->line += *reader->at == '\n';
        buffer_add_byte(&reader->field, *reader->at);
    }
    return fail(reader, line, "a quote is not closed");
}

static bool read_plain(struct reader *reader)
{
    const char *begin = reader->at;
    while (!is_line_end(reader) && *reader->at != ',' && *reader->at != '"')
        reader->at++;
    if (!is_line_end(reader) && *reader->at == '"')
        return fail(reader, reader->line, "a quote inside a field that does not begin with one");
    buffer_add(&reader->field, begin, (size_t)(reader->at - begin));
    return true;
}

static bool read_field(struct reader *reader)
{
    buffer_clear(&reader->field);
    bool is_quoted = reader->at < reader->end && *reader->at == '"';
    if (!(is_quoted ? read_quoted(reader) : read_plain(reader)))
        return false;
    if (!is_line_end(reader) && *reader->at != ',')
        return fail(reader, reader->line, "text behind the closing quote of a field");
    json_t *field = json_stringn(buffer_text(&reader->field), reader->field.length);
    if (field == NULL)
        return fail(reader, reader->line, "a field is not UTF-8");
    json_array_append_new(reader->fields, field);
    return true;
}

static bool read_row(struct reader *reader)
{
    json_array_clear(reader->fields);
    while (read_field(reader)) {
        if (is_line_end(reader)) {
            pass_line_end(reader);
            return true;
        }
        reader->at++;
    }
    return false;
}

static bool check_header(struct reader *reader, const json_t *header, uint32_t line)
{
    json_t *seen = json_object();
    bool is_good = true;
    for (size_t i = 0; is_good && i < json_array_size(header); i++) {
        const json_t *key = json_array_get(header, i);
        const char *text = json_string_value(key);
        if (strlen(text) < json_string_length(key))
            is_good = fail(reader, line, "the header holds a NUL");
        else if (json_object_get(seen, text) != NULL)
            is_good = error_set(reader->error, PLACE_NONE, "%s:%u: '%s' is twice in the header",
                                reader->file, line, text);
        json_object_set_new(seen, text, json_null());
    }
    json_decref(seen);
    return is_good;
}

static bool add_row(struct reader *reader, const json_t *header, uint32_t line, json_t *rows)
{
    size_t count = json_array_size(reader->fields), expected = json_array_size(header);
    if (count != expected)
        return error_set(reader->error, PLACE_NONE, "%s:%u: %zu field%s, but the header has %zu",
                         reader->file, line, count, count == 1 ? "" : "s", expected);
    json_t *row = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set(row, json_string_value(json_array_get(header, i)),
                        json_array_get(reader->fields, i));
    json_array_append_new(rows, row);
    return true;
}

static bool read_rows(struct reader *reader, json_t **header, json_t *rows)
{
    while (reader->at < reader->end) {
        if (is_line_end(reader)) {
            pass_line_end(reader);
            continue;
        }
        uint32_t line = reader->line;
        if (!read_row(reader))
            return false;
        if (*header != NULL && !add_row(reader, *header, line, rows))
            return false;
        if (*header == NULL) {
            *header = json_copy(reader->fields);
            if (!check_header(reader, *header, line))
                return false;
        }
    }
    return true;
}

json_t *csv_rows(const char *file, const char *text, size_t length, struct error *error)
{
    size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct reader reader = {.file = file,
                            .at = text + mark,
                            .end = text + length,
                            .line = 1,
                            .fields = json_array(),
                            .error = error};
    json_t *header = NULL, *rows = json_array();
    bool is_good = read_rows(&reader, &header, rows);
    json_decref(header);
    json_decref(reader.fields);
    buffer_release(&reader.field);
    if (is_good)
        return rows;
    json_decref(rows);
    return NULL;
}
