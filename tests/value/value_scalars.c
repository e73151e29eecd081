/* Numbers, text, JSON, plain scalars, types and equality. */
#include "value_support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *number_text(double number)
{
    static char text[64];
    CLEANUP_BUFFER struct buffer out = {0};
    value_write_number(number, &out);
    return strncpy(text, buffer_text(&out), sizeof text - 1);
}

static void numbers_are_written_as_ecmascript_does(void)
{
    static const struct {
        double number;
        const char *text;
    } examples[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1, "-1"},
        {3.1, "3.1"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {100, "100"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e20, "100000000000000000000"},
        {999999999999999900000.0, "999999999999999900000"},
        {1e21, "1e+21"},
        {1.5e21, "1.5e+21"},
        {1e-6, "0.000001"},
        {1.5e-6, "0.0000015"},
        {1e-7, "1e-7"},
        {-1.25e-9, "-1.25e-9"},
        {1e300, "1e+300"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_TRUE_MIN, "5e-324"},
        {1e-320, "1e-320"},
        {9007199254740993.0, "9007199254740992"},
        {9007199254740994.0, "9007199254740994"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-24, "5.960464477539063e-8"},
        {9.5367431640625e-7, "9.5367431640625e-7"},
        {4.35, "4.35"},
        {2e-3, "0.002"},
        {123.456, "123.456"},
        {1e23, "1e+23"},
        {9.5e-323, "9.4e-323"},
        {NAN, "NaN"},
        {INFINITY, "Infinity"},
        {-INFINITY, "-Infinity"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        CHECK_TEXT(number_text(examples[i].number), examples[i].text);
}

static uint64_t scramble(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void every_number_reads_back_the_same(void)
{
    uint64_t state = 1, wrong = 0;
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = scramble(&state);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number))
            wrong += strtod(number_text(number), NULL) != number;
    }
    for (int exponent = -1074; exponent < 1024; exponent++)
        wrong += strtod(number_text(ldexp(1, exponent)), NULL) != ldexp(1, exponent);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void no_shorter_number_would_do(void)
{
    uint64_t state = 2, wrong = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = scramble(&state);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number) || number == 0)
            continue;
        char digits[40];
        int written = 0;
        for (const char *at = number_text(number); *at != '\0' && *at != 'e'; at++)
            written += *at >= '0' && *at <= '9';
        snprintf(digits, sizeof digits, "%.*e", written > 1 ? written - 2 : 0, number);
        wrong += written > 1 && fabs(number) > 1e22 && strtod(digits, NULL) == number;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const char *json_again(const char *json)
{
    static char text[400];
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer out = {0};
    json_t *value = value_from_json(json, strlen(json), &error);
    if (value == NULL)
        return error_text(&error);
    value_write_json(value, &out);
    json_decref(value);
    return strncpy(text, buffer_text(&out), sizeof text - 1);
}

static void json_keeps_order_and_numbers(void)
{
    CHECK_TEXT(json_again(" { \"z\" : [1, 2.50, 1e2, -0.0], \"a\" : {} , \"m\":[] } "),
               "{\"z\":[1,2.5,100,0],\"a\":{},\"m\":[]}");
    CHECK_TEXT(json_again("9007199254740993"), "9007199254740993");
    CHECK_TEXT(json_again("9223372036854775808.0"), "9223372036854776000.0");
    CHECK_TEXT(json_again("-1e20"), "-100000000000000000000.0");
    CHECK_TEXT(json_again("9.2e18"), "9200000000000000000");
    CHECK_TEXT(json_again("-9223372036854775808"), "-9223372036854775808");
    CHECK_TEXT(json_again("[true,false,null,\"\"]"), "[true,false,null,\"\"]");
    CHECK_TEXT(json_again("\"\\u0000\\u0001\\b\\f\\n\\r\\t\\\"\\\\\\/\\u00e9\""),
               "\"\\u0000\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\xc3\xa9\"");
    CHECK_TEXT(json_again("1e5000"), "not JSON: real number overflow near '1e5000' (line 1, "
                                     "column 6)");
    CHECK_TEXT(json_again(""), "not JSON: unexpected token near end of file (line 1, column 0)");
    CHECK_TEXT(json_again("[1,\n2"), "not JSON: ']' expected near end of file (line 2, column 1)");
}

