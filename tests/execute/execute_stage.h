/* A stage for executors: launches, waits for what is reported, keeps it. */
#ifndef TESTS_EXECUTE_STAGE_H
#define TESTS_EXECUTE_STAGE_H

#include "base/buffer.h"
#include "execute/execute.h"
#include "support/check.h"

enum { STAGE_TASKS = 600, PATIENCE = 30 /* seconds; then a test has failed */ };

struct act {
    struct launch launch;
    int process;           /* as reported started; 0: not */
    int64_t at;            /* the same: when */
    int started, finished; /* how often */
    struct exit_report report;
    char detail[512];
    struct buffer outputs[3]; /* by stream */
};
struct stage {
    struct loop *loop;
    struct executor *executor;
    struct act acts[STAGE_TASKS];
    uint32_t running; /* launched and not finished */
    void (*on_finished)(struct stage *stage, uint32_t node);
    char folder[64]; /* empty, made for this test */
};

/* A process executor with a grace of 200 ms. Options may be NULL. */
void stage_open(struct stage *stage, const struct process_options *options);
/* Closes the executor (if the test has not) and removes the folder. */
void stage_close(struct stage *stage);
/* The launch of a node, with an environment and the folder as its directory, to be filled. */
struct launch *stage_prepare(struct stage *stage, uint32_t node, char *const *argv);
void stage_launch(struct stage *stage, uint32_t node);
/* Prepares and launches `sh -c text`. */
void stage_shell(struct stage *stage, uint32_t node, const char *text);
/* Turns the loop until nothing runs; false if that does not come about. */
bool stage_wait(struct stage *stage);
/* It ended without a start, for this errno and with this detail. */
void check_not_started(const struct stage *stage, uint32_t node, int error, const char *detail);
/* Until a node has written a line on stream 1; that line as a number. */
int stage_number(struct stage *stage, uint32_t node);
/* Until a process has ended. */
bool stage_wait_gone(struct stage *stage, int process);
void stage_signal(struct stage *stage, uint32_t node, bool is_kill);
const char *stage_output(struct stage *stage, uint32_t node, int stream);
/* "folder/name", good until the eighth call after. */
const char *stage_path(struct stage *stage, const char *name);

/* Is it running: there, and not a zombie? */
bool is_running(int process);
void write_file(const char *path, const char *text, unsigned mode);
/* The whole of a file; the caller's. */
char *read_file(const char *path);

/* The lists of checks, one per file. */
extern const struct check loop_checks[], moment_checks[], process_checks[], many_checks[],
    output_checks[], pause_checks[], stop_checks[], old_checks[], guardian_checks[], verbs_checks[],
    tee_checks[];

#define CHECK_EXIT(stage, node, wanted)                                                            \
    do {                                                                                           \
        CU_ASSERT_EQUAL((stage)->acts[node].report.kind, EXIT_CODE);                               \
        CU_ASSERT_EQUAL((stage)->acts[node].report.code, (wanted));                                \
    } while (0)
#define CHECK_SIGNAL(stage, node, wanted)                                                          \
    do {                                                                                           \
        CU_ASSERT_EQUAL((stage)->acts[node].report.kind, EXIT_SIGNAL);                             \
        CU_ASSERT_EQUAL((stage)->acts[node].report.code, (wanted));                                \
    } while (0)

#endif
