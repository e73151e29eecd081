/* What a driver learns from the actions, and the first laws of it: who runs, who is asked, who has
 * ended. See schedule_world.h; the laws of synchronisation are the judge's. */
#include <stdio.h>
#include <stdlib.h>

#include "schedule/schedule_parts.h"
#include "schedule/schedule_world.h"

static bool has_come(const struct world *world, uint32_t need)
{
    const struct plan *plan = &world->builder.plan;
    return !plan->is_selected[need] || world->nodes[need].was_ready ||
           scheduler_state(world->scheduler, need) == STATE_ENDED;
}

/* What was under way at a resume goes on, though a need of it begins anew. */
static void see_needs(struct world *world, uint32_t node)
{
    const struct graph *graph = &world->builder.plan.dependents;
    for (uint32_t need = 0; need < world->builder.plan.node_count && world->resumes == 0; need++)
        for (uint32_t i = graph->first[need]; i < graph->first[need + 1]; i++)
            world_rule(world, graph->targets[i] != node || has_come(world, need),
                       "a launch before its needs");
}

static void see_launch(struct world *world, const struct action *action)
{
    struct live *node = &world->nodes[action->node];
    world_rule(world, !node->is_at_body && !node->is_concluding, "two bodies of one node");
    world_rule(world, !node->has_ended, "a launch after the end");
    see_needs(world, action->node);
    node->is_at_body = true;
    node->is_signalled = node->is_ready = false;
    node->attempt = action->attempt;
    node->operation = action->operation;
}

static void see_reply(struct world *world, const struct action *action)
{
    world_rule(world, action->request < world->request_count, "a reply to nobody");
    if (action->request >= world->request_count)
        return;
    struct verb_state *request = &world->requests[action->request];
    world_rule(world, request->answer == ANSWER_AWAITED,
               "a request was answered twice, or after its end");
    world_rule(world, world->nodes[action->node].is_at_body, "a reply to a body that has ended");
    bool stays = request->verb <= VERB_ACQUIRE && action->code == REPLY_DONE;
    request->answer = stays ? ANSWER_GIVEN : ANSWER_OVER;
}

static void see_ended(struct world *world, const struct fact *fact)
{
    struct live *node = &world->nodes[fact->node];
    world_rule(world, !node->has_ended, "a node ended twice");
    world_rule(world, !node->is_at_body && !node->is_concluding, "a node ended while it ran");
    node->has_ended = true;
}

/* Of those who can never go on none does. */
static void see_proof(struct world *world, const struct fact *fact)
{
    if (fact->kind == FACT_POLICY || fact->kind == FACT_DEADLOCK)
        world->is_proving = false;
    for (uint32_t i = 0; i < world->stuck.count && world->is_proving; i++) {
        const struct wait *wait = &world->stuck.items[i];
        bool is_it = wait->node == fact->node && wait->request == fact->request;
        bool moves = fact->kind == FACT_GOES_ON || fact->kind == FACT_LAUNCHED;
        world_rule(world, !is_it || !moves, "one that was told to be stuck goes on");
    }
}

static void see_fact(struct world *world, const struct fact *fact)
{
    see_proof(world, fact);
    if (fact->kind == FACT_ENDED) {
        see_ended(world, fact);
    } else if (fact->kind == FACT_REOPENED) {
        world_rule(world, world->resumes > 0, "reopened without a resume");
        world->nodes[fact->node] = (struct live){0};
    } else if (fact->kind == FACT_READY) {
        world->nodes[fact->node].is_ready = world->nodes[fact->node].was_ready = true;
    } else if (fact->kind == FACT_RUN_ENDED) {
        world->is_success = fact->status == STATUS_SUCCESS;
    } else if (fact->kind == FACT_DEADLOCK) {
        world->is_stuck = true;
    }
}

static void see_timer(struct world *world, const struct action *action)
{
    if (action->request != NO_REQUEST) {
        world->requests[action->request].timer = action->timer;
        world->requests[action->request].timer_at = action->at;
    } else if (action->node == NO_NODE) {
        world->run_timer = action->timer;
        world->run_timer_at = action->at;
    } else {
        world->nodes[action->node].timer = action->timer;
        world->nodes[action->node].timer_at = action->at;
    }
}

static void see_expand(struct world *world, const struct action *action)
{
    world_rule(world, world->expanding == NO_NODE, "two expansions at once");
    world_rule(world, world->builder.plan.is_join[action->node] == JOIN_TEMPLATE,
               "expands no template");
    bool is_taker = plan_rule(&world->builder.plan, action->node)->gate != NO_GATE;
    world_rule(world, is_taker == (action->item != NO_ITEM),
               "an expansion by an item that is none, or the other way round");
    see_needs(world, action->node);
    world->expanding = action->node;
    world->expanding_item = action->item;
}

