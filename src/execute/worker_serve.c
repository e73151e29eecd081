/* The other end of a worker's socket, for functions of libraries and Lua: what `pargraph worker`
 * does. One call at a time, each answered before the next begins: so the end of this process, by
 * whatever a function does, is that of the call it was at. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "execute/call.h"
#include "execute/execute.h"
#include "value/value.h"

/* Of a call that takes less the use of resources is not told. */
#define SHORT INT64_C(1000000)
enum { READ_SIZE = 64 * 1024, DEFINED_MOST = 1 << 24 };

struct definition {
    json_t *message; /* what the callable borrows from */
    const char **arguments;
    struct callable *callable;
};

struct server {
    int socket;
    pid_t process; /* a child that a function makes and comes back from is not this one */
    char *directory;
    struct caller *caller;
    VEC(struct definition) functions; /* by number; zeroed: not defined */
    struct buffer in, out;
    json_t *env;        /* of the call under way */
    struct rusage used; /* at the end of the last call that was not short */
};

/* For the handler of SIGTERM. */
static struct caller *stopping_caller;
static _Atomic uint64_t call_under_way;
static volatile sig_atomic_t is_stopped;

static void stop(int number)
{
    (void)number;
    uint64_t call = call_under_way;
    is_stopped = 1;
    if (call == 0)
        return;
    caller_cancel(stopping_caller, call);
    caller_interrupt(stopping_caller);
}

/* As if nobody had caught it: the runner told this process to end. */
static void leave_if_stopped(void)
{
    if (!is_stopped)
        return;
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
}

/* --- what it says --- */

static void send_out(struct server *server)
{
    size_t sent = 0;
    while (sent < server->out.length) {
        ssize_t length =
            send(server->socket, server->out.bytes + sent, server->out.length - sent, MSG_NOSIGNAL);
        if (length < 0 && errno != EINTR)
            _exit(EXIT_FAILURE); /* the runner is gone */
        sent += length > 0 ? (size_t)length : 0;
    }
    buffer_clear(&server->out);
    if (server->out.capacity > 4 * READ_SIZE)
        buffer_release(&server->out);
}

static void add_string(struct server *server, const char *key, const char *text, size_t length)
{
    json_t *value = json_stringn_nocheck(text, length);
    buffer_printf(&server->out, "\"%s\":", key);
    value_write_json(value, &server->out);
    json_decref(value);
}

/* What is no text goes to the stream itself, so that every byte stays what it is. */
static void say_output(void *context, int stream, const char *bytes, size_t length)
{
    struct server *server = context;
    if (text_valid_utf8(bytes, length) < length || getpid() != server->process) {
        file_write_all(stream, bytes, length);
        return;
    }
    buffer_add_byte(&server->out, '{');
    add_string(server, stream == 1 ? "stdout" : "stderr", bytes, length);
    buffer_add_text(&server->out, "}\n");
    send_out(server);
}

static void say_progress(void *context, double done, const char *text)
{
    struct server *server = context;
    buffer_add_text(&server->out, "{\"progress\":");
    value_write_number(done > 0 ? done : 0, &server->out);
    if (text != NULL && text_valid_utf8(text, strlen(text)) == strlen(text)) {
        buffer_add_byte(&server->out, ',');
        add_string(server, "text", text, strlen(text));
    }
    buffer_add_text(&server->out, "}\n");
    send_out(server);
}

static void write_name(void *context, struct buffer *out)
{
    const struct server *server = context;
    const char *name = json_string_value(json_object_get(server->env, "PARGRAPH_INSTANCE"));
    buffer_add_text(out, name != NULL ? name : "");
}

static int64_t microseconds(const struct timeval *after, const struct timeval *before)
{
    return (after->tv_sec - before->tv_sec) * INT64_C(1000000) + after->tv_usec - before->tv_usec;
}

/* Since the last time; what short calls took meanwhile is too little to matter. */
static void add_usage(struct server *server)
{
    struct rusage after, *before = &server->used;
    getrusage(RUSAGE_SELF, &after);
    buffer_printf(&server->out, ",\"cpu\":[%.6f,%.6f],\"memory\":%llu",
                  (double)microseconds(&after.ru_utime, &before->ru_utime) / 1e6,
                  (double)microseconds(&after.ru_stime, &before->ru_stime) / 1e6,
                  (unsigned long long)after.ru_maxrss * 1024);
    *before = after;
}

/* --- what it is told --- */

static const char *text_of(const json_t *message, const char *key)
{
    return json_string_value(json_object_get(message, key));
}

