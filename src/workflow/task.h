/* A task of the model: needs, matrix, body, functions, and what holds for it. Part of workflow.h.
 */
#ifndef WORKFLOW_TASK_H
#define WORKFLOW_TASK_H

#include "workflow/spec.h"

/* One variable of a selector `{T: {var: value}}`: any of values. One spec that is an expression may
 * give a list: any of its elements. */
struct selector {
    place at;
    name variable;
    struct spec *values;
    uint32_t value_count;
};

/* Which instances a need stands for, and its name; most needs say nothing and share one. */
struct choice {
    name as;             /* 0: it is called as its task is */
    uint32_t guard;      /* its `if`, an expression, or NO_EXPRESSION */
    bool is_same;        /* equal values in the variables both have */
    bool is_by_instance; /* `same`, or the guard or a selector mentions the task's matrix or env:
                            what is needed is known only for an instance */
    struct selector *selectors;
    uint32_t selector_count;
};
extern const struct choice choice_all; /* all of them, always */

struct need {
    place at;
    uint32_t task; /* index into tasks */
    const struct choice *choice;
};

/* A product of axes, or a list of maps (rows). */
struct axis {
    place at;
    name variable;
    struct spec values; /* gives a list */
};

struct matrix {
    place at;
    bool is_queue;    /* {variable: {queue: q}}: an instance for each item until the queue closes;
                         is_dynamic too, and has one axis, without values */
    uint32_t queue;   /* its primitive; axes[0].variable is the variable */
    bool is_list;     /* matrix: [ {..}, {..} ] or one expression that gives such a list: rows */
    bool is_dynamic;  /* mentions needs, or calls glob, read, lines or csv in a task with needs: its
                         lists are evaluated when the needs have ended */
    struct spec rows; /* is_list */
    struct axis *axes; /* else */
    uint32_t axis_count;
    struct spec exclude; /* lists of maps; count 0 and kind SPEC_LIST if not there */
    struct spec include;
    const name *variables; /* all that instances may have, sorted by id */
    uint32_t variable_count;
    bool is_open; /* an expression gives rows or include: there may be more variables */
};

struct variable {
    place at;
    name name;
    bool is_unset; /* null: taken out of the environment */
    struct text value;
};

enum shell_kind {
    SHELL_BOURNE, /* sh, dash, bash, ksh: expressions in run are allowed */
    SHELL_OTHER,
};
struct shell {
    uint8_t kind;
    name *words; /* the argument vector: /bin/sh -eu; then -c TEXT, unless has_file */
    uint32_t word_count;
    bool has_file; /* a word holds {0}: the text goes to a file, whose name stands there */
    bool is_bare; /* a Bourne shell without options of the author's: one plain command needs none */
};

enum stream_kind {
    STREAM_DEFAULT, /* stdin: empty; stdout, stderr: the log */
    STREAM_TEXT,    /* stdin: text */
    STREAM_FILE,    /* text is the path */
    STREAM_FROM,    /* stdin: the stdout of task `from` (one of its needs) */
    STREAM_DISCARD,
    STREAM_STDOUT, /* stderr: stdout */
    STREAM_PIPE,   /* of tasks only: pipe */
};
struct stream {
    place at;
    uint8_t kind;
    struct text text;
    uint32_t from; /* index of the need */
    uint32_t pipe; /* STREAM_PIPE: index into workflow->pipes */
};

struct output {
    place at;
    name name;
    uint8_t type;  /* enum value_type */
    json_t *value; /* default, or NULL */
};

struct request { /* resources: {name: amount} */
    place at;
    uint32_t resource; /* index into workflow->resources */
    struct text amount;
};

enum { RETRY_SIGNAL = 1, RETRY_TIMEOUT = 2, RETRY_ANY = 4 };
struct retry {
    uint32_t max;
    double backoff;           /* 1 if not said */
    int64_t delay, max_delay; /* nanoseconds; UNLIMITED */
    uint8_t when;             /* RETRY_...; RETRY_ANY if not said */
    uint8_t *exit_codes;      /* besides */
    uint32_t exit_code_count;
};

/* --- functions and pools (LANGUAGE.md, section 2, Functions) --- */

