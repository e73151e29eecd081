/* What an author who knows other languages may have meant. */
#include <string.h>

#include "base/text.h"
#include "value/library.h"
#include "value/rewrite.h"

static const struct {
    const char *operator, * hint;
} operators[] = {
    {"&&", "write 'and'"},
    {"||", "write 'or'"},
    {"!=", "write '~='"},
    {"!", "write 'not'"},
    {"?", "write 'CONDITION and A or B'"},
    {"===", "write '=='"},
    {"+=", "an expression cannot assign"},
    {"-=", "an expression cannot assign"},
    {"*=", "an expression cannot assign"},
    {"/=", "an expression cannot assign"},
    {"$", "names stand without '$' here"},
};

const char *operator_hint(const char *text, size_t length, size_t *ret_length)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t own = strlen(operators[i].operator);
        if (length < own || memcmp(text, operators[i].operator, own) != 0)
            continue;
        if (own == 2 && operators[i].hint[0] == 'a' && length > 2 && text[2] == '=')
            continue;
        *ret_length = own;
        return operators[i].hint;
    }
    return NULL;
}

/* Other languages' names, and Lua's that the sandbox leaves out. */
static const struct {
    const char *name, *hint;
} others[] = {
    {"None", "write 'null'"},
    {"undefined", "write 'null'"},
    {"True", "write 'true'"},
    {"False", "write 'false'"},
    {"length", "len(x) gives it"},
    {"count", "len(x) gives it"},
    {"size", "len(x) gives it"},
    {"str", "tostring(x) gives it"},
    {"int", "tonumber(x) or math.floor(x) gives it"},
    {"float", "tonumber(x) gives it"},
    {"toJSON", "json(x) writes it"},
    {"fromJSON", "fromjson(x) reads it"},
    {"format", "string.format does it"},
    {"contains", "string.find(text, part, 1, true) does it"},
    {"startsWith", "string.sub(text, 1, n) == start tells it"},
    {"next", "len(x) == 0 tells an empty table, pairs(x) walks through one"},
    {"unpack", "table.unpack does it"},
    {"github", "run, task and env tell of the run, params hold what it is given"},
    {"job", "task and run tell of what runs"},
    {"steps",
     "needs.TASK.outputs.NAME gives what another task put out; 'as' names what a step did"},
    {"inputs", "params hold what a run is given"},
    {"vars", "params hold what a run is given, env the environment"},
    {"config", "params hold what a run is given"},
    {"secrets", "env.NAME gives a variable of the environment"},
    {"wildcards", "matrix.NAME gives the instance's own value"},
    {"strategy", "matrix.NAME gives the instance's own value"},
    {"pcall", "an expression cannot catch errors"},
    {"xpcall", "an expression cannot catch errors"},
    {"print", "an expression can only give a value"},
    {"io", "read(path), lines(path) and csv(path) read files"},
    {"os", "environment variables are in env; nothing else of the system is known here"},
    {"load", "an expression cannot load code"},
    {"require", "an expression cannot load code"},
    {"setmetatable", "there are no metatables here"},
    {"getmetatable", "there are no metatables here"},
};

static const char *other_hint(const char *word)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].name, word) == 0)
            return others[i].hint;
    return NULL;
}

void names_suggest(const char *word, const char *const *roots, size_t root_count,
                   struct error *error)
{
    static const char *const literals[] = {"true", "false", "nil", "and", "or", "not"};
    VEC(const char *) known = {0};
    for (size_t i = 0; i < root_count; i++)
        *VEC_PUSH(&known) = roots[i];
    for (const char *const *name = library_functions; *name != NULL; name++)
        *VEC_PUSH(&known) = *name;
    for (const char *const *name = library_names; *name != NULL; name++)
        *VEC_PUSH(&known) = *name;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
        *VEC_PUSH(&known) = literals[i];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        *VEC_PUSH(&known) = others[i].name;
    const char *nearest =
        other_hint(word) != NULL ? word : text_nearest(word, known.items, known.count);
    const char *hint = nearest != NULL ? other_hint(nearest) : NULL;
    if (hint != NULL)
        error_hint(error, "%s", hint);
    else if (nearest != NULL)
        error_hint(error, "did you mean '%s'?", nearest);
    VEC_RELEASE(&known);
}
