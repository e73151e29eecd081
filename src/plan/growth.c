/* Growth by an expansion. All that is new stands behind what is there: first the instances, then
 * the joins that needs among them, or on them, make necessary. Rows of old nodes are closed, and
 * that is enough: what is new needs old nodes only after these have ended, and whoever needs what
 * is new is either new too or an old node behind the template, which an edge out of a new row can
 * reach. Each expansion costs what it adds and the needs of those that wait for it. */
#include "plan/growth.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/build.h"
#include "plan/instance.h"
#include "plan/matrix.h"
#include "plan/weaver.h"

/* --- who waits for a template --- */

static int compare_waiting(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    if (x->needed != y->needed)
        return x->needed < y->needed ? -1 : 1;
    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    return x->need < y->need ? -1 : x->need > y->need;
}

void build_waiting(struct plan *plan)
{
    const struct workflow *workflow = plan->workflow;
    VEC(struct waiting) all = {0};
    for (uint32_t task = 0; task < workflow->task_count; task++)
        for (uint32_t i = 0; i < workflow->tasks[task].need_count; i++) {
            const struct need *need = &workflow->tasks[task].needs[i];
            if (plan->instances[need->task].template != NO_NODE &&
                plan->instances[task].template == NO_NODE && !need_is_plain(need) &&
                !workflow->tasks[need->task].matrix->is_queue)
                *VEC_PUSH(&all) = (struct waiting){need->task, task, i};
        }
    if (all.count > 0)
        qsort(all.items, all.count, sizeof *all.items, compare_waiting);
    plan->inside->waiting = all.items;
    plan->inside->waiting_count = all.count;
}

