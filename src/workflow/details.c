/* What a task says besides its body, needs and matrix; `defaults` says the same for all. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

/* What a task may mention; what is shared by all, less. */
static enum context context_of(const struct reader *reader)
{
    return reader->task != NULL ? CONTEXT_TASK : CONTEXT_SHARED;
}

static bool env_field(struct reader *reader, uint32_t node)
{
    env_read(reader, node, context_of(reader), &reader->details->env, &reader->details->env_count);
    return true;
}

static bool cwd_field(struct reader *reader, uint32_t node)
{
    return text_read(reader, node, context_of(reader), &reader->details->cwd);
}

static bool description_field(struct reader *reader, uint32_t node)
{
    return reader_constant(reader, node, &reader->details->description);
}

static bool if_field(struct reader *reader, uint32_t node)
{
    reader->details->condition_at = reader_node(reader, node)->at;
    return condition_read(reader, node, CONTEXT_IF, &reader->details->condition);
}

static bool stdin_field(struct reader *reader, uint32_t node)
{
    return stream_read(reader, node, 0);
}

static bool stdout_field(struct reader *reader, uint32_t node)
{
    return stream_read(reader, node, 1);
}

static bool stderr_field(struct reader *reader, uint32_t node)
{
    return stream_read(reader, node, 2);
}

static bool priority_field(struct reader *reader, uint32_t node)
{
    int64_t number = 0;
    bool is_good = setting_integer(reader, node, INT32_MIN, INT32_MAX, &number);
    reader->details->priority = (int32_t)number;
    return is_good;
}

static bool max_parallel_field(struct reader *reader, uint32_t node)
{
    int64_t number = UNLIMITED;
    bool is_good = setting_integer(reader, node, 1, UINT32_MAX, &number);
    reader->details->max_parallel = (uint32_t)number;
    return is_good;
}

bool timeout_read(struct reader *reader, uint32_t node, int64_t *ret)
{
    if (!setting_duration(reader, node, ret))
        return false;
    return *ret > 0 || reader_error(reader, node, "a timeout must be longer than 0");
}

static bool timeout_field(struct reader *reader, uint32_t node)
{
    return timeout_read(reader, node, &reader->details->timeout);
}

static bool continue_field(struct reader *reader, uint32_t node)
{
    return setting_bool(reader, node, &reader->details->continue_on_error);
}

static bool manual_field(struct reader *reader, uint32_t node)
{
    return setting_bool(reader, node, &reader->details->is_manual);
}

static bool cleanup_field(struct reader *reader, uint32_t node)
{
    return text_read_shell(reader, node, context_of(reader), &reader->details->cleanup);
}

/* --- outputs --- */

static bool output_read(struct reader *reader, uint32_t node, struct output *output)
{
    if (reader_node(reader, node)->kind == NODE_SCALAR)
        return type_read(reader, node, false, &output->type);
    struct section section;
    if (!section_read(reader, node, TABLE_OUTPUT, "a type or a map like {type: json, default: []}",
                      &section))
        return false;
    uint32_t type = section.values[OUTPUT_TYPE], value = section.values[OUTPUT_DEFAULT];
    if (type != 0 && !type_read(reader, type, false, &output->type))
        return false;
    if (value == 0)
        return true;
    json_t *constant = typed_value_read(reader, value, output->type, CONTEXT_SETTING);
    output->value = constant != NULL ? reader_keep(reader, constant) : NULL;
    return constant != NULL;
}

bool outputs_read(struct reader *reader, uint32_t node)
{
    struct details *details = reader->details;
    if (!reader_expect(reader, node, NODE_MAP, "a map like {mean: float}"))
        return false;
    details->outputs =
        ARENA_ARRAY(&reader->workflow->arena, struct output, reader_node(reader, node)->text);
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        struct output *output = &details->outputs[details->output_count++];
        output->at = reader_node(reader, key)->at;
        output->name = reader_node(reader, key)->text;
        reader_check_name(reader, key, "an output");
        output_read(reader, key + 1, output);
    }
    return true;
}

/* --- retry --- */

static bool when_word(struct reader *reader, uint32_t node, struct retry *retry)
{
    static const char *const words[] = {"signal", "timeout"};
    int64_t code;
    if (reader_node(reader, node)->kind == NODE_SCALAR &&
        text_integer(reader_text(reader, node), &code)) {
        if (code < 1 || code > 255)
            return reader_error(reader, node, "an exit code of a failure is 1 to 255");
        retry->exit_codes[retry->exit_code_count++] = (uint8_t)code;
        return true;
    }
    if (reader_node(reader, node)->kind != NODE_SCALAR)
        return reader_wrong_kind(reader, node, "an exit code, signal or timeout");
    int word = reader_word(reader, node, words, 2);
    if (word < 0)
        return false;
    retry->when |= word == 0 ? RETRY_SIGNAL : RETRY_TIMEOUT;
    return true;
}

