/* Nothing an expression does makes the program hang, grow without end or die. */
#include "value_support.h"

#include <stdlib.h>
#include <string.h>

static const char instructions[] = "0: the expression takes more than 10000000 instructions";
static const char memory[] = "0: the expression takes more than 1 GiB of memory";
static const char turnover[] = "0: the expression makes more than 4 GiB of values";
static const char steps[] = "0: the expression takes more than 200000000 steps";
static const char size[] = "0: the value is larger than 512 MiB";
static const char depth[] = "0: a value is nested deeper than 64";

static void endless_work_ends(void)
{
    const struct example examples[] = {
        {"(function() while true do end end)()", instructions},
        {"(function() local i = 0 repeat i = i + 1 until false end)()", instructions},
        {"(function() ::top:: goto top end)()", instructions},
        {"(function() local function f() return f() end return f() end)()", instructions},
        {"('x'):rep(40):gsub('x', function(c) while true do end end)", instructions},
        {"('a'):rep(3000):find('.-.-.-.-b')", steps},
        {"('a'):rep(300000):match('(.-)(.-)b')", steps},
        {"('('):rep(40000):gsub('%b()', '')", steps},
        {"(''):rep(1 << 60)", steps},
        {"table.move({}, 1, 1 << 60, 2)", steps},
        {"(function() local s = ('x'):rep(1 << 20) while true do local t = s .. s end end)()",
         turnover},
    };
    CHECK_EXAMPLES(examples);
}

/* What takes seconds each: only with PARGRAPH_LIMITS=1. */
static void dear_work_ends(void)
{
    const struct example examples[] = {
        {"(function() while true do range(1000000) end end)()", steps},
        {"(function() local t = {} for i = 1, 1000000 do table.insert(t, 1, i) end end)()", steps},
        {"(function() local s = ('x'):rep(1 << 20) while true do s = s:upper() end end)()",
         turnover},
        {"(function() local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000000) end "
         "end)()",
         memory},
        {"(function() local t = {1} for i = 1, 60 do t = {t, t} end return t end)()", size},
    };
    if (getenv("PARGRAPH_LIMITS") != NULL)
        CHECK_EXAMPLES(examples);
}

static void too_much_memory_is_an_error(void)
{
    const struct example examples[] = {
        {"string.rep('x', 10000000000)", steps},
        {"string.rep(('x'):rep(1000000), 2000)", memory},
        {"(function() local s, t = ('x'):rep(1 << 24), {} for i = 1, 1e9 do t[i] = s .. i end "
         "end)()",
         memory},
        {"range(10000000000)", "0: range() of more than 50000000 numbers"},
        {"range(0, 1, 1e-300)", "0: range() of more than 50000000 numbers"},
        {"range(math.mininteger, math.maxinteger)", "0: range() of more than 50000000 numbers"},
    };
    CHECK_EXAMPLES(examples);
}

static void too_much_depth_is_an_error(void)
{
    const struct example examples[] = {
        {"(function() local function f(n) return 1 + f(n + 1) end return f(1) end)()",
         "0: stack overflow"},
        {"(function() local t = {} t[1] = t return t end)()", depth},
        {"(function() local t = {} for i = 1, 70 do t = {t} end return t end)()", depth},
        {"(function() local t = {} for i = 1, 70 do t = {a = t} end return json(t) end)()", depth},
        {"#(function() local t = 1 for i = 1, 64 do t = {t} end return json(t) end)()", "129"},
        {"(function() local t = {('x'):rep(1 << 20)} for i = 1, 60 do t = {t, t} end return t "
         "end)()",
         size},
        {"fromjson(('['):rep(65) .. (']'):rep(65))", depth},
        {"len(fromjson(('['):rep(64) .. (']'):rep(64)))", "1"},
        {"('x'):match(('x*'):rep(300))", "0: pattern too complex"},
        {"('x'):match(('()'):rep(33))", "0: too many captures"},
    };
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        char *text = memory_text(bench_evaluate(&bench, examples[i].expression));
        /* Lua tells what the stack held. */
        if (strncmp(text, "0: stack overflow", 17) == 0)
            text[17] = '\0';
        CHECK_TEXT(text, examples[i].expected);
        memory_free(text);
    }
    bench_close(&bench);
}

static const char *repeated(struct buffer *text, const char *before, const char *part, int count,
                            const char *behind)
{
    buffer_clear(text);
    buffer_add_text(text, before);
    for (int i = 0; i < count; i++)
        buffer_add_text(text, part);
    buffer_add_text(text, behind);
    return buffer_text(text);
}

