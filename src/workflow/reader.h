/* What the parts of the reader share: the state of one reading, and what each part offers. */
#ifndef WORKFLOW_READER_H
#define WORKFLOW_READER_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "document/document.h"
#include "workflow/language.h"
#include "workflow/locate.h"
#include "workflow/workflow.h"

/* name → number, for names below count; 0 for the others. */
struct name_map {
    uint32_t *numbers;
    uint32_t count;
};
void name_map_set(struct name_map *map, name key, uint32_t number);
uint32_t name_map_get(const struct name_map *map, name key);
void name_map_release(struct name_map *map);

/* What other tasks may say of a task: its variables and outputs, known before any is read. */
struct shape {
    name *variables, *outputs; /* sorted by id */
    uint32_t variable_count, output_count;
    bool has_matrix;
    bool is_open;           /* there may be more variables */
    bool is_outputs_broken; /* outputs could not be read */
    bool is_daemon;
    bool has_call; /* calls a function */
};

/* Where an expression stands, and so what it may mention. */
enum context {
    CONTEXT_PARAM,    /* a param's default: earlier params, env, here */
    CONTEXT_SETTING,  /* known at reading: params, env, run.id, here */
    CONTEXT_MATRIX,   /* params, env, here, needs */
    CONTEXT_SELECTOR, /* and the task's own matrix */
    CONTEXT_SHARED,   /* env and defaults of all tasks: params, env, task, run, here */
    CONTEXT_TASK,     /* everything */
    CONTEXT_UNTIL,    /* and events and queues */
    CONTEXT_IF,       /* and the status functions */
};

/* Candidates that may be compared for "did you mean" in one reading. */
enum { SUGGESTION_WORK = 4000000 };

struct reader {
    struct workflow *workflow;
    struct document document;
    struct names *names;
    struct diagnostics *diagnostics;
    const struct workflow_options *options;
    struct finder finder;
    struct tables tables;
    name nulls[VALUE_NULLS]; /* what plain text for null can be */

    /* the declarations */
    struct name_map param_of_name; /* index + 1 */
    struct name_map resource_of_name;
    struct name_map primitive_of_name;
    struct name_map pipe_of_name;
    struct name_map pool_of_name;     /* index */
    struct name_map function_of_name; /* of what tells one from others: index + 1 */
    struct usage *usages;             /* by primitive */
    uint32_t *task_nodes;             /* task → its value's node */
    uint32_t *shape_of;               /* task → index into shapes; 0: has none */
    VEC(struct shape) shapes;
    uint32_t param_limit;  /* params a param's default may mention */
    bool is_params_broken; /* some could not be read: do not complain of unknown ones */
    bool is_tasks_broken, is_resources_broken, is_primitives_broken, is_pools_broken;

    /* the task (or the defaults, task NULL) being read */
    uint32_t task_index;
    struct task *task;
    struct details *details;
    const struct section *section;
    struct name_map need_of_name; /* index + 1, of tasks with many needs */
    bool is_needs_broken, is_matrix_broken;
    bool is_matrix_dynamic;
    VEC(const struct hold *) held; /* around what is being read: by the task, by groups */
    VEC(name) bound;               /* by steps before */
    VEC(name) binding;             /* by any step of the task */

    VEC(struct pipe_end) pipe_ends;
    VEC(struct function) functions;
    json_t *no_arguments[2]; /* of calls that have none: a list, a map */
    VEC(struct expression) expressions;
    VEC(const char *) task_names; /* for "did you mean" */
    uint64_t suggestion_work;
    uint64_t evaluated; /* bytes of what settings and params came to, about */
};

/* --- nodes --- */

void reader_init_nulls(struct reader *reader);

