/* What the checks look at; see example.h. */
#include "example.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

static const int64_t BEGAN = INT64_C(1793000000) * 1000000000;

void example_open(struct example *example, const char *yaml, const char *selection)
{
    struct diagnostics diagnostics = {0};
    struct buffer text = {0};
    *example = (struct example){0};
    buffer_printf(&text, "pargraph: 1\n%s", yaml);
    size_t length = text.length;
    names_init(&example->names);
    snapshot_init(&example->snapshot, "/");
    sources_add(&example->sources, "flow.yml", buffer_take(&text), length);
    example->is_good = workflow_read(
        &example->workflow, &example->sources, &example->sources.items[0], &example->names,
        &example->snapshot, &(struct workflow_options){.run_id = ""}, &diagnostics);
    struct plan_options options = {
        .cpu_capacity = 4, .selection = &selection, .selection_count = selection != NULL};
    example->is_good =
        example->is_good && plan_build(&example->plan, &example->workflow, &options, &diagnostics);
    CLEANUP_BUFFER struct buffer shown = {0};
    diagnostics_write(&diagnostics, &example->sources, &shown);
    fputs(buffer_text(&shown), stdout);
    diagnostics_release(&diagnostics);
}

void example_close(struct example *example)
{
    plan_release(&example->plan);
    workflow_release(&example->workflow);
    snapshot_release(&example->snapshot);
    sources_release(&example->sources);
    names_release(&example->names);
}

uint32_t example_node(const struct example *example, const char *text)
{
    node_list nodes = {0};
    bool is_found = plan_find(&example->plan, text, &nodes, NULL) && nodes.count > 0;
    uint32_t node = is_found ? nodes.items[0] : NO_NODE;
    VEC_RELEASE(&nodes);
    return node;
}

bool recording_open(struct recording *recording, const struct plan *plan,
                    uint32_t scheduler_version, uint8_t policy)
{
    const char *temporary = getenv("TMPDIR");
    CLEANUP_ERROR struct error error = {0};
    *recording = (struct recording){0};
    snprintf(recording->state, sizeof recording->state, "%s/analyse.XXXXXX",
             temporary != NULL && strlen(temporary) < 40 ? temporary : "/tmp");
    if (mkdtemp(recording->state) == NULL ||
        !run_folder_create(&recording->folder, recording->state, BEGAN, &error))
        return false;
    struct journal_head head = {.scheduler_version = scheduler_version,
                                .failure_policy = policy,
                                .wall = BEGAN,
                                .cpu_capacity = 4,
                                .plan = plan_fingerprint(plan)};
    recording->journal = journal_create(&recording->folder, &head, &error);
    recording_add(recording, (struct input){.kind = INPUT_BEGIN});
    return recording->journal != NULL;
}

void recording_add(struct recording *recording, struct input in)
{
    in.operation = NO_OPERATION; /* the example has no programs */
    in.item = NO_ITEM;
    in.request = NO_REQUEST;
    journal_add_input(recording->journal, &in);
}

void recording_start(struct recording *recording, int64_t now, uint32_t node, uint32_t attempt)
{
    recording_add(recording, (struct input){.now = now,
                                            .kind = INPUT_STARTED,
                                            .node = node,
                                            .attempt = attempt,
                                            .process = 4711,
                                            .since = now});
}

void recording_finish(struct recording *recording, int64_t now, uint32_t node, uint32_t attempt,
                      struct outcome outcome)
{
    recording_add(recording, (struct input){.now = now,
                                            .kind = INPUT_FINISHED,
                                            .node = node,
                                            .attempt = attempt,
                                            .outcome = outcome});
}

void recording_exit(struct recording *recording, int64_t now, uint32_t node, int code)
{
    recording_finish(recording, now, node, 1, (struct outcome){.code = code});
}

void recording_end(struct recording *recording, int exit_status, int64_t now)
{
    if (exit_status >= 0)
        journal_add_end(recording->journal,
                        &(struct journal_end){.exit_status = exit_status, .time = now});
    journal_write(recording->journal, NULL);
}

void recording_abandon(struct recording *recording)
{
    journal_close(recording->journal);
    run_folder_close(&recording->folder);
    recording->journal = NULL;
    run_folder_open(&recording->folder, recording->state, NULL, NULL);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)kind, (void)at;
    return remove(path);
}

void recording_close(struct recording *recording)
{
    if (recording->journal != NULL)
        journal_close(recording->journal);
    run_folder_close(&recording->folder);
    nftw(recording->state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
