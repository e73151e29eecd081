/* Gangs: the tasks that pipes connect, directly or through others. All members come after all that
 * any of them needs, by a join of the gang's own, so that they become ready together; a cycle
 * through a gang is then a cycle of the graph. */
#include "plan/gang.h"

#include "base/memory.h"
#include "plan/inside.h"

static const char *task_text(const struct plan *plan, uint32_t task)
{
    return names_text(plan->workflow->names, plan->workflow->tasks[task].name);
}

/* By task: one of its set; a set's smallest stands for it. */
static uint32_t root_of(uint32_t *parents, uint32_t task)
{
    while (parents[task] != task)
        task = parents[task] = parents[parents[task]];
    return task;
}

static void unite(uint32_t *parents, uint32_t a, uint32_t b)
{
    a = root_of(parents, a);
    b = root_of(parents, b);
    parents[a > b ? a : b] = a < b ? a : b;
}

static bool check_member(struct plan *plan, uint32_t task, const struct pipe *pipe,
                         struct diagnostics *diagnostics)
{
    if (plan->workflow->tasks[task].matrix == NULL)
        return true;
    diagnostics_add(diagnostics, pipe->at, "pipe '%s' joins '%s', which has a matrix",
                    names_text(plan->workflow->names, pipe->name), task_text(plan, task));
    diagnostics_hint(diagnostics, "a pipe joins tasks of one instance each");
    return false;
}

static uint32_t *find_sets(struct plan *plan, struct diagnostics *diagnostics)
{
    const struct workflow *workflow = plan->workflow;
    uint32_t *parents = memory_array(workflow->task_count, sizeof *parents);
    for (uint32_t i = 0; i < workflow->task_count; i++)
        parents[i] = i;
    for (uint32_t i = 0; i < workflow->pipe_count; i++) {
        const struct pipe *pipe = &workflow->pipes[i];
        if (pipe->writer == NO_TASK || !check_member(plan, pipe->writer, pipe, diagnostics))
            continue;
        for (uint32_t k = 0; k < pipe->reader_count; k++)
            if (check_member(plan, pipe->readers[k], pipe, diagnostics))
                unite(parents, pipe->writer, pipe->readers[k]);
    }
    return parents;
}

/* A need between two members: they start together, so it could never be met. */
static void check_needs(struct plan *plan, uint32_t task, struct diagnostics *diagnostics)
{
    const struct task *the = &plan->workflow->tasks[task];
    const uint32_t *gang_of = plan->inside->gang_of;
    for (uint32_t i = 0; i < the->need_count; i++) {
        const struct need *need = &the->needs[i];
        if (gang_of[need->task] != gang_of[task] || need->task == task)
            continue;
        diagnostics_add(diagnostics, need->at,
                        "'%s' needs '%s', but pipes join them: they start together",
                        task_text(plan, task), task_text(plan, need->task));
        diagnostics_hint(diagnostics, "take the need out, or hand the data on by a file");
    }
}

static void fill(struct plan *plan, uint32_t *parents)
{
    uint32_t task_count = plan->workflow->task_count;
    uint32_t *gang_of = plan->inside->gang_of;
    CLEANUP_FREE uint32_t *sizes = memory_array(task_count, sizeof *sizes);
    for (uint32_t i = 0; i < task_count; i++)
        sizes[root_of(parents, i)]++;
    for (uint32_t i = 0; i < task_count; i++) {
        uint32_t root = root_of(parents, i);
        if (sizes[root] < 2)
            continue;
        if (root == i) {
            gang_of[i] = plan->gang_count++;
            plan->gangs[gang_of[i]].nodes = ARENA_ARRAY(&plan->arena, uint32_t, sizes[i]);
        }
        struct gang *gang = &plan->gangs[gang_of[root]];
        gang_of[i] = gang_of[root];
        gang->nodes[gang->count++] = plan->instances[i].first;
    }
}

void build_gangs(struct plan *plan, struct diagnostics *diagnostics)
{
    const struct workflow *workflow = plan->workflow;
    plan->gang_count = 1;
    if (workflow->pipe_count == 0)
        return;
    plan->gangs = memory_array((size_t)workflow->pipe_count + 1, sizeof *plan->gangs);
    plan->inside->gang_of = memory_array(workflow->task_count, sizeof(uint32_t));
    CLEANUP_FREE uint32_t *parents = find_sets(plan, diagnostics);
    fill(plan, parents);
    for (uint32_t i = 0; i < workflow->task_count; i++)
        if (plan->inside->gang_of[i] != NO_GANG)
            check_needs(plan, i, diagnostics);
}

const struct gang *plan_task_gang(const struct plan *plan, uint32_t task)
{
    const uint32_t *gang_of = plan->inside->gang_of;
    return gang_of != NULL && gang_of[task] != NO_GANG ? &plan->gangs[gang_of[task]] : NULL;
}

/* --- edges --- */

/* What edges there are from a member's needs, copied to the join of its gang. */
static void copy_needs(struct weaver *weaver, const uint32_t *joins)
{
    struct plan *plan = weaver->plan;
    uint32_t count = weaver->edges.count;
    for (uint32_t i = 0; i < count; i++) {
        struct edge edge = weaver->edges.items[i];
        if (edge.to >= plan->instance_count)
            continue;
        uint32_t gang = plan->inside->gang_of[plan->task[edge.to]];
        bool is_inside = edge.from < plan->instance_count &&
                         plan->inside->gang_of[plan->task[edge.from]] == gang;
        if (gang != NO_GANG && !is_inside)
            weaver_add_edge(weaver, edge.from, joins[gang]);
    }
}

void gangs_connect(struct weaver *weaver)
{
    struct plan *plan = weaver->plan;
    if (plan->gang_count <= 1)
        return;
    CLEANUP_FREE uint32_t *joins = memory_array(plan->gang_count, sizeof *joins);
    for (uint32_t i = 1; i < plan->gang_count; i++)
        joins[i] = weaver_add_join(weaver, plan->task[plan->gangs[i].nodes[0]], JOIN_PLAIN);
    copy_needs(weaver, joins);
    for (uint32_t i = 1; i < plan->gang_count; i++)
        for (uint32_t k = 0; k < plan->gangs[i].count; k++)
            weaver_add_edge(weaver, joins[i], plan->gangs[i].nodes[k]);
}
