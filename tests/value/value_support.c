/* Support for the tests of the sandbox; see value_support.h. */
#include "value_support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { AT = 1000 };

static const char *const known[] = {
    "matrix.i",
    "matrix.j",
    "matrix.a",
    "matrix.a-b",
    "matrix.end",
    "matrix.sample",
    "matrix.x",
    "matrix.2nd",
    "matrix.none",
    "matrix.gone",
    "params.n",
    "params.list",
    "params.bad",
    "params.map",
    "params.big",
    "params.whole",
    "params.empty",
    "params.text",
    "params.rows",
    "env.HOME",
    "here",
    "needs.align.stdout",
    "needs.align.outputs.mean",
    "needs.build-docs.status",
    "needs.build.status",
    "rank",
};

static const char values[] =
    "{\"matrix\": {\"i\": 3, \"j\": 4, \"a\": 10, \"a-b\": 20, \"end\": 30, \"2nd\": 2,"
    "  \"sample\": {\"name\": \"s1\", \"end\": 7, \"and\": {\"or\": 8}, \"zeta\": 1, \"alpha\": 2},"
    "  \"x\": \"text\", \"none\": null},"
    " \"params\": {\"n\": 1.5, \"list\": [1, null, \"b\"], \"map\": {\"z\": 1, \"a\": {}, \"m\": "
    "[]},"
    "  \"big\": 9007199254740993, \"whole\": 2.0, \"empty\": {}, \"text\": \"a\\u0000b\","
    "  \"rows\": [{\"b\": 1, \"a\": 2}, {\"b\": 3, \"a\": 4}]},"
    " \"env\": {\"HOME\": \"/root\"}, \"here\": \"/flow\", \"rank\": 0,"
    " \"needs\": {\"align\": {\"stdout\": \"out\", \"outputs\": {\"mean\": 12.25}},"
    "  \"build-docs\": {\"status\": \"success\"}, \"build\": {\"status\": \"failure\"}}}";

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

/* The part of a known path behind `prefix`, up to the next dot; NULL if it is not below it. */
static const char *part_behind(const char *path, const char *prefix, int *ret_length)
{
    size_t length = strlen(prefix);
    if (strncmp(path, prefix, length) != 0)
        return NULL;
    *ret_length = (int)strcspn(path + length, ".");
    return path + length;
}

static int declared(void *context, const char *const *path, int depth, const char *text, int length,
                    struct error *error)
{
    (void)context;
    char prefix[200] = "";
    for (int i = 0; i < depth; i++)
        strcat(strcat(prefix, path[i]), ".");
    int longest = 0;
    bool has_children = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int own;
        const char *part = part_behind(known[i], prefix, &own);
        if (part == NULL || own == 0)
            continue;
        has_children = true;
        if (own <= length && memcmp(part, text, (size_t)own) == 0 && own > longest &&
            (own == length || !is_name_byte(text[own])))
            longest = own;
    }
    if (longest > 0 || depth == 0 || !has_children)
        return longest;
    error_set(error, PLACE_NONE, "unknown name '%.*s'", length, text);
    error_hint(error, "ask somebody");
    return SCOPE_UNKNOWN;
}

static bool may_end(void *context, const char *const *path, int depth, struct error *error)
{
    (void)context;
    if (strcmp(path[0], "needs") == 0 && depth < 3)
        return error_set(error, PLACE_NONE, "more must follow '%s'", path[depth - 1]);
    return true;
}

const struct scope bench_scope = {.declared = declared, .may_end = may_end};

void bench_open(struct bench *bench)
{
    *bench = (struct bench){.values = json_loads(values, JSON_ALLOW_NUL, NULL)};
    names_init(&bench->names);
    snapshot_init(&bench->snapshot, scratch_open());
    bench->sandbox = sandbox_new(&bench->names, &bench->snapshot);
}

void bench_close(struct bench *bench)
{
    sandbox_free(bench->sandbox);
    snapshot_release(&bench->snapshot);
    names_release(&bench->names);
    json_decref(bench->values);
    buffer_release(&bench->text);
    scratch_close();
}

