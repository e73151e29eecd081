/* The plan: what will run, as constant arrays.
 *
 * A *node* is what the scheduler knows: an instance of a task, or a *join*, which has no work and
 * ends when all its needs have. A dependent of all N instances of a task is joined to them by one
 * node: N+M edges instead of N×M. Node ids are dense; instances of one task are consecutive, tasks
 * in the file's order. Arrays are only ever appended to, by plan_expand; nothing is renumbered. Run
 * state is not here.
 *
 * A node's *need* edges come from the nodes that must end before it. A node's rules are those of
 * its task (the scheduler reads them in struct rule, nothing else of the workflow). */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "graph/graph.h"
#include "workflow/workflow.h"

enum { NO_NODE = UINT32_MAX, NO_VECTOR = UINT32_MAX, NO_ROW = UINT32_MAX };

enum status {
    STATUS_NONE, /* not ended */
    STATUS_SUCCESS,
    STATUS_SKIPPED,
    STATUS_CANCELLED,
    STATUS_BLOCKED,
    STATUS_FAILURE, /* in order: the worst is the greatest */
};
const char *status_text(enum status status);

/* --- what the scheduler reads --- */

enum token_kind {
    TOKEN_RUNNING, /* slots of pools, cpus, max-parallel: held by running work only */
    TOKEN_KEPT,    /* memory, own tokens, locks, semaphores: stay with a task while it waits */
};
struct token {
    name name;
    uint8_t kind;
    bool is_file; /* a lock that holds between runs: its capacity is 0 until run has the file's
                     lock (ACTION_SEEK), and again after it was released (ACTION_YIELD) */
    bool is_lock; /* reentrant: who holds it is not made to wait for it. A semaphore is none */
    uint32_t primitive; /* of a lock or semaphore, else NO_PRIMITIVE */
    name key;           /* of a keyed lock: the key's text as a JSON string; else 0 */
    uint64_t capacity;  /* UINT64_MAX: no limit */
};

struct amount {
    uint32_t token;
    uint64_t amount;
};

/* Interned requests: vector i is amounts[first[i]] .. amounts[first[i + 1] - 1], sorted by token,
 * no amount 0. Vector 0 is empty. Only appended to. */
struct vectors {
    uint32_t count;
    uint32_t *first;
    struct amount *amounts;
    uint32_t *running; /* vector → the vector of its running tokens alone (interned too) */
    uint32_t running_first, running_end; /* besides 0, which is cpu, the tokens from running_first
                                            to running_end - 1 are running ones; set before the
                                            first vector is made */
    uint32_t *slots, slot_count;         /* hash of vectors */
    uint32_t first_capacity, running_capacity, amount_count, amount_capacity;
};
/* A zeroed struct vectors is an empty one; vector 0 is made with the first. amounts: each token
 * once, in any order; 0 counts as not there. */
uint32_t vectors_add(struct vectors *vectors, const struct amount *amounts, uint32_t count);
void vectors_release(struct vectors *vectors);

enum {
    RULE_WORK = 1,      /* has a body to launch */
    RULE_CONDITION = 2, /* `if`: ask evaluate once the needs have ended */
    RULE_REQUEST = 4,   /* resources hold expressions: ask evaluate before each attempt */
    RULE_CONTINUE = 8,  /* continue-on-error */
    RULE_FINALLY = 16,
    RULE_HEEDS_FAILURE = 32, /* its `if` calls failure() or always(): starts under each policy */
    RULE_JOIN = 64,          /* a join: its own end is success, what it passes on is its needs' */
    RULE_DAEMON = 128, /* its dependents wait until it is ready (INPUT_READY); it takes no slot,
                          and is stopped when all others have ended */
};

/* --- synchronisation: programs and gates (CORE.md) ---
 *
 * A task with steps, or with a word of synchronisation, has a *program*: a chain of operations that
 * each of its instances goes through, one position at a time. All other tasks have none, and their
 * body is launched as NO_OPERATION. Locks and semaphores are tokens; what else can be waited for is
 * a *gate*. */

