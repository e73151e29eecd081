/* A workflow as its author wrote it: the typed model of one document.
 *
 * Reading goes by tables of fields: every key of the language is in a table, with its reader, or
 * marked as not supported yet. Names are resolved (a need knows its task), expressions compiled,
 * params checked against what was given. Settings that must be known before anything runs (timeout,
 * priority, max-parallel, retry, capacities, manual, continue-on-error) may hold expressions over
 * `params`, `env` and `run.id`; these are evaluated here, so the model holds plain numbers. All
 * else that holds expressions stays text with pieces, for the plan to evaluate.
 *
 * Everything lives in the workflow's arena until workflow_release; texts are names. */
#ifndef WORKFLOW_WORKFLOW_H
#define WORKFLOW_WORKFLOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/names.h"
#include "base/source.h"
#include "value/sandbox.h"
#include "value/snapshot.h"
#include "value/value.h"

enum { NO_EXPRESSION = 0, UNLIMITED = 0, NO_TASK = UINT32_MAX, NO_PRIMITIVE = UINT32_MAX };

/* Where in shell text an expression stands, and so how its value is put in (LANGUAGE.md, section 5:
 * each becomes a reference to an environment variable). */
enum quoting {
    QUOTING_NONE,    /* not shell text */
    QUOTING_WORD,    /* unquoted: "${V}", or one "${V}" an element of a list, none if empty */
    QUOTING_DOUBLE,  /* inside double quotes: ${V} */
    QUOTING_SINGLE,  /* inside single quotes: '"${V}"' */
    QUOTING_HEREDOC, /* inside a plain here-document: ${V} */
    QUOTING_ONE,     /* unquoted where only one word can stand: a redirection's, case's: "${V}" */
};

struct piece {
    name literal;        /* put out first; may be empty */
    uint32_t expression; /* then this one's value; NO_EXPRESSION: none */
    uint8_t quoting;     /* of the expression */
};

/* Text that may hold expressions. literal is the text as written; without any expression
 * piece_count is 0. */
struct text {
    place at;
    name literal;
    const struct piece *pieces;
    uint32_t piece_count;
    bool is_expression; /* one whole `${{ }}` and nothing else: its value keeps its type */
};

/* A value that may hold expressions. */
enum spec_kind { SPEC_CONSTANT, SPEC_TEXT, SPEC_LIST, SPEC_MAP };
struct spec {
    uint8_t kind;
    place at;
    json_t *constant;   /* SPEC_CONSTANT: no expression anywhere inside; owned by the workflow */
    struct text text;   /* SPEC_TEXT */
    struct spec *items; /* SPEC_LIST, SPEC_MAP */
    name *keys;         /* SPEC_MAP */
    uint32_t count;
};

struct param {
    place at;
    name name;
    uint8_t type; /* enum value_type */
    bool is_required;
    name description;
    json_t *
        value; /* as given, else the default; checked. Owned by the workflow. NULL after an error */
};

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

/* --- synchronisation (LANGUAGE.md, section 3) --- */

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

struct task {
    place at; /* of its name */
    name name;
    uint8_t body;
    uint8_t keeps; /* KEEPS_... */
    bool is_finally;
    bool is_plain_command; /* run is one plain command: exec holds its words, no shell is needed */
    uint32_t need_count;
    struct need *needs;
    const struct text *run;      /* BODY_RUN: shell text; may be NULL after an error */
    struct text *exec;           /* words */
    const struct call *call;     /* BODY_CALL */
    const struct matrix *matrix; /* NULL: one instance */
    const struct details *details;
    const struct synchronisation *synchronisation; /* NULL: none */
    uint32_t exec_count;
};

enum failure_policy { POLICY_DRAIN, POLICY_FAST, POLICY_KEEP_GOING };

enum resource_kind { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_GPU, RESOURCE_TOKEN };
struct resource {
    place at;
    name name;
    uint8_t kind;
    bool is_auto;      /* cpu, gpu: found out by run */
    uint64_t capacity; /* bytes for memory; UINT64_MAX: not declared (mem that nobody limits) */
};

