/* Primitives by name. */
#include "workflow/workflow.h"

const char *primitive_kind_text(enum primitive_kind kind)
{
    static const char *const texts[] = {"lock",      "semaphore", "barrier",
                                        "condition", "event",     "queue"};
    return texts[kind];
}

uint32_t workflow_primitive(const struct workflow *workflow, name name)
{
    for (uint32_t i = 0; i < workflow->primitive_count; i++)
        if (workflow->primitives[i].name == name)
            return i;
    return UINT32_MAX;
}