enum { NO_PROGRAM = 0, NO_GANG = 0, NO_OPERATION = UINT32_MAX, NO_GATE = UINT32_MAX };

enum gate_kind { GATE_BARRIER, GATE_EVENT, GATE_CONDITION, GATE_QUEUE };
struct gate {
    uint8_t kind;
    uint32_t primitive; /* of the workflow */
    uint32_t count; /* barrier: parties, 0: the instances that use it; queue: most items, 0: any */
    uint32_t lock;  /* condition: the token of its lock */
};

enum operation_kind {
    OPERATION_BODY,  /* launch it (run, exec, call; of a task without steps: its body) */
    OPERATION_ENTER, /* a group begins: takes `vector`, if that is not 0 */
    OPERATION_LEAVE, /* it ends: gives back what its ENTER took */
    OPERATION_SLEEP,
    OPERATION_BARRIER,
    OPERATION_WAIT, /* for an event */
    OPERATION_SET,
    OPERATION_CLEAR,
    OPERATION_CONDITION_WAIT, /* its lock is held: gives it back, waits to be notified, retakes it
                               */
    OPERATION_NOTIFY,
    OPERATION_NOTIFY_ALL,
    OPERATION_PUT,
    OPERATION_GET,
    OPERATION_CLOSE,
};
enum {
    OPERATION_ASKS = 1, /* an `if`, a key, a duration, a value to put: ask evaluate before it */
    OPERATION_CONTINUES = 2, /* continue-on-error: a failure of it (or inside it) is no failure */
    OPERATION_UNTIL = 4,     /* CONDITION_WAIT: `until`: besides ASKS, ask evaluate each time it was
                                notified and has its lock again; VERDICT_SKIP: it holds */
    OPERATION_USES = 8,      /* a body that declares what its verbs use, or whose task does */
};
struct operation {
    uint8_t kind, flags;
    uint32_t partner;        /* ENTER: its LEAVE; LEAVE: its ENTER */
    uint32_t group;          /* the innermost ENTER around it, or NO_OPERATION */
    uint32_t gate;           /* BARRIER .. CLOSE: index into plan->gates */
    uint32_t vector;         /* ENTER: kept tokens alone; NO_VECTOR: asked for */
    int64_t timeout;         /* from its beginning to its end (a group: to its LEAVE); UNLIMITED */
    int64_t duration;        /* SLEEP, unless asked for */
    const struct step *step; /* NULL: of a word on the task, or its body */
    place at;
};

/* That instances of a task come to, set, ... a gate, and up to which operation: once an instance is
 * behind `last` (or has ended) nobody need wait for it to do so. */
struct gate_use {
    uint32_t gate;
    uint8_t role; /* enum use_role */
    uint32_t first, last;
};
struct program {
    struct operation *operations;
    uint32_t count;
    struct gate_use *uses; /* of one gate and role one at most; in order of `last` */
    uint32_t use_count;
    uint32_t weight;  /* its bodies and sleeps: what it adds to levels */
    bool has_body;    /* some operation is one */
    bool has_cleanup; /* of the task: what was launched is cleaned up after each attempt */
};

/* Tasks joined by pipes: their instances (one each) start together, with one request, and fail and
 * are retried as one. The first one's vector is what all ask for together (cpus cut to what there
 * are), that of the others is empty. Each has edges from the needs of all. */
struct gang {
    uint32_t *nodes;
    uint32_t count;
};

/* What the scheduler needs of a task, or of a join. */
struct rule {
    uint16_t flags;
    uint8_t retry_when; /* RETRY_... */
    uint8_t exit_code_count;
    const uint8_t *exit_codes;
    uint32_t retry_max;
    int32_t priority;
    int64_t timeout; /* nanoseconds; UNLIMITED */
    int64_t retry_delay, retry_max_delay;
    double retry_backoff;
    uint32_t vector;  /* NO_VECTOR with RULE_REQUEST. Holds of the task are in it */
    uint32_t program; /* NO_PROGRAM */
    uint32_t gang;    /* NO_GANG */
    uint32_t gate;    /* of a queue's matrix: the queue whose items its template takes; NO_GATE */
};