static void deep_and_broken_json_is_an_error(void)
{
    struct buffer deep = {0};
    for (int i = 0; i < 100000; i++)
        buffer_add_byte(&deep, '[');
    CLEANUP_ERROR struct error error = {0};
    CU_ASSERT_PTR_NULL(value_from_json(deep.bytes, deep.length, &error));
    CU_ASSERT_PTR_NOT_NULL(error.message);
    CU_ASSERT_PTR_NULL(value_from_json("\"\xff\"", 3, &error));
    CU_ASSERT_PTR_NULL(value_from_json("1\0002", 3, &error));
    buffer_release(&deep);
}

static void scalars_have_text_and_nothing_else_has(void)
{
    CLEANUP_BUFFER struct buffer out = {0};
    json_t *values = json_loads("[\"a b\", 12, 2.0, 0.5, true, false]", 0, NULL);
    for (size_t i = 0; i < json_array_size(values); i++) {
        CU_ASSERT(value_write_text(json_array_get(values, i), &out, NULL));
        buffer_add_byte(&out, '|');
    }
    CHECK_TEXT(buffer_text(&out), "a b|12|2|0.5|true|false|");
    json_decref(values);
    static const char *const others[][2] = {
        {"null", "null cannot stand in text [json(...) writes it as null]"},
        {"[1]", "a list cannot stand in text [join(..., ' ') writes its elements, json(...) its "
                "JSON]"},
        {"{}", "a map cannot stand in text [json(...) writes its JSON]"},
    };
    for (size_t i = 0; i < 3; i++) {
        CLEANUP_ERROR struct error error = {0};
        json_t *value = json_loads(others[i][0], JSON_DECODE_ANY, NULL);
        CU_ASSERT_FALSE(value_write_text(value, &out, &error));
        CHECK_TEXT(error_text(&error), others[i][1]);
        json_decref(value);
    }
}

static void scalars_follow_the_core_schema(void)
{
    static const char types[] = {'n', 'b', 'i', 'f', 't'};
    static const char *const examples[] = {
        "n",      "n~",    "nnull", "nNull",  "nNULL",   "tnUll", "btrue", "bTrue",
        "bFALSE", "ttRue", "tyes",  "tno",    "ton",     "i0",    "i12",   "i-7",
        "i+7",    "i007",  "i0o17", "t0o8",   "i0xfF",   "t0x",   "t-0x1", "t1_000",
        "f1.",    "f.5",   "f-.5",  "f1e3",   "f1.5E-3", "t1e",   "t1e+",  "t.",
        "t-",     "t+",    "f.inf", "f-.INF", "f+.Inf",  "f.nan", "f.NaN", "t-.nan",
        "t1.2.3", "t12a",  "t 1",   "t0b1",   "te3",     "t.e3",
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const char *text = examples[i] + 1;
        char type = types[value_scalar_type(text, strlen(text))];
        if (type != examples[i][0])
            CHECK_TEXT(examples[i], "to have another type");
    }
}

static const char *scalar(const char *text)
{
    static char result[400];
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer out = {0};
    json_t *value = value_from_scalar(text, strlen(text), &error);
    if (value == NULL)
        return error_text(&error);
    value_write_json(value, &out);
    json_decref(value);
    return strncpy(result, buffer_text(&out), sizeof result - 1);
}

