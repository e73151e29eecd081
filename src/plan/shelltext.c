/* Assembly of shell text. What the shell parses depends on the workflow's text and, for a list, on
 * the number of its elements, never on a value: so a list may only stand where whole words stand.
 * For a reader the values themselves stand in the text, quoted as their places ask; that is never
 * run. */
#include "plan/shelltext.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "value/value.h"

/* Linux: MAX_ARG_STRLEN, with its NUL. */
enum { LONGEST_ARGUMENT = 128 * 1024 };

bool shelltext_check(const struct buffer *text, size_t more, place at, struct error *error)
{
    if (text->length > 0 && memchr(text->bytes, '\0', text->length) != NULL)
        error_set(error, at, "the value holds a NUL, which no argument or variable can hold");
    else if (text->length + more + 1 > LONGEST_ARGUMENT)
        error_set(error, at,
                  "the value is longer than the 128 KiB that an argument or variable "
                  "can hold");
    else
        return true;
    return error_hint(error, "give it by 'stdin: {text: ...}'");
}

/* A value as the author would have had to write it in its place, for a reader. */
static void show_value(const struct buffer *value, uint8_t quoting, struct buffer *out)
{
    const char *bytes = value->bytes;
    if (quoting == QUOTING_WORD || quoting == QUOTING_ONE) {
        text_write_shell_word(bytes, value->length, out);
        return;
    }
    const char *special = quoting == QUOTING_DOUBLE ? "\\$`\"" : "\\$`";
    for (size_t i = 0; i < value->length; i++)
        if (quoting == QUOTING_SINGLE && bytes[i] == '\'')
            buffer_add_text(out, "'\\''");
        else {
            if (quoting != QUOTING_SINGLE && strchr(special, bytes[i]) != NULL)
                buffer_add_byte(out, '\\');
            buffer_add_byte(out, bytes[i]);
        }
}

/* Where shell text goes, and its values. */
struct sink {
    struct buffer *out;
    struct environment *env;
    bool is_shown;
};

/* One value into env, and its reference into the text; or, shown, the value itself. */
static bool add_reference(const struct sink *sink, const json_t *value, uint8_t quoting, place at,
                          struct error *error)
{
    char variable[32];
    CLEANUP_BUFFER struct buffer text = {0};
    if (!value_write_text(value, &text, error)) {
        if (error != NULL)
            error->at = at;
        return false;
    }
    snprintf(variable, sizeof variable, "PARGRAPH_V%u", sink->env->value_count + 1);
    if (!shelltext_check(&text, strlen(variable) + 1, at, error))
        return false;
    if (sink->is_shown) {
        show_value(&text, quoting, sink->out);
        return true;
    }
    sink->env->value_count++;
    struct buffer entry = {0};
    buffer_printf(&entry, "%s=", variable);
    buffer_add(&entry, text.bytes, text.length);
    *VEC_PUSH(&sink->env->entries) = buffer_take(&entry);
    shell_write_reference(variable, quoting, sink->out);
    return true;
}

/* Does a word begin behind the text so far? */
static bool is_at_word_begin(const struct buffer *before)
{
    size_t length = before->length;
    if (length == 0)
        return true;
    char last = before->bytes[length - 1];
    bool is_escaped = length > 1 && before->bytes[length - 2] == '\\';
    return strchr(" \t\n;|&(", last) != NULL && last != '\0' && !is_escaped;
}

static bool is_at_word_end(const char *after)
{
    return strchr(" \t\n;|&)", *after) != NULL;
}

static bool add_list(const struct sink *sink, const json_t *list, place at, struct error *error)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0)
            buffer_add_byte(sink->out, ' ');
        if (!add_reference(sink, json_array_get(list, i), QUOTING_WORD, at, error))
            return false;
    }
    return true;
}

/* What follows piece i in the text, as far as it is literal. */
static const char *text_after(const struct names *names, const struct text *text, uint32_t i)
{
    return i + 1 < text->piece_count ? names_text(names, text->pieces[i + 1].literal) : "";
}

bool shelltext_write(struct view *view, const struct text *text, struct buffer *out,
                     struct environment *env, struct error *error)
{
    const struct workflow *workflow = view->plan->workflow;
    const struct names *names = workflow->names;
    const struct sink sink = {out, env, view->results->is_shown};
    if (text->piece_count == 0)
        buffer_add(out, names_text(names, text->literal), names_length(names, text->literal));
    for (uint32_t i = 0; i < text->piece_count; i++) {
        const struct piece *piece = &text->pieces[i];
        buffer_add(out, names_text(names, piece->literal), names_length(names, piece->literal));
        if (piece->expression == NO_EXPRESSION)
            continue;
        place at = workflow->expressions[piece->expression].at;
        json_t *value = view_value(view, piece->expression, error);
        bool is_done = value != NULL;
        if (is_done && json_is_array(value) && piece->quoting == QUOTING_WORD) {
            bool is_apart = is_at_word_begin(out) && is_at_word_end(text_after(names, text, i));
            is_done = is_apart && add_list(&sink, value, at, error);
            if (!is_apart) {
                error_set(error, at, "a list stands for whole words, and this is a part of one");
                error_hint(error, "put spaces around it, or make it one text with join()");
            }
        } else if (is_done)
            is_done = add_reference(&sink, value, piece->quoting, at, error);
        json_decref(value);
        if (!is_done)
            return false;
    }
    return true;
}
