/* Programs by hand: operations are added one by one; groups, partners and uses follow. */
#ifndef TESTS_SCHEDULE_SCHEDULE_SCRIPT_H
#define TESTS_SCHEDULE_SCHEDULE_SCRIPT_H

#include "schedule/schedule_builder.h"

struct script {
    VEC(struct operation) operations;
    VEC(struct gate_use) uses;
    VEC(uint32_t) open; /* ENTERs without their LEAVE */
    bool has_cleanup;
};

/* The new operation, valid until the next is added. gate: or NO_GATE. */
struct operation *script_add(struct script *script, enum operation_kind kind, uint32_t gate);
/* A verb of the last operation, a body, may do this. */
void script_use(struct script *script, enum use_role role, uint32_t gate);
/* Its number in the plan; the script is taken over. */
uint32_t script_finish(struct script *script, struct builder *builder);

/* The text of a program, as in tests/schedule/scenarios/README; find: the number of a token or gate
 * by its name. False: it is written wrongly, *ret_wrong says where. */
struct script_names {
    void *context;
    bool (*find_token)(void *context, const char *name, uint32_t *ret);
    bool (*find_gate)(void *context, const char *name, uint32_t *ret);
};
bool script_parse(struct script *script, struct builder *builder, char *text,
                  const struct script_names *names, const char **ret_wrong);

#endif
