/* What expressions give, and what they are found to mention. */
#include "value_support.h"

#include <string.h>

static void references_are_found(void)
{
    static const struct example examples[] = {
        {"matrix.i - 1", "matrix.i"},
        {"matrix.i-1", "matrix.i"},
        {"matrix.a-b", "matrix.a-b"},
        {"matrix.j * matrix.i + matrix.j", "matrix.j matrix.i"},
        {"needs.build-docs.status", "needs.build-docs.status"},
        {"needs.build.status", "needs.build.status"},
        {"needs.align.outputs.mean > 3 and here or rank", "needs.align.outputs.mean here rank"},
        {"needs . align\n.stdout", "needs.align.stdout"},
        {"matrix.sample.name", "matrix.sample"},
        {"matrix.sample.end", "matrix.sample"},
        {"matrix.end", "matrix.end"},
        {"matrix.2nd", "matrix.2nd"},
        {"params", "params"},
        {"params.n..matrix.x", "params.n matrix.x"},
        {"'matrix.i'", ""},
        {"[[matrix.i]] .. [==[ ]] matrix.j ]==]", ""},
        {"1 --[[ matrix.i ]] + 2 -- matrix.j", ""},
        {"{matrix = 1, rank = matrix.i}", "matrix.i"},
        {"{rank == 1}", "rank"},
        {"{a = {}, [rank] = here}", "rank here"},
        {"('x').matrix", ""},
        {"(function(x) return x.matrix + matrix.i end)({matrix = 1})", "matrix.i"},
        {"(function() ::here2:: goto here2 end)", ""},
    };
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)

        CHECK_TEXT(bench_references(&bench, examples[i].expression), examples[i].expected);
    bench_close(&bench);
}

static void references_have_values(void)
{
    static const struct example examples[] = {
        {"matrix.i - 1", "2"},
        {"matrix.i-1", "2"},
        {"matrix.a-b", "20"},
        {"matrix.a - matrix.a-b", "-10"},
        {"matrix.end + matrix.sample.end + matrix.sample.and.or", "45"},
        {"matrix.sample.zeta-1", "0"},
        {"matrix.sample . name", "\"s1\""},
        {"needs.build-docs.status .. needs.build.status", "\"successfailure\""},
        {"needs.align.outputs.mean >= 10", "true"},
        {"matrix['i']", "3"},
        {"matrix.i == 3 and 'three' or 'other'", "\"three\""},
        {"params.n..'x'", "\"1.5x\""},
        {"matrix.gone or 5000", "5000"},
        {"matrix.gone", "null"},
        {"matrix.none == null", "true"},
        {"matrix.none == nil", "false"},
        {"matrix.x:upper()", "\"TEXT\""},
        {"({matrix.i, matrix.i, rank})[2]", "3"},
        {"(function(a, ...) return select('#', ...) + a end)(1, 2, 3)", "3"},
        {"(function() local matrixes <const>, b = 2, 3 return matrixes * b end)()", "6"},
        {"(function() local s = 0 for k, v in ipairs({1, 2}) do s = s + v end return s end)()",
         "3"},
        {"(function() local function f(n) return n <= 1 and 1 or n * f(n - 1) end return f(5) "
         "end)()",
         "120"},
        {"(function() for i = 1, 9 do if i == 3 then goto out end end ::out:: return 'out' "
         "end)()",
         "\"out\""},
        {"#'é'", "2"},
        {"'${{ }}'", "\"${{ }}\""},
        {"matrix.i --[==[ ]] ]==] + 1", "4"},
        {"matrix.i + 1 -- and so on", "4"},
        {"\tmatrix.i\n+\r\n1\v\f", "4"},
    };
    CHECK_EXAMPLES(examples);
}

