/* Commands: words, shell text, environment and streams. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/fixture.h"

struct built {
    struct fixture fixture;
    struct command command;
    struct error error;
    bool is_done;
};

static void build_with(struct built *built, const char *text, const char *node, const char *results)
{
    *built = (struct built){0};
    fixture_open(&built->fixture, text);
    CHECK_TEXT(fixture_errors(&built->fixture), "");
    fixture_answer(&built->fixture, results);
    built->is_done =
        plan_command(&built->fixture.plan, fixture_node(&built->fixture, node), 1, NO_OPERATION,
                     &built->fixture.answers, &built->command, &built->error);
    if (built->is_done)
        CHECK_TEXT(built->error.message, NULL);
}

/* What a reader is shown of a run: the values themselves, quoted. */
static void check_shown(const char *run, const char *expected)
{
    struct built built = {0};
    char *text = NULL;
    CU_ASSERT_FATAL(asprintf(&text,
                             "pargraph: 1\nparams: {v: {type: text, default: 'a''b $(x) `y` \"z\" "
                             "\\n'}, n: {type: int, default: 7}}\n"
                             "tasks:\n  t:\n    run: |\n      %s",
                             run) > 0);
    fixture_open(&built.fixture, text);
    CHECK_TEXT(fixture_errors(&built.fixture), "");
    fixture_answer(&built.fixture, "{}");
    built.fixture.answers.is_shown = true;
    built.is_done =
        plan_command(&built.fixture.plan, fixture_node(&built.fixture, "t"), 1, NO_OPERATION,
                     &built.fixture.answers, &built.command, &built.error);
    CU_ASSERT_TRUE(built.is_done);
    if (built.is_done) {
        CHECK_TEXT(built.command.argv[3], expected);
        CU_ASSERT_PTR_NULL(command_env(&built.command, "PARGRAPH_V1"));
    }
    command_release(&built.command);
    error_release(&built.error);
    fixture_close(&built.fixture);
    free(text);
}

static void test_shown(void)
{
    check_shown("echo ${{ params.v }}", "echo 'a'\\''b $(x) `y` \"z\" \\n'");
    check_shown("echo \"<${{ params.v }}>\"", "echo \"<a'b \\$(x) \\`y\\` \\\"z\\\" \\\\n>\"");
    check_shown("echo '<${{ params.v }}>'", "echo '<a'\\''b $(x) `y` \"z\" \\n>'");
    check_shown("cat <<E\n      ${{ params.v }}\n      E\n",
                "cat <<E\na'b \\$(x) \\`y\\` \"z\" \\\\n\nE\n");
    check_shown("echo >${{ params.n }} ${{ range(3) }} ${{ '' }} ${{ range(0) }}",
                "echo >7 0 1 2 '' ");
}

/* One task t with these lines. */
static void build(struct built *built, const char *lines)
{
    char *text = NULL;
    CU_ASSERT_FATAL(asprintf(&text, TASKS "  t:\n%s", lines) > 0);
    build_with(built, text, "t", "{}");
    free(text);
}

static void release(struct built *built)
{
    command_release(&built->command);
    error_release(&built->error);
    fixture_close(&built->fixture);
}

static void check_words(const char *lines, const char *expected)
{
    struct built built;
    build(&built, lines);
    CU_ASSERT_TRUE(built.is_done);
    if (built.is_done)
        CHECK_TEXT(fixture_words(&built.fixture, built.command.argv), expected);
    release(&built);
}

static void check_error(const char *lines, const char *message, const char *hint)
{
    struct built built;
    build(&built, lines);
    CU_ASSERT_FALSE(built.is_done);
    CHECK_TEXT(built.error.message, message);
    CHECK_TEXT(built.error.hint, hint);
    CU_ASSERT_NOT_EQUAL(built.error.at, PLACE_NONE);
    CU_ASSERT_PTR_NULL(built.command.env);
    CU_ASSERT_PTR_NULL(built.command.argv);
    release(&built);
}

