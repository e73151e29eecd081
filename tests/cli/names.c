/* Preloaded into programs that look up names of hosts: slow.test is this machine, but that is found
 * out only when there is a file `found` where the program is; never.test is not found out; and
 * there is no other. */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

enum { STEP = 10000, STEPS = 3000 }; /* microseconds; so many at most */

EXPORT int getaddrinfo(const char *restrict host, const char *restrict port,
                       const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
    union {
        void *symbol;
        lookup *function;
    } real = {dlsym(RTLD_NEXT, "getaddrinfo")};
    if (host == NULL || (hints != NULL && (hints->ai_flags & AI_NUMERICHOST)))
        return real.function(host, port, hints, ret);
    if (strcmp(host, "slow.test") != 0 && strcmp(host, "never.test") != 0)
        return EAI_NONAME;
    int steps = 0;
    while (steps < STEPS && (strcmp(host, "never.test") == 0 || access("found", F_OK) != 0)) {
        usleep(STEP);
        steps++;
    }
    return steps == STEPS ? EAI_FAIL : real.function("127.0.0.1", port, hints, ret);
}
