/* What a task needs: tasks, or some of their instances. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

/* A task with more needs than this finds them by a map. */
enum { NEEDS_FEW = 8 };

uint32_t needs_find(const struct reader *reader, name as)
{
    const struct task *task = reader->task;
    if (task->need_count > NEEDS_FEW)
        return name_map_get(&reader->need_of_name, as);
    return workflow_need(reader->workflow, task, as) + 1;
}

static void need_add(struct reader *reader, const struct need *need)
{
    struct task *task = reader->task;
    task->needs[task->need_count++] = *need;
    if (task->need_count <= NEEDS_FEW)
        return;
    uint32_t from = task->need_count == NEEDS_FEW + 1 ? 0 : task->need_count - 1;
    for (uint32_t i = from; i < task->need_count; i++) {
        name as = workflow_need_name(reader->workflow, &task->needs[i]);
        if (name_map_get(&reader->need_of_name, as) == 0)
            name_map_set(&reader->need_of_name, as, i + 1);
    }
}

void needs_forget(struct reader *reader)
{
    const struct task *task = reader->task;
    for (uint32_t i = 0; task->need_count > NEEDS_FEW && i < task->need_count; i++)
        name_map_set(&reader->need_of_name, workflow_need_name(reader->workflow, &task->needs[i]),
                     0);
}

/* --- selectors --- */

static const char *task_text(const struct reader *reader, uint32_t task)
{
    return names_text(reader->names, reader->workflow->tasks[task].name);
}

static bool check_variable(struct reader *reader, uint32_t task, uint32_t key)
{
    const struct shape *shape = reader_shape(reader, task);
    if (shape == NULL || !shape->has_matrix)
        return reader_error(reader, key, "task '%s' has no matrix to select from",
                            task_text(reader, task));
    if (shape->is_open ||
        shape_has(shape->variables, shape->variable_count, reader_node(reader, key)->text))
        return true;
    reader_error(reader, key, "task '%s' has no matrix variable '%s'", task_text(reader, task),
                 reader_text(reader, key));
    VEC(const char *) known = {0};
    for (uint32_t i = 0; i < shape->variable_count; i++)
        *VEC_PUSH(&known) = names_text(reader->names, shape->variables[i]);
    reader_suggest(reader, reader_text(reader, key), known.items, known.count);
    VEC_RELEASE(&known);
    return false;
}

static bool selector_read(struct reader *reader, uint32_t node, struct selector *selector)
{
    const struct node *value = reader_node(reader, node);
    bool is_list = value->kind == NODE_LIST;
    uint32_t count = is_list ? value->text : 1;
    if (count == 0)
        return reader_error(reader, node, "an empty list selects nothing");
    selector->values = ARENA_ARRAY(&reader->workflow->arena, struct spec, count);
    bool is_good = true;
    for (uint32_t i = is_list ? node + 1 : node; i < value->end; i = reader_node(reader, i)->end)
        is_good =
            spec_read(reader, i, CONTEXT_SELECTOR, &selector->values[selector->value_count++]) &&
            is_good;
    return is_good;
}

static bool selectors_read(struct reader *reader, uint32_t node, uint32_t task,
                           struct choice *choice)
{
    const struct node *map = reader_node(reader, node);
    choice->selectors = ARENA_ARRAY(&reader->workflow->arena, struct selector, map->text);
    bool is_good = true;
    for (uint32_t key = node + 1; key < map->end; key = reader_node(reader, key + 1)->end) {
        struct selector *selector = &choice->selectors[choice->selector_count++];
        selector->at = reader_node(reader, key)->at;
        selector->variable = reader_node(reader, key)->text;
        is_good = check_variable(reader, task, key) && is_good;
        is_good = selector_read(reader, key + 1, selector) && is_good;
    }
    return is_good;
}

static bool check_same(struct reader *reader, uint32_t node, uint32_t task)
{
    const struct shape *own = reader_shape(reader, reader->task_index);
    const struct shape *other = reader_shape(reader, task);
    if (reader->is_matrix_broken)
        return true;
    if (own == NULL || !own->has_matrix)
        return reader_error(reader, node, "'same' needs a matrix on this task");
    if (other == NULL || !other->has_matrix)
        return reader_error(reader, node, "'same' needs a matrix on task '%s'",
                            task_text(reader, task));
    if (own->is_open || other->is_open)
        return true;
    for (uint32_t i = 0; i < own->variable_count; i++)
        if (shape_has(other->variables, other->variable_count, own->variables[i]))
            return true;
    return reader_error(reader, node, "this task and '%s' share no matrix variable",
                        task_text(reader, task));
}

static bool selection_read(struct reader *reader, uint32_t node, uint32_t task,
                           struct choice *choice)
{
    if (reader_node(reader, node)->kind == NODE_MAP)
        return selectors_read(reader, node, task, choice);
    if (reader_node(reader, node)->kind == NODE_LIST || reader_is_plain_null(reader, node))
        return reader_wrong_kind(reader, node, "same or a map of variables");
    choice->is_same = strcmp(reader_text(reader, node), "same") == 0;
    if (choice->is_same)
        return check_same(reader, node, task);
    reader_error(reader, node, "expected same or a map of variables, found '%s'",
                 reader_text(reader, node));
    reader_hint(reader, "write {VARIABLE: %s}", reader_text(reader, node));
    return false;
}

