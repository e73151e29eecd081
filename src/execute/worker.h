/* Worker processes and the crews they form; what the files of the worker executor share.
 *
 * A *crew* is the workers of one program in one pool. A *job* is a call on its way: it waits in its
 * crew until a worker has room, then it is sent; of the jobs a worker was sent the first is the one
 * it is at. A worker is a process of an executor of its own (process.h), with a socket as its
 * standard input: lines of calls go in, answers come back on it. */
#ifndef EXECUTE_WORKER_H
#define EXECUTE_WORKER_H

#include <sys/queue.h>

#include "base/memory.h"
#include "execute/execute.h"
#include "execute/worker_message.h"

struct job {
    STAILQ_ENTRY(job) link;
    const struct launch *launch;
    uint32_t node, attempt;
    uint32_t id;     /* in its worker, from 1 */
    int64_t begun;   /* when it became the one its worker is at */
    bool is_told;    /* reported as started */
    bool is_stopped; /* to be ended as soon as its worker is at it */
};
STAILQ_HEAD(jobs, job);

struct crew;
struct worker {
    TAILQ_ENTRY(worker) link;
    struct crew *crew;
    uint32_t seat;   /* index into the executor's workers; its node for the processes */
    uint32_t number; /* of all that were ever started; its attempt */
    int process;     /* 0: not told yet. What it says is read from then on */
    int socket;      /* -1: closed */
    struct watch *watch;
    bool is_writable_watched;
    bool is_retiring; /* is sent nothing more; its socket is closed when it has nothing to do */
    bool is_ended;    /* a signal was sent to it */
    bool has_begun;   /* init was answered, or there is none */
    struct buffer in, out;
    size_t looked, sent; /* in: bytes without a line's end; out: bytes that are sent */
    struct jobs jobs;
    uint32_t job_count;
    uint32_t taken;      /* calls that it was sent in its life */
    uint8_t *defined;    /* by function */
    struct alarm *limit; /* by then it should be gone */
    struct launch launch;
    int ends[3];
};
TAILQ_HEAD(worker_list, worker);

struct crew {
    struct worker_executor *executor;
    const struct pool *pool;
    uint8_t kind;                   /* enum function_kind, of LIBRARY and LUA the first */
    const struct function *example; /* whose worker program it is */
    char **argv;
    uint32_t size, chunk;
    uint32_t count; /* of workers */
    struct worker_list workers;
    struct jobs waiting;
};

struct worker_executor {
    struct executor base;
    struct loop *loop;
    struct reports reports;
    struct function_options options;
    struct executor *processes;
    VEC(struct crew *) crews;
    VEC(struct worker *) workers; /* by seat; NULL: free */
    uint32_t started;             /* workers ever */
    uint32_t at_work;             /* with a job */
    bool is_closing;
    struct jobs stopped; /* before they were sent: to be reported */
    struct alarm *stopping, *ticking, *sending;
};

/* workers.c */
/* The worker is gone from its crew, its jobs with it, but for those that are to be done by others.
 */
void crew_dispatch(struct crew *crew);
/* Reports the end of the job that the worker is at, and frees it. */
void worker_finish_job(struct worker *worker, const struct exit_report *report);
/* Frees a job that is in no list, after its report. */
void job_finish(struct worker_executor *executor, struct job *job,
                const struct exit_report *report);

/* worker.c */
/* A new one, started; NULL, with the reason, if not even that. */
struct worker *worker_start(struct crew *crew, struct error *error);
/* The job is the worker's from now on; worker_send sends what is gathered. */
void worker_give(struct worker *worker, struct job *job);
void worker_send(struct worker *worker);
/* Nothing more is given to it; it ends when it has nothing to do. */
void worker_retire(struct worker *worker);
/* TERM, or KILL; what it is at ends with it. */
void worker_end(struct worker *worker, bool is_kill);
/* It is at the first of its jobs from now on, if it has any. */
void worker_begin_job(struct worker *worker);
/* worker_said.c: what it wrote to its streams so far; what it said on its socket, in whole lines.
 */
void worker_take_output(struct worker *worker);
void worker_take_lines(struct worker *worker);
/* Its process is there; has written; has ended. */
void worker_started(struct worker *worker, int process);
void worker_output(struct worker *worker, int stream, const char *bytes, size_t length);
void worker_ended(struct worker *worker, const struct exit_report *report);
void worker_free(struct worker *worker);

/* The text of the worker program for Python, as lines; NULL ends them. */
extern const char *const worker_lines[];

#endif
