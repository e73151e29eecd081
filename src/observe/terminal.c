/* Decides what a person who watches a run is told of it, and when.
 *
 * Each fact costs its own text and nothing that grows with the plan: tasks that run are kept in a
 * set of their own, of tasks that ended only counts stay, and of failures the first few. Text is
 * made only where it is shown, and gathered: written with the next tick that it is time for, or
 * when it is much. */
#include "observe/terminal.h"

#include <string.h>

#include "base/text.h"

enum {
    KEPT_OF_BLOCK = 64 * 1024,
    KEPT_OF_TAIL = 4096,
    DEFAULT_WIDTH = 80,
    GATHERED_MOST = 64 * 1024
};

struct terminal *terminal_new(const struct plan *plan, const char *run_id,
                              const struct terminal_options *options)
{
    struct terminal *terminal = memory_new(sizeof *terminal);
    terminal->plan = plan;
    terminal->run_id = options->has_no_hints ? NULL : run_id;
    terminal->state = options->state;
    terminal->verbosity = options->verbosity;
    terminal->is_terminal = options->is_terminal;
    terminal->is_dry = options->is_dry;
    terminal->is_counted = options->is_counted;
    terminal->left.left = -1;
    terminal->running.first = terminal->running.last = terminal->running.free = NO_RUNNING;
    screen_init(&terminal->screen, options->descriptor, options->output);
    terminal->screen.has_colour = options->has_colour;
    terminal_resize(terminal, options->width);
    return terminal;
}

void terminal_free(struct terminal *terminal)
{
    if (terminal == NULL)
        return;
    terminal_flush(terminal);
    for (uint32_t i = 0; i < terminal->failure_count; i++) {
        memory_free(terminal->failures[i].reason);
        memory_free(terminal->failures[i].tail);
    }
    running_release(&terminal->running);
    screen_release(&terminal->screen);
    memory_free(terminal);
}

int terminal_lost(const struct terminal *terminal)
{
    return terminal->screen.lost;
}

void terminal_flush(struct terminal *terminal)
{
    screen_erase(&terminal->screen);
    screen_flush(&terminal->screen);
    terminal->is_dirty = true;
}

void terminal_limit(struct terminal *terminal)
{
    if (screen_gathered(&terminal->screen) >= GATHERED_MOST)
        screen_flush(&terminal->screen);
    terminal->is_dirty = true;
}

void terminal_resize(struct terminal *terminal, uint32_t width)
{
    terminal->screen.width = width ? width : DEFAULT_WIDTH;
    terminal->is_dirty = true;
}

void terminal_message(struct terminal *terminal, const char *text)
{
    struct screen *screen = &terminal->screen;
    struct buffer *out = terminal->is_dry ? screen_show(screen) : screen_say(screen);
    for (;;) {
        size_t length = strcspn(text, "\n");
        text_printable(text, length, out);
        buffer_add_byte(out, '\n');
        text += length + (text[length] == '\n');
        if (*text == '\0')
            break;
        buffer_add_text(out, "    ");
    }
    terminal_limit(terminal);
}

void terminal_output(struct terminal *terminal, uint32_t node, uint32_t attempt, int stream,
                     const char *bytes, size_t length)
{
    struct running *running = running_find(&terminal->running, node);
    if (running == NULL || running->attempt != attempt || length == 0)
        return;
    capture_add(&running->capture, bytes, length);
    if (terminal->verbosity != VERBOSITY_VERBOSE)
        return;
    terminal_stream(terminal, running, stream, bytes, length);
    terminal_limit(terminal);
}

void terminal_progress(struct terminal *terminal, uint32_t node, double done, const char *text)
{
    struct running *running = running_find(&terminal->running, node);
    if (running == NULL)
        return;
    running_progress(running, done, text);
    terminal->is_dirty = true;
}

/* "[2/40] NAME" at the beginning of a line. */
static struct buffer *say_task(struct terminal *terminal, uint32_t node)
{
    struct buffer *out = screen_say(&terminal->screen);
    buffer_printf(out, "[%u/%u] ", terminal->done, terminal->plan->selected_count);
    terminal_add_name(terminal, node, out);
    return out;
}

static void launched(struct terminal *terminal, const struct fact *fact)
{
    struct running *running = running_launch(&terminal->running, fact);
    bool has_block = terminal->verbosity == VERBOSITY_NORMAL;
    running->capture.head_limit = has_block ? KEPT_OF_BLOCK : 0;
    running->capture.tail_limit = has_block ? KEPT_OF_BLOCK : KEPT_OF_TAIL;
}

