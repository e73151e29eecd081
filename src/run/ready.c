/* See ready.h. A port, a file and a command are asked again and again, each time after a longer
 * pause; a text is looked for in what the daemon writes, wherever a read may have cut it. The name
 * of a host may take long to be found, so that is an errand. */
#include "run/ready.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#define MILLISECOND INT64_C(1000000)
static const int64_t FIRST_PAUSE = 5 * MILLISECOND, LONGEST_PAUSE = 250 * MILLISECOND;

struct readiness {
    const struct synchronisation *wanted;
    struct command command; /* of plan_ready */
    const char *text;       /* its text: what is asked for */
    bool is_over;           /* ready, too late, or the daemon has ended */
    struct alarm *again, *limit;
    int64_t pause;
    struct lookup_of_host *lookup;        /* tcp: of its name; NULL: there is none, or it is over */
    struct errand *errand;                /* for that */
    struct addrinfo *addresses, *address; /* all, and the one that is asked */
    int socket;
    struct watch *watch;
    bool is_asking; /* a command runs */
    struct launch launch;
    char **env;         /* of the command; pointers only */
    struct buffer tail; /* log: the last bytes, fewer than the text has */
    char *fault;
};

struct lookup_of_host {
    char *host, *port; /* host NULL: this machine */
    struct addrinfo *addresses;
    int failure; /* getaddrinfo's */
};

static void ask(void *context);

static void stop_asking(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    struct loop *loop = attempt->run->loop;
    ready->is_over = true;
    loop_cancel(loop, ready->again);
    loop_cancel(loop, ready->limit);
    loop_remove(loop, ready->watch);
    errand_stop(ready->errand);
    ready->again = ready->limit = NULL;
    ready->watch = NULL;
    ready->errand = NULL;
    file_close(&ready->socket);
}

static void tell_ready(struct attempt *attempt)
{
    if (attempt->ready->is_over)
        return;
    stop_asking(attempt);
    struct input *in = run_push(attempt->run, INPUT_READY);
    in->node = attempt->node;
    in->attempt = attempt->number;
}

/* It cannot become ready: the attempt fails with this. */
static void give_up(struct attempt *attempt, const struct error *error)
{
    stop_asking(attempt);
    attempt->ready->fault = run_error_text(attempt->run, error);
    struct executor *executor = attempt->executor;
    executor->methods->signal(executor, attempt->node, attempt->number, false);
}

static void too_late(void *context)
{
    struct attempt *attempt = context;
    struct readiness *ready = attempt->ready;
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer time = {0};
    ready->limit = NULL;
    text_write_duration(ready->wanted->ready_timeout, &time);
    error_set(&error, ready->wanted->ready_at, "it was not ready within %s", buffer_text(&time));
    give_up(attempt, &error);
}

static void ask_later(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    if (ready->is_over)
        return;
    ready->pause = ready->pause == 0                  ? FIRST_PAUSE
                   : ready->pause * 2 < LONGEST_PAUSE ? ready->pause * 2
                                                      : LONGEST_PAUSE;
    ready->again = loop_at(attempt->run->loop, clock_monotonic() + ready->pause, ask, attempt);
}

/* --- tcp --- */

static void close_socket(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    loop_remove(attempt->run->loop, ready->watch);
    ready->watch = NULL;
    file_close(&ready->socket);
    ready->address = ready->address->ai_next != NULL ? ready->address->ai_next : ready->addresses;
}

static void connected(void *context, uint32_t events)
{
    struct attempt *attempt = context;
    int number = 0;
    socklen_t length = sizeof number;
    (void)events;
    bool is_there = getsockopt(attempt->ready->socket, SOL_SOCKET, SO_ERROR, &number, &length) == 0;
    close_socket(attempt);
    if (is_there && number == 0)
        tell_ready(attempt);
    else
        ask_later(attempt);
}