enum function_kind {
    FUNCTION_LIBRARY, /* of a shared library, by include/pargraph/task.h */
    FUNCTION_LUA,     /* its source text */
    FUNCTION_PYTHON,  /* module:function */
    FUNCTION_WORKER,  /* of another language's worker (man/pargraph-worker.7) */
};
/* A function that something calls; equal ones are one. All of it is known before anything runs: no
 * value becomes code. */
struct function {
    place at;
    uint8_t kind;
    name file; /* LIBRARY: its path, absolute. PYTHON: the folder, absolute, of the workflow
                  file that names it: modules are looked for there first */
    name text; /* LIBRARY, WORKER: the function's name; LUA: source; PYTHON: module:function */
    const name *worker; /* WORKER: an argument vector */
    uint32_t worker_count;
    const name *arguments; /* LUA: names of `args` when these are a map, sorted: locals of the
                              source. Two calls with the same source and other names are two */
    uint32_t argument_count;
};
/* One call of it, with arguments that may hold expressions. */
struct call {
    place at;
    uint32_t function; /* index into workflow->functions */
    struct spec args;  /* a list: by position; a map: by name; an empty constant list if not said */
    struct spec kwargs; /* a map; empty if not said */
};

enum backend { BACKEND_DEFAULT, BACKEND_THREAD, BACKEND_PROCESS };
/* Where bodies run, and how many at a time. [0] is the default pool: its slots are the cpus, its
 * backend that of --backend (DEFAULT: functions of libraries and Lua on threads, others in worker
 * processes). A declared one counts bodies; its cpus are 0 unless a task says so. Shell bodies take
 * a slot of their pool and are processes on each backend. Python's and other workers' functions are
 * in worker processes on each, too. */
struct pool {
    place at;
    name name;          /* 0: the default one */
    uint8_t backend;    /* enum backend */
    uint32_t size;      /* slots; 0: the capacity of cpu */
    uint32_t chunk;     /* so many calls may be handed to one thread or worker at a time; 1 if not
                           said. The pool's token holds size times chunk */
    uint32_t max_tasks; /* of a worker process, then another takes its place; UNLIMITED */
    const struct call *init; /* called first in each worker process; NULL. Its args are constant */
};

/* What most tasks do not say; tasks that say nothing share one. */
struct details {
    name description;
    uint32_t condition; /* `if`, an expression, or NO_EXPRESSION */
    place condition_at;
    struct variable *env; /* defaults merged in; the task's own last */
    uint32_t env_count;
    struct text cwd; /* at is PLACE_NONE if not said */
    struct shell shell;
    struct stream streams[3]; /* stdin, stdout, stderr */
    struct output *outputs;
    uint32_t output_count;
    struct request *requests;
    uint32_t request_count;
    int32_t priority;
    uint32_t max_parallel; /* UNLIMITED */
    uint32_t pool;         /* index into workflow->pools; 0: the default one */
    int64_t timeout;       /* nanoseconds; UNLIMITED */
    struct retry retry;
    struct text cleanup; /* shell text; at is PLACE_NONE if not said */
    bool continue_on_error, is_manual;
};

enum body { BODY_NONE, BODY_RUN, BODY_EXEC, BODY_CALL, BODY_STEPS };

/* What expressions mention of a task, so that only that is kept. */
enum { KEEPS_STDOUT = 1, KEEPS_STDERR = 2, KEEPS_RESULT = 4 };

/* Small, since a large workflow has little else; a list has fewer items than 26 bits can count. */
struct task {
    place at; /* of its name */
    name name;
    uint32_t need_count : 26;
    uint32_t body : 3;  /* enum body */
    uint32_t keeps : 3; /* KEEPS_... */
    uint32_t exec_count : 26;
    bool is_finally : 1;
    bool is_plain_command : 1; /* run is one plain command: exec holds its words, no shell is needed
                                */
    struct need *needs;
    const struct text *run;      /* BODY_RUN: shell text; may be NULL after an error */
    struct text *exec;           /* words */
    const struct call *call;     /* BODY_CALL */
    const struct matrix *matrix; /* NULL: one instance */
    const struct details *details;
    const struct synchronisation *synchronisation; /* NULL: none */
};

#endif
