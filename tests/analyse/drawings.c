/* Drawings to the letter, and what Graphviz itself makes of them where it is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "checks.h"
#include "example.h"
#include "support/check.h"

static const char head[] = "    graph [charset=\"UTF-8\", compound=true, fontname=\"Helvetica\"];\n"
                           "    node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", "
                           "fontname=\"Helvetica\"];\n"
                           "    edge [color=\"#555555\", fontname=\"Helvetica\", fontsize=10];\n";

/* `expected` is what stands between the head and the last brace. */
static void check_drawing(struct example *example, const struct dot_options *options,
                          const char *expected)
{
    CU_ASSERT_FATAL(example->is_good);
    CLEANUP_BUFFER struct buffer out = {0}, whole = {0};
    dot_write(&example->plan, options, &out);
    buffer_printf(&whole, "digraph \"%s\" {\n%s%s}\n",
                  names_text(&example->names, example->workflow.name), head, expected);
    CHECK_TEXT(buffer_text(&out), buffer_text(&whole));
}

static const char pipeline[] = "name: pipeline\n"
                               "tasks:\n"
                               "  index: {run: x, description: Builds \"it\"}\n"
                               "  align: {needs: index, matrix: {s: [a, b]}, run: x}\n"
                               "  side: {run: x}\n"
                               "  sum: {needs: [align, side], run: x}\n"
                               "finally:\n"
                               "  mail: {run: x}\n";

void test_folded(void)
{
    struct example example;
    example_open(&example, pipeline, NULL);
    check_drawing(&example, &(struct dot_options){0},
                  "    \"index\" [label=\"index\", penwidth=2.5, tooltip=\"Builds \\\"it\\\"\"];\n"
                  "    \"align\" [label=\"align\\n\303\2272\", penwidth=2.5];\n"
                  "    \"side\" [label=\"side\"];\n"
                  "    \"sum\" [label=\"sum\", penwidth=2.5];\n"
                  "    subgraph \"cluster_finally\" {\n"
                  "    label=\"finally\"; style=\"dashed,rounded\"; color=\"#888888\";\n"
                  "    \"mail\" [label=\"mail\", penwidth=2.5];\n"
                  "    }\n"
                  "    \"index\" -> \"align\" [style=solid, penwidth=2.5, color=\"#000000\"];\n"
                  "    \"align\" -> \"sum\" [style=solid, penwidth=2.5, color=\"#000000\"];\n"
                  "    \"side\" -> \"sum\" [style=solid];\n"
                  "    \"sum\" -> \"mail\" [style=dashed, lhead=\"cluster_finally\"];\n");
    example_close(&example);
}

void test_folded_needs(void)
{
    struct example example;
    example_open(&example,
                 "tasks:\n"
                 "  a: {matrix: {i: [1, 2], j: [1, 2]}, run: x}\n"
                 "  b:\n"
                 "    matrix: {i: [1, 2], j: [1, 2]}\n"
                 "    needs:\n"
                 "      - {a: same}\n"
                 "      - {b: {i: \"${{ matrix.i - 1 }}\", j: 1}, if: matrix.i > 1}\n"
                 "    run: x\n",
                 NULL);
    check_drawing(&example, &(struct dot_options){0},
                  "    \"a\" [label=\"a\\n\303\2274\", penwidth=2.5];\n"
                  "    \"b\" [label=\"b\\n\303\2274\", penwidth=2.5];\n"
                  "    \"a\" -> \"b\" [style=solid, penwidth=2.5, color=\"#000000\", "
                  "label=\"same\"];\n"
                  "    \"b\" -> \"b\" [style=dashed, penwidth=2.5, color=\"#000000\", "
                  "label=\"i, j\"];\n");
    example_close(&example);
}

