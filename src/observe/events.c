/* The event stream: facts as lines of JSON (event_fields.c), gathered and written as the terminal's
 * lines are: ten times a second at most, or when they are much. What nobody reads is not made.
 *
 * Nothing comes before the event that tells of the beginning. That of a resumed run waits until all
 * that does not stay has been told as reopened, so that its counts are of what stays; what is said
 * until then comes behind it. */
#include <errno.h>
#include <string.h>

#include "observe/events.h"
#include "observe/screen.h"

enum { GATHERED_MOST = 64 * 1024 };
static const int64_t SHORTEST_PAUSE = 100000000;

struct events *events_new(const struct plan *plan, const struct run_folder *folder,
                          const struct events_options *options)
{
    struct events *events = memory_new(sizeof *events);
    events->plan = plan;
    events->folder = folder;
    events->file = options->file;
    events->descriptor = options->descriptor;
    events->has_output = options->has_output;
    events->is_resumed = options->is_resumed;
    events->wall = options->wall;
    events->running.first = events->running.last = events->running.free = NO_RUNNING;
    events->total = plan->selected_count;
    return events;
}

static void flush(struct events *events)
{
    if (screen_write(events->descriptor, &events->gathered))
        return;
    if (!events->is_gone && errno != EPIPE)
        events->lost = errno;
    events->is_gone = true;
}

void events_free(struct events *events)
{
    if (events == NULL)
        return;
    flush(events);
    running_release(&events->running);
    for (uint32_t i = 0; i < events->early.count; i++)
        memory_free(events->early.items[i]);
    VEC_RELEASE(&events->early);
    buffer_release(&events->gathered);
    memory_free(events);
}

static void add(struct events *events, const struct event *event)
{
    if (events->is_gone)
        return;
    event_write(event, &events->gathered);
    if (events->gathered.length >= GATHERED_MOST)
        flush(events);
}

static void add_message(struct events *events, int64_t time, const char *text)
{
    add(events, &(struct event){.events = events,
                                .kind = EVENT_MESSAGE,
                                .time = time,
                                .text = text,
                                .length = strlen(text)});
}

static void begin(struct events *events, int64_t time)
{
    if (events->has_begun)
        return;
    events->has_begun = true;
    events->total = events->plan->selected_count;
    add(events, &(struct event){.events = events, .kind = EVENT_RUN_BEGAN, .time = time});
    for (uint32_t i = 0; i < events->early.count; i++)
        add_message(events, time, events->early.items[i]);
}

/* --- output --- */

/* How many bytes at the end begin a character whose rest is still to come. */
static size_t unfinished(const char *bytes, size_t length)
{
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        unsigned char byte = (unsigned char)bytes[length - back];
        if ((byte & 0xc0) == 0x80)
            continue;
        size_t size = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
        return size > back ? back : 0;
    }
    return 0;
}

static void add_output(struct events *events, const struct running *running, int64_t time,
                       int stream, const char *bytes, size_t length)
{
    struct fact fact = {.node = running->node, .attempt = running->attempt};
    add(events, &(struct event){.events = events,
                                .kind = EVENT_TASK_OUTPUT,
                                .time = time,
                                .stream = (uint8_t)stream,
                                .fact = &fact,
                                .text = bytes,
                                .length = length});
}

void events_output(struct events *events, int64_t time, uint32_t node, uint32_t attempt, int stream,
                   const char *bytes, size_t length)
{
    struct running *running = running_find(&events->running, node);
    if (!events->has_output || running == NULL || running->attempt != attempt || length == 0)
        return;
    struct buffer *rest = &running->lines[stream == 2];
    buffer_add(rest, bytes, length);
    size_t kept = unfinished(rest->bytes, rest->length), whole = rest->length - kept;
    if (whole > 0)
        add_output(events, running, time, stream, rest->bytes, whole);
    memmove(rest->bytes, rest->bytes + whole, kept);
    rest->length = kept;
}

void events_progress(struct events *events, int64_t time, uint32_t node, uint32_t attempt,
                     double done, const char *text)
{
    struct fact fact = {.node = node, .attempt = attempt};
    add(events, &(struct event){.events = events,
                                .kind = EVENT_TASK_PROGRESS,
                                .time = time,
                                .fact = &fact,
                                .done = done,
                                .text = text,
                                .length = text != NULL ? strlen(text) : 0});
}