static void plain_scalars_are_values(void)
{
    static const struct example examples[] = {
        {"", "null"},       {"~", "null"},      {"True", "true"},
        {"FALSE", "false"}, {"12", "12"},       {"-3", "-3"},
        {"0.5", "0.5"},     {"1e-7", "1e-7"},   {"1e+21", "1e+21"},
        {"abc", "\"abc\""}, {"yes", "\"yes\""}, {"9223372036854775807", "9223372036854775807"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        CHECK_TEXT(scalar(examples[i].expression), examples[i].expected);
}

static void numbers_that_would_change_are_errors(void)
{
    static const struct example examples[] = {
        {"3.10", "3.10 would be written back as 3.1 [quote it to keep it as text]"},
        {"1.0", "1.0 would be written back as 1 [quote it to keep it as text]"},
        {"007", "007 would be written back as 7 [quote it to keep it as text]"},
        {"+1", "+1 would be written back as 1 [quote it to keep it as text]"},
        {"-0", "-0 would be written back as 0 [quote it to keep it as text]"},
        {"1e3", "1e3 would be written back as 1000 [quote it to keep it as text]"},
        {"0x10", "0x10 would be written back as 16 [quote it to keep it as text]"},
        {"0o17", "0o17 would be written back as 15 [quote it to keep it as text]"},
        {".5", ".5 would be written back as 0.5 [quote it to keep it as text]"},
        {"0.12345678901234567890", "0.12345678901234567890 would be written back as "
                                   "0.12345678901234568 [quote it to keep it as text]"},
        {"9223372036854775808", "9223372036854775808 is not a number that a value can hold "
                                "[quote it to keep it as text]"},
        {"0xffffffffffffffff", "0xffffffffffffffff is not a number that a value can hold "
                               "[quote it to keep it as text]"},
        {"1e999", "1e999 is not a number that a value can hold [quote it to keep it as text]"},
        {".inf", ".inf is not a number that a value can hold [quote it to keep it as text]"},
        {".nan", ".nan is not a number that a value can hold [quote it to keep it as text]"},
        {"\xff", "the text is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        CHECK_TEXT(scalar(examples[i].expression), examples[i].expected);
    char many[1001];
    memset(many, '9', 1000);
    many[1000] = '\0';
    CHECK_TEXT(scalar(many),
               "999999999999999999999999999999999999999999999999999999999999... is not a number "
               "that a value can hold [quote it to keep it as text]");
}

static const char *typed(enum value_type type, const char *text, size_t length)
{
    static char result[400];
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer out = {0};
    json_t *value = value_from_text(type, text, length, &error);
    if (value == NULL)
        return error_text(&error);
    value_write_json(value, &out);
    buffer_add_text(&out, json_is_real(value) ? " real" : "");
    json_decref(value);
    return strncpy(result, buffer_text(&out), sizeof result - 1);
}

static void text_is_read_by_type(void)
{
    static const struct {
        enum value_type type;
        const char *text, *expected;
    } examples[] = {
        {TYPE_TEXT, "3.10", "\"3.10\""},
        {TYPE_TEXT, "", "\"\""},
        {TYPE_ENUM, "fast", "\"fast\""},
        {TYPE_INT, "12", "12"},
        {TYPE_INT, "-12", "-12"},
        {TYPE_INT, "007", "7"},
        {TYPE_INT, "x", "'x' is not an int"},
        {TYPE_INT, "", "'' is not an int"},
        {TYPE_INT, "1.5", "'1.5' is not an int"},
        {TYPE_INT, " 1", "' 1' is not an int"},
        {TYPE_INT, "99999999999999999999", "'99999999999999999999' is not an int"},
        {TYPE_FLOAT, "3", "3 real"},
        {TYPE_FLOAT, "-2.50", "-2.5 real"},
        {TYPE_FLOAT, "1e3", "1000 real"},
        {TYPE_FLOAT, "inf", "'inf' is not a float"},
        {TYPE_FLOAT, "nan", "'nan' is not a float"},
        {TYPE_FLOAT, "0x10", "'0x10' is not a float"},
        {TYPE_FLOAT, "1e999", "'1e999' is not a float"},
        {TYPE_BOOL, "true", "true"},
        {TYPE_BOOL, "false", "false"},
        {TYPE_BOOL, "True", "'True' is not a bool [write true or false]"},
        {TYPE_JSON, "[1, {\"a\": null}]", "[1,{\"a\":null}]"},
        {TYPE_JSON, "3", "3"},
        {TYPE_JSON, "a", "not JSON: invalid token near 'a' (line 1, column 1)"},
        {TYPE_TEXT, "\xc0\x80", "the text is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        CHECK_TEXT(typed(examples[i].type, examples[i].text, strlen(examples[i].text)),
                   examples[i].expected);
    CHECK_TEXT(typed(TYPE_INT, "1\0002", 3), "'1?2' is not an int");
    CHECK_TEXT(typed(TYPE_TEXT, "1\0002", 3), "\"1\\u00002\"");
}

static void types_have_names(void)
{
    static const char *const names[] = {"text", "int", "float", "bool", "json", "enum"};
    for (size_t i = 0; i < 6; i++) {
        enum value_type type;
        CU_ASSERT(value_type_from_text(names[i], &type));
        CU_ASSERT_EQUAL(type, i);
        CHECK_TEXT(value_type_text(type), names[i]);
    }
    enum value_type type;
    CU_ASSERT_FALSE(value_type_from_text("string", &type));
    CU_ASSERT_FALSE(value_type_from_text("", &type));
}

static void values_have_types(void)
{
    static const struct {
        const char *json, *types; /* the letters of those it has */
    } examples[] = {
        {"\"a\"", "tje"}, {"1", "ifj"}, {"1.0", "fj"}, {"true", "bj"}, {"null", "j"}, {"[]", "j"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        json_t *value = json_loads(examples[i].json, JSON_DECODE_ANY, NULL);
        for (int type = TYPE_TEXT; type <= TYPE_ENUM; type++)
            CU_ASSERT_EQUAL(value_has_type(value, (enum value_type)type),
                            strchr(examples[i].types, "tifbje"[type]) != NULL);
        json_decref(value);
    }
}

static void equality_knows_numbers_and_any_order_of_keys(void)
{
    static const struct {
        const char *a, *b;
        bool is_equal;
    } examples[] = {
        {"1", "1.0", true},
        {"1", "1.5", false},
        {"9007199254740993", "9007199254740992.0", false},
        {"9007199254740992", "9007199254740992.0", true},
        {"9223372036854775807", "9223372036854775808.0", false},
        {"1", "true", false},
        {"1", "\"1\"", false},
        {"null", "null", true},
        {"null", "false", false},
        {"\"a\"", "\"a\"", true},
        {"[1, 2]", "[1.0, 2]", true},
        {"[1, 2]", "[2, 1]", false},
        {"[1]", "[1, 2]", false},
        {"{\"a\": 1, \"b\": [2]}", "{\"b\": [2.0], \"a\": 1}", true},
        {"{\"a\": 1}", "{\"b\": 1}", false},
        {"{\"a\": 1}", "{\"a\": 1, \"b\": 1}", false},
        {"{}", "[]", false},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        json_t *a = json_loads(examples[i].a, JSON_DECODE_ANY, NULL);
        json_t *b = json_loads(examples[i].b, JSON_DECODE_ANY, NULL);
        CU_ASSERT_EQUAL(value_equal(a, b), examples[i].is_equal);
        CU_ASSERT_EQUAL(value_equal(b, a), examples[i].is_equal);
        json_decref(a);
        json_decref(b);
    }
}

const struct check scalar_checks[] = {
    {"numbers are written as ECMAScript does", numbers_are_written_as_ecmascript_does},
    {"every number reads back the same", every_number_reads_back_the_same},
    {"no shorter number would do", no_shorter_number_would_do},
    {"JSON keeps order and numbers", json_keeps_order_and_numbers},
    {"deep and broken JSON is an error", deep_and_broken_json_is_an_error},
    {"scalars have text and nothing else has", scalars_have_text_and_nothing_else_has},
    {"scalars follow the core schema", scalars_follow_the_core_schema},
    {"plain scalars are values", plain_scalars_are_values},
    {"numbers that would change are errors", numbers_that_would_change_are_errors},
    {"text is read by type", text_is_read_by_type},
    {"types have names", types_have_names},
    {"values have types", values_have_types},
    {"equality knows numbers and any order of keys", equality_knows_numbers_and_any_order_of_keys},
    {NULL, NULL},
};
