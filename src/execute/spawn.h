/* Starting one process. */
#ifndef EXECUTE_SPAWN_H
#define EXECUTE_SPAWN_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "execute/execute.h"

enum { SPAWN_MASK_SIZE = 8 /* of a signal mask, for the bare system calls */ };

/* The same for all processes; constant while any is started. */
struct spawn_setup {
    bool is_sharing;     /* children share our descriptors until they have taken a copy of some */
    int null;            /* /dev/null, for reading and writing */
    char *directory;     /* where this process is; NULL: not known */
    int terminal;        /* the controlling one, which no child keeps; -1: there is none */
    sigset_t child_mask; /* their signal mask */
    int resets[64];      /* signals whose disposition is not the default here */
    int reset_count;
    bool has_files; /* children are to have this limit of descriptors; else that of this process */
    struct rlimit files;
};

struct spawn {
    const struct launch *launch;
    const char *program;   /* the file to execute */
    volatile pid_t unborn; /* the child that has not executed yet, as the kernel tells it; or 0 */
    /* What came of it. */
    bool is_started;
    uint8_t step; /* enum spawn_step: where it failed */
    int error;    /* why */
    pid_t process;
    int64_t began;  /* when a thread took it (clock_monotonic) */
    int outputs[2]; /* read ends of [0] stdout or both, [1] stderr alone; or -1 */
};

/* From then on no descriptor of this process but 0, 1 and 2 outlives an execve. False with errno.
 * Whoever calls spawn_start later must have all signals blocked. */
bool spawn_setup_init(struct spawn_setup *setup, const sigset_t *child_mask);
/* Raises this process's limit of descriptors as far as may be; children keep what it was. */
void spawn_setup_widen(struct spawn_setup *setup);
void spawn_setup_release(struct spawn_setup *setup);
/* Starts spawn->launch, and returns when it was executed or has failed; blocks the calling thread
 * alone. A failure leaves nothing behind. The stack is for the child: SPAWN_STACK bytes, aligned
 * for any type. */
enum { SPAWN_STACK = 64 * 1024 };
void spawn_start(const struct spawn_setup *setup, struct spawn *spawn, char *stack);

/* From another thread, while spawn_start is at work or before or after: kills the child, if there
 * is one that has not executed yet, as it may be stuck where it opens a file. Nothing of the
 * program has run then, or not for more than a moment; spawn_start tells it as started, and its end
 * is that of a killed process. */
void spawn_abort(struct spawn *spawn);

#endif
