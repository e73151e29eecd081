/* Texts of what became of a wait. What is waited for is called by its bare name, as the author
 * calls it in the file: names are unique across all kinds. */
#include "run/cause.h"

/* "db", "db[a]", "spinup", "cpu". */
static void write_subject(const struct plan *plan, const struct action *action, struct buffer *out)
{
    const struct workflow *workflow = plan->workflow;
    if (action->gate != NO_GATE) {
        const struct gate *gate = &plan->gates[action->gate];
        buffer_add_text(out,
                        names_text(workflow->names, workflow->primitives[gate->primitive].name));
    } else if (action->token < plan->token_count) {
        const struct token *token = &plan->tokens[action->token];
        buffer_add_text(out, names_text(workflow->names, token->name));
        if (token->key != 0)
            buffer_printf(out, "[%s]", names_text(workflow->names, token->key));
    } else {
        return;
    }
    buffer_add_text(out, ": ");
}

/* "case[re=400] failed" */
static void write_culprit(const struct run *run, uint32_t culprit, struct buffer *out)
{
    static const char *const ends[] = {
        [STATUS_NONE] = "can no longer do it",      [STATUS_SUCCESS] = "has ended",
        [STATUS_SKIPPED] = "was skipped",           [STATUS_CANCELLED] = "was cancelled",
        [STATUS_BLOCKED] = "was blocked by a need", [STATUS_FAILURE] = "failed"};
    plan_write_name(run->plan, culprit, out);
    buffer_printf(out, " %s", ends[scheduler_status(run->scheduler, culprit)]);
}

static const char *orphan_text(const struct plan *plan, const struct action *action)
{
    if (action->gate == NO_GATE)
        return "nobody is left who could give it back";
    switch (plan->gates[action->gate].kind) {
    case GATE_BARRIER:
        return "too few are left to come to it";
    case GATE_EVENT:
        return "nobody is left who could set it";
    case GATE_CONDITION:
        return "nobody is left who could notify it";
    default:
        return "nobody is left at the other end of the queue";
    }
}

static const char *cause_text(const struct plan *plan, const struct action *action)
{
    switch (action->cause) {
    case CAUSE_TIMEOUT:
        return "timed out";
    case CAUSE_BROKEN:
        return "broken";
    case CAUSE_ORPHAN:
        return orphan_text(plan, action);
    case CAUSE_CLOSED:
        return "the queue is closed";
    case CAUSE_DEADLOCK:
        return "deadlock: all that could help waits, too";
    case CAUSE_SEEN:
        return "it ended with its runner";
    case CAUSE_PEER:
        return "a task joined to it by a pipe has failed";
    default:
        return NULL;
    }
}

static void write_why(const struct run *run, const struct action *action, const char *text,
                      struct buffer *out)
{
    buffer_add_text(out, text);
    if (action->culprit == NO_NODE)
        return;
    buffer_add_text(out, ": ");
    write_culprit(run, action->culprit, out);
}

void cause_write(const struct run *run, const struct action *action, struct buffer *out)
{
    const char *text = cause_text(run->plan, action);
    if (text == NULL && action->kind == ACTION_REPLY && action->code == REPLY_TIMEOUT)
        text = "timed out";
    if (text == NULL)
        return;
    write_subject(run->plan, action, out);
    write_why(run, action, text, out);
}

void cause_write_why(const struct run *run, const struct action *action, struct buffer *out)
{
    const char *text = cause_text(run->plan, action);
    if (text != NULL)
        write_why(run, action, text, out);
}

/* --- waits --- */

static const struct operation *find_operation(const struct plan *plan, uint32_t node,
                                              uint32_t operation)
{
    const struct program *program = &plan->programs[plan_rule(plan, node)->program];
    return operation < program->count ? &program->operations[operation] : NULL;
}

static const char *waiting_text(const struct plan *plan, uint32_t gate,
                                const struct operation *operation)
{
    switch (plan->gates[gate].kind) {
    case GATE_BARRIER:
        return "waiting at ";
    case GATE_EVENT:
        return "waiting for ";
    case GATE_CONDITION:
        return "waiting to be told of ";
    default:
        return operation == NULL                  ? "waiting at "
               : operation->kind == OPERATION_PUT ? "waiting to put into "
                                                  : "waiting to get from ";
    }
}

void cause_write_wait(const struct run *run, uint32_t node, uint32_t operation, uint32_t gate,
                      uint32_t token, struct buffer *out)
{
    const struct plan *plan = run->plan;
    const struct operation *found = find_operation(plan, node, operation);
    place at = found != NULL ? found->at : plan->workflow->tasks[plan->task[node]].at;
    if (gate == NO_GATE && token >= plan->token_count && found != NULL &&
        found->kind >= OPERATION_BARRIER && found->gate < plan->gate_count)
        gate = found->gate;
    if (gate != NO_GATE) {
        buffer_add_text(out, waiting_text(plan, gate, found));
        plan_write_gate(plan, gate, out);
    } else if (token < plan->token_count) {
        buffer_add_text(out, "waiting for ");
        plan_write_token(plan, token, out);
    } else if (found != NULL) {
        buffer_add_text(out, "at ");
        plan_write_operation(plan, node, operation, out, &at);
    } else {
        buffer_add_text(out, "at its beginning");
    }
    struct location location;
    if (sources_locate(plan->workflow->sources, at, &location))
        buffer_printf(out, " (%s:%u:%u)", location.file, location.line, location.column);
}