void test_folded_selection(void)
{
    struct example example;
    example_open(&example,
                 "tasks:\n"
                 "  a: {run: x}\n"
                 "  b: {needs: a, run: x}\n"
                 "  c: {needs: [a, b], run: x}\n"
                 "  d: {manual: true, run: x}\n",
                 "b");
    check_drawing(&example, &(struct dot_options){0},
                  "    \"a\" [label=\"a\", penwidth=2.5];\n"
                  "    \"b\" [label=\"b\", penwidth=2.5];\n"
                  "    \"a\" -> \"b\" [style=solid, penwidth=2.5, color=\"#000000\"];\n");
    example_close(&example);
}

static const char outcomes[] = "failure-policy: keep-going\n"
                               "tasks:\n"
                               "  good: {run: x}\n"
                               "  bad: {matrix: {i: [1, 2]}, run: x}\n"
                               "  after: {needs: bad, run: x}\n"
                               "  not: {if: 'false', run: x}\n"
                               "  slow: {matrix: {i: [1, 2]}, run: x}\n";

/* good is done, one of bad failed and the other not, so after is blocked; slow runs. */
static void replay_outcomes(struct example *example, struct replay *ret)
{
    struct recording recording;
    example_open(example, outcomes, NULL);
    CU_ASSERT_FATAL(example->is_good);
    CU_ASSERT_FATAL(
        recording_open(&recording, &example->plan, SCHEDULER_VERSION, POLICY_KEEP_GOING));
    recording_add(&recording, (struct input){.kind = INPUT_EVALUATED,
                                             .node = example_node(example, "not"),
                                             .attempt = 1,
                                             .verdict = VERDICT_SKIP});
    uint32_t bad = example_node(example, "bad");
    recording_start(&recording, 0, example_node(example, "good"), 1);
    recording_start(&recording, 0, bad, 1);
    recording_start(&recording, 0, bad + 1, 1);
    recording_exit(&recording, SECOND, example_node(example, "good"), 0);
    recording_exit(&recording, SECOND, bad, 0);
    recording_exit(&recording, SECOND, bad + 1, 1);
    recording_start(&recording, SECOND, example_node(example, "slow"), 1);
    recording_end(&recording, -1, 0);
    CLEANUP_ERROR struct error error = {0};
    CU_ASSERT_FATAL(replay_run(ret, &example->plan, &recording.folder, &error));
    recording_close(&recording);
}

void test_folded_colours(void)
{
    struct example example;
    struct replay replay;
    replay_outcomes(&example, &replay);
    check_drawing(&example, &(struct dot_options){.replay = &replay},
                  "    \"good\" [label=\"good\", fillcolor=\"#b5dfb5\"];\n"
                  "    \"bad\" [label=\"bad\\n\303\2272\\n1 ok, 1 failed\", fillcolor=\"#f4a6a0\", "
                  "penwidth=2.5];\n"
                  "    \"after\" [label=\"after\", fillcolor=\"#f8cf9c\", penwidth=2.5];\n"
                  "    \"not\" [label=\"not\", fillcolor=\"#dddddd\"];\n"
                  "    \"slow\" [label=\"slow\\n\303\2272\\n1 running, 1 waiting\", "
                  "fillcolor=\"#a9cdf0\"];\n"
                  "    \"bad\" -> \"after\" [style=solid, penwidth=2.5, color=\"#000000\"];\n");
    replay_release(&replay);
    example_close(&example);
}

