/* The parts of schedule_test. */
#ifndef TESTS_SCHEDULE_SCHEDULE_PARTS_H
#define TESTS_SCHEDULE_SCHEDULE_PARTS_H

#include "base/buffer.h"
#include "schedule/schedule.h"
#include "schedule/schedule_builder.h"

static const int64_t NANOSECONDS = 1000000000; /* of a second */

/* How scenarios call what is in enum outcome_kind; ends in NULL. */
extern const char *const outcome_words[];
/* How scenarios call what is in enum operation_kind; ends in NULL. */
extern const char *const operation_words[];
struct wording {
    const char *const *nodes, *const *tokens, *const *gates;
};
/* A line, with its newline. */
void write_action(struct buffer *out, const struct action *action, const struct wording *names);
/* Goes on from an earlier digest: two runs with the same one did the same. */
uint64_t digest_action(uint64_t digest, const struct action *action);

void check_scenarios(void);

void check_random_runs(void);
void check_same_seed_same_actions(void);
void check_random_programs(void);

void check_chain_of_a_million(void);
void check_blocked_chain_of_a_million(void);
void check_star_of_a_million(void);
void check_joins_of_a_million(void);
void check_many_requests(void);
void check_many_waiters(void);
void check_wide_barrier(void);

void check_exit_codes(void);
void check_hostile_inputs(void);

#endif
