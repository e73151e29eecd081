/* The inputs of a scenario. */
#include "schedule/schedule_scenario.h"

#include <stdlib.h>
#include <string.h>

static void parse_evaluated(struct scenario *scenario, struct input *in, char **words, int count)
{
    static const char *const verdicts[] = {"run", "skip", "blocked", "cancelled", "invalid", NULL};
    in->verdict = scenario_word(scenario, words[0], verdicts);
    in->is_invalid = in->verdict > VERDICT_CANCELLED;
    in->outcome.kind = OUTCOME_INVALID;
    struct node_line line = {.rule = builder_plain_rule()};
    for (int i = 1; i < count; i++)
        if (strncmp(words[i], "duration=", 9) == 0)
            in->duration = (int64_t)(atof(words[i] + 9) * (double)NANOSECONDS);
        else if (strncmp(words[i], "item=", 5) == 0)
            in->item = (uint32_t)atoi(words[i] + 5);
        else
            scenario_node_word(scenario, &line, words[i]);
    in->vector = builder_vector(&scenario->builder, line.amounts, line.amount_count);
}

static void parse_expanded(struct scenario *scenario, struct input *in, char **words, int count)
{
    in->is_invalid = count == 1 && strcmp(words[0], "invalid") == 0;
    in->outcome.kind = OUTCOME_INVALID;
    if (strncmp(words[0], "item=", 5) == 0) {
        in->item = (uint32_t)atoi(words[0] + 5);
        words++, count--;
        in->is_invalid = strcmp(words[0], "invalid") == 0;
    }
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
            builder_need_ended(&scenario->builder, node, scenario_node(scenario, need + 1));
    }
}

/* ATTEMPT, ATTEMPT:OPERATION or ATTEMPT:end */
static void parse_attempt(struct input *in, const char *word)
{
    const char *colon = strchr(word, ':');
    in->attempt = (uint32_t)atoi(word);
    if (colon != NULL)
        in->operation = strcmp(colon + 1, "end") == 0 ? OPERATION_END : (uint32_t)atoi(colon + 1);
}

/* NUMBER VERB [GATE | TOKEN=AMOUNT...] [parent=N] [timeout=SECONDS] [item=N] */
static void parse_request(struct scenario *scenario, struct input *in, char **words, int count)
{
    static const char *const verbs[] = {"take",  "acquire", "barrier", "wait",       "set",
                                        "clear", "await",   "notify",  "notify-all", "put",
                                        "get",   "close",   NULL};
    struct node_line line = {.rule = builder_plain_rule()};
    in->request = (uint32_t)atoi(words[0]);
    in->verb = scenario_word(scenario, words[1], verbs);
    for (int i = 2; i < count; i++)
        if (strncmp(words[i], "parent=", 7) == 0)
            in->parent = (uint32_t)atoi(words[i] + 7);
        else if (strncmp(words[i], "timeout=", 8) == 0)
            in->duration = (int64_t)(atof(words[i] + 8) * (double)NANOSECONDS);
        else if (strncmp(words[i], "item=", 5) == 0)
            in->item = (uint32_t)atoi(words[i] + 5);
        else if (in->verb <= VERB_ACQUIRE)
            scenario_node_word(scenario, &line, words[i]);
        else
            in->gate = scenario_gate(scenario, words[i]);
    if (in->verb <= VERB_ACQUIRE)
        in->vector = builder_vector(&scenario->builder, line.amounts, line.amount_count);
}

struct input scenario_input(struct scenario *scenario, char **words, int count)
{
    static const char *const kinds[] = {"begin",   "evaluated", "expanded", "started", "finished",
                                        "timer",   "cancel",    "capacity", "resume",  "kept",
                                        "request", "withdraw",  "ready",    NULL};
    static const char *const cancels[] = {"interrupt", "kill", "timeout", NULL};
    if (words[0][0] == '@') {
        scenario->now = (int64_t)(atof(words[0] + 1) * (double)NANOSECONDS);
        words++, count--;
    }
    struct input in = {.now = scenario->now,
                       .since = scenario->now - 1,
                       .operation = NO_OPERATION,
                       .request = NO_REQUEST,
                       .parent = NO_REQUEST,
                       .item = NO_ITEM,
                       .duration = UNLIMITED,
                       .kind = scenario_word(scenario, words[0], kinds)};
    if (in.kind == INPUT_TIMER && count > 3)
        in.request = (uint32_t)atoi(words[3]);
    if (in.kind == INPUT_CAPACITY) {
        in.vector = scenario_token(scenario, words[1]);
        in.amount = strtoull(words[2], NULL, 10);
    } else if (in.kind == INPUT_CANCEL) {
        in.verdict = scenario_word(scenario, words[1], cancels);
    } else if (in.kind != INPUT_BEGIN && in.kind != INPUT_RESUME) {
        in.node = strcmp(words[1], "run") == 0 ? NO_NODE : scenario_node(scenario, words[1]);
        if (in.kind == INPUT_TIMER)
            in.timer = (uint32_t)atoi(words[2]);
        else if (in.kind == INPUT_WITHDRAW)
            in.request = (uint32_t)atoi(words[2]);
        else if (in.kind != INPUT_EXPANDED)
            parse_attempt(&in, words[2]);
    }
    if (in.kind == INPUT_REQUEST)
        parse_request(scenario, &in, words + 3, count - 3);
    if (in.kind == INPUT_STARTED)
        in.process = atoi(words[3]);
    if (in.kind == INPUT_EVALUATED)
        parse_evaluated(scenario, &in, words + 3, count - 3);
    if (in.kind == INPUT_EXPANDED)
        parse_expanded(scenario, &in, words + 2, count - 2);
    if (in.kind == INPUT_FINISHED) {
        in.outcome.kind = scenario_word(scenario, words[3], outcome_words);
        in.outcome.code = count > 4 ? atoi(words[4]) : 0;
    }
    return in;
}
