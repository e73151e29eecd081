/* Running things: the event loop, the executors behind one small vtable, the guardian.
 *
 * Whoever holds the loop's lock owns everything here: its own thread, or, for the end of a short
 * process, the thread that started it. Nothing blocks the loop. Every attempt that is launched is
 * reported finished exactly once. */
#ifndef EXECUTE_EXECUTE_H
#define EXECUTE_EXECUTE_H

#include <jansson.h>
#include <stdbool.h>
#include <signal.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "plan/plan.h"

/* --- the event loop: epoll, and a heap of alarms whose next is the limit of the wait --- */

struct loop;
typedef void loop_callback(void *context, uint32_t events); /* EPOLLIN and so on */
typedef void loop_timer_callback(void *context);

struct loop *loop_new(struct error *error);
void loop_free(struct loop *loop);
/* A watched descriptor; its handle is given back to loop_remove (before the close). */
struct watch;
struct watch *loop_add(struct loop *loop, int descriptor, uint32_t events, loop_callback *callback,
                       void *context, struct error *error);
void loop_remove(struct loop *loop, struct watch *watch); /* NULL is fine */
/* Calls back once, at or soon after `at` (clock_monotonic). Handles may be cancelled until called.
 */
struct alarm;
struct alarm *loop_at(struct loop *loop, int64_t at, loop_timer_callback *callback, void *context);
void loop_cancel(struct loop *loop, struct alarm *alarm); /* NULL is fine */
/* All alarms that are set come later by so much: the time for which this process was stopped. */
void loop_delay(struct loop *loop, int64_t by);
/* Called after each batch of callbacks, whichever thread made them (see struct reports); returns
 * when loop_turn is to return at the latest, INT64_MAX: not for its sake. Without one, loop_turn
 * returns after whatever another thread did. */
typedef int64_t loop_after_callback(void *context);
void loop_set_after(struct loop *loop, loop_after_callback *callback, void *context);
/* Waits for events at most until `deadline` (INT64_MAX: none) and calls back for all that are
 * there; returns after one batch. */
bool loop_turn(struct loop *loop, int64_t deadline, struct error *error);

/* --- one thing that may block, in a thread of its own --- */

struct errand_orders {
    void *data;                  /* nobody else touches it until `done`, or after errand_stop */
    void (*work)(void *data);    /* in the thread */
    void (*release)(void *data); /* in place of `done`, when it was stopped and the work is over */
    void (*done)(void *context); /* by the loop: the errand is no more, data is the caller's */
    void *context;
};
struct errand;
/* NULL with an error: there is no thread to be had, or no descriptor; data is the caller's. */
struct errand *errand_start(struct loop *loop, const struct errand_orders *orders,
                            struct error *error);
/* `done` does not come. Does not wait for the work. NULL is fine. */
void errand_stop(struct errand *errand);

/* --- executors --- */

/* One attempt to start. Everything is borrowed until `finished` is reported. */
struct launch {
    uint32_t node, attempt;
    uint32_t shown; /* unused by executors; the launcher's own */
    char *const *argv;
    char *const *env;       /* the whole environment */
    const char *directory;  /* cwd: absolute */
    const char *stdin_path; /* a file to open for reading, from the directory if not absolute; NULL:
                               stdin_text, else /dev/null */
    const char *stdin_text; /* NULL: none */
    size_t stdin_length;
    const char *paths[3]; /* [1], [2]: files to create or truncate (opened once where both are the
                             same text); NULL: see below */
    bool is_appended;     /* those are not truncated: what is written comes behind */
    bool is_discarded[3]; /* [1], [2]: to /dev/null */
    bool is_joined;       /* stderr goes where stdout goes */
    bool is_split;        /* two pipes: stdout and stderr are told apart. Else both are one pipe */
    const int *descriptors; /* [3], -1: none, of what stdin, stdout and stderr are to be instead of
                               all above; NULL: none. They are needed until `started` is reported,
                               or `finished` without that; the launcher closes them then */
    /* A function's, for the executors of functions: then of all above only node, attempt, shown,
     * env (what is added for the call) and directory count. */
    const struct invocation *call;
};

