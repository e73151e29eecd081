/* The limit of starting processes: threads which each start /bin/true and wait for it, again and
 * again, and do nothing else. With -c each child's output goes through a pipe that is read to its
 * end, as a runner must that captures it. Prints the time of one process in microseconds.
 *
 *     bench/spawn_limit [-c] [-n COUNT] [-t THREADS] [COMMAND [ARGUMENT...]] */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MOST = 64 };

static char *default_command[] = {(char *)"/bin/true", NULL};
static char **command = default_command;
static bool is_captured;
static atomic_long left = 10000;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static pid_t start(int writer)
{
    pid_t process = vfork();
    if (process == 0) {
        if (writer >= 0) {
            dup2(writer, STDOUT_FILENO);
            dup2(writer, STDERR_FILENO);
        }
        execve(command[0], command, environ);
        _exit(127);
    }
    if (process < 0)
        fail("vfork");
    return process;
}

static void run_one(void)
{
    int ends[2] = {-1, -1}, status;
    struct rusage usage;
    char bytes[4096];
    if (is_captured && pipe2(ends, O_CLOEXEC) != 0)
        fail("pipe2");
    pid_t process = start(ends[1]);
    if (is_captured) {
        close(ends[1]);
        while (read(ends[0], bytes, sizeof bytes) > 0)
            ;
        close(ends[0]);
    }
    if (wait4(process, &status, 0, &usage) != process || status != 0)
        fail("wait4");
}

static void *work(void *argument)
{
    while (atomic_fetch_sub(&left, 1) > 0)
        run_one();
    return argument;
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long number(const char *text, long most)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*end != '\0' || value < 1 || value > most) {
        fprintf(stderr, "spawn_limit: '%s' is not a number from 1 to %ld\n", text, most);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    long threads = 2;
    for (int option; (option = getopt(argc, argv, "+cn:t:")) != -1;) {
        if (option == 'c')
            is_captured = true;
        else if (option == 'n')
            left = number(optarg, 100000000);
        else if (option == 't')
            threads = number(optarg, THREADS_MOST);
        else
            return 2;
    }
    if (optind < argc)
        command = argv + optind;
    pthread_t workers[THREADS_MOST];
    long count = left;
    double began = seconds();
    for (long i = 0; i < threads; i++)
        if (pthread_create(&workers[i], NULL, work, NULL) != 0)
            fail("pthread_create");
    for (long i = 0; i < threads; i++)
        pthread_join(workers[i], NULL);
    printf("%.1f us a process\n", (seconds() - began) * 1e6 / (double)count);
    return 0;
}