/* --- the plan --- */

/* What the instances of a matrix are made of. */
struct shape {
    json_t **axis_values;  /* a list for each axis; axes are the first of the variables */
    uint32_t *combination; /* instance → index into the product, NULL: the instance's own number */
    json_t **rows;         /* instance → {variable: value} in whole, for those from rows or
                              include; NULL, or NULL at an instance that is its combination's */
    uint32_t *repeats;     /* instance → it is the n-th of its name, from 1; NULL: all differ */
    struct lookup *lookup; /* the plan's own: instances by values, for selectors; may be NULL */
    struct items *items;   /* the plan's own: of a queue's matrix; NULL: of another */
    const name *variables; /* axes in order, then what include added */
    uint32_t variable_count;
    uint32_t axis_count; /* 0 for a matrix of rows */
    bool is_expanded;    /* false: a dynamic matrix that waits for its needs; one of a queue that
                            may get more items, for ever */
};

/* The instances of a task: nodes first .. first + count - 1, but for those of a queue's matrix:
 * instances_node. */
struct instances {
    uint32_t first, count; /* of a dynamic matrix: none until it is expanded */
    uint32_t join;         /* the node joined to all of them, or NO_NODE while nobody needs it */
    uint32_t template;     /* of a dynamic matrix: its JOIN_TEMPLATE, else NO_NODE */
    bool is_chosen;        /* the template is of the run for its own sake, and so are all instances;
                              else those that something selected needs */
    struct shape *shape;   /* NULL: no matrix, so no variables */
};
static inline uint32_t instances_variable_count(const struct instances *instances)
{
    return instances->shape != NULL ? instances->shape->variable_count : 0;
}

/* Is it known which instances there are? */
static inline bool instances_are_known(const struct instances *instances)
{
    return instances->shape == NULL || instances->shape->is_expanded;
}

/* From a node of a task's instances to its number, which counts from 0, and back. */
uint32_t instances_node(const struct instances *instances, uint32_t instance);
uint32_t instances_index(const struct instances *instances, uint32_t node);

enum join_kind {
    JOIN_NOT,
    JOIN_PLAIN,
    JOIN_TEMPLATE, /* stands for the instances of a dynamic matrix: when its needs have ended the
                      scheduler asks for the expansion. It ends with that: as a success, or, when
                      there was none, with the status that the instances would have had */
    JOIN_ORDER,    /* plain, but passes nothing on: what needs it comes after it, whatever became of
                      its own needs */
};

struct plan {
    struct arena arena;
    const struct workflow *workflow;
    struct instances *instances; /* by task */
    uint32_t node_count;
    uint32_t node_capacity; /* of the arrays by node */
    uint32_t *task;         /* node → task; a join: the task it joins (all its instances, or those
                               some selectors ask for); NO_TASK for finally_join */
    uint8_t *is_join;       /* node → enum join_kind */
    struct graph dependents; /* node → nodes that need it; may hold duplicates */
    uint32_t *need_counts;   /* node → number of edges into it from selected nodes */
    uint64_t *levels;  /* node → longest chain that begins with it, in bodies (and sleeps) */
    bool *is_selected; /* node → part of this run. Those that are not never end, and nobody waits
                          for them. A join is selected if somebody selected needs it */
    uint32_t selected_count; /* of instances; a template not yet expanded counts as one */
    struct rule *rules;      /* [0] is that of joins; tasks that say the same share one */
    uint32_t *rule_of;       /* task → rule */
    struct token *tokens; /* [0] is cpu; then workflow->resources in order; then slots of declared
                             pools in order; then max-parallel ones; then locks without a key and
                             semaphores in order; then, appended as they are asked for, locks of one
                             key each */
    uint32_t token_count;
    struct program *programs; /* [0] is unused, as is gangs[0] */
    uint32_t program_count;
    struct gate *gates; /* in order of workflow->primitives */
    uint32_t gate_count;
    uint32_t *gate_of_primitive, *token_of_primitive; /* UINT32_MAX where it is none */
    struct gang *gangs;
    uint32_t gang_count;
    struct vectors vectors;
    uint32_t finally_join;   /* the join of all tasks that finally's tasks need, or NO_NODE */
    uint32_t instance_count; /* nodes below it are instances; behind them stand joins, and then what
                                expansions appended: of each its instances, then joins */
    /* Of the last expansion: what its new nodes need among those that had ended before. The rows of
     * these cannot grow any more, so the scheduler takes it from here at INPUT_EXPANDED. */
    VEC(struct edge) ended_needs;
    struct inside *inside; /* the plan's own */
};

