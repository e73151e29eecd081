/* Functions: what names one is literal, so that a value can be an argument and never says which
 * code is called. Equal functions are one, so that whoever loads, compiles or looks for one does so
 * once. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "value/lexer.h"
#include "workflow/reader.h"

/* --- functions --- */

/* Two are equal if all that tells them apart has the same names. */
static name identity_of(struct reader *reader, const struct function *function)
{
    CLEANUP_BUFFER struct buffer key = {0};
    buffer_printf(&key, "function %u %u %u %u", function->kind, function->file, function->text,
                  function->worker_count);
    for (uint32_t i = 0; i < function->worker_count; i++)
        buffer_printf(&key, " %u", function->worker[i]);
    for (uint32_t i = 0; i < function->argument_count; i++)
        buffer_printf(&key, " %u", function->arguments[i]);
    return names_add(reader->names, buffer_text(&key), key.length);
}

uint32_t function_intern(struct reader *reader, const struct function *function)
{
    name identity = identity_of(reader, function);
    uint32_t index = name_map_get(&reader->function_of_name, identity);
    if (index != 0)
        return index - 1;
    *VEC_PUSH(&reader->functions) = *function;
    name_map_set(&reader->function_of_name, identity, reader->functions.count);
    return reader->functions.count - 1;
}

void functions_keep(struct reader *reader)
{
    struct workflow *workflow = reader->workflow;
    workflow->function_count = reader->functions.count;
    if (reader->functions.count > 0)
        workflow->functions = arena_copy(&workflow->arena, reader->functions.items,
                                         reader->functions.count * sizeof *reader->functions.items);
    VEC_RELEASE(&reader->functions);
    name_map_release(&reader->function_of_name);
}

/* --- what names code --- */

/* Text that says which code is called. */
static bool code_read(struct reader *reader, uint32_t node, name *ret)
{
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node))
        return reader_wrong_kind(reader, node, "text");
    const char *text = reader_text(reader, node);
    const char *hole = memmem(text, reader_length(reader, node), "${{", 3);
    if (hole != NULL) {
        diagnostics_add(reader->diagnostics, reader_place(reader, node, (size_t)(hole - text)),
                        "no value becomes code: an expression cannot stand here");
        reader_hint(reader, "give the value in 'args'");
        return false;
    }
    *ret = reader_node(reader, node)->text;
    return reader_check_nul(reader, node);
}

static bool is_identifier(const char *text, size_t length)
{
    if (length == 0 || (text[0] >= '0' && text[0] <= '9'))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!is_letter && (byte < '0' || byte > '9') && byte != '_' && byte < 0x80)
            return false;
    }
    return true;
}

/* a.b.c */
static bool is_dotted(const char *text, size_t length)
{
    for (size_t begin = 0;; begin++) {
        size_t end = begin;
        while (end < length && text[end] != '.')
            end++;
        if (!is_identifier(text + begin, end - begin))
            return false;
        if (end == length)
            return true;
        begin = end;
    }
}

/* stats.py:mean */
static bool is_file(const char *text, const char *colon)
{
    return colon != NULL && colon - text > 3 && memcmp(colon - 3, ".py", 3) == 0;
}

/* stats.py:mean and stats.mean are what people write for stats:mean. */
static void hint_python(struct reader *reader, const char *text, const char *colon)
{
    const char *dot = strrchr(text, '.');
    if (is_file(text, colon))
        reader_hint(reader, "a module is named without .py: %.*s%s", (int)(colon - 3 - text), text,
                    colon);
    else if (colon == NULL && dot != NULL && is_dotted(text, strlen(text)))
        reader_hint(reader, "a colon stands between module and function: %.*s:%s",
                    (int)(dot - text), text, dot + 1);
    else
        reader_hint(reader, "write stats:mean for the function mean of stats.py");
}

static bool python_read(struct reader *reader, uint32_t node, struct function *ret)
{
    if (!code_read(reader, node, &ret->text))
        return false;
    const char *text = reader_text(reader, node), *colon = strchr(text, ':');
    ret->file = names_add_text(reader->names, reader->workflow->snapshot->directory);
    if (colon != NULL && !is_file(text, colon) && is_dotted(text, (size_t)(colon - text)) &&
        is_dotted(colon + 1, strlen(colon + 1)))
        return true;
    reader_error(reader, node, "expected module:function, found '%s'", text);
    hint_python(reader, text, colon);
    return false;
}

/* Known before the run, so it may hold expressions over params, env and here. */
static bool library_read(struct reader *reader, uint32_t node, struct function *ret)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (!setting_text(reader, node, &text))
        return false;
    const char *path = buffer_text(&text);
    if (path[0] == '\0')
        return reader_error(reader, node, "the path of a library is empty");
    while (path[0] == '.' && path[1] == '/')
        for (path += 2; path[0] == '/';)
            path++;
    CLEANUP_FREE char *whole = file_join(reader->workflow->snapshot->directory, path);
    ret->file = names_add_text(reader->names, whole);
    return true;
}

static bool worker_read(struct reader *reader, uint32_t node, struct function *ret)
{
    const struct node *one = reader_node(reader, node);
    bool is_list = one->kind == NODE_LIST, is_good = true;
    if (one->kind == NODE_MAP)
        return reader_wrong_kind(reader, node, "a list of words");
    if (is_list && one->text == 0)
        return reader_error(reader, node, "'worker' names no program");
    name *words = ARENA_ARRAY(&reader->workflow->arena, name, is_list ? one->text : 1);
    for (uint32_t i = is_list ? node + 1 : node; i < one->end; i = reader_node(reader, i)->end)
        is_good = code_read(reader, i, &words[ret->worker_count++]) && is_good;
    ret->worker = words;
    if (!is_good)
        return false;
    if (words[0] == 0)
        return reader_error(reader, node, "'worker' names no program");
    if (!is_list && strpbrk(reader_text(reader, node), " \t\n") != NULL) {
        reader_error(reader, node, "a word alone in 'worker' is the name of a program");
        reader_hint(reader, "write a list: [program, argument]");
        return false;
    }
    return true;
}