static void ask_port(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    const struct addrinfo *address = ready->address;
    ready->socket = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_there =
        ready->socket >= 0 && connect(ready->socket, address->ai_addr, address->ai_addrlen) == 0;
    if (!is_there && ready->socket >= 0 && errno == EINPROGRESS) {
        ready->watch =
            loop_add(attempt->run->loop, ready->socket, EPOLLOUT, connected, attempt, NULL);
        if (ready->watch != NULL)
            return;
    }
    close_socket(attempt);
    if (is_there)
        tell_ready(attempt);
    else
        ask_later(attempt);
}

static void look_up(struct lookup_of_host *lookup, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    lookup->failure = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->addresses);
}

static void look_up_name(void *data)
{
    look_up(data, 0);
}

static void release_lookup(void *data)
{
    struct lookup_of_host *lookup = data;
    if (lookup->failure == 0 && lookup->addresses != NULL)
        freeaddrinfo(lookup->addresses);
    memory_free(lookup->host);
    memory_free(lookup->port);
    memory_free(lookup);
}

static void found(void *context)
{
    struct attempt *attempt = context;
    struct readiness *ready = attempt->ready;
    struct lookup_of_host *lookup = ready->lookup;
    CLEANUP_ERROR struct error error = {0};
    ready->errand = NULL;
    if (lookup->failure == 0) {
        ready->addresses = ready->address = lookup->addresses;
        lookup->addresses = NULL;
        ask(attempt);
    } else {
        error_set(&error, ready->wanted->ready_at, "cannot find '%s': %s", ready->text,
                  gai_strerror(lookup->failure));
        give_up(attempt, &error);
    }
    release_lookup(lookup);
}

/* "[host:]port"; without a host this machine. */
static struct lookup_of_host *new_lookup(const char *text)
{
    struct lookup_of_host *lookup = memory_new(sizeof *lookup);
    const char *colon = strrchr(text, ':'), *begin = text;
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    lookup->port = memory_text(colon != NULL ? colon + 1 : text);
    if (length > 1 && begin[0] == '[' && begin[length - 1] == ']') {
        begin++;
        length -= 2;
    }
    lookup->host = length > 0 ? memory_text_n(begin, length) : NULL;
    return lookup;
}

/* What needs no other to be found is found here and now. */
static bool find_address(struct attempt *attempt, struct error *error)
{
    struct lookup_of_host *lookup = attempt->ready->lookup = new_lookup(attempt->ready->text);
    look_up(lookup, AI_NUMERICHOST | AI_NUMERICSERV);
    if (lookup->failure == 0) {
        found(attempt);
        return true;
    }
    struct errand_orders orders = {.data = lookup,
                                   .work = look_up_name,
                                   .release = release_lookup,
                                   .done = found,
                                   .context = attempt};
    attempt->ready->errand = errand_start(attempt->run->loop, &orders, error);
    if (attempt->ready->errand != NULL)
        return true;
    release_lookup(lookup);
    error->at = attempt->ready->wanted->ready_at;
    return error_wrap(error, "cannot find '%s'", attempt->ready->text);
}

/* --- a file, a command --- */

static void ask_file(struct attempt *attempt)
{
    struct stat status;
    CLEANUP_FREE char *path = file_join(attempt->directory, attempt->ready->text);
    if (stat(path, &status) == 0)
        tell_ready(attempt);
    else
        ask_later(attempt);
}

/* The daemon's own environment, and the values of the command's text. */
static void make_env(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    char *const *parts[] = {attempt->own, ready->command.env};
    VEC(char *) own = {0};
    for (int i = 0; i < 2; i++)
        for (char *const *entry = parts[i]; entry != NULL && *entry != NULL; entry++)
            *VEC_PUSH(&own) = *entry;
    *VEC_PUSH(&own) = NULL;
    ready->env = environment_merge(&attempt->run->environment, own.items);
    VEC_RELEASE(&own);
}

static void ask_command(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    struct executor *executor = attempt->run->executor;
    ready->launch = (struct launch){.node = attempt->node,
                                    .attempt = attempt->number | ATTEMPT_PROBE,
                                    .argv = ready->command.argv,
                                    .env = ready->env,
                                    .directory = attempt->directory,
                                    .is_discarded = {false, true, true}};
    ready->is_asking = true;
    executor->methods->launch(executor, &ready->launch);
}

