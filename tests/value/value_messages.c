/* What an author is told, to the letter, with the character it is about. */
#include "value_support.h"

#include <string.h>

static void other_languages_get_hints(void)
{
    static const struct example examples[] = {
        {"matrix.i && matrix.j", "9: '&&' is not an operator of Lua [write 'and']"},
        {"matrix.i || matrix.j", "9: '||' is not an operator of Lua [write 'or']"},
        {"matrix.i != 3", "9: '!=' is not an operator of Lua [write '~=']"},
        {"!matrix.i", "0: '!' is not an operator of Lua [write 'not']"},
        {"rank ? 1 : 2", "5: '?' is not an operator of Lua [write 'CONDITION and A or B']"},
        {"rank === 1", "5: '===' is not an operator of Lua [write '==']"},
        {"rank += 1", "5: '+=' is not an operator of Lua [an expression cannot assign]"},
        {"$rank", "0: '$' is not an operator of Lua [names stand without '$' here]"},
        {"rank = 1", "5: '=' cannot stand in an expression [write '==' to compare]"},
        {"'a && b' == 'a || b != !c ? d : e'", "false"},
        {"6 & 3 | 8", "10"},
        {"5 // 2 ~= 3", "true"},
        {"rank == None", "8: unknown name 'None' [write 'null']"},
        {"True", "0: unknown name 'True' [write 'true']"},
        {"toJSON(matrix)", "0: unknown name 'toJSON' [json(x) writes it]"},
        {"os.getenv('HOME')",
         "0: unknown name 'os' [environment variables are in env; nothing else of the system is "
         "known here]"},
        {"pcall(error)", "0: unknown name 'pcall' [an expression cannot catch errors]"},
        {"load('1')", "0: unknown name 'load' [an expression cannot load code]"},
    };
    CHECK_EXAMPLES(examples);
}

static void unknown_names_are_told_with_the_nearest(void)
{
    static const struct example examples[] = {
        {"matrx.i", "0: unknown name 'matrx' [did you mean 'matrix'?]"},
        {"1 + lenght('x')", "4: unknown name 'lenght' [len(x) gives it]"},
        {"1 + lne('x')", "4: unknown name 'lne' [did you mean 'len'?]"},
        {"need.align.stdout", "0: unknown name 'need' [did you mean 'needs'?]"},
        {"mth.pi", "0: unknown name 'mth' [did you mean 'math'?]"},
        {"math.flor(1)", "5: 'math' has no 'flor' here [did you mean 'math.floor'?]"},
        {"math.random()", "5: 'math' has no 'random' here"},
        {"string.dump", "7: 'string' has no 'dump' here"},
        {"math", "0: 'math' is a library: one of its functions must follow"},
        {"qqqqqqqqqq", "0: unknown name 'qqqqqqqqqq'"},
        {"_ENV", "0: unknown name '_ENV'"},
        {"_G.x", "0: unknown name '_G'"},
        {"__1", "0: unknown name '__1'"},
        {"matrix.k", "7: unknown name 'k' [ask somebody]"},
        {"1 + matrix.kk-2", "11: unknown name 'kk-2' [ask somebody]"},
        {"needs", "0: more must follow 'needs'"},
        {"needs.align", "6: more must follow 'align'"},
        {"needs.other.stdout", "6: unknown name 'other' [ask somebody]"},
        {"success", "0: 'success' is a function [write 'success()']"},
        {"'é' .. matrx", "7: unknown name 'matrx' [did you mean 'matrix'?]"},
    };
    CHECK_EXAMPLES(examples);
}

static void reserved_names_cannot_be_declared(void)
{
    static const struct example examples[] = {
        {"(function(matrix) return 1 end)()", "10: 'matrix' is a name of pargraph's"},
        {"(function() local rank = 1 end)()", "18: 'rank' is a name of pargraph's"},
        {"(function() local a, here = 1 end)()", "21: 'here' is a name of pargraph's"},
        {"(function() for needs = 1, 2 do end end)()", "16: 'needs' is a name of pargraph's"},
        {"(function(__1) return matrix.i end)(9)", "10: the name '__1' is reserved"},
        {"(function(_ENV) return 1 end)({})", "10: the name '_ENV' is reserved"},
    };
    CHECK_EXAMPLES(examples);
}

