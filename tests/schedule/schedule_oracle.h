/* A judge of runs: knows the plan and sees inputs and actions, as a driver does, and holds them
 * against the laws. */
#ifndef TESTS_SCHEDULE_SCHEDULE_ORACLE_H
#define TESTS_SCHEDULE_SCHEDULE_ORACLE_H

#include "schedule/schedule.h"
#include "schedule/schedule_builder.h"

enum { ORACLE_NODES = 64, ORACLE_TOKENS = 4 };

struct oracle_node {
    bool is_live, is_asked, is_signalled, is_stopped, is_lost, is_timed_out, has_answer;
    bool is_gone;      /* what runs went with its runner: it is told as lost, next */
    uint8_t status;    /* once it has ended */
    uint32_t attempts; /* launched, lost ones not counted */
    uint32_t vector;
    uint32_t timer; /* armed and not yet due; 0: none */
    int64_t timer_at;
    bool has_failed; /* the last attempt failed, or its gang did */
};

struct oracle {
    const struct plan *plan;
    uint8_t policy;
    struct oracle_node nodes[ORACLE_NODES];
    uint64_t held[ORACLE_TOKENS], capacity[ORACLE_TOKENS];
    uint32_t expanding; /* a node, or NO_NODE */
    uint32_t resumes;
    bool has_wide; /* a request for more than 1 of a running token: reservations may come */
    bool is_cancelled, is_interrupted, is_killed, is_timed_out, is_policy_on, has_ended;
    bool has_cancelling_answer;
    uint8_t gang_ends[ORACLE_NODES]; /* by gang: see schedule_oracle_parts.h */
    const char *wrong;
};

void oracle_init(struct oracle *oracle, const struct plan *plan, uint8_t policy);
/* Before the input is handled. */
void oracle_input(struct oracle *oracle, const struct input *in);
/* What was done then; oracle->wrong says what should not have been. */
void oracle_actions(struct oracle *oracle, const struct scheduler *scheduler,
                    const struct action_list *actions);
bool oracle_is_main(const struct oracle *oracle, uint32_t node);

#endif
