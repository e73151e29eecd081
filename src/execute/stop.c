/* Stopping attempts, and all they have started.
 *
 * A stopped attempt has a *remnant*, which outlives it: its processes, known by descent, or, when a
 * parent has gone, because they were seen before or have the attempt's marks in their environment
 * (a new session, a double fork, change nothing of these). A *sweep* is one look at all our
 * descendants, for all remnants at once: it notes who belongs to which, then sends what is due:
 *   stopped:          TERM and CONT to the group of the attempt
 *   process has gone: TERM and CONT to the others, once each
 *   grace over, or killed: KILL to all, in every sweep until none is found
 * The look comes before the first signal, as the end of a parent breaks the line of descent.
 * Whatever escapes even so is ended when the executor is closed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "execute/process.h"
#include "execute/processes.h"

#define SWEEP_PAUSE INT64_C(20000000)
#define BLIND_LIMIT INT64_C(5000000000) /* past its KILL, to look for one in vain */
enum { MARK_COUNT = 4, ENVIRONMENT_MOST = 8 * 1024 * 1024, ENVIRONMENT_STEP = 32 * 1024 };
/* A cleanup has its attempt's names, and a status besides: it is not to end with what it cleans. */
static const char *const mark_names[MARK_COUNT] = {
    "PARGRAPH_RUN_ID=", "PARGRAPH_INSTANCE=", "PARGRAPH_ATTEMPT=", "PARGRAPH_STATUS="};

struct member {
    pid_t id;
    uint64_t started;
    bool is_told; /* TERM was sent */
};
struct remnant {
    struct remnant *next;
    struct attempt *attempt; /* NULL once its process has ended */
    pid_t process;
    char *mark; /* the entries of mark_names, a line each; NULL: it has none */
    VEC(struct member) members;
    int64_t limit; /* then KILL */
    bool is_told;  /* the group was told to stop */
    uint32_t left; /* members found by the sweep */
};

/* --- marks --- */

struct mark_reader {
    const char *entries[MARK_COUNT];
};

static void note_entry(struct mark_reader *reader, const char *entry)
{
    if (strncmp(entry, "PARGRAPH_", 9) != 0)
        return;
    for (int i = 0; i < MARK_COUNT; i++)
        if (reader->entries[i] == NULL && strncmp(entry, mark_names[i], strlen(mark_names[i])) == 0)
            reader->entries[i] = entry;
}

static bool write_mark(const struct mark_reader *reader, struct buffer *ret)
{
    buffer_clear(ret);
    if (reader->entries[0] == NULL)
        return false;
    for (int i = 0; i < MARK_COUNT; i++) {
        buffer_add_text(ret, reader->entries[i] != NULL ? reader->entries[i] : "");
        buffer_add_byte(ret, '\n');
    }
    return true;
}

static char *launch_mark(const struct launch *launch)
{
    CLEANUP_BUFFER struct buffer mark = {0};
    struct mark_reader reader = {0};
    for (char *const *entry = launch->env; *entry != NULL; entry++)
        note_entry(&reader, *entry);
    return write_mark(&reader, &mark) ? buffer_take(&mark) : NULL;
}

static void read_environment(pid_t process, struct buffer *ret)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)process);
    CLEANUP_CLOSE int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : 1;
    buffer_clear(ret);
    while (length > 0 && ret->length < ENVIRONMENT_MOST) {
        length = read(file, buffer_reserve(ret, ENVIRONMENT_STEP), ENVIRONMENT_STEP);
        ret->length += length > 0 ? (size_t)length : 0;
    }
}

/* --- a sweep --- */

struct claim {
    pid_t id;
    uint32_t member; /* of the remnant; UINT32_MAX: its process */
    struct remnant *remnant;
};
struct sweep {
    struct process_executor *executor;
    struct processes now;
    struct remnant **owners;         /* by index of now */
    VEC(struct claim) claims;        /* by id */
    VEC(struct remnant *) marked;    /* by mark */
    struct buffer environment, mark; /* scratch */
};

static int compare_claims(const void *a, const void *b)
{
    const struct claim *one = a, *two = b;
    return one->id < two->id ? -1 : one->id > two->id;
}

static int compare_marks(const void *a, const void *b)
{
    return strcmp((*(struct remnant *const *)a)->mark, (*(struct remnant *const *)b)->mark);
}

