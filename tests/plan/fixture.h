/* A plan from the text of a workflow, and what the checks of this layer ask of it. */
#ifndef TESTS_PLAN_FIXTURE_H
#define TESTS_PLAN_FIXTURE_H

#include "plan/plan.h"
#include "support/check.h"

struct fixture {
    struct names names;
    struct sources sources;
    struct snapshot snapshot;
    struct workflow workflow;
    struct plan plan;
    struct diagnostics diagnostics;
    bool is_built;      /* no errors */
    struct buffer text; /* of the last answer */
    json_t *results;    /* {instance: {status, exit_code, stdout, stderr, outputs,
                           result}} */
    struct results answers;
};

/* The head of most workflows; their tasks begin in line 3. */
#define TASKS "pargraph: 1\ntasks:\n"

/* Reads and plans; the workflow must be readable. selection ends in NULL, or is NULL. */
void fixture_open(struct fixture *fixture, const char *text);
void fixture_open_selected(struct fixture *fixture, const char *text, const char *const *selection);
void fixture_open_with(struct fixture *fixture, const char *text,
                       const struct plan_options *options);
void fixture_close(struct fixture *fixture);

/* All below live until the next. */
const char *fixture_errors(struct fixture *fixture);
/* The names of a task's instances, with spaces between. */
const char *fixture_instances(struct fixture *fixture, const char *task);
/* The direct needs of an instance or join ("T[*]"), sorted by node. */
const char *fixture_needs(struct fixture *fixture, const char *node);
/* The names of all selected nodes that are no joins. */
const char *fixture_selected(struct fixture *fixture);
uint32_t fixture_node(struct fixture *fixture, const char *node);
/* JSON text of an instance's matrix. */
const char *fixture_matrix(struct fixture *fixture, const char *node);
/* A vector as "cpu=1 mem=1024". */
const char *fixture_vector(struct fixture *fixture, uint32_t vector);
/* The vector of a node's rule. */
const char *fixture_asked(struct fixture *fixture, const char *node);
/* What the plan may ask of ended nodes: JSON as in fixture.results; what it does not name ended
 * success, with exit code 0 and empty streams. */
void fixture_answer(struct fixture *fixture, const char *json);
/* "name=value" of a command's env; NULL if there is none. */
const char *command_env(const struct command *command, const char *variable);
/* The words of argv with | between. */
const char *fixture_words(struct fixture *fixture, char **argv);

extern const struct check matrix_checks[], needs_checks[], refusal_checks[], selection_checks[],
    request_checks[], value_checks[], command_checks[], large_checks[], growth_checks[],
    random_growth_checks[], program_checks[], call_checks[], together_checks[];

#endif
