/* libyaml names what its grammar wanted, often far from the cause. Each of its problems is told
 * here in the author's words, at the place where the author has something to mend: an unclosed
 * quote at its beginning, not at the end of the file. */
#include "document/syntax.h"

#include <string.h>

enum where { AT_PROBLEM, AT_CONTEXT };

struct saying {
    const char *problem, *context; /* as libyaml has them; a context of NULL is any */
    enum where where;
    const char *message, *hint;
};

static const struct saying sayings[] = {
    {"found unexpected end of stream", "while scanning a quoted scalar", AT_CONTEXT,
     "this quote is not closed", "close it; a quote inside is written \\\" or ''"},
    {"found unexpected document indicator", "while scanning a quoted scalar", AT_CONTEXT,
     "this quote is not closed before the line '---' or '...'", "close it"},
    {"found unknown escape character", NULL, AT_PROBLEM, "unknown escape in double quotes",
     "write \\\\ for a backslash, or use single quotes"},
    {"did not find expected hexdecimal number", NULL, AT_PROBLEM,
     "hexadecimal digits must follow: \\x41, \\u0041, \\U00000041",
     "write \\\\ for a backslash, or use single quotes"},
    {"found invalid Unicode character escape code", NULL, AT_PROBLEM,
     "this escape is not a Unicode character", NULL},
    {"mapping values are not allowed in this context", NULL, AT_PROBLEM,
     "a ':' that makes no key here", "quote text that holds ': ', or mend the indentation"},
    {"mapping keys are not allowed in this context", NULL, AT_PROBLEM, "a key cannot stand here",
     "mend the indentation, or quote text that begins with '? '"},
    {"block sequence entries are not allowed in this context", NULL, AT_PROBLEM,
     "a list item cannot stand here",
     "begin the list on a line of its own, or quote text that begins with '- '"},
    {"could not find expected ':'", NULL, AT_CONTEXT, "a ':' must follow this key",
     "write 'key: value' with a space, on one line; or mend the indentation"},
    {"did not find expected '-' indicator", NULL, AT_PROBLEM,
     "this does not go on with the list above", "begin items with '- ', all in one column"},
    {"found a tab character where an indentation space is expected", NULL, AT_PROBLEM,
     "a tab in the indentation", "indent with spaces"},
    {"found a tab character that violates indentation", NULL, AT_PROBLEM,
     "a tab in the indentation", "indent with spaces"},
    {"found unexpected ':'", NULL, AT_PROBLEM, "an unexpected ':'", "quote text that holds ':'"},
    {"did not find expected alphabetic or numeric character", "while scanning an alias", AT_CONTEXT,
     "a '*' begins an alias", "quote text that begins with '*'"},
    {"did not find expected alphabetic or numeric character", "while scanning an anchor",
     AT_CONTEXT, "a '&' begins an anchor", "quote text that begins with '&'"},
    {"did not find expected comment or line break", "while scanning a block scalar", AT_PROBLEM,
     "the text of a '|' or '>' begins on the next line",
     "put the text below it, or quote text that begins with '|' or '>'"},
    {"found an indentation indicator equal to 0", NULL, AT_PROBLEM,
     "the indentation after '|' or '>' is 1 to 9", NULL},
    {"did not find expected whitespace or line break", "while scanning a tag", AT_CONTEXT,
     "unknown tag", "tags are not used in workflows: quote text that begins with '!'"},
    {"did not find expected tag URI", NULL, AT_CONTEXT, "unknown tag",
     "tags are not used in workflows: quote text that begins with '!'"},
    {"found undefined tag handle", NULL, AT_PROBLEM, "unknown tag",
     "tags are not used in workflows: quote text that begins with '!'"},
    {"did not find expected <document start>", NULL, AT_PROBLEM,
     "this does not go on with what stands above", "mend the indentation"},
    {"found incompatible YAML document", NULL, AT_PROBLEM, "the version of YAML here is 1.2",
     "take the line '%YAML' out"},
    {"did not find expected node content", NULL, AT_PROBLEM, "a value is missing here",
     "give one, or quote text that holds , [ ] { }"},
    {"found unknown directive name", NULL, AT_CONTEXT, "unknown directive",
     "quote text that begins with '%'"},
};

static char character_at(const struct layout *layout, size_t offset)
{
    return offset < layout->length ? layout->text[offset] : '\0';
}

