/* The expanded drawing: the plan's own nodes and edges, each once. Joins are points, so that it has
 * as many edges as the plan. */
#include "analyse/dot.h"
#include "base/memory.h"

/* A template is drawn as a task until it is expanded, then as what its instances come from. */
static bool is_point(const struct plan *plan, uint32_t node)
{
    if (plan->is_join[node] == JOIN_TEMPLATE)
        return instances_are_known(&plan->instances[plan->task[node]]);
    return plan->is_join[node] != JOIN_NOT;
}

static void add_id(const struct drawing *drawing, uint32_t node)
{
    if (is_point(drawing->plan, node)) {
        buffer_printf(drawing->out, "\"join %u\"", node);
        return;
    }
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(drawing->plan, node, &title);
    dot_add_id(title.bytes, title.length, drawing->out);
}

static void draw_join(const struct drawing *drawing, uint32_t node)
{
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(drawing->plan, node, &title);
    buffer_add_text(drawing->out, "    ");
    add_id(drawing, node);
    buffer_add_text(drawing->out, " [shape=point, fillcolor=\"#555555\", tooltip=\"");
    dot_add_label(title.bytes, title.length, drawing->out);
    buffer_add_text(drawing->out, "\"];\n");
}

static void draw_instance(struct drawing *drawing, uint32_t node)
{
    const struct plan *plan = drawing->plan;
    struct tally tally = {0};
    if (drawing->replay != NULL)
        words_count(&tally, drawing->replay, node);
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(plan, node, &title);
    dot_begin_node(drawing, title.bytes, title.length);
    if (plan->is_join[node] == JOIN_TEMPLATE)
        dot_add_count(drawing, plan->task[node]);
    dot_end_node(drawing, drawing->replay != NULL ? &tally : NULL,
                 &plan->workflow->tasks[plan->task[node]], drawing->path[node] != NO_NODE);
}

/* The nodes of a kind: of finally's tasks, joins, or the others. */
enum part { PART_TASKS, PART_FINALLY, PART_JOINS };
static enum part part_of(const struct plan *plan, uint32_t node)
{
    if (is_point(plan, node))
        return PART_JOINS;
    return plan->workflow->tasks[plan->task[node]].is_finally ? PART_FINALLY : PART_TASKS;
}

static void draw_part(struct drawing *drawing, enum part part)
{
    const struct plan *plan = drawing->plan;
    for (uint32_t node = 0; node < plan->node_count; node++) {
        if (!plan->is_selected[node] || part_of(plan, node) != part)
            continue;
        if (part == PART_JOINS)
            draw_join(drawing, node);
        else
            draw_instance(drawing, node);
    }
}

static void draw_edge(const struct drawing *drawing, uint32_t from, uint32_t to)
{
    const struct plan *plan = drawing->plan;
    bool is_of_finally = from == plan->finally_join || to == plan->finally_join;
    buffer_add_text(drawing->out, "    ");
    add_id(drawing, from);
    buffer_add_text(drawing->out, " -> ");
    add_id(drawing, to);
    buffer_printf(drawing->out, " [style=%s", is_of_finally ? "dashed" : "solid");
    if (is_point(plan, to))
        buffer_add_text(drawing->out, ", arrowhead=none");
    if (drawing->path[from] == to)
        buffer_add_text(drawing->out, ", penwidth=2.5, color=\"#000000\"");
    buffer_add_text(drawing->out, "];\n");
}

/* Everything comes before finally: what something else waits for need not say so. */
static bool is_implied(const struct plan *plan, uint32_t from, uint32_t to)
{
    const struct graph *graph = &plan->dependents;
    if (to != plan->finally_join)
        return false;
    for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
        if (graph->targets[i] != to && plan->is_selected[graph->targets[i]])
            return true;
    return false;
}

static void draw_edges(const struct drawing *drawing)
{
    const struct plan *plan = drawing->plan;
    const struct graph *graph = &plan->dependents;
    uint32_t *drawn_from = memory_array(plan->node_count, sizeof *drawn_from); /* + 1; 0: none */
    for (uint32_t node = 0; node < plan->node_count; node++)
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
            uint32_t to = graph->targets[i];
            if (!plan->is_selected[node] || !plan->is_selected[to] || drawn_from[to] == node + 1)
                continue;
            drawn_from[to] = node + 1;
            if (!is_implied(plan, node, to))
                draw_edge(drawing, node, to);
        }
    memory_free(drawn_from);
}

/* Instances of a matrix that was expanded come from its template. */
static void draw_expansions(const struct drawing *drawing)
{
    const struct plan *plan = drawing->plan;
    for (uint32_t task = 0; task < plan->workflow->task_count; task++) {
        const struct instances *instances = &plan->instances[task];
        for (uint32_t i = 0; instances->template != NO_NODE && i < instances->count; i++)
            if (plan->is_selected[instances_node(instances, i)])
                draw_edge(drawing, instances->template, instances_node(instances, i));
    }
}

static void draw_primitives(struct drawing *drawing)
{
    const struct plan *plan = drawing->plan;
    CLEANUP_FREE bool *is_drawn = memory_array(plan->workflow->task_count, sizeof *is_drawn);
    for (uint32_t node = 0; node < plan->node_count; node++)
        if (plan->is_selected[node] && plan_is_counted(plan, node))
            is_drawn[plan->task[node]] = true;
    dot_draw_primitives(drawing, is_drawn, true);
}

void dot_draw_instances(struct drawing *drawing)
{
    draw_part(drawing, PART_TASKS);
    if (drawing->plan->workflow->finally_count > 0) {
        dot_begin_finally(drawing);
        draw_part(drawing, PART_FINALLY);
        dot_end_finally(drawing);
    }
    draw_part(drawing, PART_JOINS);
    draw_edges(drawing);
    draw_expansions(drawing);
    draw_primitives(drawing);
}
