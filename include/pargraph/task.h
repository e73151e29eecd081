/* Functions in C (or anything that can be called from C) as tasks of pargraph.
 *
 *     call: {library: ./libstats.so, function: mean, args: {numbers: "${{ needs.read.result }}"}}
 *
 * calls a function of this form, on a thread of the runner or in a worker process:
 *
 *     #include <pargraph/task.h>
 *
 *     PARGRAPH_LIBRARY
 *
 *     PARGRAPH_FUNCTION(mean)
 *     {
 *         const pargraph_value *list = pargraph_named(task, "numbers");
 *         size_t count = pargraph_size(task, list);
 *         double sum = 0, number;
 *         for (size_t i = 0; i < count; i++) {
 *             if (pargraph_read_double(task, pargraph_item(task, list, i), &number))
 *                 return PARGRAPH_FAILED;
 *             sum += number;
 *         }
 *         return pargraph_put_double(task, sum / (double)count);
 *     }
 *
 * built as `cc -shared -fPIC $(pkg-config --cflags pargraph) -o libstats.so stats.c`. The library
 * links with nothing of pargraph: all below is a table of functions that the program hands in. This
 * header is C99 and C++11; it needs nothing but itself.
 *
 * Rules. They hold for every release with the same PARGRAPH_ABI.
 *  - A function returns PARGRAPH_OK, or anything else when it failed; then what pargraph_fail (or
 *    the reading that failed) said is the task's message. Its result is what it has put, null if
 *    nothing; that of a function that failed is dropped.
 *  - Values that are read belong to the call: nobody frees or changes them, and they, their texts
 *    and all that the functions below return are gone when the function returns. NULL stands for a
 *    value that is not there and may be handed to all of them.
 *  - What is put belongs to the program. What cannot be JSON (a text that is not UTF-8, a number
 *    that is not finite, a list that is not ended, a second result) fails the call, whatever the
 *    function returns.
 *  - One library serves many calls at a time, on different threads. What it keeps in variables of
 *    its own it must guard itself. `task` is for the thread that was called, and until it returns;
 *    but pargraph_is_cancelled, pargraph_write, pargraph_log and pargraph_progress are for any
 *    thread that the function has made, too.
 *  - A thread cannot be killed. When its task is to end (cancelled, timeout), pargraph_is_cancelled
 *    becomes true and pargraph_sleep returns at once; a function that runs for long asks now and
 *    then, and returns PARGRAPH_CANCELLED. One that does not is waited for as long as the grace;
 * then the whole run has to end. In a pool with `backend: process` its worker is killed instead.
 *  - A crash on a thread is the crash of the runner (the journal is whole; `pargraph resume` goes
 *    on). `backend: process` keeps it to one worker. So do exit, abort and all that ends a process.
 *  - The working directory is the thread's own. setenv, umask, signal and whatever else is the
 * whole process's is better left alone. After fork, the child may only exec or _exit. */
#ifndef PARGRAPH_TASK_H
#define PARGRAPH_TASK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#define PARGRAPH_EXTERN_ extern "C"
#else
#define PARGRAPH_EXTERN_
#endif
#ifdef __GNUC__
#define PARGRAPH_VISIBLE_                 __attribute__((visibility("default")))
#define PARGRAPH_FORMAT_(text, arguments) __attribute__((format(printf, text, arguments)))
#else
#define PARGRAPH_VISIBLE_
#define PARGRAPH_FORMAT_(text, arguments)
#endif

/* A program serves libraries that were made for its own number. What a later release adds stands at
 * the end of the table; a library that was made with a larger table than the program has is
 * refused, one with a smaller is served. */
#define PARGRAPH_ABI 1

/* Once in every library, outside of functions. */
#define PARGRAPH_LIBRARY                                                                           \
    PARGRAPH_EXTERN_ PARGRAPH_VISIBLE_ const uint32_t pargraph_library[2];                         \
    PARGRAPH_EXTERN_ PARGRAPH_VISIBLE_ const uint32_t pargraph_library[2] = {                      \
        PARGRAPH_ABI, (uint32_t)sizeof(struct pargraph_api)};

