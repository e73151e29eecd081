/* Steps: each is what was written, with the surroundings of the groups around it. */
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

#define SECOND INT64_C(1000000000)

static const struct synchronisation *synchronisation_of(const struct fixture *f, const char *task)
{
    const struct synchronisation *found = fixture_task(f, task)->synchronisation;
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    return found;
}

static const char *primitive_of(const struct fixture *f, const struct step *step)
{
    CU_ASSERT_FATAL(step->primitive < f->workflow.primitive_count);
    return fixture_text(f, f->workflow.primitives[step->primitive].name);
}

static const char declarations[] = "pargraph: 1\n"
                                   "locks: [l, m]\n"
                                   "barriers: [b]\n"
                                   "conditions: {c: {lock: l}}\n"
                                   "events: [e]\n"
                                   "queues: [q]\n"
                                   "tasks:\n";

static void read_steps(struct fixture *f, const char *tasks)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, declarations);
    buffer_add_text(&text, tasks);
    fixture_good(f, buffer_text(&text));
}

static void test_kinds(void)
{
    struct fixture f;
    read_steps(&f, "  t:\n"
                   "    lock: l\n"
                   "    steps:\n"
                   "      - run: make all\n"
                   "      - exec: [ls, '${{ task.name }}']\n"
                   "      - sleep: 1h30m\n"
                   "      - barrier: b\n"
                   "      - wait: e\n"
                   "      - set: e\n"
                   "      - clear: e\n"
                   "      - {wait: c, until: events.e and queues.q.length > 0}\n"
                   "      - wait: c\n"
                   "      - notify: c\n"
                   "      - notify-all: c\n"
                   "      - put: {q: {i: [1, x]}}\n"
                   "      - get: q\n"
                   "      - close: q\n"
                   "      - steps: [{run: 'true'}]\n");
    static const struct {
        uint8_t kind;
        const char *primitive;
    } expected[] = {
        {STEP_RUN, NULL},    {STEP_EXEC, NULL},          {STEP_SLEEP, NULL},
        {STEP_BARRIER, "b"}, {STEP_WAIT, "e"},           {STEP_SET, "e"},
        {STEP_CLEAR, "e"},   {STEP_CONDITION_WAIT, "c"}, {STEP_CONDITION_WAIT, "c"},
        {STEP_NOTIFY, "c"},  {STEP_NOTIFY_ALL, "c"},     {STEP_PUT, "q"},
        {STEP_GET, "q"},     {STEP_CLOSE, "q"},          {STEP_GROUP, NULL},
    };
    const struct synchronisation *t = synchronisation_of(&f, "t");
    CU_ASSERT_EQUAL(fixture_task(&f, "t")->body, BODY_STEPS);
    CU_ASSERT_EQUAL_FATAL(t->step_count, sizeof expected / sizeof *expected);
    for (uint32_t i = 0; i < t->step_count; i++) {
        CU_ASSERT_EQUAL(t->steps[i].kind, expected[i].kind);
        if (expected[i].primitive != NULL)
            CHECK_TEXT(primitive_of(&f, &t->steps[i]), expected[i].primitive);
        else
            CU_ASSERT_EQUAL(t->steps[i].primitive, NO_PRIMITIVE);
        CU_ASSERT_EQUAL(t->steps[i].until != NO_EXPRESSION, i == 7);
    }
    CU_ASSERT_TRUE(t->steps[0].is_plain_command);
    CHECK_PIECES(&f, &t->steps[1].exec[1], "|task.name@0|");
    CHECK_PIECES(&f, &t->steps[2].duration, "1h30m");
    CU_ASSERT_EQUAL(t->steps[11].value.kind, SPEC_CONSTANT);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(t->steps[11].value.constant, "i")), 2);
    fixture_release(&f);
}

static void test_words_beside(void)
{
    struct fixture f;
    read_steps(&f, "  t:\n"
                   "    steps:\n"
                   "      - run: 'true'\n"
                   "      - {run: 'false', if: task.attempt > 1, timeout: 2s,"
                   " continue-on-error: true, as: x}\n"
                   "      - {barrier: b, timeout: 5m, if: 'false'}\n");
    const struct step *steps = synchronisation_of(&f, "t")->steps;
    CU_ASSERT_EQUAL(steps[0].condition, NO_EXPRESSION);
    CU_ASSERT_EQUAL(steps[0].timeout, UNLIMITED);
    CU_ASSERT_EQUAL(steps[0].as, 0);
    CU_ASSERT_EQUAL(steps[0].keeps, 0);
    CU_ASSERT_FALSE(steps[0].continue_on_error);
    CU_ASSERT_NOT_EQUAL(steps[1].condition, NO_EXPRESSION);
    CU_ASSERT_EQUAL(steps[1].timeout, 2 * SECOND);
    CU_ASSERT_TRUE(steps[1].continue_on_error);
    CHECK_TEXT(fixture_text(&f, steps[1].as), "x");
    CU_ASSERT_EQUAL(steps[1].keeps, KEEPS_STDOUT);
    CU_ASSERT_EQUAL(steps[2].timeout, 300 * SECOND);
    CU_ASSERT_NOT_EQUAL(steps[2].condition, NO_EXPRESSION);
    struct location at;
    CU_ASSERT_TRUE(sources_locate(&f.sources, steps[2].at, &at));
    CU_ASSERT_EQUAL(at.line, 12);
    CU_ASSERT_EQUAL(at.column, 10);
    fixture_release(&f);
}

