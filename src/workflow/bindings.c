/* Names that `as` binds: a step's value, known under a bare name in what later steps of the task
 * say. Several steps may bind one name; the last that was done counts. */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "value/lexer.h"
#include "value/library.h"
#include "workflow/reader.h"

static void collect_from(struct reader *reader, uint32_t map)
{
    uint32_t end = reader_node(reader, map)->end;
    for (uint32_t key = map + 1; key < end; key = reader_node(reader, key + 1)->end) {
        const char *text = reader_text(reader, key);
        if (strcmp(text, "as") == 0 && reader_node(reader, key + 1)->kind == NODE_SCALAR)
            *VEC_PUSH(&reader->binding) = reader_node(reader, key + 1)->text;
        else if (strcmp(text, "steps") == 0)
            bindings_collect(reader, key + 1);
    }
}

void bindings_collect(struct reader *reader, uint32_t steps)
{
    const struct node *list = reader_node(reader, steps);
    if (list->kind != NODE_LIST)
        return;
    for (uint32_t i = steps + 1; i < list->end; i = reader_node(reader, i)->end)
        if (reader_node(reader, i)->kind == NODE_MAP)
            collect_from(reader, i);
}

void bindings_forget(struct reader *reader)
{
    reader->bound.count = reader->binding.count = 0;
}

static bool is_listed(const char *const *list, const char *text)
{
    while (*list != NULL && strcmp(*list, text) != 0)
        list++;
    return *list != NULL;
}

static void hint_name(struct reader *reader, const char *text)
{
    CLEANUP_FREE char *better = memory_text(text);
    for (char *at = better; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
    reader_hint(reader,
                isdigit((unsigned char)*text)
                    ? "write _%s: such a name has only letters, digits and '_', and no digit first"
                    : "write %s: such a name has only letters, digits and '_'",
                better);
}

/* One name of Lua's that nothing else is called by. */
static bool check_binding(struct reader *reader, uint32_t node, const char *text)
{
    static const char *const taken[] = {"params", "env",  "here",   "task",   "run",  "matrix",
                                        "needs",  "rank", "events", "queues", "size", NULL};
    size_t length = reader_length(reader, node);
    struct lexer lexer = {.text = text, .length = length};
    struct token token = lexer_next(&lexer);
    if (token.length != length || (token.kind != TOKEN_NAME && token.kind != TOKEN_KEYWORD)) {
        reader_error(reader, node, "'%s' cannot be a name in expressions", text);
        hint_name(reader, text);
        return false;
    }
    if (token.kind == TOKEN_KEYWORD || strncmp(text, "__", 2) == 0 || strcmp(text, "_ENV") == 0)
        return reader_error(reader, node, "'%s' is a word of Lua's", text);
    if (is_listed(taken, text) || is_listed(library_functions, text) ||
        is_listed(library_names, text))
        return reader_error(reader, node, "'%s' means something else in expressions", text);
    return true;
}

bool binding_read(struct reader *reader, uint32_t node, name *ret)
{
    name id;
    if (!reader_constant(reader, node, &id))
        return false;
    *VEC_PUSH(&reader->bound) = id; /* also after an error, which its users need not repeat */
    *ret = id;
    return check_binding(reader, node, names_text(reader->names, id));
}