static inline const struct node *reader_node(const struct reader *reader, uint32_t node)
{
    return &reader->document.nodes[node];
}
const char *reader_text(const struct reader *reader, uint32_t node);
size_t reader_length(const struct reader *reader, uint32_t node);
/* The place of a character of a scalar. */
place reader_place(struct reader *reader, uint32_t node, size_t offset);
/* Adds a hint at a comment that took the rest of a plain scalar, if one did. */
void reader_explain_comment(struct reader *reader, uint32_t node, struct error *error);
bool reader_is_plain_null(const struct reader *reader, uint32_t node);
bool reader_has_holes(const struct reader *reader, uint32_t node); /* in the node or below it */
/* An error at a node, or at a place: return false. */
bool reader_error(struct reader *reader, uint32_t node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reader_hint(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "expected WHAT, found a list" */
bool reader_wrong_kind(struct reader *reader, uint32_t node, const char *what);
bool reader_expect(struct reader *reader, uint32_t node, enum node_kind kind, const char *what);
/* "did you mean 'x'?" for the last error, if a candidate is near. */
void reader_suggest(struct reader *reader, const char *word, const char *const *candidates,
                    size_t count);
/* The index of a word among count, or -1 with an error and a suggestion. */
int reader_word(struct reader *reader, uint32_t node, const char *const *words, size_t count);
/* A constant text: a scalar, not empty, no expression. */
bool reader_constant(struct reader *reader, uint32_t node, name *ret);
bool reader_check_nul(struct reader *reader, uint32_t node);
/* Is the key of this value a name of the language? An error otherwise. */
bool reader_check_name(struct reader *reader, uint32_t key, const char *what);
/* Drops what has been said already: a part that an alias repeats is read more than once. */
void reader_drop_repeated(struct diagnostics *diagnostics);
/* Keeps a constant until the workflow is released. */
json_t *reader_keep(struct reader *reader, json_t *value);

/* --- maps with the keys of a table (section.c) --- */

struct section {
    enum table table;
    uint32_t map;
    uint32_t values[FIELDS_MOST]; /* field → its value's node; 0: not there */
    uint64_t present;             /* bit: values has this field */
    bool has_unknown;             /* keys: what seems missing may be meant by one */
    uint64_t guessed;             /* bit: an unknown key was probably meant to be this field */
};
/* Finds the fields of a map; errors for keys unknown, misplaced or not supported yet. False when
 * it is no map: "expected WHAT, found ...". */
bool section_read(struct reader *reader, uint32_t node, enum table table, const char *what,
                  struct section *ret);
static inline bool section_is_guessed(const struct section *section, int field)
{
    return (section->guessed >> field & 1) != 0;
}

/* --- expressions and text (text.c, expressions.c) --- */

uint32_t expression_read(struct reader *reader, uint32_t node, size_t offset, size_t length,
                         enum context context);
/* A whole `if`. False after an error. */
bool condition_read(struct reader *reader, uint32_t node, enum context context, uint32_t *ret);
bool text_read_data(struct reader *reader, uint32_t node, enum context context, struct text *ret);
bool text_read(struct reader *reader, uint32_t node, enum context context, struct text *ret);
/* As text_read, for any scalar: an empty one too; and text_read_data one with NULs. */
bool text_read_scalar(struct reader *reader, uint32_t node, enum context context, struct text *ret);
/* For the shell of reader->details. */
bool text_read_shell(struct reader *reader, uint32_t node, enum context context, struct text *ret);
bool spec_read(struct reader *reader, uint32_t node, enum context context, struct spec *ret);

/* --- what each context may mention (scope.c) --- */

struct scope_state {
    struct reader *reader;
    enum context context;
    bool is_follow_up; /* the error comes only from one that has been reported */
};
struct scope scope_of(struct scope_state *state);

/* --- settings known at reading (setting.c) --- */

/* The scalar's text, its expressions evaluated. False after an error, or when it depends on
 * something that has been reported already. */
bool setting_text(struct reader *reader, uint32_t node, struct buffer *ret);
bool setting_bool(struct reader *reader, uint32_t node, bool *ret);
bool setting_integer(struct reader *reader, uint32_t node, int64_t least, int64_t most,
                     int64_t *ret);
bool setting_duration(struct reader *reader, uint32_t node, int64_t *ret);
bool setting_size(struct reader *reader, uint32_t node, uint64_t *ret);
/* The value of a spec of CONTEXT_SETTING or CONTEXT_PARAM. New; NULL after an error. */
json_t *setting_value(struct reader *reader, const struct spec *spec);

/* --- synchronisation --- */

/* Who does what to a primitive, first of all: what nobody does cannot be waited for. */
enum usage_kind {
    USAGE_BARRIER, /* in the order of enum use_role */
    USAGE_SET,
    USAGE_CLEAR,
    USAGE_NOTIFY,
    USAGE_PUT,
    USAGE_GET,
    USAGE_CLOSE,
    USAGE_WAIT,
    USAGE_COUNT,
};
struct usage {
    place first[USAGE_COUNT]; /* PLACE_NONE: nobody does */
    place in_tasks, in_finally;
};
void usage_note(struct reader *reader, uint32_t primitive, enum usage_kind kind, place at);
/* When all tasks have been read. */
void usages_check(struct reader *reader);

/* A mask of kinds: 1 << PRIMITIVE_... */
enum {
    KIND_LOCK = 1 << PRIMITIVE_LOCK,
    KIND_SEMAPHORE = 1 << PRIMITIVE_SEMAPHORE,
    KIND_BARRIER = 1 << PRIMITIVE_BARRIER,
    KIND_CONDITION = 1 << PRIMITIVE_CONDITION,
    KIND_EVENT = 1 << PRIMITIVE_EVENT,
    KIND_QUEUE = 1 << PRIMITIVE_QUEUE,
};
void primitives_read(struct reader *reader, const struct section *top);
/* The primitive of these kinds that a scalar or key names; NO_PRIMITIVE after an error. */
uint32_t primitives_find(struct reader *reader, uint32_t node, uint32_t kinds);
/* A name or a list of names, each of these kinds, each once. False if any was wrong. */
bool primitives_find_all(struct reader *reader, uint32_t node, uint32_t kinds, uint32_t **ret,
                         uint32_t *ret_count);
/* "an event or a condition" */
void kinds_write(uint32_t kinds, struct buffer *out);

/* `lock` and `semaphore` of a map: nodes, 0 where it is not there. */
void holds_read(struct reader *reader, uint32_t lock, uint32_t semaphore, struct hold **ret,
                uint32_t *ret_count);
void uses_read(struct reader *reader, uint32_t node, struct use **ret, uint32_t *ret_count);

/* The names that the steps of a task bind: all of them, before any is read. */
void bindings_collect(struct reader *reader, uint32_t steps);
/* An `as`: false after an error. The name is bound from now on. */
bool binding_read(struct reader *reader, uint32_t node, name *ret);
void bindings_forget(struct reader *reader);

void steps_read(struct reader *reader, uint32_t node, struct step **ret, uint32_t *ret_count);
/* What a task says of synchronisation but for its steps; NULL if nothing. */
struct synchronisation *synchronisation_read(struct reader *reader, const struct section *section);
/* When its body and streams have been read. */
void synchronisation_check(struct reader *reader, const struct section *section);

/* One end of a pipe. */
struct pipe_end {
    place at;
    uint32_t task, pipe;
    bool is_writer;
};
bool pipe_read(struct reader *reader, uint32_t node, int descriptor, struct stream *stream);
/* When all tasks have been read. */
void pipes_check(struct reader *reader);

/* --- the parts of a workflow --- */

/* What is launched as a process, of a task or of a step. */
struct body_words {
    const struct text *run;
    struct text *exec;
    uint32_t exec_count;
    bool is_plain_command;
};
void run_read(struct reader *reader, uint32_t node, struct body_words *ret);
void exec_read(struct reader *reader, uint32_t node, struct body_words *ret);

/* Which of the four ways names the function of a call; -1 after an error. */
int function_kind_read(struct reader *reader, uint32_t node, const struct section *section);
bool function_read(struct reader *reader, const struct section *section, int kind,
                   struct function *ret);
/* Its index in workflow->functions. */
uint32_t function_intern(struct reader *reader, const struct function *function);
/* A call; of CONTEXT_SETTING: with constant arguments. NULL after an error. */
const struct call *call_read(struct reader *reader, uint32_t node, enum context context);
/* A function has no streams but the log; a step's shares those of its task, of which only what it
 * writes is its own. */
void call_check_streams(struct reader *reader, const struct details *details, bool is_step);
void functions_keep(struct reader *reader); /* when all has been read */
void pools_read(struct reader *reader, uint32_t node);
bool pool_field(struct reader *reader, uint32_t node);

/* The word of a type; `enum` only for params. */
bool type_read(struct reader *reader, uint32_t node, bool is_param, uint8_t *ret);
/* A value of a type, known at reading. New; NULL after an error. */
json_t *typed_value_read(struct reader *reader, uint32_t node, enum value_type type,
                         enum context context);
void params_read(struct reader *reader, uint32_t node);
void params_check_given(struct reader *reader);
void capacities_read(struct reader *reader, uint32_t node);
bool requests_read(struct reader *reader, uint32_t node);
/* Appends a map of variables to *env. */
void env_read(struct reader *reader, uint32_t node, enum context context, struct variable **env,
              uint32_t *count);
/* As `shell: TEXT`. */
void shell_make(struct reader *reader, const char *text, struct shell *ret);
bool shell_read(struct reader *reader, uint32_t node);
bool stream_read(struct reader *reader, uint32_t node, int descriptor);
bool outputs_read(struct reader *reader, uint32_t node);
bool retry_read(struct reader *reader, uint32_t node);
bool timeout_read(struct reader *reader, uint32_t node, int64_t *ret);
/* Replaces reader->details by a copy of its own that says what the section says; false, and nothing
 * done, if it says nothing. */
bool details_read(struct reader *reader, const struct section *section);
void shapes_read(struct reader *reader);
const struct shape *reader_shape(const struct reader *reader, uint32_t task);
bool shape_has(const name *sorted, uint32_t count, name key);
void needs_read(struct reader *reader, uint32_t node);
void needs_forget(struct reader *reader); /* when the task has been read */
/* The index + 1 of the first need called so, 0 for none; of reader->task. */
uint32_t needs_find(const struct reader *reader, name as);
void matrix_read(struct reader *reader, uint32_t node);
void tasks_declare(struct reader *reader, uint32_t tasks, uint32_t finally);
void tasks_read(struct reader *reader);
/* The index of the task a scalar or key names; NO_TASK after an error. */
uint32_t tasks_find(struct reader *reader, uint32_t node);

#endif
