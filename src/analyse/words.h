/* The words for plans and runs that all views of them share. */
#ifndef ANALYSE_WORDS_H
#define ANALYSE_WORDS_H

#include "analyse/analyse.h"

/* Text as its author wrote it, with ${{ }} where expressions stand. */
void words_add_text(const struct workflow *workflow, const struct text *text, struct buffer *out);

/* A value likewise. New. */
json_t *words_json_spec(const struct workflow *workflow, const struct spec *spec);

/* A JSON string of any bytes: what is not UTF-8 becomes '?'. New. */
json_t *words_json_text(const char *bytes, size_t length);
/* The name of a node. New. */
json_t *words_json_name(const struct plan *plan, uint32_t node);

/* How an instance stands. */
enum standing {
    STANDING_WAITING, /* for its needs */
    STANDING_READY,   /* for resources */
    STANDING_DELAYED, /* for another attempt */
    STANDING_WITHIN,  /* for others, or a timer: it had begun */
    STANDING_RUNNING,
    STANDING_ENDED,
};
enum standing words_standing(const struct replay *replay, uint32_t node);
/* The same for programs: "waiting", "ready", "delayed", "synchronising", "running", "ended". */
const char *words_state(const struct replay *replay, uint32_t node);
/* Of a run: "running", "ended", "killed". */
const char *words_run_state(const struct run_folder *folder, const struct replay *replay);
/* Of a run that is not over: now; else its last moment. */
int64_t words_time(const struct run_folder *folder, const struct replay *replay);

/* Is it an instance of this run? */
bool words_is_counted(const struct plan *plan, uint32_t node);

struct tally {
    uint32_t total, waiting, running;
    uint32_t by_status[STATUS_FAILURE + 1];
    uint32_t tolerated; /* of the failures */
};
void words_count(struct tally *tally, const struct replay *replay, uint32_t node);
struct tally words_tally(const struct plan *plan, const struct replay *replay);

/* Why the last attempt failed: "exit status 3", "killed by SIGKILL", "timed out", what kept it from
 * starting; nothing where nothing is known. Not made harmless. */
void words_add_reason(const struct replay_node *node, struct buffer *out);

#endif