void test_expanded_colours(void)
{
    struct example example;
    struct replay replay;
    replay_outcomes(&example, &replay);
    CLEANUP_BUFFER struct buffer out = {0};
    dot_write(&example.plan, &(struct dot_options){.is_expanded = true, .replay = &replay}, &out);
    static const char *const expected[] = {
        "\"good\" [label=\"good\", fillcolor=\"#b5dfb5\"];",
        "\"bad[i=1]\" [label=\"bad[i=1]\", fillcolor=\"#b5dfb5\", penwidth=2.5];",
        "\"bad[i=2]\" [label=\"bad[i=2]\", fillcolor=\"#f4a6a0\"];",
        "\"after\" [label=\"after\", fillcolor=\"#f8cf9c\", penwidth=2.5];",
        "\"not\" [label=\"not\", fillcolor=\"#dddddd\"];",
        "\"slow[i=1]\" [label=\"slow[i=1]\", fillcolor=\"#a9cdf0\"];",
        "\"slow[i=2]\" [label=\"slow[i=2]\", fillcolor=\"#ffffff\"];",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (strstr(buffer_text(&out), expected[i]) == NULL)
            CHECK_TEXT(buffer_text(&out), expected[i]);
    replay_release(&replay);
    example_close(&example);
}

void test_expanded(void)
{
    struct example example;
    example_open(&example,
                 "tasks:\n"
                 "  a: {run: x}\n"
                 "  b: {needs: [a, a], matrix: {i: [1, 2]}, run: x}\n"
                 "  c: {needs: {b: {i: 2}}, run: x}\n",
                 NULL);
    check_drawing(&example, &(struct dot_options){.is_expanded = true},
                  "    \"a\" [label=\"a\", penwidth=2.5];\n"
                  "    \"b[i=1]\" [label=\"b[i=1]\"];\n"
                  "    \"b[i=2]\" [label=\"b[i=2]\", penwidth=2.5];\n"
                  "    \"c\" [label=\"c\", penwidth=2.5];\n"
                  "    \"a\" -> \"b[i=1]\" [style=solid];\n"
                  "    \"a\" -> \"b[i=2]\" [style=solid, penwidth=2.5, color=\"#000000\"];\n"
                  "    \"b[i=2]\" -> \"c\" [style=solid, penwidth=2.5, color=\"#000000\"];\n");
    example_close(&example);
}

void test_expanded_finally(void)
{
    struct example example;
    example_open(&example,
                 "tasks: {a: {run: x}, b: {needs: a, run: x}, c: {run: x}}\n"
                 "finally: {d: {run: x}}\n",
                 NULL);
    CU_ASSERT_FATAL(example.is_good);
    CLEANUP_BUFFER struct buffer out = {0}, expected = {0};
    dot_write(&example.plan, &(struct dot_options){.is_expanded = true}, &out);
    uint32_t join = example.plan.finally_join;
    buffer_printf(&expected,
                  "    subgraph \"cluster_finally\" {\n"
                  "    label=\"finally\"; style=\"dashed,rounded\"; color=\"#888888\";\n"
                  "    \"d\" [label=\"d\", penwidth=2.5];\n"
                  "    }\n"
                  "    \"join %u\" [shape=point, fillcolor=\"#555555\", tooltip=\"finally\"];\n"
                  "    \"a\" -> \"b\" [style=solid, penwidth=2.5, color=\"#000000\"];\n"
                  "    \"b\" -> \"join %u\" [style=dashed, arrowhead=none, penwidth=2.5, "
                  "color=\"#000000\"];\n"
                  "    \"c\" -> \"join %u\" [style=dashed, arrowhead=none];\n"
                  "    \"join %u\" -> \"d\" [style=dashed, penwidth=2.5, color=\"#000000\"];\n}\n",
                  join, join, join, join);
    const char *from = strstr(buffer_text(&out), "    subgraph");
    CHECK_TEXT(from, buffer_text(&expected));
    example_close(&example);
}

static const char hostile[] =
    "name: \"graph \\\"{\\\\\"\n"
    "tasks:\n"
    "  node: {matrix: {v: [\"a\\\"b\", \"c\\\\N\", \"d&lt;<b>\", \"n\\nl\", "
    "\"\303\244\346\274\242\", "
    "\"\\x7f\\e[1m\", \"\\\\\"]}, run: x, description: \"x\\\\\"}\n"
    "  graph: {needs: node, run: x}\n"
    "  -1: {needs: graph, run: x}\n"
    "  subgraph: {run: x, description: \"</svg>]]>\"}\n"
    "finally: {digraph: {run: x}, edge: {run: x}, strict: {needs: edge, run: x}}\n";

void test_hostile_names(void)
{
    struct example example;
    example_open(&example, hostile, NULL);
    CU_ASSERT_FATAL(example.is_good);
    CLEANUP_BUFFER struct buffer out = {0};
    dot_write(&example.plan, &(struct dot_options){.is_expanded = true}, &out);
    const char *text = buffer_text(&out);
    CU_ASSERT(strncmp(text, "digraph \"graph \\\"{\\\\\" {\n", 24) == 0);
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 && *at != '\n')
            CU_FAIL("a control character");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "d&amp;lt;<b>"));
    example_close(&example);
}

