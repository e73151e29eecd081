/* What an expression may mention of synchronisation: what steps before it have bound, and in
 * 'until' events and queues. */
#include <string.h>

#include "base/memory.h"
#include "workflow/scope.h"

static bool is_listed(const name *names, uint32_t count, name wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (names[i] == wanted)
            return true;
    return false;
}

/* x-y, which has been refused as a name, is read as x less y. */
static bool is_begin_of_bound(const struct reader *reader, const char *text, int length)
{
    for (uint32_t i = 0; i < reader->bound.count; i++) {
        const char *bound = names_text(reader->names, reader->bound.items[i]);
        if (strncmp(bound, text, (size_t)length) == 0 && bound[length] == '-')
            return true;
    }
    return false;
}

int scope_bound_name(struct scope_state *state, const char *text, int length, struct error *error)
{
    const struct reader *reader = state->reader;
    if (reader->binding.count == 0)
        return SCOPE_DATA;
    name found = names_find(reader->names, text, (size_t)length);
    if (is_listed(reader->bound.items, reader->bound.count, found))
        return length;
    if (!is_listed(reader->binding.items, reader->binding.count, found))
        return is_begin_of_bound(reader, text, length) ? scope_follow_up(state, error) : SCOPE_DATA;
    error_set(error, PLACE_NONE, "'%.*s' is not known here", length, text);
    error_hint(error, "a name is known to the steps behind the one whose 'as' binds it");
    return SCOPE_UNKNOWN;
}

static bool is_of_kind(const struct reader *reader, name found, const void *context)
{
    uint32_t index = name_map_get(&reader->primitive_of_name, found);
    return index != 0 &&
           reader->workflow->primitives[index - 1].kind == *(const enum primitive_kind *)context;
}

int scope_primitive_name(struct scope_state *state, enum primitive_kind kind, const char *text,
                         int length, struct error *error)
{
    struct reader *reader = state->reader;
    int end = scope_longest(reader, text, length, is_of_kind, &kind);
    if (end > 0)
        return end;
    if (reader->is_primitives_broken)
        return scope_follow_up(state, error);
    scope_unknown(error, primitive_kind_text(kind), text, length);
    VEC(name) known = {0};
    for (uint32_t i = 0; i < reader->workflow->primitive_count; i++)
        if (reader->workflow->primitives[i].kind == kind)
            *VEC_PUSH(&known) = reader->workflow->primitives[i].name;
    if (known.count > 0)
        scope_suggest(reader, error, text, length,
                      (struct name_column){known.items, sizeof(name), known.count});
    VEC_RELEASE(&known);
    return SCOPE_UNKNOWN;
}
