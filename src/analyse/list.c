/* Decides the lines of `pargraph list`: three columns as wide as what they hold, up to a limit. */
#include <stdio.h>
#include <string.h>

#include "analyse/analyse.h"
#include "base/text.h"

enum { WIDEST_NAME = 40 };

/* "x8" for a matrix, "x?" for one that is expanded while the workflow runs, nothing for a single
 * instance. */
static int format_count(const struct plan *plan, uint32_t task, char *text, size_t size)
{
    if (plan->workflow->tasks[task].matrix == NULL)
        return snprintf(text, size, "%s", "");
    if (!instances_are_known(&plan->instances[task]))
        return snprintf(text, size, "x?");
    return snprintf(text, size, "x%u", plan->instances[task].count);
}

static void write_line(const struct plan *plan, uint32_t task, int name_width, int count_width,
                       struct buffer *out)
{
    const struct names *names = plan->workflow->names;
    const struct task *the = &plan->workflow->tasks[task];
    char count[16];
    format_count(plan, task, count, sizeof count);
    buffer_printf(out, "%-*s", name_width, names_text(names, the->name));
    if (count_width > 0)
        buffer_printf(out, "  %*s", count_width, count);
    const char *description = names_text(names, the->details->description);
    bool is_daemon = the->synchronisation != NULL && the->synchronisation->is_daemon;
    const char *remark = the->is_finally           ? "(finally)"
                         : the->details->is_manual ? "(manual)"
                         : is_daemon               ? "(daemon)"
                                                   : "";
    buffer_add_text(out, remark[0] || description[0] ? "  " : "");
    buffer_add_text(out, remark);
    buffer_add_text(out, remark[0] && description[0] ? " " : "");
    text_printable(description, strcspn(description, "\n"), out);
    while (out->length > 0 && out->bytes[out->length - 1] == ' ')
        out->length--;
    buffer_add_byte(out, '\n');
}

void list_write(const struct plan *plan, struct buffer *out)
{
    const struct workflow *workflow = plan->workflow;
    int name_width = 0, count_width = 0;
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        char count[16];
        int width = format_count(plan, task, count, sizeof count);
        count_width = width > count_width ? width : count_width;
        int length = (int)names_length(workflow->names, workflow->tasks[task].name);
        if (length > name_width && length <= WIDEST_NAME)
            name_width = length;
    }
    for (uint32_t task = 0; task < workflow->task_count; task++)
        write_line(plan, task, name_width, count_width, out);
}

void list_write_tsv(const struct plan *plan, struct buffer *out)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        const struct task *the = &workflow->tasks[task];
        const char *description = names_text(workflow->names, the->details->description);
        buffer_printf(out, "%s\t%u\t", names_text(workflow->names, the->name),
                      plan->instances[task].count);
        size_t begin = out->length;
        text_printable(description, strcspn(description, "\n"), out);
        for (size_t i = begin; i < out->length; i++)
            if (out->bytes[i] == '\t')
                out->bytes[i] = ' ';
        buffer_add_byte(out, '\n');
    }
}