/* The head of a function: `int name(pargraph_task *task)`, visible from outside. */
#define PARGRAPH_FUNCTION(name)                                                                    \
    PARGRAPH_EXTERN_ PARGRAPH_VISIBLE_ int name(pargraph_task *task);                              \
    PARGRAPH_EXTERN_ PARGRAPH_VISIBLE_ int name(pargraph_task *task)

enum { PARGRAPH_OK = 0, PARGRAPH_FAILED = 1, PARGRAPH_CANCELLED = 2 };

enum pargraph_kind {
    PARGRAPH_NOTHING, /* there is no such value */
    PARGRAPH_NULL,
    PARGRAPH_BOOL,
    PARGRAPH_INT, /* a whole number of 64 bits */
    PARGRAPH_DOUBLE,
    PARGRAPH_TEXT, /* UTF-8; may hold NULs */
    PARGRAPH_LIST,
    PARGRAPH_MAP /* keys are text, in their order */
};

enum { PARGRAPH_STDOUT = 1, PARGRAPH_STDERR = 2 };

typedef struct pargraph_value pargraph_value;
typedef struct pargraph_task pargraph_task;
typedef int pargraph_function(pargraph_task *task);

/* What the wrappers below call; what each does is told there. */
struct pargraph_api {
    uint32_t abi;  /* the program's PARGRAPH_ABI */
    uint32_t size; /* of this table, as the program has it */

    const pargraph_value *(*args)(pargraph_task *task);
    const pargraph_value *(*kwargs)(pargraph_task *task);
    const pargraph_value *(*named)(pargraph_task *task, const char *name);

    int (*kind)(pargraph_task *task, const pargraph_value *value);
    size_t (*size_of)(pargraph_task *task, const pargraph_value *value);
    const pargraph_value *(*item)(pargraph_task *task, const pargraph_value *list, size_t index);
    const pargraph_value *(*get)(pargraph_task *task, const pargraph_value *map, const char *key);
    const pargraph_value *(*next)(pargraph_task *task, const pargraph_value *map, void **place,
                                  const char **key, size_t *length);
    int (*read_bool)(pargraph_task *task, const pargraph_value *value, int *into);
    int (*read_int)(pargraph_task *task, const pargraph_value *value, int64_t *into);
    int (*read_double)(pargraph_task *task, const pargraph_value *value, double *into);
    const char *(*read_text)(pargraph_task *task, const pargraph_value *value, size_t *length);
    int (*read_doubles)(pargraph_task *task, const pargraph_value *list, double *into,
                        size_t count);
    int (*read_ints)(pargraph_task *task, const pargraph_value *list, int64_t *into, size_t count);
    const char *(*read_json)(pargraph_task *task, const pargraph_value *value, size_t *length);

    int (*put_null)(pargraph_task *task);
    int (*put_bool)(pargraph_task *task, int value);
    int (*put_int)(pargraph_task *task, int64_t value);
    int (*put_double)(pargraph_task *task, double value);
    int (*put_text)(pargraph_task *task, const char *bytes, size_t length);
    int (*put_doubles)(pargraph_task *task, const double *numbers, size_t count);
    int (*put_ints)(pargraph_task *task, const int64_t *numbers, size_t count);
    int (*put_json)(pargraph_task *task, const char *bytes, size_t length);
    int (*put_value)(pargraph_task *task, const pargraph_value *value);
    int (*begin_list)(pargraph_task *task);
    int (*begin_map)(pargraph_task *task);
    int (*put_key)(pargraph_task *task, const char *bytes, size_t length);
    int (*end)(pargraph_task *task);

    int (*fail)(pargraph_task *task, const char *format, va_list arguments);
    int (*is_cancelled)(pargraph_task *task);
    int (*sleep)(pargraph_task *task, double seconds);
    void (*progress)(pargraph_task *task, double done, const char *text);
    void (*write)(pargraph_task *task, int stream, const char *bytes, size_t length);
    const char *(*name)(pargraph_task *task);
    uint32_t (*attempt)(pargraph_task *task);
    const char *(*env)(pargraph_task *task, const char *name);
};