static void large_sources_end_in_a_value_or_an_error(void)
{
    struct bench bench;
    bench_open(&bench);
    CLEANUP_BUFFER struct buffer text = {0};
    CHECK_TEXT(bench_evaluate(&bench, repeated(&text, "0", " + 1", 50000, "")), "50000");
    static const char *const parts[] = {"(",         "{",       "not ",      "-",  "a-", "a.",
                                        "rank.",     "matrix.", "'\\",       "[=", "f(", "\xff",
                                        "matrix.i ", "{rank={", "function(", "!"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *result = bench_evaluate(&bench, repeated(&text, "", parts[i], 20000, ""));
        CU_ASSERT(strchr(result, ':') != NULL);
        sandbox_expression_end(text.bytes, text.length);
    }
    CHECK_TEXT(bench_evaluate(&bench, repeated(&text, "", "(", 250, "1")),
               "249: '(' is not closed");
    repeated(&text, "", "(", 250, "1");
    for (int i = 0; i < 250; i++)
        buffer_add_byte(&text, ')');
    const char *result = bench_evaluate(&bench, buffer_text(&text));
    CU_ASSERT(strstr(result, "overflow") != NULL || strstr(result, "levels") != NULL);
    bench_close(&bench);
}

static int any_name(void *context, const char *const *path, int depth, const char *text, int length,
                    struct error *error)
{
    (void)context, (void)path, (void)error;
    int end = 0;
    while (end < length && text[end] != '-')
        end++;
    return depth == 0 ? (text[0] == 'r' ? 1 : 0) : depth == 1 ? end : 0;
}

static bool any_end(void *context, const char *const *path, int depth, struct error *error)
{
    (void)context, (void)path, (void)depth, (void)error;
    return true;
}

static json_t *any_value(void *context, const struct reference *reference, struct error *error)
{
    (void)context, (void)reference, (void)error;
    return json_integer(1);
}

static void very_many_references_are_an_error(void)
{
    struct bench bench;
    bench_open(&bench);
    const struct scope scope = {.declared = any_name, .may_end = any_end};
    const struct evaluation evaluation = {.value = any_value};
    for (int count = 200; count <= 201; count++) {
        CLEANUP_BUFFER struct buffer text = {0};
        buffer_add_text(&text, "0");
        for (int i = 0; i < count; i++)
            buffer_printf(&text, " + r.x%d", i);
        struct expression expression;
        CLEANUP_ERROR struct error error = {0};
        bool is_good =
            sandbox_compile(bench.sandbox, text.bytes, text.length, 1, &scope, &expression, &error);
        CU_ASSERT_EQUAL(is_good, count == 200);
        if (!is_good) {
            CHECK_TEXT(error.message, "an expression mentions more than 200 different values");
            continue;
        }
        json_t *value = sandbox_evaluate(bench.sandbox, &expression, &evaluation, &error);
        CU_ASSERT_EQUAL(json_integer_value(value), 200);
        json_decref(value);
    }
    bench_close(&bench);
}

/* Random texts of tokens: whatever they mean, they end. */
static void random_sources_do_no_harm(void)
{
    static const char *const tokens[] = {
        "matrix", ".",      "i",        "sample", "end",   "(",    ")",    "{",   "}",
        "[",      "]",      "function", "local",  "=",     "==",   "1",    "'a'", "\"b",
        "[[",     "]]",     "--",       "\n",     " ",     "and",  "not",  "for", "in",
        "do",     "return", "goto",     "::",     "<",     ">",    ",",    ";",   "..",
        "...",    "-",      "#",        "null",   "range", "json", "\\",   "!",   "$",
        "needs",  "align",  "stdout",   "while",  "x",     "\xc3", "\xa9", "3.5", "0x",
        "e",      "?",      "string",   "rep",
    };
    enum { COUNT = sizeof tokens / sizeof *tokens };
    struct bench bench;
    bench_open(&bench);
    uint32_t state = 12345;
    CLEANUP_BUFFER struct buffer text = {0};
    for (int i = 0; i < 5000; i++) {
        buffer_clear(&text);
        state = state * 1664525 + 1013904223;
        for (uint32_t left = 1 + (state >> 28); left > 0; left--) {
            state = state * 1664525 + 1013904223;
            buffer_add_text(&text, tokens[(state >> 16) % COUNT]);
            buffer_add_text(&text, state >> 31 ? " " : "");
        }
        CU_ASSERT_FATAL(bench_evaluate_n(&bench, buffer_text(&text), text.length) != NULL);
        long end = sandbox_expression_end(text.bytes, text.length);
        CU_ASSERT_FATAL(end >= -1 && end < (long)text.length);
    }
    bench_close(&bench);
}

static void a_sandbox_goes_on_after_errors(void)
{
    const struct example examples[] = {
        {"(function() local t = {} for i = 1, 1e9 do t[i] = {i} end end)()", instructions},
        {"1 + 1", "2"},
        {"string.rep(('x'):rep(1000000), 2000)", memory},
        {"range(3)", "[0,1,2]"},
        {"(function() while true do end end)()", instructions},
        {"matrix.i", "3"},
    };
    CHECK_EXAMPLES(examples);
}

const struct check limit_checks[] = {
    {"endless work ends", endless_work_ends},
    {"dear work ends", dear_work_ends},
    {"too much memory is an error", too_much_memory_is_an_error},
    {"too much depth is an error", too_much_depth_is_an_error},
    {"large sources end in a value or an error", large_sources_end_in_a_value_or_an_error},
    {"very many references are an error", very_many_references_are_an_error},
    {"random sources do no harm", random_sources_do_no_harm},
    {"a sandbox goes on after errors", a_sandbox_goes_on_after_errors},
    {NULL, NULL},
};
