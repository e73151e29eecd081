/* Capacities of the run and requests of tasks. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

enum { CPU, MEM, FIRST_OWN };

/* One more. There is room for those that are declared, and for the GPUs. */
static uint32_t add_resource(struct reader *reader, name id)
{
    struct workflow *workflow = reader->workflow;
    bool is_gpu = strcmp(names_text(reader->names, id), "gpu") == 0;
    struct resource *added = &workflow->resources[workflow->resource_count++];
    *added = (struct resource){.kind = is_gpu ? RESOURCE_GPU : RESOURCE_TOKEN, .name = id};
    if (is_gpu) {
        added->is_auto = true;
        added->capacity = UINT64_MAX;
    }
    name_map_set(&reader->resource_of_name, id, workflow->resource_count);
    return workflow->resource_count;
}

static bool capacity_read(struct reader *reader, struct resource *resource, uint32_t node)
{
    if (resource->kind == RESOURCE_MEMORY) {
        if (!setting_size(reader, node, &resource->capacity))
            return false;
        return resource->capacity > 0 || reader_error(reader, node, "there must be some memory");
    }
    bool is_gpu = resource->kind == RESOURCE_GPU;
    if ((is_gpu || resource->kind == RESOURCE_CPU) &&
        reader_node(reader, node)->kind == NODE_SCALAR &&
        strcmp(reader_text(reader, node), "auto") == 0)
        return true;
    int64_t number;
    if (!setting_integer(reader, node, is_gpu ? 0 : 1, UINT32_MAX, &number))
        return false;
    resource->capacity = (uint64_t)number;
    resource->is_auto = false;
    return true;
}

void capacities_read(struct reader *reader, uint32_t node)
{
    struct workflow *workflow = reader->workflow;
    uint32_t more = node != 0 && reader_node(reader, node)->kind == NODE_MAP
                        ? reader_node(reader, node)->text
                        : 0;
    struct resource *all = ARENA_ARRAY(&workflow->arena, struct resource, FIRST_OWN + 1 + more);
    all[CPU] = (struct resource){.kind = RESOURCE_CPU,
                                 .name = names_add_text(reader->names, "cpu"),
                                 .is_auto = true,
                                 .capacity = UINT64_MAX};
    all[MEM] = (struct resource){.kind = RESOURCE_MEMORY,
                                 .name = names_add_text(reader->names, "mem"),
                                 .capacity = UINT64_MAX};
    workflow->resources = all;
    workflow->resource_count = FIRST_OWN;
    name_map_set(&reader->resource_of_name, all[CPU].name, CPU + 1);
    name_map_set(&reader->resource_of_name, all[MEM].name, MEM + 1);
    if (node == 0)
        return;
    if (!reader_expect(reader, node, NODE_MAP, "a map of capacities")) {
        reader->is_resources_broken = true;
        return;
    }
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        reader_check_name(reader, key, "a resource");
        uint32_t index = name_map_get(&reader->resource_of_name, reader_node(reader, key)->text);
        if (index == 0)
            index = add_resource(reader, reader_node(reader, key)->text);
        all[index - 1].at = reader_node(reader, key)->at;
        capacity_read(reader, &all[index - 1], key + 1);
    }
}

static bool check_amount(struct reader *reader, uint32_t node, enum resource_kind kind)
{
    const char *text = reader_text(reader, node);
    uint64_t bytes;
    int64_t number;
    if (kind == RESOURCE_MEMORY) {
        if (text_size(text, &bytes))
            return true;
        reader_error(reader, node, "'%s' is not a size", text);
        reader_hint(reader, "write 512M, 1.5G or a number of bytes");
        return false;
    }
    if (text_integer(text, &number) && number >= 0 && number <= UINT32_MAX)
        return true;
    return reader_error(reader, node, "expected a whole number of 0 or more, found '%s'", text);
}

static void unknown_resource(struct reader *reader, uint32_t key)
{
    if (reader->is_resources_broken)
        return;
    const struct workflow *workflow = reader->workflow;
    const char *text = reader_text(reader, key);
    reader_error(reader, key, "unknown resource '%s'", text);
    VEC(const char *) known = {0};
    for (uint32_t i = 0; i < workflow->resource_count; i++)
        *VEC_PUSH(&known) = names_text(reader->names, workflow->resources[i].name);
    reader_hint(reader, "declare it under 'resources' at the top level: resources: {%s: 1}", text);
    reader_suggest(reader, text, known.items, known.count);
    VEC_RELEASE(&known);
}

bool requests_read(struct reader *reader, uint32_t node)
{
    struct details *details = reader->details;
    details->requests = NULL;
    details->request_count = 0;
    if (!reader_expect(reader, node, NODE_MAP, "a map like {cpu: 2, mem: 4G}"))
        return false;
    struct arena *arena = &reader->workflow->arena;
    details->requests = ARENA_ARRAY(arena, struct request, reader_node(reader, node)->text);
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        uint32_t index = name_map_get(&reader->resource_of_name, reader_node(reader, key)->text);
        if (index == 0 && strcmp(reader_text(reader, key), "gpu") == 0)
            index = add_resource(reader, reader_node(reader, key)->text);
        struct request *request = &details->requests[details->request_count];
        *request = (struct request){.at = reader_node(reader, key)->at, .resource = index - 1};
        if (index == 0)
            unknown_resource(reader, key);
        enum context context = reader->task != NULL ? CONTEXT_TASK : CONTEXT_SHARED;
        if (!text_read(reader, key + 1, context, &request->amount) || index == 0)
            continue;
        details->request_count++;
        if (request->amount.piece_count == 0)
            check_amount(reader, key + 1, reader->workflow->resources[index - 1].kind);
    }
    return true;
}
