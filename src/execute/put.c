/* The result of a function, piece by piece. A list or map is placed when it is begun, and is
 * empty then; only the innermost one can be added to, so no value can hold itself. The first piece
 * that cannot be is the end of the call: what is put after it is ignored. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "execute/caller.h"
#include "value/value.h"

enum { DEEPEST = 64 };

static struct caller *caller_of(pargraph_task *task)
{
    return (struct caller *)task;
}

static int refuse(struct caller *caller, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int refuse(struct caller *caller, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    caller_fail_list(caller, format, arguments);
    va_end(arguments);
    caller->is_failed = true;
    return PARGRAPH_FAILED;
}

static json_t *around(const struct caller *caller)
{
    return caller->levels.count > 0 ? caller->levels.items[caller->levels.count - 1] : NULL;
}

/* Puts a value, which is owned, where it belongs. */
static int place_value(struct caller *caller, json_t *value)
{
    json_t *level = around(caller);
    const char *wrong = NULL;
    if (caller->is_failed)
        wrong = "";
    else if (level == NULL && caller->result != NULL)
        wrong = "the function put a second result: put a list or a map";
    else if (json_is_object(level) && !caller->has_key)
        wrong = "the function put a value into a map without a key";
    if (wrong != NULL) {
        json_decref(value);
        return refuse(caller, "%s", wrong);
    }
    if (level == NULL)
        caller->result = value;
    else if (json_is_array(level))
        json_array_append_new(level, value);
    else
        json_object_setn_new_nocheck(level, caller->key.bytes, caller->key.length, value);
    caller->has_key = false;
    return PARGRAPH_OK;
}

int put_null(pargraph_task *task)
{
    return place_value(caller_of(task), json_null());
}

int put_bool(pargraph_task *task, int value)
{
    return place_value(caller_of(task), json_boolean(value));
}

int put_int(pargraph_task *task, int64_t value)
{
    return place_value(caller_of(task), json_integer(value));
}

static int refuse_number(struct caller *caller, double value)
{
    return refuse(caller, "the function put a number that is %s, which JSON cannot hold",
                  isnan(value) ? "not a number (NaN)" : "infinite");
}

int put_double(pargraph_task *task, double value)
{
    if (!isfinite(value))
        return refuse_number(caller_of(task), value);
    return place_value(caller_of(task), json_real(value));
}

/* Is it UTF-8? */
static bool check_text(struct caller *caller, const char *bytes, size_t length)
{
    if (bytes == NULL && length > 0)
        return refuse(caller, "the function put a text that is NULL") == PARGRAPH_OK;
    size_t valid = length > 0 ? text_valid_utf8(bytes, length) : 0;
    if (valid < length)
        refuse(caller, "the function put a text that is not UTF-8, at byte %zu", valid);
    return valid == length;
}

int put_text(pargraph_task *task, const char *bytes, size_t length)
{
    struct caller *caller = caller_of(task);
    if (!check_text(caller, bytes, length))
        return PARGRAPH_FAILED;
    return place_value(caller, json_stringn_nocheck(length > 0 ? bytes : "", length));
}

int put_doubles(pargraph_task *task, const double *numbers, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(numbers[i])) {
            json_decref(list);
            return refuse_number(caller_of(task), numbers[i]);
        }
        json_array_append_new(list, json_real(numbers[i]));
    }
    return place_value(caller_of(task), list);
}

int put_ints(pargraph_task *task, const int64_t *numbers, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer(numbers[i]));
    return place_value(caller_of(task), list);
}

int put_json(pargraph_task *task, const char *bytes, size_t length)
{
    CLEANUP_ERROR struct error why = {0};
    json_t *value = value_from_json(bytes, length, &why);
    if (value == NULL)
        return refuse(caller_of(task), "the function put what is not JSON: %s", why.message);
    return place_value(caller_of(task), value);
}

int put_value(pargraph_task *task, const pargraph_value *value)
{
    if (value == NULL)
        return refuse(caller_of(task), "the function put a value that is not there");
    return place_value(caller_of(task), json_incref((json_t *)value));
}

/* Begins a list or map, which is owned. */
static int begin(struct caller *caller, json_t *level)
{
    if (caller->levels.count >= DEEPEST) {
        json_decref(level);
        return refuse(caller, "the function put a value nested deeper than %d", DEEPEST);
    }
    if (place_value(caller, level) != PARGRAPH_OK)
        return PARGRAPH_FAILED;
    *VEC_PUSH(&caller->levels) = level;
    return PARGRAPH_OK;
}

int put_list(pargraph_task *task)
{
    return begin(caller_of(task), json_array());
}

int put_map(pargraph_task *task)
{
    return begin(caller_of(task), json_object());
}

int put_key(pargraph_task *task, const char *bytes, size_t length)
{
    struct caller *caller = caller_of(task);
    if (!json_is_object(around(caller)))
        return refuse(caller, "the function put a key outside of a map");
    if (caller->has_key)
        return refuse(caller, "the function put two keys for one value");
    if (!check_text(caller, bytes, length))
        return PARGRAPH_FAILED;
    if (length > 0 && memchr(bytes, '\0', length) != NULL)
        return refuse(caller, "the function put a key that holds a NUL");
    buffer_clear(&caller->key);
    buffer_add(&caller->key, bytes, length);
    buffer_text(&caller->key);
    caller->has_key = true;
    return PARGRAPH_OK;
}

int put_end(pargraph_task *task)
{
    struct caller *caller = caller_of(task);
    if (caller->levels.count == 0)
        return refuse(caller, "the function ended a list or map that it had not begun");
    if (caller->has_key)
        return refuse(caller, "the function ended a map behind a key without a value");
    caller->levels.count--;
    return PARGRAPH_OK;
}

bool put_take(struct caller *caller, json_t **ret_result)
{
    if (caller->levels.count > 0)
        refuse(caller, "the function did not end a %s that it had begun",
               json_is_array(around(caller)) ? "list" : "map");
    if (caller->is_failed) {
        put_drop(caller);
        return false;
    }
    *ret_result = caller->result;
    caller->result = NULL;
    return true;
}

void put_drop(struct caller *caller)
{
    json_decref(caller->result);
    caller->result = NULL;
    caller->levels.count = 0;
    caller->has_key = false;
}
