/* The parts of schedule_test. */
#ifndef TESTS_SCHEDULE_SCHEDULE_PARTS_H
#define TESTS_SCHEDULE_SCHEDULE_PARTS_H

#include "base/buffer.h"
#include "schedule/schedule.h"
#include "schedule/schedule_builder.h"

void check_scenarios(void);

void check_random_runs(void);
void check_same_seed_same_actions(void);

void check_chain_of_a_million(void);
void check_blocked_chain_of_a_million(void);
void check_star_of_a_million(void);
void check_joins_of_a_million(void);
void check_many_requests(void);

void check_exit_codes(void);
void check_hostile_inputs(void);

#endif
