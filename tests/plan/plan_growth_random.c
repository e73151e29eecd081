/* Random workflows whose matrices come while they run grow to what a plan made at once is. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/fixture.h"

/* What is known of a plan that has grown: the edges of its ends, too. */
struct grown {
    struct fixture fixture;
    VEC(struct edge) late;
};

static void add_needed(struct grown *grown, uint32_t node, bool *is_needed)
{
    const struct plan *plan = &grown->fixture.plan;
    for (uint32_t from = 0; from < plan->node_count; from++) {
        bool is_edge = false;
        for (uint32_t i = plan->dependents.first[from]; i < plan->dependents.first[from + 1]; i++)
            is_edge |= plan->dependents.targets[i] == node;
        for (uint32_t i = 0; i < grown->late.count; i++)
            is_edge |= grown->late.items[i].from == from && grown->late.items[i].to == node;
        if (!is_edge)
            continue;
        if (plan->is_join[from] == JOIN_NOT)
            is_needed[from] = true;
        else if (plan->is_join[from] == JOIN_PLAIN)
            add_needed(grown, from, is_needed);
    }
}

/* Every instance, whether it runs, what each of its needs stands for, and, if it runs, all
 * instances that it comes after directly or through joins. */
static void describe(struct grown *grown, struct buffer *out)
{
    struct plan *plan = &grown->fixture.plan;
    for (uint32_t task = 0; task < plan->workflow->task_count; task++)
        for (uint32_t i = 0; i < plan->instances[task].count; i++) {
            uint32_t node = plan->instances[task].first + i;
            plan_write_name(plan, node, out);
            buffer_printf(out, "%s:", plan->is_selected[node] ? "" : " (not)");
            for (uint32_t k = 0; k < plan->workflow->tasks[task].need_count; k++) {
                node_list nodes = {0};
                CU_ASSERT(plan_need_nodes(plan, node, &plan->workflow->tasks[task].needs[k], &nodes,
                                          NULL));
                buffer_add_text(out, " |");
                for (uint32_t n = 0; n < nodes.count; n++) {
                    buffer_add_byte(out, ' ');
                    plan_write_name(plan, nodes.items[n], out);
                }
                VEC_RELEASE(&nodes);
            }
            bool *is_needed = memory_array(plan->node_count, sizeof *is_needed);
            add_needed(grown, node, is_needed);
            if (plan->instances[task].template != NO_NODE)
                add_needed(grown, plan->instances[task].template, is_needed);
            buffer_add_text(out, "\n   ");
            for (uint32_t t = 0; t < plan->workflow->task_count; t++)
                for (uint32_t n = 0; n < plan->instances[t].count; n++)
                    if (plan->is_selected[node] && is_needed[plan->instances[t].first + n]) {
                        buffer_add_byte(out, ' ');
                        plan_write_name(plan, plan->instances[t].first + n, out);
                    }
            buffer_add_byte(out, '\n');
            memory_free(is_needed);
        }
}

static uint32_t below(uint64_t *random, uint32_t bound)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 33) % bound;
}

enum { GROWING = 5 };

/* A chain of tasks t0 .. with a list each, and what hangs on them; those of the mask have their
 * lists from s, in whose output they are, the others as they are written. */
static void write_workflow(uint64_t seed, uint32_t mask, struct buffer *out, struct buffer *stdout)
{
    uint64_t random = seed;
    buffer_add_text(out, TASKS "  s: {run: x}\n");
    buffer_add_text(stdout, "{");
    for (uint32_t i = 0; i < GROWING; i++) {
        CLEANUP_BUFFER struct buffer list = {0};
        buffer_add_byte(&list, '[');
        uint32_t count = 1 + below(&random, 4);
        for (uint32_t k = 0; k < count; k++)
            buffer_printf(&list, "%s%u", k == 0 ? "" : ", ", k < 2 ? k : below(&random, 3));
        buffer_add_byte(&list, ']');
        buffer_printf(stdout, "%s\\\"l%u\\\": %s", i == 0 ? "" : ", ", i, buffer_text(&list));
        buffer_printf(out, "  t%u:\n    run: x\n    needs: [s", i);
        uint32_t on = i > 0 ? below(&random, i) : 0;
        switch (i > 0 ? below(&random, 6) : 5) {
        case 0:
            buffer_printf(out, ", t%u", on);
            break;
        case 1:
            buffer_printf(out, ", {t%u: same, if: matrix.i == 0}", on);
            break;
        case 2:
            buffer_printf(out, ", {t%u: {i: 0}}", on);
            break;
        case 3:
            buffer_printf(out, ", {t%u: {i: \"${{ matrix.i - matrix.i }}\"}, if: matrix.i > 0}",
                          on);
            break;
        case 4:
            buffer_printf(out, ", {t%u: {}, if: matrix.i == 0}", on);
            break;
        default:
            break;
        }
        if (below(&random, 3) == 0)
            buffer_printf(out, ", {t%u: {i: 0, j: 1}, if: matrix.i > 0 and matrix.j == 0}", i);
        buffer_add_text(out, "]\n    matrix:\n");
        if (mask >> i & 1)
            buffer_printf(out, "      i: \"${{ fromjson(needs.s.stdout).l%u }}\"\n", i);
        else
            buffer_printf(out, "      i: %s\n", buffer_text(&list));
        buffer_add_text(out, "      j: [0, 1]\n");
        if (below(&random, 3) == 0)
            buffer_add_text(out, "      exclude: [{i: 1, j: 0}]\n");
        if (below(&random, 3) == 0)
            buffer_add_text(out, "      include: [{i: 5, j: 5, k: new}, {i: 0, k: more}]\n");
    }
    buffer_printf(out, "  last: {needs: [s, {t%u: {i: 0}}], run: x}\n", below(&random, GROWING));
    buffer_printf(out, "finally:\n  f: {needs: t%u, run: x}\n", below(&random, GROWING));
    buffer_add_text(stdout, "}");
}

