/* The steps of a task: each has one body or one word of synchronisation, and what holds for it
 * alone.
 *
 * What surrounds a step is in the reader: its details (env, cwd and shell of the task and of the
 * groups around it), the locks that are held there, the names bound by the steps before. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

/* "run, exec, steps, ... or close" */
static void words_write(struct buffer *out)
{
    size_t count;
    const struct field *fields = language_fields(TABLE_STEP, &count);
    for (int i = 0; i < STEP_WORD_COUNT; i++)
        buffer_printf(out, "%s%s",
                      i == 0                    ? ""
                      : i + 1 < STEP_WORD_COUNT ? ", "
                                                : " or ",
                      fields[i].key);
}

static void no_word(struct reader *reader, uint32_t node, const struct section *section)
{
    uint32_t lock = section->values[STEP_FIELD_LOCK],
             semaphore = section->values[STEP_FIELD_SEMAPHORE];
    uint32_t uses = section->values[STEP_FIELD_USES];
    bool is_action = uses != 0 && reader_node(reader, uses)->kind != NODE_MAP;
    if (section->has_unknown || section->guessed != 0 || is_action)
        return;
    if (lock != 0 || semaphore != 0) {
        reader_error(reader, (lock != 0 ? lock : semaphore) - 1,
                     "a step that only takes a %s does nothing with it",
                     lock != 0 ? "lock" : "semaphore");
        reader_hint(reader, "write what it is held for in the same step: run, exec, call or steps");
        return;
    }
    CLEANUP_BUFFER struct buffer words = {0};
    words_write(&words);
    reader_error(reader, node, "this step says nothing to do");
    reader_hint(reader, "a step has one of %s", buffer_text(&words));
}

/* The field of the one body or word; NO_FIELD after an error. */
static int word_of(struct reader *reader, uint32_t node, const struct section *section)
{
    int word = NO_FIELD, other = NO_FIELD;
    for (int i = 0; i < STEP_WORD_COUNT; i++) {
        if (section->values[i] == 0)
            continue;
        if (word == NO_FIELD || section->values[i] < section->values[word])
            other = word, word = i;
        else if (other == NO_FIELD || section->values[i] < section->values[other])
            other = i;
    }
    if (word == NO_FIELD)
        no_word(reader, node, section);
    if (other == NO_FIELD)
        return word;
    reader_error(reader, section->values[other] - 1,
                 "a step does one thing: '%s' or '%s', not both",
                 reader_text(reader, section->values[word] - 1),
                 reader_text(reader, section->values[other] - 1));
    reader_hint(reader, "write a step for each");
    return NO_FIELD;
}

/* --- what may stand beside a word --- */

static void check_beside(struct reader *reader, const struct section *section, int word)
{
    const char *text = reader_text(reader, section->values[word] - 1);
    int first = word <= STEP_FIELD_CALL    ? STEP_FIELD_COUNT
                : word == STEP_FIELD_STEPS ? STEP_FIELD_USES
                                           : STEP_FIELD_LOCK;
    for (int field = first; field < STEP_FIELD_COUNT; field++) {
        uint32_t value = section->values[field];
        if (value == 0)
            continue;
        bool is_hold = field == STEP_FIELD_LOCK || field == STEP_FIELD_SEMAPHORE;
        const char *key = reader_text(reader, value - 1);
        reader_error(reader, value - 1, "'%s' does not go with '%s', only with %s", key, text,
                     field == STEP_FIELD_USES ? "'run', 'exec' and 'call'"
                                              : "'run', 'exec', 'call' and 'steps'");
        if (is_hold)
            reader_hint(reader, "put the step inside: {%s: ..., steps: [{%s: ...}]}", key, text);
    }
}

static void until_read(struct reader *reader, uint32_t node, struct step *step)
{
    if (step->kind == STEP_CONDITION_WAIT) {
        condition_read(reader, node, CONTEXT_UNTIL, &step->until);
        return;
    }
    reader_error(reader, node - 1, "'until' goes with the wait for a condition");
    if (step->kind == STEP_WAIT)
        reader_hint(reader, "an event is waited for until it is set");
}