static void values_keep_their_type(void)
{
    static const struct example examples[] = {
        {"params.big", "9007199254740993"},
        {"params.big + 1", "9007199254740994"},
        {"params.whole", "2 real"},
        {"params.whole + 0", "2 real"},
        {"2.0", "2 real"},
        {"7 // 2", "3"},
        {"6 / 2", "3 real"},
        {"1e300 * 10", "1e+301 real"},
        {"params.list", "[1,null,\"b\"]"},
        {"(params.list)", "[1,null,\"b\"]"},
        {"params.list[2] == null", "true"},
        {"params.map", "{\"z\":1,\"a\":{},\"m\":[]}"},
        {"(params.map)", "{\"z\":1,\"a\":{},\"m\":[]}"},
        {"params.map.a", "{}"},
        {"params.map.m", "[]"},
        {"params.empty", "{}"},
        {"(params.empty)", "{}"},
        {"matrix.sample", "{\"name\":\"s1\",\"end\":7,\"and\":{\"or\":8},\"zeta\":1,\"alpha\":2}"},
        {"{params.map, 1}", "[{\"z\":1,\"a\":{},\"m\":[]},1]"},
        {"params.rows", "[{\"b\":1,\"a\":2},{\"b\":3,\"a\":4}]"},
        {"(params.rows)", "[{\"b\":1,\"a\":2},{\"b\":3,\"a\":4}]"},
        {"(function() local m = params.map m.new = 1 m.z = nil m.also = 2 return m end)()",
         "{\"a\":{},\"m\":[],\"also\":2,\"new\":1}"},
        {"{b = 1, a = 2, c = {}}", "{\"a\":2,\"b\":1,\"c\":[]}"},
        {"{}", "[]"},
        {"{1, 2, nil}", "[1,2]"},
        {"{[2] = 'b', [1] = 'a'}", "[\"a\",\"b\"]"},
        {"{1, null, 3}", "[1,null,3]"},
        {"nil", "null"},
        {"null", "null"},
        {"true", "true"},
        {"params.text", "\"a\\u0000b\""},
        {"#params.text", "3"},
        {"(('a'):gsub('a', 'b'))", "\"b\""},
        {"('a'):gsub('a', 'b')", "\"b\""},
    };
    CHECK_EXAMPLES(examples);
}

static void numbers_have_the_same_text_everywhere(void)
{
    static const struct example examples[] = {
        {"tostring(2.0)", "\"2\""},
        {"tostring(0.1 + 0.2)", "\"0.30000000000000004\""},
        {"tostring(1e21)", "\"1e+21\""},
        {"tostring(3)", "\"3\""},
        {"tostring(math.maxinteger)", "\"9223372036854775807\""},
        {"string.format('%s', 2.0)", "\"2\""},
        {"tostring(null)", "\"null\""},
        {"tostring(nil)", "\"nil\""},
        {"tostring(true)", "\"true\""},
        {"join({1, 2.0, 0.5, 'a', true}, ' ')", "\"1 2 0.5 a true\""},
        {"json({1, 2.0, 0.5})", "\"[1,2,0.5]\""},
    };
    CHECK_EXAMPLES(examples);
}