static void grow_all(struct grown *grown, const struct grown *model, json_t **records)
{
    struct plan *plan = &grown->fixture.plan;
    for (uint32_t task = 0; task < plan->workflow->task_count; task++) {
        const struct instances *instances = &plan->instances[task];
        if (instances_are_known(instances))
            continue;
        CLEANUP_ERROR struct error error = {0};
        struct expanded expanded = {0};
        bool is_grown = model == NULL
                            ? plan_expand(plan, instances->template, CALLS_SUCCESS | CALLS_ALWAYS,
                                          &grown->fixture.answers, &expanded, &error)
                            : plan_grow(plan, instances->template, records[task], &error);
        CU_ASSERT_FATAL(is_grown);
        if (model == NULL)
            records[task] = expanded.matrix;
        for (uint32_t i = 0; i < plan->ended_needs.count; i++)
            *VEC_PUSH(&grown->late) = plan->ended_needs.items[i];
    }
}

static void open_grown(struct grown *grown, uint64_t seed, uint32_t mask)
{
    static const char *const some[] = {"last", NULL};
    CLEANUP_BUFFER struct buffer text = {0};
    CLEANUP_BUFFER struct buffer stdout = {0};
    CLEANUP_BUFFER struct buffer answers = {0};
    *grown = (struct grown){0};
    write_workflow(seed, mask, &text, &stdout);
    fixture_open_selected(&grown->fixture, buffer_text(&text), seed % 4 == 0 ? some : NULL);
    CHECK_TEXT(fixture_errors(&grown->fixture), "");
    buffer_printf(&answers, "{\"s\": {\"stdout\": \"%s\"}}", buffer_text(&stdout));
    fixture_answer(&grown->fixture, buffer_text(&answers));
}

/* A task that grows needs whole tasks, so of a part of a workflow it may run more, never less. */
static void check_chosen(struct grown *fixed, struct grown *grown)
{
    const struct plan *plan = &fixed->fixture.plan;
    for (uint32_t node = 0; node < plan->instance_count; node++) {
        CLEANUP_BUFFER struct buffer text = {0};
        plan_write_name(plan, node, &text);
        uint32_t other = fixture_node(&grown->fixture, buffer_text(&text));
        CU_ASSERT(plan->is_selected[node] <= grown->fixture.plan.is_selected[other]);
    }
}

/* The same instances, needs, order and choice, whenever the lists are known; and again from what
 * was recorded. */
static void test_growth_is_as_planned(void)
{
    const char *given = getenv("PARGRAPH_SEEDS");
    uint64_t last = given != NULL ? strtoull(given, NULL, 10) / 100 : 200;
    for (uint64_t seed = 1; seed <= last; seed++) {
        struct grown fixed, grown, again;
        json_t *records[GROWING + 3] = {0};
        CLEANUP_BUFFER struct buffer wanted = {0};
        CLEANUP_BUFFER struct buffer got = {0};
        CLEANUP_BUFFER struct buffer repeated = {0};
        uint32_t mask = 1 + (uint32_t)(seed * 7 % ((1 << GROWING) - 1));
        open_grown(&fixed, seed, 0);
        open_grown(&grown, seed, mask);
        open_grown(&again, seed, mask);
        grow_all(&grown, NULL, records);
        grow_all(&again, &grown, records);
        describe(&fixed, &wanted);
        describe(&grown, &got);
        describe(&again, &repeated);
        if (seed % 4 == 0)
            check_chosen(&fixed, &grown);
        else
            CHECK_TEXT(buffer_text(&got), buffer_text(&wanted));
        CHECK_TEXT(buffer_text(&repeated), buffer_text(&got));
        CU_ASSERT(seed % 4 == 0 ||
                  grown.fixture.plan.selected_count == fixed.fixture.plan.selected_count);
        CU_ASSERT_EQUAL(again.fixture.plan.node_count, grown.fixture.plan.node_count);
        for (uint32_t i = 0; i < GROWING + 3; i++)
            json_decref(records[i]);
        VEC_RELEASE(&grown.late);
        VEC_RELEASE(&again.late);
        fixture_close(&fixed.fixture);
        fixture_close(&grown.fixture);
        fixture_close(&again.fixture);
    }
}

const struct check random_growth_checks[] = {
    {"growth is as planned", test_growth_is_as_planned},
    {NULL, NULL},
};
