/* What tasks share beside needs: a small node for each primitive or pipe that some drawn task uses,
 * and a dashed edge to each such task (folded: one for all its instances), in the direction in
 * which something is handed on. They do not shift the tasks, whose order is that of the needs. */
#include "analyse/dot.h"
#include "analyse/usage.h"
#include "base/memory.h"

static void add_primitive_id(const struct drawing *drawing, uint32_t primitive)
{
    CLEANUP_BUFFER struct buffer id = {0};
    usage_write(drawing->plan, primitive, &id);
    dot_add_id(id.bytes, id.length, drawing->out);
}

static void draw_primitive(const struct drawing *drawing, uint32_t primitive)
{
    CLEANUP_BUFFER struct buffer label = {0};
    usage_write(drawing->plan, primitive, &label);
    buffer_add_text(drawing->out, "    ");
    dot_add_id(label.bytes, label.length, drawing->out);
    buffer_add_text(drawing->out, " [label=\"");
    dot_add_label(label.bytes, label.length, drawing->out);
    buffer_add_text(drawing->out, "\", shape=ellipse, style=dashed, color=\"#888888\", "
                                  "fontsize=10, margin=\"0.05,0.02\"];\n");
}

/* A node of the plan, or, folded, the task. */
struct end {
    uint32_t task, node;
};

static void add_end_id(const struct drawing *drawing, const struct end *end)
{
    const struct plan *plan = drawing->plan;
    CLEANUP_BUFFER struct buffer id = {0};
    if (end->node != NO_NODE)
        plan_write_name(plan, end->node, &id);
    else
        buffer_add_text(&id,
                        names_text(plan->workflow->names, plan->workflow->tasks[end->task].name));
    dot_add_id(id.bytes, id.length, drawing->out);
}

static void draw_usage(const struct drawing *drawing, const struct end *end,
                       const struct usage *usage)
{
    bool is_taken = usage->ways & USAGE_TAKES;
    bool is_given = usage->ways & USAGE_GIVES;
    buffer_add_text(drawing->out, "    ");
    if (is_taken && !is_given)
        add_primitive_id(drawing, usage->primitive);
    else
        add_end_id(drawing, end);
    buffer_add_text(drawing->out, " -> ");
    if (is_taken && !is_given)
        add_end_id(drawing, end);
    else
        add_primitive_id(drawing, usage->primitive);
    buffer_add_text(drawing->out, " [style=dashed, color=\"#888888\"");
    if (is_taken && is_given)
        buffer_add_text(drawing->out, ", dir=both");
    else if (!is_taken && !is_given)
        buffer_add_text(drawing->out, ", arrowhead=none, constraint=false");
    buffer_add_text(drawing->out, "];\n");
}

/* A condition belongs to its lock. */
static void draw_condition(const struct drawing *drawing, uint32_t primitive, const bool *is_drawn)
{
    const struct workflow *workflow = drawing->plan->workflow;
    if (primitive >= workflow->primitive_count ||
        workflow->primitives[primitive].kind != PRIMITIVE_CONDITION ||
        !is_drawn[workflow->primitives[primitive].lock])
        return;
    buffer_add_text(drawing->out, "    ");
    add_primitive_id(drawing, primitive);
    buffer_add_text(drawing->out, " -> ");
    add_primitive_id(drawing, workflow->primitives[primitive].lock);
    buffer_add_text(drawing->out, " [style=dotted, color=\"#888888\", arrowhead=none, "
                                  "constraint=false];\n");
}

static void draw_all(const struct drawing *drawing, const struct end *end, const usage_list *usages)
{
    for (uint32_t i = 0; i < usages->count; i++)
        draw_usage(drawing, end, &usages->items[i]);
}

/* Of the instances that are part of the run; in place of them, their template. */
static void draw_instances(const struct drawing *drawing, uint32_t task, const usage_list *usages)
{
    const struct plan *plan = drawing->plan;
    const struct instances *instances = &plan->instances[task];
    bool is_template = instances->template != NO_NODE && !instances_are_known(instances);
    if (is_template && plan->is_selected[instances->template])
        draw_all(drawing, &(struct end){task, instances->template}, usages);
    for (uint32_t i = 0; i < instances->count; i++) {
        uint32_t node = instances_node(instances, i);
        if (plan->is_selected[node])
            draw_all(drawing, &(struct end){task, node}, usages);
    }
}

void dot_draw_primitives(struct drawing *drawing, const bool *is_drawn_task, bool is_expanded)
{
    const struct plan *plan = drawing->plan;
    const struct workflow *workflow = plan->workflow;
    uint32_t count = workflow->primitive_count + workflow->pipe_count;
    if (count == 0)
        return;
    CLEANUP_FREE usage_list *usages = memory_array(workflow->task_count, sizeof *usages);
    CLEANUP_FREE bool *is_drawn = memory_array(count, sizeof *is_drawn);
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        if (is_drawn_task[task])
            usage_of_task(plan, task, &usages[task]);
        for (uint32_t i = 0; i < usages[task].count; i++)
            is_drawn[usages[task].items[i].primitive] = true;
    }
    for (uint32_t i = 0; i < count; i++)
        if (is_drawn[i])
            draw_primitive(drawing, i);
    for (uint32_t i = 0; i < count; i++)
        if (is_drawn[i])
            draw_condition(drawing, i, is_drawn);
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        if (is_expanded)
            draw_instances(drawing, task, &usages[task]);
        else
            draw_all(drawing, &(struct end){task, NO_NODE}, &usages[task]);
        VEC_RELEASE(&usages[task]);
    }
}
