/* See faults.h. */
#include "faults.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "support/check.h"

enum { MOST_PLACES = 1, PATIENCE = 60000 /* milliseconds; then it hangs */ };

char program[PATH_MAX], shim[PATH_MAX];
long *counter;

static void put_environment(const char *name, long value)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", value);
    setenv(name, text, 1);
}

/* What a sanitizer finds must not look like a failure that the program tells. */
static void tell_sanitizer(const char *variable)
{
    CLEANUP_BUFFER struct buffer options = {0};
    const char *given = getenv(variable);
    buffer_printf(&options, "%s%sverify_asan_link_order=0:exitcode=99", given != NULL ? given : "",
                  given != NULL ? ":" : "");
    setenv(variable, buffer_text(&options), 1);
}

static _Noreturn void become_program(const struct fault *fault, char *const *argv)
{
    int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int said = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out, 1);
    dup2(said, 2);
    syscall(SYS_close_range, 3, ~0U, 0);
    setenv("LD_PRELOAD", shim, 1);
    tell_sanitizer("ASAN_OPTIONS");
    tell_sanitizer("UBSAN_OPTIONS");
    tell_sanitizer("TSAN_OPTIONS");
    setenv("FAULT_FILE", "counter", 1);
    setenv("FAULT", fault->function, 1);
    put_environment("FAULT_AT", fault->at);
    put_environment("FAULT_ERRNO", fault->error);
    if (fault->is_ever)
        setenv("FAULT_EVER", "1", 1);
    execv(program, argv);
    _exit(99);
}

char *read_text(const char *name)
{
    char *text = NULL;
    size_t length;
    return file_read(name, 1 << 20, &text, &length, NULL) ? text : memory_text("");
}

/* Ends and counts what has come to us, the subreaper. */
static int end_left(void)
{
    char path[64], line[256];
    int count = 0;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "re");
    while (children != NULL && fgets(line, sizeof line, children) != NULL)
        for (char *at = strtok(line, " "); at != NULL; at = strtok(NULL, " ")) {
            kill(atoi(at), SIGKILL);
            count++;
        }
    if (children != NULL)
        fclose(children);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    return count;
}

struct ending call(const struct fault *fault, char *const *argv)
{
    struct ending ending = {0};
    *counter = 0;
    pid_t process = fork();
    if (process == 0)
        become_program(fault, argv);
    int handle = (int)syscall(SYS_pidfd_open, process, 0);
    struct pollfd polled = {.fd = handle, .events = POLLIN};
    ending.has_hung = poll(&polled, 1, PATIENCE) != 1;
    close(handle);
    if (ending.has_hung)
        kill(process, SIGKILL);
    waitpid(process, &ending.status, 0);
    ending.left = end_left();
    ending.said = read_text("said");
    ending.out = read_text("out");
    return ending;
}

void release(struct ending *ending)
{
    free(ending->said);
    free(ending->out);
}

bool is_status(const struct ending *ending, int status)
{
    return WIFEXITED(ending->status) && WEXITSTATUS(ending->status) == status;
}

uint32_t count_text(const char *text, const char *wanted)
{
    uint32_t count = 0;
    for (const char *at = text; (at = strstr(at, wanted)) != NULL; at += strlen(wanted))
        count++;
    return count;
}

void complain(const struct fault *fault, const struct ending *ending, const char *command,
              const char *what)
{
    printf("%s: %s %ld of %s%s: %s (status %x)\n%s%s---\n", command, strerror(fault->error),
           fault->at, fault->function, fault->is_ever ? " and on" : "", what,
           (unsigned)ending->status, ending->said, ending->out);
    CU_FAIL("a fault");
}

long most_places(void)
{
    const char *text = getenv("FAULTS_MOST");
    return text != NULL ? atol(text) : MOST_PLACES;
}