static void functions_of_the_language_work(void)
{
    static const struct example examples[] = {
        {"range(3)", "[0,1,2]"},
        {"range(0)", "[]"},
        {"range(-1)", "[]"},
        {"range(2, 5)", "[2,3,4]"},
        {"range(5, 2)", "[]"},
        {"range(0, 10, 3)", "[0,3,6,9]"},
        {"range(0, 9, 3)", "[0,3,6]"},
        {"range(5, 0, -2)", "[5,3,1]"},
        {"range(3.0)", "[0,1,2]"},
        {"range(0, 1, 0.25)", "[0,0.25,0.5,0.75]"},
        {"range(math.maxinteger - 1, math.maxinteger)", "[9223372036854775806]"},
        {"range(math.mininteger, math.maxinteger, math.maxinteger)",
         "[-9223372036854775808,-1,9223372036854775806]"},
        {"json({a = {1, null}, b = 'x'})", "\"{\\\"a\\\":[1,null],\\\"b\\\":\\\"x\\\"}\""},
        {"json(params.map)", "\"{\\\"z\\\":1,\\\"a\\\":{},\\\"m\\\":[]}\""},
        {"json(nil)", "\"null\""},
        {"fromjson('{\"b\": [1, 2.5, null], \"a\": {}}')", "{\"b\":[1,2.5,null],\"a\":{}}"},
        {"fromjson('null') == null", "true"},
        {"join({'a', 'b'})", "\"a,b\""},
        {"join({'a', 'b'}, '\\n')", "\"a\\nb\""},
        {"join({}, ',')", "\"\""},
        {"len('héé')", "3"},
        {"len('\\xff\\xff')", "2"},
        {"len({1, 2, 3})", "3"},
        {"len({a = 1, b = 2})", "2"},
        {"len(params.list)", "3"},
        {"basename('a/b.c')", "\"b.c\""},
        {"basename('a/b/')", "\"b\""},
        {"basename('b')", "\"b\""},
        {"basename('/')", "\"/\""},
        {"basename('//')", "\"/\""},
        {"basename('')", "\"\""},
        {"dirname('a/b.c')", "\"a\""},
        {"dirname('a/b/c/')", "\"a/b\""},
        {"dirname('b')", "\".\""},
        {"dirname('/b')", "\"/\""},
        {"dirname('//b')", "\"/\""},
        {"dirname('/')", "\"/\""},
        {"dirname('a//b')", "\"a\""},
        {"dirname('')", "\".\""},
        {"stem('a/b.tar.gz')", "\"b.tar\""},
        {"stem('a.b/c')", "\"c\""},
        {"stem('.profile')", "\".profile\""},
        {"stem('a.')", "\"a.\""},
        {"stem('d.x/')", "\"d\""},
        {"type(null)", "\"null\""},
        {"type({}) .. type(nil) .. type(1) .. type('')", "\"tablenilnumberstring\""},
    };
    CHECK_EXAMPLES(examples);
}

static void pairs_has_one_order(void)
{
    static const struct example examples[] = {
        {"(function() local k = {} for key in pairs({z = 1, a = 1, [3] = 1, [1] = 1, m = 1}) do "
         "k[#k + 1] = key end return k end)()",
         "[1,3,\"a\",\"m\",\"z\"]"},
        {"(function() local k = {} for key, v in pairs(matrix.sample) do k[#k + 1] = key end "
         "return k end)()",
         "[\"name\",\"end\",\"and\",\"zeta\",\"alpha\"]"},
        {"(function() local s = 0 for k, v in pairs({1, 2, 3}) do s = s + k * v end return s "
         "end)()",
         "14"},
        {"(function() local t, n = {a = 1, b = 2, c = 3}, 0 for k in pairs(t) do t.b = nil "
         "n = n + 1 end return n end)()",
         "2"},
        {"pairs({[true] = 1})",
         "0: pairs() of a table with keys that are neither whole numbers nor text"},
        {"pairs(nil)", "0: bad argument #1 to 'pairs' (table expected, got nil)"},
    };
    CHECK_EXAMPLES(examples);
}

static void statuses_are_told(void)
{
    struct bench bench;
    bench_open(&bench);
    CHECK_TEXT(bench_evaluate(&bench, "{success(), failure(), always(), cancelled()}"),
               "[false,false,true,false]");
    bench.flags = CALLS_FAILURE | CALLS_CANCELLED;
    CHECK_TEXT(bench_evaluate(&bench, "{success(), failure(), always(), cancelled()}"),
               "[false,true,true,true]");
    struct expression expression;
    CU_ASSERT(bench_compile(&bench, "success() and 'failure()' or always ( )", &expression, NULL));
    CU_ASSERT_EQUAL(expression.calls, CALLS_SUCCESS | CALLS_ALWAYS);
    CU_ASSERT(bench_compile(&bench, "failure() or cancelled()", &expression, NULL));
    CU_ASSERT_EQUAL(expression.calls, CALLS_FAILURE | CALLS_CANCELLED);
    CU_ASSERT(bench_compile(&bench, "({}).success", &expression, NULL));
    CU_ASSERT_EQUAL(expression.calls, 0);
    bench_close(&bench);
}