static json_t *value_of(void *context, const struct reference *reference, struct error *error)
{
    struct bench *bench = context;
    json_t *value = bench->values;
    for (int i = 0; i < reference->depth; i++)
        value = json_object_get(value, names_text(&bench->names, reference->names[i]));
    if (strcmp(names_text(&bench->names, reference->names[reference->depth - 1]), "bad") == 0) {
        error_set(error, PLACE_NONE, "this value is bad");
        error_hint(error, "take another");
    }
    return json_incref(value);
}

static const char *failure(struct bench *bench, const struct error *error)
{
    buffer_printf(&bench->text, "%d: %s", (int)error->at - AT, error->message);
    if (error->hint != NULL)
        buffer_printf(&bench->text, " [%s]", error->hint);
    return buffer_text(&bench->text);
}

const char *bench_evaluate_n(struct bench *bench, const char *expression, size_t length)
{
    CLEANUP_ERROR struct error error = {0};
    struct expression compiled;
    buffer_clear(&bench->text);
    if (!sandbox_compile(bench->sandbox, expression, length, AT, &bench_scope, &compiled, &error))
        return failure(bench, &error);
    struct evaluation evaluation = {bench, value_of, bench->flags};
    json_t *value = sandbox_evaluate(bench->sandbox, &compiled, &evaluation, &error);
    if (value == NULL)
        return failure(bench, &error);
    value_write_json(value, &bench->text);
    /* JSON text does not tell 2 from 2.0. */
    if (json_is_real(value))
        buffer_add_text(&bench->text, " real");
    json_decref(value);
    return buffer_text(&bench->text);
}

const char *bench_evaluate(struct bench *bench, const char *expression)
{
    return bench_evaluate_n(bench, expression, strlen(expression));
}

bool bench_compile(struct bench *bench, const char *expression, struct expression *ret,
                   struct error *error)
{
    return sandbox_compile(bench->sandbox, expression, strlen(expression), AT, &bench_scope, ret,
                           error);
}

const char *bench_references(struct bench *bench, const char *expression)
{
    CLEANUP_ERROR struct error error = {0};
    struct expression compiled;
    buffer_clear(&bench->text);
    if (!bench_compile(bench, expression, &compiled, &error))
        return failure(bench, &error);
    for (int i = 0; i < compiled.reference_count; i++) {
        const struct reference *reference = &compiled.references[i];
        for (int j = 0; j < reference->depth; j++)
            buffer_printf(&bench->text, "%s%s",
                          j > 0   ? "."
                          : i > 0 ? " "
                                  : "",
                          names_text(&bench->names, reference->names[j]));
    }
    return buffer_text(&bench->text);
}

void check_examples(const struct example *examples, size_t count, const char *file, int line)
{
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < count; i++) {
        const char *actual = bench_evaluate(&bench, examples[i].expression);
        if (strcmp(actual, examples[i].expected) != 0)
            printf("in the example: %s\n", examples[i].expression);
        check_text(actual, examples[i].expected, file, line);
    }
    bench_close(&bench);
}

const char *error_text(const struct error *error)
{
    static char text[500];
    snprintf(text, sizeof text, "%s%s%s%s", error->message ? error->message : "no error",
             error->hint ? " [" : "", error->hint ? error->hint : "", error->hint ? "]" : "");
    return text;
}

static char *scratch;

const char *scratch_open(void)
{
    const char *parent = getenv("TMPDIR");
    CLEANUP_FREE char *name = file_join(parent != NULL ? parent : "/tmp", "value-test-XXXXXX");
    scratch = memory_text(mkdtemp(name));
    return scratch;
}

void scratch_close(void)
{
    CLEANUP_BUFFER struct buffer command = {0};
    buffer_printf(&command, "rm -rf '%s'", scratch);
    CU_ASSERT(system(buffer_text(&command)) == 0);
    memory_free(scratch);
    scratch = NULL;
}

void scratch_write(const char *name, const char *text)
{
    CLEANUP_FREE char *path = file_join(scratch, name), *folder = file_directory(path);
    CU_ASSERT(file_make_directories(folder, 0777, NULL));
    CU_ASSERT(file_replace(path, text, strlen(text), NULL));
}
