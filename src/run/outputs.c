/* The format of $PARGRAPH_OUTPUT is that of GitHub's $GITHUB_OUTPUT; see outputs.h. */
#include "run/outputs.h"

#include <string.h>

#include "base/memory.h"

struct line {
    const char *text;
    size_t length;
};

static bool next_line(const char **at, const char *end, struct line *ret)
{
    if (*at >= end)
        return false;
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    const char *stop = newline != NULL ? newline : end;
    *ret = (struct line){*at, (size_t)(stop - *at)};
    *at = newline != NULL ? newline + 1 : end;
    return true;
}

/* The lines up to one that is `mark` alone, joined by newlines. */
static bool read_block(const char **at, const char *end, struct line mark, struct buffer *out)
{
    struct line line;
    for (bool is_first = true; next_line(at, end, &line); is_first = false) {
        if (line.length == mark.length && memcmp(line.text, mark.text, mark.length) == 0)
            return true;
        if (!is_first)
            buffer_add_byte(out, '\n');
        buffer_add(out, line.text, line.length);
    }
    return false;
}

static const struct output *find_output(const struct workflow *workflow, const struct task *task,
                                        const char *text, size_t length)
{
    name wanted = names_find(workflow->names, text, length);
    for (uint32_t i = 0; i < task->details->output_count; i++)
        if (task->details->outputs[i].name == wanted)
            return &task->details->outputs[i];
    return NULL;
}

static bool set_output(json_t *object, const struct workflow *workflow, const struct output *output,
                       struct buffer *text, struct error *error)
{
    const char *name = names_text(workflow->names, output->name);
    json_t *value = value_from_text(output->type, buffer_text(text), text->length, error);
    if (value == NULL)
        return error_wrap(error, "output '%s'", name);
    json_object_set_new(object, name, value);
    return true;
}

static bool parse_line(struct line line, const char **at, const char *end, struct buffer *value,
                       size_t *ret_name_length, struct error *error)
{
    const char *equals = memchr(line.text, '=', line.length);
    const char *block = memmem(line.text, line.length, "<<", 2);
    if (block != NULL && (equals == NULL || block < equals)) {
        struct line mark = {block + 2, line.length - (size_t)(block + 2 - line.text)};
        *ret_name_length = (size_t)(block - line.text);
        if (mark.length == 0 || !read_block(at, end, mark, value))
            return error_set(error, PLACE_NONE, "the output '%.*s<<%.*s' is not closed",
                             (int)*ret_name_length, line.text, (int)mark.length, mark.text);
        return true;
    }
    if (equals == NULL) {
        struct buffer shown = {0};
        buffer_add(&shown, line.text, line.length < 60 ? line.length : 60);
        error_set(error, PLACE_NONE, "'%s' in $PARGRAPH_OUTPUT is not name=value",
                  buffer_text(&shown));
        buffer_release(&shown);
        return false;
    }
    *ret_name_length = (size_t)(equals - line.text);
    buffer_add(value, equals + 1, line.length - *ret_name_length - 1);
    return true;
}

static bool parse_all(json_t *object, const struct workflow *workflow, const struct task *task,
                      struct line text, struct error *error)
{
    const char *at = text.text, *end = text.text + text.length;
    CLEANUP_BUFFER struct buffer value = {0};
    struct line line;
    while (next_line(&at, end, &line)) {
        if (line.length == 0)
            continue;
        buffer_clear(&value);
        size_t name_length;
        if (!parse_line(line, &at, end, &value, &name_length, error))
            return false;
        const struct output *output = find_output(workflow, task, line.text, name_length);
        if (output == NULL)
            return error_set(error, PLACE_NONE, "the output '%.*s' is not declared",
                             (int)(name_length < 60 ? name_length : 60), line.text);
        if (!set_output(object, workflow, output, &value, error))
            return false;
    }
    return true;
}

static bool complete(json_t *object, const struct workflow *workflow, const struct task *task,
                     struct error *error)
{
    for (uint32_t i = 0; i < task->details->output_count; i++) {
        const struct output *output = &task->details->outputs[i];
        const char *name = names_text(workflow->names, output->name);
        if (json_object_get(object, name) != NULL)
            continue;
        if (output->value == NULL) {
            error_set(error, output->at, "the output '%s' was not written", name);
            return error_hint(
                error, "write \"%s=VALUE\" to \"$PARGRAPH_OUTPUT\", or give it a default", name);
        }
        json_object_set(object, name, output->value);
    }
    return true;
}

json_t *outputs_parse(const struct workflow *workflow, const struct task *task, const char *text,
                      size_t length, struct error *error)
{
    json_t *object = json_object();
    if (object == NULL)
        memory_exhausted();
    if (parse_all(object, workflow, task, (struct line){text, length}, error) &&
        complete(object, workflow, task, error))
        return object;
    json_decref(object);
    return NULL;
}