static void as_read(struct reader *reader, uint32_t node, const char *word, struct step *step)
{
    bool is_command = step->kind == STEP_RUN || step->kind == STEP_EXEC;
    bool is_call = step->kind == STEP_CALL;
    bool is_named = binding_read(reader, node, &step->as);
    if (is_command && is_named)
        step->keeps |= KEEPS_STDOUT;
    if (is_call && is_named)
        step->keeps |= KEEPS_RESULT;
    if (is_command || is_call || step->kind == STEP_GET)
        return;
    reader_error(reader, node - 1, "'%s' gives no value that 'as' could name", word);
    reader_hint(reader, "'run' and 'exec' give what they print, 'call' its result, 'get' an item");
}

/* --- words --- */

static bool is_held(const struct reader *reader, uint32_t lock, bool is_keyed)
{
    for (uint32_t i = 0; i < reader->held.count; i++)
        if (reader->held.items[i]->primitive == lock && reader->held.items[i]->is_keyed == is_keyed)
            return true;
    return false;
}

/* A condition belongs to its lock, without a key: who waits gives it back, who notifies has it. */
static void check_held(struct reader *reader, uint32_t node, uint32_t condition)
{
    const struct workflow *workflow = reader->workflow;
    uint32_t lock = workflow->primitives[condition].lock;
    if (lock == NO_PRIMITIVE || is_held(reader, lock, false))
        return;
    const char *text = names_text(reader->names, workflow->primitives[lock].name);
    reader_error(reader, node, "the lock of condition '%s', '%s', is not held here",
                 reader_text(reader, node), text);
    if (is_held(reader, lock, true))
        reader_hint(reader, "'%s' with a key is another lock than '%s' without one", text, text);
    else
        reader_hint(reader, "put the step inside: {lock: %s, steps: [...]}", text);
}

static void sleep_read(struct reader *reader, uint32_t node, struct step *step)
{
    int64_t duration;
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node)) {
        reader_wrong_kind(reader, node, "a duration");
        reader_hint(reader, "write sleep: 2s");
    } else if (reader_has_holes(reader, node)) {
        text_read(reader, node, CONTEXT_TASK, &step->duration);
    } else if (text_read(reader, node, CONTEXT_TASK, &step->duration) &&
               !text_duration(reader_text(reader, node), &duration)) {
        reader_error(reader, node, "'%s' is not a duration", reader_text(reader, node));
        reader_hint(reader, "write 500ms, 2s, 1h30m or a number of seconds");
    }
}

/* More than one, or {queue: q, item: 3}. */
static void hint_put(struct reader *reader, uint32_t node)
{
    if (reader_node(reader, node)->text < 2)
        return;
    uint32_t first = node + 1, second = reader_node(reader, node + 2)->end;
    if (name_map_get(&reader->primitive_of_name, reader_node(reader, first)->text) != 0)
        reader_hint(reader, "write a step for each");
    else if (reader_node(reader, first + 1)->kind == NODE_SCALAR &&
             reader_node(reader, second + 1)->kind == NODE_SCALAR)
        reader_hint(reader, "write {%s: %s}", reader_text(reader, first + 1),
                    reader_text(reader, second + 1));
}

static void put_read(struct reader *reader, uint32_t node, struct step *step)
{
    const struct node *one = reader_node(reader, node);
    if (one->kind != NODE_MAP) {
        reader_wrong_kind(reader, node, "a map like {QUEUE: VALUE}");
        if (one->kind == NODE_SCALAR && !reader_is_plain_null(reader, node))
            reader_hint(reader, "write put: {%s: VALUE}", reader_text(reader, node));
        return;
    }
    if (one->text != 1) {
        reader_error(reader, one->text == 0 ? node : reader_node(reader, node + 2)->end,
                     "'put' names one queue: {QUEUE: VALUE}");
        hint_put(reader, node);
        return;
    }
    step->primitive = primitives_find(reader, node + 1, KIND_QUEUE);
    spec_read(reader, node + 2, CONTEXT_TASK, &step->value);
}