enum exit_kind {
    EXIT_CODE, /* of a function: its worker exited under it, with any code: a failure */
    EXIT_SIGNAL,
    EXIT_NOT_STARTED,
    EXIT_RETURNED, /* a function returned `result` */
    EXIT_RAISED,   /* it failed, or could not be found, loaded, prepared (init): detail is the
                      message. A traceback was reported as what it wrote to stderr */
};
enum spawn_step {
    SPAWN_RESOURCES, /* a pipe, memory, the process itself */
    SPAWN_DIRECTORY,
    SPAWN_STDIN,
    SPAWN_STDOUT,
    SPAWN_STDERR,
    SPAWN_PROGRAM,
};
struct exit_report {
    uint8_t kind;       /* enum exit_kind */
    uint8_t step;       /* NOT_STARTED: enum spawn_step, what failed */
    int code;           /* exit code, signal or errno */
    const char *detail; /* NOT_STARTED: what failed: "cannot run 'x'", "cannot enter 'dir'"; the
                           text of errno is not in it. Borrowed for the call */
    json_t *result;     /* RETURNED: borrowed for the call; NULL: null */
    int64_t user_time, system_time; /* nanoseconds; of a function: those of its thread or worker
                                       meanwhile, 0 where it was too short to ask */
    uint64_t memory; /* most resident, bytes; 0: not known, for it was less than this program's own
                        (of which the kernel makes the start of every child's figure) */
};

enum report_stream { REPORT_STDOUT = 1, REPORT_STDERR = 2 };

/* What executors tell, never from within launch or signal: so a report may launch and signal as it
 * likes. It comes from loop_turn, or from a thread of the executor while the loop's thread waits in
 * loop_turn: never two at once, but on whichever stack. `started` may come some milliseconds late,
 * and does not come for an attempt that was not started (NOT_STARTED, or a signal before its turn
 * had come). */
struct reports {
    void *context;
    /* at: when the process was made (clock_monotonic), not before the launch; a pause between
     * there and the report does not count. */
    void (*started)(void *context, uint32_t node, uint32_t attempt, int process, int64_t at);
    /* Bytes that the attempt wrote; stream 1 also for both on one pipe. Before its `finished`. */
    void (*output)(void *context, uint32_t node, uint32_t attempt, int stream, const char *bytes,
                   size_t length);
    /* The end of the attempt; all its output was reported. */
    void (*finished)(void *context, uint32_t node, uint32_t attempt,
                     const struct exit_report *report);
    /* A function on a thread goes on although it was told to stop and the grace is over. It cannot
     * be ended but with the whole process; so the run must end. A kill of it after this reports it
     * finished (EXIT_SIGNAL, SIGKILL) and leaves the thread to itself until the process exits. */
    void (*unstoppable)(void *context, uint32_t node, uint32_t attempt);
    /* A function tells how far it is, 0 to 1, with a text or NULL. */
    void (*progress)(void *context, uint32_t node, uint32_t attempt, double done, const char *text);
};

struct executor;
struct executor_methods {
    const char *name;
    void (*launch)(struct executor *executor, const struct launch *launch);
    /* Ends an attempt: stop: TERM and CONT to its group, KILL after the grace to the group and
     * every descendant found; kill: KILL now. Unknown attempts are ignored. */
    void (*signal)(struct executor *executor, uint32_t node, uint32_t attempt, bool is_kill);
    /* This process is about to stop (is_paused), or goes on: so does what runs, by TSTP and CONT to
     * each group, as the terminal would have done to a job of one group. Between the two nothing is
     * started, and no time goes by for the executor (the loop's alarms are the caller's to delay).
     */
    void (*pause)(struct executor *executor, bool is_paused);
    /* Nothing is running any more. Ends what tasks left behind (background children, by tree_end),
     * and frees the executor. Attempts that are running even so end unreported. */
    void (*close)(struct executor *executor);
};
struct executor {
    const struct executor_methods *methods;
};

struct process_options {
    uint32_t spawners; /* threads; 0: the number of cpus, at least 2, at most 8 */
    int64_t grace;     /* nanoseconds between TERM and KILL; 0: 10 s */
    int64_t drain;     /* how long a pipe that a grandchild holds is read on; 0: 100 ms */
    int64_t patience;  /* how long a start may fail for want of resources (descriptors, processes,
                          memory) with nothing running, before it is NOT_STARTED; 0: 10 s */
    const sigset_t *child_mask; /* signal mask for children; NULL: empty */
    bool is_wide; /* many will wait by verbs: this process may have as many descriptors as the
                     system lets it; children, as many as it was given */
};
/* Makes this process a subreaper. Blocks no signal; children get all dispositions that are not the
 * default now set back to it. The thread that turns the loop must have no children of its own:
 * those that end are reaped (orphans of tasks are what comes to it). */
struct executor *process_executor_new(struct loop *loop, const struct reports *reports,
                                      const struct process_options *options, struct error *error);
/* Functions of libraries and of Lua on threads of this process, as many for each pool as its size
 * (default_size for the default one), made as they are needed. `started` (as process 0) comes only
 * for calls that are not over within their first moment; output may come without it. One that ends
 * because it was told to is EXIT_SIGNAL, SIGTERM. See include/pargraph/task.h. */