struct workflow {
    struct arena arena;
    struct names *names;     /* borrowed */
    struct sources *sources; /* borrowed */
    struct sandbox *sandbox;
    struct snapshot *snapshot; /* borrowed */
    name name, description;
    int64_t timeout; /* of the run; UNLIMITED */
    uint8_t failure_policy;
    struct param *params;
    uint32_t param_count;
    json_t *params_value; /* {name: value} */
    json_t *constants;    /* a list that owns the constants of specs and outputs */
    struct variable *env; /* of all tasks */
    uint32_t env_count;
    struct resource *resources; /* [0] is always cpu, [1] mem */
    uint32_t resource_count;
    struct primitive *primitives;
    uint32_t primitive_count;
    struct pipe *pipes;
    uint32_t pipe_count;
    struct pool *pools; /* [0]: the default one; one there is always */
    uint32_t pool_count;
    struct function *functions;
    uint32_t function_count;
    struct task *tasks; /* finally's too, in order of the file */
    uint32_t task_count;
    uint32_t finally_count;         /* they come last */
    struct expression *expressions; /* [0] is unused */
    uint32_t expression_count;
    uint32_t *task_of_name; /* by name: index, or NO_TASK; for names below task_of_name_count */
    uint32_t task_of_name_count;
};

struct workflow_options {
    json_t *params;     /* {name: text or value} as given by -p and --params-file; may be NULL */
    const char *run_id; /* for run.id; "" while there is none */
    uint8_t backend;    /* --backend: of the default pool; enum backend */
};

/* Reads a workflow: source is the main file, already in sources. Errors of all kinds, of the whole
 * file, go to diagnostics; returns whether there were none. workflow_release in either case. */
bool workflow_read(struct workflow *ret, struct sources *sources, const struct source *source,
                   struct names *names, struct snapshot *snapshot,
                   const struct workflow_options *options, struct diagnostics *diagnostics);
void workflow_release(struct workflow *workflow);

/* The index of a task by name, or NO_TASK. */
uint32_t workflow_task(const struct workflow *workflow, name name);
/* The index of a primitive by name, or NO_PRIMITIVE. A walk over them. */
uint32_t workflow_primitive(const struct workflow *workflow, name name);
/* "lock", "semaphore", ... */
const char *primitive_kind_text(enum primitive_kind kind);
/* What a need is called in expressions: `as`, else its task's name. */
name workflow_need_name(const struct workflow *workflow, const struct need *need);
/* The first need of the task that is called so: the index into its needs, or UINT32_MAX. */
uint32_t workflow_need(const struct workflow *workflow, const struct task *task, name as);

/* What `needs.T.x` gives is decided statically: a single value if exactly one item names it and it
 * has no matrix or all its variables (of which there is one at least) are fixed by selectors with
 * one value each (or `same`), else a list. Only whether a selector's expression gives a list, any
 * of whose elements will do, is known no earlier than in the plan: then it is a list too. */
bool workflow_need_is_single(const struct workflow *workflow, const struct task *task, name as);

/* The words of a shell text that is one plain command ("A plain command that needs no shell",
 * DESIGN.md): returns their number, 0 if it needs a shell. words has room for `most`; each is an
 * offset and a length in text. */
struct word {
    uint32_t offset, length;
};
uint32_t shell_plain_words(const char *text, struct word *words, uint32_t most);

/* Finds the expressions of shell text and the quoting each stands in. An array in order, for the
 * caller to free; offset and length include the braces. What stands in a comment of the shell is no
 * expression: it stays as it is. False with an error (its place counts characters from `at`) where
 * an expression cannot stand: where its value would be calculated, become a name or be taken as it
 * is (backquotes, $(( )), (( )), $'...', an index, a here-document with a quoted delimiter), or
 * where shells differ in what they read; and for quotes and the like that are not closed. */
struct shell_hole {
    uint32_t offset, length;
    uint8_t quoting;
};
bool shell_find_holes(const char *text, size_t length, place at, struct shell_hole **ret_holes,
                      uint32_t *ret_count, struct error *error);
/* What stands in place of a hole of this quoting: a reference to the variable that has its value.
 */
void shell_write_reference(const char *variable, uint8_t quoting, struct buffer *out);

#endif