static void test_exec(void)
{
    check_words("    exec: [a, b c, \"x${{ 1 + 1 }}y\"]\n", "a|b c|x2y");
    check_words("    exec: [a, \"${{ range(3) }}\", z]\n", "a|0|1|2|z");
    check_words("    exec: [a, \"${{ range(0) }}\"]\n", "a");
    check_words("    exec: [\"${{ range(2) }}\"]\n", "0|1");
    check_words("    exec: true\n", "true");
    check_words("    exec: [a, \"${{ 1 == 1 }}\", \"${{ 0.5 }}\", '']\n", "a|true|0.5|");
}

static void test_exec_errors(void)
{
    check_error("    exec: [\"${{ range(0) }}\"]\n",
                "exec has no words left: there is nothing to run", NULL);
    check_error("    exec: [a, \"x${{ range(2) }}\"]\n", "a list cannot stand in text",
                "join(..., ' ') writes its elements, json(...) its JSON");
    check_error("    exec: [a, \"${{ 'a\\\\0b' }}\"]\n",
                "the value holds a NUL, which no argument or variable can hold",
                "give it by 'stdin: {text: ...}'");
    check_error("    exec: [a, \"${{ string.rep('x', 131072) }}\"]\n",
                "the value is longer than the 128 KiB that an argument or variable can hold",
                "give it by 'stdin: {text: ...}'");
    check_words("    exec: [a, \"${{ len(string.rep('x', 131071)) }}\"]\n", "a|131071");
}

static void test_run(void)
{
    check_words("    run: cc -o x x.c\n", "cc|-o|x|x.c");
    check_words("    run: echo $HOME\n", "/bin/sh|-eu|-c|echo $HOME");
    check_words("    shell: bash\n    run: echo $HOME\n", "bash|-euo|pipefail|-c|echo $HOME");
    check_words("    shell: perl -w\n    run: print 1\n", "perl|-w|-c|print 1");
}

static void test_script(void)
{
    struct built built;
    build(&built, "    shell: awk -f {0}\n    run: BEGIN {}\n");
    CHECK_TEXT(fixture_words(&built.fixture, built.command.argv), "awk|-f|{0}");
    CHECK_TEXT(built.command.script, "BEGIN {}");
    release(&built);
}

static void test_values_are_words(void)
{
    struct built built;
    build(&built, "    run: |\n"
                  "      echo ${{ '$(id)' }} \"a ${{ 1 + 1 }}\" 'b ${{ \"it's\" }}' --x=${{ 'y z' "
                  "}}\n"
                  "      cat <<E\n"
                  "      ${{ 'here' }}\n"
                  "      E\n");
    CU_ASSERT_TRUE_FATAL(built.is_done);
    CHECK_TEXT(fixture_words(&built.fixture, built.command.argv),
               "/bin/sh|-eu|-c|echo \"${PARGRAPH_V1}\" \"a ${PARGRAPH_V2}\" 'b "
               "'\"${PARGRAPH_V3}\"'' --x=\"${PARGRAPH_V4}\"\n"
               "cat <<E\n${PARGRAPH_V5}\nE\n");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_V1"), "PARGRAPH_V1=$(id)");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_V2"), "PARGRAPH_V2=2");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_V3"), "PARGRAPH_V3=it's");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_V4"), "PARGRAPH_V4=y z");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_V5"), "PARGRAPH_V5=here");
    CU_ASSERT_PTR_NULL(command_env(&built.command, "PARGRAPH_V6"));
    release(&built);
}