/* --- what is known only for an instance --- */

static bool expression_is_by_instance(const struct reader *reader, uint32_t expression)
{
    const struct expression *one = &reader->expressions.items[expression];
    for (uint32_t i = 0; i < one->reference_count; i++) {
        const char *root = names_text(reader->names, one->references[i].names[0]);
        if (strcmp(root, "matrix") == 0 || strcmp(root, "env") == 0)
            return true;
    }
    return false;
}

static bool spec_is_by_instance(const struct reader *reader, const struct spec *spec)
{
    bool is_by_instance = false;
    for (uint32_t i = 0; spec->kind == SPEC_TEXT && i < spec->text.piece_count; i++)
        if (spec->text.pieces[i].expression != NO_EXPRESSION)
            is_by_instance |= expression_is_by_instance(reader, spec->text.pieces[i].expression);
    bool has_items = spec->kind == SPEC_LIST || spec->kind == SPEC_MAP;
    for (uint32_t i = 0; has_items && i < spec->count; i++)
        is_by_instance |= spec_is_by_instance(reader, &spec->items[i]);
    return is_by_instance;
}

static bool choice_is_by_instance(const struct reader *reader, const struct choice *choice)
{
    bool is_by_instance = choice->is_same || (choice->guard != NO_EXPRESSION &&
                                              expression_is_by_instance(reader, choice->guard));
    for (uint32_t i = 0; i < choice->selector_count; i++)
        for (uint32_t k = 0; k < choice->selectors[i].value_count; k++)
            is_by_instance |= spec_is_by_instance(reader, &choice->selectors[i].values[k]);
    return is_by_instance;
}

/* --- items --- */

static bool target_read(struct reader *reader, uint32_t node, struct need *need)
{
    need->at = reader_node(reader, node)->at;
    need->choice = &choice_all;
    need->task = tasks_find(reader, node);
    if (need->task == NO_TASK)
        return false;
    if (!reader->task->is_finally && reader->workflow->tasks[need->task].is_finally)
        return reader_error(reader, node, "'%s' stands under 'finally': it runs after all tasks",
                            reader_text(reader, node));
    return true;
}

/* The one key that is not `if` or `as`; 0 after an error. */
static uint32_t target_key(struct reader *reader, uint32_t node)
{
    uint32_t target = 0, end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        if (strcmp(reader_text(reader, key), "if") == 0 ||
            strcmp(reader_text(reader, key), "as") == 0)
            continue;
        if (target != 0) {
            reader_error(reader, key, "a map in 'needs' names one task");
            reader_hint(reader, "write a list, one map for each task: [{%s: ...}, {%s: ...}]",
                        reader_text(reader, target), reader_text(reader, key));
            return 0;
        }
        target = key;
    }
    if (target == 0)
        reader_error(reader, node, "a map in 'needs' names a task: {TASK: {VARIABLE: value}}");
    return target;
}

static bool as_read(struct reader *reader, uint32_t node, struct choice *choice)
{
    if (!reader_constant(reader, node, &choice->as))
        return false;
    return reader_check_name(reader, node, "a need");
}

static bool map_read(struct reader *reader, uint32_t node, struct need *need)
{
    uint32_t target = target_key(reader, node), end = reader_node(reader, node)->end;
    struct choice choice = choice_all;
    bool is_good = target != 0 && target_read(reader, target, need);
    if (is_good)
        is_good = selection_read(reader, target + 1, need->task, &choice);
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        if (key == target)
            continue;
        if (strcmp(reader_text(reader, key), "if") == 0)
            is_good = condition_read(reader, key + 1, CONTEXT_SELECTOR, &choice.guard) && is_good;
        else if (strcmp(reader_text(reader, key), "as") == 0)
            is_good = as_read(reader, key + 1, &choice) && is_good;
    }
    choice.is_by_instance = choice_is_by_instance(reader, &choice);
    need->choice = arena_copy(&reader->workflow->arena, &choice, sizeof choice);
    return is_good;
}

static bool item_read(struct reader *reader, uint32_t node)
{
    struct need need = {0};
    bool is_map = reader_node(reader, node)->kind == NODE_MAP;
    if (!is_map &&
        (reader_node(reader, node)->kind == NODE_LIST || reader_is_plain_null(reader, node)))
        return reader_wrong_kind(reader, node, "the name of a task or a map with one");
    if (!(is_map ? map_read(reader, node, &need) : target_read(reader, node, &need)))
        return false;
    name as = workflow_need_name(reader->workflow, &need);
    uint32_t other = needs_find(reader, as);
    if (other != 0 && reader->task->needs[other - 1].task != need.task)
        return reader_error(reader, node, "'%s' is the name of another need already",
                            names_text(reader->names, as));
    need_add(reader, &need);
    return true;
}

void needs_read(struct reader *reader, uint32_t node)
{
    const struct node *one = reader_node(reader, node);
    bool is_list = one->kind == NODE_LIST;
    uint32_t count = is_list ? one->text : 1;
    reader->task->needs = ARENA_ARRAY(&reader->workflow->arena, struct need, count);
    for (uint32_t i = is_list ? node + 1 : node; i < one->end; i = reader_node(reader, i)->end)
        if (!item_read(reader, i))
            reader->is_needs_broken = true;
}
