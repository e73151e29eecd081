/* The table of functions that libraries are handed. Values are handed out as they are: json_t, of
 * which nobody changes anything, so that many threads may read one. */
#include <math.h>
#include <string.h>

#include "execute/caller.h"
#include "value/value.h"

static struct caller *caller_of(pargraph_task *task)
{
    return (struct caller *)task;
}

static json_t *json_of(const pargraph_value *value)
{
    return (json_t *)value;
}

static const pargraph_value *value_of(const json_t *json)
{
    return (const pargraph_value *)json;
}

/* --- arguments --- */

static json_t *args_of(const struct caller *caller)
{
    return caller->calling->args != NULL ? caller->calling->args : caller->no_args;
}

static json_t *kwargs_of(const struct caller *caller)
{
    return caller->calling->kwargs != NULL ? caller->calling->kwargs : caller->no_kwargs;
}

static const pargraph_value *args(pargraph_task *task)
{
    return value_of(args_of(caller_of(task)));
}

static const pargraph_value *kwargs(pargraph_task *task)
{
    return value_of(kwargs_of(caller_of(task)));
}

static const pargraph_value *named(pargraph_task *task, const char *name)
{
    struct caller *caller = caller_of(task);
    json_t *value = json_object_get(kwargs_of(caller), name);
    return value_of(value != NULL ? value : json_object_get(args_of(caller), name));
}

/* --- reading --- */

static int kind(pargraph_task *task, const pargraph_value *value)
{
    (void)task;
    if (value == NULL)
        return PARGRAPH_NOTHING;
    switch (json_typeof(json_of(value))) {
    case JSON_NULL:
        return PARGRAPH_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return PARGRAPH_BOOL;
    case JSON_INTEGER:
        return PARGRAPH_INT;
    case JSON_REAL:
        return PARGRAPH_DOUBLE;
    case JSON_STRING:
        return PARGRAPH_TEXT;
    case JSON_ARRAY:
        return PARGRAPH_LIST;
    case JSON_OBJECT:
        break;
    }
    return PARGRAPH_MAP;
}

static int refuse(pargraph_task *task, const char *wanted, const pargraph_value *value)
{
    static const char *const words[] = {"missing",  "null",   "true or false", "a whole number",
                                        "a number", "a text", "a list",        "a map"};
    return caller_fail(caller_of(task), "the function wants %s where the value is %s", wanted,
                       words[kind(task, value)]);
}

static size_t size_of(pargraph_task *task, const pargraph_value *value)
{
    json_t *json = json_of(value);
    (void)task;
    if (json_is_string(json))
        return json_string_length(json);
    return json_is_array(json) ? json_array_size(json) : json_object_size(json);
}

static const pargraph_value *item(pargraph_task *task, const pargraph_value *list, size_t index)
{
    (void)task;
    return value_of(json_array_get(json_of(list), index));
}

static const pargraph_value *get(pargraph_task *task, const pargraph_value *map, const char *key)
{
    (void)task;
    return value_of(json_object_get(json_of(map), key));
}

static const pargraph_value *next(pargraph_task *task, const pargraph_value *map, void **place,
                                  const char **key, size_t *length)
{
    json_t *json = json_of(map);
    (void)task;
    void *entry = *place == NULL ? json_object_iter(json) : json_object_iter_next(json, *place);
    *place = entry;
    if (entry == NULL)
        return NULL;
    *key = json_object_iter_key(entry);
    if (length != NULL)
        *length = json_object_iter_key_len(entry);
    return value_of(json_object_iter_value(entry));
}

static int read_bool(pargraph_task *task, const pargraph_value *value, int *into)
{
    if (!json_is_boolean(json_of(value)))
        return refuse(task, "true or false", value);
    *into = json_is_true(json_of(value));
    return PARGRAPH_OK;
}

static int read_int(pargraph_task *task, const pargraph_value *value, int64_t *into)
{
    json_t *json = json_of(value);
    if (json_is_integer(json)) {
        *into = json_integer_value(json);
        return PARGRAPH_OK;
    }
    double number = json_is_real(json) ? json_real_value(json) : NAN;
    /* The bounds are powers of two, so they are exact. */
    if (!(number >= -0x1p63 && number < 0x1p63) || number != floor(number))
        return refuse(task, "a whole number of 64 bits", value);
    *into = (int64_t)number;
    return PARGRAPH_OK;
}

static int read_double(pargraph_task *task, const pargraph_value *value, double *into)
{
    if (!json_is_number(json_of(value)))
        return refuse(task, "a number", value);
    *into = json_number_value(json_of(value));
    return PARGRAPH_OK;
}