static const struct word_rule {
    uint8_t kind;
    uint8_t usage; /* enum usage_kind */
    uint32_t kinds;
} rules[STEP_WORD_COUNT] = {
    [STEP_FIELD_RUN] = {STEP_RUN, USAGE_COUNT, 0},
    [STEP_FIELD_EXEC] = {STEP_EXEC, USAGE_COUNT, 0},
    [STEP_FIELD_CALL] = {STEP_CALL, USAGE_COUNT, 0},
    [STEP_FIELD_STEPS] = {STEP_GROUP, USAGE_COUNT, 0},
    [STEP_FIELD_SLEEP] = {STEP_SLEEP, USAGE_COUNT, 0},
    [STEP_FIELD_BARRIER] = {STEP_BARRIER, USAGE_BARRIER, KIND_BARRIER},
    [STEP_FIELD_WAIT] = {STEP_WAIT, USAGE_WAIT, KIND_EVENT | KIND_CONDITION},
    [STEP_FIELD_SET] = {STEP_SET, USAGE_SET, KIND_EVENT},
    [STEP_FIELD_CLEAR] = {STEP_CLEAR, USAGE_CLEAR, KIND_EVENT},
    [STEP_FIELD_NOTIFY] = {STEP_NOTIFY, USAGE_NOTIFY, KIND_CONDITION},
    [STEP_FIELD_NOTIFY_ALL] = {STEP_NOTIFY_ALL, USAGE_NOTIFY, KIND_CONDITION},
    [STEP_FIELD_PUT] = {STEP_PUT, USAGE_PUT, KIND_QUEUE},
    [STEP_FIELD_GET] = {STEP_GET, USAGE_GET, KIND_QUEUE},
    [STEP_FIELD_CLOSE] = {STEP_CLOSE, USAGE_CLOSE, KIND_QUEUE},
};

static void primitive_read(struct reader *reader, uint32_t node, const struct word_rule *rule,
                           struct step *step)
{
    if (step->kind == STEP_PUT)
        put_read(reader, node, step);
    else
        step->primitive = primitives_find(reader, node, rule->kinds);
    if (step->primitive == NO_PRIMITIVE) {
        if (reader_node(reader, node)->kind == NODE_LIST)
            reader_hint(reader, "write a step for each");
        else if (reader_node(reader, node)->kind == NODE_MAP && step->kind != STEP_PUT)
            reader_hint(reader, "write %s: NAME; more may stand beside it, as timeout: 5s",
                        reader_text(reader, node - 1));
        return;
    }
    usage_note(reader, step->primitive, (enum usage_kind)rule->usage,
               reader_node(reader, node)->at);
    if (reader->workflow->primitives[step->primitive].kind != PRIMITIVE_CONDITION)
        return;
    if (step->kind == STEP_WAIT)
        step->kind = STEP_CONDITION_WAIT;
    check_held(reader, node, step->primitive);
}

static void step_call_read(struct reader *reader, uint32_t node, struct step *step)
{
    step->call = call_read(reader, node, CONTEXT_TASK);
    call_check_streams(reader, reader->task->details, true);
}

static void word_read(struct reader *reader, uint32_t node, int word, struct step *step)
{
    struct body_words words = {0};
    step->at = reader_node(reader, node - 1)->at;
    step->kind = rules[word].kind;
    if (word == STEP_FIELD_RUN)
        run_read(reader, node, &words);
    else if (word == STEP_FIELD_EXEC)
        exec_read(reader, node, &words);
    else if (word == STEP_FIELD_CALL)
        step_call_read(reader, node, step);
    else if (word == STEP_FIELD_STEPS)
        steps_read(reader, node, &step->steps, &step->step_count);
    else if (word == STEP_FIELD_SLEEP)
        sleep_read(reader, node, step);
    else
        primitive_read(reader, node, &rules[word], step);
    step->run = words.run;
    step->exec = words.exec;
    step->exec_count = words.exec_count;
    step->is_plain_command = words.is_plain_command;
}

/* --- steps --- */

