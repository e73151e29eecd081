/* What a person sees of a run: the checks of all files here. */
#include "checks.h"

#include "support/check.h"

int main(int argc, char **argv)
{
    static const struct check checks[] = {
        {"capture keeps all below its limits", test_capture_keeps_all_below_its_limits},
        {"capture keeps both ends", test_capture_keeps_both_ends},
        {"capture gives the last lines", test_capture_last_lines},
        {"running: order and lookup", test_running_order_and_lookup},
        {"running: against a plain array", test_running_against_a_plain_array},
        {"normal", test_normal},
        {"verbose", test_verbose},
        {"quiet", test_quiet},
        {"order in one file", test_order_in_one_file},
        {"order of a stream", test_order_of_a_stream},
        {"raw bytes", test_raw_bytes},
        {"harmless on a terminal", test_harmless_on_a_terminal},
        {"reasons", test_reasons},
        {"retries", test_retries},
        {"statuses", test_statuses},
        {"statuses when normal", test_statuses_when_normal},
        {"the last ten lines", test_last_ten_lines},
        {"the tail of one long line", test_tail_of_one_long_line},
        {"a large block", test_large_block},
        {"a stream of parts", test_stream_of_parts},
        {"a stream of long lines", test_stream_of_long_lines},
        {"dry", test_dry},
        {"message", test_message},
        {"the progress line", test_progress_line},
        {"progress: who waits", test_progress_waits},
        {"verbose: who waits", test_waits_are_told},
        {"the progress line gives way", test_progress_gives_way},
        {"the progress line's width", test_progress_width},
        {"lines are gathered", test_gathering},
        {"an estimate from earlier runs", test_estimate},
        {"an estimate from this run", test_estimate_by_this_run},
        {"an estimate of a resumed run", test_estimate_of_a_resumed_run},
        {"colours", test_colours},
        {"many failures", test_many_failures},
        {"many tasks", test_many_tasks},
        {"nobody watches", test_nobody_watches},
        {NULL, NULL},
    };
    return check_main(argc, argv, "observe", checks);
}