struct function_options {
    const struct names *names;        /* of functions; asked from within launch only */
    const struct function *functions; /* all there are: the workflow's */
    uint32_t function_count;
    uint32_t default_size; /* threads, worker processes of the default pool */
    int64_t grace;         /* as above */
    /* The name of a node's instance, for a function that asks; under the loop's lock. */
    void (*write_name)(void *context, uint32_t node, struct buffer *out);
    void *name_context;
    /* What functions on threads write to descriptors 1 and 2 themselves: NULL, left as it is. */
    struct raw_output *raw;
    /* Of it, what cannot be told to be of one call alone. Under the loop's lock. */
    void (*said)(void *context, int stream, const char *bytes, size_t length);
    void *said_context;
    const sigset_t *child_mask;
    const char *directory;    /* the workflow's, absolute */
    char *const *environment; /* of worker processes: as tasks inherit it, with the run's mark */
};
struct executor *thread_executor_new(struct loop *loop, const struct reports *reports,
                                     const struct function_options *options, struct error *error);
/* Functions of all kinds in warm worker processes: for each pool, and each worker program in it
 * (Python's, pargraph's own for libraries and Lua, others), as many as the pool's size at most. A
 * worker that dies fails the call it was in; calls handed to it behind that go to another.
 * `started` as above, with the worker's process. */
struct executor *worker_executor_new(struct loop *loop, const struct reports *reports,
                                     const struct function_options *options, struct error *error);
/* --- what functions on threads write to descriptors 1 and 2 themselves ---
 *
 * printf in a library writes to the descriptors of the whole process. So pipes take their place,
 * for as long as functions run on threads; whatever else writes there must write to what they were.
 * What comes is the output of the only call that is under way, if there is but one. */
struct raw_output;
/* ret_outputs[0], [1]: what descriptors 1 and 2 were. At most one at a time. */
struct raw_output *raw_output_open(int ret_outputs[2], struct error *error);
/* Puts them back, after the close of the executor; ret_outputs are closed. NULL is fine. */
void raw_output_close(struct raw_output *raw);

/* The other end: what `pargraph worker` does, with this process's descriptors: calls functions of
 * libraries and Lua until there are no more calls. Returns its exit status. */
int worker_serve(void);

/* Starts nothing: each launch is started (as process 0) and has succeeded in the next turn. */
struct executor *dry_executor_new(struct loop *loop, const struct reports *reports);

/* --- a pipe with several readers --- */

/* Reads `from` and writes all of it to each of `to`, in a thread of its own, as fast as the slowest
 * of them reads. Ends when nobody writes any more, or nobody reads. NULL with errno; the
 * descriptors are the tee's in either case. */
struct tee;
struct tee *tee_start(int from, const int *to, uint32_t count);
/* Ends it now, if it has not ended. Blocks no longer than the thread needs for that. NULL is fine.
 */
void tee_stop(struct tee *tee);

/* --- the verbs' socket ---
 *
 * A stream socket of mode 0600 in a folder of its own, 0700, in $XDG_RUNTIME_DIR or among the
 * temporary files; what dead runs of this user left there is removed when it is opened. A client
 * sends requests, each a JSON object on a line, and gets a line for each, in the order of their
 * answers (man/pargraph-protocol.7 is the whole of it). Here lines are read and written; what they
 * ask for is another's affair. Processes of other users are turned away. Nothing that a client does
 * or leaves undone blocks the loop or takes memory without bound: lines, connections, requests
 * under way and answers that nobody reads have limits; who breaks one is cut off, or waits. */

enum verb_word {
    WORD_LOCK, /* of these two a lease ends with the connection */
    WORD_SEMAPHORE,
    WORD_ACQUIRE,
    WORD_RELEASE,
    WORD_BARRIER,
    WORD_WAIT,
    WORD_SET,
    WORD_CLEAR,
    WORD_NOTIFY,
    WORD_NOTIFY_ALL,
    WORD_PUT,
    WORD_GET,
    WORD_CLOSE,
    VERB_WORDS,
};
const char *verb_word_text(enum verb_word word);

enum {
    VERB_LINE_MOST = 1 << 20, /* bytes of a request's line */
    VERB_ID_MOST = 64,
    VERB_NO_LEASE = UINT32_MAX,
};
struct verb_request {
    json_t *line;              /* what all below borrows from */
    char id[VERB_ID_MOST + 3]; /* as JSON: a whole number, a text of name characters, or null */
    uint8_t word;              /* enum verb_word */
    const char *token, *name;
    const char *key;     /* its text, of a scalar; NULL: none */
    char *key_text;      /* key, of a number */
    uint32_t amount;     /* at least 1; 1 where it is not said */
    int64_t timeout;     /* nanoseconds; -1: none */
    uint32_t lease;      /* under which it is made; VERB_NO_LEASE */
    const json_t *value; /* of a put */
};
/* Reads one line. False with an error that says what is wrong; id is set as far as it is known. */
bool verb_request_read(struct verb_request *ret, const char *line, size_t length,
                       struct error *error);