/* Is the node an instance, or a template in place of some? Others are not told of to anybody. */
static inline bool plan_is_counted(const struct plan *plan, uint32_t node)
{
    return plan->is_join[node] == JOIN_NOT || plan->is_join[node] == JOIN_TEMPLATE;
}

static inline const struct rule *plan_rule(const struct plan *plan, uint32_t node)
{
    return &plan->rules[plan_is_counted(plan, node) ? plan->rule_of[plan->task[node]] : 0];
}

static inline const struct rule *plan_task_rule(const struct plan *plan, uint32_t task)
{
    return &plan->rules[plan->rule_of[task]];
}

struct plan_options {
    uint64_t cpu_capacity;        /* -j; what the machine has if the workflow does not say */
    bool is_cpu_given;            /* -j was given: wins over the workflow's resources.cpu */
    uint64_t gpu_capacity;        /* what the machine has if the workflow does not say */
    const char *const *selection; /* task and instance names; none: all but manual ones */
    uint32_t selection_count;
};

/* Expands, names, connects. Errors (cycle with the place of each edge, selectors that match
 * nothing, requests above capacity, bad matrices, unknown names of the selection) and warnings (cpu
 * cut) go to diagnostics; returns whether there were no errors. plan_release in either case. */
bool plan_build(struct plan *ret, struct workflow *workflow, const struct plan_options *options,
                struct diagnostics *diagnostics);
void plan_release(struct plan *plan);

/* What the nodes' numbers mean, as one number: of plans that number differently it differs, but for
 * chance. It is that of the plan as plan_build left it, however much that has grown. */
uint32_t plan_fingerprint(const struct plan *plan);

/* The instance's name, T or T[a=1,b=x] (LANGUAGE.md, matrix), unique in the plan; for a join
 * "T[*]", for finally_join "finally". */
void plan_write_name(const struct plan *plan, uint32_t node, struct buffer *out);
/* Appends the nodes that a name stands for, ascending: a task (all its instances) or an instance.
 * False with an error that suggests the nearest name. */
typedef VEC(uint32_t) node_list;
bool plan_find(const struct plan *plan, const char *text, node_list *nodes, struct error *error);
/* One variable's value of an instance (borrowed), NULL if it has none of that name. */
const json_t *plan_matrix_value(const struct plan *plan, uint32_t node, name variable);
/* {variable: value}. New. */
json_t *plan_matrix(const struct plan *plan, uint32_t node);

/* --- what run asks for later --- */

/* What is known of ended nodes; run answers. All text is new; NULL where there is none. Only asked:
 * exit_code of a success or failure; stream (without its trailing newlines) and outputs of a
 * success. */
struct results {
    void *context;
    enum status (*status)(void *context, uint32_t node);
    int (*exit_code)(void *context, uint32_t node);                  /* 128+n after a signal */
    json_t *(*stream)(void *context, uint32_t node, int descriptor); /* 1 or 2: kept text */
    json_t *(*outputs)(void *context, uint32_t node);                /* {name: value} */
    json_t *(*result)(void *context, uint32_t node); /* of the last call; NULL: null */
    json_t *(*failed)(void *context);                /* run.failed: list of names */
    int64_t (*elapsed)(void *context);               /* run.elapsed in nanoseconds */
    /* What the `as` of an operation that the node has passed in this attempt bound: text, a result,
     * an item; NULL: it was skipped. New. */
    json_t *(*bound)(void *context, uint32_t node, uint32_t operation);
    bool (*is_set)(void *context, uint32_t gate);           /* events.e */
    uint32_t (*queue_length)(void *context, uint32_t gate); /* queues.q.length */
    const char *run_id, *run_directory;
    bool is_shown; /* shell text is made for a reader: values stand in it, quoted */
};

