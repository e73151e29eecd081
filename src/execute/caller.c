/* One call: its surroundings, what it says, how it ends. Between calls nothing of the last one is
 * left: no result, no message, no text that was handed out. A call without values, environment and
 * directory allocates nothing and makes no system call. */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "execute/caller.h"

struct caller *caller_new(const struct caller_host *host)
{
    struct caller *caller = memory_new(sizeof *caller);
    caller->task.api = &caller_api;
    caller->host = *host;
    caller->no_args = json_array();
    caller->no_kwargs = json_object();
    sem_init(&caller->waking, 0, 0);
    return caller;
}

void caller_free(struct caller *caller)
{
    if (caller == NULL)
        return;
    if (caller->lua != NULL)
        lua_close(caller->lua);
    put_drop(caller);
    VEC_RELEASE(&caller->levels);
    VEC_RELEASE(&caller->texts);
    buffer_release(&caller->key);
    json_decref(caller->no_args);
    json_decref(caller->no_kwargs);
    sem_destroy(&caller->waking);
    free(caller->message);
    free(caller);
}

int caller_fail_list(struct caller *caller, const char *format, va_list arguments)
{
    struct buffer text = {0};
    if (caller->is_failed)
        return PARGRAPH_FAILED;
    buffer_vprintf(&text, format, arguments);
    free(caller->message);
    caller->message = buffer_take(&text);
    return PARGRAPH_FAILED;
}

int caller_fail(struct caller *caller, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    caller_fail_list(caller, format, arguments);
    va_end(arguments);
    return PARGRAPH_FAILED;
}

bool caller_sleep(struct caller *caller, double seconds)
{
    enum { LONGEST = 1000000000 };
    double time = seconds > 0 ? fmin(seconds, LONGEST) : 0; /* NaN is 0, too */
    int64_t until = clock_monotonic() + (int64_t)(time * 1e9);
    struct timespec limit = {until / 1000000000, until % 1000000000};
    while (!caller_is_cancelled(caller)) {
        if (sem_clockwait(&caller->waking, CLOCK_MONOTONIC, &limit) == 0 || errno == EINTR)
            continue;
        return true;
    }
    return false;
}

const char *caller_env(const struct caller *caller, const char *name)
{
    size_t length = strlen(name);
    const char *last = NULL; /* as in execve's: a later entry wins */
    for (char *const *entry = caller->calling->env; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 &&
            ((*entry)[length] == '=' || (*entry)[length] == '\0'))
            last = *entry + length;
    if (last == NULL)
        return getenv(name);
    return *last == '=' ? last + 1 : NULL;
}

const char *caller_name(struct caller *caller)
{
    struct buffer text = {0};
    caller->host.name(caller->host.context, &text);
    return *VEC_PUSH(&caller->texts) = buffer_take(&text);
}

/* A thread shares its directory with the process until it asks for one of its own. */
static bool enter(struct caller *caller, const char *cwd)
{
    const char *to = cwd != NULL ? cwd : caller->host.directory;
    if (!caller->has_directory && unshare(CLONE_FS) != 0) {
        caller_fail(caller, "a thread cannot have a directory of its own: %s", strerror(errno));
        return false;
    }
    caller->has_directory = true;
    caller->is_elsewhere = true;
    if (chdir(to) != 0) {
        caller_fail(caller, "cannot enter '%s': %s", to, strerror(errno));
        return false;
    }
    caller->is_elsewhere = cwd != NULL;
    return true;
}

static void forget(struct caller *caller)
{
    for (uint32_t i = 0; i < caller->texts.count; i++)
        free(caller->texts.items[i]);
    caller->texts.count = 0;
    if (caller->message != NULL) {
        free(caller->message);
        caller->message = NULL;
    }
    caller->is_failed = false;
}

static void raise(struct caller *caller, struct called *ret)
{
    ret->kind = CALLED_RAISED;
    ret->message = caller->message;
    caller->message = NULL;
}

/* How a library's function ended. */
static void judge(struct caller *caller, int status, struct called *ret)
{
    if (status == PARGRAPH_OK) {
        if (!put_take(caller, &ret->result))
            raise(caller, ret);
        return;
    }
    put_drop(caller);
    if (status == PARGRAPH_CANCELLED && caller_is_cancelled(caller)) {
        ret->kind = CALLED_CANCELLED;
        return;
    }
    if (caller->message == NULL)
        caller_fail(caller, "the function returned %d without a message", status);
    raise(caller, ret);
}

static void call_library(struct caller *caller, const struct calling *calling, struct called *ret)
{
    pargraph_function *function =
        atomic_load_explicit(&calling->callable->function, memory_order_acquire);
    if (function == NULL)
        function = callable_load(calling->callable, &caller->message);
    if (function == NULL)
        raise(caller, ret);
    else
        judge(caller, function(&caller->task), ret);
}

void caller_call(struct caller *caller, const struct calling *calling, struct called *ret)
{
    *ret = (struct called){.kind = CALLED_RETURNED};
    /* Of an earlier call's end. */
    if (atomic_load_explicit(&caller->cancelled, memory_order_relaxed) != 0)
        while (sem_trywait(&caller->waking) == 0)
            ;
    caller->calling = calling;
    if ((calling->cwd != NULL || caller->is_elsewhere) && !enter(caller, calling->cwd))
        raise(caller, ret);
    else if (calling->callable->source.kind == CALLABLE_LUA)
        caller_call_lua(caller, calling, ret);
    else
        call_library(caller, calling, ret);
    caller->calling = NULL;
    if (caller->texts.count > 0 || caller->message != NULL || caller->is_failed)
        forget(caller);
}

void caller_cancel(struct caller *caller, uint64_t number)
{
    atomic_store_explicit(&caller->cancelled, number, memory_order_relaxed);
    sem_post(&caller->waking);
}

const struct calling *caller_current(const struct caller *caller)
{
    return caller->calling;
}
