/* What functions returned, as `result`, `call` and `map` print it. */
#include "base/memory.h"
#include "cli/cli.h"
#include "value/value.h"

json_t *cli_read_returned(struct values *values, const struct extent *extent, struct error *error)
{
    CLEANUP_FREE char *bytes = NULL;
    if (extent->length == 0)
        return json_null();
    if (!values_get(values, extent, &bytes, error))
        return NULL;
    return value_from_json(bytes, extent->length, error);
}

void cli_write_returned(const json_t *value, bool is_json, struct buffer *out)
{
    if (!is_json && json_is_string(value))
        buffer_add(out, json_string_value(value), json_string_length(value));
    else
        value_write_json(value, out);
    buffer_add_byte(out, '\n');
}
