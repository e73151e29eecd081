/* Nodes, places and every error of a document, to the letter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/document_support.h"
#include "support/check.h"

static void test_kinds_and_styles(void)
{
    READS("a: b\n", "{a: b}");
    READS("just text", "just text");
    READS("''", "''");
    READS("a:\n- 1\n- 'x y'\n- \"z\\n\"\nb: {c: [d, e], f: }\n",
          "{a: [1, 'x y', \"z\n\"], b: {c: [d, e], f: }}");
    READS("a: |\n  x\n  y\nb: >\n  x\n  y\n", "{a: |x\ny\n|, b: >x y\n>}");
    READS("[]", "[]");
    READS("{}", "{}");
    READS("%YAML 1.2\n---\na: 1\n...\n", "{a: 1}");
    READS("%YAML 1.1 # old\n--- a\n", "a");
    READS("\"a\\0b\": 1\n", "{\"a");
}

static void test_places(void)
{
    static const char text[] = "\xef\xbb\xbf"
                               "k\xc3\xb6: &a !!str\n"
                               "  v\n"
                               "l: &b\n"
                               "  - |\n"
                               "   x\n"
                               "m: [\xe2\x82\xac, y]\n"
                               "n: *a\r\n"
                               "o:\n";
    static const struct {
        uint32_t line, column;
    } expected[] = {{1, 2}, {1, 2}, {2, 3}, {3, 1}, {4, 3}, {4, 5}, {6, 1},
                    {6, 4}, {6, 5}, {6, 8}, {7, 1}, {2, 3}, {8, 1}, {8, 3}};
    struct reading reading;
    reading_of(&reading, text, sizeof text - 1);
    CU_ASSERT_EQUAL_FATAL(reading.document.count, sizeof expected / sizeof *expected);
    for (uint32_t i = 0; i < reading.document.count; i++) {
        struct location location = {0};
        sources_locate(&reading.sources, reading.document.nodes[i].at, &location);
        CU_ASSERT_EQUAL(location.line, expected[i].line);
        CU_ASSERT_EQUAL(location.column, expected[i].column);
    }
    reading_release(&reading);
}

static void test_second_source(void)
{
    struct sources sources = {0};
    struct names names;
    struct diagnostics diagnostics = {0};
    struct document document;
    struct buffer shown = {0};
    names_init(&names);
    sources_add(&sources, "one.yml", memory_text("a: 1\n"), 5);
    sources_add(&sources, "two.yml", memory_text("b: 1\nb: 2\n"), 10);
    CU_ASSERT_FALSE(document_read(&document, &sources.items[1], &names, &diagnostics));
    CU_ASSERT_TRUE(document_read(&document, &sources.items[0], &names, &diagnostics));
    document_release(&document);
    diagnostics_write(&diagnostics, &sources, &shown);
    CHECK_TEXT(buffer_text(&shown), "two.yml:2:1: error: duplicate key 'b'\n"
                                    "    2 | b: 2\n"
                                    "      | ^\n"
                                    "      = line 1 has it already\n");
    buffer_release(&shown);
    diagnostics_release(&diagnostics);
    names_release(&names);
    sources_release(&sources);
}

static void test_get(void)
{
    static const char text[] = "a: {b: 1}\nb: [x]\nc: 3\n";
    struct reading reading;
    reading_of(&reading, text, sizeof text - 1);
    const struct document *document = &reading.document;
    uint32_t b = document_get(document, 0, names_add_text(&reading.names, "b"));
    CU_ASSERT_EQUAL(document->nodes[b].kind, NODE_LIST);
    uint32_t c = document_get(document, 0, names_add_text(&reading.names, "c"));
    CHECK_TEXT(names_text(&reading.names, document->nodes[c].text), "3");
    CU_ASSERT_EQUAL(document_get(document, 0, names_add_text(&reading.names, "x")), 0);
    CU_ASSERT_EQUAL(
        document
            ->nodes[document_get(document,
                                 document_get(document, 0, names_add_text(&reading.names, "a")),
                                 names_add_text(&reading.names, "b"))]
            .end,
        5);
    reading_release(&reading);
    CU_ASSERT(strlen(document_library_version()) >= 5);
}

static void test_aliases(void)
{
    READS("a: &x [1, {b: 2}]\nc: *x\nd: [*x, *x]\n",
          "{a: [1, {b: 2}], c: [1, {b: 2}], d: [[1, {b: 2}], [1, {b: 2}]]}");
    READS("a: &x k\n*x : v\n", "{a: k, k: v}");
    READS("a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}");
    READS("a: &x\nb: *x\n", "{a: , b: }");
    REFUSES("a: *x\n", "1:4: unknown alias '*x' (an anchor '&x' must stand above it; quote text "
                       "that begins with '*')");
    REFUSES_MANY("a: *x\nb: [*x]\n*y : 1\n", 3,
                 "1:4: unknown alias '*x' (an anchor '&x' must stand above it; quote text that "
                 "begins with '*')");
    REFUSES("a: &x [1, {b: *x}]\n", "1:15: the alias '*x' stands inside of what it names");
    REFUSES("a: &x [b]\n*x : c\n", "2:1: a list cannot be a key (quote text that begins with '[')");
}

static void test_merges(void)
{
    READS("b: &b {x: 1, y: 2}\nc:\n  z: 0\n  <<: *b\n  y: 3\n",
          "{b: {x: 1, y: 2}, c: {z: 0, +x: 1, y: 3}}");
    READS("b: &b {x: 1, y: 2}\nc: &c {<<: *b, x: 2}\nd: {<<: *c, w: 0}\n",
          "{b: {x: 1, y: 2}, c: {+y: 2, x: 2}, d: {+y: 2, +x: 2, w: 0}}");
    READS("- &a {x: 1}\n- &b {x: 2, y: [2]}\n- {<<: [*a, *b, {z: 3}], q: 1}\n",
          "[{x: 1}, {x: 2, y: [2]}, {+x: 1, +y: [2], +z: 3, q: 1}]");
    READS("- &a {x: {y: 1}}\n- {<<: *a, x: {z: 2}}\n", "[{x: {y: 1}}, {x: {z: 2}}]");
    READS("a: {<<: {}}\nb: {<<: []}\n", "{a: {}, b: {}}");
    READS("a: {'<<': 1, b: \"<<\", c: <<}\n", "{a: {'<<': 1, b: \"<<\", c: <<}}");
    READS("a: &a {b: &b {<<: {x: 1, y: 2}, z: 3}, c: *b}\nd: *b\ne: *a\n",
          "{a: {b: {+x: 1, +y: 2, z: 3}, c: {+x: 1, +y: 2, z: 3}}, d: {+x: 1, +y: 2, z: 3}, "
          "e: {b: {+x: 1, +y: 2, z: 3}, c: {+x: 1, +y: 2, z: 3}}}");
    REFUSES("a: {<<: 1}\n",
            "1:9: '<<' merges a map, or a list of maps (give an alias of a map: '<<: *name')");
    REFUSES_MANY("a: {<<: [x, {}, [y]]}\n", 2,
                 "1:10: '<<' merges a map, or a list of maps (give an alias of a map: '<<: "
                 "*name')");
    REFUSES("a: {<<: {}, <<: {}}\n",
            "1:13: duplicate key '<<' (merge several by a list: '<<: [*a, *b]')");
    REFUSES("a: {<<: *x}\n", "1:9: unknown alias '*x' (an anchor '&x' must stand above it; quote "
                             "text that begins with '*')");
}

static void test_keys(void)
{
    REFUSES_MANY("a: 1\nb:\n  c: 1\n  c: 2\na: 2\na: 3\n", 3,
                 "4:3: duplicate key 'c' (line 3 has it already)");
    REFUSES("a: {x: 1, 'x': 2}\n", "1:11: duplicate key 'x' (line 1 has it already)");
    REFUSES("a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: {a: 1}\nb: 2\n",
            "10:1: duplicate key 'b' (line 2 has it already)");
    READS("a: {b: 1, c: 1}\nb: {b: 1, c: 1}\nc: [b, b]\n",
          "{a: {b: 1, c: 1}, b: {b: 1, c: 1}, c: [b, b]}");
    REFUSES("a: {{ x }}\n", "1:5: a map cannot be a key (quote text that begins with '{')");
    REFUSES("? [a]\n: b\n", "1:3: a list cannot be a key (quote text that begins with '[')");
    REFUSES("\"a\\e[2J\": 1\n\"a\\e[2J\": 2\n",
            "2:1: duplicate key 'a?[2J' (line 1 has it already)");
}

static void test_many_keys(void)
{
    struct buffer text = {0};
    for (int i = 0; i < 200000; i++)
        buffer_printf(&text, "key%d: {a: 1}\n", i);
    buffer_add_text(&text, "key77: 1\n");
    check_refusal(text.bytes, text.length, 1,
                  "200001:1: duplicate key 'key77' (line 78 has it already)");
    buffer_release(&text);
}

static void test_tags(void)
{
    READS("a: !!str 10\nb: !!int \"10\"\nc: ! x\nd: !!str |\n  x\n",
          "{a: '10', b: 10, c: 'x', d: |x\n|}");
    READS("[!!int -3, !!int 0x1F, !!float 1.5e3, !!float .inf, !!bool true, !!null ~, !!null '']",
          "[-3, 0x1F, 1.5e3, .inf, true, ~, ]");
    READS("a: !!map {b: !!seq [c]}\n", "{a: {b: [c]}}");
    REFUSES("a: &x !foo b\n", "1:7: unknown tag '!foo' (tags are not used in workflows: quote text "
                              "that begins with '!'; in an expression say 'not')");
    REFUSES("if: !failure()\n",
            "1:5: unknown tag '!failure()' (tags are not used in workflows: quote text that begins "
            "with '!'; in an expression say 'not')");
    REFUSES_MANY("a: !!int x\nb: !!bool yes\nc: !!float 1e\nd: !!null 0\ne: !!seq {}\nf: !!str []\n"
                 "g: !!binary x\n",
                 7, "1:4: the tag '!!int' does not fit this value (take the tag out)");
    REFUSES("%TAG ! tag:x,2000:\n---\na: 1\n",
            "1:1: unknown directive '%TAG' (tags are not used in workflows: take the line out)");
}

static void test_documents(void)
{
    REFUSES("", "1:1: the file is empty");
    REFUSES("\xef\xbb\xbf", "1:1: the file is empty");
    REFUSES("# nothing\n", "1:1: the file holds nothing but comments");
    REFUSES("--- # nothing\n", "1:1: the file holds nothing but comments");
    REFUSES("---\n", "1:1: the file is empty");
    REFUSES("a: 1\n---\nb: 1\n", "2:1: a second document begins here (a file is one document: take "
                                 "the line '---' out, or make two files)");
    REFUSES("a: 1\n...\n%YAML 1.2\n---\n",
            "3:1: a second document begins here (a file is one document: take the line '---' out, "
            "or make two files)");
    REFUSES("%YAML 2.0\n---\na: 1\n",
            "1:1: the version of YAML here is 1.2 (take the line '%YAML' out)");
}

static void test_encoding(void)
{
    REFUSES("a: \xff\n", "1:4: the byte 0xFF is not UTF-8 (save the file as UTF-8)");
    REFUSES("\xc3\xa4: \xe4\n", "1:4: the byte 0xE4 is not UTF-8 (save the file as UTF-8)");
    REFUSES("a: \xed\xa0\x80\n", "1:4: the byte 0xED is not UTF-8 (save the file as UTF-8)");
    REFUSES("a: b\0c\n", "1:5: a NUL byte (is this a text file?)");
    REFUSES("a: \x1b[2J\n",
            "1:4: the character U+001B is not allowed (write it as \"\\u001b\", in double quotes)");
    REFUSES("a: \x7f\n",
            "1:4: the character U+007F is not allowed (write it as \"\\u007f\", in double quotes)");
    REFUSES("a: \xc2\x85 b\n",
            "1:4: the character U+0085 is not allowed (write it as \"\\u0085\", in double quotes)");
    REFUSES("a: \xe2\x80\xa8 b\n",
            "1:4: the character U+2028 is not allowed (write it as \"\\u2028\", in double quotes)");
    REFUSES("a: \xef\xbf\xbf\n",
            "1:4: the character U+FFFF is not allowed (write it as \"\\uffff\", in double quotes)");
    REFUSES("\xff\xfe"
            "a\0",
            "1:1: the file is UTF-16, not UTF-8 (save it as UTF-8)");
    REFUSES("\xfe\xff\0a", "1:1: the file is UTF-16, not UTF-8 (save it as UTF-8)");
    REFUSES("\xff\xfe\0\0a", "1:1: the file is UTF-32, not UTF-8 (save it as UTF-8)");
    READS("\xef\xbb\xbf"
          "a: \xf0\x9f\x98\x80\t\xc2\xa0\n",
          "{a: \xf0\x9f\x98\x80\t\xc2\xa0}");
    READS("a: 1\r\nb: 2\r\n", "{a: 1, b: 2}");
}

static void test_size(void)
{
    struct names names;
    struct diagnostics diagnostics = {0};
    struct document document;
    char text[] = "a";
    struct source source = {.file = text, .text = text, .length = (size_t)1 << 31, .first = 1};
    names_init(&names);
    CU_ASSERT_FALSE(document_read(&document, &source, &names, &diagnostics));
    CHECK_TEXT(diagnostics.items[0].what.message, "the file is larger than 2 GiB");
    diagnostics_release(&diagnostics);
    names_release(&names);
}

static void fill(struct buffer *text, const char *open, const char *close, int depth)
{
    for (int i = 0; i < depth; i++)
        buffer_add_text(text, open);
    for (int i = 0; i < depth; i++)
        buffer_add_text(text, close);
}

static void test_depth(void)
{
    struct buffer text = {0};
    fill(&text, "[", "]", DOCUMENT_DEPTH);
    struct reading reading;
    reading_of(&reading, text.bytes, text.length);
    CU_ASSERT(reading.is_read);
    CU_ASSERT_EQUAL(reading.document.count, DOCUMENT_DEPTH);
    reading_release(&reading);
    buffer_clear(&text);
    fill(&text, "[", "]", DOCUMENT_DEPTH + 1);
    check_refusal(text.bytes, text.length, 1, "1:65: nested deeper than 64");
    buffer_clear(&text);
    fill(&text, "[", "", 1000000);
    check_refusal(text.bytes, text.length, 1, "1:65: nested deeper than 64");
    buffer_clear(&text);
    buffer_add_text(&text, "- &a0 []\n");
    for (int i = 1; i < 70; i++)
        buffer_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
    check_refusal(text.bytes, text.length, 1, "64:9: nested deeper than 64");
    buffer_release(&text);
}

static void test_exploding_aliases(void)
{
    struct buffer text = {0};
    buffer_add_text(&text, "- &a0 [x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 20; i++)
        buffer_printf(&text, "- &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i - 1, i - 1, i - 1, i - 1);
    check_refusal(text.bytes, text.length, 1, "10:8: anchors and aliases make the file too large");
    buffer_clear(&text);
    buffer_add_text(&text, "- &a {b: 1, c: 2, d: 3, e: 4}\n");
    for (int i = 0; i < 200000; i++)
        buffer_add_text(&text, "- {<<: *a, f: 5}\n");
    struct reading reading;
    reading_of(&reading, text.bytes, text.length);
    CU_ASSERT(reading.is_read);
    CU_ASSERT_EQUAL(reading.document.count, 10 + 200000 * 11);
    reading_release(&reading);
    buffer_release(&text);
}

int main(int argc, char **argv)
{
    const struct check checks[] = {
        {"kinds and styles", test_kinds_and_styles},
        {"places", test_places},
        {"a second source", test_second_source},
        {"get", test_get},
        {"aliases", test_aliases},
        {"merges", test_merges},
        {"keys", test_keys},
        {"many keys", test_many_keys},
        {"tags", test_tags},
        {"documents", test_documents},
        {"encoding", test_encoding},
        {"size", test_size},
        {"depth", test_depth},
        {"exploding aliases", test_exploding_aliases},
        {"syntax", check_syntax},
        {"syntax of flow style", check_flow_syntax},
        {"layout", check_layout},
        {"damaged text", check_damaged_text},
        {"the YAML test suite", check_corpus},
        {NULL, NULL},
    };
    return check_main(argc, argv, "document", checks);
}