static bool when_read(struct reader *reader, uint32_t node, struct retry *retry)
{
    const struct node *list = reader_node(reader, node);
    retry->when = 0;
    retry->exit_codes =
        arena_new(&reader->workflow->arena, list->kind == NODE_LIST ? list->text + 1 : 1);
    if (list->kind != NODE_LIST)
        return when_word(reader, node, retry);
    if (list->text == 0)
        return reader_error(reader, node, "an empty list would never retry");
    for (uint32_t i = node + 1; i < list->end; i = reader_node(reader, i)->end)
        when_word(reader, i, retry);
    return true;
}

static bool max_read(struct reader *reader, uint32_t node, struct retry *retry)
{
    int64_t number = 0;
    bool is_good = setting_integer(reader, node, 0, UINT32_MAX - 1, &number);
    retry->max = (uint32_t)number;
    return is_good;
}

static bool backoff_read(struct reader *reader, uint32_t node, struct retry *retry)
{
    json_t *value = typed_value_read(reader, node, TYPE_FLOAT, CONTEXT_SETTING);
    if (value == NULL)
        return false;
    retry->backoff = json_number_value(value);
    json_decref(value);
    return retry->backoff >= 1 || reader_error(reader, node, "a backoff is 1 or more");
}

bool retry_read(struct reader *reader, uint32_t node)
{
    struct retry *retry = &reader->details->retry;
    *retry = (struct retry){.backoff = 1, .when = RETRY_ANY};
    if (reader_node(reader, node)->kind == NODE_SCALAR && !reader_is_plain_null(reader, node))
        return max_read(reader, node, retry);
    struct section section;
    if (!section_read(reader, node, TABLE_RETRY, "a number or a map like {max: 2, delay: 5s}",
                      &section))
        return false;
    const uint32_t *values = section.values;
    if (values[RETRY_FIELD_MAX] != 0)
        max_read(reader, values[RETRY_FIELD_MAX], retry);
    else if (!section.has_unknown)
        reader_error(reader, node, "'retry' needs 'max', how often at most");
    if (values[RETRY_FIELD_DELAY] != 0)
        setting_duration(reader, values[RETRY_FIELD_DELAY], &retry->delay);
    if (values[RETRY_FIELD_BACKOFF] != 0)
        backoff_read(reader, values[RETRY_FIELD_BACKOFF], retry);
    if (values[RETRY_FIELD_MAX_DELAY] != 0)
        setting_duration(reader, values[RETRY_FIELD_MAX_DELAY], &retry->max_delay);
    if (values[RETRY_FIELD_WHEN] != 0)
        when_read(reader, values[RETRY_FIELD_WHEN], retry);
    return true;
}

/* --- all --- */

static bool (*const readers[TASK_DETAIL_COUNT])(struct reader *reader, uint32_t node) = {
    [TASK_SHELL] = shell_read,
    [TASK_ENV] = env_field,
    [TASK_CWD] = cwd_field,
    [TASK_DESCRIPTION] = description_field,
    [TASK_IF] = if_field,
    [TASK_STDIN] = stdin_field,
    [TASK_STDOUT] = stdout_field,
    [TASK_STDERR] = stderr_field,
    [TASK_OUTPUTS] = outputs_read,
    [TASK_RESOURCES] = requests_read,
    [TASK_PRIORITY] = priority_field,
    [TASK_MAX_PARALLEL] = max_parallel_field,
    [TASK_TIMEOUT] = timeout_field,
    [TASK_RETRY] = retry_read,
    [TASK_CONTINUE_ON_ERROR] = continue_field,
    [TASK_CLEANUP] = cleanup_field,
    [TASK_MANUAL] = manual_field,
    [TASK_POOL] = pool_field,
};

bool details_read(struct reader *reader, const struct section *section)
{
    if ((section->present & ((UINT64_C(1) << TASK_DETAIL_COUNT) - 1)) == 0)
        return false;
    struct details *shared = reader->details;
    reader->details = arena_copy(&reader->workflow->arena, shared, sizeof *shared);
    for (int field = 0; field < TASK_DETAIL_COUNT; field++)
        if (section->values[field] != 0)
            readers[field](reader, section->values[field]);
    const struct details *details = reader->details;
    bool is_cleanup_shared =
        details->cleanup.at != PLACE_NONE && section->values[TASK_CLEANUP] == 0;
    if (is_cleanup_shared && details->cleanup.piece_count > 0 &&
        details->shell.kind == SHELL_OTHER) {
        reader_error(reader, section->values[TASK_SHELL],
                     "the cleanup of 'defaults' holds expressions, which this shell cannot take");
        reader_hint(reader, "give this task a 'cleanup' of its own");
    }
    return true;
}