/* Wrong text is told where it stands, not when it is called. */
static bool lua_read(struct reader *reader, uint32_t node, struct function *ret)
{
    if (!code_read(reader, node, &ret->text))
        return false;
    uint32_t line;
    const char *text = reader_text(reader, node);
    CLEANUP_ERROR struct error error = {0};
    if (sandbox_check_source(reader->workflow->sandbox, text, reader_length(reader, node), &line,
                             &error))
        return true;
    size_t offset = 0;
    for (; line > 1; line--)
        offset += strcspn(text + offset, "\n") + 1;
    offset += strspn(text + offset, " \t");
    error.at = reader_place(reader, node, offset);
    reader_explain_comment(reader, node, &error);
    return diagnostics_take(reader->diagnostics, &error);
}

/* The name of a library's or a worker's function. */
static bool function_name_read(struct reader *reader, const struct section *section, int kind,
                               struct function *ret)
{
    uint32_t node = section->values[CALL_FUNCTION];
    bool has_name = kind == FUNCTION_LIBRARY || kind == FUNCTION_WORKER;
    if (node == 0 && has_name && !section_is_guessed(section, CALL_FUNCTION)) {
        reader_error(reader, section->values[kind] - 1, "which function of it is missing");
        reader_hint(reader, "write function: NAME beside it");
        return false;
    }
    if (node != 0 && !has_name) {
        reader_error(reader, node - 1, "'function' does not go with '%s'",
                     reader_text(reader, section->values[kind] - 1));
        reader_hint(reader, kind == FUNCTION_LUA ? "the text of 'lua' is the function"
                                                 : "write it behind the colon: module:function");
        return false;
    }
    if (node == 0 || !code_read(reader, node, &ret->text))
        return node == 0 && !has_name;
    const char *text = reader_text(reader, node);
    if (ret->text == 0 || (kind == FUNCTION_LIBRARY && !is_identifier(text, strlen(text))))
        return reader_error(reader, node, "'%s' cannot be the name of a function", text);
    return true;
}

/* --- locals of Lua --- */

static int compare_texts(const void *a, const void *b, void *names)
{
    return strcmp(names_text(names, *(const name *)a), names_text(names, *(const name *)b));
}

static bool check_local(struct reader *reader, uint32_t key)
{
    const char *text = reader_text(reader, key);
    size_t length = reader_length(reader, key);
    struct lexer lexer = {.text = text, .length = length};
    struct token token = lexer_next(&lexer);
    if (token.kind == TOKEN_NAME && token.length == length && strcmp(text, "_ENV") != 0)
        return true;
    reader_error(reader, key, "'%s' cannot be the name of a local variable in Lua", text);
    reader_hint(reader, "such a name has only letters, digits and '_', no digit first, and is no "
                        "word of Lua's");
    return false;
}

/* Names of args become locals of the source. */
static bool locals_read(struct reader *reader, uint32_t args, struct function *ret)
{
    const struct node *map = reader_node(reader, args);
    if (map->kind != NODE_MAP)
        return true;
    bool is_good = true;
    name *all = ARENA_ARRAY(&reader->workflow->arena, name, map->text);
    for (uint32_t key = args + 1; key < map->end; key = reader_node(reader, key + 1)->end) {
        is_good = check_local(reader, key) && is_good;
        all[ret->argument_count++] = reader_node(reader, key)->text;
    }
    if (ret->argument_count > 1)
        qsort_r(all, ret->argument_count, sizeof *all, compare_texts, reader->names);
    ret->arguments = all;
    return is_good;
}

/* --- all of it --- */

/* Which of the four ways names the function; -1 after an error. */
int function_kind_read(struct reader *reader, uint32_t node, const struct section *section)
{
    int kind = -1;
    for (int i = FUNCTION_LIBRARY; i <= FUNCTION_WORKER; i++) {
        uint32_t value = section->values[i];
        if (value == 0)
            continue;
        if (kind >= 0) {
            uint32_t first = section->values[kind];
            uint32_t earlier = first < value ? first : value, later = first < value ? value : first;
            reader_error(reader, later - 1, "a call names one function: '%s' or '%s', not both",
                         reader_text(reader, earlier - 1), reader_text(reader, later - 1));
            return -1;
        }
        kind = i;
    }
    if (kind < 0 && !section->has_unknown && section->guessed == 0)
        reader_error(reader, node, "a call names a function by library, lua, python or worker");
    return kind;
}

bool function_read(struct reader *reader, const struct section *section, int kind,
                   struct function *ret)
{
    static bool (*const readers[])(struct reader * reader, uint32_t node, struct function * ret) = {
        library_read, lua_read, python_read, worker_read}; /* in the order of enum function_kind */
    uint32_t node = section->values[kind], args = section->values[CALL_ARGS];
    bool is_good = readers[kind](reader, node, ret);
    is_good = function_name_read(reader, section, kind, ret) && is_good;
    if (kind == FUNCTION_LUA && args != 0)
        is_good = locals_read(reader, args, ret) && is_good;
    return is_good;
}
