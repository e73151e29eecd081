/* What the two parts of the event stream share: the table of events and fields, which writes them
 * and describes them, and the stream itself. */
#ifndef OBSERVE_EVENTS_H
#define OBSERVE_EVENTS_H

#include "observe/observe.h"
#include "observe/running.h"

/* In the order of the table. */
enum event_kind {
    EVENT_RUN_BEGAN,
    EVENT_TASK_STARTED,
    EVENT_TASK_OUTPUT,
    EVENT_TASK_PROGRESS,
    EVENT_TASK_WAITING,
    EVENT_TASK_GOES_ON,
    EVENT_TASK_READY,
    EVENT_TASK_STOPPING,
    EVENT_TASK_FAILED,
    EVENT_TASK_ENDED,
    EVENT_TOTAL,
    EVENT_DRAINING,
    EVENT_DEADLOCK,
    EVENT_MESSAGE,
    EVENT_RUN_ENDED,
    EVENT_KINDS,
};

struct events {
    const struct plan *plan;
    const struct run_folder *folder;
    const char *file;
    int descriptor;
    bool has_output;            /* TASK_OUTPUT is wanted */
    bool is_gone;               /* nobody reads any more, */
    int lost;                   /* or (errno) they cannot be written */
    bool is_resumed, has_begun; /* begun: run-began is written */
    int64_t wall;               /* when the run began */
    int64_t written_at;
    struct running_set running; /* lines: bytes of a character not yet whole */
    uint32_t total;             /* as told last */
    uint32_t by_status[STATUS_FAILURE + 1], tolerated;
    VEC(char *) early; /* messages from before it began */
    struct buffer gathered;
};

/* One event to be written: what its kind uses. */
struct event {
    const struct events *events;
    uint8_t kind;
    uint8_t stream;
    int64_t time;
    const struct fact *fact;
    int64_t since; /* of the attempt; -1: none was made */
    const char *text;
    size_t length;
    int exit_status;
    double done; /* PROGRESS */
};

/* Appends it as a line. */
void event_write(const struct event *event, struct buffer *out);

/* Values as JSON. Of a string, bytes that are no UTF-8 become U+FFFD each; in words, what is not
 * UTF-8 is shown as everywhere else. */
void event_add_string(struct buffer *out, const char *text, size_t length);
void event_add_words(struct buffer *out, const char *text, size_t length);
void event_add_text(struct buffer *out, const char *text);
void event_add_bool(struct buffer *out, bool value);
void event_add_seconds(struct buffer *out, int64_t nanoseconds);
/* below 0: null */
void event_add_seconds_or_null(struct buffer *out, int64_t nanoseconds);

#endif
