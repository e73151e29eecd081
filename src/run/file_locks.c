/* A file's lock is flock's, so that other programs may take part (flock(1)). Where it is not to be
 * had at once a thread waits for it, so that it is there as soon as the other lets it go. Runs that
 * want it take turns: who comes first gets the turnstile, a lock on the file's first byte, and only
 * who has that asks for the lock itself, and gives the turnstile up with it. A run that lets a lock
 * go and wants it again at once thus comes behind one that has waited.
 *
 * The guardian holds the descriptor too: should this process be killed, the lock is free only when
 * all that the run has started is gone. */
#include "run/file_locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define MILLISECOND INT64_C(1000000)
static const int64_t PAUSE = 50 * MILLISECOND; /* until a thread is to be had, or a lock at all */

struct file_lock {
    struct run *run;
    uint32_t token;
    int descriptor;
    bool is_held;
    struct errand *errand; /* waits for it; NULL: it is not sought, or */
    struct alarm *alarm;   /* it is tried again then */
    struct wait_for_lock *wait;
};

/* What the thread has: a descriptor of its own, of the same open file, to which the locks belong.
 */
struct wait_for_lock {
    int descriptor;
    bool has_it;
};

struct file_locks {
    VEC(struct file_lock *) items;
};

static struct file_lock *find(struct run *run, uint32_t token)
{
    if (run->file_locks == NULL)
        run->file_locks = memory_new(sizeof *run->file_locks);
    for (uint32_t i = 0; i < run->file_locks->items.count; i++)
        if (run->file_locks->items.items[i]->token == token)
            return run->file_locks->items.items[i];
    struct file_lock *lock = memory_new(sizeof *lock);
    *lock = (struct file_lock){.run = run, .token = token, .descriptor = -1};
    *VEC_PUSH(&run->file_locks->items) = lock;
    return lock;
}

static bool open_file(struct file_lock *lock, struct error *error)
{
    struct run *run = lock->run;
    const struct workflow *workflow = run->plan->workflow;
    const struct primitive *primitive =
        &workflow->primitives[run->plan->tokens[lock->token].primitive];
    if (lock->descriptor >= 0)
        return true;
    CLEANUP_FREE char *path =
        file_join(run->options->directory, names_text(workflow->names, primitive->file.literal));
    lock->descriptor =
        file_raise(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));
    if (lock->descriptor < 0) {
        error_set_system(error, errno, "cannot open %s for lock '%s'", path,
                         names_text(workflow->names, primitive->name));
        error->at = primitive->file.at;
        return false;
    }
    struct guardian *guardian = run->options->guardian;
    return guardian == NULL || guardian->channel < 0 ||
           guardian_hold(guardian, lock->descriptor, error);
}

/* On the first byte, by the open file. Where there are no such locks all is as without. */
static bool set_turnstile(int descriptor, int command, short type)
{
    struct flock turnstile = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
    while (fcntl(descriptor, command, &turnstile) < 0)
        if (errno != EINTR)
            return errno != EAGAIN && errno != EACCES;
    return true;
}