void world_see(struct world *world, const struct action *action)
{
    struct live *node = &world->nodes[action->node < WORLD_NODES ? action->node : 0];
    world_rule(world, !world->has_ended, "an action after the end");
    switch (action->kind) {
    case ACTION_LAUNCH:
        see_launch(world, action);
        break;
    case ACTION_CONCLUDE:
        world_rule(world, !node->is_at_body, "a conclusion while a body runs");
        world_rule(world, !node->has_ended, "a conclusion after the end");
        node->is_concluding = true;
        node->is_asked = false;
        node->is_failed = action->is_failed || action->is_stopped;
        node->attempt = action->attempt;
        break;
    case ACTION_EVALUATE:
        world_rule(world, !node->is_at_body && !node->is_concluding, "asked while it runs");
        node->is_asked = true;
        node->attempt = action->attempt;
        node->asked_operation = action->operation;
        break;
    case ACTION_EXPAND:
        see_expand(world, action);
        break;
    case ACTION_TIMER:
        see_timer(world, action);
        break;
    case ACTION_SIGNAL:
        world_rule(world, node->is_at_body || node->is_concluding, "a signal to nobody");
        node->is_signalled = true;
        break;
    case ACTION_SEEK:
        world->is_file_sought = true;
        break;
    case ACTION_REPLY:
        see_reply(world, action);
        break;
    case ACTION_RECORD:
        see_fact(world, &action->fact);
        break;
    case ACTION_END:
        world->has_ended = true;
        break;
    }
}

/* --- one input --- */

/* Whom the run's own timer found. */
static void keep_stuck(struct world *world, const struct input *in)
{
    bool is_proving = world->deaf_from != UINT32_MAX;
    if (is_proving || world->stuck.count > 0 || in->kind != INPUT_TIMER || in->node != NO_NODE ||
        !world->is_stuck || !world->judge.was_live)
        return;
    world->told_at = world->steps;
    wait_list waits = {0};
    scheduler_waits(world->scheduler, &waits);
    for (uint32_t i = 0; i < waits.count; i++)
        if (waits.items[i].is_stuck)
            *VEC_PUSH(&world->stuck) = waits.items[i];
    VEC_RELEASE(&waits);
}

void world_give(struct world *world, struct input in)
{
    in.now = world->now;
    world->actions.count = 0;
    judge_input(&world->judge, &in);
    scheduler_handle(world->scheduler, &in, &world->actions);
    for (uint32_t i = 0; i < world->actions.count; i++) {
        const struct action *action = &world->actions.items[i];
        world->hash = digest_action(world->hash, action);
        world_see(world, action);
        judge_action(&world->judge, action);
    }
    judge_settled(&world->judge, world->scheduler);
    world_rule(world, world->judge.wrong == NULL, world->judge.wrong);
    keep_stuck(world, &in);
    const char *wrong = scheduler_check(world->scheduler);
    world_rule(world, wrong == NULL, wrong);
    if (getenv("PARGRAPH_SHOW") != NULL)
        world_show(world, &in);
    world->steps++;
}

/* For one seed: all inputs and actions, as a scenario has them. */
void world_show(const struct world *world, const struct input *in)
{
    static const char *const tokens[] = {"slot", "mem", "a", "b", "semaphore", "file"};
    static const char *const gates[] = {"barrier",      "event",     "condition", "queue",
                                        "pair",         "other",     "feed",      "back",
                                        "last-barrier", "last-event"};
    static char texts[WORLD_NODES][8];
    const char *nodes[WORLD_NODES];
    for (uint32_t i = 0; i < WORLD_NODES; i++) {
        snprintf(texts[i], sizeof texts[i], "n%u", i);
        nodes[i] = texts[i];
    }
    struct wording wording = {nodes, tokens, gates};
    CLEANUP_BUFFER struct buffer out = {0};
    buffer_printf(&out, "input %d node %d attempt %u operation %d verb %d request %d item %d\n",
                  in->kind, (int)in->node, in->attempt, (int)in->operation, in->verb,
                  (int)in->request, (int)in->item);
    for (uint32_t i = 0; i < world->actions.count; i++)
        write_action(&out, &world->actions.items[i], &wording);
    buffer_printf(&out, "  states");
    for (uint32_t node = 0; node < world->builder.plan.node_count; node++)
        buffer_printf(&out, " %d", scheduler_state(world->scheduler, node));
    buffer_printf(&out, "\n");
    wait_list waits = {0};
    scheduler_waits(world->scheduler, &waits);
    for (uint32_t i = 0; i < waits.count; i++)
        buffer_printf(&out, "  waits n%u:%d request %d gate %d token %d%s\n", waits.items[i].node,
                      (int)waits.items[i].operation, (int)waits.items[i].request,
                      (int)waits.items[i].gate, (int)waits.items[i].token,
                      waits.items[i].is_stuck ? " stuck" : "");
    VEC_RELEASE(&waits);
    fputs(buffer_text(&out), stdout);
}
