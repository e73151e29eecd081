/* What expressions see of files and the environment. */
#include "value_support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const char *shown(json_t *value, const struct error *error)
{
    static char text[2000];
    if (value == NULL)
        return error_text(error);
    CLEANUP_BUFFER struct buffer out = {0};
    value_write_json(value, &out);
    json_decref(value);
    return strncpy(text, buffer_text(&out), sizeof text - 1);
}

static const char *glob_text(struct snapshot *snapshot, const char *pattern)
{
    CLEANUP_ERROR struct error error = {0};
    return shown(snapshot_glob(snapshot, pattern, &error), &error);
}

static const char *read_text(struct snapshot *snapshot, const char *path)
{
    CLEANUP_ERROR struct error error = {0};
    return shown(snapshot_read(snapshot, path, &error), &error);
}

static const char *env_text(struct snapshot *snapshot, const char *variable)
{
    CLEANUP_ERROR struct error error = {0};
    return shown(snapshot_env(snapshot, variable, &error), &error);
}

static const char *folder;

static void open_scratch(struct snapshot *snapshot)
{
    folder = scratch_open();
    snapshot_init(snapshot, folder);
}

static void close_scratch(struct snapshot *snapshot)
{
    snapshot_release(snapshot);
    scratch_close();
}

static void make_link(const char *target, const char *name)
{
    CLEANUP_FREE char *path = file_join(folder, name);
    CU_ASSERT(symlink(target, path) == 0);
}