/* The answer to the scheduler's evaluate action. */
enum verdict { VERDICT_RUN, VERDICT_SKIP, VERDICT_BLOCKED, VERDICT_CANCELLED };
struct evaluated {
    uint8_t verdict;  /* enum verdict; from `if`, with flags (CALLS_...) for what is true now */
    uint32_t vector;  /* of this attempt; of an ENTER: what the group takes */
    int64_t duration; /* of a SLEEP */
    json_t *value;    /* of a PUT; the caller's */
};
/* Evaluates `if` (on attempt 1 with RULE_CONDITION) and the resources of an attempt. When a false
 * condition did not accept a failed or cancelled need the verdict is BLOCKED or CANCELLED. False
 * with an error: the task fails with it. */
bool plan_evaluate(struct plan *plan, uint32_t node, uint32_t attempt, uint8_t flags,
                   const struct results *results, struct evaluated *ret, struct error *error);
/* The same of one operation that asks: its `if`, keys, duration, value, `until`. VERDICT_SKIP: go
 * on behind it (a group: behind its LEAVE). May append tokens and vectors to the plan. */
bool plan_evaluate_operation(struct plan *plan, uint32_t node, uint32_t attempt, uint32_t operation,
                             const struct results *results, struct evaluated *ret,
                             struct error *error);

/* --- verbs: what a running shell step asks for --- */

/* The token of a lock (key: of a keyed one, a JSON string as in struct token, or NULL) or
 * semaphore; keyed ones are made when they are first asked for. UINT32_MAX if there is none: of
 * another kind, or a key where none can be (a semaphore, a lock with a file). */
uint32_t plan_token(struct plan *plan, uint32_t primitive, const char *key);
/* Is the operation (NO_OPERATION or a body) of this node declared to use a primitive so? Those of
 * locks, semaphores and plain `wait` need no declaration. */
bool plan_is_declared(const struct plan *plan, uint32_t node, uint32_t operation, uint32_t gate,
                      enum use_role role);
/* "step 3 (barrier meshed)"; where it stands in *ret_at. */
void plan_write_operation(const struct plan *plan, uint32_t node, uint32_t operation,
                          struct buffer *out, place *ret_at);
void plan_write_task_operation(const struct plan *plan, uint32_t task, uint32_t operation,
                               struct buffer *out, place *ret_at);
/* "lock db", "lock db[a]", "semaphore api", "cpu" */
void plan_write_token(const struct plan *plan, uint32_t token, struct buffer *out);
/* "barrier b", "queue q" */
void plan_write_gate(const struct plan *plan, uint32_t gate, struct buffer *out);

/* One attempt's body, all values put in. Zero it, then plan_command fills it; command_release frees
 * it. */
struct command {
    char **argv;          /* ends in NULL */
    char **env;           /* NAME=value; a NAME alone is unset; ends in NULL. Holds the task's own
                             and the values of shell text, not the inherited */
    char *script;         /* shell text for a file in place of {0} in argv, or NULL */
    char **cleanup;       /* argv of the cleanup, or NULL. Its env: the same */
    char *cleanup_script; /* as script, for cleanup */
    char *cwd;            /* NULL: the workflow's directory */
    char *text; /* stdin's text, or NULL. Of other tasks' output: each a newline behind it */
    size_t text_length;
    char *paths[3];     /* files of stdin, stdout, stderr; NULL */
    uint8_t streams[3]; /* enum stream_kind, STREAM_FROM already turned into STREAM_TEXT */
    uint64_t gpus;      /* how many the attempt has; which ones run says (PARGRAPH_GPUS) */
};
/* operation: a body of the node's program, or NO_OPERATION; no call, which plan_call is for. In a
 * program the cleanup is of the whole attempt and made by plan_cleanup. PARGRAPH_CPUS is what the
 * attempt's resources come to when evaluated now, as in plan_evaluate. The results may be of a dry
 * run: then values are what these functions say. */
