/* An expansion's first half: may the template be expanded, and what do its lists come to? What
 * files and globs give is asked anew, whatever planning was told: the needs may have written them.
 */
#include "base/memory.h"
#include "plan/build.h"
#include "plan/growth.h"
#include "plan/instance.h"
#include "plan/matrix.h"
#include "plan/needs.h"

/* Files are asked for (frozen: only those in answers) until answers_restore. */
struct answers {
    struct snapshot *snapshot;
    json_t *before;
    bool was_frozen, was_forgetful;
};

static struct answers answers_replace(struct snapshot *snapshot, const json_t *files,
                                      bool is_frozen)
{
    struct answers kept = {snapshot, snapshot->answers, snapshot->is_frozen,
                           snapshot->is_forgetful};
    json_t *env = json_object_get(kept.before, "env");
    json_t *glob = json_object_get(files, "glob"), *read = json_object_get(files, "read");
    snapshot->answers = json_object();
    json_object_set(snapshot->answers, "env", env);
    json_object_set_new(snapshot->answers, "glob", glob ? json_deep_copy(glob) : json_object());
    json_object_set_new(snapshot->answers, "read", read ? json_deep_copy(read) : json_object());
    snapshot->is_frozen = is_frozen;
    snapshot->is_forgetful = false;
    return kept;
}

/* New, or NULL if no file was asked for. */
static json_t *answers_of_files(const struct answers *answers)
{
    json_t *glob = json_object_get(answers->snapshot->answers, "glob");
    json_t *read = json_object_get(answers->snapshot->answers, "read");
    if (json_object_size(glob) == 0 && json_object_size(read) == 0)
        return NULL;
    return json_pack("{s:O, s:O}", "glob", glob, "read", read);
}

static void answers_restore(const struct answers *answers)
{
    json_decref(answers->snapshot->answers);
    answers->snapshot->answers = answers->before;
    answers->snapshot->is_frozen = answers->was_frozen;
    answers->snapshot->is_forgetful = answers->was_forgetful;
}

static bool give_first(struct diagnostics *diagnostics, struct error *error)
{
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        struct diagnostic *one = &diagnostics->items[i];
        if (one->severity != SEVERITY_ERROR || error == NULL)
            continue;
        error_set(error, one->what.at, "%s", one->what.message);
        if (one->what.hint != NULL)
            error_hint(error, "%s", one->what.hint);
        break;
    }
    diagnostics_release(diagnostics);
    return false;
}

static uint8_t flags_of(const struct plan *plan, uint32_t node, enum status status)
{
    switch (status) {
    case STATUS_FAILURE:
        return plan_rule(plan, node)->flags & RULE_CONTINUE ? 0 : CALLS_FAILURE;
    case STATUS_BLOCKED:
        return CALLS_FAILURE;
    case STATUS_CANCELLED:
        return CALLS_CANCELLED;
    default:
        return 0;
    }
}

/* Adds what the ends of those instances mean that the task needs by selectors without its matrix:
 * the template stands behind an order, which passed nothing on. */
static bool add_selected(struct plan *plan, uint32_t task, const struct need *need,
                         const struct results *results, uint8_t *flags,
                         struct diagnostics *diagnostics)
{
    CLEANUP_ERROR struct error error = {0};
    node_list nodes = {0};
    bool is_found = resolver_add(plan, task, need, &error) &&
                    need_nodes(plan, task, NO_NODE, need, &nodes, &error);
    bool is_of_main =
        plan->workflow->tasks[task].is_finally && !plan->workflow->tasks[need->task].is_finally;
    for (uint32_t i = 0; i < nodes.count && !is_of_main; i++)
        *flags |= flags_of(plan, nodes.items[i], results->status(results->context, nodes.items[i]));
    VEC_RELEASE(&nodes);
    return is_found || diagnostics_take(diagnostics, &error);
}

/* Would the instances start if they were there? What their own condition says comes later. */
static bool judge(struct plan *plan, uint32_t task, uint8_t flags, const struct results *results,
                  uint8_t *ret, struct diagnostics *diagnostics)
{
    const struct task *the = &plan->workflow->tasks[task];
    const struct expression *expressions = plan->workflow->expressions;
    uint32_t condition = the->details->condition;
    uint8_t selected = 0;
    for (uint32_t i = 0; i < the->need_count; i++)
        if (!need_is_plain(&the->needs[i]) && !the->needs[i].choice->is_by_instance &&
            the->needs[i].task != task &&
            !add_selected(plan, task, &the->needs[i], results, &selected, diagnostics))
            return false;
    /* Without a condition the scheduler has asked because the other needs are well, or finally's.
     */
    if (selected != 0)
        flags = (uint8_t)((flags & ~CALLS_SUCCESS) | selected);
    else if (condition == NO_EXPRESSION)
        flags |= CALLS_SUCCESS;
    bool accepts_all = condition != NO_EXPRESSION && expressions[condition].calls != 0;
    *ret = accepts_all || flags & CALLS_SUCCESS ? VERDICT_RUN : verdict_of_false(flags);
    return true;
}

