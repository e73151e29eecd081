/* See gpus.h. Numbers are nobody's in the journal: no attempt outlives the runner, so to a resumed
 * run all are free. The scheduler gives out what was given back no earlier than it is told of the
 * end of the attempt that had it, and that is after gpus_give_back; so there are always enough.
 *
 * A program knows its devices by the names that its CUDA_VISIBLE_DEVICES has. If the run was itself
 * given some by that variable, number n is the n-th of these. */
#include "run/gpus.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static uint64_t capacity_of(const struct plan *plan)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t i = 0; i < workflow->resource_count; i++)
        if (workflow->resources[i].kind == RESOURCE_GPU)
            return plan->tokens[i].capacity;
    return 0;
}

/* Does the node have any? */
static bool has_any(const struct run *run, uint32_t node)
{
    for (uint32_t i = 0; i < run->gpus.count; i++)
        if (run->gpus.items[i] == node)
            return true;
    return false;
}

static void take_free(struct run *run, uint32_t node, uint64_t count)
{
    uint64_t capacity = capacity_of(run->plan);
    for (uint32_t i = 0; i < capacity && count > 0; i++) {
        if (i == run->gpus.count)
            *VEC_PUSH(&run->gpus) = NO_NODE;
        if (run->gpus.items[i] != NO_NODE)
            continue;
        run->gpus.items[i] = node;
        count--;
    }
}

/* The n-th of "0,2" or "GPU-8932f937,..."; false if there are not so many. */
static bool nth_named(const char *list, uint32_t n, const char **ret, size_t *ret_length)
{
    for (; n > 0 && *list != '\0'; n--) {
        list += strcspn(list, ",");
        list += *list == ',';
    }
    *ret = list;
    *ret_length = strcspn(list, ",");
    return *ret_length > 0 && *list != '-';
}

/* What a program calls number n. */
static void add_device(const struct run *run, uint32_t n, struct buffer *out)
{
    const char *visible = getenv("CUDA_VISIBLE_DEVICES"), *device;
    size_t length;
    uint64_t capacity = capacity_of(run->plan);
    bool is_named = visible != NULL && nth_named(visible, (uint32_t)capacity - 1, &device, &length);
    if (is_named && nth_named(visible, n, &device, &length))
        buffer_add(out, device, length);
    else
        buffer_printf(out, "%u", n);
}

void gpus_tell(struct attempt *attempt)
{
    const struct run *run = attempt->run;
    struct buffer own = {0}, visible = {0};
    if (!has_any(run, attempt->node) || attempt->gpu_entries[0] != NULL)
        return;
    buffer_add_text(&own, "PARGRAPH_GPUS=");
    buffer_add_text(&visible, "CUDA_VISIBLE_DEVICES=");
    const char *comma = "";
    for (uint32_t i = 0; i < run->gpus.count; i++) {
        if (run->gpus.items[i] != attempt->node)
            continue;
        buffer_printf(&own, "%s%u", comma, i);
        buffer_add_text(&visible, comma);
        add_device(run, i, &visible);
        comma = ",";
    }
    attempt->gpu_entries[0] = buffer_take(&own);
    attempt->gpu_entries[1] = buffer_take(&visible);
}

void gpus_take(struct attempt *attempt, uint64_t count)
{
    if (count > 0 && !has_any(attempt->run, attempt->node))
        take_free(attempt->run, attempt->node, count);
    gpus_tell(attempt);
}

void gpus_give_back(struct run *run, uint32_t node)
{
    for (uint32_t i = 0; i < run->gpus.count; i++)
        if (run->gpus.items[i] == node)
            run->gpus.items[i] = NO_NODE;
}
