/* What a task says of synchronisation beside its steps: what it holds, waits for and tells others,
 * and whether it is a daemon. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

enum { PORT_MOST = 65535 };

static bool has_any(const struct section *section)
{
    uint64_t all = (UINT64_C(1) << TASK_FIELD_COUNT) - (UINT64_C(1) << TASK_STEPS);
    return (section->present & all) != 0;
}

static void waits_read(struct reader *reader, uint32_t node, struct synchronisation *ret)
{
    const struct node *one = reader_node(reader, node);
    ret->wait_at = one->at;
    if (one->kind == NODE_SCALAR) {
        uint32_t index = name_map_get(&reader->primitive_of_name, one->text);
        if (index != 0 && reader->workflow->primitives[index - 1].kind == PRIMITIVE_CONDITION) {
            reader_error(reader, node, "'%s' is a condition: only a step can wait for it",
                         reader_text(reader, node));
            reader_hint(reader, "inside its lock: {lock: LOCK, steps: [{wait: %s}]}",
                        reader_text(reader, node));
            return;
        }
    }
    primitives_find_all(reader, node, KIND_EVENT, &ret->waits, &ret->wait_count);
    for (uint32_t i = 0; i < ret->wait_count; i++)
        usage_note(reader, ret->waits[i], USAGE_WAIT, one->at);
}

static void barriers_read(struct reader *reader, uint32_t node, struct synchronisation *ret)
{
    ret->barrier_at = reader_node(reader, node)->at;
    primitives_find_all(reader, node, KIND_BARRIER, &ret->barriers, &ret->barrier_count);
    for (uint32_t i = 0; i < ret->barrier_count; i++)
        usage_note(reader, ret->barriers[i], USAGE_BARRIER, ret->barrier_at);
}

static void sets_read(struct reader *reader, uint32_t node, struct synchronisation *ret)
{
    ret->set_at = reader_node(reader, node)->at;
    primitives_find_all(reader, node, KIND_EVENT, &ret->sets, &ret->set_count);
    for (uint32_t i = 0; i < ret->set_count; i++)
        usage_note(reader, ret->sets[i], USAGE_SET, ret->set_at);
}

/* --- daemons --- */

/* 5432 or localhost:5432 */
static bool check_port(struct reader *reader, uint32_t node)
{
    const char *text = reader_text(reader, node), *colon = strrchr(text, ':');
    int64_t port;
    if (text_integer(colon != NULL ? colon + 1 : text, &port) && port > 0 && port <= PORT_MOST &&
        colon != text)
        return true;
    reader_error(reader, node, "expected a port, found '%s'", text);
    reader_hint(reader, "write 5432 or HOST:5432");
    return false;
}

static void ready_text_read(struct reader *reader, uint32_t node, struct synchronisation *ret)
{
    struct text *text = &ret->ready_text;
    if (ret->ready == READY_RUN)
        text_read_shell(reader, node, CONTEXT_TASK, text);
    else if (text_read(reader, node, CONTEXT_TASK, text) && ret->ready == READY_TCP &&
             text->piece_count == 0)
        check_port(reader, node);
}

static void ready_read(struct reader *reader, uint32_t node, struct synchronisation *ret)
{
    struct section section;
    ret->ready_at = reader_node(reader, node)->at;
    if (!section_read(reader, node, TABLE_READY, "a map like {tcp: 5432, timeout: 30s}", &section))
        return;
    if (section.values[READY_FIELD_TIMEOUT] != 0)
        timeout_read(reader, section.values[READY_FIELD_TIMEOUT], &ret->ready_timeout);
    int found = NO_FIELD;
    for (int i = READY_FIELD_TCP; i <= READY_FIELD_LOG; i++) {
        uint32_t value = section.values[i];
        if (value != 0 && found != NO_FIELD)
            reader_error(reader, value - 1, "a daemon is ready in one way: '%s' or '%s', not both",
                         reader_text(reader, section.values[found] - 1),
                         reader_text(reader, value - 1));
        else if (value != 0)
            found = i;
    }
    if (found == NO_FIELD && !section.has_unknown)
        reader_error(reader, node, "expected one of tcp, file, run and log");
    if (found == NO_FIELD)
        return;
    ret->ready = (uint8_t)(READY_TCP + found);
    ready_text_read(reader, section.values[found], ret);
}

static void daemon_read(struct reader *reader, const struct section *section,
                        struct synchronisation *ret)
{
    uint32_t daemon = section->values[TASK_DAEMON], ready = section->values[TASK_READY];
    if (daemon != 0)
        setting_bool(reader, daemon, &ret->is_daemon);
    if (ready != 0)
        ready_read(reader, ready, ret);
    if (ready != 0 && daemon == 0 && !section_is_guessed(section, TASK_DAEMON))
        reader_error(reader, ready - 1, "'ready' goes with daemon: true");
}

/* A daemon is one process that is stopped when all else has ended. */
static void check_daemon(struct reader *reader, const struct section *section)
{
    static const enum task_field fields[] = {TASK_STEPS, TASK_WAIT,  TASK_BARRIER,
                                             TASK_SET,   TASK_RETRY, TASK_OUTPUTS};
    const struct task *task = reader->task;
    if (task->body == BODY_NONE)
        reader_error(reader, section->values[TASK_DAEMON] - 1,
                     "a daemon has a 'run', 'exec' or 'call'");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (section->values[fields[i]] != 0)
            reader_error(reader, section->values[fields[i]] - 1, "a daemon has no '%s'",
                         reader_text(reader, section->values[fields[i]] - 1));
    for (int i = 0; i < 3; i++)
        if (task->details->streams[i].kind == STREAM_PIPE)
            diagnostics_add(reader->diagnostics, task->details->streams[i].at,
                            "a daemon has no pipe");
}

/* --- all --- */

struct synchronisation *synchronisation_read(struct reader *reader, const struct section *section)
{
    if (!has_any(section))
        return NULL;
    const uint32_t *values = section->values;
    struct synchronisation *ret = arena_new(&reader->workflow->arena, sizeof *ret);
    holds_read(reader, values[TASK_LOCK], values[TASK_SEMAPHORE], &ret->holds, &ret->hold_count);
    for (uint32_t i = 0; i < ret->hold_count; i++)
        *VEC_PUSH(&reader->held) = &ret->holds[i];
    if (values[TASK_WAIT] != 0)
        waits_read(reader, values[TASK_WAIT], ret);
    if (values[TASK_BARRIER] != 0)
        barriers_read(reader, values[TASK_BARRIER], ret);
    if (values[TASK_SET] != 0)
        sets_read(reader, values[TASK_SET], ret);
    if (values[TASK_USES] != 0)
        uses_read(reader, values[TASK_USES], &ret->uses, &ret->use_count);
    daemon_read(reader, section, ret);
    return ret;
}

void synchronisation_check(struct reader *reader, const struct section *section)
{
    const struct task *task = reader->task;
    if (section->values[TASK_USES] != 0 && task->body == BODY_NONE) {
        reader_error(reader, section->values[TASK_USES] - 1,
                     "'uses' says what the shell of a task does, and this one has none");
        reader_hint(reader, "a task without a body may say wait, barrier and set");
    }
    if (task->synchronisation->is_daemon)
        check_daemon(reader, section);
    reader->held.count = 0;
    bindings_forget(reader);
}