static void add(struct layout *layout, size_t index, const char *message, const char *hint)
{
    diagnostics_add(layout->diagnostics, layout_place(layout, index), "%s", message);
    if (hint != NULL)
        diagnostics_hint(layout->diagnostics, "%s", hint);
}

static bool is_text(const char *text, const char *part)
{
    return text != NULL && strncmp(text, part, strlen(part)) == 0;
}

static void complain_of_character(const yaml_parser_t *parser, struct layout *layout)
{
    size_t index = parser->problem_mark.index;
    char character = character_at(layout, layout_offset(layout, index));
    if (character == '\t') {
        add(layout, index, "a tab in the indentation", "indent with spaces");
        return;
    }
    diagnostics_add(layout->diagnostics, layout_place(layout, index), "text cannot begin with '%c'",
                    character);
    diagnostics_hint(layout->diagnostics, "quote it");
}

/* An expression loses its braces in flow style: `[${{ x }}]` is `$`, then a map. */
static bool is_broken_expression(const struct layout *layout, size_t offset)
{
    return offset > 0 && layout->length - offset >= 2 &&
           memcmp(layout->text + offset - 1, "${{", 3) == 0;
}

static const char *kind_of(const struct node *flow)
{
    return flow->kind == NODE_LIST ? "list" : "map";
}

static void complain_of_end(const struct node *flow, struct layout *layout)
{
    diagnostics_add(layout->diagnostics, flow->at, "this %s is not closed", kind_of(flow));
    diagnostics_hint(layout->diagnostics, "close it with '%c'",
                     flow->kind == NODE_LIST ? ']' : '}');
}

static void complain_of_flow(const yaml_parser_t *parser, const struct node *flow,
                             struct layout *layout)
{
    size_t index = parser->problem_mark.index;
    if (is_broken_expression(layout, layout_offset(layout, index))) {
        add(layout, index - 1, "an unquoted ${{ }} cannot stand inside of [ ] or { }",
            "quote it, or use block style");
        return;
    }
    diagnostics_add(layout->diagnostics, layout_place(layout, index),
                    "a ',' or '%c' must stand before this", flow->kind == NODE_LIST ? ']' : '}');
    diagnostics_hint(layout->diagnostics,
                     "close the %s that begins on line %zu, or quote text that holds , [ ] { }",
                     kind_of(flow), parser->context_mark.line + 1);
}

static void complain_of_key(const yaml_parser_t *parser, struct layout *layout)
{
    size_t index = parser->problem_mark.index, offset = layout_offset(layout, index);
    size_t before = offset;
    while (before > layout->begin && strchr(" \t", layout->text[before - 1]) != NULL)
        before--;
    bool is_first = before == layout->begin || strchr("\r\n", layout->text[before - 1]) != NULL;
    if (is_first)
        add(layout, index, "this line does not go on with the map above",
            "mend the indentation: keys of one map stand in one column");
    else
        add(layout, index, "unexpected text behind a value",
            "put the whole text into quotes, or use '|' and the next lines");
}

static bool complain_specially(const yaml_parser_t *parser, const struct node *flow,
                               struct layout *layout)
{
    bool is_at_end = layout_offset(layout, parser->problem_mark.index) >= layout->length;
    if (flow != NULL && is_at_end && is_text(parser->problem, "did not find expected"))
        complain_of_end(flow, layout);
    else if (is_text(parser->problem, "found character that cannot start any token"))
        complain_of_character(parser, layout);
    else if (flow != NULL && is_text(parser->problem, "did not find expected ',' or"))
        complain_of_flow(parser, flow, layout);
    else if (is_text(parser->problem, "did not find expected key"))
        complain_of_key(parser, layout);
    else
        return false;
    return true;
}

void syntax_complain(const yaml_parser_t *parser, const struct node *flow, struct layout *layout)
{
    if (complain_specially(parser, flow, layout))
        return;
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        const struct saying *saying = &sayings[i];
        if (!is_text(parser->problem, saying->problem) ||
            (saying->context != NULL && !is_text(parser->context, saying->context)))
            continue;
        const yaml_mark_t *mark =
            saying->where == AT_PROBLEM ? &parser->problem_mark : &parser->context_mark;
        add(layout, mark->index, saying->message, saying->hint);
        return;
    }
    diagnostics_add(layout->diagnostics, layout_place(layout, parser->problem_mark.index), "%s%s%s",
                    parser->problem != NULL ? parser->problem : "not YAML",
                    parser->context != NULL ? ", " : "",
                    parser->context != NULL ? parser->context : "");
}
