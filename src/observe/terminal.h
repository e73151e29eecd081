/* What the parts of the terminal observer share. */
#ifndef OBSERVE_TERMINAL_H
#define OBSERVE_TERMINAL_H

#include "observe/observe.h"
#include "observe/running.h"
#include "observe/screen.h"

enum { FAILURES_SHOWN = 20, LINES_SHOWN = 10 };

struct failure {
    uint32_t node;
    char *reason; /* "exit status 3 after 1.2s" */
    char *tail;   /* its last lines, harmless and indented; NULL: it wrote nothing */
};

struct terminal {
    const struct plan *plan;
    const char *run_id, *state;
    uint8_t verbosity;
    bool is_terminal, is_dry, is_counted;
    bool is_going;    /* between the run's beginning and its end */
    bool is_draining; /* after a failure nothing new starts */
    bool is_dirty;    /* the progress line is not what it should be */
    int64_t began, written_at;
    struct time_left left;
    struct screen screen;
    struct running_set running;
    uint32_t done, by_status[STATUS_FAILURE + 1];
    uint32_t tolerated;                      /* of the failures */
    struct failure failures[FAILURES_SHOWN]; /* the first that were not tolerated */
    uint32_t failure_count;
};

/* Writes what was gathered if it is much. */
void terminal_limit(struct terminal *terminal);

/* The instance's name, harmless. */
void terminal_add_name(const struct terminal *terminal, uint32_t node, struct buffer *out);
/* "pargraph NAME [--state DIR] RUN" */
void terminal_add_command(const struct terminal *terminal, const char *name, struct buffer *out);
/* "pargraph logs [--state DIR] RUN TASK" */
void terminal_add_logs_hint(const struct terminal *terminal, uint32_t node, struct buffer *out);
/* Why an attempt failed, harmless: "exit status 3", "killed by SIGKILL", "timed out", what kept it
 * from starting; nothing where nothing is known. */
void terminal_add_reason(const struct fact *fact, struct buffer *out);

/* Shows the bytes of an attempt as they come, by lines; at its end what is left of them. */
void terminal_stream(struct terminal *terminal, struct running *running, int stream,
                     const char *bytes, size_t length);
void terminal_stream_end(struct terminal *terminal, struct running *running);
/* Shows what was kept of an attempt's output. */
void terminal_block(struct terminal *terminal, const struct running *running);
/* The last lines of an attempt's output, harmless, each indented. The caller's; NULL: none. */
char *terminal_tail(const struct running *running);

#endif
