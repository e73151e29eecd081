/* Who does what to each primitive. A wait for what no task and no step ever does can only fail:
 * that is told before anything runs. */
#include "base/memory.h"
#include "workflow/reader.h"

void usage_note(struct reader *reader, uint32_t primitive, enum usage_kind kind, place at)
{
    if (primitive == NO_PRIMITIVE)
        return;
    struct usage *usage = &reader->usages[primitive];
    if (usage->first[kind] == PLACE_NONE)
        usage->first[kind] = at;
    place *where = reader->task->is_finally ? &usage->in_finally : &usage->in_tasks;
    if (kind == USAGE_BARRIER && *where == PLACE_NONE)
        *where = at;
}

/* Somebody waits for what nobody does. */
static bool is_vain(const struct usage *usage, enum usage_kind waits, enum usage_kind does)
{
    return usage->first[waits] != PLACE_NONE && usage->first[does] == PLACE_NONE;
}

static void check_event(struct reader *reader, const struct usage *usage, const char *text)
{
    if (!is_vain(usage, USAGE_WAIT, USAGE_SET))
        return;
    diagnostics_warn(reader->diagnostics, usage->first[USAGE_WAIT], "nothing sets event '%s'",
                     text);
    reader_hint(reader, "a task or step does it by set: %s, its shell by uses: {set: %s}", text,
                text);
}

static void check_condition(struct reader *reader, const struct usage *usage, const char *text)
{
    if (!is_vain(usage, USAGE_WAIT, USAGE_NOTIFY))
        return;
    diagnostics_warn(reader->diagnostics, usage->first[USAGE_WAIT],
                     "nothing notifies condition '%s'", text);
    reader_hint(reader, "a step does it by notify: %s, a shell by uses: {notify: %s}", text, text);
}

static void check_queue(struct reader *reader, const struct usage *usage, const char *text)
{
    if (!is_vain(usage, USAGE_GET, USAGE_PUT))
        return;
    diagnostics_warn(reader->diagnostics, usage->first[USAGE_GET], "nothing puts into queue '%s'",
                     text);
    reader_hint(reader, "a step does it by put: {%s: VALUE}, a shell by uses: {put: %s}", text,
                text);
}

/* Tasks under `finally` run when all others have ended, so they cannot meet. */
static void check_barrier(struct reader *reader, const struct primitive *barrier,
                          const struct usage *usage, const char *text)
{
    if (barrier->count > 0 || usage->in_tasks == PLACE_NONE || usage->in_finally == PLACE_NONE)
        return;
    diagnostics_add(reader->diagnostics, usage->in_finally,
                    "barrier '%s' is used under 'tasks' too, which have ended by then", text);
    reader_hint(reader, "declare another barrier, or say how many come at a time: {parties: N}");
}

void usages_check(struct reader *reader)
{
    const struct workflow *workflow = reader->workflow;
    for (uint32_t i = 0; i < workflow->primitive_count; i++) {
        const struct primitive *primitive = &workflow->primitives[i];
        const struct usage *usage = &reader->usages[i];
        const char *text = names_text(reader->names, primitive->name);
        if (primitive->kind == PRIMITIVE_BARRIER)
            check_barrier(reader, primitive, usage, text);
        else if (reader->diagnostics->error_count > 0)
            continue; /* who does it may stand in what could not be read */
        else if (primitive->kind == PRIMITIVE_EVENT)
            check_event(reader, usage, text);
        else if (primitive->kind == PRIMITIVE_CONDITION)
            check_condition(reader, usage, text);
        else if (primitive->kind == PRIMITIVE_QUEUE)
            check_queue(reader, usage, text);
    }
}