static void test_groups(void)
{
    struct fixture f;
    read_steps(&f, "  t:\n"
                   "    steps:\n"
                   "      - lock: [l, m]\n"
                   "        timeout: 1m\n"
                   "        steps:\n"
                   "          - run: one\n"
                   "          - if: 'true'\n"
                   "            steps: [{run: two}, {lock: {m: k}, run: three}]\n"
                   "      - run: four\n");
    const struct synchronisation *t = synchronisation_of(&f, "t");
    CU_ASSERT_EQUAL_FATAL(t->step_count, 2);
    const struct step *outer = &t->steps[0];
    CU_ASSERT_EQUAL(outer->kind, STEP_GROUP);
    CU_ASSERT_EQUAL(outer->hold_count, 2);
    CU_ASSERT_EQUAL(outer->timeout, 60 * SECOND);
    CU_ASSERT_EQUAL_FATAL(outer->step_count, 2);
    const struct step *inner = &outer->steps[1];
    CU_ASSERT_EQUAL(inner->kind, STEP_GROUP);
    CU_ASSERT_EQUAL(inner->hold_count, 0);
    CU_ASSERT_EQUAL_FATAL(inner->step_count, 2);
    CHECK_PIECES(&f, inner->steps[1].run, "three");
    CU_ASSERT_EQUAL_FATAL(inner->steps[1].hold_count, 1);
    CU_ASSERT_TRUE(inner->steps[1].holds[0].is_keyed);
    CHECK_PIECES(&f, t->steps[1].run, "four");
    CU_ASSERT_EQUAL(t->steps[1].hold_count, 0);
    fixture_release(&f);
}

/* A condition's step stands anywhere inside of what holds its lock. */
static void test_held_around(void)
{
    struct fixture f;
    read_steps(&f, "  group: {steps: [{lock: [m, l], steps: [{steps: [{wait: c}]}]}]}\n"
                   "  task: {lock: l, steps: [{steps: [{notify: c}]}]}\n");
    const struct step *group = synchronisation_of(&f, "group")->steps;
    CU_ASSERT_EQUAL(group[0].steps[0].steps[0].kind, STEP_CONDITION_WAIT);
    fixture_release(&f);
}

static char *env_of(const struct fixture *f, const struct step *step)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < step->details->env_count; i++) {
        CLEANUP_FREE char *value = fixture_pieces(f, &step->details->env[i].value);
        buffer_printf(&out, "%s%s=%s", i == 0 ? "" : " ",
                      fixture_text(f, step->details->env[i].name), value);
    }
    return buffer_take(&out);
}

static void test_surroundings(void)
{
    struct fixture f;
    read_steps(&f, "  t:\n"
                   "    env: {A: task}\n"
                   "    cwd: sub\n"
                   "    steps:\n"
                   "      - run: one\n"
                   "      - env: {A: group, B: group}\n"
                   "        shell: bash\n"
                   "        steps:\n"
                   "          - {env: {B: own}, cwd: other, run: two}\n"
                   "          - run: three\n"
                   "      - run: four\n");
    const struct task *task = fixture_task(&f, "t");
    const struct step *steps = synchronisation_of(&f, "t")->steps;
    CU_ASSERT_PTR_EQUAL(steps[0].details, task->details);
    CU_ASSERT_PTR_EQUAL(steps[2].details, task->details);
    const struct step *two = &steps[1].steps[0], *three = &steps[1].steps[1];
    CLEANUP_FREE char *env = env_of(&f, two);
    CHECK_TEXT(env, "A=task A=group B=group B=own");
    CHECK_PIECES(&f, &two->details->cwd, "other");
    CHECK_TEXT(fixture_text(&f, two->details->shell.words[0]), "bash");
    CLEANUP_FREE char *beside = env_of(&f, three);
    CHECK_TEXT(beside, "A=task A=group B=group");
    CHECK_PIECES(&f, &three->details->cwd, "sub");
    CHECK_TEXT(fixture_text(&f, steps[2].details->shell.words[0]), "/bin/sh");
    fixture_release(&f);
}

static void test_bindings(void)
{
    struct fixture f;
    read_steps(&f,
               "  t:\n"
               "    steps:\n"
               "      - {run: date, as: when}\n"
               "      - {exec: [hostname], as: when}\n"
               "      - {get: q, as: item}\n"
               "      - {lock: {l: '${{ item.name }}'}, if: when ~= '', run: 'echo ${{ when }}'}\n"
               "      - {put: {q: '${{ item }}'}}\n"
               "      - {sleep: '${{ item.pause }}s'}\n"
               "      - steps: [{run: id, as: inner}]\n"
               "      - run: echo ${{ inner }}\n"
               "  other: {steps: [{run: date, as: item}]}\n");
    const struct step *steps = synchronisation_of(&f, "t")->steps;
    CU_ASSERT_EQUAL(steps[0].as, steps[1].as);
    CU_ASSERT_EQUAL(steps[1].keeps, KEEPS_STDOUT);
    CU_ASSERT_EQUAL(steps[2].keeps, 0);
    CHECK_PIECES(&f, &steps[3].holds[0].key.text, "|item.name@0|");
    CHECK_PIECES(&f, steps[3].run, "echo |when@1|");
    CU_ASSERT_TRUE(steps[4].value.text.is_expression);
    CHECK_PIECES(&f, &steps[5].duration, "|item.pause@0|s");
    CHECK_PIECES(&f, steps[7].run, "echo |inner@1|");
    fixture_release(&f);
}

const struct check steps_checks[] = {
    {"step kinds", test_kinds},
    {"words beside a step", test_words_beside},
    {"nested groups", test_groups},
    {"a condition's lock around it", test_held_around},
    {"surroundings of steps", test_surroundings},
    {"names that steps bind", test_bindings},
    {NULL, NULL},
};
