/* The attempts of some nodes as the journal tells them, those before a resume and those that were
 * lost too. No scheduler is asked: each attempt that ended has an input of its own. */
#include "analyse/analyse.h"

#include <string.h>

#include "base/memory.h"

/* By node, and of one node as they were. */
static void sort(struct attempt_list *list, uint32_t first, uint32_t count)
{
    uint32_t *places = memory_array((size_t)count + 1, sizeof *places);
    struct attempt_end *sorted = memory_array(list->count, sizeof *sorted);
    for (uint32_t i = 0; i < list->count; i++)
        places[list->items[i].node - first + 1]++;
    for (uint32_t node = 0; node < count; node++)
        places[node + 1] += places[node];
    for (uint32_t i = 0; i < list->count; i++)
        sorted[places[list->items[i].node - first]++] = list->items[i];
    if (list->count > 0)
        memcpy(list->items, sorted, list->count * sizeof *sorted);
    memory_free(sorted);
    memory_free(places);
}

bool attempts_read(struct attempt_list *ret, const struct run_folder *folder, uint32_t first,
                   uint32_t count, struct error *error)
{
    struct journal_reader journal;
    *ret = (struct attempt_list){0};
    if (!journal_open(&journal, folder, error))
        return false;
    for (struct input in; journal_next(&journal, &in);) {
        bool is_whole = in.operation == NO_OPERATION || in.operation == OPERATION_END;
        bool is_end = (in.kind == INPUT_FINISHED && is_whole) || in.kind == INPUT_KEPT;
        if (!is_end || in.node < first || in.node - first >= count)
            continue;
        *VEC_PUSH(ret) = (struct attempt_end){.node = in.node,
                                              .number = in.attempt,
                                              .kind = in.outcome.kind,
                                              .code = in.outcome.code,
                                              .log = in.outcome.log,
                                              .result = in.outcome.result};
    }
    journal_reader_close(&journal);
    sort(ret, first, count);
    return true;
}
