/* run: the environment of a task, and what tasks write to $PARGRAPH_OUTPUT. What a whole run does
 * is tested from outside, in tests/cli. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "run/environment.h"
#include "run/outputs.h"
#include "support/check.h"

/* --- environment --- */

static char *joined(char *const *entries)
{
    struct buffer text = {0};
    for (uint32_t i = 0; entries[i] != NULL; i++)
        buffer_printf(&text, "%s%s", i > 0 ? " " : "", entries[i]);
    return buffer_take(&text);
}

static void merged_is(const char *const *outer, const char *const *own, const char *expected)
{
    char **saved = environ;
    environ = (char **)outer;
    struct environment inherited;
    environment_init(&inherited, NULL);
    char **merged = environment_merge(&inherited, (char *const *)own);
    environ = saved;
    CLEANUP_FREE char *text = joined(merged);
    CHECK_TEXT(text, expected);
    free(merged);
    environment_release(&inherited);
}

static void own_entries_win(void)
{
    merged_is((const char *[]){"B=2", "A=1", "AB=3", NULL},
              (const char *[]){"A=own", "C=new", NULL}, "A=own AB=3 B=2 C=new");
    merged_is((const char *[]){"A=1", NULL}, (const char *[]){NULL}, "A=1");
    merged_is((const char *[]){NULL}, (const char *[]){"X=", NULL}, "X=");
}

static void later_own_entries_win(void)
{
    merged_is((const char *[]){"A=1", NULL}, (const char *[]){"A=2", "N=1", "A=3", "N=2", NULL},
              "A=3 N=2");
    merged_is((const char *[]){"A=1", NULL}, (const char *[]){"A", "A=2", NULL}, "A=2");
}

static void a_bare_name_is_taken_out(void)
{
    merged_is((const char *[]){"A=1", "B=2", NULL}, (const char *[]){"A", "NOT_THERE", NULL},
              "B=2");
    merged_is((const char *[]){"A=1", "B=2", NULL}, (const char *[]){"A=5", "A", NULL}, "B=2");
}

static void an_outer_run_is_forgotten(void)
{
    merged_is(
        (const char *[]){"PARGRAPH_TASK=outer", "PARGRAPH_V1=x", "PARGRAPH_STATE=/s", "Z=1", NULL},
        (const char *[]){NULL}, "PARGRAPH_STATE=/s Z=1");
}

/* --- outputs --- */

static struct names names;
static struct output declared[4];
static struct details details = {.outputs = declared, .output_count = 4};
static const struct task task = {.details = &details};
static struct workflow workflow = {.names = &names};

static char *parsed(const char *text, struct error *error)
{
    names_init(&names);
    static const struct {
        const char *name;
        enum value_type type;
    } outputs[] = {{"n", TYPE_INT}, {"text", TYPE_TEXT}, {"j", TYPE_JSON}, {"opt", TYPE_BOOL}};
    for (int i = 0; i < 4; i++)
        declared[i] = (struct output){.name = names_add_text(&names, outputs[i].name),
                                      .type = outputs[i].type};
    declared[1].value = json_string("default");
    declared[2].value = json_null();
    declared[3].value = json_true();
    json_t *object = outputs_parse(&workflow, &task, text, strlen(text), error);
    char *result = NULL;
    if (object != NULL) {
        struct buffer json = {0};
        value_write_json(object, &json);
        result = buffer_take(&json);
    }
    json_decref(object);
    json_decref(declared[1].value);
    names_release(&names);
    return result;
}

static void outputs_are(const char *text, const char *expected)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *json = parsed(text, &error);
    CHECK_TEXT(json, expected);
}

static void outputs_fail(const char *text, const char *message)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *json = parsed(text, &error);
    CU_ASSERT_PTR_NULL(json);
    CHECK_TEXT(error.message, message);
}

static void lines_and_defaults(void)
{
    outputs_are("n=42\n", "{\"n\":42,\"text\":\"default\",\"j\":null,\"opt\":true}");
    outputs_are("n=1\n\nn=2\ntext=a=b <<c\nopt=false",
                "{\"n\":2,\"text\":\"a=b <<c\",\"opt\":false,\"j\":null}");
}

static void blocks(void)
{
    outputs_are("text<<END\nline 1\nn=5\n\nEND\nn=7\nj<<E\n[1,\n2]\nE\n",
                "{\"text\":\"line 1\\nn=5\\n\",\"n\":7,\"j\":[1,2],\"opt\":true}");
    outputs_are("text<<E\nE\nn=1\n", "{\"text\":\"\",\"n\":1,\"j\":null,\"opt\":true}");
}

static void wrong_outputs(void)
{
    outputs_fail("", "the output 'n' was not written");
    outputs_fail("x=1\nn=1\n", "the output 'x' is not declared");
    outputs_fail("n=1\njust words\n", "'just words' in $PARGRAPH_OUTPUT is not name=value");
    outputs_fail("text<<END\nopen\n", "the output 'text<<END' is not closed");
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *json = parsed("n=1.5\n", &error);
    CU_ASSERT_PTR_NULL(json);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "output 'n': "));
}

static const struct check checks[] = {
    {"environment: own entries win", own_entries_win},
    {"environment: later own entries win", later_own_entries_win},
    {"environment: a bare name is taken out", a_bare_name_is_taken_out},
    {"environment: an outer run is forgotten", an_outer_run_is_forgotten},
    {"outputs: lines and defaults", lines_and_defaults},
    {"outputs: blocks", blocks},
    {"outputs: wrong ones", wrong_outputs},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return check_main(argc, argv, "run", checks);
}