static json_t *evaluate(struct plan *plan, uint32_t task, uint8_t flags,
                        const struct results *results, uint8_t *ret_verdict,
                        struct diagnostics *diagnostics)
{
    struct answers answers = answers_replace(plan->workflow->snapshot, NULL, false);
    json_t *values = NULL;
    if (judge(plan, task, flags, results, ret_verdict, diagnostics) &&
        *ret_verdict == VERDICT_RUN) {
        CLEANUP_VIEW struct view view;
        view_init(&view, plan, task, NO_NODE);
        view.results = results;
        view.flags = CALLS_ALWAYS;
        values = matrix_evaluate(&view, diagnostics);
    }
    answers_restore(&answers);
    return values;
}

bool plan_expand(struct plan *plan, uint32_t template, uint8_t flags, const struct results *results,
                 struct expanded *ret, struct error *error)
{
    struct diagnostics diagnostics = {0};
    uint32_t task = plan->task[template];
    *ret = (struct expanded){0};
    json_t *values = evaluate(plan, task, flags, results, &ret->verdict, &diagnostics);
    if (values == NULL)
        return diagnostics.error_count == 0 || give_first(&diagnostics, error);
    /* Selectors and guards may read files too: what these gave goes with the values. */
    struct answers answers = answers_replace(plan->workflow->snapshot, NULL, false);
    bool is_grown = growth_make(plan, template, values, &diagnostics);
    json_t *files = answers_of_files(&answers);
    answers_restore(&answers);
    if (files != NULL)
        json_object_set_new(values, "files", files);
    if (is_grown)
        ret->matrix = values;
    else
        json_decref(values);
    return is_grown || give_first(&diagnostics, error);
}

static bool is_of_queue(const struct plan *plan, uint32_t node)
{
    return node < plan->node_count && plan->is_join[node] == JOIN_TEMPLATE &&
           plan->instances[plan->task[node]].shape->items != NULL;
}

bool plan_expand_item(struct plan *plan, uint32_t template, const json_t *item, struct error *error)
{
    struct diagnostics diagnostics = {0};
    if (!is_of_queue(plan, template))
        return error_set(error, PLACE_NONE, "the plan has no matrix of a queue there");
    if (!growth_add_item(plan, template, item, &diagnostics))
        return give_first(&diagnostics, error);
    diagnostics_release(&diagnostics);
    return true;
}

static json_t *no_values(const struct plan *plan, uint32_t template)
{
    const struct matrix *matrix = plan->workflow->tasks[plan->task[template]].matrix;
    json_t *axes = json_array();
    for (uint32_t i = 0; i < matrix->axis_count; i++)
        json_array_append_new(axes, json_array());
    return json_pack("{s:[], s:[], s:[], s:o}", "rows", "exclude", "include", "axes", axes);
}

bool plan_grow(struct plan *plan, uint32_t template, const json_t *matrix, struct error *error)
{
    if (matrix == NULL && is_of_queue(plan, template))
        return true;
    if (matrix == NULL) {
        json_t *nothing = no_values(plan, template);
        bool is_grown = plan_grow(plan, template, nothing, error);
        json_decref(nothing);
        return is_grown;
    }
    struct diagnostics diagnostics = {0};
    bool is_template = template <plan->node_count && plan->is_join[template] == JOIN_TEMPLATE &&
                                 !instances_are_known(&plan->instances[plan->task[template]]) &&
                                 plan->instances[plan->task[template]].shape->items == NULL;
    if (!is_template)
        return error_set(error, PLACE_NONE, "the plan has no matrix to expand there");
    const json_t *files = json_object_get(matrix, "files");
    struct answers answers = answers_replace(plan->workflow->snapshot, files, true);
    bool is_grown = growth_make(plan, template, matrix, &diagnostics);
    answers_restore(&answers);
    /* Selectors are asked again whenever somebody wants to know who needs whom. */
    json_t *known = plan->workflow->snapshot->answers;
    json_object_update_missing(json_object_get(known, "glob"), json_object_get(files, "glob"));
    json_object_update_missing(json_object_get(known, "read"), json_object_get(files, "read"));
    if (!is_grown)
        return give_first(&diagnostics, error);
    diagnostics_release(&diagnostics);
    return true;
}
