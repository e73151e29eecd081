/* Pools: declared at the top level, named by tasks. The first is the default one, whose slots are
 * the cpus. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

static void number_read(struct reader *reader, uint32_t node, uint32_t *ret)
{
    int64_t number = 0;
    if (node != 0 && setting_integer(reader, node, 1, UINT32_MAX, &number))
        *ret = (uint32_t)number;
}

static void backend_read(struct reader *reader, uint32_t node, struct pool *pool)
{
    static const char *const words[] = {"thread", "process"};
    if (reader_node(reader, node)->kind == NODE_SCALAR &&
        strcmp(reader_text(reader, node), "mpi") == 0) {
        reader_error(reader, node, "backend 'mpi' is not supported yet");
        reader_hint(reader, "thread and process are");
        return;
    }
    int word = reader_word(reader, node, words, 2);
    if (word >= 0)
        pool->backend = (uint8_t)(BACKEND_THREAD + word);
}

/* What is of worker processes alone. */
static void check_thread(struct reader *reader, const struct section *section,
                         const struct pool *pool)
{
    static const int fields[] = {POOL_INIT, POOL_MAX_TASKS};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint32_t value = section->values[fields[i]];
        if (value == 0 || pool->backend != BACKEND_THREAD)
            continue;
        reader_error(reader, value - 1, "'%s' is of worker processes, and this pool has threads",
                     reader_text(reader, value - 1));
        reader_hint(reader, "write backend: process");
    }
}

static void pool_read(struct reader *reader, uint32_t node, struct pool *pool)
{
    struct section section;
    if (reader_is_plain_null(reader, node))
        return;
    if (reader_node(reader, node)->kind == NODE_SCALAR) {
        number_read(reader, node, &pool->size);
        return;
    }
    if (!section_read(reader, node, TABLE_POOL,
                      "a number or a map like {size: 10, backend: thread}", &section))
        return;
    const uint32_t *values = section.values;
    number_read(reader, values[POOL_SIZE], &pool->size);
    number_read(reader, values[POOL_CHUNK], &pool->chunk);
    number_read(reader, values[POOL_MAX_TASKS], &pool->max_tasks);
    if (values[POOL_BACKEND] != 0)
        backend_read(reader, values[POOL_BACKEND], pool);
    if (values[POOL_INIT] != 0)
        pool->init = call_read(reader, values[POOL_INIT], CONTEXT_SETTING);
    if (values[POOL_INIT] != 0 && values[POOL_BACKEND] == 0)
        pool->backend = BACKEND_PROCESS;
    check_thread(reader, &section, pool);
}

static void declare(struct reader *reader, uint32_t key, uint32_t value)
{
    struct workflow *workflow = reader->workflow;
    reader_check_name(reader, key, "a pool");
    name id = reader_node(reader, key)->text;
    if (name_map_get(&reader->pool_of_name, id) != 0) {
        reader_error(reader, key, "'%s' stands here twice", reader_text(reader, key));
        return;
    }
    struct pool *pool = &workflow->pools[workflow->pool_count];
    *pool = (struct pool){.at = reader_node(reader, key)->at, .name = id, .chunk = 1};
    name_map_set(&reader->pool_of_name, id, workflow->pool_count++);
    if (value != 0)
        pool_read(reader, value, pool);
}

void pools_read(struct reader *reader, uint32_t node)
{
    struct workflow *workflow = reader->workflow;
    const struct node *all = reader_node(reader, node);
    bool has_names = node != 0 && all->kind != NODE_SCALAR;
    workflow->pools = ARENA_ARRAY(&workflow->arena, struct pool, 1 + (has_names ? all->text : 0));
    workflow->pools[0] = (struct pool){.backend = reader->options->backend, .chunk = 1};
    workflow->pool_count = 1;
    if (node == 0)
        return;
    if (!has_names) {
        reader_wrong_kind(reader, node, "a map or a list of names");
        if (!reader_is_plain_null(reader, node))
            reader_hint(reader, "write [%s]", reader_text(reader, node));
        reader->is_pools_broken = true;
        return;
    }
    for (uint32_t i = node + 1; i < all->end; i = reader_node(reader, i)->end) {
        uint32_t key = i;
        name id;
        if (all->kind == NODE_MAP)
            declare(reader, key, ++i);
        else if (reader_constant(reader, key, &id))
            declare(reader, key, 0);
        else
            reader->is_pools_broken = true;
    }
}

static void unknown_pool(struct reader *reader, uint32_t node)
{
    const struct workflow *workflow = reader->workflow;
    const char *text = reader_text(reader, node);
    if (reader->is_pools_broken)
        return;
    reader_error(reader, node, "unknown pool '%s'", text);
    VEC(const char *) known = {0};
    for (uint32_t i = 1; i < workflow->pool_count; i++)
        *VEC_PUSH(&known) = names_text(reader->names, workflow->pools[i].name);
    reader_hint(reader, "declare it at the top level: pools: {%s: {size: 4}}", text);
    reader_suggest(reader, text, known.items, known.count);
    VEC_RELEASE(&known);
}

bool pool_field(struct reader *reader, uint32_t node)
{
    name id;
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node))
        return reader_wrong_kind(reader, node, "the name of a pool");
    if (reader_has_holes(reader, node))
        return reader_error(reader, node, "the name of a pool cannot hold an expression");
    if (!reader_constant(reader, node, &id))
        return false;
    reader->details->pool = name_map_get(&reader->pool_of_name, id);
    if (reader->details->pool == 0)
        unknown_pool(reader, node);
    return reader->details->pool != 0;
}