void verb_request_release(struct verb_request *request);

struct verb_reply {
    const char *id;      /* the request's */
    int status;          /* 0 done, 1 closed or broken, 2 refused, 124 timeout */
    const char *message; /* what went wrong; or NULL */
    const json_t *value; /* of a get; or NULL */
    uint32_t lease;      /* what was taken; VERB_NO_LEASE */
};
void verb_reply_write(const struct verb_reply *reply, struct buffer *out);

struct verbs;
struct verb_connection;
struct verb_calls {
    void *context;
    /* A request (borrowed for the call): to be answered exactly once, now or later, unless the
     * connection is gone before. True if its token is right: strangers are cut off first when
     * there are too many connections. */
    bool (*request)(void *context, struct verb_connection *connection,
                    const struct verb_request *request);
    /* A connection has ended, and is no more after this. From the loop, or from verbs_flush. */
    void (*gone)(void *context, struct verb_connection *connection);
};
struct verbs *verbs_open(struct loop *loop, const struct verb_calls *calls, struct error *error);
const char *verbs_path(const struct verbs *verbs); /* of the socket */
/* A pointer of the caller's own for a connection; NULL at first. */
void **verbs_slot(struct verb_connection *connection);
/* Answers a request of this connection. Sent by the next verbs_flush, or after the callback. */
void verbs_answer(struct verb_connection *connection, const struct verb_reply *reply);
void verbs_flush(struct verbs *verbs);
/* Ends all connections, each told as gone, and removes the socket with its folder. NULL is fine. */
void verbs_close(struct verbs *verbs);
/* Removes the socket that a dead process left, and its folder, if it is one of those made here. */
void verbs_remove(const char *path);

/* --- the guardian --- */

/* Splits the program in two before it has threads: returns in the child, the runner, which goes on;
 * the parent becomes the guardian, never returns, and exits with the runner's status. Both are
 * child subreapers. If the runner dies the guardian ends its whole tree (TERM, grace, KILL, until
 * no descendant is left); if the guardian dies the runner is told by the end of the
 * channel. Signals: the guardian passes on what was sent to it alone, not what the terminal sent
 * to both. When the runner stops by TSTP, so does the guardian, and it goes on with it. */
struct guardian {
    int channel; /* closed by its other side (EPOLLRDHUP) when the guardian is gone; what comes by
                    it is for guardian_hold and guardian_remove alone. -1 without a guardian */
};
bool guardian_split(struct guardian *ret, struct error *error);
/* Gives the guardian a copy of a descriptor to hold as long as the tree lives: the run's lock. */
bool guardian_hold(struct guardian *guardian, int descriptor, struct error *error);
/* The verbs' socket, which the guardian removes (verbs_remove) when the tree has ended: a runner
 * that was killed cannot. */
bool guardian_remove(struct guardian *guardian, const char *socket, struct error *error);
/* The runner exits now, with a status of its own. One that exits with 0 and has not said so was
 * ended by a function: the guardian tells that, and exits with 1. */
void guardian_leave(struct guardian *guardian);

/* Ends every process below this one, found in /proc: TERM and CONT, KILL after `grace` nanoseconds,
 * until none is left. Reaps those that are its own children. Returns how many there were. */
uint32_t tree_end(int64_t grace);
/* The same at once and with KILL, by one thread, for want of memory: takes none. Whoever loses its
 * parent becomes this process's child, so it is enough to end children until there are none. */
void tree_kill(void);
/* Can processes be found, that is, is there a /proc? Without, only groups are ended. */
bool tree_is_visible(void);

/* A process that a journal tells of: its id, and when it started by the monotonic clock of which
 * boot (clock_boot(); of another or of 0, nothing is believed). */
struct told_process {
    int id;
    uint64_t boot;
    int64_t started;
};
/* Ends what is left of a run that nobody owns: every process of this machine, but this one and
 * those above it, that has `mark` as an entry of its environment or is one of those told, and all
 * below these: TERM and CONT, KILL after `grace` nanoseconds. Processes of other users that may not
 * be signalled are passed over. False with an error if some do not end. */
bool survivors_end(const char *mark, const struct told_process *told, uint32_t count, int64_t grace,
                   uint32_t *ret_count, struct error *error);

#endif