/* "[2/40] a waits at step 3 (barrier b)" */
static void waits(struct terminal *terminal, const struct fact *fact)
{
    running_wait(&terminal->running, fact);
    if (terminal->verbosity != VERBOSITY_VERBOSE)
        return;
    struct buffer *out = say_task(terminal, fact->node);
    buffer_add_text(out, fact->request != NO_REQUEST ? ": a command of it" : "");
    buffer_add_text(out, fact->kind == FACT_WAITING ? " waits" : " goes on");
    if (fact->operation < OPERATION_END) {
        CLEANUP_BUFFER struct buffer text = {0};
        place at;
        plan_write_operation(terminal->plan, fact->node, fact->operation, &text, &at);
        buffer_add_text(out, fact->kind == FACT_WAITING ? " at " : " behind ");
        text_printable(text.bytes, text.length, out);
    }
    buffer_add_byte(out, '\n');
}

static void ready(struct terminal *terminal, const struct fact *fact)
{
    if (terminal->verbosity == VERBOSITY_VERBOSE)
        buffer_add_text(say_task(terminal, fact->node), " is ready\n");
}

static void signalled(struct terminal *terminal, const struct fact *fact)
{
    if (terminal->verbosity == VERBOSITY_VERBOSE)
        buffer_add_text(say_task(terminal, fact->node),
                        fact->is_timeout ? " timed out, is being ended\n" : " is being ended\n");
}

static void policy(struct terminal *terminal)
{
    terminal->is_draining = true;
    if (terminal->verbosity == VERBOSITY_VERBOSE)
        buffer_add_text(screen_say(&terminal->screen), "after a failure nothing new is started\n");
}

/* An attempt that failed and will be made again. */
static void failed(struct terminal *terminal, const struct fact *fact)
{
    struct running *running = running_find(&terminal->running, fact->node);
    if (running != NULL)
        terminal_stream_end(terminal, running);
    if (terminal->verbosity != VERBOSITY_QUIET) {
        CLEANUP_BUFFER struct buffer reason = {0};
        terminal_add_reason(fact, &reason);
        struct buffer *out = say_task(terminal, fact->node);
        buffer_printf(out, ": attempt %u ", fact->attempt);
        screen_add_coloured(&terminal->screen, out, COLOUR_YELLOW, "failed");
        if (reason.length > 0)
            buffer_printf(out, " (%s)", buffer_text(&reason));
        buffer_add_text(out, ", again ");
        if (fact->until > fact->time) {
            buffer_add_text(out, "in ");
            text_write_duration(fact->until - fact->time, out);
        } else {
            buffer_add_text(out, "at once");
        }
        buffer_add_byte(out, '\n');
        if (running != NULL && terminal->verbosity == VERBOSITY_NORMAL)
            terminal_block(terminal, running);
    }
    if (running != NULL)
        running_remove(&terminal->running, running);
}

static bool deserves_line(const struct terminal *terminal, const struct fact *fact,
                          const struct running *running)
{
    if (terminal->verbosity == VERBOSITY_QUIET)
        return fact->status == STATUS_FAILURE && !fact->is_tolerated;
    if (terminal->verbosity == VERBOSITY_VERBOSE || fact->status == STATUS_FAILURE)
        return true;
    if (fact->status == STATUS_SUCCESS)
        return !terminal->is_terminal || (running != NULL && running->capture.total > 0);
    return running != NULL;
}

/* "exit status 3 after 1.2s" */
static void add_end(const struct fact *fact, const struct running *running, struct buffer *out)
{
    terminal_add_reason(fact, out);
    if (running == NULL || out->length == 0)
        return;
    if (fact->outcome != NULL &&
        (fact->outcome->kind == OUTCOME_NOT_STARTED || fact->outcome->kind == OUTCOME_INVALID))
        return;
    buffer_add_text(out, " after ");
    text_write_duration(fact->time - running->since, out);
}

static void say_end(struct terminal *terminal, const struct fact *fact,
                    const struct running *running, const char *reason)
{
    static const uint8_t colours[] = {COLOUR_NONE,   COLOUR_GREEN,  COLOUR_NONE,
                                      COLOUR_YELLOW, COLOUR_YELLOW, COLOUR_RED};
    bool is_success = fact->status == STATUS_SUCCESS;
    struct buffer *out = say_task(terminal, fact->node);
    buffer_add_byte(out, ' ');
    const char *word = is_success                       ? "ok"
                       : fact->status == STATUS_FAILURE ? "failed"
                                                        : status_text(fact->status);
    screen_add_coloured(&terminal->screen, out, colours[fact->status], word);
    if (fact->is_tolerated)
        buffer_add_text(out, " (continue-on-error)");
    if (is_success && running != NULL) {
        buffer_add_byte(out, ' ');
        text_write_duration(fact->time - running->since, out);
    } else if (!is_success && reason[0] != '\0') {
        buffer_printf(out, ": %s", reason);
    }
    if (is_success && fact->attempt > 1)
        buffer_printf(out, " (attempt %u)", fact->attempt);
    buffer_add_byte(out, '\n');
}

