/* Ending what is left of a run whose runner and guardian were both killed.
 *
 * Nobody is above these processes any more, so they are known by other signs: the run's entry in
 * their environment, or a process group that the journal tells of, led by a process that began when
 * it says; and all that is below one of these. Whoever was seen once stays known, by id and start,
 * whatever becomes of its parents. A process is without its environment for a moment while it is
 * executed: so the end is two looks in a row that find nothing. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "execute/execute.h"
#include "execute/processes.h"

static const int64_t SECOND = 1000000000;
static const int64_t PATIENCE = 30; /* seconds beyond the grace for what KILL does not end */
enum { ENVIRONMENT_MOST = 8 * 1024 * 1024, ENVIRONMENT_STEP = 32 * 1024, START_TOLERANCE = 3 };

struct known {
    pid_t id;
    uint64_t started;
};
struct search {
    const char *mark;
    const struct told_process *told;
    uint32_t told_count;
    uint64_t boot;
    VEC(struct known) known;
    struct processes now;
    bool *is_ours, *is_above; /* by index of now: above this process, or itself */
    struct buffer environment;
};

static bool has_mark(struct search *search, pid_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)process);
    CLEANUP_CLOSE int file = open(path, O_RDONLY | O_CLOEXEC);
    struct buffer *text = &search->environment;
    ssize_t length = file < 0 ? 0 : 1;
    buffer_clear(text);
    while (length > 0 && text->length < ENVIRONMENT_MOST) {
        length = read(file, buffer_reserve(text, ENVIRONMENT_STEP), ENVIRONMENT_STEP);
        text->length += length > 0 ? (size_t)length : 0;
    }
    const char *entry = buffer_text(text);
    for (size_t at = 0; at < text->length; at += strlen(entry + at) + 1)
        if (strcmp(entry + at, search->mark) == 0)
            return true;
    return false;
}

static int64_t seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec;
}

/* What /proc tells of its start counts from the boot, and while the machine was asleep, too; the
 * monotonic clock stood still then. So it may be earlier by all the sleep there ever was. */
static bool has_started_at(const struct process *process, int64_t second)
{
    int64_t since_boot = (int64_t)(process->started / (uint64_t)sysconf(_SC_CLK_TCK));
    int64_t asleep = seconds_of(CLOCK_BOOTTIME) - seconds_of(CLOCK_MONOTONIC);
    return second >= since_boot - asleep - START_TOLERANCE &&
           second <= since_boot + START_TOLERANCE;
}

static bool is_told(const struct search *search, const struct process *process)
{
    for (uint32_t i = 0; i < search->told_count; i++)
        if (search->told[i].id == process->id && process->group == process->id &&
            search->boot != 0 && search->told[i].boot == search->boot &&
            has_started_at(process, search->told[i].started / SECOND))
            return true;
    return false;
}

static bool is_known(const struct search *search, const struct process *process)
{
    for (uint32_t i = 0; i < search->known.count; i++)
        if (search->known.items[i].id == process->id &&
            search->known.items[i].started == process->started)
            return true;
    return false;
}

static uint32_t index_of(const struct processes *all, pid_t id)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->items[i].id == id)
            return i;
    return UINT32_MAX;
}

/* Whoever asks may itself have been started by a task of the run. */
static void mark_above(struct search *search)
{
    pid_t id = getpid();
    for (uint32_t i; id > 1 && (i = index_of(&search->now, id)) != UINT32_MAX;) {
        if (search->is_above[i])
            break;
        search->is_above[i] = true;
        id = search->now.items[i].parent;
    }
}

/* Those below one of ours are ours. */
static void spread(struct search *search)
{
    const struct processes *now = &search->now;
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (uint32_t i = 0; i < now->count; i++) {
            if (search->is_ours[i] || search->is_above[i])
                continue;
            uint32_t above = index_of(now, now->items[i].parent);
            if (above == UINT32_MAX || !search->is_ours[above])
                continue;
            search->is_ours[i] = has_changed = true;
        }
    }
}

static bool end_one(struct search *search, const struct process *process, bool is_kill)
{
    if (process->state == 'Z')
        return false;
    bool is_new = !is_known(search, process);
    if (is_new)
        *VEC_PUSH(&search->known) = (struct known){process->id, process->started};
    bool is_foreign = (is_kill || is_new) && kill(process->id, is_kill ? SIGKILL : SIGTERM) != 0 &&
                      errno == EPERM;
    if (is_new && !is_kill)
        kill(process->id, SIGCONT);
    return !is_foreign;
}

static uint32_t look(struct search *search, bool is_kill)
{
    bool has_ours = false;
    /* What could not be read may be there. */
    uint32_t left = !processes_read_all(&search->now);
    uint32_t count = search->now.count;
    search->is_ours = memory_array(count + 1, sizeof(bool));
    search->is_above = memory_array(count + 1, sizeof(bool));
    mark_above(search);
    for (uint32_t i = 0; i < count; i++) {
        const struct process *process = &search->now.items[i];
        search->is_ours[i] =
            !search->is_above[i] && (is_known(search, process) || is_told(search, process) ||
                                     has_mark(search, process->id));
        has_ours = has_ours || search->is_ours[i];
    }
    if (has_ours)
        spread(search);
    for (uint32_t i = 0; i < count; i++)
        if (search->is_ours[i])
            left += end_one(search, &search->now.items[i], is_kill);
    free(search->is_ours);
    free(search->is_above);
    processes_release(&search->now);
    return left;
}

bool survivors_end(const char *mark, const struct told_process *told, uint32_t count, int64_t grace,
                   uint32_t *ret_count, struct error *error)
{
    struct search search = {.mark = mark, .told = told, .told_count = count, .boot = clock_boot()};
    int64_t limit = clock_monotonic() + grace, now;
    uint32_t left = 0;
    int pause = 2;
    for (int calm = 0; calm < 2 && (now = clock_monotonic()) < limit + PATIENCE * SECOND;) {
        left = look(&search, now >= limit);
        calm = left == 0 ? calm + 1 : 0;
        if (calm < 2)
            poll(NULL, 0, pause);
        pause = left == 0 ? 2 : pause < 20 ? pause * 2 : 20;
    }
    *ret_count = search.known.count;
    VEC_RELEASE(&search.known);
    buffer_release(&search.environment);
    return left == 0 || error_set(error, PLACE_NONE,
                                  "%u processes of the run do not end, not even when killed", left);
}