static void mistakes_of_syntax_have_their_place(void)
{
    static const struct example examples[] = {
        {"", "0: the expression is empty"},
        {"  -- nothing", "0: the expression is empty"},
        {"1 +", "3: something is missing at the end of the expression"},
        {"1 + * 2", "4: unexpected '*'"},
        {"matrix.i matrix.j", "9: unexpected 'matrix.j'"},
        {"1, 2", "1: unexpected ','"},
        {"(1 + 2", "0: '(' is not closed"},
        {"f[1)", "3: ')' without '('"},
        {"1)", "1: ')' without '('"},
        {"1) end, function() return (2", "1: ')' without '('"},
        {"{1, 2", "0: '{' is not closed"},
        {"{1 2}", "3: '}' expected near '2'"},
        {"{a = 1 rank = 2}", "7: '}' expected near 'rank'"},
        {"{x y}", "1: unknown name 'x'"},
        {"len(1 2)", "6: unexpected '2'"},
        {"it's", "2: this text has no end"},
        {"1 + [[x", "4: this text has no end"},
        {"1 --[[x", "2: this comment has no end"},
        {"3x", "0: malformed number near '3x'"},
        {"1 + 3..2", "4: malformed number near '3..2'"},
        {"'\\q'", "0: invalid escape sequence near ''\\q''"},
        {"if rank then 1 end",
         "0: unexpected 'if' [an expression is one value: 'and' and 'or' choose, and (function() "
         "... end)() may hold statements]"},
        {"return 1", "0: unexpected 'return' [an expression is one value: 'and' and 'or' choose, "
                     "and (function() ... end)() may hold statements]"},
        {"function() return 1", "19: 'end' expected before the end of the expression"},
        {"...", "0: cannot use '...' outside a vararg function near '...'"},
        {"matrix.i.end.", "13: something is missing at the end of the expression"},
        {"rank:x", "6: function arguments expected before the end of the expression"},
        {"\xc3\xa9 + 1", "0: unexpected '\xc3'"},
        {"1 + \xf0\x9f\x98\x80", "4: unexpected '\xf0'"},
        {"1 + 'é' 'a' + @", "8: unexpected ''a''"},
    };
    CHECK_EXAMPLES(examples);
}

static void mistakes_at_run_time_name_the_reference(void)
{
    static const struct example examples[] = {
        {"matrix.gone + 1", "0: attempt to perform arithmetic on a nil value (matrix.gone)"},
        {"matrix.sample.nothing.x", "0: attempt to index a nil value (field 'nothing')"},
        {"matrix.none.x", "0: attempt to index a null value (matrix.none)"},
        {"null.x", "0: attempt to index a null value (global 'null')"},
        {"params.list[2].x", "0: attempt to index a null value (field 'integer index')"},
        {"null + 1", "0: attempt to perform arithmetic on a null value (global 'null')"},
        {"null < 1", "0: attempt to compare null with number"},
        {"params.map + 1", "0: attempt to perform arithmetic on a map value (params.map)"},
        {"(function() return matrix.gone.x end)()",
         "0: attempt to index a nil value (matrix.gone)"},
        {"'a' + 1", "0: attempt to add a 'string' with a 'number'"},
        {"1 < 'a'", "0: attempt to compare number with string"},
        {"'a' .. {}", "0: attempt to concatenate a table value"},
        {"error('too few')", "0: too few"},
        {"error('too few', 0)", "0: too few"},
        {"error({})", "0: an error that is not text was raised"},
        {"assert(false, 'told')", "0: told"},
        {"assert(false)", "0: assertion failed!"},
        {"tostring({})", "0: a list or map has no text; json() or join() gives one"},
        {"tostring(len)", "0: a function has no text"},
        {"join({1, {}}, '')",
         "0: a list cannot stand in text [join(..., ' ') writes its elements, json(...) its JSON]"},
        {"join({null}, '')", "0: null cannot stand in text [json(...) writes it as null]"},
        {"join('a')", "0: bad argument #1 to 'join' (table expected, got string)"},
        {"range()", "0: bad argument #1 to 'range' (value expected)"},
        {"range(1, 2, 3, 4)", "0: bad argument #4 to 'range' (three numbers at most)"},
        {"range('a')", "0: bad argument #1 to 'range' (number expected, got string)"},
        {"range(1, 2, 0)", "0: bad argument #3 to 'range' (a step of 0)"},
        {"len(3.5, 1)", "3"},
        {"len(nil)", "0: bad argument #1 to 'len' (string expected, got nil)"},
        {"fromjson('[1')", "0: not JSON: ']' expected near end of file (line 1, column 2)"},
        {"json(len)", "0: a function is not a value"},
        {"json({1, nil, 3})", "0: a table is neither a list (keys 1 to n) nor a map (keys that are "
                              "text) [null stands in "
                              "a list where nil cannot]"},
        {"nil + 1", "0: attempt to perform arithmetic on a nil value"},
    };
    CHECK_EXAMPLES(examples);
}

