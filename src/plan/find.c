/* From a name that a user wrote to nodes. */
#include <endian.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "base/text.h"
#include "plan/plan.h"

enum { MOST_CANDIDATES = 10000 };

static bool no_task(const struct plan *plan, const char *text, size_t length, struct error *error)
{
    const struct workflow *workflow = plan->workflow;
    CLEANUP_FREE char *word = memory_text_n(text, length);
    CLEANUP_FREE const char **candidates = memory_array(workflow->task_count, sizeof *candidates);
    for (uint32_t i = 0; i < workflow->task_count; i++)
        candidates[i] = names_text(workflow->names, workflow->tasks[i].name);
    const char *nearest = text_nearest(word, candidates, workflow->task_count);
    error_set(error, PLACE_NONE, "there is no task '%s'", word);
    return nearest == NULL ? false : error_hint(error, "did you mean '%s'?", nearest);
}

static bool no_instance(const struct plan *plan, uint32_t task, const char *text,
                        struct error *error)
{
    const char *task_name = names_text(plan->workflow->names, plan->workflow->tasks[task].name);
    if (plan->workflow->tasks[task].matrix == NULL)
        return error_set(error, PLACE_NONE, "task '%s' has no matrix, and so no instance '%s'",
                         task_name, text);
    const struct instances *instances = &plan->instances[task];
    if (!instances_are_known(instances)) {
        error_set(error, PLACE_NONE,
                  "the instances of task '%s' are known only when what it needs has ended",
                  task_name);
        return error_hint(error, "name the whole task: %s", task_name);
    }
    uint32_t count = instances->count < MOST_CANDIDATES ? instances->count : MOST_CANDIDATES;
    char **candidates = memory_array(count, sizeof *candidates);
    for (uint32_t i = 0; i < count; i++) {
        struct buffer whole = {0};
        plan_write_name(plan, instances_node(instances, i), &whole);
        candidates[i] = buffer_take(&whole);
    }
    const char *nearest = text_nearest(text, (const char *const *)candidates, count);
    error_set(error, PLACE_NONE, "task '%s' has no instance '%s'", task_name, text);
    if (nearest != NULL)
        error_hint(error, "did you mean '%s'?", nearest);
    for (uint32_t i = 0; i < count; i++)
        memory_free(candidates[i]);
    memory_free(candidates);
    return false;
}

bool plan_find(const struct plan *plan, const char *text, node_list *nodes, struct error *error)
{
    size_t length = strcspn(text, "[");
    name id = names_find(plan->workflow->names, text, length);
    uint32_t task = id == UINT32_MAX ? NO_TASK : workflow_task(plan->workflow, id);
    if (task == NO_TASK)
        return no_task(plan, text, length, error);
    const struct instances *instances = &plan->instances[task];
    bool is_whole = text[length] == '\0';
    CLEANUP_BUFFER struct buffer whole = {0};
    for (uint32_t i = 0; i < instances->count; i++) {
        uint32_t node = instances_node(instances, i);
        buffer_clear(&whole);
        if (!is_whole)
            plan_write_name(plan, node, &whole);
        if (!is_whole && strcmp(buffer_text(&whole), text) != 0)
            continue;
        *VEC_PUSH(nodes) = node;
        if (!is_whole)
            return true;
    }
    return is_whole || no_instance(plan, task, text, error);
}

/* Of what synchronises: the gates' numbers and the chains that positions are in. */
static uint32_t add_programs(const struct plan *plan, uint32_t checksum)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t i = 0; i < workflow->primitive_count; i++) {
        uint32_t kind = htole32(workflow->primitives[i].kind);
        name name = workflow->primitives[i].name;
        checksum = checksum_crc32c(checksum, &kind, sizeof kind);
        checksum = checksum_crc32c(checksum, names_text(workflow->names, name),
                                   names_length(workflow->names, name));
    }
    for (uint32_t i = 1; i < plan->program_count; i++)
        for (uint32_t k = 0; k < plan->programs[i].count; k++) {
            const struct operation *operation = &plan->programs[i].operations[k];
            uint32_t parts[] = {htole32(i), htole32(operation->kind), htole32(operation->group),
                                htole32(operation->gate)};
            checksum = checksum_crc32c(checksum, parts, sizeof parts);
        }
    return checksum;
}

uint32_t plan_fingerprint(const struct plan *plan)
{
    const struct workflow *workflow = plan->workflow;
    uint32_t checksum = 0, next = 0;
    for (uint32_t i = 0; i < workflow->task_count; i++) {
        const struct instances *instances = &plan->instances[i];
        bool is_fixed = instances->template == NO_NODE; /* else none, before the plan grew */
        uint32_t first = is_fixed ? instances->first : next;
        uint32_t count = is_fixed ? instances->count : 0;
        uint32_t places[] = {htole32(first), htole32(count)};
        next = first + count;
        name name = workflow->tasks[i].name;
        checksum = checksum_crc32c(checksum, names_text(workflow->names, name),
                                   names_length(workflow->names, name));
        checksum = checksum_crc32c(checksum, places, sizeof places);
    }
    return add_programs(plan, checksum);
}