static const char **names_of(const json_t *list)
{
    size_t count = json_array_size(list);
    const char **names = memory_array(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = json_string_value(json_array_get(list, i));
    return names;
}

static void define(struct server *server, json_t *message)
{
    json_int_t number = json_integer_value(json_object_get(message, "define"));
    const char *lua = text_of(message, "lua");
    const json_t *names = json_object_get(message, "names");
    if (number < 0 || number >= DEFINED_MOST)
        return;
    while (server->functions.count <= number)
        *VEC_PUSH(&server->functions) = (struct definition){0};
    struct definition *definition = &server->functions.items[number];
    *definition =
        (struct definition){.message = json_incref(message), .arguments = names_of(names)};
    struct callable_source source = {.kind = lua != NULL ? CALLABLE_LUA : CALLABLE_LIBRARY,
                                     .file = text_of(message, "library"),
                                     .text = lua != NULL ? lua : text_of(message, "function"),
                                     .arguments = definition->arguments,
                                     .argument_count = (uint32_t)json_array_size(names)};
    definition->callable = callable_new(&source);
}

/* NAME=value, or NAME alone; each and the array are the caller's. */
static char **env_of(const json_t *map)
{
    if (json_object_size(map) == 0)
        return NULL;
    char **env = memory_array(json_object_size(map) + 1, sizeof *env);
    const char *name;
    json_t *value;
    size_t count = 0;
    json_object_foreach((json_t *)map, name, value)
    {
        struct buffer entry = {0};
        buffer_add_text(&entry, name);
        if (json_is_string(value))
            buffer_printf(&entry, "=%s", json_string_value(value));
        env[count++] = buffer_take(&entry);
    }
    return env;
}

static void free_env(char **env)
{
    for (char **entry = env; entry != NULL && *entry != NULL; entry++)
        free(*entry);
    free(env);
}

static void add_called(struct server *server, uint32_t id, struct called *called)
{
    buffer_printf(&server->out, "{\"id\":%u", id);
    if (called->kind == CALLED_RETURNED && called->result != NULL) {
        buffer_add_text(&server->out, ",\"result\":");
        value_write_json(called->result, &server->out);
    } else if (called->kind != CALLED_RETURNED) {
        const char *message = called->message != NULL ? called->message : "cancelled";
        buffer_add_byte(&server->out, ',');
        add_string(server, "error", message, strlen(message));
    }
}

static void say_unknown(struct server *server, uint32_t id, struct called *called)
{
    *called = (struct called){.kind = CALLED_RAISED,
                              .message = memory_text("the worker was not told of this function")};
    add_called(server, id, called);
}

static void run_call(struct server *server, uint32_t id, const json_t *message, json_int_t number)
{
    static uint64_t calls;
    struct called called = {0};
    int64_t begun = clock_monotonic();
    bool is_known = number >= 0 && number < server->functions.count &&
                    server->functions.items[number].callable != NULL;
    server->env = json_object_get(message, "env");
    const char *attempt = text_of(server->env, "PARGRAPH_ATTEMPT");
    struct calling calling = {.callable =
                                  is_known ? server->functions.items[number].callable : NULL,
                              .args = json_object_get(message, "args"),
                              .kwargs = json_object_get(message, "kwargs"),
                              .env = env_of(server->env),
                              .cwd = text_of(message, "cwd"),
                              .attempt = attempt != NULL ? (uint32_t)strtoul(attempt, NULL, 10) : 1,
                              .number = ++calls};
    call_under_way = calling.number;
    if (is_known && !is_stopped)
        caller_call(server->caller, &calling, &called);
    call_under_way = 0;
    if (getpid() != server->process)
        _exit(EXIT_SUCCESS); /* a child that the function made came back from it */
    fflush(NULL);
    leave_if_stopped();
    if (is_known)
        add_called(server, id, &called);
    else
        say_unknown(server, id, &called);
    if (clock_monotonic() - begun >= SHORT)
        add_usage(server);
    buffer_add_text(&server->out, "}\n");
    send_out(server);
    json_decref(called.result);
    free(called.message);
    free_env((char **)calling.env);
}

static void take_line(struct server *server, const char *line, size_t length)
{
    json_t *message = value_from_json(line, length, NULL);
    json_t *call = json_object_get(message, "call"), *init = json_object_get(message, "init");
    json_int_t id = json_integer_value(json_object_get(message, "id"));
    if (call != NULL)
        run_call(server, (uint32_t)id, message, json_integer_value(call));
    else if (init != NULL)
        run_call(server, 0, message, json_integer_value(init));
    else if (message != NULL)
        define(server, message);
    json_decref(message);
}

/* --- the loop --- */

static bool read_more(struct server *server)
{
    char *room = buffer_reserve(&server->in, READ_SIZE);
    ssize_t length;
    while ((length = recv(server->socket, room, READ_SIZE, 0)) < 0 && errno == EINTR)
        leave_if_stopped();
    if (length > 0)
        server->in.length += (size_t)length;
    return length > 0;
}

static void serve(struct server *server)
{
    struct buffer *in = &server->in;
    for (size_t looked = 0; read_more(server);) {
        size_t begin = 0;
        char *end;
        while ((end = memchr(in->bytes + looked, '\n', in->length - looked)) != NULL) {
            take_line(server, in->bytes + begin, (size_t)(end - in->bytes) - begin);
            looked = begin = (size_t)(end - in->bytes) + 1;
        }
        memmove(in->bytes, in->bytes + begin, in->length - begin);
        in->length -= begin;
        looked = in->length;
    }
}

static bool open_socket(struct server *server)
{
    int type;
    socklen_t length = sizeof type;
    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_STREAM)
        return false;
    server->socket = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FILE_RAISED);
    CLEANUP_CLOSE int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return server->socket >= 0 && nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0;
}

static void free_server(struct server *server)
{
    caller_free(server->caller);
    for (uint32_t i = 0; i < server->functions.count; i++) {
        struct definition *definition = &server->functions.items[i];
        if (definition->callable != NULL)
            callable_free(definition->callable);
        free(definition->arguments);
        json_decref(definition->message);
    }
    VEC_RELEASE(&server->functions);
    buffer_release(&server->in);
    buffer_release(&server->out);
    file_close(&server->socket);
    free(server->directory);
}

int worker_serve(void)
{
    struct server server = {.process = getpid(), .directory = getcwd(NULL, 0), .socket = -1};
    if (server.directory == NULL || !open_socket(&server)) {
        free(server.directory);
        return EXIT_FAILURE;
    }
    struct caller_host host = {.context = &server,
                               .output = say_output,
                               .progress = say_progress,
                               .name = write_name,
                               .directory = server.directory};
    server.caller = stopping_caller = caller_new(&host);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN); /* the runner says when to stop */
    serve(&server);
    free_server(&server);
    return EXIT_SUCCESS;
}
