/* A terminal observer over two files in memory, with a plan that has names and nothing else. */
#ifndef TESTS_OBSERVE_STAGE_H
#define TESTS_OBSERVE_STAGE_H

#include "observe/observe.h"

/* What draws the progress line, and what takes it away. */
#define DRAWN(text) "\r\033[?7l" text "\033[J\033[?7h\r"
#define ERASED      "\r\033[J"
/* The last line of a summary of a run that did not end well. */
#define GO_ON "\nto go on with what has not succeeded: pargraph resume 20261123-225501\n"

enum { MILLISECOND = 1000000, NAMED_NODES = 8 };
static const int64_t SECOND = 1000000000;

struct stage {
    struct plan plan;
    struct terminal *terminal;
    int said, shown; /* what stands for standard error and standard output */
    bool
        is_watched; /* a terminal: only what was written is said; else all that was gathered, too */
    char *text;     /* last given by stage_said, stage_shown */
};

/* The names of the first nodes; others are "task-N". */
extern const char *stage_names[NAMED_NODES];

/* descriptor and output of options are replaced where they are 0. */
void stage_open(struct stage *stage, uint32_t tasks, struct terminal_options options);
void stage_close(struct stage *stage);
/* What was written since the last time; until the next. */
const char *stage_said(struct stage *stage);
const char *stage_shown(struct stage *stage);
/* The same of any file or non-blocking terminal; the caller's. */
char *stage_read(int descriptor);
size_t stage_count_lines(const char *text);

void stage_begin(struct stage *stage);
void stage_launch(struct stage *stage, int64_t time, uint32_t node, uint32_t attempt);
void stage_write(struct stage *stage, uint32_t node, const char *text);
/* An end without an attempt. */
void stage_end(struct stage *stage, int64_t time, uint32_t node, enum status status);
/* Ends of the attempt launched last. */
void stage_succeed(struct stage *stage, int64_t time, uint32_t node);
void stage_fail(struct stage *stage, int64_t time, uint32_t node, struct outcome outcome);
void stage_exit(struct stage *stage, int64_t time, uint32_t node, int code);

#endif
