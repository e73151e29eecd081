/* Calls of functions, of a task, a step or a pool's `init`: their arguments, and what surrounds
 * them. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

/* --- arguments --- */

/* A list or a map, or one whole expression that gives one. */
static bool arguments_read(struct reader *reader, uint32_t node, bool is_map_only,
                           enum context context, struct spec *ret)
{
    const struct node *one = reader_node(reader, node);
    const char *what = is_map_only ? "a map of arguments by name" : "a list or a map of arguments";
    if (one->kind == NODE_LIST && is_map_only) {
        reader_wrong_kind(reader, node, what);
        reader_hint(reader, "arguments by position are a list in 'args'");
        return false;
    }
    if (one->kind != NODE_SCALAR)
        return spec_read(reader, node, context, ret);
    if (!reader_has_holes(reader, node)) {
        reader_wrong_kind(reader, node, what);
        if (!reader_is_plain_null(reader, node) && !is_map_only)
            reader_hint(reader, "write args: [%s]", reader_text(reader, node));
        return false;
    }
    if (!spec_read(reader, node, context, ret))
        return false;
    return ret->text.is_expression || reader_error(reader, node, "expected %s, found text", what);
}

static void check_arguments(struct reader *reader, const struct section *section, int kind)
{
    uint32_t args = section->values[CALL_ARGS], kwargs = section->values[CALL_KWARGS];
    if (kwargs != 0 && kind == FUNCTION_LUA) {
        reader_error(reader, kwargs - 1, "a function of Lua has no 'kwargs'");
        reader_hint(reader, "write them in 'args': a map makes local variables");
    } else if (kwargs != 0 && args != 0 && reader_node(reader, args)->kind == NODE_MAP) {
        reader_error(reader, kwargs - 1, "'args' is a map, and so has arguments by name already");
        reader_hint(reader, "write all of them in one");
    }
}

/* What calls without arguments have: one for all. */
static struct spec nothing(struct reader *reader, place at, bool is_map)
{
    json_t **shared = &reader->no_arguments[is_map];
    if (*shared == NULL)
        *shared = reader_keep(reader, is_map ? json_object() : json_array());
    return (struct spec){.at = at, .constant = *shared};
}

/* An element that is one expression, and gives a list, is as many arguments as that has. */
static json_t *make_list(struct reader *reader, const struct spec *spec)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < spec->count; i++) {
        const struct spec *item = &spec->items[i];
        json_t *value = setting_value(reader, item);
        bool is_spliced =
            item->kind == SPEC_TEXT && item->text.is_expression && json_is_array(value);
        if (is_spliced)
            json_array_extend(list, value);
        else if (value != NULL)
            json_array_append(list, value);
        json_decref(value);
        if (value != NULL)
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

/* Arguments of a pool's init are known before anything runs. */
static bool make_constant(struct reader *reader, struct spec *spec)
{
    if (spec->kind == SPEC_CONSTANT)
        return true;
    json_t *value = spec->kind == SPEC_LIST ? make_list(reader, spec) : setting_value(reader, spec);
    if (value == NULL)
        return false;
    if (!json_is_object(value) && !json_is_array(value)) {
        json_decref(value);
        return diagnostics_add(reader->diagnostics, spec->at,
                               "this gives no list and no map of arguments");
    }
    *spec = (struct spec){
        .kind = SPEC_CONSTANT, .at = spec->at, .constant = reader_keep(reader, value)};
    return true;
}

/* --- calls --- */

/* What people write for a call in one word. */
static void hint_call(struct reader *reader, uint32_t node)
{
    if (reader_node(reader, node)->kind != NODE_SCALAR)
        return;
    const char *text = reader_text(reader, node), *suffix = strrchr(text, '.');
    if (suffix != NULL && strcmp(suffix, ".so") == 0)
        reader_hint(reader, "write {library: %s, function: NAME}", text);
    else if (strchr(text, ':') != NULL)
        reader_hint(reader, "write {python: \"%s\"}",
                    strncmp(text, "python:", 7) == 0 ? text + 7 : text);
}

const struct call *call_read(struct reader *reader, uint32_t node, enum context context)
{
    struct section section;
    if (!section_read(reader, node, TABLE_CALL, "a map like {python: \"module:function\"}",
                      &section)) {
        hint_call(reader, node);
        return NULL;
    }
    int kind = function_kind_read(reader, node, &section);
    uint32_t args = section.values[CALL_ARGS], kwargs = section.values[CALL_KWARGS];
    struct call *call = arena_new(&reader->workflow->arena, sizeof *call);
    struct function function = {.at = reader_node(reader, node)->at, .kind = (uint8_t)kind};
    call->at = function.at;
    call->args = nothing(reader, call->at, false);
    call->kwargs = nothing(reader, call->at, true);
    bool is_good = kind >= 0 && function_read(reader, &section, kind, &function);
    if (args != 0)
        is_good = arguments_read(reader, args, false, context, &call->args) && is_good;
    if (kwargs != 0)
        is_good = arguments_read(reader, kwargs, true, context, &call->kwargs) && is_good;
    if (kind >= 0)
        check_arguments(reader, &section, kind);
    if (is_good && context == CONTEXT_SETTING)
        is_good = make_constant(reader, &call->args) && make_constant(reader, &call->kwargs);
    if (is_good)
        call->function = function_intern(reader, &function);
    return is_good ? call : NULL;
}

/* --- what surrounds a call --- */

void call_check_streams(struct reader *reader, const struct details *details, bool is_step)
{
    static const char *const keys[] = {"stdin", "stdout", "stderr"};
    for (int i = is_step ? 1 : 0; i < 3; i++) {
        const struct stream *stream = &details->streams[i];
        if (stream->kind == STREAM_DEFAULT || stream->kind == STREAM_STDOUT)
            continue;
        if (i == 0) {
            diagnostics_add(reader->diagnostics, stream->at, "a function has no 'stdin'");
            reader_hint(reader, "give it what it needs in 'args'");
        } else {
            diagnostics_add(reader->diagnostics, stream->at,
                            "a function has no '%s': what it prints goes to the log", keys[i]);
            reader_hint(reader,
                        "a function opens its files itself; needs.TASK.stdout has what it printed");
        }
    }
}