void ready_answered(struct attempt *attempt, const struct exit_report *report)
{
    attempt->ready->is_asking = false;
    if (report->kind == EXIT_CODE && report->code == 0)
        tell_ready(attempt);
    else
        ask_later(attempt);
}

static void ask(void *context)
{
    struct attempt *attempt = context;
    struct readiness *ready = attempt->ready;
    ready->again = NULL;
    if (ready->wanted->ready == READY_TCP)
        ask_port(attempt);
    else if (ready->wanted->ready == READY_FILE)
        ask_file(attempt);
    else
        ask_command(attempt);
}

/* --- what it writes --- */

void ready_output(struct attempt *attempt, const char *bytes, size_t length)
{
    struct readiness *ready = attempt->ready;
    if (ready == NULL || ready->is_over || ready->wanted->ready != READY_LOG)
        return;
    size_t wanted = strlen(ready->text);
    buffer_add(&ready->tail, bytes, length);
    if (memmem(ready->tail.bytes, ready->tail.length, ready->text, wanted) != NULL) {
        tell_ready(attempt);
        return;
    }
    if (ready->tail.length < wanted)
        return;
    size_t over = ready->tail.length - (wanted - 1);
    memmove(ready->tail.bytes, ready->tail.bytes + over, wanted - 1);
    ready->tail.length = wanted - 1;
}

/* --- all --- */

static bool prepare(struct attempt *attempt, struct error *error)
{
    struct readiness *ready = attempt->ready;
    struct run *run = attempt->run;
    if (!plan_ready(run->plan, attempt->node, attempt->number, &run->results, &ready->command,
                    error))
        return false;
    if (ready->command.script != NULL)
        return error_set(error, ready->wanted->ready_text.at,
                         "'ready' cannot be run by a shell that reads a file");
    ready->text = ready->command.text;
    if (ready->wanted->ready == READY_RUN)
        make_env(attempt);
    else if (ready->command.text_length == 0)
        return error_set(error, ready->wanted->ready_text.at,
                         "'ready' asks for nothing: its text is empty");
    return true;
}

void ready_begin(struct attempt *attempt)
{
    const struct synchronisation *wanted = attempt_task(attempt)->synchronisation;
    if (!(plan_rule(attempt->run->plan, attempt->node)->flags & RULE_DAEMON) || wanted == NULL ||
        attempt->ready != NULL)
        return;
    struct readiness *ready = attempt->ready = memory_new(sizeof *ready);
    ready->wanted = wanted;
    ready->socket = -1;
    CLEANUP_ERROR struct error error = {0};
    if (wanted->ready == READY_AT_ONCE || attempt->run->folder == NULL) {
        tell_ready(attempt);
        return;
    }
    if (!prepare(attempt, &error)) {
        give_up(attempt, &error);
        return;
    }
    if (wanted->ready_timeout != UNLIMITED)
        ready->limit = loop_at(attempt->run->loop, clock_monotonic() + wanted->ready_timeout,
                               too_late, attempt);
    if (wanted->ready == READY_TCP && !find_address(attempt, &error))
        give_up(attempt, &error);
    else if (wanted->ready != READY_TCP && wanted->ready != READY_LOG)
        ask(attempt);
}

bool ready_end(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    if (ready == NULL)
        return true;
    stop_asking(attempt);
    struct executor *executor = attempt->run->executor;
    if (ready->is_asking)
        executor->methods->signal(executor, attempt->node, attempt->number | ATTEMPT_PROBE, true);
    return !ready->is_asking;
}

const char *ready_fault(const struct attempt *attempt)
{
    return attempt->ready != NULL ? attempt->ready->fault : NULL;
}

void ready_release(struct attempt *attempt)
{
    struct readiness *ready = attempt->ready;
    if (ready == NULL)
        return;
    stop_asking(attempt);
    if (ready->addresses != NULL)
        freeaddrinfo(ready->addresses);
    buffer_release(&ready->tail);
    command_release(&ready->command);
    free(ready->env);
    free(ready->fault);
    free(ready);
    attempt->ready = NULL;
}
