/* The checks of this program, file by file. */
#ifndef TESTS_ANALYSE_CHECKS_H
#define TESTS_ANALYSE_CHECKS_H

void test_folded(void);
void test_folded_needs(void);
void test_folded_selection(void);
void test_folded_colours(void);
void test_expanded(void);
void test_expanded_colours(void);
void test_expanded_finally(void);
void test_hostile_names(void);
void test_graphviz_reads_it(void);
void test_many_instances(void);

void test_drawn_primitives(void);
void test_listed_primitives(void);
void test_plan_json_of_programs(void);
void test_functions_and_pools(void);

void test_list(void);
void test_plan_json(void);
void test_plan_json_of_bodies(void);
void test_plan_json_of_needs(void);
void test_plan_json_stays_small(void);

void test_replay(void);
void test_replay_of_retries(void);
void test_replay_refuses(void);
void test_replay_of_evaluated_requests(void);
void test_replay_of_damaged_journals(void);
void test_status_ended(void);
void test_status_running(void);
void test_status_killed(void);
void test_status_of_many(void);
void test_status_json(void);

void test_template(void);
void test_expansion(void);
void test_expansion_to_none(void);
void test_expansion_fails(void);
void test_expansion_damaged(void);

#endif
