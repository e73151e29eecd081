/* What a shell does to primitives by verbs: declared, so that it is known whom others wait for. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

static uint32_t kinds_of(enum use_role role)
{
    switch (role) {
    case USE_BARRIER:
        return KIND_BARRIER;
    case USE_SET:
    case USE_CLEAR:
        return KIND_EVENT;
    case USE_NOTIFY:
        return KIND_CONDITION;
    case USE_PUT:
    case USE_GET:
    case USE_CLOSE:
        break;
    }
    return KIND_QUEUE;
}

/* GitHub's actions, or what was meant: `put q`, `[put: q]`. */
static void hint_uses(struct reader *reader, uint32_t node)
{
    size_t count;
    const struct field *fields = language_fields(TABLE_USES, &count);
    const struct node *one = reader_node(reader, node);
    const char *text = one->kind == NODE_SCALAR ? reader_text(reader, node) : "";
    size_t length = strcspn(text, ": ");
    const char *rest = text + length + strspn(text + length, ": ");
    for (size_t i = 0; i < count; i++)
        if (strlen(fields[i].key) == length && memcmp(fields[i].key, text, length) == 0) {
            reader_hint(reader, "write {%s: %s}", fields[i].key, *rest != '\0' ? rest : "NAME");
            return;
        }
    if (one->kind == NODE_LIST)
        reader_hint(reader, "one map says all: {put: [NAME, NAME], barrier: NAME}");
    else
        reader_hint(reader, "there are no actions to call: write the commands in 'run'");
}

void uses_read(struct reader *reader, uint32_t node, struct use **ret, uint32_t *ret_count)
{
    struct section section;
    if (!section_read(reader, node, TABLE_USES, "a map like {put: QUEUE}", &section)) {
        hint_uses(reader, node);
        return;
    }
    VEC(struct use) uses = {0};
    for (int role = USE_BARRIER; role <= USE_CLOSE; role++) {
        uint32_t *found = NULL, count = 0;
        if (section.values[role] == 0)
            continue;
        primitives_find_all(reader, section.values[role], kinds_of((enum use_role)role), &found,
                            &count);
        for (uint32_t i = 0; i < count; i++) {
            place at = reader_node(reader, section.values[role])->at;
            *VEC_PUSH(&uses) = (struct use){.at = at, .role = (uint8_t)role, .primitive = found[i]};
            usage_note(reader, found[i], (enum usage_kind)role, at);
        }
    }
    *ret_count = uses.count;
    *ret = uses.count > 0
               ? arena_copy(&reader->workflow->arena, uses.items, uses.count * sizeof *uses.items)
               : NULL;
    VEC_RELEASE(&uses);
}
