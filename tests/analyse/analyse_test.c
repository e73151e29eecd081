/* Drawings, lists and replayed runs, of plans made from YAML and journals made by hand: the checks
 * of all files here. */
#include "checks.h"

#include <stddef.h>

#include "support/check.h"

int main(int argc, char **argv)
{
    static const struct check checks[] = {
        {"folded", test_folded},
        {"folded: needs", test_folded_needs},
        {"folded: selection", test_folded_selection},
        {"folded: colours", test_folded_colours},
        {"expanded", test_expanded},
        {"expanded: colours", test_expanded_colours},
        {"expanded: finally", test_expanded_finally},
        {"hostile names", test_hostile_names},
        {"graphviz reads it", test_graphviz_reads_it},
        {"many instances", test_many_instances},
        {"what is shared, drawn", test_drawn_primitives},
        {"what is shared, listed", test_listed_primitives},
        {"what is shared, as JSON", test_plan_json_of_programs},
        {"functions and pools", test_functions_and_pools},
        {"list", test_list},
        {"plan as JSON", test_plan_json},
        {"plan as JSON: bodies", test_plan_json_of_bodies},
        {"plan as JSON: needs", test_plan_json_of_needs},
        {"plan as JSON stays small", test_plan_json_stays_small},
        {"replay", test_replay},
        {"replay of retries", test_replay_of_retries},
        {"replay refuses", test_replay_refuses},
        {"replay of evaluated requests", test_replay_of_evaluated_requests},
        {"replay of damaged journals", test_replay_of_damaged_journals},
        {"status: ended", test_status_ended},
        {"status: running", test_status_running},
        {"status: killed", test_status_killed},
        {"status of many", test_status_of_many},
        {"status as JSON", test_status_json},
        {"template", test_template},
        {"expansion", test_expansion},
        {"expansion to none", test_expansion_to_none},
        {"expansion fails", test_expansion_fails},
        {"expansion is damaged", test_expansion_damaged},
        {NULL, NULL},
    };
    return check_main(argc, argv, "analyse", checks);
}