static void keep_failure(struct terminal *terminal, const struct fact *fact,
                         const struct running *running, const char *reason)
{
    if (fact->status != STATUS_FAILURE || fact->is_tolerated ||
        terminal->failure_count == FAILURES_SHOWN)
        return;
    terminal->failures[terminal->failure_count++] =
        (struct failure){.node = fact->node,
                         .reason = memory_text(reason),
                         .tail = running != NULL ? terminal_tail(running) : NULL};
}

static void count(struct terminal *terminal, const struct fact *fact)
{
    terminal->done++;
    terminal->by_status[fact->status]++;
    terminal->tolerated += fact->is_tolerated;
}

static void forget_failure(struct terminal *terminal, uint32_t node)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < terminal->failure_count; i++) {
        if (terminal->failures[i].node != node) {
            terminal->failures[kept++] = terminal->failures[i];
            continue;
        }
        memory_free(terminal->failures[i].reason);
        memory_free(terminal->failures[i].tail);
    }
    terminal->failure_count = kept;
}

static void uncount(struct terminal *terminal, const struct fact *fact)
{
    if (fact->status == STATUS_NONE)
        return;
    if (fact->status == STATUS_FAILURE)
        forget_failure(terminal, fact->node);
    terminal->done--;
    terminal->by_status[fact->status]--;
    terminal->tolerated -= fact->is_tolerated;
}

static void show_tail(struct terminal *terminal, const struct running *running)
{
    CLEANUP_FREE char *tail = terminal_tail(running);
    if (tail != NULL)
        buffer_add_text(screen_say(&terminal->screen), tail);
}

static void ended(struct terminal *terminal, const struct fact *fact)
{
    count(terminal, fact);
    struct running *running = running_find(&terminal->running, fact->node);
    CLEANUP_BUFFER struct buffer text = {0};
    if (fact->status != STATUS_SUCCESS)
        add_end(fact, running, &text);
    const char *reason = text.length > 0 ? buffer_text(&text) : "";
    if (running != NULL)
        terminal_stream_end(terminal, running);
    if (deserves_line(terminal, fact, running)) {
        say_end(terminal, fact, running, reason);
        if (running != NULL && terminal->verbosity == VERBOSITY_NORMAL)
            terminal_block(terminal, running);
        if (running != NULL && terminal->verbosity == VERBOSITY_QUIET)
            show_tail(terminal, running);
    }
    keep_failure(terminal, fact, running, reason);
    if (running != NULL)
        running_remove(&terminal->running, running);
}

static void run_ended(struct terminal *terminal)
{
    terminal->is_going = false;
    terminal_flush(terminal);
}

static void tell(struct terminal *terminal, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_RUN_BEGAN:
        terminal->is_going = true;
        terminal->began = terminal->written_at = fact->time;
        break;
    case FACT_LAUNCHED:
        launched(terminal, fact);
        break;
    case FACT_STARTED:
        running_start(&terminal->running, fact);
        break;
    case FACT_WAITING:
    case FACT_GOES_ON:
        waits(terminal, fact);
        break;
    case FACT_READY:
        ready(terminal, fact);
        break;
    case FACT_FAILED:
        failed(terminal, fact);
        break;
    case FACT_SIGNALLED:
        signalled(terminal, fact);
        break;
    case FACT_ENDED:
        ended(terminal, fact);
        break;
    case FACT_POLICY:
        policy(terminal);
        break;
    case FACT_RUN_ENDED:
        run_ended(terminal);
        break;
    case FACT_RESUMED:
        terminal->is_going = true;
        terminal->is_draining = false;
        break;
    case FACT_REOPENED:
        uncount(terminal, fact);
        break;
    }
}

/* A failure that a resume cannot mend is told of again in the end. */
static void past_end(struct terminal *terminal, const struct fact *fact)
{
    CLEANUP_BUFFER struct buffer reason = {0};
    count(terminal, fact);
    if (fact->status == STATUS_FAILURE)
        add_end(fact, NULL, &reason);
    keep_failure(terminal, fact, NULL, buffer_text(&reason));
}

void terminal_past(struct terminal *terminal, const struct fact *fact)
{
    if (fact->kind == FACT_RUN_BEGAN)
        terminal->began = fact->time;
    else if (fact->kind == FACT_ENDED)
        past_end(terminal, fact);
    else if (fact->kind == FACT_REOPENED)
        uncount(terminal, fact);
}

void terminal_fact(struct terminal *terminal, const struct fact *fact)
{
    bool is_failure = fact->kind == FACT_ENDED && fact->status == STATUS_FAILURE;
    if (terminal->is_dry && !is_failure) {
        if (fact->kind == FACT_ENDED)
            count(terminal, fact);
        return;
    }
    tell(terminal, fact);
    terminal_limit(terminal);
}