static void surroundings_read(struct reader *reader, const struct section *section)
{
    const uint32_t *values = section->values;
    if (values[STEP_FIELD_ENV] == 0 && values[STEP_FIELD_CWD] == 0 && values[STEP_FIELD_SHELL] == 0)
        return;
    struct details *details =
        arena_copy(&reader->workflow->arena, reader->details, sizeof *details);
    reader->details = details;
    if (values[STEP_FIELD_SHELL] != 0)
        shell_read(reader, values[STEP_FIELD_SHELL]);
    if (values[STEP_FIELD_ENV] != 0)
        env_read(reader, values[STEP_FIELD_ENV], CONTEXT_TASK, &details->env, &details->env_count);
    if (values[STEP_FIELD_CWD] != 0)
        text_read(reader, values[STEP_FIELD_CWD], CONTEXT_TASK, &details->cwd);
}

static void settings_read(struct reader *reader, const struct section *section, struct step *step)
{
    const uint32_t *values = section->values;
    if (values[STEP_FIELD_IF] != 0) {
        step->condition_at = reader_node(reader, values[STEP_FIELD_IF])->at;
        condition_read(reader, values[STEP_FIELD_IF], CONTEXT_TASK, &step->condition);
    }
    if (values[STEP_FIELD_TIMEOUT] != 0)
        timeout_read(reader, values[STEP_FIELD_TIMEOUT], &step->timeout);
    if (values[STEP_FIELD_CONTINUE_ON_ERROR] != 0)
        setting_bool(reader, values[STEP_FIELD_CONTINUE_ON_ERROR], &step->continue_on_error);
    holds_read(reader, values[STEP_FIELD_LOCK], values[STEP_FIELD_SEMAPHORE], &step->holds,
               &step->hold_count);
    if (values[STEP_FIELD_USES] != 0)
        uses_read(reader, values[STEP_FIELD_USES], &step->uses, &step->use_count);
}

static void step_read(struct reader *reader, uint32_t node, struct step *step)
{
    struct section section;
    *step = (struct step){.at = reader_node(reader, node)->at, .primitive = NO_PRIMITIVE};
    step->details = reader->details;
    if (!section_read(reader, node, TABLE_STEP, "a step, a map like {run: make}", &section)) {
        if (reader_node(reader, node)->kind == NODE_SCALAR && !reader_is_plain_null(reader, node))
            reader_hint(reader, "for shell text write {run: ...}");
        return;
    }
    int word = word_of(reader, node, &section);
    struct details *around = reader->details;
    uint32_t held = reader->held.count;
    if (word != NO_FIELD)
        check_beside(reader, &section, word);
    surroundings_read(reader, &section);
    step->details = reader->details;
    settings_read(reader, &section, step);
    for (uint32_t i = 0; i < step->hold_count; i++)
        *VEC_PUSH(&reader->held) = &step->holds[i];
    if (word != NO_FIELD)
        word_read(reader, section.values[word], word, step);
    if (section.values[STEP_FIELD_UNTIL] != 0 && word != NO_FIELD)
        until_read(reader, section.values[STEP_FIELD_UNTIL], step);
    if (section.values[STEP_FIELD_AS] != 0 && word != NO_FIELD)
        as_read(reader, section.values[STEP_FIELD_AS],
                reader_text(reader, section.values[word] - 1), step);
    reader->held.count = held;
    reader->details = around;
}

void steps_read(struct reader *reader, uint32_t node, struct step **ret, uint32_t *ret_count)
{
    const struct node *list = reader_node(reader, node);
    if (!reader_expect(reader, node, NODE_LIST, "a list of steps")) {
        if (list->kind == NODE_MAP)
            reader_hint(reader, "write each as an item of a list: - run: make");
        else if (list->kind == NODE_SCALAR && !reader_is_plain_null(reader, node))
            reader_hint(reader, "commands alone, without steps, are written under 'run'");
        return;
    }
    if (list->text == 0)
        reader_error(reader, node, "there is no step in this list");
    struct step *steps = ARENA_ARRAY(&reader->workflow->arena, struct step, list->text);
    uint32_t count = 0;
    for (uint32_t i = node + 1; i < list->end; i = reader_node(reader, i)->end)
        step_read(reader, i, &steps[count++]);
    *ret = steps;
    *ret_count = count;
}
