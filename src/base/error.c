/* Errors as values; see error.h. */
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { MOST_DIAGNOSTICS = 1000, LINE_WINDOW = 100 };

static char *format_text(const char *format, va_list arguments)
{
    struct buffer text = {0};
    buffer_vprintf(&text, format, arguments);
    return buffer_take(&text);
}

bool error_set(struct error *error, place at, const char *format, ...)
{
    if (error == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    char *message = format_text(format, arguments);
    va_end(arguments);
    error_release(error);
    *error = (struct error){.message = message, .at = at};
    return false;
}

bool error_set_system(struct error *error, int number, const char *format, ...)
{
    if (error == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    struct buffer text = {0};
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    buffer_printf(&text, ": %s", strerror(number));
    error_release(error);
    *error = (struct error){.message = buffer_take(&text)};
    return false;
}

bool error_hint(struct error *error, const char *format, ...)
{
    if (error == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    free(error->hint);
    error->hint = format_text(format, arguments);
    va_end(arguments);
    return false;
}

bool error_wrap(struct error *error, const char *format, ...)
{
    if (error == NULL)
        return false;
    struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    buffer_printf(&text, ": %s", error->message ? error->message : "unknown error");
    free(error->message);
    error->message = buffer_take(&text);
    return false;
}

void error_release(struct error *error)
{
    if (error->message != NULL)
        free(error->message);
    if (error->hint != NULL)
        free(error->hint);
    *error = (struct error){0};
}

static void collect(struct diagnostics *diagnostics, struct error what, enum severity severity)
{
    if (severity == SEVERITY_ERROR && diagnostics->error_count++ >= MOST_DIAGNOSTICS) {
        error_release(&what);
        return;
    }
    diagnostics->items = memory_grow(diagnostics->items, diagnostics->count, 1,
                                     &diagnostics->capacity, sizeof *diagnostics->items);
    diagnostics->items[diagnostics->count] =
        (struct diagnostic){.what = what, .severity = severity, .order = diagnostics->count};
    diagnostics->count++;
}

bool diagnostics_add(struct diagnostics *diagnostics, place at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = format_text(format, arguments);
    va_end(arguments);
    collect(diagnostics, (struct error){.message = message, .at = at}, SEVERITY_ERROR);
    return false;
}

void diagnostics_warn(struct diagnostics *diagnostics, place at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = format_text(format, arguments);
    va_end(arguments);
    collect(diagnostics, (struct error){.message = message, .at = at}, SEVERITY_WARNING);
}

void diagnostics_hint(struct diagnostics *diagnostics, const char *format, ...)
{
    if (diagnostics->count == 0 || diagnostics->error_count > MOST_DIAGNOSTICS)
        return;
    va_list arguments;
    va_start(arguments, format);
    struct error *last = &diagnostics->items[diagnostics->count - 1].what;
    free(last->hint);
    last->hint = format_text(format, arguments);
    va_end(arguments);
}

bool diagnostics_take(struct diagnostics *diagnostics, struct error *error)
{
    collect(diagnostics, *error, SEVERITY_ERROR);
    *error = (struct error){0};
    return false;
}

static int compare(const void *a, const void *b)
{
    const struct diagnostic *x = a, *y = b;
    if (x->what.at != y->what.at)
        return x->what.at < y->what.at ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Part of the line around the caret, so that a line of a megabyte shows what matters. */
static void write_line(const struct location *location, struct buffer *out)
{
    size_t begin = 0, end = location->length;
    if (location->length > LINE_WINDOW) {
        begin = location->offset > LINE_WINDOW / 2 ? location->offset - LINE_WINDOW / 2 : 0;
        end = begin + LINE_WINDOW < end ? begin + LINE_WINDOW : end;
        while (begin < location->offset && ((unsigned char)location->text[begin] & 0xc0) == 0x80)
            begin++;
        while (end < location->length && ((unsigned char)location->text[end] & 0xc0) == 0x80)
            end++;
    }
    int width = location->line < 100000 ? 5 : 10;
    buffer_printf(out, "%*u | ", width, location->line);
    text_printable(location->text + begin, end - begin, out);
    buffer_printf(out, "\n%*s | ", width, "");
    for (size_t i = begin; i < location->offset; i++)
        if (((unsigned char)location->text[i] & 0xc0) != 0x80)
            buffer_add_byte(out, location->text[i] == '\t' ? '\t' : ' ');
    buffer_add_text(out, "^\n");
}

static void write_place(const struct location *location, struct buffer *out)
{
    if (location->line > 0)
        buffer_printf(out, "%s:%u:%u: ", location->file, location->line, location->column);
    else
        buffer_printf(out, "%s (changed meanwhile): ", location->file);
}

static void write_one(const struct diagnostic *one, const struct sources *sources,
                      struct buffer *out)
{
    struct location location;
    bool has_place = sources != NULL && sources_locate(sources, one->what.at, &location);
    if (has_place)
        write_place(&location, out);
    buffer_add_text(out, one->severity == SEVERITY_ERROR ? "error: " : "warning: ");
    text_printable(one->what.message, strlen(one->what.message), out);
    buffer_add_byte(out, '\n');
    if (has_place && location.line > 0)
        write_line(&location, out);
    if (one->what.hint != NULL) {
        buffer_printf(out, "%*s = ", has_place && location.line >= 100000 ? 10 : 5, "");
        text_printable(one->what.hint, strlen(one->what.hint), out);
        buffer_add_byte(out, '\n');
    }
}

void diagnostics_write(struct diagnostics *diagnostics, const struct sources *sources,
                       struct buffer *out)
{
    if (diagnostics->count > 1)
        qsort(diagnostics->items, diagnostics->count, sizeof *diagnostics->items, compare);
    for (uint32_t i = 0; i < diagnostics->count; i++)
        write_one(&diagnostics->items[i], sources, out);
    if (diagnostics->error_count > MOST_DIAGNOSTICS)
        buffer_printf(out, "error: %u more errors are not shown\n",
                      diagnostics->error_count - MOST_DIAGNOSTICS);
}

void diagnostics_release(struct diagnostics *diagnostics)
{
    for (uint32_t i = 0; i < diagnostics->count; i++)
        error_release(&diagnostics->items[i].what);
    free(diagnostics->items);
    *diagnostics = (struct diagnostics){0};
}
