/* What earlier runs of a workflow tell of its tasks' durations: the index's rows; where it has
 * none, it may have been lost, and they are made again from the journals. So much is read for that
 * and no more, whatever there is: the newest runs, those of the same plan, as only these say the
 * same of each node. */
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "observe/observe.h"

/* The mean halves with every run, so that older ones than these hardly count. */
enum { LOOKED_AT_MOST = 50, RECALLED_MOST = 4 };
static const off_t FILES_MOST = 16 << 20; /* bytes of journals and frozen.json in all */

struct recall {
    const struct plan *plan;
    const char *state, *workflow;
    uint32_t fingerprint;
    off_t bytes;                           /* read so far */
    struct estimate *found[RECALLED_MOST]; /* from the newest on */
    uint32_t count;
};

static bool may_read(struct recall *recall, const struct run_folder *folder, const char *name)
{
    struct stat status;
    if (fstatat(folder->directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        status.st_size > FILES_MOST - recall->bytes)
        return false;
    recall->bytes += status.st_size;
    return true;
}

static bool is_of_workflow(struct recall *recall, const struct run_folder *folder)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (!may_read(recall, folder, "frozen.json") ||
        !run_folder_read(folder, "frozen.json", &text, &length, NULL))
        return false;
    json_t *frozen = json_loadb(text, length, 0, NULL);
    const char *file = json_string_value(json_object_get(frozen, "file"));
    const char *directory = json_string_value(json_object_get(frozen, "directory"));
    bool is_same = false;
    if (file != NULL && directory != NULL) {
        const char *slash = strrchr(file, '/');
        CLEANUP_FREE char *path = file_join(directory, slash != NULL ? slash + 1 : file);
        is_same = strcmp(path, recall->workflow) == 0;
    }
    json_decref(frozen);
    return is_same;
}

/* A success that came after the timeout was none. */
static void take(struct estimate *estimate, const struct input *in, bool *is_overdue)
{
    if (in->kind == INPUT_STARTED) {
        *is_overdue = false;
        estimate_started(estimate, in->node, in->since);
    } else if (in->kind == INPUT_TIMER) {
        *is_overdue = true;
    } else if (in->kind == INPUT_FINISHED && !*is_overdue && outcome_is_success(&in->outcome)) {
        estimate_ended(estimate, in->node, in->now, STATUS_SUCCESS);
    } else if (in->kind == INPUT_EVALUATED && in->verdict == VERDICT_SKIP) {
        estimate_ended(estimate, in->node, in->now, STATUS_SKIPPED);
    }
}

/* What it is to tell; NULL where it is of another plan, or was cut off. Instances that a run grew
 * by are passed over. */
static struct estimate *recall_journal(struct recall *recall, const struct run_folder *folder)
{
    struct journal_reader journal;
    if (!may_read(recall, folder, "journal") || !journal_open(&journal, folder, NULL))
        return NULL;
    struct estimate *estimate = NULL;
    if (journal.head.plan == recall->fingerprint) {
        estimate = estimate_new(recall->plan);
        bool *is_overdue = memory_array(recall->plan->node_count, sizeof *is_overdue);
        for (struct input in; journal_next(&journal, &in);)
            if (in.node < recall->plan->node_count)
                take(estimate, &in, &is_overdue[in.node]);
        memory_free(is_overdue);
    }
    if (!journal.has_ended) {
        estimate_free(estimate);
        estimate = NULL;
    }
    journal_reader_close(&journal);
    return estimate;
}

static void recall_run(struct recall *recall, const char *id)
{
    struct run_folder folder;
    if (!run_folder_open(&folder, recall->state, id, NULL))
        return;
    if (!run_folder_is_alive(&folder) && is_of_workflow(recall, &folder)) {
        recall->found[recall->count] = recall_journal(recall, &folder);
        recall->count += recall->found[recall->count] != NULL;
    }
    run_folder_close(&folder);
}

/* Into the index, the oldest first; that it cannot be written is no failure of those who ask. */
static void put(struct recall *recall)
{
    while (recall->count > 0) {
        struct estimate *estimate = recall->found[--recall->count];
        duration_list list = {0};
        estimate_tell(estimate, &list);
        if (list.count > 0)
            durations_put(recall->state, recall->workflow, list.items, list.count, NULL);
        durations_free(list.items, list.count);
        estimate_free(estimate);
    }
}

static void make_again(const struct plan *plan, const char *state, const char *workflow)
{
    char **ids;
    uint32_t count;
    if (!run_folder_list(state, &ids, &count, NULL))
        return;
    struct recall recall = {
        .plan = plan, .state = state, .workflow = workflow, .fingerprint = plan_fingerprint(plan)};
    uint32_t last = count > LOOKED_AT_MOST ? count - LOOKED_AT_MOST : 0;
    for (uint32_t i = count; i > last && recall.count < RECALLED_MOST; i--)
        recall_run(&recall, ids[i - 1]);
    put(&recall);
    for (uint32_t i = 0; i < count; i++)
        free(ids[i]);
    free(ids);
}

void earlier_durations(const struct plan *plan, const char *state, const char *workflow,
                       duration_list *ret)
{
    *ret = (duration_list){0};
    durations_read(state, workflow, &ret->items, &ret->count, NULL);
    if (ret->count > 0)
        return;
    make_again(plan, state, workflow);
    durations_free(ret->items, ret->count);
    durations_read(state, workflow, &ret->items, &ret->count, NULL);
}
