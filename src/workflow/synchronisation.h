/* What tasks share and where they meet, and their steps (LANGUAGE.md, section 3). Part of
 * workflow.h. */
#ifndef WORKFLOW_SYNCHRONISATION_H
#define WORKFLOW_SYNCHRONISATION_H

#include "workflow/spec.h"

enum primitive_kind {
    PRIMITIVE_LOCK,
    PRIMITIVE_SEMAPHORE,
    PRIMITIVE_BARRIER,
    PRIMITIVE_CONDITION,
    PRIMITIVE_EVENT,
    PRIMITIVE_QUEUE,
};
/* One that is declared at the top level; names are unique across all kinds. In order of the file.
 */
struct primitive {
    place at;
    name name;
    uint8_t kind;
    uint32_t count;   /* semaphore: permits; barrier: parties, 0: as many as instances use it;
                         queue: most items, 0: any number */
    int64_t timeout;  /* barrier: of each wait; UNLIMITED */
    uint32_t lock;    /* condition: index of its lock */
    struct text file; /* lock: the file by which it holds between runs, evaluated: literal is its
                         path; at PLACE_NONE: none */
};

/* A pipe is declared by its use: one task writes, others read. */
struct pipe {
    place at; /* of the writer's, else of the first reader's */
    name name;
    uint32_t writer; /* task */
    uint32_t *readers, reader_count;
};

/* A lock or semaphore to be held: `lock: db`, `lock: {db: key}`, `semaphore: {api: 2}`. Among those
 * of one task or step a semaphore, and a lock without a key, stands once at most; a lock may stand
 * with several keys, whose values may turn out equal. */
struct hold {
    place at;
    uint32_t primitive;
    uint32_t amount; /* permits; 1 of a lock */
    bool is_keyed;   /* one lock for each value of key */
    struct spec key;
};

/* What a task or step does to primitives from inside its shell, by verbs: `uses: {put: q}`. */
enum use_role {
    USE_BARRIER,
    USE_SET,
    USE_CLEAR,
    USE_NOTIFY,
    USE_PUT,
    USE_GET,
    USE_CLOSE,
};
struct use {
    place at;
    uint8_t role;
    uint32_t primitive;
};

enum step_kind {
    STEP_RUN,
    STEP_EXEC,
    STEP_CALL,
    STEP_GROUP, /* steps, as one: inside a lock, under one `if`, timeout, continue-on-error */
    STEP_SLEEP,
    STEP_BARRIER,
    STEP_WAIT, /* for an event */
    STEP_SET,
    STEP_CLEAR,
    STEP_CONDITION_WAIT,
    STEP_NOTIFY,
    STEP_NOTIFY_ALL,
    STEP_PUT,
    STEP_GET,
    STEP_CLOSE,
};
struct step {
    place at; /* of its word */
    uint8_t kind;
    bool is_plain_command, continue_on_error;
    uint8_t keeps;      /* KEEPS_STDOUT: `as` of a run or exec; KEEPS_RESULT: of a call */
    uint32_t condition; /* `if`; NO_EXPRESSION */
    place condition_at;
    uint32_t until;     /* CONDITION_WAIT: NO_EXPRESSION or what is waited for */
    uint32_t primitive; /* BARRIER .. CLOSE */
    int64_t timeout;    /* UNLIMITED */
    name as;            /* a root of expressions in later steps of the task; 0: none. Several steps
                           may bind one name: the last that the attempt has passed counts */
    struct hold *holds; /* around it, taken together; of RUN, EXEC, CALL, GROUP */
    uint32_t hold_count;
    struct use *uses; /* RUN, EXEC, CALL */
    uint32_t use_count;
    struct text duration; /* SLEEP */
    struct spec value;    /* PUT */
    const struct text *run;
    struct text *exec;
    uint32_t exec_count;
    const struct call *call; /* CALL */
    struct step *steps;      /* GROUP */
    uint32_t step_count;
    const struct details *details; /* the task's, or a copy with the env (behind the task's), cwd
                                      and shell of the groups around it and of its own */
};

/* What a task says of synchronisation; NULL for one that says nothing. */
struct synchronisation {
    struct hold *holds; /* `lock`, `semaphore`: taken with its resources, held to its end */
    uint32_t hold_count;
    uint32_t *waits; /* `wait`: events, before the body */
    uint32_t wait_count;
    uint32_t *barriers; /* `barrier`: before the body, after the waits */
    uint32_t barrier_count;
    uint32_t *sets; /* `set`: events, after its success */
    uint32_t set_count;
    place wait_at, barrier_at, set_at;
    struct use *uses;
    uint32_t use_count;
    struct step *steps; /* BODY_STEPS */
    uint32_t step_count;
    /* daemon: true. A need on it is met when it is ready. */
    bool is_daemon;
    uint8_t ready;         /* enum ready_kind */
    int64_t ready_timeout; /* UNLIMITED */
    place ready_at;
    struct text
        ready_text; /* tcp: [host:]port; file: path; run: shell text; log: the text to come */
};
enum ready_kind { READY_AT_ONCE, READY_TCP, READY_FILE, READY_RUN, READY_LOG };

#endif
