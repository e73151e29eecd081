/* The folded drawing: a node for each task, an edge for each need. It grows with the workflow's
 * text, however many instances there are; these are only counted. */
#include "analyse/dot.h"
#include "base/memory.h"

struct folded {
    struct tally *tallies; /* by task, of a replay */
    bool *is_drawn;        /* by task: some instance is part of the run, or there are none */
    bool *is_critical;     /* by task: the critical path goes through it */
    uint32_t *first_need;  /* by task: its first need in is_bold */
    bool *is_bold;         /* by need: the critical path goes along it */
    bool *is_needed;       /* by task: another one that is drawn needs it */
};

/* An instance, or the template in place of them. */
static void fold_node(struct drawing *drawing, struct folded *folded, uint32_t node)
{
    const struct plan *plan = drawing->plan;
    uint32_t task = plan->task[node];
    if (!plan->is_selected[node])
        return;
    folded->is_drawn[task] = true;
    folded->is_critical[task] |= drawing->path[node] != NO_NODE;
    if (drawing->replay != NULL && words_is_counted(plan, node))
        words_count(&folded->tallies[task], drawing->replay, node);
}

static void fold_instances(struct drawing *drawing, struct folded *folded)
{
    const struct plan *plan = drawing->plan;
    for (uint32_t task = 0; task < plan->workflow->task_count; task++) {
        const struct instances *instances = &plan->instances[task];
        folded->is_drawn[task] = instances->count == 0 && instances->template == NO_NODE;
        if (instances->template != NO_NODE)
            fold_node(drawing, folded, instances->template);
        for (uint32_t i = 0; i < instances->count; i++)
            fold_node(drawing, folded, instances_node(instances, i));
    }
}

static void number_needs(const struct plan *plan, struct folded *folded)
{
    uint32_t count = 0;
    for (uint32_t task = 0; task < plan->workflow->task_count; task++) {
        folded->first_need[task] = count;
        count += plan->workflow->tasks[task].need_count;
    }
    folded->is_bold = memory_array(count, sizeof *folded->is_bold);
}

/* The instance behind this one on the path, over joins; NO_NODE at the end. */
static uint32_t instance_behind(const struct drawing *drawing, uint32_t node)
{
    for (;;) {
        uint32_t behind = drawing->path[node];
        if (behind == node)
            return NO_NODE;
        if (plan_is_counted(drawing->plan, behind))
            return behind;
        node = behind;
    }
}

static uint32_t path_begin(const struct drawing *drawing)
{
    const struct plan *plan = drawing->plan;
    uint32_t best = NO_NODE;
    for (uint32_t node = 0; node < plan->node_count; node++)
        if (drawing->path[node] != NO_NODE && plan_is_counted(plan, node) &&
            (best == NO_NODE || plan->levels[node] > plan->levels[best]))
            best = node;
    return best;
}

static void mark_path(const struct drawing *drawing, struct folded *folded)
{
    const struct plan *plan = drawing->plan;
    uint32_t node = path_begin(drawing), last_from = NO_TASK, last_to = NO_TASK;
    while (node != NO_NODE) {
        uint32_t behind = instance_behind(drawing, node);
        if (behind == NO_NODE)
            return;
        uint32_t from = plan->task[node], to = plan->task[behind];
        const struct task *task = &plan->workflow->tasks[to];
        bool is_known = from == last_from && to == last_to;
        for (uint32_t i = 0; i < task->need_count && !is_known; i++)
            folded->is_bold[folded->first_need[to] + i] |= task->needs[i].task == from;
        last_from = from;
        last_to = to;
        node = behind;
    }
}

static void add_share(struct buffer *out, const char **separator, uint32_t count, const char *word)
{
    if (count == 0)
        return;
    buffer_printf(out, "%s%u %s", *separator, count, word);
    *separator = ", ";
}

static void add_tally(struct buffer *out, const struct tally *tally)
{
    const char *separator = "\\n";
    add_share(out, &separator, tally->by_status[STATUS_SUCCESS], "ok");
    add_share(out, &separator, tally->by_status[STATUS_FAILURE], "failed");
    add_share(out, &separator, tally->by_status[STATUS_SKIPPED], "skipped");
    add_share(out, &separator, tally->by_status[STATUS_BLOCKED], "blocked");
    add_share(out, &separator, tally->by_status[STATUS_CANCELLED], "cancelled");
    add_share(out, &separator, tally->running, "running");
    add_share(out, &separator, tally->waiting, "waiting");
}

static void draw_task(struct drawing *drawing, const struct folded *folded, uint32_t index)
{
    const struct plan *plan = drawing->plan;
    const struct task *task = &plan->workflow->tasks[index];
    const struct names *names = plan->workflow->names;
    const struct tally *tally = drawing->replay != NULL ? &folded->tallies[index] : NULL;
    dot_begin_node(drawing, names_text(names, task->name), names_length(names, task->name));
    if (task->matrix != NULL) {
        dot_add_count(drawing, index);
        if (tally != NULL)
            add_tally(drawing->out, tally);
    }
    dot_end_node(drawing, tally, task, folded->is_critical[index]);
}

