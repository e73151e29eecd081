/* Lines to and from worker processes; see worker_message.h. Nobody's word is taken for anything: a
 * line of another form than the manual's is refused. */
#include "execute/worker_message.h"

#include <string.h>

#include "value/value.h"

/* --- to a worker --- */

static void add_string(struct buffer *out, const char *key, const char *text, size_t length)
{
    json_t *value = json_stringn_nocheck(text, length);
    buffer_printf(out, ",\"%s\":", key);
    value_write_json(value, out);
    json_decref(value);
}

static void add_name(struct buffer *out, const char *key, const struct names *names, name text)
{
    add_string(out, key, names_text(names, text), names_length(names, text));
}

static void add_values(struct buffer *out, const char *key, const json_t *value)
{
    if (value == NULL || json_array_size(value) + json_object_size(value) == 0)
        return;
    buffer_printf(out, ",\"%s\":", key);
    value_write_json(value, out);
}

void message_write_define(uint32_t number, const struct function *function,
                          const struct names *names, struct buffer *out)
{
    buffer_printf(out, "{\"define\":%u", number);
    switch (function->kind) {
    case FUNCTION_LIBRARY:
        add_name(out, "library", names, function->file);
        add_name(out, "function", names, function->text);
        break;
    case FUNCTION_LUA:
        add_name(out, "lua", names, function->text);
        json_t *list = json_array();
        for (uint32_t i = 0; i < function->argument_count; i++) {
            name one = function->arguments[i];
            json_array_append_new(
                list, json_stringn_nocheck(names_text(names, one), names_length(names, one)));
        }
        add_values(out, "names", list);
        json_decref(list);
        break;
    case FUNCTION_PYTHON:
        add_name(out, "python", names, function->text);
        add_name(out, "folder", names, function->file);
        break;
    default:
        add_name(out, "function", names, function->text);
        break;
    }
    buffer_add_text(out, "}\n");
}

void message_write_init(uint32_t number, const struct call *call, struct buffer *out)
{
    buffer_printf(out, "{\"init\":%u", number);
    add_values(out, "args", call->args.constant);
    add_values(out, "kwargs", call->kwargs.constant);
    buffer_add_text(out, "}\n");
}

/* NAME=value, or NAME alone: null. */
static void add_env(struct buffer *out, char *const *env)
{
    if (env == NULL || env[0] == NULL)
        return;
    json_t *map = json_object();
    for (; *env != NULL; env++) {
        const char *equals = strchr(*env, '=');
        size_t length = equals != NULL ? (size_t)(equals - *env) : strlen(*env);
        json_t *value =
            equals != NULL ? json_stringn_nocheck(equals + 1, strlen(equals + 1)) : json_null();
        json_object_setn_new_nocheck(map, *env, length, value);
    }
    add_values(out, "env", map);
    json_decref(map);
}

void message_write_call(uint32_t id, uint32_t number, const struct invocation *call,
                        char *const *env, const char *cwd, struct buffer *out)
{
    buffer_printf(out, "{\"id\":%u,\"call\":%u", id, number);
    add_values(out, "args", call->args);
    add_values(out, "kwargs", call->kwargs);
    add_env(out, env);
    if (cwd != NULL)
        add_string(out, "cwd", cwd, strlen(cwd));
    buffer_add_text(out, "}\n");
}

/* --- from a worker --- */

static int64_t nanoseconds(const json_t *seconds)
{
    double value = json_number_value(seconds);
    return value > 0 && value < 1e9 ? (int64_t)(value * 1e9) : 0;
}

static bool read_end(struct worker_said *said)
{
    const json_t *id = json_object_get(said->line, "id");
    const json_t *error = json_object_get(said->line, "error");
    const json_t *cpu = json_object_get(said->line, "cpu");
    json_int_t number = json_integer_value(id);
    if (!json_is_integer(id) || number < 0 || number > UINT32_MAX ||
        (error != NULL && !json_is_string(error)))
        return false;
    said->id = (uint32_t)number;
    said->word = error != NULL ? WORKER_ERROR : WORKER_RESULT;
    said->text = json_string_value(error);
    said->length = json_string_length(error);
    said->traceback = json_string_value(json_object_get(said->line, "traceback"));
    said->result = json_object_get(said->line, "result");
    said->user_time = nanoseconds(json_array_get(cpu, 0));
    said->system_time = nanoseconds(json_array_get(cpu, 1));
    json_int_t memory = json_integer_value(json_object_get(said->line, "memory"));
    said->memory = memory > 0 ? (uint64_t)memory : 0;
    return true;
}

static bool read_output(struct worker_said *said, const json_t *text, int stream)
{
    said->word = WORKER_OUTPUT;
    said->stream = stream;
    said->text = json_string_value(text);
    said->length = json_string_length(text);
    return json_is_string(text);
}

static bool read_progress(struct worker_said *said, const json_t *done)
{
    said->word = WORKER_PROGRESS;
    said->done = json_number_value(done);
    said->text = json_string_value(json_object_get(said->line, "text"));
    return json_is_number(done);
}

static bool read_line(struct worker_said *said)
{
    const json_t *out = json_object_get(said->line, "stdout");
    const json_t *err = json_object_get(said->line, "stderr");
    const json_t *done = json_object_get(said->line, "progress");
    if (out != NULL || err != NULL)
        return read_output(said, out != NULL ? out : err, out != NULL ? 1 : 2);
    return done != NULL ? read_progress(said, done) : read_end(said);
}

bool worker_said_read(struct worker_said *ret, const char *line, size_t length)
{
    *ret = (struct worker_said){.line = value_from_json(line, length, NULL)};
    if (json_is_object(ret->line) && read_line(ret))
        return true;
    worker_said_release(ret);
    return false;
}

void worker_said_release(struct worker_said *said)
{
    json_decref(said->line);
    said->line = NULL;
}
