/* A caller's inside: what its parts share. */
#ifndef EXECUTE_CALLER_H
#define EXECUTE_CALLER_H

#include <pargraph/task.h>
#include <lua.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdarg.h>

#include "base/memory.h"
#include "execute/call.h"

struct callable {
    struct callable_source source;
    _Atomic(pargraph_function *) function; /* LIBRARY: once it is loaded */
};
/* Loads a library's function if that is not done; NULL with a message, the caller's to free. */
pargraph_function *callable_load(struct callable *callable, char **ret_message);

struct caller {
    struct pargraph_task task; /* first: what functions are handed */
    struct caller_host host;
    const struct calling *calling; /* the call under way; NULL between calls */
    _Atomic uint64_t cancelled;    /* the number of the call that is to end */
    sem_t waking;                  /* posted with it */
    bool is_elsewhere;             /* the thread's directory is not the host's */
    bool has_directory;            /* the thread has one of its own */
    json_t *no_args, *no_kwargs;   /* empty ones */

    /* What the call puts: put.c. */
    json_t *result;       /* NULL: nothing yet */
    VEC(json_t *) levels; /* lists and maps not ended, in results or in each other */
    struct buffer key;    /* of the item that comes next */
    bool has_key;
    bool is_failed; /* whatever it returns: message tells why */
    char *message;  /* the last that was said; NULL */

    VEC(void *) texts; /* handed out until the call ends */
    lua_State *lua;    /* made by the first call of Lua */
};

static inline bool caller_is_cancelled(const struct caller *caller)
{
    return caller->calling != NULL &&
           atomic_load_explicit(&caller->cancelled, memory_order_relaxed) ==
               caller->calling->number;
}
/* Sets the message; returns PARGRAPH_FAILED. */
int caller_fail(struct caller *caller, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int caller_fail_list(struct caller *caller, const char *format, va_list arguments);
/* False as soon as the call is to end. */
bool caller_sleep(struct caller *caller, double seconds);
/* Of the task's environment; NULL. */
const char *caller_env(const struct caller *caller, const char *name);
/* The instance's name, until the call ends. */
const char *caller_name(struct caller *caller);

/* api.c: what functions call. */
extern const struct pargraph_api caller_api;
int put_null(pargraph_task *task);
int put_bool(pargraph_task *task, int value);
int put_int(pargraph_task *task, int64_t value);
int put_double(pargraph_task *task, double value);
int put_text(pargraph_task *task, const char *bytes, size_t length);
int put_doubles(pargraph_task *task, const double *numbers, size_t count);
int put_ints(pargraph_task *task, const int64_t *numbers, size_t count);
int put_json(pargraph_task *task, const char *bytes, size_t length);
int put_value(pargraph_task *task, const pargraph_value *value);
int put_list(pargraph_task *task);
int put_map(pargraph_task *task);
int put_key(pargraph_task *task, const char *bytes, size_t length);
int put_end(pargraph_task *task);
/* Takes what was put, which is complete; else fails, and drops it. */
bool put_take(struct caller *caller, json_t **ret_result);
void put_drop(struct caller *caller);

/* lua_call.c: as caller_call. */
void caller_call_lua(struct caller *caller, const struct calling *calling, struct called *ret);

#endif