static void add_task_id(const struct drawing *drawing, uint32_t index)
{
    const struct names *names = drawing->plan->workflow->names;
    name id = drawing->plan->workflow->tasks[index].name;
    dot_add_id(names_text(names, id), names_length(names, id), drawing->out);
}

/* What the need selects by: "same", or the variables. */
static void add_selection(const struct drawing *drawing, const struct need *need)
{
    const struct names *names = drawing->plan->workflow->names;
    struct buffer *out = drawing->out;
    if (!need->choice->is_same && need->choice->selector_count == 0)
        return;
    buffer_add_text(out, ", label=\"");
    if (need->choice->is_same)
        buffer_add_text(out, "same");
    for (uint32_t i = 0; i < need->choice->selector_count; i++) {
        name variable = need->choice->selectors[i].variable;
        buffer_add_text(out, i > 0 || need->choice->is_same ? ", " : "");
        dot_add_label(names_text(names, variable), names_length(names, variable), out);
    }
    buffer_add_byte(out, '"');
}

static void draw_need(const struct drawing *drawing, const struct need *need, uint32_t task,
                      bool is_bold)
{
    buffer_add_text(drawing->out, "    ");
    add_task_id(drawing, need->task);
    buffer_add_text(drawing->out, " -> ");
    add_task_id(drawing, task);
    buffer_printf(drawing->out, " [style=%s",
                  need->choice->guard != NO_EXPRESSION ? "dashed" : "solid");
    if (is_bold)
        buffer_add_text(drawing->out, ", penwidth=2.5, color=\"#000000\"");
    add_selection(drawing, need);
    buffer_add_text(drawing->out, "];\n");
}

static void draw_needs(struct drawing *drawing, struct folded *folded)
{
    const struct workflow *workflow = drawing->plan->workflow;
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        const struct task *the = &workflow->tasks[task];
        for (uint32_t i = 0; i < the->need_count && folded->is_drawn[task]; i++) {
            const struct need *need = &the->needs[i];
            if (!folded->is_drawn[need->task])
                continue;
            folded->is_needed[need->task] |= need->task != task;
            draw_need(drawing, need, task, folded->is_bold[folded->first_need[task] + i]);
        }
    }
}

/* `finally` comes after all: dashed from each task that nobody else waits for into its box. */
static void draw_order_of_finally(struct drawing *drawing, const struct folded *folded)
{
    const struct workflow *workflow = drawing->plan->workflow;
    uint32_t first = workflow->task_count - workflow->finally_count, target = first;
    while (target < workflow->task_count && !folded->is_drawn[target])
        target++;
    for (uint32_t task = 0; task < first && target < workflow->task_count; task++) {
        if (!folded->is_drawn[task] || folded->is_needed[task])
            continue;
        buffer_add_text(drawing->out, "    ");
        add_task_id(drawing, task);
        buffer_add_text(drawing->out, " -> ");
        add_task_id(drawing, target);
        buffer_add_text(drawing->out, " [style=dashed, lhead=\"cluster_finally\"];\n");
    }
}

static void draw_nodes(struct drawing *drawing, const struct folded *folded)
{
    const struct workflow *workflow = drawing->plan->workflow;
    uint32_t first = workflow->task_count - workflow->finally_count;
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        if (task == first)
            dot_begin_finally(drawing);
        if (folded->is_drawn[task])
            draw_task(drawing, folded, task);
    }
    if (workflow->finally_count > 0)
        dot_end_finally(drawing);
}

void dot_draw_tasks(struct drawing *drawing)
{
    uint32_t count = drawing->plan->workflow->task_count;
    struct folded folded = {.tallies = memory_array(count, sizeof *folded.tallies),
                            .is_drawn = memory_array(count, sizeof *folded.is_drawn),
                            .is_critical = memory_array(count, sizeof *folded.is_critical),
                            .first_need = memory_array(count, sizeof *folded.first_need),
                            .is_needed = memory_array(count, sizeof *folded.is_needed)};
    fold_instances(drawing, &folded);
    number_needs(drawing->plan, &folded);
    mark_path(drawing, &folded);
    draw_nodes(drawing, &folded);
    draw_needs(drawing, &folded);
    draw_order_of_finally(drawing, &folded);
    dot_draw_primitives(drawing, folded.is_drawn, false);
    memory_free(folded.tallies);
    memory_free(folded.is_drawn);
    memory_free(folded.is_critical);
    memory_free(folded.first_need);
    memory_free(folded.is_bold);
    memory_free(folded.is_needed);
}
