/* Runs a command and prints one line of what it cost: seconds of the clock, of the processors (its
 * own and the system's), and its largest resident memory in bytes. Children it waited for count.
 * The command's output is thrown away unless -o is given; its status is this program's.
 *
 *     bench/measure [-o] COMMAND [ARGUMENT...] */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double of_timeval(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void start(char **command, bool is_shown)
{
    if (!is_shown) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    execvp(command[0], command);
    _exit(127);
}

int main(int argc, char **argv)
{
    bool is_shown = argc > 1 && strcmp(argv[1], "-o") == 0;
    char **command = argv + 1 + is_shown;
    if (argc < 2 + is_shown) {
        fprintf(stderr, "usage: bench/measure [-o] COMMAND [ARGUMENT...]\n");
        return 2;
    }
    double began = seconds();
    pid_t process = fork();
    if (process == 0)
        start(command, is_shown);
    int status;
    if (process < 0 || waitpid(process, &status, 0) != process) {
        perror("measure");
        return 1;
    }
    double elapsed = seconds() - began;
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("%.6f %.6f %.6f %ld\n", elapsed, of_timeval(usage.ru_utime), of_timeval(usage.ru_stime),
           usage.ru_maxrss * 1024);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