struct pargraph_task {
    const struct pargraph_api *api; /* then what is the program's alone */
};

/* --- arguments --- */

/* `args`: a list (by position) or a map (by name); never NULL. */
static inline const pargraph_value *pargraph_args(pargraph_task *task)
{
    return task->api->args(task);
}

/* `kwargs`: a map, perhaps empty; never NULL. */
static inline const pargraph_value *pargraph_kwargs(pargraph_task *task)
{
    return task->api->kwargs(task);
}

/* The argument at a position, which counts from 0. */
static inline const pargraph_value *pargraph_arg(pargraph_task *task, size_t position)
{
    return task->api->item(task, task->api->args(task), position);
}

/* The argument of a name: of `kwargs`, else of `args` if that is a map. */
static inline const pargraph_value *pargraph_named(pargraph_task *task, const char *name)
{
    return task->api->named(task, name);
}

/* --- reading ---
 *
 * What returns an int gives PARGRAPH_OK, or PARGRAPH_FAILED with a message, which becomes the
 * task's if the function fails. */

static inline enum pargraph_kind pargraph_kind_of(pargraph_task *task, const pargraph_value *value)
{
    return (enum pargraph_kind)task->api->kind(task, value);
}

/* How many items, keys, bytes of a text; 0 of all others. */
static inline size_t pargraph_size(pargraph_task *task, const pargraph_value *value)
{
    return task->api->size_of(task, value);
}

/* An item of a list, counted from 0; NULL beyond its end, and of what is no list. */
static inline const pargraph_value *pargraph_item(pargraph_task *task, const pargraph_value *list,
                                                  size_t index)
{
    return task->api->item(task, list, index);
}

/* The value of a key, NULL if it has none, and of what is no map. */
static inline const pargraph_value *pargraph_get(pargraph_task *task, const pargraph_value *map,
                                                 const char *key)
{
    return task->api->get(task, map, key);
}

/* One entry after the other: with *place NULL the first; NULL at the end. The key ends in a NUL
 * that does not count; length may be NULL. */
static inline const pargraph_value *pargraph_next(pargraph_task *task, const pargraph_value *map,
                                                  void **place, const char **key, size_t *length)
{
    return task->api->next(task, map, place, key, length);
}

static inline int pargraph_read_bool(pargraph_task *task, const pargraph_value *value, int *into)
{
    return task->api->read_bool(task, value, into);
}

/* A whole number; 2.0 is one. */
static inline int pargraph_read_int(pargraph_task *task, const pargraph_value *value, int64_t *into)
{
    return task->api->read_int(task, value, into);
}

static inline int pargraph_read_double(pargraph_task *task, const pargraph_value *value,
                                       double *into)
{
    return task->api->read_double(task, value, into);
}

/* The bytes of a text, behind them a NUL that does not count; NULL with a message. length may be
 * NULL: then a text that holds a NUL fails. */
static inline const char *pargraph_read_text(pargraph_task *task, const pargraph_value *value,
                                             size_t *length)
{
    return task->api->read_text(task, value, length);
}

/* A list of exactly `count` numbers (pargraph_size tells how many there are). */
static inline int pargraph_read_doubles(pargraph_task *task, const pargraph_value *list,
                                        double *into, size_t count)
{
    return task->api->read_doubles(task, list, into, count);
}

static inline int pargraph_read_ints(pargraph_task *task, const pargraph_value *list, int64_t *into,
                                     size_t count)
{
    return task->api->read_ints(task, list, into, count);
}

/* Any value as JSON text, with a NUL behind it. length may be NULL. Never NULL, but for NULL. */
static inline const char *pargraph_read_json(pargraph_task *task, const pargraph_value *value,
                                             size_t *length)
{
    return task->api->read_json(task, value, length);
}

/* --- the result ---
 *
 * What is put first is the result. Between pargraph_begin_list and pargraph_end, what is put are
 * its items; between pargraph_begin_map and pargraph_end, each is preceded by its key. All return
 * PARGRAPH_OK, or PARGRAPH_FAILED: then the call has failed, and nothing more need be put. */

