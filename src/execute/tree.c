/* Ending all that is below this process. Subreapers make it complete: whatever a descendant did to
 * leave (a session of its own, a double fork), it stays below. Each round looks anew, so what was
 * started between the look and the signal is found by the next; it ends when a round finds nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "execute/execute.h"
#include "execute/processes.h"

#define BLIND_LIMIT INT64_C(5000000000)          /* so long after the grace is looked for in vain */
enum { ROUND_SHORTEST = 1, ROUND_LONGEST = 20 }; /* milliseconds */

struct known {
    pid_t id;
    uint64_t started;
    bool is_foreign; /* it may not be signalled: another user's */
};
struct hunt {
    VEC(struct known) known;
    uint32_t sorted; /* so many of them, by id */
    struct processes now;
    bool has_told_children; /* TERM, when nothing else could be seen */
};

/* False when there is no child any more. */
static bool reap(void)
{
    pid_t ended;
    do
        ended = waitpid(-1, NULL, WNOHANG);
    while (ended > 0);
    return ended == 0 || errno != ECHILD;
}

static int compare(const void *a, const void *b)
{
    const struct known *one = a, *two = b;
    if (one->id != two->id)
        return one->id < two->id ? -1 : 1;
    return one->started < two->started ? -1 : one->started > two->started;
}

static struct known *find(struct hunt *hunt, const struct process *process)
{
    struct known key = {process->id, process->started, false};
    return hunt->sorted == 0 ? NULL
                             : bsearch(&key, hunt->known.items, hunt->sorted, sizeof key, compare);
}

/* TERM and CONT when it is first seen, KILL in every round once the time is over. Is it one to wait
 * for? Of the dead only our own children are: the others go with their parents. */
static bool end_one(struct hunt *hunt, const struct process *process, bool is_kill)
{
    struct known *known = find(hunt, process);
    bool is_new = known == NULL;
    if (is_new) {
        known = VEC_PUSH(&hunt->known);
        *known = (struct known){process->id, process->started, false};
    }
    if (is_kill || is_new)
        known->is_foreign = kill(process->id, is_kill ? SIGKILL : SIGTERM) != 0 && errno == EPERM;
    if (is_new && !is_kill)
        kill(process->id, SIGCONT);
    return process->state == 'Z' ? process->above == UINT32_MAX : !known->is_foreign;
}

/* Signals the children of this thread, as the kernel lists them: "12 345 ". A number that is cut
 * off at the end of what was read is not taken. Needs one descriptor and no memory. */
static uint32_t signal_children(int number)
{
    char text[4096];
    CLEANUP_CLOSE int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof text);
    uint32_t told = 0;
    pid_t child = 0;
    for (ssize_t i = 0; i < length; i++) {
        if (text[i] != ' ') {
            child = child * 10 + (text[i] - '0');
            continue;
        }
        told += child > 1 && kill(child, number) == 0;
        child = 0;
    }
    return told;
}

/* Whoever loses its parent becomes our child, so ending children ends all in the end. */
static uint32_t round_up_blindly(struct hunt *hunt, bool is_kill)
{
    if (is_kill)
        return signal_children(SIGKILL) > 0 ? 1 : UINT32_MAX;
    if (!hunt->has_told_children && signal_children(SIGTERM) > 0) {
        signal_children(SIGCONT);
        hunt->has_told_children = true;
    }
    return UINT32_MAX;
}

/* How many are left to wait for; UINT32_MAX: nothing can be seen now. */
static uint32_t round_up(struct hunt *hunt, bool is_kill)
{
    uint32_t left = 0;
    if (!processes_read(&hunt->now))
        return round_up_blindly(hunt, is_kill);
    for (uint32_t i = 0; i < hunt->now.count; i++)
        left += end_one(hunt, &hunt->now.items[i], is_kill);
    if (hunt->known.count > hunt->sorted)
        qsort(hunt->known.items, hunt->known.count, sizeof *hunt->known.items, compare);
    hunt->sorted = hunt->known.count;
    return left;
}

bool tree_is_visible(void)
{
    return access("/proc/self/stat", R_OK) == 0;
}

uint32_t tree_end(int64_t grace)
{
    struct hunt hunt = {0};
    int64_t limit = clock_monotonic() + grace;
    int pause = ROUND_SHORTEST;
    while (reap()) {
        int64_t now = clock_monotonic();
        uint32_t left = round_up(&hunt, now >= limit);
        bool is_blind = left == UINT32_MAX;
        if (left == 0 || (is_blind && (now >= limit + BLIND_LIMIT || !tree_is_visible())))
            break;
        poll(NULL, 0, pause);
        pause = pause * 2 < ROUND_LONGEST ? pause * 2 : ROUND_LONGEST;
    }
    uint32_t count = hunt.known.count;
    VEC_RELEASE(&hunt.known);
    processes_release(&hunt.now);
    return count;
}

void tree_kill(void)
{
    while (reap() && signal_children(SIGKILL) > 0)
        poll(NULL, 0, ROUND_SHORTEST);
}
