/* The thread executor's own: its pools, their threads, and the parts that act on them.
 *
 * All is owned by the loop's lock, but for what a thread has in hand: its batch. That goes
 *   taken under the lock → called one by one without it → reported under it
 * and whoever holds the lock may meanwhile look at how far it is, take back what has not begun,
 * report what has ended, and leave the thread to itself (thread_watch.c). */
#ifndef EXECUTE_THREADS_H
#define EXECUTE_THREADS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <signal.h>
#include <sys/queue.h>

#include "base/memory.h"
#include "execute/call.h"
#include "execute/loop.h"

/* Nanoseconds. */
#define FIRST_MOMENT INT64_C(2000000)
#define WORTH_WAKING                                                                               \
    INT64_C(20000) /* less work than this is done before another thread is awake                   \
                    */
#define WORTH_A_BATCH                                                                              \
    INT64_C(50000)                    /* so long may reports wait, and others for what is in hand  \
                                       */
#define WORTH_MEASURING INT64_C(1000) /* calls at least so long are measured one by one */
#define WORTH_LISTENING                                                                            \
    INT64_C(10000) /* what they wrote to descriptors is looked for at their end */
enum { BATCH_MOST = 128 };

/* A function of the workflow, as far as it is known here. */
struct thread_function {
    const struct function *function;
    struct callable *callable;
    int64_t estimate;    /* how long a call takes, at least 1; long as long as that is not known */
    uint32_t unmeasured; /* batches since it was measured */
    bool writes;         /* to descriptors 1 and 2, as far as is known */
};

struct thread_pool;
struct job {
    const struct launch *launch; /* in a ring, NULL: withdrawn */
    struct thread_function *function;
    struct called called;
    int64_t user_time, system_time;
};

/* How far a thread is in its batch: the number of the next job in the lower half, that of the end
 * in the upper, with two marks. */
#define CURSOR_NEXT(cursor) ((uint32_t)(cursor)&0x7fffffff)
#define CURSOR_END(cursor)  ((uint32_t)((cursor) >> 32) & 0x3fffffff)
#define CURSOR_DONE         (UINT64_C(1) << 63) /* the thread has nothing in hand but what to report */
#define CURSOR_DROPPED      (UINT64_C(1) << 62) /* the executor has left the thread to itself */

struct thread {
    struct thread_pool *pool;
    pthread_t id;
    sem_t waking;
    struct caller *caller;
    SLIST_ENTRY(thread) link; /* among the idle */
    bool is_ending;

    struct job jobs[BATCH_MOST];
    _Atomic uint64_t cursor;
    uint32_t reported;              /* jobs before it were */
    uint64_t base;                  /* jobs[i] is call number base + i + 1 */
    int64_t began;                  /* the batch; 0: nobody looked */
    int64_t ended;                  /* its last call, if it was measured */
    bool is_in_hand;                /* there is a batch */
    bool is_short;                  /* and it is expected to be over soon */
    bool is_uniform;                /* all are calls of one function */
    char **env;                     /* a copy of the call's, for it may outlive it */
    int64_t user_time, system_time; /* at the begin of the batch, if `is_timed` */
    bool is_timed;

    /* Of the call that is in hand for longer: thread_watch.c. */
    uint64_t seen;                 /* the number of the call that was under way at the last look */
    int64_t seen_at;               /* when it was first seen */
    uint64_t told;                 /* that of the one that was reported started */
    uint64_t stopped, unstoppable; /* that was told to end; that did not */
    bool is_killed;
    int64_t nags_left; /* before the grace is over */
    struct alarm *nagging;
    stack_t stack, stack_before; /* for handlers of signals */

    /* What functions say, from whatever thread. */
    pthread_mutex_t saying;
    pthread_cond_t heard;
    _Atomic bool has_said;
    bool is_dropped;
    struct buffer said[2]; /* stdout, stderr */
    double progress;       /* negative: none */
    char *progress_text;
};
SLIST_HEAD(threads, thread);