static void make_tree(void)
{
    static const char *const files[] = {
        "a.csv",     "b.csv",          "B.csv",        ".hidden.csv", "c.txt",     "x/a.csv",
        "x/y/a.csv", "x/y/z/deep.csv", "x/.git/a.csv", "w/a.csv",     "w/[1].csv", "w/star*.csv",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        scratch_write(files[i], "");
    make_link("..", "x/loop");
    make_link("y", "x/link");
    make_link("nowhere", "x/broken.csv");
}

static void patterns_match(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    make_tree();
    static const struct example examples[] = {
        {"*.csv", "[\"B.csv\",\"a.csv\",\"b.csv\"]"},
        {"./*.csv", "[\"./B.csv\",\"./a.csv\",\"./b.csv\"]"},
        {".*.csv", "[\".hidden.csv\"]"},
        {"[ab].csv", "[\"a.csv\",\"b.csv\"]"},
        {"?.txt", "[\"c.txt\"]"},
        {"a.csv", "[\"a.csv\"]"},
        {"none.csv", "[]"},
        {"none/*", "[]"},
        {"a.csv/*", "[]"},
        {"", "[]"},
        {"*/a.csv", "[\"w/a.csv\",\"x/a.csv\"]"},
        {"x/../a.csv", "[\"x/../a.csv\"]"},
        {"**/a.csv", "[\"a.csv\",\"w/a.csv\",\"x/a.csv\",\"x/y/a.csv\"]"},
        {"**/**/a.csv", "[\"a.csv\",\"w/a.csv\",\"x/a.csv\",\"x/y/a.csv\"]"},
        {"x/**/a.csv", "[\"x/a.csv\",\"x/y/a.csv\"]"},
        {"x/**/z/*.csv", "[\"x/y/z/deep.csv\"]"},
        {"**/y/**/*.csv", "[\"x/y/a.csv\",\"x/y/z/deep.csv\"]"},
        {"x/y/**", "[\"x/y/a.csv\",\"x/y/z\",\"x/y/z/deep.csv\"]"},
        {"x/link/a.csv", "[\"x/link/a.csv\"]"},
        {"x/l*k/a.csv", "[\"x/link/a.csv\"]"},
        {"x/*.csv", "[\"x/a.csv\",\"x/broken.csv\"]"},
        {"*/", "[\"w/\",\"x/\"]"},
        {"x/*/", "[\"x/link/\",\"x/loop/\",\"x/y/\"]"},
        {"*", "[\"B.csv\",\"a.csv\",\"b.csv\",\"c.txt\",\"w\",\"x\"]"},
        {"w/\\[1].csv", "[\"w/[1].csv\"]"},
        {"w/star\\*.csv", "[\"w/star*.csv\"]"},
        {"w/[", "[]"},
        {"*/../a.csv", "the pattern '*/../a.csv' has '..' behind a wildcard"},
        {"\xff*", "the pattern is asked for a name that is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        CHECK_TEXT(glob_text(&snapshot, examples[i].expression), examples[i].expected);
    CLEANUP_FREE char *absolute = file_join(folder, "x/**/deep.csv");
    CLEANUP_BUFFER struct buffer expected = {0};
    buffer_printf(&expected, "[\"%s/x/y/z/deep.csv\"]", folder);
    CHECK_TEXT(glob_text(&snapshot, absolute), buffer_text(&expected));
    close_scratch(&snapshot);
}

static void a_pattern_of_many_parts_is_an_error(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    CLEANUP_BUFFER struct buffer pattern = {0};
    for (int i = 0; i < 62; i++)
        buffer_add_text(&pattern, "*/");
    CHECK_TEXT(glob_text(&snapshot, buffer_text(&pattern)), "[]");
    buffer_add_text(&pattern, "**");
    CHECK_TEXT(glob_text(&snapshot, buffer_text(&pattern)), "a pattern has more than 62 parts");
    close_scratch(&snapshot);
}

static void names_that_are_not_utf8_are_errors(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    scratch_write("bad\xff", "");
    CHECK_TEXT(glob_text(&snapshot, "bad*"), "the path 'bad\xff' is not UTF-8");
    close_scratch(&snapshot);
}

static void files_are_read_as_text(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    scratch_write("a.txt", "one\ntwo\n");
    scratch_write("bad.txt", "\xff\n");
    scratch_write("-", "a dash");
    CLEANUP_FREE char *path = file_join(folder, "nul");
    CU_ASSERT(file_replace(path, "a\0b", 3, NULL));
    CLEANUP_FREE char *fifo = file_join(folder, "fifo");
    CU_ASSERT(mkfifo(fifo, 0600) == 0);
    CHECK_TEXT(read_text(&snapshot, "a.txt"), "\"one\\ntwo\\n\"");
    CHECK_TEXT(read_text(&snapshot, "-"), "\"a dash\"");
    CHECK_TEXT(read_text(&snapshot, "bad.txt"), "bad.txt is not UTF-8");
    CHECK_TEXT(read_text(&snapshot, "nul"), "nul holds a NUL byte: it is not text");
    CHECK_TEXT(read_text(&snapshot, "none"), "cannot read none: No such file or directory");
    CHECK_TEXT(read_text(&snapshot, "fifo"), "fifo is not a file");
    CHECK_TEXT(read_text(&snapshot, "."), ". is not a file");
    CHECK_TEXT(read_text(&snapshot, "/dev/zero"), "/dev/zero is not a file");
    close_scratch(&snapshot);
}

static void large_files_are_refused(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    scratch_write("large", "");
    CLEANUP_FREE char *path = file_join(folder, "large");
    CU_ASSERT(truncate(path, 64 * 1024 * 1024 + 1) == 0);
    CLEANUP_BUFFER struct buffer expected = {0};
    buffer_printf(&expected, "%s is larger than 67108864 bytes", path);
    CHECK_TEXT(read_text(&snapshot, "large"), buffer_text(&expected));
    close_scratch(&snapshot);
}

static void variables_are_text_or_null(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    setenv("VALUE_TEST", "x y", 1);
    setenv("VALUE_BAD", "\xff", 1);
    unsetenv("VALUE_NONE");
    CHECK_TEXT(env_text(&snapshot, "VALUE_TEST"), "\"x y\"");
    CHECK_TEXT(env_text(&snapshot, "VALUE_NONE"), "null");
    CHECK_TEXT(env_text(&snapshot, "VALUE_BAD"), "the environment variable VALUE_BAD is not UTF-8");
    close_scratch(&snapshot);
}

static void what_was_answered_stays(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    scratch_write("a.txt", "one");
    setenv("VALUE_TEST", "1", 1);
    unsetenv("VALUE_NONE");
    CHECK_TEXT(read_text(&snapshot, "a.txt"), "\"one\"");
    CHECK_TEXT(glob_text(&snapshot, "*"), "[\"a.txt\"]");
    CHECK_TEXT(env_text(&snapshot, "VALUE_TEST"), "\"1\"");
    CHECK_TEXT(env_text(&snapshot, "VALUE_NONE"), "null");
    CHECK_TEXT(read_text(&snapshot, "b.txt"), "cannot read b.txt: No such file or directory");
    scratch_write("a.txt", "two");
    scratch_write("b.txt", "new");
    setenv("VALUE_TEST", "2", 1);
    setenv("VALUE_NONE", "2", 1);
    CHECK_TEXT(read_text(&snapshot, "a.txt"), "\"one\"");
    CHECK_TEXT(glob_text(&snapshot, "*"), "[\"a.txt\"]");
    CHECK_TEXT(env_text(&snapshot, "VALUE_TEST"), "\"1\"");
    CHECK_TEXT(env_text(&snapshot, "VALUE_NONE"), "null");
    CHECK_TEXT(read_text(&snapshot, "b.txt"), "\"new\"");
    CLEANUP_BUFFER struct buffer answers = {0};
    value_write_json(snapshot.answers, &answers);
    CHECK_TEXT(buffer_text(&answers),
               "{\"env\":{\"VALUE_TEST\":\"1\",\"VALUE_NONE\":null},\"glob\":{\"*\":[\"a.txt\"]},"
               "\"read\":{\"a.txt\":\"one\",\"b.txt\":\"new\"}}");
    unsetenv("VALUE_NONE");
    close_scratch(&snapshot);
}

static void a_frozen_snapshot_answers_only_what_it_has(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    scratch_write("a.txt", "now");
    json_t *answers = json_loads("{\"env\": {\"V\": null}, \"glob\": {\"*\": [\"x\"]}, \"read\": "
                                 "{\"a.txt\": \"then\"}}",
                                 0, NULL);
    snapshot_freeze(&snapshot, answers);
    json_decref(answers);
    CHECK_TEXT(read_text(&snapshot, "a.txt"), "\"then\"");
    CHECK_TEXT(glob_text(&snapshot, "*"), "[\"x\"]");
    CHECK_TEXT(env_text(&snapshot, "V"), "null");
    CHECK_TEXT(read_text(&snapshot, "b.txt"),
               "the file 'b.txt' was not asked for when this run was planned");
    CHECK_TEXT(glob_text(&snapshot, "?"),
               "the pattern '?' was not asked for when this run was planned");
    CHECK_TEXT(env_text(&snapshot, "HOME"),
               "the environment variable 'HOME' was not asked for when this run was planned");
    close_scratch(&snapshot);
}

static void broken_answers_are_no_answers(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    json_t *answers = json_loads("{\"env\": 3}", 0, NULL);
    snapshot_freeze(&snapshot, answers);
    json_decref(answers);
    CHECK_TEXT(env_text(&snapshot, "V"),
               "the environment variable 'V' was not asked for when this run was planned");
    CHECK_TEXT(read_text(&snapshot, "a"),
               "the file 'a' was not asked for when this run was planned");
    close_scratch(&snapshot);
}

static void a_forgetful_snapshot_asks_each_time(void)
{
    struct snapshot snapshot;
    open_scratch(&snapshot);
    snapshot.is_forgetful = true;
    scratch_write("a.txt", "one");
    CHECK_TEXT(read_text(&snapshot, "a.txt"), "\"one\"");
    scratch_write("a.txt", "two");
    CHECK_TEXT(read_text(&snapshot, "a.txt"), "\"two\"");
    CU_ASSERT_EQUAL(json_object_size(json_object_get(snapshot.answers, "read")), 0);
    snapshot.is_frozen = true;
    CHECK_TEXT(read_text(&snapshot, "a.txt"), "\"two\"");
    close_scratch(&snapshot);
}

static void expressions_read_files(void)
{
    struct bench bench;
    bench_open(&bench);
    scratch_write("a.txt", "one\r\ntwo\n\nthree");
    scratch_write("empty", "");
    scratch_write("a.csv", "name,n\r\n\"x, \"\"y\"\"\nz\",1\n\n,2\n");
    scratch_write("mark.csv", "\xef\xbb\xbf"
                              "b,a\n1,2");
    scratch_write("ragged.csv", "a,b\n1,2\n\"3\n\",4\n5\n");
    scratch_write("wide.csv", "a\n1,2\n");
    scratch_write("open.csv", "a\n\"1\n2\n");
    scratch_write("inner.csv", "a\n1\"2\n");
    scratch_write("behind.csv", "a\n\"1\"2\n");
    scratch_write("twice.csv", "a,b,a\n");
    static const struct example examples[] = {
        {"read('empty')", "\"\""},
        {"lines('a.txt')", "[\"one\",\"two\",\"\",\"three\"]"},
        {"lines('empty')", "[]"},
        {"csv('a.csv')",
         "[{\"name\":\"x, \\\"y\\\"\\nz\",\"n\":\"1\"},{\"name\":\"\",\"n\":\"2\"}]"},
        {"csv('a.csv')[1].n + 1", "2"},
        {"csv('mark.csv')", "[{\"b\":\"1\",\"a\":\"2\"}]"},
        {"csv('empty')", "[]"},
        {"csv('ragged.csv')", "0: ragged.csv:5: 1 field, but the header has 2"},
        {"csv('wide.csv')", "0: wide.csv:2: 2 fields, but the header has 1"},
        {"csv('open.csv')", "0: open.csv:2: a quote is not closed"},
        {"csv('inner.csv')", "0: inner.csv:2: a quote inside a field that does not begin with one"},
        {"csv('behind.csv')", "0: behind.csv:2: text behind the closing quote of a field"},
        {"csv('twice.csv')", "0: twice.csv:1: 'a' is twice in the header"},
        {"csv('none.csv')", "0: cannot read none.csv: No such file or directory"},
        {"glob('a.*')", "[\"a.csv\",\"a.txt\"]"},
        {"len(glob('*.none'))", "0"},
        {"read('a\\0b')", "0: bad argument #1 to 'read' (text with a NUL)"},
        {"glob()", "0: bad argument #1 to 'glob' (string expected, got no value)"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        CHECK_TEXT(bench_evaluate(&bench, examples[i].expression), examples[i].expected);
    bench_close(&bench);
}

const struct check outside_checks[] = {
    {"patterns match", patterns_match},
    {"a pattern of many parts is an error", a_pattern_of_many_parts_is_an_error},
    {"names that are not UTF-8 are errors", names_that_are_not_utf8_are_errors},
    {"files are read as text", files_are_read_as_text},
    {"large files are refused", large_files_are_refused},
    {"variables are text or null", variables_are_text_or_null},
    {"what was answered stays", what_was_answered_stays},
    {"a frozen snapshot answers only what it has", a_frozen_snapshot_answers_only_what_it_has},
    {"broken answers are no answers", broken_answers_are_no_answers},
    {"a forgetful snapshot asks each time", a_forgetful_snapshot_asks_each_time},
    {"expressions read files", expressions_read_files},
    {NULL, NULL},
};
