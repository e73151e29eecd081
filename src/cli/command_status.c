/* pargraph status. */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"

static const struct option_entry options[] = {OPTION_JSON, OPTION_STATE, {0}};

static const struct command_help help = {
    "status", "[OPTIONS] [RUN]",
    "Shows how a run went, or goes: the newest, or the one whose id begins with RUN.", options,
    "exit status: 0 shown; 4 there is no such run\n"};

/* What is left of a run that goes on, by what earlier runs of its workflow took. */
static struct time_left look_ahead(const struct seen_run *seen)
{
    CLEANUP_FREE char *runs = file_directory(seen->folder.path);
    CLEANUP_FREE char *state = file_directory(runs);
    const struct replay *replay = &seen->replay;
    const struct plan *plan = &seen->loaded.plan;
    struct estimate *estimate = estimate_new(plan);
    duration_list earlier;
    const char *slash = strrchr(seen->loaded.file, '/');
    CLEANUP_FREE char *path =
        file_join(seen->loaded.directory, slash != NULL ? slash + 1 : seen->loaded.file);
    earlier_durations(plan, state, path, &earlier);
    estimate_learn(estimate, earlier.items, earlier.count);
    durations_free(earlier.items, earlier.count);
    for (uint32_t node = 0; node < replay->node_count; node++) {
        bool has_ended = scheduler_state(replay->scheduler, node) == STATE_ENDED;
        const struct replay_node *last = &replay->nodes[node];
        if (last->started >= 0 && (has_ended || last->ended < 0))
            estimate_started(estimate, node, last->started);
        if (has_ended)
            estimate_ended(estimate, node, last->ended, scheduler_status(replay->scheduler, node));
    }
    struct time_left left = estimate_look(estimate, replay->now);
    estimate_free(estimate);
    return left;
}

static int print_json(struct seen_run *seen, const struct time_left *left)
{
    json_t *status = status_to_json(&seen->loaded.plan, &seen->folder, &seen->replay);
    if (left->left >= 0) {
        json_object_set_new(status, "left", json_real((double)left->left / 1e9));
        json_object_set_new(status, "is_left_least", json_boolean(left->is_least));
    }
    return cli_write_json(status, EXIT_STATUS_SUCCESS);
}

static int print_status(struct seen_run *seen, bool is_json)
{
    struct time_left left = {.left = -1};
    if (!seen->replay.has_ended && run_folder_is_alive(&seen->folder))
        left = look_ahead(seen);
    if (is_json)
        return print_json(seen, &left);
    CLEANUP_BUFFER struct buffer text = {0};
    status_write(&seen->loaded.plan, &seen->folder, &seen->replay, &text);
    CLEANUP_BUFFER struct buffer words = {0};
    time_left_write(&left, seen->replay.now, &words);
    if (words.length > 0)
        buffer_printf(&text, "\n%s\n", buffer_text(&words));
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

int command_status(int argc, char **argv)
{
    struct common_options common = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &common, &operands);
    if (status >= 0)
        return status;
    if (operands > 1)
        return cli_usage("status", "one run is wanted, not %d", operands);
    struct seen_run seen;
    status = cli_open_run(&seen, common.state, NULL, operands == 1 ? argv[1] : NULL);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_status(&seen, common.is_json);
    cli_close_run(&seen);
    return status;
}
