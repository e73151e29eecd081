/* The parts of the oracle; see schedule_oracle.h. */
#ifndef TESTS_SCHEDULE_SCHEDULE_ORACLE_PARTS_H
#define TESTS_SCHEDULE_SCHEDULE_ORACLE_PARTS_H

#include "schedule/schedule_oracle.h"

/* What the first member that did not succeed makes of a gang's attempt. */
enum { GANG_WELL, GANG_FAILED, GANG_CANCELLED, GANG_LOST };

void oracle_judge(struct oracle *oracle, bool is_good, const char *law);
/* The tokens of the node's request are taken, or given back. */
void oracle_account(struct oracle *oracle, uint32_t node, bool is_taken);
/* NULL: it is of none. */
const struct gang *oracle_gang(const struct oracle *oracle, uint32_t node);

#endif
