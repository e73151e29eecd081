/* Scenarios: small plans in a line language (tests/schedule/scenarios/README), inputs one by one,
 * and behind each input all actions that follow, to the letter. */
#include "schedule/schedule_parts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/check.h"

enum { WORDS_MAX = 32 };

struct scenario {
    struct builder builder;
    struct scheduler_options options;
    struct scheduler *scheduler;
    VEC(char *) nodes, tokens;
    VEC(uint8_t *) exit_codes;
    struct action_list actions;
    struct buffer actual;
    int64_t now;
    const char *file;
};

static void scenario_release(struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->nodes.count; i++)
        free(scenario->nodes.items[i]);
    for (uint32_t i = 0; i < scenario->tokens.count; i++)
        free(scenario->tokens.items[i]);
    for (uint32_t i = 0; i < scenario->exit_codes.count; i++)
        free(scenario->exit_codes.items[i]);
    VEC_RELEASE(&scenario->nodes);
    VEC_RELEASE(&scenario->tokens);
    VEC_RELEASE(&scenario->exit_codes);
    scheduler_free(scenario->scheduler);
    builder_release(&scenario->builder);
    action_list_release(&scenario->actions);
    buffer_release(&scenario->actual);
}

/* A scenario that is written wrongly ends the program: it would test nothing. */
static void __attribute__((noreturn)) refuse(const struct scenario *scenario, const char *word)
{
    printf("%s: what is '%s'?\n", scenario->file, word);
    exit(99);
}

static uint32_t find(const struct scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->nodes.count; i++)
        if (strcmp(scenario->nodes.items[i], name) == 0)
            return i;
    refuse(scenario, name);
}

