/* Scenarios: small plans in a line language (tests/schedule/scenarios/README), inputs one by one,
 * and behind each input all actions that follow, to the letter. */
#include "schedule/schedule_scenario.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/check.h"

static void scenario_release(struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->nodes.count; i++)
        free(scenario->nodes.items[i]);
    for (uint32_t i = 0; i < scenario->tokens.count; i++)
        free(scenario->tokens.items[i]);
    for (uint32_t i = 0; i < scenario->exit_codes.count; i++)
        free(scenario->exit_codes.items[i]);
    for (uint32_t i = 0; i < scenario->gates.count; i++)
        free(scenario->gates.items[i]);
    VEC_RELEASE(&scenario->gates);
    VEC_RELEASE(&scenario->nodes);
    VEC_RELEASE(&scenario->tokens);
    VEC_RELEASE(&scenario->exit_codes);
    scheduler_free(scenario->scheduler);
    builder_release(&scenario->builder);
    action_list_release(&scenario->actions);
    buffer_release(&scenario->actual);
}

static void run_input(struct scenario *scenario, char **words, int count)
{
    struct input in = scenario_input(scenario, words, count);
    if (scenario->scheduler == NULL)
        scenario->scheduler = scheduler_new(&scenario->builder.plan, &scenario->options);
    scenario->actions.count = 0;
    scheduler_handle(scenario->scheduler, &in, &scenario->actions);
    for (uint32_t i = 0; i < scenario->actions.count; i++) {
        const struct action *action = &scenario->actions.items[i];
        CU_ASSERT(action->kind != ACTION_RECORD ||
                  action->fact.time == (action->fact.kind == FACT_STARTED ? in.since : in.now));
        write_action(&scenario->actual, action,
                     &(struct wording){(const char *const *)scenario->nodes.items,
                                       (const char *const *)scenario->tokens.items,
                                       (const char *const *)scenario->gates.items});
    }
    const char *wrong = scheduler_check(scenario->scheduler);
    if (wrong != NULL)
        buffer_printf(&scenario->actual, "  law broken: %s\n", wrong);
}

/* --- a file --- */

static int split(char *line, char **words)
{
    int count = 0;
    for (char *word = strtok(line, " "); word != NULL && count < WORDS_MAX;
         word = strtok(NULL, " "))
        words[count++] = word;
    return count;
}

static void run_line(struct scenario *scenario, char *line, bool *is_planned,
                     struct buffer *expected)
{
    CLEANUP_FREE char *copy = memory_text(line);
    char *words[WORDS_MAX];
    int count = split(line, words);
    if (count == 0 || words[0][0] == '#')
        return;
    if (!*is_planned && scenario_plan_line(scenario, words, count))
        return;
    if (!*is_planned)
        builder_finish(&scenario->builder);
    *is_planned = true;
    buffer_printf(expected, "%s\n", copy);
    if (copy[0] == ' ')
        return;
    buffer_printf(&scenario->actual, "%s\n", copy);
    run_input(scenario, words, count);
}

static void run_file(const char *file)
{
    char *text;
    size_t length;
    struct scenario scenario = {.file = file};
    CLEANUP_BUFFER struct buffer expected = {0};
    CLEANUP_ERROR struct error error = {0};
    if (!file_read(file, 1 << 20, &text, &length, &error))
        scenario_refuse(&scenario, error.message);
    builder_init(&scenario.builder);
    bool is_planned = false;
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        run_line(&scenario, line, &is_planned, &expected);
    }
    CU_ASSERT(is_planned);
    check_text(buffer_text(&scenario.actual), buffer_text(&expected), file, 1);
    scenario_release(&scenario);
    free(text);
}

static int is_scenario(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".txt") == 0;
}

void check_scenarios(void)
{
    const char *root = getenv("srcdir");
    CLEANUP_FREE char *folder = file_join(root ? root : ".", "tests/schedule/scenarios");
    struct dirent **entries;
    int count = scandir(folder, &entries, is_scenario, alphasort);
    CU_ASSERT(count >= 30);
    for (int i = 0; i < count; i++) {
        CLEANUP_FREE char *file = file_join(folder, entries[i]->d_name);
        run_file(file);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}
