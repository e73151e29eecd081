/* Calls of functions of libraries (include/pargraph/task.h) and of Lua, on the thread that asks:
 * what the threads of a pool and `pargraph worker` share. Nothing here knows of loops. */
#ifndef EXECUTE_CALL_H
#define EXECUTE_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* --- functions: one for the whole process, used by any number of threads at a time --- */

enum callable_kind { CALLABLE_LIBRARY, CALLABLE_LUA };
struct callable_source {
    uint8_t kind;            /* enum callable_kind */
    const char *file;        /* LIBRARY: its path */
    const char *text;        /* LIBRARY: the function's name; LUA: source */
    const char **arguments;  /* LUA: names of `args` that is a map, which become locals */
    uint32_t argument_count; /* 0: `args` is `...` */
};
/* Borrows the texts of the source (not the array of arguments) for as long as it lives. Finds and
 * loads nothing: that is done by the first call, and by each one until it has succeeded. */
struct callable *callable_new(const struct callable_source *source);
/* What was loaded stays loaded: a library may have threads, or ends of threads, of its own. */
void callable_free(struct callable *callable);
/* "library libstats.so: mean", "lua"; for people. Async-signal-safe but for the buffer's growth. */
void callable_write(const struct callable *callable, struct buffer *out);

/* --- callers: one for each thread that calls --- */

/* What functions ask of their surroundings, on their own thread or (the first two) others. */
struct caller_host {
    void *context;
    void (*output)(void *context, int stream, const char *bytes, size_t length); /* 1 or 2 */
    void (*progress)(void *context, double done, const char *text);              /* text or NULL */
    void (*name)(void *context, struct buffer *out); /* of the task's instance */
    const char *directory;                           /* where functions work, absolute */
};

struct caller;
/* Copies the host. The thread that calls has a working directory of its own from the first call on
 * that asks for another one. */
struct caller *caller_new(const struct caller_host *host);
void caller_free(struct caller *caller);

/* Borrowed for the call. */
struct calling {
    struct callable *callable;
    json_t *args;     /* a list or a map; NULL: an empty list */
    json_t *kwargs;   /* a map; NULL: an empty one */
    char *const *env; /* NAME=value; a NAME alone is unset; NULL: none. Else the process's counts */
    const char *cwd;  /* NULL: the host's directory */
    uint32_t attempt;
    uint64_t number; /* of this call, never 0, another one for each of a caller */
};
enum called_kind {
    CALLED_RETURNED,
    CALLED_RAISED,
    CALLED_CANCELLED, /* it ended for the reason that it was told to */
};
struct called {
    uint8_t kind;   /* enum called_kind */
    json_t *result; /* RETURNED: new; NULL: null */
    char *message;  /* RAISED: one line normally; the caller's own to free */
};
/* Calls it. A traceback comes before the end as output on stream 2. Fills in all of *ret. */
void caller_call(struct caller *caller, const struct calling *calling, struct called *ret);

/* Tells the call of this number, if it is under way, that it is to end: wakes it if it sleeps.
 * From any thread, or a handler of signals. */
void caller_cancel(struct caller *caller, uint64_t number);
/* Lets code of Lua that does not ask see that. For a handler of signals on the caller's own thread
 * only. */
void caller_interrupt(struct caller *caller);
/* The call under way, or NULL: for who tells of a crash, on the caller's own thread. */
const struct calling *caller_current(const struct caller *caller);

#endif
