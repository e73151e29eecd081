/* Functions, and how those of libraries are found. A library is loaded when the first of its
 * functions is called, so that a task before may have built it, and never unloaded: threads, ends
 * of threads and handlers of its own may point into it. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "execute/caller.h"

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

struct callable *callable_new(const struct callable_source *source)
{
    struct callable *callable = memory_new(sizeof *callable);
    callable->source = *source;
    callable->source.arguments =
        memory_copy(source->arguments, source->argument_count * sizeof *source->arguments);
    return callable;
}

void callable_free(struct callable *callable)
{
    if (callable == NULL)
        return;
    free((void *)callable->source.arguments);
    free(callable);
}

void callable_write(const struct callable *callable, struct buffer *out)
{
    if (callable->source.kind == CALLABLE_LUA) {
        buffer_add_text(out, "lua");
        return;
    }
    const char *slash = strrchr(callable->source.file, '/');
    buffer_add_text(out, "library ");
    buffer_add_text(out, slash != NULL ? slash + 1 : callable->source.file);
    buffer_add_text(out, ": ");
    buffer_add_text(out, callable->source.text);
}

static char *say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *say(const char *format, ...)
{
    struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    return buffer_take(&text);
}

/* dlerror's text begins with the path. */
static char *say_not_loaded(const char *file)
{
    const char *why = dlerror();
    size_t length = strlen(file);
    if (access(file, F_OK) != 0)
        return say("there is no library '%s'", file);
    if (why != NULL && strncmp(why, file, length) == 0 && strncmp(why + length, ": ", 2) == 0)
        why += length + 2;
    return say("cannot load library '%s': %s", file, why != NULL ? why : "no reason is known");
}

static char *check_version(void *library, const char *file)
{
    const uint32_t *made_for = dlsym(library, "pargraph_library");
    if (made_for == NULL)
        return say("library '%s' does not say which version of pargraph it was made for: "
                   "put PARGRAPH_LIBRARY into one of its files",
                   file);
    if (made_for[0] != PARGRAPH_ABI)
        return say("library '%s' was made for version %u of pargraph's functions, this program has "
                   "version %u: build it again with this pargraph's task.h",
                   file, (unsigned)made_for[0], (unsigned)PARGRAPH_ABI);
    if (made_for[1] > sizeof(struct pargraph_api))
        return say("library '%s' was made for a later release of pargraph: build it again with "
                   "this pargraph's task.h",
                   file);
    return NULL;
}

static pargraph_function *find(const struct callable_source *source, char **ret_message)
{
    void *library = dlopen(source->file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        *ret_message = say_not_loaded(source->file);
        return NULL;
    }
    pargraph_function *function = NULL;
    if ((*ret_message = check_version(library, source->file)) == NULL) {
        *(void **)&function = dlsym(library, source->text);
        if (function == NULL)
            *ret_message = say("library '%s' has no function '%s'", source->file, source->text);
    }
    /* So that it can be built again before the next attempt. */
    if (function == NULL)
        dlclose(library);
    return function;
}

pargraph_function *callable_load(struct callable *callable, char **ret_message)
{
    pargraph_function *function = atomic_load_explicit(&callable->function, memory_order_acquire);
    if (function != NULL)
        return function;
    pthread_mutex_lock(&loading);
    function = atomic_load_explicit(&callable->function, memory_order_relaxed);
    if (function == NULL)
        function = find(&callable->source, ret_message);
    atomic_store_explicit(&callable->function, function, memory_order_release);
    pthread_mutex_unlock(&loading);
    return function;
}