static void test_lists_are_words(void)
{
    check_words("    run: for i in ${{ range(3) }}; do echo $i; done\n",
                "/bin/sh|-eu|-c|for i in \"${PARGRAPH_V1}\" \"${PARGRAPH_V2}\" "
                "\"${PARGRAPH_V3}\"; do echo $i; done");
    check_words("    run: echo ${{ range(0) }} $x\n", "/bin/sh|-eu|-c|echo  $x");
    check_words("    run: ${{ range(1) }}\n", "/bin/sh|-eu|-c|\"${PARGRAPH_V1}\"");
    const char *part = "a list stands for whole words, and this is a part of one";
    const char *hint = "put spaces around it, or make it one text with join()";
    check_error("    run: x=${{ range(2) }}\n", part, hint);
    check_error("    run: echo a${{ range(2) }}\n", part, hint);
    check_error("    run: echo ${{ range(2) }}a\n", part, hint);
    check_error("    run: echo ${{ range(0) }}$x\n", part, hint);
    check_error("    run: echo ${{ range(2) }}${{ range(2) }}\n", part, hint);
    const char *text = "a list cannot stand in text";
    const char *as_text = "join(..., ' ') writes its elements, json(...) its JSON";
    check_error("    run: echo x >${{ range(2) }}\n", text, as_text);
    check_error("    run: cat > ${{ range(0) }} file\n", text, as_text);
    check_error("    run: case ${{ range(1) }} in 0) ;; esac\n", text, as_text);
    check_error("    run: echo \"${{ range(2) }}\"\n", text, as_text);
    check_error("    run: echo ${{ null }}\n", "null cannot stand in text",
                "json(...) writes it as null");
}

static void test_values_no_variable_holds(void)
{
    check_error("    run: echo ${{ 'a\\0b' }}\n",
                "the value holds a NUL, which no argument or variable can hold",
                "give it by 'stdin: {text: ...}'");
    check_error("    run: echo ${{ string.rep('x', 131072 - 12) }}\n",
                "the value is longer than the 128 KiB that an argument or variable can hold",
                "give it by 'stdin: {text: ...}'");
    check_words("    run: echo ${{ string.rep('x', 131072 - 13) }}\n",
                "/bin/sh|-eu|-c|echo \"${PARGRAPH_V1}\"");
    check_error("    run: x\n    env: {A: \"${{ 'a\\\\0b' }}\"}\n",
                "the value holds a NUL, which no argument or variable can hold",
                "give it by 'stdin: {text: ...}'");
}

static void test_cleanup(void)
{
    struct built built;
    build(&built, "    run: echo ${{ 1 }}\n    cleanup: rm ${{ 2 }} $X\n");
    CU_ASSERT_TRUE_FATAL(built.is_done);
    CHECK_TEXT(fixture_words(&built.fixture, built.command.cleanup),
               "/bin/sh|-eu|-c|rm \"${PARGRAPH_V2}\" $X");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_V2"), "PARGRAPH_V2=2");
    CU_ASSERT_PTR_NULL(built.command.cleanup_script);
    release(&built);
    build(&built, "    shell: sh {0}\n    run: echo $X\n    cleanup: rm $X\n");
    CU_ASSERT_TRUE_FATAL(built.is_done);
    CHECK_TEXT(fixture_words(&built.fixture, built.command.cleanup), "sh|{0}");
    CHECK_TEXT(built.command.cleanup_script, "rm $X");
    CHECK_TEXT(built.command.script, "echo $X");
    release(&built);
}

static void test_env(void)
{
    struct built built;
    build_with(&built,
               "pargraph: 1\nenv: {A: 1, B: '${{ env.A }}2', C: x}\n"
               "tasks:\n"
               "  t:\n    matrix: {i: [x y]}\n    resources: {cpu: 3}\n    run: x\n"
               "    env: {A: '${{ env.B }}3', C: null, D: ''}\n",
               "t[i=\"x y\"]", "{}");
    CU_ASSERT_TRUE_FATAL(built.is_done);
    CHECK_TEXT(command_env(&built.command, "A"), "A=123");
    CHECK_TEXT(command_env(&built.command, "B"), "B=12");
    CHECK_TEXT(command_env(&built.command, "C"), "C");
    CHECK_TEXT(command_env(&built.command, "D"), "D=");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_RUN_ID"), "PARGRAPH_RUN_ID=20240101-000000");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_TASK"), "PARGRAPH_TASK=t");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_INSTANCE"), "PARGRAPH_INSTANCE=t[i=\"x y\"]");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_ATTEMPT"), "PARGRAPH_ATTEMPT=1");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_CPUS"), "PARGRAPH_CPUS=3");
    CU_ASSERT_PTR_NULL(command_env(&built.command, "PARGRAPH_OUTPUT"));
    CU_ASSERT_PTR_NULL(command_env(&built.command, "PARGRAPH_V1"));
    release(&built);
}