static void results_that_are_no_values_are_errors(void)
{
    static const char table[] =
        "0: a table is neither a list (keys 1 to n) nor a map (keys that are text) [null stands in "
        "a list where nil cannot]";
    static const struct example examples[] = {
        {"0/0", "0: the result is not a number (0/0)"},
        {"1/0", "0: the result is infinite"},
        {"-math.huge", "0: the result is infinite"},
        {"{1, a = 2}", table},
        {"{1, nil, 3}", table},
        {"{[0] = 1}", table},
        {"{[1.5] = 1}", table},
        {"{[true] = 1}", table},
        {"len", "0: a function is not a value"},
        {"'\\xff'", "0: a text is not UTF-8"},
        {"{['\\xff'] = 1}", "0: a key of a map is not UTF-8"},
        {"{['a\\0b'] = 1}", "0: a key of a map holds a NUL"},
        {"{len}", "0: a function is not a value"},
    };
    CHECK_EXAMPLES(examples);
}

static void a_source_with_nul_is_an_error(void)
{
    struct bench bench;
    bench_open(&bench);
    static const char expected[] = "a NUL byte cannot stand in an expression";
    CHECK_TEXT(bench_evaluate_n(&bench, "1 \0+ 2", 6) + 3, expected);
    CHECK_TEXT(bench_evaluate_n(&bench, "rank\0matrix", 11),
               "4: a NUL byte cannot stand in an expression");
    CHECK_TEXT(bench_evaluate_n(&bench, "'a\0b'", 5), "\"a\\u0000b\"");
    bench_close(&bench);
}

/* "LINE: message [hint]"; "" if it can be read. */
static void check_source(struct bench *bench, const char *source, const char *expected)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    uint32_t line = 0;
    if (!sandbox_check_source(bench->sandbox, source, strlen(source), &line, &error))
        buffer_printf(&text, "%u: %s", line, error_text(&error));
    CHECK_TEXT(buffer_text(&text), expected);
}

static void statements_are_read_and_not_done(void)
{
    struct bench bench;
    bench_open(&bench);
    check_source(&bench, "", "");
    check_source(&bench, "return a + b", "");
    check_source(&bench, "while true do end\nprint(...)", "");
    check_source(&bench, "a + b",
                 "1: syntax error near '+' [what a function gives stands behind 'return']");
    check_source(&bench, "local a = 1\n\nreturn a b", "3: <eof> expected near 'b'");
    check_source(&bench, "return (", "1: unexpected symbol near <eof>");
    check_source(&bench, "\x1bLua", "1: attempt to load a binary chunk (mode is 't')");
    CHECK_TEXT(bench_evaluate(&bench, "1 + 1"), "2");
    bench_close(&bench);
}

static void without_a_place_errors_have_none(void)
{
    struct bench bench;
    bench_open(&bench);
    struct expression expression;
    CLEANUP_ERROR struct error error = {0};
    CU_ASSERT_FALSE(
        sandbox_compile(bench.sandbox, "1 + x", 5, PLACE_NONE, &bench_scope, &expression, &error));
    CU_ASSERT_EQUAL(error.at, PLACE_NONE);
    CU_ASSERT_FALSE(
        sandbox_compile(bench.sandbox, "1 + x", 5, PLACE_NONE, &bench_scope, &expression, NULL));
    bench_close(&bench);
}

const struct check message_checks[] = {
    {"other languages get hints", other_languages_get_hints},
    {"unknown names are told with the nearest", unknown_names_are_told_with_the_nearest},
    {"reserved names cannot be declared", reserved_names_cannot_be_declared},
    {"mistakes of syntax have their place", mistakes_of_syntax_have_their_place},
    {"mistakes at run time name the reference", mistakes_at_run_time_name_the_reference},
    {"results that are no values are errors", results_that_are_no_values_are_errors},
    {"a source with NUL is an error", a_source_with_nul_is_an_error},
    {"statements are read and not done", statements_are_read_and_not_done},
    {"without a place errors have none", without_a_place_errors_have_none},
    {NULL, NULL},
};
