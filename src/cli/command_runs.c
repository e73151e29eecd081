/* pargraph runs. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"

static const struct option_entry options[] = {OPTION_JSON, OPTION_STATE, {0}};

static const struct command_help help = {
    "runs", "[OPTIONS]", "Lists the runs in the state directory, oldest first.", options, NULL};

static const char *outcome_text(const struct index_run *run, bool is_alive)
{
    if (run->exit_status < 0)
        return is_alive ? "running" : "killed";
    switch (run->exit_status) {
    case EXIT_STATUS_SUCCESS:
        return "success";
    case EXIT_STATUS_FAILED:
        return "failure";
    case EXIT_STATUS_DEADLOCK:
        return "deadlock";
    case EXIT_STATUS_INTERRUPTED:
    case EXIT_STATUS_TERMINATED:
        return "interrupted";
    default:
        return "broken";
    }
}

static bool is_alive(const char *state, const char *id)
{
    struct run_folder folder;
    if (!run_folder_open(&folder, state, id, NULL))
        return false;
    bool alive = run_folder_is_alive(&folder);
    run_folder_close(&folder);
    return alive;
}

static void write_row(const struct index_run *run, const char *outcome, struct buffer *out)
{
    time_t seconds = run->started / 1000000000;
    struct tm when;
    char started[32] = "?";
    if (run->started > 0 && localtime_r(&seconds, &when) != NULL)
        strftime(started, sizeof started, "%Y-%m-%d %H:%M:%S", &when);
    CLEANUP_BUFFER struct buffer elapsed = {0};
    text_write_duration(run->elapsed, &elapsed);
    char counts[32] = "";
    if (run->total > 0)
        snprintf(counts, sizeof counts, "%u/%u", run->succeeded, run->total);
    buffer_printf(out, "%-18s %-12s %s %8s %11s %s\n", run->id, outcome, started,
                  run->exit_status < 0 ? "" : buffer_text(&elapsed), counts,
                  run->name != NULL && run->name[0] != '\0' ? run->name
                  : run->file != NULL                       ? run->file
                                                            : "");
}

static json_t *row_json(const struct index_run *run, const char *outcome)
{
    return json_pack("{s:s, s:s?, s:s?, s:s, s:f, s:f, s:I, s:I, s:I, s:o}", "id", run->id, "name",
                     run->name, "file", run->file, "outcome", outcome, "started",
                     (double)run->started / 1e9, "elapsed", (double)run->elapsed / 1e9, "succeeded",
                     (json_int_t)run->succeeded, "failed", (json_int_t)run->failed, "total",
                     (json_int_t)run->total, "exit_status",
                     run->exit_status < 0 ? json_null() : json_integer(run->exit_status));
}

static int print_runs(const char *state, const struct index_run *runs, uint32_t count, bool is_json)
{
    json_t *list = json_array();
    CLEANUP_BUFFER struct buffer text = {0};
    for (uint32_t i = 0; i < count; i++) {
        const char *outcome =
            outcome_text(&runs[i], runs[i].exit_status < 0 && is_alive(state, runs[i].id));
        if (is_json)
            json_array_append_new(list, row_json(&runs[i], outcome));
        else
            write_row(&runs[i], outcome, &text);
    }
    if (is_json)
        return cli_write_json(list, EXIT_STATUS_SUCCESS);
    json_decref(list);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

int command_runs(int argc, char **argv)
{
    struct common_options common = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &common, &operands);
    if (status >= 0)
        return status;
    if (operands > 0)
        return cli_usage("runs", "runs takes no arguments");
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *state = state_directory(common.state, NULL, &error);
    struct index_run *runs;
    uint32_t count;
    if (state == NULL || !index_runs(state, &runs, &count, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    status = print_runs(state, runs, count, common.is_json);
    for (uint32_t i = 0; i < count; i++)
        index_run_release(&runs[i]);
    free(runs);
    return status;
}