static inline int pargraph_put_null(pargraph_task *task)
{
    return task->api->put_null(task);
}

static inline int pargraph_put_bool(pargraph_task *task, int value)
{
    return task->api->put_bool(task, value);
}

static inline int pargraph_put_int(pargraph_task *task, int64_t value)
{
    return task->api->put_int(task, value);
}

static inline int pargraph_put_double(pargraph_task *task, double value)
{
    return task->api->put_double(task, value);
}

static inline int pargraph_put_text(pargraph_task *task, const char *bytes, size_t length)
{
    return task->api->put_text(task, bytes, length);
}

/* A whole list of numbers. */
static inline int pargraph_put_doubles(pargraph_task *task, const double *numbers, size_t count)
{
    return task->api->put_doubles(task, numbers, count);
}

static inline int pargraph_put_ints(pargraph_task *task, const int64_t *numbers, size_t count)
{
    return task->api->put_ints(task, numbers, count);
}

/* Any value, from its JSON text. */
static inline int pargraph_put_json(pargraph_task *task, const char *bytes, size_t length)
{
    return task->api->put_json(task, bytes, length);
}

/* A value that was read, passed on: shared, not copied. */
static inline int pargraph_put_value(pargraph_task *task, const pargraph_value *value)
{
    return task->api->put_value(task, value);
}

static inline int pargraph_begin_list(pargraph_task *task)
{
    return task->api->begin_list(task);
}

static inline int pargraph_begin_map(pargraph_task *task)
{
    return task->api->begin_map(task);
}

static inline int pargraph_put_key(pargraph_task *task, const char *bytes, size_t length)
{
    return task->api->put_key(task, bytes, length);
}

static inline int pargraph_end(pargraph_task *task)
{
    return task->api->end(task);
}

/* --- the task --- */

/* Says why the call fails, as printf would; returns PARGRAPH_FAILED, to be returned. */
PARGRAPH_FORMAT_(2, 3)
static inline int pargraph_fail(pargraph_task *task, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = task->api->fail(task, format, arguments);
    va_end(arguments);
    return status;
}

/* Is the task to end? From any thread. Costs next to nothing. */
static inline int pargraph_is_cancelled(pargraph_task *task)
{
    return task->api->is_cancelled(task);
}

/* PARGRAPH_OK when the time is over, PARGRAPH_CANCELLED as soon as the task is to end. */
static inline int pargraph_sleep(pargraph_task *task, double seconds)
{
    return task->api->sleep(task, seconds);
}

/* How far it is, 0 to 1, with a text or NULL. */
static inline void pargraph_progress(pargraph_task *task, double done, const char *text)
{
    task->api->progress(task, done, text);
}

/* Bytes of the task's PARGRAPH_STDOUT or PARGRAPH_STDERR: they go where these go. What the library
 * writes to descriptors 1 and 2 itself (printf) cannot be told from what other threads write. */
static inline void pargraph_write(pargraph_task *task, int stream, const char *bytes, size_t length)
{
    task->api->write(task, stream, bytes, length);
}

/* A line, or as much as 1023 bytes of one, as printf would write it; the newline comes by itself.
 */
PARGRAPH_FORMAT_(2, 3)
static inline void pargraph_log(pargraph_task *task, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t used = (size_t)length < sizeof line ? (size_t)length : sizeof line - 1;
    line[used] = '\n'; /* in place of the NUL */
    task->api->write(task, PARGRAPH_STDOUT, line, used + 1);
}

/* The task's instance, as `pargraph` writes it: T, or T[a=1]. */
static inline const char *pargraph_name(pargraph_task *task)
{
    return task->api->name(task);
}

/* 1, and one more with each retry. */
static inline uint32_t pargraph_attempt(pargraph_task *task)
{
    return task->api->attempt(task);
}

/* A variable of the task's environment (its `env`, else what the program was started with), which
 * getenv does not see; NULL: it is not set. */
static inline const char *pargraph_env(pargraph_task *task, const char *name)
{
    return task->api->env(task, name);
}

#ifdef __cplusplus
}
#endif

#endif
