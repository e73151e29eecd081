/* What is held while something runs: locks and permits of semaphores, taken together. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

typedef VEC(struct hold) hold_list;

static bool check_repeated(struct reader *reader, uint32_t node, const hold_list *holds,
                           const struct hold *hold)
{
    for (uint32_t i = 0; i < holds->count; i++)
        if (holds->items[i].primitive == hold->primitive && !holds->items[i].is_keyed &&
            !hold->is_keyed)
            return reader_error(reader, node, "'%s' stands here twice", reader_text(reader, node));
    return true;
}

static bool key_read(struct reader *reader, uint32_t node, struct hold *hold)
{
    hold->is_keyed = true;
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node)) {
        reader_wrong_kind(reader, node, "a key: there is one lock for each of its values");
        if (reader_node(reader, node)->kind == NODE_LIST)
            reader_hint(reader, "for the locks of several keys write a list of maps");
        return false;
    }
    return spec_read(reader, node, CONTEXT_TASK, &hold->key);
}

static bool permits_read(struct reader *reader, uint32_t node, struct hold *hold)
{
    const struct primitive *semaphore = &reader->workflow->primitives[hold->primitive];
    int64_t number = 1;
    if (!setting_integer(reader, node, 1, UINT32_MAX, &number))
        return false;
    hold->amount = (uint32_t)number;
    return number <= semaphore->count ||
           reader_error(reader, node, "semaphore '%s' has %u permit%s, never %lld",
                        names_text(reader->names, semaphore->name), semaphore->count,
                        semaphore->count == 1 ? "" : "s", (long long)number);
}

/* {name: db}: the name stands where a key or number does. */
static void hint_value(struct reader *reader, uint32_t value, enum primitive_kind kind)
{
    if (value == 0 || reader_node(reader, value)->kind != NODE_SCALAR)
        return;
    uint32_t index = name_map_get(&reader->primitive_of_name, reader_node(reader, value)->text);
    if (index != 0 && reader->workflow->primitives[index - 1].kind == kind)
        reader_hint(reader, "write %s: %s", primitive_kind_text(kind), reader_text(reader, value));
}

/* node: the name; value: the key or number behind it, or 0. */
static void hold_read(struct reader *reader, uint32_t node, uint32_t value,
                      enum primitive_kind kind, hold_list *holds)
{
    struct hold hold = {.at = reader_node(reader, node)->at, .amount = 1};
    hold.primitive = primitives_find(reader, node, 1U << kind);
    if (hold.primitive == NO_PRIMITIVE) {
        hint_value(reader, value, kind);
        return;
    }
    bool is_good = value == 0 || (kind == PRIMITIVE_LOCK ? key_read(reader, value, &hold)
                                                         : permits_read(reader, value, &hold));
    if (is_good && check_repeated(reader, node, holds, &hold))
        *VEC_PUSH(holds) = hold;
}

static void item_read(struct reader *reader, uint32_t node, enum primitive_kind kind,
                      hold_list *holds)
{
    const struct node *one = reader_node(reader, node);
    if (one->kind == NODE_LIST) {
        reader_wrong_kind(reader, node,
                          kind == PRIMITIVE_LOCK
                              ? "the name of a lock or a map like {NAME: KEY}"
                              : "the name of a semaphore or a map like {NAME: 2}");
    } else if (one->kind == NODE_SCALAR) {
        hold_read(reader, node, 0, kind, holds);
    } else {
        if (one->text == 0)
            reader_error(reader, node, "the map is empty");
        for (uint32_t key = node + 1; key < one->end; key = reader_node(reader, key + 1)->end)
            hold_read(reader, key, key + 1, kind, holds);
    }
}

static void kind_read(struct reader *reader, uint32_t node, enum primitive_kind kind,
                      hold_list *holds)
{
    const struct node *one = reader_node(reader, node);
    bool is_list = one->kind == NODE_LIST;
    if (is_list && one->text == 0)
        reader_error(reader, node, "the list is empty");
    for (uint32_t i = is_list ? node + 1 : node; i < one->end; i = reader_node(reader, i)->end)
        item_read(reader, i, kind, holds);
}

void holds_read(struct reader *reader, uint32_t lock, uint32_t semaphore, struct hold **ret,
                uint32_t *ret_count)
{
    hold_list holds = {0};
    if (lock != 0)
        kind_read(reader, lock, PRIMITIVE_LOCK, &holds);
    if (semaphore != 0)
        kind_read(reader, semaphore, PRIMITIVE_SEMAPHORE, &holds);
    *ret_count = holds.count;
    *ret = holds.count > 0 ? arena_copy(&reader->workflow->arena, holds.items,
                                        holds.count * sizeof *holds.items)
                           : NULL;
    VEC_RELEASE(&holds);
}
