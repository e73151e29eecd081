/* Workflows from YAML text, planned, and runs of them from inputs written by hand. */
#ifndef TESTS_ANALYSE_EXAMPLE_H
#define TESTS_ANALYSE_EXAMPLE_H

#include "analyse/analyse.h"

static const int64_t SECOND = 1000000000;

struct example {
    struct names names;
    struct sources sources;
    struct snapshot snapshot;
    struct workflow workflow;
    struct plan plan;
    bool is_good; /* read and planned without an error */
};

/* "pargraph: 1" is put in front. selection: a task to run, or NULL. */
void example_open(struct example *example, const char *yaml, const char *selection);
void example_close(struct example *example);
uint32_t example_node(const struct example *example, const char *text);

/* A run's folder in a temporary directory, and the journal in it. */
struct recording {
    char state[64];
    struct run_folder folder;
    struct journal *journal;
};

bool recording_open(struct recording *recording, const struct plan *plan,
                    uint32_t scheduler_version, uint8_t policy);
void recording_add(struct recording *recording, struct input in);
void recording_start(struct recording *recording, int64_t now, uint32_t node, uint32_t attempt);
void recording_finish(struct recording *recording, int64_t now, uint32_t node, uint32_t attempt,
                      struct outcome outcome);
void recording_exit(struct recording *recording, int64_t now, uint32_t node, int code);
/* Writes the journal, with an end unless exit_status is negative. */
void recording_end(struct recording *recording, int exit_status, int64_t now);
/* Gives the folder's lock back, as a dead runner does. */
void recording_abandon(struct recording *recording);
/* Removes all files. */
void recording_close(struct recording *recording);

#endif