/* The job that was begun last: the one under way, or, when there is nothing left to begin, the last
 * that has ended. */
static inline uint32_t thread_current(const struct thread *thread)
{
    return CURSOR_NEXT(atomic_load_explicit(&thread->cursor, memory_order_acquire)) - 1;
}

struct thread_pool {
    struct thread_executor *executor;
    const struct pool *pool;
    uint32_t size;
    struct job *ring; /* what waits for a thread */
    uint32_t capacity, first, count;
    int64_t work; /* what it comes to by estimate */
    VEC(struct thread *) threads;
    struct threads idle;
    uint32_t idle_count, waking; /* those that were woken, and have not come yet */
    uint32_t soon;               /* that have a batch in hand that is short */
    bool has_taker;              /* a thread of it holds the lock, and takes next */
};

struct withdrawn {
    uint32_t node, attempt;
    struct exit_report report;
};

struct thread_executor {
    struct executor base;
    struct loop *loop;
    struct reports reports;
    struct function_options options;
    VEC(struct thread_pool *) pools;
    struct thread_function **functions; /* open addressing by the function's address */
    uint32_t function_count, function_capacity;
    bool is_paused, is_closing;
    uint32_t dropped; /* threads that were left to themselves */
    struct alarm *watching;
    VEC(struct withdrawn) withdrawn, ending;
    struct alarm *withdrawing;
    int bell; /* rung by functions that have something to say */
    struct watch *bell_watch, *raw_watches[2];
};

/* thread_pool.c */
void thread_pool_push(struct thread_pool *pool, const struct job *job);
void thread_pool_push_front(struct thread_pool *pool, const struct job *job);
/* Takes the next jobs for a thread, and makes them its batch; false if there is none. */
bool thread_pool_take(struct thread_pool *pool, struct thread *thread);
/* Has as many threads come as what waits is worth. */
void thread_pool_wake(struct thread_pool *pool);
/* Takes a job out that waits; false if it is not there. */
bool thread_pool_withdraw(struct thread_pool *pool, uint32_t node, uint32_t attempt);

/* thread.c */
bool thread_start(struct thread_pool *pool, int *ret_error);
/* The thread that this is, for handlers of signals; NULL: none of a pool. */
struct thread *thread_self(void);
/* Reports jobs of its batch that have ended, those before `end`. */
void thread_report(struct thread *thread, uint32_t end);
void thread_free(struct thread *thread);

/* thread_said.c */
struct caller *thread_caller(struct thread *thread); /* new */
/* Reports what the call in hand has said so far. */
void thread_report_said(struct thread *thread);

/* thread_output.c */
/* Tells of what was written to descriptors 1 and 2 up to now: of the call of this thread, which has
 * just ended its batch; NULL: none has. Where it can be of several, it is of none. */
void thread_executor_listen(struct thread_executor *executor, struct thread *ended);
bool thread_executor_listen_to_raw(struct thread_executor *executor, struct error *error);

/* thread_crash.c */
/* Once for the process: what becomes of it when a function crashes, exits or forks. */
void thread_crash_open(const struct thread_executor *executor);
void thread_crash_close(void);
/* For each thread, on it. */
void thread_crash_begin(struct thread *thread);
void thread_crash_end(struct thread *thread);
/* Ends this process if it is a child that a function has forked and let return. */
void thread_crash_check_fork(void);

/* thread_watch.c */
/* Looks after threads that have a batch in hand: armed when one takes it. */
void thread_watch(struct thread_executor *executor);
void thread_signal(struct executor *executor, uint32_t node, uint32_t attempt, bool is_kill);
/* Puts back what of its batch has not begun. */
void thread_put_back(struct thread *thread);
/* Leaves a thread to itself, which then touches nothing of the executor any more. False: it has
 * just ended its batch. Reports nothing. */
bool thread_drop(struct thread *thread);
void thread_executor_withdraw(struct thread_executor *executor, uint32_t node, uint32_t attempt,
                              const struct exit_report *report);

#endif
