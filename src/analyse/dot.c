/* Decides how a drawing looks and how any text is written in it. Every id and label is quoted: in
 * an id only the quote and the backslash mean anything, in a label dot also reads \N, \l and the
 * like, and entities, so backslashes are doubled and ampersands written out. */
#include "analyse/dot.h"

#include "analyse/critical_path.h"
#include "base/memory.h"
#include "base/text.h"

void dot_add_id(const char *text, size_t length, struct buffer *out)
{
    buffer_add_byte(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            buffer_add_byte(out, '\\');
        buffer_add_byte(out, text[i]);
    }
    buffer_add_byte(out, '"');
}

void dot_add_label(const char *text, size_t length, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer clean = {0};
    text_printable(text, length, &clean);
    for (size_t i = 0; i < clean.length; i++) {
        char byte = clean.bytes[i];
        if (byte == '"' || byte == '\\')
            buffer_add_byte(out, '\\');
        buffer_add_byte(out, byte == '\t' ? ' ' : byte);
        if (byte == '&')
            buffer_add_text(out, "amp;");
    }
}

void dot_begin_node(struct drawing *drawing, const char *id, size_t length)
{
    buffer_add_text(drawing->out, "    ");
    dot_add_id(id, length, drawing->out);
    buffer_add_text(drawing->out, " [label=\"");
    dot_add_label(id, length, drawing->out);
}

/* Of a queue's matrix, those for which items have come. */
void dot_add_count(const struct drawing *drawing, uint32_t task)
{
    const struct instances *instances = &drawing->plan->instances[task];
    bool is_known = instances_are_known(instances);
    enum status taking = STATUS_SUCCESS; /* items, or the values of the matrix */
    if (!is_known && drawing->replay != NULL)
        taking = scheduler_status(drawing->replay->scheduler, instances->template);
    else if (!is_known)
        taking = STATUS_NONE;
    if (instances->count > 0 || taking == STATUS_SUCCESS)
        buffer_printf(drawing->out, "\\n\303\227%u%s", instances->count,
                      taking == STATUS_NONE ? " so far" : "");
    else
        buffer_add_text(drawing->out, "\\n\303\227?");
}

/* The worst that happened wins, then what still happens. */
static const char *fill(const struct tally *tally)
{
    if (tally->by_status[STATUS_FAILURE] > tally->tolerated)
        return "#f4a6a0";
    if (tally->by_status[STATUS_BLOCKED] > 0 || tally->by_status[STATUS_CANCELLED] > 0)
        return "#f8cf9c";
    if (tally->running > 0)
        return "#a9cdf0";
    if (tally->waiting > 0 || tally->total == 0)
        return "#ffffff";
    if (tally->by_status[STATUS_SKIPPED] == tally->total)
        return "#dddddd";
    return "#b5dfb5";
}

/* Of a task that is a function: which. */
static void add_function(struct drawing *drawing, const struct task *task)
{
    const struct plan *plan = drawing->plan;
    CLEANUP_BUFFER struct buffer text = {0};
    if (task->body != BODY_CALL)
        return;
    plan_write_function(plan, &plan->workflow->functions[task->call->function], &text);
    buffer_add_text(drawing->out, "\\n");
    dot_add_label(text.bytes, text.length, drawing->out);
}

static void add_pool(struct drawing *drawing, const struct task *task)
{
    const struct workflow *workflow = drawing->plan->workflow;
    name pool = workflow->pools[task->details->pool].name;
    if (task->details->pool == 0)
        return;
    buffer_add_text(drawing->out, "\\npool ");
    dot_add_label(names_text(workflow->names, pool), names_length(workflow->names, pool),
                  drawing->out);
}

void dot_end_node(struct drawing *drawing, const struct tally *tally, const struct task *task,
                  bool is_critical)
{
    struct buffer *out = drawing->out;
    const struct names *names = drawing->plan->workflow->names;
    add_function(drawing, task);
    add_pool(drawing, task);
    buffer_add_byte(out, '"');
    if (tally != NULL)
        buffer_printf(out, ", fillcolor=\"%s\"", fill(tally));
    uint32_t index = (uint32_t)(task - drawing->plan->workflow->tasks);
    if (!instances_are_known(&drawing->plan->instances[index]))
        buffer_add_text(out, ", style=\"rounded,filled,dashed\"");
    if (is_critical)
        buffer_add_text(out, ", penwidth=2.5");
    if (names_length(names, task->details->description) > 0) {
        buffer_add_text(out, ", tooltip=\"");
        dot_add_label(names_text(names, task->details->description),
                      names_length(names, task->details->description), out);
        buffer_add_byte(out, '"');
    }
    buffer_add_text(out, "];\n");
}

void dot_begin_finally(struct drawing *drawing)
{
    buffer_add_text(drawing->out, "    subgraph \"cluster_finally\" {\n"
                                  "    label=\"finally\"; style=\"dashed,rounded\"; "
                                  "color=\"#888888\";\n");
}

void dot_end_finally(struct drawing *drawing)
{
    buffer_add_text(drawing->out, "    }\n");
}

void dot_write(struct plan *plan, const struct dot_options *options, struct buffer *out)
{
    const struct names *names = plan->workflow->names;
    name title = plan->workflow->name;
    struct drawing drawing = {
        .plan = plan, .replay = options->replay, .out = out, .path = critical_path(plan)};
    buffer_add_text(out, "digraph ");
    dot_add_id(names_text(names, title), names_length(names, title), out);
    buffer_add_text(out, " {\n"
                         "    graph [charset=\"UTF-8\", compound=true, fontname=\"Helvetica\"];\n"
                         "    node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", "
                         "fontname=\"Helvetica\"];\n"
                         "    edge [color=\"#555555\", fontname=\"Helvetica\", fontsize=10];\n");
    if (options->is_expanded)
        dot_draw_instances(&drawing);
    else
        dot_draw_tasks(&drawing);
    buffer_add_text(out, "}\n");
    memory_free(drawing.path);
}