static uint32_t first_waiting(const struct inside *inside, uint32_t task)
{
    uint32_t low = 0, high = inside->waiting_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (inside->waiting[middle].needed < task)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- edges --- */

struct growth {
    struct plan *plan;
    struct weaver weaver;
    uint32_t task, template, first; /* first: of the new nodes */
    uint32_t begin;                 /* the first new instance */
};

static void reserve(struct plan *plan, uint32_t count)
{
    uint32_t wanted = count, old = plan->node_capacity;
    if (count <= old)
        return;
    if (wanted < (uint64_t)old + old / 2)
        wanted = (uint64_t)old + old / 2 < MOST_NODES ? old + old / 2 : MOST_NODES;
    plan->task = memory_resize(plan->task, wanted, sizeof *plan->task);
    plan->is_join = memory_resize(plan->is_join, wanted, sizeof *plan->is_join);
    plan->need_counts = memory_resize(plan->need_counts, wanted, sizeof *plan->need_counts);
    plan->levels = memory_resize(plan->levels, wanted, sizeof *plan->levels);
    plan->is_selected = memory_resize(plan->is_selected, wanted, sizeof *plan->is_selected);
    plan->node_capacity = wanted;
}

static bool append_instances(struct growth *growth, struct diagnostics *diagnostics)
{
    struct plan *plan = growth->plan;
    struct instances *instances = &plan->instances[growth->task];
    if (instances->count > MOST_NODES - plan->node_count)
        return diagnostics_add(diagnostics, plan->workflow->tasks[growth->task].at,
                               "too many instances: a plan holds %u nodes at most",
                               (uint32_t)MOST_NODES);
    reserve(plan, plan->node_count + instances->count);
    instances->first = plan->node_count;
    plan->node_count += instances->count;
    for (uint32_t node = growth->first; node < plan->node_count; node++) {
        plan->task[node] = growth->task;
        plan->is_join[node] = JOIN_NOT;
    }
    return true;
}

/* Connects the instances of a task for one of its needs; those that are not part of the run only
 * if they are new. */
static bool connect(struct growth *growth, uint32_t task, const struct need *need)
{
    struct plan *plan = growth->plan;
    const struct instances *instances = &plan->instances[task];
    CLEANUP_ERROR struct error error = {0};
    if (!resolver_add(plan, task, need, &error))
        return diagnostics_take(growth->weaver.diagnostics, &error);
    struct resolver *resolver = resolver_find(plan, need);
    if (task != growth->task && resolver->is_whole)
        return true; /* the join of all has been there from the beginning */
    CLEANUP_VIEW struct view view;
    view_init(&view, plan, task, instances->first);
    uint32_t begin = task == growth->task ? growth->begin : 0;
    for (uint32_t i = begin; i < instances->count && !growth->weaver.is_full; i++) {
        uint32_t node = instances_node(instances, i);
        if (node < growth->first && !plan->is_selected[node])
            continue;
        view_move(&view, node);
        if (!weaver_connect(&growth->weaver, resolver, &view))
            return false;
    }
    return true;
}

static bool connect_own(struct growth *growth)
{
    struct plan *plan = growth->plan;
    const struct task *task = &plan->workflow->tasks[growth->task];
    const struct instances *instances = &plan->instances[growth->task];
    bool is_fine = true;
    for (uint32_t i = 0; i < task->need_count; i++)
        if (!need_is_plain(&task->needs[i]))
            is_fine &= connect(growth, growth->task, &task->needs[i]);
    for (uint32_t i = growth->begin; i < instances->count; i++) {
        uint32_t node = instances_node(instances, i);
        if (instances->join != NO_NODE && instances->join < growth->first)
            weaver_add_edge(&growth->weaver, node, instances->join);
        if (plan->finally_join != NO_NODE && !task->is_finally)
            weaver_add_edge(&growth->weaver, node, plan->finally_join);
    }
    return is_fine;
}

static bool connect_waiting(struct growth *growth)
{
    struct plan *plan = growth->plan;
    const struct inside *inside = plan->inside;
    bool is_fine = true;
    for (uint32_t i = first_waiting(inside, growth->task);
         i < inside->waiting_count && inside->waiting[i].needed == growth->task; i++) {
        const struct waiting *one = &inside->waiting[i];
        is_fine &= connect(growth, one->task, &plan->workflow->tasks[one->task].needs[one->need]);
    }
    return is_fine;
}

static bool make_edges(struct growth *growth)
{
    struct diagnostics *diagnostics = growth->weaver.diagnostics;
    bool is_fine = connect_own(growth);
    is_fine &= connect_waiting(growth);
    if (growth->weaver.is_full)
        return diagnostics_add(diagnostics, PLACE_NONE,
                               "the plan is too large: it holds %u nodes and %u edges at most",
                               (uint32_t)MOST_NODES, UINT32_MAX);
    return is_fine;
}

/* --- what follows from the edges --- */

static void append_joins(struct growth *growth)
{
    struct plan *plan = growth->plan;
    const struct weaver *weaver = &growth->weaver;
    uint32_t begin = plan->node_count - weaver->joined.count;
    reserve(plan, plan->node_count);
    for (uint32_t i = 0; i < weaver->joined.count; i++) {
        plan->task[begin + i] = weaver->joined.items[i].task;
        plan->is_join[begin + i] = weaver->joined.items[i].kind;
    }
}

/* An order of the new nodes, as numbers from 0; false after a cycle was reported. */
static bool find_order(struct growth *growth, uint32_t *order)
{
    struct plan *plan = growth->plan;
    uint32_t count = plan->node_count - growth->first;
    VEC(struct edge) inner = {0};
    for (uint32_t i = 0; i < growth->weaver.edges.count; i++) {
        const struct edge *edge = &growth->weaver.edges.items[i];
        if (edge->to >= growth->first)
            *VEC_PUSH(&inner) = (struct edge){edge->from - growth->first, edge->to - growth->first};
    }
    struct graph graph;
    graph_build(&graph, count, inner.items, inner.count);
    bool is_ordered = graph_order(&graph, order) == count;
    if (!is_ordered)
        levels_find_cycle(plan, &graph, growth->first, growth->weaver.diagnostics);
    graph_release(&graph);
    VEC_RELEASE(&inner);
    return is_ordered;
}

/* Does an old node want for the run whatever it needs? finally orders, and chooses nothing; the
 * join of all has spoken already (is_chosen). */
static bool chooses(const struct growth *growth, uint32_t node)
{
    const struct plan *plan = growth->plan;
    uint32_t task = plan->task[node];
    return plan->is_selected[node] && task != NO_TASK && !plan->workflow->tasks[task].is_finally &&
           node != plan->instances[growth->task].join;
}

/* What a new node is by what it leads to, which is known. is_wanted: of the new nodes. */
static void fill_node(struct growth *growth, uint32_t node, bool *is_wanted)
{
    struct plan *plan = growth->plan;
    const struct graph *graph = &plan->dependents;
    bool is_join = plan->is_join[node] != JOIN_NOT, leads_to_selected = false, wanted = false;
    uint64_t longest = 0;
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
        uint32_t to = graph->targets[i];
        longest = plan->levels[to] > longest ? plan->levels[to] : longest;
        leads_to_selected |= plan->is_selected[to];
        wanted |= to >= growth->first ? is_wanted[to - growth->first] : chooses(growth, to);
    }
    bool is_selected =
        is_join ? leads_to_selected : wanted || plan->instances[growth->task].is_chosen;
    is_wanted[node - growth->first] = is_join ? wanted : is_selected;
    plan->levels[node] = longest + node_weight(plan, node);
    plan->is_selected[node] = is_selected;
    plan->selected_count += is_selected && !is_join;
    for (uint32_t i = graph->first[node]; is_selected && i < graph->first[node + 1]; i++)
        plan->need_counts[graph->targets[i]]++;
}

