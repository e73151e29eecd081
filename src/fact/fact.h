/* What happens in a run: inputs, as the scheduler is told them, and facts, as it records them.
 *
 * Inputs in their order are the truth: the journal holds them, and the scheduler given the same
 * ones does the same again. Facts follow from them; observers read facts. Times are nanoseconds of
 * the monotonic clock since the run began. */
#ifndef FACT_FACT_H
#define FACT_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "plan/plan.h"

/* How an attempt ended. */
enum outcome_kind {
    OUTCOME_EXITED,      /* code: its exit code. A function that returned: 0 */
    OUTCOME_SIGNALLED,   /* code: the signal */
    OUTCOME_NOT_STARTED, /* code: errno; detail says what failed, where and why */
    OUTCOME_INVALID, /* its body could not be evaluated, or its outputs not read; detail says why */
    OUTCOME_LOST,    /* the runner died under it: not an attempt */
    OUTCOME_STUCK,   /* of a program: what it waited for did not come; code: enum cause; detail says
                        what, and whose fault it was */
    OUTCOME_RAISED,  /* a function failed: detail is its message (first line), then its traceback.
                        Its exit code is 1 */
};

/* Why a wait failed. */
enum cause {
    CAUSE_NONE,
    CAUSE_TIMEOUT,
    CAUSE_BROKEN, /* the barrier was broken, by `culprit` */
    CAUSE_ORPHAN, /* nobody is left who could do what was waited for; culprit: the last who could */
    CAUSE_CLOSED, /* the queue is closed */
    CAUSE_DEADLOCK, /* everybody waits for everybody */
    CAUSE_SEEN,     /* it was broken off, and what others have seen would have to be repeated */
    CAUSE_PEER,     /* another of its pipe's tasks failed: `culprit` */
};

/* A piece of a file of the run. length 0: nothing there. */
struct extent {
    uint64_t offset;
    uint64_t length;
    uint32_t checksum; /* crc32c, for values */
};

struct outcome {
    uint8_t kind;
    int32_t code;
    char *detail;                   /* a message, or NULL; owned by whoever made the outcome */
    struct extent log;              /* the frames of this attempt lie in here */
    struct extent values[2];        /* kept stdout, stderr in the values file */
    struct extent outputs;          /* JSON object in the values file */
    struct extent result;           /* JSON of what a function returned; none: null */
    int64_t user_time, system_time; /* nanoseconds of cpu */
    uint64_t memory;                /* most resident, bytes */
};

/* The status an outcome amounts to, for `exit_code`: 128+n after a signal, 127 and 126 as a shell.
 */
int outcome_exit_code(const struct outcome *outcome);
bool outcome_is_success(const struct outcome *outcome);
/* Why an attempt failed, in words: "exit status 3", "killed by SIGKILL", "timed out", what kept it
 * from starting; nothing where nothing is known (NULL). Not harmless: detail is in it. */
void outcome_write_reason(const struct outcome *outcome, bool is_timeout, struct buffer *out);

enum input_kind {
    INPUT_BEGIN,     /* the run begins; first, once */
    INPUT_EVALUATED, /* answers ACTION_EVALUATE */
    INPUT_EXPANDED,  /* answers ACTION_EXPAND: the plan has grown */
    INPUT_STARTED,   /* a launched attempt has a process */
    INPUT_FINISHED,  /* a launched attempt has ended: exactly once for each launch */
    INPUT_TIMER,     /* a timer that was armed is due */
    INPUT_CANCEL,    /* stop: see enum cancel */
    INPUT_CAPACITY,  /* token `vector` has capacity `amount` from now on */
    INPUT_RESUME,    /* another runner takes the run over, at `wall`: what ended badly is pending
                        again, and finally; INPUT_FINISHED with OUTCOME_LOST follows for each that
                        was running */
    INPUT_KEPT,      /* before the beginning: a success that an earlier journal tells of */
    INPUT_REQUEST,   /* a running body asks for something, by a verb */
    INPUT_WITHDRAW,  /* a request is given up: released, or its asker is gone */
    INPUT_READY,     /* a daemon is ready */
    INPUT_KINDS,
};

enum cancel {
    CANCEL_INTERRUPT, /* end what runs, then finally; the second is a kill */
    CANCEL_KILL,      /* end all, now */
    CANCEL_TIMEOUT,   /* of the run: as a first interrupt, but the run has failed in any case */
};