static void index_remnants(struct sweep *sweep)
{
    for (struct remnant *remnant = sweep->executor->remnants; remnant != NULL;
         remnant = remnant->next) {
        remnant->left = 0;
        if (remnant->attempt != NULL)
            *VEC_PUSH(&sweep->claims) = (struct claim){remnant->process, UINT32_MAX, remnant};
        for (uint32_t i = 0; i < remnant->members.count; i++)
            *VEC_PUSH(&sweep->claims) = (struct claim){remnant->members.items[i].id, i, remnant};
        if (remnant->mark != NULL)
            *VEC_PUSH(&sweep->marked) = remnant;
    }
    if (sweep->claims.count > 1)
        qsort(sweep->claims.items, sweep->claims.count, sizeof *sweep->claims.items,
              compare_claims);
    if (sweep->marked.count > 1)
        qsort(sweep->marked.items, sweep->marked.count, sizeof *sweep->marked.items, compare_marks);
}

static const struct claim *find_claim(const struct sweep *sweep, const struct process *process)
{
    struct claim key = {.id = process->id};
    const struct claim *claim =
        sweep->claims.count == 0
            ? NULL
            : bsearch(&key, sweep->claims.items, sweep->claims.count, sizeof key, compare_claims);
    if (claim == NULL || claim->member == UINT32_MAX)
        return claim;
    return claim->remnant->members.items[claim->member].started == process->started ? claim : NULL;
}

static struct remnant *find_marked(struct sweep *sweep, pid_t process)
{
    if (sweep->marked.count == 0)
        return NULL;
    read_environment(process, &sweep->environment);
    struct mark_reader reader = {0};
    const char *text = buffer_text(&sweep->environment);
    for (size_t at = 0; at < sweep->environment.length; at += strlen(text + at) + 1)
        note_entry(&reader, text + at);
    if (!write_mark(&reader, &sweep->mark))
        return NULL;
    struct remnant key = {.mark = (char *)buffer_text(&sweep->mark)}, *wanted = &key;
    struct remnant **found =
        bsearch(&wanted, sweep->marked.items, sweep->marked.count, sizeof wanted, compare_marks);
    return found != NULL ? *found : NULL;
}

/* Sends to a process that is none of the group's, or is to be killed. True if it is still there. */
static bool send(struct remnant *remnant, const struct process *process, struct member *member,
                 bool is_kill)
{
    if (process->state == 'Z')
        return false;
    if (!is_kill && (remnant->attempt != NULL || (member != NULL && member->is_told)))
        return true;
    if (kill(process->id, is_kill ? SIGKILL : SIGTERM) != 0)
        return false;
    if (!is_kill)
        kill(process->id, SIGCONT);
    if (member != NULL)
        member->is_told = true;
    return true;
}

static void visit(struct sweep *sweep, uint32_t i, int64_t time)
{
    const struct process *process = &sweep->now.items[i];
    const struct claim *claim = find_claim(sweep, process);
    struct remnant *remnant = claim != NULL                  ? claim->remnant
                              : process->above != UINT32_MAX ? sweep->owners[process->above]
                                                             : NULL;
    if (remnant == NULL)
        remnant = find_marked(sweep, process->id);
    sweep->owners[i] = remnant;
    if (remnant == NULL)
        return;
    struct member *member = NULL;
    if (claim == NULL) {
        member = VEC_PUSH(&remnant->members);
        *member = (struct member){process->id, process->started, false};
    } else if (claim->member != UINT32_MAX) {
        member = &remnant->members.items[claim->member];
    }
    remnant->left += send(remnant, process, member, remnant->limit <= time);
}

static void tell_groups(struct process_executor *executor, int64_t time)
{
    for (struct remnant *remnant = executor->remnants; remnant != NULL; remnant = remnant->next) {
        if (remnant->attempt == NULL)
            continue;
        if (remnant->limit <= time) {
            kill(-remnant->process, SIGKILL);
        } else if (!remnant->is_told) {
            kill(-remnant->process, SIGTERM);
            kill(-remnant->process, SIGCONT);
        }
        remnant->is_told = true;
    }
}

static void sweep_at(struct process_executor *executor, int64_t at);

/* A blind sweep saw nothing, which says nothing: the next one may see. */
static bool is_settled(const struct remnant *remnant, int64_t time, bool is_blind)
{
    if (remnant->attempt != NULL)
        return false;
    return is_blind ? remnant->limit + BLIND_LIMIT <= time : remnant->left == 0;
}