/* The turnstile is kept if only that was to be had. */
static bool take(int descriptor, bool may_wait)
{
    if (!set_turnstile(descriptor, may_wait ? F_OFD_SETLKW : F_OFD_SETLK, F_WRLCK))
        return false;
    while (flock(descriptor, may_wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0)
        if (errno != EINTR)
            return false;
    set_turnstile(descriptor, F_OFD_SETLK, F_UNLCK);
    return true;
}

static void set_capacity(struct file_lock *lock, uint64_t amount)
{
    struct input *in = run_push(lock->run, INPUT_CAPACITY);
    in->vector = lock->token;
    in->amount = amount;
}

static void seek(void *context);

static void await(void *data)
{
    struct wait_for_lock *wait = data;
    wait->has_it = take(wait->descriptor, true);
}

static void release_wait(void *data)
{
    struct wait_for_lock *wait = data;
    file_close(&wait->descriptor);
    memory_free(wait);
}

static void awaited(void *context)
{
    struct file_lock *lock = context;
    bool has_it = lock->wait->has_it;
    release_wait(lock->wait);
    lock->errand = NULL;
    if (has_it) {
        lock->is_held = true;
        set_capacity(lock, 1);
    } else {
        lock->alarm = loop_at(lock->run->loop, clock_monotonic() + PAUSE, seek, lock);
    }
}

static void start_waiting(struct file_lock *lock)
{
    struct wait_for_lock *wait = lock->wait = memory_new(sizeof *wait);
    wait->descriptor = fcntl(lock->descriptor, F_DUPFD_CLOEXEC, FILE_RAISED);
    struct errand_orders orders = {
        .data = wait, .work = await, .release = release_wait, .done = awaited, .context = lock};
    if (wait->descriptor >= 0)
        lock->errand = errand_start(lock->run->loop, &orders, NULL);
    if (lock->errand != NULL)
        return;
    release_wait(wait);
    lock->alarm = loop_at(lock->run->loop, clock_monotonic() + PAUSE, seek, lock);
}

static void seek(void *context)
{
    struct file_lock *lock = context;
    lock->alarm = NULL;
    lock->is_held = take(lock->descriptor, false);
    if (lock->is_held)
        set_capacity(lock, 1);
    else
        start_waiting(lock);
}

void file_locks_seek(struct run *run, uint32_t token)
{
    struct file_lock *lock = find(run, token);
    CLEANUP_ERROR struct error error = {0};
    if (run->folder == NULL) { /* a dry run holds nothing */
        set_capacity(lock, 1);
        return;
    }
    if (lock->is_held || lock->alarm != NULL || lock->errand != NULL)
        return;
    if (!open_file(lock, &error)) {
        run_break(run, &error);
        return;
    }
    seek(lock);
}

void file_locks_yield(struct run *run, uint32_t token)
{
    struct file_lock *lock = find(run, token);
    if (!lock->is_held)
        return;
    flock(lock->descriptor, LOCK_UN);
    lock->is_held = false;
}

static bool hold_again(struct run *run, uint32_t token, struct error *error)
{
    struct file_lock *lock = find(run, token);
    if (!open_file(lock, error))
        return false;
    lock->is_held = take(lock->descriptor, false);
    if (lock->is_held)
        return true;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "another run has ");
    plan_write_token(run->plan, token, &text);
    buffer_add_text(&text, ", which this one held: waiting for it");
    run_say(run, buffer_text(&text));
    terminal_flush(run->terminal);
    while (flock(lock->descriptor, LOCK_EX) < 0)
        if (errno != EINTR)
            return error_set_system(error, errno, "cannot lock its file");
    set_turnstile(lock->descriptor, F_OFD_SETLK, F_UNLCK);
    return lock->is_held = true;
}

bool file_locks_resume(struct run *run, struct error *error)
{
    const struct plan *plan = run->plan;
    for (uint32_t token = 0; token < plan->token_count; token++) {
        if (!plan->tokens[token].is_file)
            continue;
        bool is_held = scheduler_free_tokens(run->scheduler, token) < plan->tokens[token].capacity;
        if (is_held && !hold_again(run, token, error))
            return false;
    }
    return true;
}

void file_locks_release(struct run *run)
{
    struct file_locks *locks = run->file_locks;
    if (locks == NULL)
        return;
    for (uint32_t i = 0; i < locks->items.count; i++) {
        struct file_lock *lock = locks->items.items[i];
        loop_cancel(run->loop, lock->alarm);
        errand_stop(lock->errand);
        if (lock->is_held) /* the guardian's descriptor would keep it */
            flock(lock->descriptor, LOCK_UN);
        file_close(&lock->descriptor);
        free(lock);
    }
    VEC_RELEASE(&locks->items);
    free(locks);
    run->file_locks = NULL;
}
