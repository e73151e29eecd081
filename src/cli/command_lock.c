/* pargraph lock, pargraph semaphore: a command, run while something is held.
 *
 * The command has a process group of its own, and what comes to us goes on to it, once. It inherits
 * the connection by which the lock is held: should this process be killed, the command is, too, and
 * the lock is free only when nothing is left that could believe to hold it. When the command has
 * ended, the lock is given back whatever it has left in the background. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/verb.h"

enum { OWN_FAILURE = 125, NOT_RUNNABLE = 126, NOT_FOUND = 127 };

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
                                SIGUSR2, SIGALRM, SIGTSTP, SIGCONT, SIGWINCH};

static const struct option_entry lock_options[] = {OPTION_KEY, OPTION_TIMEOUT, {0}};
static const struct option_entry semaphore_options[] = {OPTION_TIMEOUT, {0}};

#define STATUSES                                                                                   \
    "exit status: the command's (128+N if signal N ended it); 124 timeout; 125 the lock could\n"   \
    "not be had; 126 the command cannot be run; 127 there is no such command\n"

static const struct command_help lock_help = {
    "lock", "[OPTIONS] NAME -- COMMAND [ARGUMENT...]",
    "Runs a command while a lock is held. What the command starts holds it, too: to lock again\n"
    "in there what is locked already does not wait.",
    lock_options, STATUSES};
static const struct command_help semaphore_help = {
    "semaphore", "[OPTIONS] NAME[=N] -- COMMAND [ARGUMENT...]",
    "Runs a command while N permits (1) of a semaphore are held.", semaphore_options, STATUSES};

/* --- the command --- */

static void become_command(char **command, pid_t parent, const struct verb_client *client,
                           const sigset_t *mask)
{
    /* In front of a terminal it stays in our group, or could not read. */
    if (tcgetpgrp(STDIN_FILENO) != getpgrp())
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(OWN_FAILURE);
    fcntl(client->socket, F_SETFD, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(command[0], command);
    int number = errno;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "cannot run '%s': %s", command[0], strerror(number));
    verb_say(client->command, buffer_text(&text));
    _exit(number == ENOENT ? NOT_FOUND : NOT_RUNNABLE);
}

static void pass_on(pid_t child, int number)
{
    if (kill(-child, number) < 0 && errno == ESRCH)
        kill(child, number);
}

/* Its exit status, as a shell says it. */
static int wait_for(pid_t child, const sigset_t *awaited)
{
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        int number = sigwaitinfo(awaited, NULL);
        if (number > 0 && number != SIGCHLD)
            pass_on(child, number);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_command(char **command, const struct verb_client *client)
{
    sigset_t awaited, mask;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        sigaddset(&awaited, passed_on[i]);
    sigprocmask(SIG_BLOCK, &awaited, &mask);
    signal(SIGCHLD, SIG_DFL);
    pid_t self = getpid(), child = fork();
    if (child == 0)
        become_command(command, self, client, &mask);
    if (child < 0) {
        verb_say(client->command, strerror(errno));
        return OWN_FAILURE;
    }
    return wait_for(child, &awaited);
}

/* --- the lock --- */

static void set_lease(const json_t *lease)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)json_integer_value(lease));
    setenv("PARGRAPH_LEASE", text, 1);
}

static int hold(const struct command_help *help, const char *name, json_t *request, char **command)
{
    struct verb_client client = {.command = help->name, .socket = -1};
    const struct verb_options none = {.timeout = -1};
    const char *key = json_string_value(json_object_get(request, "key"));
    json_t *release = verb_request("release", name, &none);
    if (key != NULL)
        json_object_set_new(release, "key", json_string(key));
    json_t *answer;
    int status = verb_ask(&client, request, &answer);
    if (status != VERB_DONE) {
        json_decref(release);
        json_decref(answer);
        return status == VERB_TIMED_OUT ? VERB_TIMED_OUT : OWN_FAILURE;
    }
    const char *inherited = getenv("PARGRAPH_LEASE");
    CLEANUP_FREE char *outer = memory_text(inherited);
    set_lease(json_object_get(answer, "lease"));
    status = run_command(command, &client);
    /* The release is of the outer line, as the lock was. */
    unsetenv("PARGRAPH_LEASE");
    if (outer != NULL)
        setenv("PARGRAPH_LEASE", outer, 1);
    verb_release(&client, release);
    verb_close(&client);
    json_decref(answer);
    return status;
}

static int own_failure(int status)
{
    return status == EXIT_STATUS_SUCCESS ? status : OWN_FAILURE;
}

int command_lock(int argc, char **argv)
{
    bool is_lock = strcmp(argv[0], "lock") == 0;
    const struct command_help *help = is_lock ? &lock_help : &semaphore_help;
    struct verb_options options = {.timeout = -1};
    int own = 1, operands;
    while (own < argc && strcmp(argv[own], "--") != 0)
        own++;
    char **command = argv + own + (own < argc);
    char *separator = argv[own];
    argv[own] = NULL;
    int status = cli_options(own, argv, help, &options, &operands);
    if (status >= 0)
        return own_failure(status);
    if (operands != 1)
        return own_failure(cli_usage(help->name, "%s is wanted before '--'",
                                     is_lock ? "the name of a lock" : "NAME or NAME=N"));
    if (separator == NULL || *command == NULL)
        return own_failure(cli_usage(help->name, "a command is wanted behind '--'"));
    CLEANUP_FREE char *name = NULL;
    int64_t amount = 1;
    if (is_lock)
        name = memory_text(argv[1]);
    else if (!verb_amount(help->name, argv[1], &name, &amount))
        return OWN_FAILURE;
    json_t *request = verb_request(help->name, name, &options);
    if (!is_lock)
        json_object_set_new(request, "amount", json_integer(amount));
    return hold(help, name, request, command);
}
