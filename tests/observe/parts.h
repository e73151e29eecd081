/* Checks of what the terminal is made of: kept output, the set of what runs. */
#ifndef TESTS_OBSERVE_PARTS_H
#define TESTS_OBSERVE_PARTS_H

void test_capture_keeps_all_below_its_limits(void);
void test_capture_keeps_both_ends(void);
void test_capture_last_lines(void);
void test_running_order_and_lookup(void);
void test_running_against_a_plain_array(void);

#endif