static void reading_is_told(void)
{
    static const char *const readers[] = {"glob('x')", "read('x')", "lines('x')", "csv('x')",
                                          "(function(f) return f('x') end)(csv)"};
    static const char *const others[] = {"range(3)", "'glob(x)'", "({glob = 1}).glob", "json(3)"};
    struct bench bench;
    bench_open(&bench);
    struct expression expression;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        CU_ASSERT(bench_compile(&bench, readers[i], &expression, NULL));
        CU_ASSERT(expression.reads_files);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CU_ASSERT(bench_compile(&bench, others[i], &expression, NULL));
        CU_ASSERT_FALSE(expression.reads_files);
    }
    bench_close(&bench);
}

static void an_expression_keeps_its_source_and_place(void)
{
    struct bench bench;
    bench_open(&bench);
    struct expression expression;
    char text[] = " matrix.i + 1 ";
    CU_ASSERT(bench_compile(&bench, text, &expression, NULL));
    memset(text, 'x', sizeof text);
    CHECK_TEXT(expression.source, " matrix.i + 1 ");
    CU_ASSERT_EQUAL(expression.at, 1000);
    bench_close(&bench);
}

static void nothing_leaks_into_the_next_expression(void)
{
    static const struct example examples[] = {
        {"(function() range = 3 end)()", "0: 'range' cannot be assigned to"},
        {"(function() math.pi = 3 end)()", "0: 'pi' cannot be assigned to"},
        {"(function() string.upper = nil end)()", "0: 'upper' cannot be assigned to"},
        {"(function() x = 3 end)()", "12: unknown name 'x'"},
        {"(function() local t = matrix.sample t.name = 'changed' return 1 end)()", "1"},
        {"matrix.sample.name", "\"s1\""},
        {"math.pi > 3", "true"},
        {"len(range(2))", "2"},
    };
    CHECK_EXAMPLES(examples);
}

static void the_end_of_an_expression_is_found(void)
{
    static const struct {
        const char *text;
        long end;
    } examples[] = {
        {" x }} rest", 3},
        {"}}", 0},
        {" {1} }}", 5},
        {" {a = {b = 1}} }}", 15},
        {" {{1}}}}", 6},
        {" '}}' }}", 6},
        {" \"}}\\\"}}\" }}", 10},
        {" [[ }} ]] }}", 10},
        {" [=[ ]] }} ]=] }}", 15},
        {" --[[ }} ]] 1 }}", 14},
        {" -- }}\n 1 }}", 10},
        {" f(a[b]) }}", 9},
        {" (1 }} )", 4},
        {" it's }} and }}", 6},
        {" 'a\n }} ' }}", 5},
        {" x", -1},
        {" x }", -1},
        {"", -1},
        {" [[ }}", -1},
        {" {x }} y", -1},
        {" '}}", 2},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        CU_ASSERT_EQUAL(sandbox_expression_end(examples[i].text, strlen(examples[i].text)),
                        examples[i].end);
    CU_ASSERT_EQUAL(sandbox_expression_end(" x }}", 4), -1);
}

static void errors_of_values_are_passed_on(void)
{
    static const struct example examples[] = {
        {"params.bad", "0: this value is bad [take another]"},
        {"1 + params.bad", "0: this value is bad [take another]"},
    };
    CHECK_EXAMPLES(examples);
}

static void the_version_is_lua_s(void)
{
    CU_ASSERT(strncmp(sandbox_version(), "Lua 5.4", 7) == 0);
}

const struct check expression_checks[] = {
    {"references are found", references_are_found},
    {"references have values", references_have_values},
    {"values keep their type", values_keep_their_type},
    {"numbers have the same text everywhere", numbers_have_the_same_text_everywhere},
    {"functions of the language work", functions_of_the_language_work},
    {"pairs has one order", pairs_has_one_order},
    {"statuses are told", statuses_are_told},
    {"reading is told", reading_is_told},
    {"an expression keeps its source and place", an_expression_keeps_its_source_and_place},
    {"nothing leaks into the next expression", nothing_leaks_into_the_next_expression},
    {"the end of an expression is found", the_end_of_an_expression_is_found},
    {"errors of values are passed on", errors_of_values_are_passed_on},
    {"the version is Lua's", the_version_is_lua_s},
    {NULL, NULL},
};