static void fill_nodes(struct growth *growth, const uint32_t *order)
{
    struct plan *plan = growth->plan;
    uint32_t count = plan->node_count - growth->first;
    CLEANUP_FREE bool *is_wanted = memory_array(count, sizeof *is_wanted);
    memset(plan->need_counts + growth->first, 0, count * sizeof *plan->need_counts);
    for (uint32_t i = count; i-- > 0;)
        fill_node(growth, growth->first + order[i], is_wanted);
    if (growth->begin == 0)
        plan->selected_count -= plan->is_selected[growth->template];
}

static void commit(struct growth *growth, const uint32_t *order)
{
    struct plan *plan = growth->plan;
    struct weaver *weaver = &growth->weaver;
    graph_append(&plan->dependents, plan->node_count - growth->first, weaver->edges.items,
                 weaver->edges.count);
    fill_nodes(growth, order);
    VEC_RELEASE(&plan->ended_needs);
    plan->ended_needs.items = weaver->ended.items;
    plan->ended_needs.count = weaver->ended.count;
    plan->ended_needs.capacity = weaver->ended.capacity;
    weaver->ended.items = NULL;
}

/* The new nodes and their edges are known: the joins they want, their order, and they are there. */
static bool finish(struct growth *growth)
{
    const struct plan *plan = growth->plan;
    append_joins(growth);
    CLEANUP_FREE uint32_t *order = memory_array(plan->node_count - growth->first, sizeof *order);
    if (!find_order(growth, order))
        return false;
    commit(growth, order);
    return true;
}

static bool grow(struct growth *growth)
{
    return append_instances(growth, growth->weaver.diagnostics) && make_edges(growth) &&
           finish(growth);
}

bool growth_make(struct plan *plan, uint32_t template, const json_t *values,
                 struct diagnostics *diagnostics)
{
    uint32_t task = plan->task[template], old = plan->node_count;
    struct growth growth = {.plan = plan, .task = task, .template = template, .first = old};
    growth.weaver = (struct weaver){
        .plan = plan, .diagnostics = diagnostics, .old_count = old, .grown_task = task};
    struct instances before = plan->instances[task];
    if (!matrix_fill(plan, task, values, diagnostics))
        return false;
    bool is_grown = grow(&growth);
    if (!is_grown) {
        weaver_undo(&growth.weaver);
        groups_release(&plan->instances[task]);
        instances_release(&plan->instances[task]);
        plan->instances[task] = before;
        plan->node_count = old;
    }
    weaver_release(&growth.weaver);
    return is_grown;
}

/* The row and the node of the instance are there; its edges follow. */
static bool grow_by_item(struct growth *growth)
{
    struct plan *plan = growth->plan;
    plan->task[growth->first] = growth->task;
    plan->is_join[growth->first] = JOIN_NOT;
    plan->node_count++;
    return connect_own(growth) && finish(growth);
}

bool growth_add_item(struct plan *plan, uint32_t template, const json_t *item,
                     struct diagnostics *diagnostics)
{
    uint32_t task = plan->task[template], node = plan->node_count;
    struct instances *instances = &plan->instances[task];
    struct growth growth = {
        .plan = plan, .task = task, .template = template, .first = node, .begin = instances->count};
    growth.weaver = (struct weaver){
        .plan = plan, .diagnostics = diagnostics, .old_count = node, .grown_task = task};
    if (node == MOST_NODES)
        return diagnostics_add(diagnostics, plan->workflow->tasks[task].at,
                               "too many instances: a plan holds %u nodes at most",
                               (uint32_t)MOST_NODES);
    reserve(plan, node + 1);
    instances_add_item(instances, plan->workflow->names, node, item);
    bool is_grown = grow_by_item(&growth);
    if (!is_grown) {
        weaver_undo(&growth.weaver);
        instances_drop_item(instances);
        plan->node_count = node;
    }
    weaver_release(&growth.weaver);
    return is_grown;
}