/* Runs dot over the text; false where there is none. */
static bool draw(const char *text, size_t length, char **ret_svg, size_t *ret_length)
{
    CLEANUP_FREE char *directory = NULL;
    const char *temporary = getenv("TMPDIR");
    if (asprintf(&directory, "%s/analyse.XXXXXX", temporary != NULL ? temporary : "/tmp") < 0 ||
        mkdtemp(directory) == NULL)
        return false;
    CLEANUP_FREE char *in = file_join(directory, "in.dot");
    CLEANUP_FREE char *svg = file_join(directory, "out.svg");
    CLEANUP_BUFFER struct buffer command = {0};
    buffer_printf(&command, "dot -Tsvg %s > %s", in, svg);
    bool is_drawn = file_replace(in, text, length, NULL) && system(buffer_text(&command)) == 0 &&
                    file_read(svg, 1 << 24, ret_svg, ret_length, NULL);
    unlink(in);
    unlink(svg);
    rmdir(directory);
    return is_drawn;
}

void test_graphviz_reads_it(void)
{
    if (system("command -v dot > /dev/null 2>&1") != 0) {
        puts("no Graphviz here: skipped");
        return;
    }
    static const char *const shown[] = {">node[v=&quot;a\\&quot;b&quot;]<",
                                        ">node[v=&quot;c\\\\N&quot;]<",
                                        ">node[v=&quot;d&amp;lt;&lt;b&gt;&quot;]<",
                                        ">node[v=&quot;n\\nl&quot;]<",
                                        "\303\244\346\274\242",
                                        ">graph<",
                                        ">subgraph<",
                                        ">digraph<",
                                        ">&#45;1<"};
    struct example example;
    example_open(&example, hostile, NULL);
    CU_ASSERT_FATAL(example.is_good);
    for (int is_expanded = 0; is_expanded < 2; is_expanded++) {
        CLEANUP_BUFFER struct buffer out = {0};
        CLEANUP_FREE char *svg = NULL;
        size_t length = 0;
        dot_write(&example.plan, &(struct dot_options){.is_expanded = is_expanded}, &out);
        if (!draw(out.bytes, out.length, &svg, &length)) {
            CU_FAIL("dot does not take it");
            continue;
        }
        for (size_t i = is_expanded ? 0 : 5; i < sizeof shown / sizeof *shown; i++)
            if (strstr(svg, shown[i]) == NULL)
                CHECK_TEXT(svg, shown[i]);
    }
    example_close(&example);
}

static size_t count_of(struct buffer *text, const char *what)
{
    size_t count = 0;
    for (const char *at = buffer_text(text); (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

void test_many_instances(void)
{
    struct example example;
    example_open(&example,
                 "tasks:\n"
                 "  a: {matrix: {i: \"${{ range(3000) }}\"}, run: x}\n"
                 "  b: {matrix: {i: \"${{ range(3000) }}\"}, needs: a, run: x}\n",
                 NULL);
    CU_ASSERT_FATAL(example.is_good);
    CLEANUP_BUFFER struct buffer out = {0};
    dot_write(&example.plan, &(struct dot_options){0}, &out);
    CU_ASSERT(out.length < 1000);
    buffer_clear(&out);
    dot_write(&example.plan, &(struct dot_options){.is_expanded = true}, &out);
    CU_ASSERT_EQUAL(count_of(&out, " -> "), 6000);
    CU_ASSERT_EQUAL(count_of(&out, "shape=point"), 1);
    example_close(&example);
}