static const char *read_text(pargraph_task *task, const pargraph_value *value, size_t *length)
{
    json_t *json = json_of(value);
    if (!json_is_string(json)) {
        refuse(task, "a text", value);
        return NULL;
    }
    const char *text = json_string_value(json);
    if (length != NULL) {
        *length = json_string_length(json);
    } else if (strlen(text) != json_string_length(json)) {
        caller_fail(caller_of(task), "the function wants a text without NULs");
        return NULL;
    }
    return text;
}

static bool is_list_of(pargraph_task *task, const pargraph_value *list, size_t count)
{
    if (!json_is_array(json_of(list))) {
        refuse(task, "a list of numbers", list);
        return false;
    }
    size_t size = json_array_size(json_of(list));
    if (size != count)
        caller_fail(caller_of(task), "the function wants a list of %zu numbers, this one has %zu",
                    count, size);
    return size == count;
}

static int read_doubles(pargraph_task *task, const pargraph_value *list, double *into, size_t count)
{
    if (!is_list_of(task, list, count))
        return PARGRAPH_FAILED;
    for (size_t i = 0; i < count; i++)
        if (read_double(task, item(task, list, i), &into[i]) != PARGRAPH_OK)
            return PARGRAPH_FAILED;
    return PARGRAPH_OK;
}

static int read_ints(pargraph_task *task, const pargraph_value *list, int64_t *into, size_t count)
{
    if (!is_list_of(task, list, count))
        return PARGRAPH_FAILED;
    for (size_t i = 0; i < count; i++)
        if (read_int(task, item(task, list, i), &into[i]) != PARGRAPH_OK)
            return PARGRAPH_FAILED;
    return PARGRAPH_OK;
}

static const char *read_json(pargraph_task *task, const pargraph_value *value, size_t *length)
{
    struct caller *caller = caller_of(task);
    struct buffer text = {0};
    if (value == NULL)
        return NULL;
    value_write_json(json_of(value), &text);
    if (length != NULL)
        *length = text.length;
    return *VEC_PUSH(&caller->texts) = buffer_take(&text);
}

/* --- the task --- */

static int fail(pargraph_task *task, const char *format, va_list arguments)
{
    return caller_fail_list(caller_of(task), format, arguments);
}

static int is_cancelled(pargraph_task *task)
{
    return caller_is_cancelled(caller_of(task));
}

static int sleep_for(pargraph_task *task, double seconds)
{
    return caller_sleep(caller_of(task), seconds) ? PARGRAPH_OK : PARGRAPH_CANCELLED;
}

static void progress(pargraph_task *task, double done, const char *text)
{
    const struct caller_host *host = &caller_of(task)->host;
    if (done >= 0) /* not NaN */
        host->progress(host->context, done < 1 ? done : 1, text);
}

static void write_stream(pargraph_task *task, int stream, const char *bytes, size_t length)
{
    const struct caller_host *host = &caller_of(task)->host;
    if (length > 0)
        host->output(host->context, stream == PARGRAPH_STDERR ? 2 : 1, bytes, length);
}

static const char *name_of(pargraph_task *task)
{
    return caller_name(caller_of(task));
}

static uint32_t attempt(pargraph_task *task)
{
    return caller_of(task)->calling->attempt;
}

static const char *env(pargraph_task *task, const char *name)
{
    return caller_env(caller_of(task), name);
}

const struct pargraph_api caller_api = {
    .abi = PARGRAPH_ABI,
    .size = sizeof(struct pargraph_api),
    .args = args,
    .kwargs = kwargs,
    .named = named,
    .kind = kind,
    .size_of = size_of,
    .item = item,
    .get = get,
    .next = next,
    .read_bool = read_bool,
    .read_int = read_int,
    .read_double = read_double,
    .read_text = read_text,
    .read_doubles = read_doubles,
    .read_ints = read_ints,
    .read_json = read_json,
    .put_null = put_null,
    .put_bool = put_bool,
    .put_int = put_int,
    .put_double = put_double,
    .put_text = put_text,
    .put_doubles = put_doubles,
    .put_ints = put_ints,
    .put_json = put_json,
    .put_value = put_value,
    .begin_list = put_list,
    .begin_map = put_map,
    .put_key = put_key,
    .end = put_end,
    .fail = fail,
    .is_cancelled = is_cancelled,
    .sleep = sleep_for,
    .progress = progress,
    .write = write_stream,
    .name = name_of,
    .attempt = attempt,
    .env = env,
};
