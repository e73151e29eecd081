/* Tags are not a part of the workflow language. Those of YAML's core schema are let through where
 * they say what is true anyway; every other one is an error. */
#include <ctype.h>
#include <string.h>

#include "document/reader.h"

#define CORE "tag:yaml.org,2002:"

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool is_null(const char *text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};
    return is_one_of(text, words);
}

static bool is_bool(const char *text)
{
    static const char *const words[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    return is_one_of(text, words);
}

static const char *skip_digits(const char *text)
{
    while (isdigit((unsigned char)*text))
        text++;
    return text;
}

static bool is_int(const char *text)
{
    if (strncmp(text, "0x", 2) == 0)
        return text[2] != '\0' && text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] == '\0';
    if (strncmp(text, "0o", 2) == 0)
        return text[2] != '\0' && text[2 + strspn(text + 2, "01234567")] == '\0';
    const char *first = *text == '-' || *text == '+' ? text + 1 : text;
    const char *end = skip_digits(first);
    return end > first && *end == '\0';
}

static bool is_float(const char *text)
{
    static const char *const words[] = {".nan", ".NaN", ".NAN", NULL};
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    if (is_one_of(text, words) || is_int(text))
        return true;
    text += *text == '-' || *text == '+';
    if (is_one_of(text, infinities))
        return true;
    const char *end = skip_digits(text);
    size_t digits = (size_t)(end - text);
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction);
        digits += (size_t)(end - fraction);
    }
    if (digits > 0 && (*end == 'e' || *end == 'E')) {
        const char *exponent = end + 1 + (end[1] == '-' || end[1] == '+');
        end = skip_digits(exponent);
        digits = end > exponent ? digits : 0;
    }
    return digits > 0 && *end == '\0';
}

static const struct core_tag {
    const char *name;
    uint8_t kind;
    bool (*fits)(const char *text); /* NULL: everything does */
} core_tags[] = {
    {"!", NODE_SCALAR, NULL},
    {CORE "str", NODE_SCALAR, NULL},
    {CORE "null", NODE_SCALAR, is_null},
    {CORE "bool", NODE_SCALAR, is_bool},
    {CORE "int", NODE_SCALAR, is_int},
    {CORE "float", NODE_SCALAR, is_float},
    {CORE "seq", NODE_LIST, NULL},
    {CORE "map", NODE_MAP, NULL},
};

static const struct core_tag *find_tag(const char *tag)
{
    for (size_t i = 0; i < sizeof core_tags / sizeof *core_tags; i++)
        if (strcmp(core_tags[i].name, tag) == 0)
            return &core_tags[i];
    return NULL;
}

/* The tag as its author most likely wrote it. */
static void write_tag(const char *tag, struct buffer *out)
{
    if (strncmp(tag, CORE, strlen(CORE)) == 0) {
        buffer_add_text(out, "!!");
        tag += strlen(CORE);
    }
    text_show(tag, strlen(tag), out);
}

static void complain(struct reader *reader, struct tag tag, bool is_known)
{
    CLEANUP_BUFFER struct buffer shown = {0};
    write_tag(tag.name, &shown);
    if (is_known) {
        diagnostics_add(reader->diagnostics, tag.at, "the tag '%s' does not fit this value",
                        buffer_text(&shown));
        diagnostics_hint(reader->diagnostics, "take the tag out");
        return;
    }
    diagnostics_add(reader->diagnostics, tag.at, "unknown tag '%s'", buffer_text(&shown));
    diagnostics_hint(reader->diagnostics, "tags are not used in workflows: quote text that begins "
                                          "with '!'; in an expression say 'not'");
}

void tag_apply(struct reader *reader, struct node *node, struct tag tag)
{
    const struct core_tag *known = find_tag(tag.name);
    bool is_bare = strcmp(tag.name, "!") == 0;
    bool is_fitting = known != NULL && (known->kind == node->kind || is_bare) &&
                      (known->fits == NULL || known->fits(tag.text));
    if (!is_fitting)
        complain(reader, tag, known != NULL);
    else if (node->kind == NODE_SCALAR && known->fits != NULL)
        node->style = STYLE_PLAIN;
    else if (node->kind == NODE_SCALAR && node->style == STYLE_PLAIN)
        node->style = STYLE_SINGLE_QUOTED;
}