static void test_cpus_of_an_attempt(void)
{
    struct built built;
    build(&built, "    run: x\n    resources: {cpu: '${{ task.attempt + 1 }}'}\n");
    CHECK_TEXT(command_env(&built.command, "PARGRAPH_CPUS"), "PARGRAPH_CPUS=2");
    release(&built);
}

static void test_streams(void)
{
    struct built built;
    build(&built, "    run: x\n    cwd: d${{ 1 }}\n    stdin: {file: in}\n"
                  "    stdout: {file: 'out${{ 2 }}'}\n    stderr: stdout\n");
    CU_ASSERT_TRUE_FATAL(built.is_done);
    CHECK_TEXT(built.command.cwd, "d1");
    CU_ASSERT_EQUAL(built.command.streams[0], STREAM_FILE);
    CHECK_TEXT(built.command.paths[0], "in");
    CU_ASSERT_EQUAL(built.command.streams[1], STREAM_FILE);
    CHECK_TEXT(built.command.paths[1], "out2");
    CU_ASSERT_EQUAL(built.command.streams[2], STREAM_STDOUT);
    CU_ASSERT_PTR_NULL(built.command.paths[2]);
    release(&built);
    build(&built, "    run: x\n    stdin: {text: \"a${{ 'b\\\\0c' }}\"}\n    stdout: discard\n");
    CU_ASSERT_TRUE_FATAL(built.is_done);
    CU_ASSERT_PTR_NULL(built.command.cwd);
    CU_ASSERT_EQUAL(built.command.streams[0], STREAM_TEXT);
    CU_ASSERT_EQUAL(built.command.text_length, 4);
    CU_ASSERT_EQUAL(memcmp(built.command.text, "ab\0c", 4), 0);
    CU_ASSERT_EQUAL(built.command.streams[1], STREAM_DISCARD);
    CU_ASSERT_EQUAL(built.command.streams[2], STREAM_DEFAULT);
    release(&built);
    check_error("    run: x\n    stdout: {file: \"${{ '' }}\"}\n", "a path is empty", NULL);
    check_error("    run: x\n    cwd: \"a${{ '\\\\0' }}\"\n", "a path holds a NUL", NULL);
}

static void test_stdin_from(void)
{
    struct built built;
    const char *text = TASKS "  a: {run: x}\n"
                             "  m:\n    matrix: {i: [1, 2, 3, 4]}\n    run: x\n"
                             "  t: {needs: a, run: x, stdin: {from: a}}\n"
                             "  u: {needs: [{m: {i: [4, 2]}}, {m: {i: 1}}], run: x, stdin: "
                             "{from: m}}\n";
    const char *results = "{\"a\": {\"stdout\": \"x\\ny\"}, \"m[i=1]\": {\"stdout\": \"one\"}, "
                          "\"m[i=2]\": {\"stdout\": \"two\"}, \"m[i=3]\": {\"stdout\": "
                          "\"three\"}, \"m[i=4]\": {\"stdout\": \"four\", \"status\": "
                          "\"failure\"}}";
    build_with(&built, text, "t", results);
    CU_ASSERT_EQUAL(built.command.streams[0], STREAM_TEXT);
    CHECK_TEXT(built.command.text, "x\ny\n");
    release(&built);
    build_with(&built, text, "u", results);
    CHECK_TEXT(built.command.text, "two\none\n");
    release(&built);
}

const struct check command_checks[] = {
    {"command: exec", test_exec},
    {"command: words that cannot be", test_exec_errors},
    {"command: run", test_run},
    {"command: a shell that reads a file", test_script},
    {"command: values are words", test_values_are_words},
    {"command: lists are words", test_lists_are_words},
    {"command: values no variable holds", test_values_no_variable_holds},
    {"command: cleanup", test_cleanup},
    {"command: env", test_env},
    {"command: cpus of an attempt", test_cpus_of_an_attempt},
    {"command: streams", test_streams},
    {"command: stdin from a need", test_stdin_from},
    {"command: as shown to a reader", test_shown},
    {NULL, NULL},
};