static void end_output(struct events *events, struct running *running, int64_t time)
{
    for (int i = 0; i < 2; i++) {
        struct buffer *rest = &running->lines[i];
        if (rest->length > 0)
            add_output(events, running, time, i + 1, rest->bytes, rest->length);
        buffer_clear(rest);
    }
}

/* --- facts --- */

static void count(struct events *events, const struct fact *fact)
{
    events->by_status[fact->status]++;
    events->tolerated += fact->is_tolerated;
}

static void uncount(struct events *events, const struct fact *fact)
{
    if (fact->status == STATUS_NONE)
        return;
    events->by_status[fact->status]--;
    events->tolerated -= fact->is_tolerated;
}

void events_past(struct events *events, const struct fact *fact)
{
    if (fact->kind == FACT_ENDED)
        count(events, fact);
    else if (fact->kind == FACT_REOPENED)
        uncount(events, fact);
}

static void ended(struct events *events, const struct fact *fact, struct event *event)
{
    struct running *running = running_find(&events->running, fact->node);
    if (running != NULL) {
        event->since = running->since;
        end_output(events, running, fact->time);
        running_remove(&events->running, running);
    }
    if (fact->kind != FACT_FAILED)
        count(events, fact);
}

/* The kind of event that a fact is; EVENT_KINDS: none. */
static enum event_kind kind_of(struct events *events, const struct fact *fact, struct event *event)
{
    switch (fact->kind) {
    case FACT_LAUNCHED:
        running_launch(&events->running, fact);
        return EVENT_KINDS;
    case FACT_STARTED:
        running_start(&events->running, fact);
        return EVENT_TASK_STARTED;
    case FACT_FAILED:
        ended(events, fact, event);
        return EVENT_TASK_FAILED;
    case FACT_SIGNALLED:
        return EVENT_TASK_STOPPING;
    case FACT_ENDED:
        ended(events, fact, event);
        return EVENT_TASK_ENDED;
    case FACT_POLICY:
        return EVENT_DRAINING;
    case FACT_WAITING:
        running_wait(&events->running, fact);
        return EVENT_TASK_WAITING;
    case FACT_GOES_ON:
        running_wait(&events->running, fact);
        return EVENT_TASK_GOES_ON;
    case FACT_READY:
        return EVENT_TASK_READY;
    default:
        return EVENT_KINDS;
    }
}

static void tell_growth(struct events *events, int64_t time)
{
    if (events->total == events->plan->selected_count)
        return;
    events->total = events->plan->selected_count;
    add(events, &(struct event){.events = events, .kind = EVENT_TOTAL, .time = time});
}

void events_fact(struct events *events, const struct fact *fact)
{
    struct event event = {.events = events, .fact = fact, .time = fact->time, .since = -1};
    if (fact->kind == FACT_RESUMED)
        return;
    if (fact->kind == FACT_REOPENED) {
        uncount(events, fact);
        return;
    }
    begin(events, fact->time);
    enum event_kind kind = kind_of(events, fact, &event);
    if (kind == EVENT_KINDS)
        return;
    tell_growth(events, fact->time);
    event.kind = (uint8_t)kind;
    add(events, &event);
}

void events_deadlock(struct events *events, int64_t time, const char *story)
{
    begin(events, time);
    add(events, &(struct event){.events = events,
                                .kind = EVENT_DEADLOCK,
                                .time = time,
                                .text = story,
                                .length = strlen(story)});
}

void events_message(struct events *events, int64_t time, const char *text)
{
    if (events->has_begun)
        add_message(events, time, text);
    else
        *VEC_PUSH(&events->early) = memory_text(text);
}

int64_t events_tick(struct events *events, int64_t now)
{
    begin(events, now);
    if (events->gathered.length == 0)
        return INT64_MAX;
    int64_t due = events->written_at + SHORTEST_PAUSE;
    if (events->written_at > 0 && now < due)
        return due;
    flush(events);
    events->written_at = now;
    return INT64_MAX;
}

void events_end(struct events *events, int64_t now, int exit_status)
{
    struct fact fact = {.status = exit_status == 0 ? STATUS_SUCCESS : STATUS_FAILURE};
    begin(events, now);
    tell_growth(events, now);
    add(events, &(struct event){.events = events,
                                .kind = EVENT_RUN_ENDED,
                                .time = now,
                                .fact = &fact,
                                .exit_status = exit_status});
    flush(events);
}

int events_lost(const struct events *events)
{
    return events->lost;
}