static bool find_token(const struct scenario *scenario, const char *name, size_t length,
                       uint32_t *ret)
{
    for (uint32_t i = 0; i < scenario->tokens.count; i++)
        if (strlen(scenario->tokens.items[i]) == length &&
            memcmp(scenario->tokens.items[i], name, length) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

/* --- plan lines --- */

static void parse_when(struct scenario *scenario, struct rule *rule, char *text)
{
    uint8_t *codes = memory_array(256, 1);
    *VEC_PUSH(&scenario->exit_codes) = codes;
    rule->retry_when = 0;
    rule->exit_codes = codes;
    for (char *word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
        if (strcmp(word, "signal") == 0)
            rule->retry_when |= RETRY_SIGNAL;
        else if (strcmp(word, "timeout") == 0)
            rule->retry_when |= RETRY_TIMEOUT;
        else
            codes[rule->exit_code_count++] = (uint8_t)atoi(word);
    }
}

static bool parse_flag(struct rule *rule, const char *word)
{
    static const struct {
        const char *word;
        uint16_t flag;
    } flags[] = {{"if", RULE_CONDITION},
                 {"request", RULE_REQUEST},
                 {"continue", RULE_CONTINUE},
                 {"finally", RULE_FINALLY},
                 {"heeds", RULE_HEEDS_FAILURE}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(flags[i].word, word) == 0) {
            rule->flags |= flags[i].flag;
            return true;
        }
    if (strcmp(word, "nowork") != 0)
        return false;
    rule->flags &= (uint16_t)~RULE_WORK;
    return true;
}

static bool parse_number(struct rule *rule, const char *key, const char *value)
{
    if (strcmp(key, "retry") == 0)
        rule->retry_max = (uint32_t)atoi(value);
    else if (strcmp(key, "delay") == 0)
        rule->retry_delay = atoi(value) * NANOSECONDS;
    else if (strcmp(key, "max-delay") == 0)
        rule->retry_max_delay = atoi(value) * NANOSECONDS;
    else if (strcmp(key, "backoff") == 0)
        rule->retry_backoff = atof(value);
    else if (strcmp(key, "timeout") == 0)
        rule->timeout = atoi(value) * NANOSECONDS;
    else if (strcmp(key, "priority") == 0)
        rule->priority = atoi(value);
    else
        return false;
    return true;
}

struct node_line {
    struct rule rule;
    struct amount amounts[WORDS_MAX];
    uint32_t amount_count;
    char *needs;
    bool is_unselected;
};

static void parse_node_word(struct scenario *scenario, struct node_line *line, char *word)
{
    char *equals = strchr(word, '=');
    uint32_t token;
    if (equals == NULL && strcmp(word, "unselected") == 0) {
        line->is_unselected = true;
    } else if (equals == NULL) {
        if (!parse_flag(&line->rule, word))
            refuse(scenario, word);
    } else if (find_token(scenario, word, (size_t)(equals - word), &token)) {
        line->amounts[line->amount_count++] =
            (struct amount){token, strtoull(equals + 1, NULL, 10)};
    } else {
        *equals = '\0';
        if (strcmp(word, "needs") == 0)
            line->needs = equals + 1;
        else if (strcmp(word, "when") == 0)
            parse_when(scenario, &line->rule, equals + 1);
        else if (!parse_number(&line->rule, word, equals + 1))
            refuse(scenario, word);
    }
}

static void add_needs(struct scenario *scenario, uint32_t node, char *needs)
{
    for (char *need = needs ? strtok(needs, ",") : NULL; need; need = strtok(NULL, ","))
        builder_need(&scenario->builder, node, find(scenario, need));
}

static void parse_node(struct scenario *scenario, char **words, int count)
{
    struct builder *builder = &scenario->builder;
    struct node_line line = {.rule = builder_plain_rule()};
    for (int i = 2; i < count; i++)
        parse_node_word(scenario, &line, words[i]);
    line.rule.vector = line.rule.flags & RULE_REQUEST
                           ? NO_VECTOR
                           : builder_vector(builder, line.amounts, line.amount_count);
    uint32_t node;
    if (strcmp(words[0], "task") == 0)
        node = builder_instance(builder, builder_task(builder, &line.rule));
    else if (strcmp(words[0], "template") == 0)
        node = builder_join(builder, JOIN_TEMPLATE, builder_task(builder, &line.rule));
    else
        node = builder_join(builder, strcmp(words[0], "order") == 0 ? JOIN_ORDER : JOIN_PLAIN,
                            NO_TASK);
    if (strcmp(words[0], "finally-join") == 0)
        builder->plan.finally_join = node;
    *VEC_PUSH(&scenario->nodes) = memory_text(words[1]);
    if (line.is_unselected)
        builder_unselect(builder, node);
    add_needs(scenario, node, line.needs);
}

static bool parse_plan_line(struct scenario *scenario, char **words, int count)
{
    static const char *const policies[] = {"drain", "fast", "keep-going"};
    if (strcmp(words[0], "policy") == 0) {
        for (uint8_t i = 0; i < 3; i++)
            if (strcmp(words[1], policies[i]) == 0)
                scenario->options.failure_policy = i;
    } else if (strcmp(words[0], "token") == 0) {
        bool is_kept = count > 3 && strcmp(words[3], "kept") == 0;
        builder_token(&scenario->builder, is_kept ? TOKEN_KEPT : TOKEN_RUNNING,
                      strtoull(words[2], NULL, 10));
        *VEC_PUSH(&scenario->tokens) = memory_text(words[1]);
    } else if (strcmp(words[0], "task") == 0 || strcmp(words[0], "join") == 0 ||
               strcmp(words[0], "order") == 0 || strcmp(words[0], "template") == 0 ||
               strcmp(words[0], "finally-join") == 0) {
        parse_node(scenario, words, count);
    } else {
        return false;
    }
    return true;
}

/* --- input lines --- */

static uint8_t find_word(const struct scenario *scenario, const char *word,
                         const char *const *words)
{
    for (uint8_t i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    refuse(scenario, word);
}

static void parse_evaluated(struct scenario *scenario, struct input *in, char **words, int count)
{
    static const char *const verdicts[] = {"run", "skip", "blocked", "cancelled", "invalid", NULL};
    in->verdict = find_word(scenario, words[0], verdicts);
    in->is_invalid = in->verdict > VERDICT_CANCELLED;
    in->outcome.kind = OUTCOME_INVALID;
    struct node_line line = {.rule = builder_plain_rule()};
    for (int i = 1; i < count; i++)
        parse_node_word(scenario, &line, words[i]);
    in->vector = builder_vector(&scenario->builder, line.amounts, line.amount_count);
}

static void parse_expanded(struct scenario *scenario, struct input *in, char **words, int count)
{
    in->is_invalid = count == 1 && strcmp(words[0], "invalid") == 0;
    in->outcome.kind = OUTCOME_INVALID;
    if (count == 1 && strcmp(words[0], "blocked") == 0)
        in->verdict = VERDICT_BLOCKED;
    if (in->is_invalid || in->verdict != VERDICT_RUN)
        return;
    uint32_t node = builder_expand(&scenario->builder, in->node, (uint32_t)count);
    for (int i = 0; i < count; i++, node++) {
        char *need = strchr(words[i], '=');
        if (need != NULL)
            *need = '\0';
        *VEC_PUSH(&scenario->nodes) = memory_text(words[i]);
        if (need != NULL)
            builder_need_ended(&scenario->builder, node, find(scenario, need + 1));
    }
}

static struct input parse_input(struct scenario *scenario, char **words, int count)
{
    static const char *const kinds[] = {"begin",    "evaluated", "expanded", "started",
                                        "finished", "timer",     "cancel",   "capacity",
                                        "resume",   "kept",      NULL};
    static const char *const cancels[] = {"interrupt", "kill", "timeout", NULL};
    if (words[0][0] == '@') {
        scenario->now = (int64_t)(atof(words[0] + 1) * (double)NANOSECONDS);
        words++, count--;
    }
    struct input in = {.now = scenario->now,
                       .since = scenario->now - 1,
                       .kind = find_word(scenario, words[0], kinds)};
    if (in.kind == INPUT_CAPACITY) {
        if (!find_token(scenario, words[1], strlen(words[1]), &in.vector))
            refuse(scenario, words[1]);
        in.amount = strtoull(words[2], NULL, 10);
    } else if (in.kind == INPUT_CANCEL) {
        in.verdict = find_word(scenario, words[1], cancels);
    } else if (in.kind != INPUT_BEGIN && in.kind != INPUT_RESUME) {
        in.node = find(scenario, words[1]);
        if (in.kind == INPUT_TIMER)
            in.timer = (uint32_t)atoi(words[2]);
        else if (in.kind != INPUT_EXPANDED)
            in.attempt = (uint32_t)atoi(words[2]);
    }
    if (in.kind == INPUT_STARTED)
        in.process = atoi(words[3]);
    if (in.kind == INPUT_EVALUATED)
        parse_evaluated(scenario, &in, words + 3, count - 3);
    if (in.kind == INPUT_EXPANDED)
        parse_expanded(scenario, &in, words + 2, count - 2);
    if (in.kind == INPUT_FINISHED) {
        in.outcome.kind = find_word(scenario, words[3], outcome_words);
        in.outcome.code = count > 4 ? atoi(words[4]) : 0;
    }
    return in;
}

static void run_input(struct scenario *scenario, char **words, int count)
{
    struct input in = parse_input(scenario, words, count);
    if (scenario->scheduler == NULL)
        scenario->scheduler = scheduler_new(&scenario->builder.plan, &scenario->options);
    scenario->actions.count = 0;
    scheduler_handle(scenario->scheduler, &in, &scenario->actions);
    for (uint32_t i = 0; i < scenario->actions.count; i++) {
        const struct action *action = &scenario->actions.items[i];
        CU_ASSERT(action->kind != ACTION_RECORD ||
                  action->fact.time == (action->fact.kind == FACT_STARTED ? in.since : in.now));
        write_action(&scenario->actual, action, scenario->nodes.items);
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
    if (!*is_planned && parse_plan_line(scenario, words, count))
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
        refuse(&scenario, error.message);
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
