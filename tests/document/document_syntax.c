/* What is no YAML, what libyaml lets pass, and damaged texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/document_support.h"
#include "support/check.h"

void check_syntax(void)
{
    REFUSES("a:\n\tb: 1\n", "2:1: a tab in the indentation (indent with spaces)");
    REFUSES("a: x\n\tb: 1\n", "2:1: a tab in the indentation (indent with spaces)");
    REFUSES("a: |\n\tb\n", "2:1: a tab in the indentation (indent with spaces)");
    REFUSES("run: @x\n", "1:6: text cannot begin with '@' (quote it)");
    REFUSES("run: `x`\n", "1:6: text cannot begin with '`' (quote it)");
    REFUSES("run: %x\n", "1:6: text cannot begin with '%' (quote it)");
    REFUSES("run: *.txt\n", "1:6: a '*' begins an alias (quote text that begins with '*')");
    REFUSES("run: &&\n", "1:6: a '&' begins an anchor (quote text that begins with '&')");
    REFUSES("run: \"x\ny: 1\n",
            "1:6: this quote is not closed (close it; a quote inside is written \\\" or '')");
    REFUSES("run: 'it's'\n", "1:10: unexpected text behind a value (put the whole text into "
                             "quotes, or use '|' and the next lines)");
    REFUSES("run: \"\\d\"\n", "1:7: unknown escape in double quotes (write \\\\ for a backslash, "
                              "or use single quotes)");
    REFUSES("run: echo a: b\n", "1:12: a ':' that makes no key here (quote text that holds ': ', "
                                "or mend the indentation)");
    REFUSES("a:\n   b: 1\n  c: 2\n", "3:3: this line does not go on with the map above (mend the "
                                     "indentation: keys of one map stand in one column)");
    REFUSES("a: 1\nb\nc: 2\n", "2:1: a ':' must follow this key (write 'key: value' with a space, "
                               "on one line; or mend the indentation)");
    REFUSES("a: - b\n", "1:4: a list item cannot stand here (begin the list on a line of its own, "
                        "or quote text that begins with '- ')");
    REFUSES("- a\nb: 1\n", "2:1: this does not go on with the list above (begin items with '- ', "
                           "all in one column)");
    REFUSES("a: |x\n", "1:5: the text of a '|' or '>' begins on the next line (put the text below "
                       "it, or quote text that begins with '|' or '>')");
}

void check_flow_syntax(void)
{
    REFUSES("a: [b,\n", "1:4: this list is not closed (close it with ']')");
    REFUSES("a: [{b: 1\n", "1:5: this map is not closed (close it with '}')");
    REFUSES("a: [b, [c]\nd: e\n", "2:1: a ',' or ']' must stand before this (close the list that "
                                  "begins on line 1, or quote text that holds , [ ] { })");
    REFUSES("a: [b, , c]\n",
            "1:8: a value is missing here (give one, or quote text that holds , [ ] { })");
    REFUSES("a: [${{ x }}]\n",
            "1:5: an unquoted ${{ }} cannot stand inside of [ ] or { } (quote it, or use block "
            "style)");
    REFUSES("a: {b: ${{ x }}}\n",
            "1:8: an unquoted ${{ }} cannot stand inside of [ ] or { } (quote it, or use block "
            "style)");
    READS("a: ${{ x }}\n", "{a: ${{ x }}}");
    REFUSES_MANY("a: [-, b, -]\n", 2, "1:5: a lone '-' inside of [ ] or { } (quote it)");
}

/* What libyaml lets pass. */
void check_layout(void)
{
    REFUSES("a: \"b\"# c\n",
            "1:7: a comment needs a space before its '#' (put a space before it, or quote the "
            "text)");
    REFUSES("a: [b]#c\n", "1:7: a comment needs a space before its '#' (put a space before it, or "
                          "quote the text)");
    REFUSES("a: |#c\n  b\n", "1:5: a comment needs a space before its '#' (put a space before it, "
                             "or quote the text)");
    READS("# c\na: b#c # d\n# e\nb: [c, # d\n# e\n d] # f\n", "{a: b#c, b: [c, d]}");
    REFUSES_MANY("a: [b,\nc,\nd]\n", 2,
                 "2:1: this line goes on with the value above, but is not indented below its key "
                 "(indent it by 1 or more spaces (not tabs))");
    REFUSES("a:\n  b: \"c\n  d\"\n",
            "3:3: this line goes on with the value above, but is not indented below its key "
            "(indent it by 3 or more spaces (not tabs))");
    REFUSES("a: 'b\n\tc'\n",
            "2:2: this line goes on with the value above, but is not indented below its key "
            "(indent it by 1 or more spaces (not tabs))");
    READS("a: [\n  b,\n\n# c\n  d\n]\ne:\n- {\n  f: 1\n}\n"
          "g: &x\n  h: 'i\n\n   j'\n",
          "{a: [b, d], e: [{f: 1}], g: {h: 'i\nj'}}");
    READS("[a,\nb,\n'c\nd']\n", "[a, b, 'c d']");
    REFUSES("a: |\n    \n  b\nc: 1\n", "2:1: this blank line is indented deeper than the text "
                                       "below it (take the spaces out of the blank line)");
    READS("a: |\n   \nb: |1\n   \n c\n", "{a: ||, b: |  \nc\n|}");
}

/* Every beginning of a text, and the text with each byte changed, is read or refused. */
void check_damaged_text(void)
{
    static const char text[] = "%YAML 1.2\n---\na: &b {c: \"d\\x41\xc3\xa4\", e: 'f'} # g\n"
                               "h:\n  <<: *b\n  i: |2-\n    j\n  k: [!!int 1, {? l : m}]\n";
    static const char bytes[] = "\0\t\n :-?#&*!|>'\"%@`{}[],\xff";
    for (size_t length = 0; length < sizeof text; length++) {
        struct reading reading;
        reading_of(&reading, text, length);
        CU_ASSERT(reading.is_read == (reading.diagnostics.error_count == 0));
        reading_release(&reading);
        for (size_t i = 0; i < sizeof bytes; i++) {
            char damaged[sizeof text];
            memcpy(damaged, text, sizeof text);
            damaged[length] = bytes[i];
            reading_of(&reading, damaged, sizeof text - 1);
            CU_ASSERT(reading.is_read == (reading.diagnostics.error_count == 0));
            reading_release(&reading);
        }
    }
}