bool plan_command(struct plan *plan, uint32_t node, uint32_t attempt, uint32_t operation,
                  const struct results *results, struct command *ret, struct error *error);
/* One call of a function, all values put in. Zero it; invocation_release. */
struct invocation {
    const struct function *function; /* the workflow's */
    const struct pool *pool;
    json_t *args;      /* a list or a map; own. NULL: none. One that holds no expression is the
                          workflow's, with one more reference: nobody changes it */
    json_t *kwargs;    /* a map; NULL: none */
    bool is_on_thread; /* of this process; else in a worker process (see struct pool) */
    char **env; /* NAME=value of the task and the step, and in a worker process what every task is
                   given (PARGRAPH_TASK ...), as in struct command; NULL: none */
    char *cwd;  /* NULL: the workflow's directory */
    uint64_t gpus; /* as in struct command */
};
/* operation: a body of the node's program that is a call, or NO_OPERATION for a task whose body is
 * one. Without expressions, env and cwd nothing is allocated. */
bool plan_call(struct plan *plan, uint32_t node, uint32_t attempt, uint32_t operation,
               const struct results *results, struct invocation *ret, struct error *error);
void invocation_release(struct invocation *invocation);
/* Is the body (of the program, or the task's) a call? */
bool plan_is_call(const struct plan *plan, uint32_t node, uint32_t operation);
/* "python:stats:mean", "library libstats.so: mean", "lua"; for people. */
void plan_write_function(const struct plan *plan, const struct function *function,
                         struct buffer *out);
/* The cleanup of an attempt of a node with a program, or whose body is a call: env, cwd, cleanup,
 * cleanup_script; without a cleanup, that is NULL. */
bool plan_cleanup(struct plan *plan, uint32_t node, uint32_t attempt, const struct results *results,
                  struct command *ret, struct error *error);
/* How a daemon is asked whether it is ready: argv and env of ready.run, text of the other ways. */
bool plan_ready(struct plan *plan, uint32_t node, uint32_t attempt, const struct results *results,
                struct command *ret, struct error *error);
void command_release(struct command *command);

/* --- growth ---
 *
 * A dynamic matrix has a template until the task's needs have ended, then instances, which are
 * appended with the joins they need. The template comes after all that the task needs, by whole
 * tasks; which of their instances each new one needs is decided with the expansion: what has ended
 * stands in ended_needs, what is new itself has an edge. A task with instances of its own that
 * needs some of a dynamic task's comes after the template, and gets edges from those it needs. */

struct expanded {
    uint8_t verdict; /* VERDICT_RUN: the plan has grown; else enum verdict: needs that the task's
                        `if` does not accept kept it from that */
    json_t *matrix; /* with VERDICT_RUN: what the growth was made of, for plan_grow. The caller's */
};
/* Answers the scheduler's expand action: evaluates the lists and grows the plan by them. flags:
 * CALLS_... that are true of the template's needs. False with an error (of several the first), and
 * nothing has changed: the task fails with it. */
bool plan_expand(struct plan *plan, uint32_t template, uint8_t flags, const struct results *results,
                 struct expanded *ret, struct error *error);
/* A matrix of a queue: grows the plan by one instance, whose variable is this item (borrowed). Its
 * template has not ended until the queue has closed; with the first item it is no longer counted in
 * selected_count. */
bool plan_expand_item(struct plan *plan, uint32_t template, const json_t *item,
                      struct error *error);
/* Grows the plan again as plan_expand did, from expanded.matrix; nothing outside is asked. NULL: by
 * no instance, for a run that does not know its values. */
bool plan_grow(struct plan *plan, uint32_t template, const json_t *matrix, struct error *error);

/* The instances that one need of an instance stands for, in order of their matrix: its guard and
 * selectors evaluated; none if its guard is false. need is one of the instance's task's own.
 * Appends node ids to *nodes. */
bool plan_need_nodes(struct plan *plan, uint32_t node, const struct need *need, node_list *nodes,
                     struct error *error);

#endif
