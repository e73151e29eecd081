/* How many requests a second a run answers, asked by one step over one connection: `set` and
 * `clear` of the event "e", in turn. Run by the script bench/verbs in a step of a workflow.
 *
 *     bench/verbs_client COUNT DEPTH...
 *
 * For each depth it keeps so many requests under way and prints a line: depth, requests a second,
 * microseconds a request. Depth 0 is the limit: the same bytes between two processes over a
 * socket, where the other one only answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int join(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        fail(path);
    return descriptor;
}

/* A process that answers each line with one, at once. */
static int join_limit(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        fail("socketpair");
    if (fork() == 0) {
        static const char answer[] = "{\"id\":123456,\"status\":0}\n";
        char bytes[65536];
        close(pair[0]);
        for (ssize_t length; (length = read(pair[1], bytes, sizeof bytes)) > 0;)
            for (ssize_t i = 0; i < length; i++)
                if (bytes[i] == '\n' && write(pair[1], answer, sizeof answer - 1) < 0)
                    _exit(1);
        _exit(0);
    }
    close(pair[1]);
    return pair[0];
}

/* Lines that came; an answer that is no success ends the program. */
static long receive(int descriptor)
{
    static char bytes[65536];
    static size_t kept;
    ssize_t length = read(descriptor, bytes + kept, sizeof bytes - 1 - kept);
    if (length <= 0)
        fail("the connection ended");
    long count = 0;
    char *line = bytes, *end;
    bytes[kept + (size_t)length] = '\0';
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1, count++) {
        *end = '\0';
        if (strstr(line, "\"status\":0") == NULL) {
            fprintf(stderr, "%s\n", line);
            exit(1);
        }
    }
    kept = strlen(line);
    memmove(bytes, line, kept);
    return count;
}

static void send_requests(int descriptor, long first, long count, const char *token)
{
    static char bytes[1 << 20];
    size_t length = 0;
    for (long i = first; i < first + count; i++) {
        length += (size_t)sprintf(bytes + length,
                                  "{\"token\":\"%s\",\"id\":%ld,\"verb\":\"%s\",\"name\":\"e\"}\n",
                                  token, i, i % 2 == 0 ? "set" : "clear");
        if (length > sizeof bytes - 512 || i == first + count - 1) {
            if (write(descriptor, bytes, length) != (ssize_t)length)
                fail("write");
            length = 0;
        }
    }
}

static void measure(long count, long depth, const char *token)
{
    static long number;
    int descriptor = depth > 0 ? join(getenv("PARGRAPH_SOCKET")) : join_limit();
    double begin = now();
    long window = depth > 0 ? depth : 1, sent = 0, answered = 0;
    while (answered < count) {
        long more = sent - answered > window / 2 ? 0 : window - (sent - answered);
        more = more < count - sent ? more : count - sent;
        if (more > 0)
            send_requests(descriptor, number, more, token);
        number += more;
        sent += more;
        answered += receive(descriptor);
    }
    double took = now() - begin;
    close(descriptor);
    if (depth == 0)
        wait(NULL);
    printf("%ld %.0f %.2f\n", depth, (double)count / took, took * 1e6 / (double)count);
}

int main(int argc, char **argv)
{
    const char *token = getenv("PARGRAPH_TOKEN");
    if (argc < 3 || token == NULL || getenv("PARGRAPH_SOCKET") == NULL) {
        fprintf(stderr, "usage, in a step of a run: verbs_client COUNT DEPTH...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        measure(atol(argv[1]), atol(argv[i]), token);
    return 0;
}
