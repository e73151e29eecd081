/* How the values of events are written: always valid JSON in valid UTF-8, whatever bytes a name or
 * an output holds. */
#include <string.h>

#include "base/text.h"
#include "observe/events.h"

static const char replacement[] = "\357\277\275";

/* A JSON string. Bytes that are no UTF-8 become U+FFFD each. */
void event_add_string(struct buffer *out, const char *text, size_t length)
{
    buffer_add_byte(out, '"');
    for (size_t at = 0; at < length;) {
        size_t plain = at;
        while (plain < length && (unsigned char)text[plain] >= 0x20 &&
               (unsigned char)text[plain] < 0x7f && text[plain] != '"' && text[plain] != '\\')
            plain++;
        buffer_add(out, text + at, plain - at);
        at = plain;
        if (at == length)
            break;
        unsigned char byte = (unsigned char)text[at];
        if (byte == '"' || byte == '\\')
            buffer_printf(out, "\\%c", byte);
        else if (byte == '\n')
            buffer_add_text(out, "\\n");
        else if (byte < 0x20 || byte == 0x7f)
            buffer_printf(out, "\\u%04x", byte);
        size_t size = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
        if (byte >= 0x80) {
            size = size < length - at ? size : length - at;
            bool is_valid = text_valid_utf8(text + at, size) == size;
            buffer_add(out, is_valid ? text + at : replacement, is_valid ? size : 3);
            size = is_valid ? size : 1;
        }
        at += size;
    }
    buffer_add_byte(out, '"');
}

/* What is not UTF-8 in a name, or a reason, is shown as everywhere else. */
void event_add_words(struct buffer *out, const char *text, size_t length)
{
    CLEANUP_BUFFER struct buffer clean = {0};
    if (text_valid_utf8(text, length) == length) {
        event_add_string(out, text, length);
        return;
    }
    text_printable(text, length, &clean);
    event_add_string(out, clean.bytes, clean.length);
}

void event_add_text(struct buffer *out, const char *text)
{
    event_add_words(out, text, strlen(text));
}

void event_add_bool(struct buffer *out, bool value)
{
    buffer_add_text(out, value ? "true" : "false");
}

void event_add_seconds(struct buffer *out, int64_t nanoseconds)
{
    const int64_t second = 1000000000;
    buffer_printf(out, "%lld.%09lld", (long long)(nanoseconds / second),
                  (long long)(nanoseconds % second));
}

void event_add_seconds_or_null(struct buffer *out, int64_t nanoseconds)
{
    if (nanoseconds < 0)
        buffer_add_text(out, "null");
    else
        event_add_seconds(out, nanoseconds);
}