/* Lets go of the remnants of which nothing is left; the next sweep is when the next KILL is due. */
static void settle_remnants(struct process_executor *executor, int64_t time, bool is_blind)
{
    int64_t next = INT64_MAX;
    for (struct remnant **link = &executor->remnants; *link != NULL;) {
        struct remnant *remnant = *link;
        if (is_settled(remnant, time, is_blind)) {
            *link = remnant->next;
            free(remnant->mark);
            VEC_RELEASE(&remnant->members);
            free(remnant);
            continue;
        }
        int64_t due = is_blind || remnant->limit <= time ? time + SWEEP_PAUSE : remnant->limit;
        next = due < next ? due : next;
        link = &remnant->next;
    }
    if (next != INT64_MAX)
        sweep_at(executor, next);
}

static void sweep_now(void *context)
{
    struct sweep sweep = {.executor = context};
    int64_t time = clock_monotonic();
    sweep.executor->sweeping = NULL;
    index_remnants(&sweep);
    bool is_blind = !processes_read(&sweep.now);
    sweep.owners = memory_array(sweep.now.count + 1, sizeof(struct remnant *));
    for (uint32_t i = 0; i < sweep.now.count; i++)
        visit(&sweep, i, time);
    tell_groups(sweep.executor, time);
    settle_remnants(sweep.executor, time, is_blind);
    processes_release(&sweep.now);
    free(sweep.owners);
    VEC_RELEASE(&sweep.claims);
    VEC_RELEASE(&sweep.marked);
    buffer_release(&sweep.environment);
    buffer_release(&sweep.mark);
}

static void sweep_at(struct process_executor *executor, int64_t at)
{
    loop_cancel(executor->loop, executor->sweeping);
    executor->sweeping = loop_at(executor->loop, at, sweep_now, executor);
}

/* --- the executor's side --- */

void stop_started(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    struct remnant *remnant = attempt->remnant;
    if (remnant == NULL) {
        remnant = memory_new(sizeof *remnant);
        *remnant = (struct remnant){.next = executor->remnants,
                                    .attempt = attempt,
                                    .process = attempt->job.spawn.process,
                                    .mark = launch_mark(attempt->launch),
                                    .limit = clock_monotonic() + executor->grace};
        attempt->remnant = executor->remnants = remnant;
    }
    if (attempt->is_killed)
        remnant->limit = 0;
    sweep_at(executor, 0);
}

void stop_ended(struct attempt *attempt)
{
    kill(-attempt->job.spawn.process, SIGKILL);
    attempt->remnant->attempt = NULL;
    attempt->remnant = NULL;
    sweep_at(attempt->executor, 0);
}

/* It is with a spawner, for longer than any start takes: stuck, it never comes to what would end
 * it. More than one child may be made for it. */
static void abort_start(void *context)
{
    struct attempt *attempt = context;
    spawn_abort(&attempt->job.spawn);
    attempt->aborting =
        loop_at(attempt->executor->loop, clock_monotonic() + SWEEP_PAUSE, abort_start, attempt);
}

static void stop_starting(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    int64_t limit = attempt->is_killed ? 0 : clock_monotonic() + executor->grace;
    loop_cancel(executor->loop, attempt->aborting);
    attempt->aborting = loop_at(executor->loop, limit, abort_start, attempt);
}

void process_signal(struct executor *base, uint32_t node, uint32_t number, bool is_kill)
{
    struct process_executor *executor = (struct process_executor *)base;
    struct attempt *attempt = process_find(executor, node, number);
    if (attempt == NULL || attempt->state == ATTEMPT_DRAINING || attempt->is_killed ||
        (attempt->is_stopped && !is_kill))
        return;
    attempt->is_stopped = true;
    attempt->is_killed = is_kill;
    if (attempt->state == ATTEMPT_RUNNING) {
        stop_started(attempt);
    } else if (attempt->state == ATTEMPT_HELD) {
        TAILQ_REMOVE(&executor->held, attempt, link);
        attempt->state = ATTEMPT_SPAWNING;
        executor->with_spawners++;
        process_settle_later(attempt);
    } else if (spawners_withdraw(executor->spawners, &attempt->job)) {
        process_settle_later(attempt);
    } else {
        stop_starting(attempt);
    }
}

void stop_delay(struct process_executor *executor, int64_t by)
{
    for (struct remnant *remnant = executor->remnants; remnant != NULL; remnant = remnant->next)
        if (remnant->limit > 0)
            remnant->limit += by;
}

void stop_close(struct process_executor *executor)
{
    loop_cancel(executor->loop, executor->sweeping);
    while (executor->remnants != NULL) {
        struct remnant *remnant = executor->remnants;
        executor->remnants = remnant->next;
        free(remnant->mark);
        VEC_RELEASE(&remnant->members);
        free(remnant);
    }
}