/* What a verb asks for. */
enum verb {
    VERB_TAKE,    /* lock, semaphore, acquire: the tokens of `vector`, until it is withdrawn or the
                     request that it was made under, or the body, ends. A command runs under it */
    VERB_ACQUIRE, /* the same, but no command runs under it: it goes on by itself */
    VERB_BARRIER,
    VERB_WAIT, /* for an event */
    VERB_SET,
    VERB_CLEAR,
    VERB_CONDITION_WAIT, /* its lock must be held by the request's line of parents */
    VERB_NOTIFY,
    VERB_NOTIFY_ALL,
    VERB_PUT,
    VERB_GET,
    VERB_CLOSE,
    VERB_KINDS,
};
/* Where an input or action is about no request, item or operation. In FINISHED, OPERATION_END says
 * that the whole attempt of a program is over (it answers ACTION_CONCLUDE). */
enum { NO_REQUEST = UINT32_MAX, NO_ITEM = UINT32_MAX, OPERATION_END = UINT32_MAX - 1 };

struct input {
    int64_t now;
    uint8_t kind;
    uint8_t verdict; /* EVALUATED, EXPANDED: enum verdict. CANCEL: enum cancel */
    bool is_invalid; /* EVALUATED, EXPANDED: it failed; outcome says why */
    uint32_t node;
    uint32_t attempt;   /* from 1 */
    uint8_t verb;       /* REQUEST: enum verb */
    uint32_t operation; /* EVALUATED, STARTED, FINISHED, REQUEST: of the node's program;
                           NO_OPERATION if it has none, or for the instance as a whole */
    uint32_t vector;    /* EVALUATED, REQUEST (TAKE): the request. CAPACITY: the token */
    uint32_t gate;      /* REQUEST: of all but TAKE */
    uint32_t item;      /* EVALUATED of a PUT, REQUEST (PUT): the item. Items are numbered in the
                           order of their coming; what they are run knows */
    uint32_t request;   /* REQUEST, WITHDRAW, TIMER of one: numbered in the order of their coming */
    uint32_t parent;    /* REQUEST: the TAKE whose command makes it, or NO_REQUEST: whatever that
                           one holds, and those above it, and the node's own groups, it has too */
    int64_t duration;   /* EVALUATED: of a SLEEP. REQUEST: its timeout, UNLIMITED */
    uint32_t timer;     /* TIMER: the generation it was armed with */
    int32_t process;    /* STARTED: its pid */
    int64_t since;      /* STARTED: when; now is when that was heard of */
    uint64_t amount;    /* CAPACITY */
    int64_t wall;       /* RESUME: the wall clock at `now` */
    uint64_t boot;      /* RESUME: what clock_boot() tells of those who write now, */
    int64_t zero;       /* and their monotonic clock at time 0 */
    struct outcome outcome; /* FINISHED, KEPT, and EVALUATED, EXPANDED that is_invalid */
};

/* The kind of gate that a verb is for; of all but TAKE and ACQUIRE. */
enum gate_kind verb_gate_kind(enum verb verb);

/* Does the input speak only of what the plan has? One that was read from a file must be asked this
 * before the scheduler sees it. */
bool input_fits(const struct input *in, const struct plan *plan);

enum fact_kind {
    FACT_RUN_BEGAN,
    FACT_LAUNCHED,  /* an attempt was handed to the executor */
    FACT_STARTED,   /* it has a process */
    FACT_FAILED,    /* an attempt failed and another will follow, at `until` */
    FACT_SIGNALLED, /* an attempt is being ended: timeout or cancel */
    FACT_ENDED,     /* a node ended, with status; the last fact of a node. Of joins, only a
                       template that was not expanded has one */
    FACT_POLICY,    /* a failure: from now on nothing (drain, fast) starts */
    FACT_RUN_ENDED, /* all ended; status is success or failure */
    FACT_RESUMED,   /* another runner goes on with the run, even if it had ended */
    FACT_REOPENED,  /* after that: a node waits again, as if nothing had been or, of a program, to go
                       on at `operation`; status: how it had ended, NONE if it had not */
    FACT_WAITING,   /* a node that had begun, or a request of it, waits (operation, request) */
    FACT_GOES_ON,   /* it does no longer */
    FACT_DEADLOCK,  /* the run is stuck; who waits for what: scheduler_waits */
    FACT_READY,     /* a daemon is ready */
};

struct fact {
    int64_t time;
    uint8_t kind;
    uint8_t status;    /* ENDED, REOPENED, RUN_ENDED: enum status */
    bool is_timeout;   /* FAILED, ENDED, SIGNALLED: by its timeout */
    bool is_tolerated; /* ENDED, REOPENED: a failure with continue-on-error */
    uint32_t node;
    uint32_t attempt; /* 0: none was made */
    int32_t process;
    uint32_t operation, request;   /* LAUNCHED, STARTED, WAITING, GOES_ON, REOPENED */
    int64_t until;                 /* FAILED */
    const struct outcome *outcome; /* FAILED, ENDED after an attempt; lives while it is handed on */
};

#endif
