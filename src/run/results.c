/* What the plan may ask of ended nodes. Values stay in the values file; only their places are kept,
 * and only of nodes that have any (or did not exit with 0). */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "run/trail.h"

void results_keep(struct run *run, uint32_t node, const struct outcome *outcome)
{
    struct result result = {.exit_code = outcome_exit_code(outcome),
                            .values = {outcome->values[0], outcome->values[1]},
                            .outputs = outcome->outputs,
                            .result = outcome->result};
    bool is_plain = result.exit_code == 0 && result.values[0].length == 0 &&
                    result.values[1].length == 0 && result.outputs.length == 0 &&
                    result.result.length == 0;
    uint32_t place = run->result_of[node];
    if (place > 0)
        run->kept.items[place - 1] = result;
    else if (!is_plain) {
        *VEC_PUSH(&run->kept) = result;
        run->result_of[node] = run->kept.count;
    }
}

static const struct result *find(const struct run *run, uint32_t node)
{
    static const struct result plain;
    uint32_t place = run->result_of[node];
    return place > 0 ? &run->kept.items[place - 1] : &plain;
}

static enum status status(void *context, uint32_t node)
{
    return scheduler_status(((struct run *)context)->scheduler, node);
}

static int exit_code(void *context, uint32_t node)
{
    return find(context, node)->exit_code;
}

/* JSON holds UTF-8 only: a byte that is not becomes U+FFFD. */
static json_t *text_value(const char *bytes, size_t length)
{
    CLEANUP_BUFFER struct buffer text = {0};
    while (length > 0) {
        size_t valid = text_valid_utf8(bytes, length);
        buffer_add(&text, bytes, valid);
        if (valid < length)
            buffer_add_text(&text, "\xef\xbf\xbd");
        size_t used = valid < length ? valid + 1 : valid;
        bytes += used;
        length -= used;
    }
    return json_stringn_nocheck(text.length > 0 ? text.bytes : "", text.length);
}

json_t *results_text(struct run *run, const struct extent *extent)
{
    CLEANUP_FREE char *bytes = NULL;
    if (run->values == NULL || extent->length == 0)
        return json_string("");
    if (!values_get(run->values, extent, &bytes, NULL))
        return NULL;
    size_t length = extent->length;
    while (length > 0 && bytes[length - 1] == '\n')
        length--;
    return text_value(bytes, length);
}

static json_t *stream(void *context, uint32_t node, int descriptor)
{
    struct run *run = context;
    return results_text(run, &find(run, node)->values[descriptor - 1]);
}

static json_t *bound(void *context, uint32_t node, uint32_t operation)
{
    return trail_bound(context, node, operation);
}

static bool is_set(void *context, uint32_t gate)
{
    return scheduler_event_is_set(((struct run *)context)->scheduler, gate);
}

static uint32_t queue_length(void *context, uint32_t gate)
{
    return scheduler_queue_length(((struct run *)context)->scheduler, gate);
}

json_t *results_json(struct run *run, const struct extent *extent)
{
    CLEANUP_FREE char *bytes = NULL;
    if (run->values == NULL || extent->length == 0)
        return NULL;
    if (!values_get(run->values, extent, &bytes, NULL))
        return NULL;
    return value_from_json(bytes, extent->length, NULL);
}

static json_t *outputs(void *context, uint32_t node)
{
    return results_json(context, &find(context, node)->outputs);
}

static json_t *result(void *context, uint32_t node)
{
    return results_json(context, &find(context, node)->result);
}

static json_t *failed(void *context)
{
    struct run *run = context;
    json_t *list = json_array();
    CLEANUP_BUFFER struct buffer name = {0};
    for (uint32_t i = 0; i < run->failed.count; i++) {
        buffer_clear(&name);
        plan_write_name(run->plan, run->failed.items[i], &name);
        json_array_append_new(list, json_stringn(name.bytes, name.length));
    }
    return list;
}

static int64_t elapsed(void *context)
{
    return run_now(context);
}

void results_init(struct run *run)
{
    run->results = (struct results){.context = run,
                                    .status = status,
                                    .exit_code = exit_code,
                                    .stream = stream,
                                    .outputs = outputs,
                                    .result = result,
                                    .failed = failed,
                                    .elapsed = elapsed,
                                    .bound = bound,
                                    .is_set = is_set,
                                    .queue_length = queue_length,
                                    .run_id = run->folder != NULL ? run->folder->id : "dry-run",
                                    .run_directory = run->folder != NULL ? run->folder->path : "",
                                    .is_shown = run->folder == NULL};
}
