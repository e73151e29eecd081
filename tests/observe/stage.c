/* Plays the run for a terminal observer. The names of nodes are given here, in place of a plan's,
 * so that they can be anything. */
#include "stage.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

const char *stage_names[NAMED_NODES];

void plan_write_name(const struct plan *plan, uint32_t node, struct buffer *out)
{
    (void)plan;
    if (node < NAMED_NODES && stage_names[node] != NULL)
        buffer_add_text(out, stage_names[node]);
    else
        buffer_printf(out, "task-%u", node);
}

void plan_write_operation(const struct plan *plan, uint32_t node, uint32_t operation,
                          struct buffer *out, place *ret_at)
{
    (void)plan;
    buffer_printf(out, "step %u of %u", operation, node);
    *ret_at = PLACE_NONE;
}

const char *status_text(enum status status)
{
    static const char *const texts[] = {"none",      "success", "skipped",
                                        "cancelled", "blocked", "failure"};
    return texts[status];
}

void stage_open(struct stage *stage, uint32_t tasks, struct terminal_options options)
{
    static const char *const first[] = {"count[file=a]", "count[file=b]", "sum"};
    for (uint32_t i = 0; i < NAMED_NODES; i++)
        stage_names[i] = i < 3 ? first[i] : NULL;
    *stage = (struct stage){.said = memfd_create("said", 0), .shown = memfd_create("shown", 0)};
    stage->plan.selected_count = tasks;
    stage->is_watched = options.is_terminal;
    if (options.descriptor == 0)
        options.descriptor = stage->said;
    if (options.output == 0)
        options.output = stage->shown;
    stage->terminal = terminal_new(&stage->plan, "20261123-225501", &options);
}

void stage_close(struct stage *stage)
{
    terminal_free(stage->terminal);
    close(stage->said);
    close(stage->shown);
    memory_free(stage->text);
}

char *stage_read(int descriptor)
{
    struct buffer text = {0};
    char bytes[4096];
    lseek(descriptor, 0, SEEK_SET);
    for (;;) {
        ssize_t length = read(descriptor, bytes, sizeof bytes);
        if (length <= 0)
            break;
        buffer_add(&text, bytes, (size_t)length);
    }
    return buffer_take(&text);
}

size_t stage_count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static const char *take(struct stage *stage, int descriptor)
{
    if (!stage->is_watched)
        terminal_flush(stage->terminal);
    memory_free(stage->text);
    stage->text = stage_read(descriptor);
    if (ftruncate(descriptor, 0) == 0)
        lseek(descriptor, 0, SEEK_SET);
    return stage->text;
}

const char *stage_said(struct stage *stage)
{
    return take(stage, stage->said);
}

const char *stage_shown(struct stage *stage)
{
    return take(stage, stage->shown);
}

void stage_begin(struct stage *stage)
{
    terminal_fact(stage->terminal, &(struct fact){.kind = FACT_RUN_BEGAN});
}

void stage_launch(struct stage *stage, int64_t time, uint32_t node, uint32_t attempt)
{
    struct fact fact = {.time = time, .kind = FACT_LAUNCHED, .node = node, .attempt = attempt};
    terminal_fact(stage->terminal, &fact);
    fact.kind = FACT_STARTED;
    fact.process = 4711;
    terminal_fact(stage->terminal, &fact);
}

void stage_write(struct stage *stage, uint32_t node, const char *text)
{
    terminal_output(stage->terminal, node, 1, 1, text, strlen(text));
}

void stage_end(struct stage *stage, int64_t time, uint32_t node, enum status status)
{
    terminal_fact(
        stage->terminal,
        &(struct fact){.time = time, .kind = FACT_ENDED, .status = (uint8_t)status, .node = node});
}

void stage_succeed(struct stage *stage, int64_t time, uint32_t node)
{
    struct outcome outcome = {.kind = OUTCOME_EXITED};
    terminal_fact(stage->terminal, &(struct fact){.time = time,
                                                  .kind = FACT_ENDED,
                                                  .status = STATUS_SUCCESS,
                                                  .node = node,
                                                  .attempt = 1,
                                                  .outcome = &outcome});
}

void stage_fail(struct stage *stage, int64_t time, uint32_t node, struct outcome outcome)
{
    terminal_fact(stage->terminal, &(struct fact){.time = time,
                                                  .kind = FACT_ENDED,
                                                  .status = STATUS_FAILURE,
                                                  .node = node,
                                                  .attempt = 1,
                                                  .outcome = &outcome});
}

void stage_exit(struct stage *stage, int64_t time, uint32_t node, int code)
{
    stage_fail(stage, time, node, (struct outcome){.kind = OUTCOME_EXITED, .code = code});
}
