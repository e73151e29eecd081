/* Params files: one map of names to values, in YAML (and so in JSON). */
#include "base/file.h"
#include "cli/cli.h"
#include "document/document.h"

static const size_t LARGEST_PARAMS = (size_t)256 << 20;

static json_t *node_value(const struct document *document, struct names *names, uint32_t at,
                          struct diagnostics *diagnostics);

static json_t *container_value(const struct document *document, struct names *names, uint32_t at,
                               struct diagnostics *diagnostics)
{
    const struct node *node = &document->nodes[at];
    bool is_map = node->kind == NODE_MAP;
    json_t *container = is_map ? json_object() : json_array();
    for (uint32_t child = at + 1; child < node->end; child = document->nodes[child].end) {
        const char *key = NULL;
        if (is_map)
            key = names_text(names, document->nodes[child++].text);
        json_t *value = node_value(document, names, child, diagnostics);
        if (is_map)
            json_object_set_new(container, key, value);
        else
            json_array_append_new(container, value);
    }
    return container;
}

/* Recursion no deeper than a document's nesting, DOCUMENT_DEPTH. */
static json_t *node_value(const struct document *document, struct names *names, uint32_t at,
                          struct diagnostics *diagnostics)
{
    const struct node *node = &document->nodes[at];
    if (node->kind != NODE_SCALAR)
        return container_value(document, names, at, diagnostics);
    const char *text = names_text(names, node->text);
    size_t length = names_length(names, node->text);
    if (node->style != STYLE_PLAIN)
        return json_stringn(text, length);
    struct error error = {0};
    json_t *value = value_from_scalar(text, length, &error);
    if (value != NULL)
        return value;
    error.at = node->at;
    diagnostics_take(diagnostics, &error);
    return json_null();
}

json_t *cli_read_params(const char *file)
{
    struct error error = {0};
    char *text;
    size_t length;
    if (!file_read(file, LARGEST_PARAMS, &text, &length, &error)) {
        cli_fail(EXIT_STATUS_INVALID, &error);
        return NULL;
    }
    struct sources sources = {0};
    struct names names;
    struct document document = {0};
    struct diagnostics diagnostics = {0};
    names_init(&names);
    sources_add(&sources, file, text, length);
    json_t *params = NULL;
    if (document_read(&document, &sources.items[0], &names, &diagnostics)) {
        if (document.nodes[0].kind != NODE_MAP)
            diagnostics_add(&diagnostics, document.nodes[0].at,
                            "a params file is a map: name: value");
        else
            params = node_value(&document, &names, 0, &diagnostics);
    }
    if (cli_show(&diagnostics, &sources) != EXIT_STATUS_SUCCESS) {
        json_decref(params);
        params = NULL;
    }
    document_release(&document);
    names_release(&names);
    sources_release(&sources);
    return params;
}
