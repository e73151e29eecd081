/* The checks of this program, file by file. */
#ifndef TESTS_OBSERVE_CHECKS_H
#define TESTS_OBSERVE_CHECKS_H

void test_capture_keeps_all_below_its_limits(void);
void test_capture_keeps_both_ends(void);
void test_capture_last_lines(void);
void test_running_order_and_lookup(void);
void test_running_against_a_plain_array(void);

void test_normal(void);
void test_verbose(void);
void test_quiet(void);
void test_order_in_one_file(void);
void test_order_of_a_stream(void);
void test_raw_bytes(void);
void test_harmless_on_a_terminal(void);
void test_reasons(void);
void test_retries(void);
void test_statuses(void);
void test_statuses_when_normal(void);
void test_last_ten_lines(void);
void test_tail_of_one_long_line(void);
void test_large_block(void);
void test_stream_of_parts(void);
void test_stream_of_long_lines(void);
void test_dry(void);
void test_message(void);
void test_progress_line(void);
void test_progress_waits(void);
void test_waits_are_told(void);
void test_progress_gives_way(void);
void test_progress_width(void);
void test_gathering(void);
void test_estimate(void);
void test_estimate_by_this_run(void);
void test_estimate_of_a_resumed_run(void);
void test_colours(void);
void test_many_failures(void);
void test_many_tasks(void);
void test_nobody_watches(void);

#endif
