/* Lua's patterns, as its manual describes them. */
#include "value_support.h"

/* The manual's examples, and what it says of each item. */
static void patterns_are_lua_s(void)
{
    static const struct example examples[] = {
        {"{('hello Lua'):find('Lua')}", "[7,9]"},
        {"{('a+b'):find('+', 1, true)}", "[2,2]"},
        {"{('abc'):find('b', -1)}", "[]"},
        {"{('abc'):find('c', -1)}", "[3,3]"},
        {"{('abc'):find('', 4)}", "[4,3]"},
        {"('abc'):find('', 5)", "null"},
        {"{('key = value'):match('^(%w+)%s*=%s*(%w+)$')}", "[\"key\",\"value\"]"},
        {"('  x  '):match('^%s*(.-)%s*$')", "\"x\""},
        {"{('abc'):match('()b()')}", "[2,3]"},
        {"('f(a(b)c)d'):match('%b()')", "\"(a(b)c)\""},
        {"{('THE (quick) fox'):find('%f[%a]%a+%f[%A]')}", "[1,3]"},
        {"('\"it\" \\'x\\''):match('([\"\\'])(.-)%1')", "\"\\\"\""},
        {"('a]b'):match('[]]')", "\"]\""},
        {"('a-b'):match('[a%-]+')", "\"a-\""},
        {"('x^y'):match('[%^y]+')", "\"^y\""},
        {"('abc123'):match('[^%d]+')", "\"abc\""},
        {"('abc123'):match('[a-b1-2]+')", "\"ab\""},
        {"('a.b'):match('a%.b')", "\"a.b\""},
        {"('aaa'):match('a-')", "\"\""},
        {"('aaab'):match('a-b')", "\"aaab\""},
        {"('ab'):match('ax?b')", "\"ab\""},
        {"('ab'):match('a?ab')", "\"ab\""},
        {"('a$b'):match('a$b')", "\"a$b\""},
        {"('2026-01-31'):match('%d+$')", "\"31\""},
        {"('%d'):match('%%%a')", "\"%d\""},
        {"('\\0a'):match('%z?.')", "\"\\u0000\""},
        {"{('hello world'):gsub('o', '0', 1)}", "[\"hell0 world\",1]"},
        {"{('hello world'):gsub('(%w+)', '<%1>')}", "[\"<hello> <world>\",2]"},
        {"(('hello world'):gsub('%w+', '%0 %0', 1))", "\"hello hello world\""},
        {"(('hello world from Lua'):gsub('(%w+)%s*(%w+)', '%2 %1'))", "\"world hello Lua from\""},
        {"(('$name is $age'):gsub('%$(%w+)', {name = 'x', age = 3}))", "\"x is 3\""},
        {"(('abc'):gsub('%w', function(c) return c == 'b' and 'B' end))", "\"aBc\""},
        {"(('abc'):gsub('', '-'))", "\"-a-b-c-\""},
        {"(('abc'):gsub('^a', 'x'))", "\"xbc\""},
        {"(('abc abc'):gsub('^abc', 'x'))", "\"x abc\""},
        {"(('abc'):gsub('b*', 'x'))", "\"xaxcx\""},
        {"(('a'):gsub('a', '%%'))", "\"%\""},
        {"(('abc'):gsub('()b', '%1'))", "\"a2c\""},
        {"(function() local r = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do r[k] = v "
         "end return r end)()",
         "{\"a\":\"1\",\"b\":\"2\"}"},
        {"(function() local r = {} for w in ('one two'):gmatch('%a+') do r[#r + 1] = w end "
         "return r end)()",
         "[\"one\",\"two\"]"},
        {"(function() local n = 0 for w in ('abc'):gmatch('') do n = n + 1 end return n end)()",
         "4"},
        {"(function() local r = {} for w in ('abc'):gmatch('b*') do r[#r + 1] = w end return r "
         "end)()",
         "[\"\",\"b\",\"\"]"},
        {"('x'):find('[a')", "0: malformed pattern (missing ']')"},
        {"('x'):find('[a%')", "0: malformed pattern (missing ']')"},
        {"('x'):find('%')", "0: malformed pattern (ends with '%')"},
        {"('x'):find('(x')", "0: unfinished capture"},
        {"('x'):find('.)')", "0: invalid pattern capture"},
        {"('x'):find('%1')", "0: invalid capture index %1"},
        {"('x'):find('%bx')", "0: malformed pattern (missing arguments to '%b')"},
        {"('x'):find('%fx')", "0: missing '[' after '%f' in pattern"},
        {"('x'):gsub('x', '%2')", "0: invalid capture index %2"},
        {"('x'):gsub('x', '%a')", "0: invalid use of '%' in replacement string"},
        {"('x'):gsub('x', true)",
         "0: bad argument #2 to 'gsub' (string/function/table expected, got boolean)"},
        {"('x'):gsub('x', function() return {} end)", "0: invalid replacement value (a table)"},
    };
    CHECK_EXAMPLES(examples);
}

const struct check pattern_checks[] = {
    {"patterns are Lua's", patterns_are_lua_s},
    {NULL, NULL},
};
