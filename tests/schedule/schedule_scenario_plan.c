/* The plan of a scenario, line by line. */
#include "schedule/schedule_scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/schedule_script.h"

void scenario_refuse(const struct scenario *scenario, const char *word)
{
    printf("%s: what is '%s'?\n", scenario->file, word);
    exit(99);
}

uint32_t scenario_node(const struct scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->nodes.count; i++)
        if (strcmp(scenario->nodes.items[i], name) == 0)
            return i;
    scenario_refuse(scenario, name);
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

uint8_t scenario_word(const struct scenario *scenario, const char *word, const char *const *words)
{
    for (uint8_t i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    scenario_refuse(scenario, word);
}

uint32_t scenario_gate(const struct scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->gates.count; i++)
        if (strcmp(scenario->gates.items[i], name) == 0)
            return i;
    scenario_refuse(scenario, name);
}

uint32_t scenario_token(const struct scenario *scenario, const char *name)
{
    uint32_t token;
    if (!find_token(scenario, name, strlen(name), &token))
        scenario_refuse(scenario, name);
    return token;
}

static bool find_token_name(void *context, const char *name, uint32_t *ret)
{
    return find_token(context, name, strlen(name), ret);
}

static bool find_gate_name(void *context, const char *name, uint32_t *ret)
{
    *ret = scenario_gate(context, name);
    return true;
}

/* --- plan lines --- */

static uint32_t parse_program(struct scenario *scenario, char *text)
{
    struct script script = {0};
    struct script_names names = {scenario, find_token_name, find_gate_name};
    const char *wrong = text;
    if (!script_parse(&script, &scenario->builder, text, &names, &wrong) || script.open.count > 0)
        scenario_refuse(scenario, wrong);
    return script_finish(&script, &scenario->builder);
}

static void parse_gate(struct scenario *scenario, char **words, int count)
{
    static const char *const kinds[] = {"barrier", "event", "condition", "queue", NULL};
    uint8_t kind = scenario_word(scenario, words[0], kinds);
    uint32_t lock = 0;
    if (kind == GATE_CONDITION && !find_token(scenario, words[2], strlen(words[2]), &lock))
        scenario_refuse(scenario, words[2]);
    bool has_count = count > 2 && kind != GATE_CONDITION;
    builder_gate(&scenario->builder, (enum gate_kind)kind, has_count ? (uint32_t)atoi(words[2]) : 0,
                 lock);
    *VEC_PUSH(&scenario->gates) = memory_text(words[1]);
}

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
    } flags[] = {{"if", RULE_CONDITION},        {"request", RULE_REQUEST},
                 {"continue", RULE_CONTINUE},   {"finally", RULE_FINALLY},
                 {"heeds", RULE_HEEDS_FAILURE}, {"daemon", RULE_DAEMON}};
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

void scenario_node_word(struct scenario *scenario, struct node_line *line, char *word)
{
    char *equals = strchr(word, '=');
    uint32_t token;
    if (equals == NULL && strcmp(word, "unselected") == 0) {
        line->is_unselected = true;
    } else if (equals == NULL) {
        if (!parse_flag(&line->rule, word))
            scenario_refuse(scenario, word);
    } else if (find_token(scenario, word, (size_t)(equals - word), &token)) {
        line->amounts[line->amount_count++] =
            (struct amount){token, strtoull(equals + 1, NULL, 10)};
    } else {
        *equals = '\0';
        if (strcmp(word, "needs") == 0)
            line->needs = equals + 1;
        else if (strcmp(word, "do") == 0)
            line->rule.program = parse_program(scenario, equals + 1);
        else if (strcmp(word, "takes") == 0)
            line->rule.gate = scenario_gate(scenario, equals + 1);
        else if (strcmp(word, "when") == 0)
            parse_when(scenario, &line->rule, equals + 1);
        else if (!parse_number(&line->rule, word, equals + 1))
            scenario_refuse(scenario, word);
    }
}

static void add_needs(struct scenario *scenario, uint32_t node, char *needs)
{
    for (char *need = needs ? strtok(needs, ",") : NULL; need; need = strtok(NULL, ","))
        builder_need(&scenario->builder, node, scenario_node(scenario, need));
}

static void parse_node(struct scenario *scenario, char **words, int count)
{
    struct builder *builder = &scenario->builder;
    struct node_line line = {.rule = builder_plain_rule()};
    for (int i = 2; i < count; i++)
        scenario_node_word(scenario, &line, words[i]);
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

static void parse_gang(struct scenario *scenario, char **words, int count)
{
    uint32_t nodes[WORDS_MAX];
    for (int i = 0; i < count; i++)
        nodes[i] = scenario_node(scenario, words[i]);
    builder_gang(&scenario->builder, nodes, (uint32_t)count);
}

bool scenario_plan_line(struct scenario *scenario, char **words, int count)
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
    } else if (strcmp(words[0], "lock") == 0) {
        uint32_t token = builder_lock(&scenario->builder);
        struct token *lock = &scenario->builder.tokens.items[token];
        lock->is_file = count > 2 && strcmp(words[2], "file") == 0;
        lock->capacity = !lock->is_file;
        *VEC_PUSH(&scenario->tokens) = memory_text(words[1]);
    } else if (strcmp(words[0], "gang") == 0) {
        parse_gang(scenario, words + 1, count - 1);
    } else if (strcmp(words[0], "gate") == 0) {
        parse_gate(scenario, words + 1, count - 1);
    } else if (strcmp(words[0], "task") == 0 || strcmp(words[0], "join") == 0 ||
               strcmp(words[0], "order") == 0 || strcmp(words[0], "template") == 0 ||
               strcmp(words[0], "finally-join") == 0) {
        parse_node(scenario, words, count);
    } else {
        return false;
    }
    return true;
}
