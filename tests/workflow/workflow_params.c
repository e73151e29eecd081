/* Params: their values as given, or else by default. */
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

static char *params_of(const struct fixture *f)
{
    struct buffer out = {0};
    value_write_json(f->workflow.params_value, &out);
    return buffer_take(&out);
}

static const char params_text[] =
    "pargraph: 1\n"
    "params:\n"
    "  members: {type: int, default: 8, min: 1, max: 100, description: how many}\n"
    "  mode: {enum: [fast, full], default: fast}\n"
    "  tol: {type: float, default: 0.5}\n"
    "  version: {default: 3.10}\n"
    "  rows: {type: json, default: [{a: 1, b: '${{ params.members + 1 }}'}]}\n"
    "  twice: {type: int, default: '${{ params.members * 2 }}'}\n"
    "  label: {default: 'm-${{ params.members }}'}\n"
    "  debug: {type: bool, default: false}\n"
    "  none: {type: int}\n";

static void test_params(void)
{
    struct fixture f;
    fixture_good(&f, params_text);
    CLEANUP_FREE char *params = params_of(&f);
    CHECK_TEXT(params, "{\"members\":8,\"mode\":\"fast\",\"tol\":0.5,\"version\":\"3.10\","
                       "\"rows\":[{\"a\":1,\"b\":9}],\"twice\":16,\"label\":\"m-8\","
                       "\"debug\":false,\"none\":null}");
    CHECK_TEXT(fixture_text(&f, f.workflow.params[0].description), "how many");
    CU_ASSERT_EQUAL(f.workflow.params[1].type, TYPE_ENUM);
    fixture_release(&f);
}

static void test_params_given(void)
{
    struct fixture f;
    fixture_read_with(&f, params_text,
                      "{\"members\": \"12\", \"mode\": \"full\", \"tol\": 2, \"version\": \"007\","
                      " \"rows\": \"[1]\", \"debug\": true}");
    CU_ASSERT_TRUE(f.is_good);
    CLEANUP_FREE char *params = params_of(&f);
    CHECK_TEXT(params, "{\"members\":12,\"mode\":\"full\",\"tol\":2,\"version\":\"007\","
                       "\"rows\":[1],\"twice\":24,\"label\":\"m-12\",\"debug\":true,"
                       "\"none\":null}");
    fixture_release(&f);
}

static void test_params_given_wrong(void)
{
    struct fixture f;
    fixture_read_with(&f, params_text,
                      "{\"members\": \"many\", \"mode\": \"slow\", \"tol\": \"x\","
                      " \"version\": 5, \"debug\": 1, \"membres\": 1, \"twice\": \"1.5\"}");
    CU_ASSERT_FALSE(f.is_good);
    CLEANUP_FREE char *errors = fixture_errors(&f);
    CHECK_TEXT(errors, "error: param 'members': 'many' is not an int\n"
                       "error: param 'mode': \"slow\" is not one of [\"fast\",\"full\"]\n"
                       "error: param 'tol': 'x' is not a float\n"
                       "error: param 'version': expected text, found 5\n"
                       "error: param 'twice': '1.5' is not an int\n"
                       "error: param 'debug': expected true or false, found 1\n"
                       "error: this workflow has no param 'membres'\n"
                       "      = did you mean 'members'?\n");
    fixture_release(&f);
}

static void test_params_given_limits(void)
{
    struct fixture f;
    fixture_read_with(&f, params_text, "{\"members\": \"0\"}");
    CLEANUP_FREE char *low = fixture_errors(&f);
    CHECK_TEXT(low, "error: param 'members': 0 is less than min, 1\n");
    fixture_release(&f);
    fixture_read_with(&f, params_text, "{\"members\": 101}");
    CLEANUP_FREE char *high = fixture_errors(&f);
    CHECK_TEXT(high, "error: param 'members': 101 is more than max, 100\n");
    fixture_release(&f);
}

/* A default that cannot be evaluated does no harm where a value is given. */
static void test_params_default_unused(void)
{
    struct fixture f;
    fixture_read_with(&f,
                      "pargraph: 1\n"
                      "params: {rows: {type: json, default: \"${{ csv('none.csv') }}\"}}\n",
                      "{\"rows\": []}");
    CU_ASSERT_TRUE(f.is_good);
    fixture_release(&f);
}

const struct check params_checks[] = {
    {"params", test_params},
    {"params given", test_params_given},
    {"params given wrong", test_params_given_wrong},
    {"params given limits", test_params_given_limits},
    {"params default unused", test_params_default_unused},
    {0},
};
