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
#include "workflow/spec.h"
#include "workflow/synchronisation.h"
#include "workflow/task.h"

struct param {
    place at;
    name name;
    uint8_t type; /* enum value_type */
    bool is_required;
    name description;
    json_t *
        value; /* as given, else the default; checked. Owned by the workflow. NULL after an error */
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
    struct resource *resources; /* [0] is always cpu, [1] mem; gpu only if something says it */
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

/* Reads a workflow: source is the main file, already in sources; a large one's text is given back.
 * Errors of all kinds, of the whole file, go to diagnostics; returns whether there were none.
 * workflow_release in either case. */
bool workflow_read(struct workflow *ret, struct sources *sources, struct source *source,
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
