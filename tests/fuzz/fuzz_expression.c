/* Fuzz target of expressions: any bytes as one, compiled and evaluated, its value written as text
 * and JSON and read again. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "value/sandbox.h"
#include "value/value.h"

/* `x`, and below it whatever is named. */
static int declared(void *context, const char *const *path, int depth, const char *text, int length,
                    struct error *error)
{
    (void)context;
    (void)path;
    (void)error;
    if (depth == 0)
        return length == 1 && *text == 'x' ? 1 : SCOPE_DATA;
    return depth == 1 ? length : SCOPE_DATA;
}

static bool may_end(void *context, const char *const *path, int depth, struct error *error)
{
    (void)context;
    (void)path;
    return depth == 2 || error_set(error, PLACE_NONE, "a name must follow");
}

static json_t *value_of(void *context, const struct reference *reference, struct error *error)
{
    (void)error;
    const char *text = names_text(context, reference->names[1]);
    switch (*text) {
    case 'n':
        return json_integer(-7);
    case 'f':
        return json_real(0.1);
    case 't':
        return json_string("a b\nc");
    case 'm':
        return json_pack("{s:[i,n,b,f]}", "k", 1, 1, 2.5);
    default:
        return NULL;
    }
}

static void check_value(const json_t *value)
{
    CLEANUP_BUFFER struct buffer text = {0};
    CLEANUP_ERROR struct error error = {0};
    value_write_text(value, &text, &error);
    buffer_clear(&text);
    value_write_json(value, &text);
    json_t *again = value_from_json(text.bytes, text.length, NULL);
    assert(again != NULL && value_equal(value, again));
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct scope scope = {.declared = declared, .may_end = may_end};
    struct names names;
    struct snapshot snapshot;
    CLEANUP_ERROR struct error error = {0};
    struct expression expression = {0};
    names_init(&names);
    snapshot_init(&snapshot, "/nowhere");
    struct sandbox *sandbox = sandbox_new(&names, &snapshot);
    const struct evaluation evaluation = {.context = &names, .value = value_of, .flags = 1};
    CLEANUP_FREE char *text = memory_text_n((const char *)data, size);
    sandbox_expression_end(text, size);
    json_t *value = NULL;
    if (sandbox_compile(sandbox, text, size, 1, &scope, &expression, &error))
        value = sandbox_evaluate(sandbox, &expression, &evaluation, &error);
    if (value != NULL)
        check_value(value);
    json_decref(value);
    sandbox_free(sandbox);
    snapshot_release(&snapshot);
    names_release(&names);
    return 0;
}
