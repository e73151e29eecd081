/* Params: what is declared, and the value each has: as given, else its default. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

/* For "expected ...". */
static const char *wanted_text(enum value_type type)
{
    switch (type) {
    case TYPE_INT:
        return "a whole number";
    case TYPE_FLOAT:
        return "a number";
    case TYPE_BOOL:
        return "true or false";
    case TYPE_JSON:
        return "a JSON value";
    case TYPE_TEXT:
    case TYPE_ENUM:
        break;
    }
    return "text";
}

static const char *const type_names[] = {"text", "int", "float", "bool", "json", "enum"};
enum { TYPE_NAME_COUNT = 6, OUTPUT_TYPE_COUNT = 5 };

bool type_read(struct reader *reader, uint32_t node, bool is_param, uint8_t *ret)
{
    static const struct {
        const char *other, *own;
    } words[] = {{"string", "text"},  {"str", "text"},     {"integer", "int"}, {"number", "float"},
                 {"double", "float"}, {"boolean", "bool"}, {"list", "json"},   {"map", "json"},
                 {"object", "json"},  {"array", "json"}};
    int word =
        reader_word(reader, node, type_names, is_param ? TYPE_NAME_COUNT : OUTPUT_TYPE_COUNT);
    enum value_type type;
    for (size_t i = 0; word < 0 && i < sizeof words / sizeof *words; i++)
        if (reader_node(reader, node)->kind == NODE_SCALAR &&
            strcmp(reader_text(reader, node), words[i].other) == 0)
            reader_hint(reader, "did you mean '%s'?", words[i].own);
    if (word < 0 || !value_type_from_text(type_names[word], &type))
        return false;
    *ret = (uint8_t)type;
    return true;
}

/* A value as it is written: text for the types that are text, else by YAML's schema. */
static bool typed_spec_read(struct reader *reader, uint32_t node, enum value_type type,
                            enum context context, struct spec *ret)
{
    bool is_text = type == TYPE_TEXT || type == TYPE_ENUM;
    if (!is_text || reader_node(reader, node)->kind != NODE_SCALAR)
        return spec_read(reader, node, context, ret);
    *ret = (struct spec){.kind = SPEC_TEXT, .at = reader_node(reader, node)->at};
    return text_read(reader, node, context, &ret->text);
}

json_t *typed_value_read(struct reader *reader, uint32_t node, enum value_type type,
                         enum context context)
{
    struct spec spec;
    if (!typed_spec_read(reader, node, type, context, &spec))
        return NULL;
    json_t *value = setting_value(reader, &spec);
    if (value == NULL || value_has_type(value, type))
        return value;
    CLEANUP_BUFFER struct buffer text = {0};
    value_write_json(value, &text);
    json_decref(value);
    reader_error(reader, node, "expected %s, found %.100s", wanted_text(type), buffer_text(&text));
    return NULL;
}

/* What a declaration allows. */
struct limits {
    const struct section *section;
    json_t *least, *most, *choices;
};

static void limits_release(struct limits *limits)
{
    json_decref(limits->least);
    json_decref(limits->most);
    json_decref(limits->choices);
}

static json_t *limit_read(struct reader *reader, const struct param *param, uint32_t node)
{
    if (node == 0)
        return NULL;
    if (param->type != TYPE_INT && param->type != TYPE_FLOAT) {
        reader_error(reader, node, "only an int or a float has a '%s'",
                     reader_text(reader, node - 1));
        return NULL;
    }
    return typed_value_read(reader, node, param->type, CONTEXT_SETTING);
}

static json_t *choices_read(struct reader *reader, uint32_t node)
{
    if (!reader_expect(reader, node, NODE_LIST, "a list of texts"))
        return NULL;
    json_t *choices = json_array();
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t i = node + 1; i < end; i = reader_node(reader, i)->end) {
        name choice;
        if (reader_constant(reader, i, &choice))
            json_array_append_new(choices, json_stringn(names_text(reader->names, choice),
                                                        names_length(reader->names, choice)));
    }
    if (json_array_size(choices) == 0 && end == node + 1)
        reader_error(reader, node, "an enum needs one value at least");
    return choices;
}

static bool is_choice(const json_t *choices, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(choices); i++)
        if (json_equal(json_array_get(choices, i), value))
            return true;
    return json_array_size(choices) == 0;
}

static bool check_value(const struct limits *limits, const json_t *value, struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    value_write_json(value, &text);
    if (limits->least != NULL && json_number_value(value) < json_number_value(limits->least)) {
        CLEANUP_BUFFER struct buffer least = {0};
        value_write_json(limits->least, &least);
        return error_set(error, PLACE_NONE, "%s is less than min, %s", buffer_text(&text),
                         buffer_text(&least));
    }
    if (limits->most != NULL && json_number_value(value) > json_number_value(limits->most)) {
        CLEANUP_BUFFER struct buffer most = {0};
        value_write_json(limits->most, &most);
        return error_set(error, PLACE_NONE, "%s is more than max, %s", buffer_text(&text),
                         buffer_text(&most));
    }
    if (limits->choices != NULL && !is_choice(limits->choices, value)) {
        CLEANUP_BUFFER struct buffer all = {0};
        value_write_json(limits->choices, &all);
        return error_set(error, PLACE_NONE, "%.100s is not one of %s", buffer_text(&text),
                         buffer_text(&all));
    }
    return true;
}

/* A given value: text is read as the type says, anything else must have it. */
static json_t *given_value(const struct param *param, json_t *given, struct error *error)
{
    bool is_text = param->type == TYPE_TEXT || param->type == TYPE_ENUM;
    if (json_is_string(given) && !is_text)
        return value_from_text(param->type, json_string_value(given), json_string_length(given),
                               error);
    if (value_has_type(given, param->type))
        return json_incref(given);
    CLEANUP_BUFFER struct buffer text = {0};
    value_write_json(given, &text);
    error_set(error, PLACE_NONE, "expected %s, found %.100s", wanted_text(param->type),
              buffer_text(&text));
    return NULL;
}

static bool value_given(struct reader *reader, struct param *param, json_t *given,
                        const struct limits *limits)
{
    CLEANUP_ERROR struct error error = {0};
    param->value = given_value(param, given, &error);
    if (param->value != NULL && check_value(limits, param->value, &error))
        return true;
    json_decref(param->value);
    param->value = NULL;
    error.at = PLACE_NONE;
    error_wrap(&error, "param '%s'", names_text(reader->names, param->name));
    return diagnostics_take(reader->diagnostics, &error);
}

static void value_default(struct reader *reader, struct param *param, uint32_t node,
                          const struct limits *limits)
{
    json_t *value = typed_value_read(reader, node, param->type, CONTEXT_PARAM);
    CLEANUP_ERROR struct error error = {0};
    if (value == NULL)
        return;
    if (check_value(limits, value, &error)) {
        param->value = value;
        return;
    }
    json_decref(value);
    error.at = reader_node(reader, node)->at;
    diagnostics_take(reader->diagnostics, &error);
}

static void value_find(struct reader *reader, struct param *param, const struct limits *limits)
{
    const uint32_t *values = limits->section->values;
    json_t *given =
        json_object_get(reader->options->params, names_text(reader->names, param->name));
    struct spec unused;
    if (given != NULL) {
        if (values[PARAM_DEFAULT] != 0)
            typed_spec_read(reader, values[PARAM_DEFAULT], param->type, CONTEXT_PARAM, &unused);
        value_given(reader, param, given, limits);
    } else if (values[PARAM_DEFAULT] != 0) {
        value_default(reader, param, values[PARAM_DEFAULT], limits);
    } else if (param->is_required) {
        diagnostics_add(reader->diagnostics, param->at, "param '%s' is required, and not given",
                        names_text(reader->names, param->name));
        reader_hint(reader, "give it with -p %s=VALUE", names_text(reader->names, param->name));
    } else {
        param->value = json_null();
    }
}

/* The type, from `type`, or enum where choices are listed, or else text. */
static bool param_type(struct reader *reader, struct param *param, const struct section *section)
{
    uint32_t node = section->values[PARAM_TYPE], choices = section->values[PARAM_ENUM];
    param->type = choices != 0 ? TYPE_ENUM : TYPE_TEXT;
    if (node != 0 && !type_read(reader, node, true, &param->type))
        return false;
    if (param->type == TYPE_ENUM && choices == 0) {
        reader_error(reader, node, "an enum needs its values");
        reader_hint(reader, "write enum: [one, other]");
        return false;
    }
    if (choices != 0 && param->type != TYPE_ENUM && param->type != TYPE_TEXT)
        return reader_error(reader, choices - 1, "'enum' and another type cannot go together");
    if (choices != 0)
        param->type = TYPE_ENUM;
    return true;
}

static void param_read(struct reader *reader, struct param *param, uint32_t node)
{
    struct section section;
    if (!section_read(reader, node, TABLE_PARAM, "a map like {type: int, default: 8}", &section) ||
        !param_type(reader, param, &section))
        return;
    const uint32_t *values = section.values;
    if (values[PARAM_DESCRIPTION] != 0)
        reader_constant(reader, values[PARAM_DESCRIPTION], &param->description);
    if (values[PARAM_REQUIRED] != 0)
        setting_bool(reader, values[PARAM_REQUIRED], &param->is_required);
    if (param->is_required && values[PARAM_DEFAULT] != 0) {
        reader_error(reader, values[PARAM_REQUIRED] - 1,
                     "a param that is required has no use for a default");
        return;
    }
    uint32_t before = reader->diagnostics->error_count;
    struct limits limits = {.section = &section};
    limits.least = limit_read(reader, param, values[PARAM_MIN]);
    limits.most = limit_read(reader, param, values[PARAM_MAX]);
    if (values[PARAM_ENUM] != 0)
        limits.choices = choices_read(reader, values[PARAM_ENUM]);
    if (reader->diagnostics->error_count == before && !section.has_unknown)
        value_find(reader, param, &limits);
    limits_release(&limits);
}

void params_read(struct reader *reader, uint32_t node)
{
    struct workflow *workflow = reader->workflow;
    if (!reader_expect(reader, node, NODE_MAP, "a map of params")) {
        reader->is_params_broken = true;
        return;
    }
    workflow->params = ARENA_ARRAY(&workflow->arena, struct param, reader_node(reader, node)->text);
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        struct param *param = &workflow->params[workflow->param_count++];
        param->at = reader_node(reader, key)->at;
        param->name = reader_node(reader, key)->text;
        reader_check_name(reader, key, "a param");
        name_map_set(&reader->param_of_name, param->name, workflow->param_count);
    }
    uint32_t index = 0;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        struct param *param = &workflow->params[index];
        reader->param_limit = index++;
        param_read(reader, param, key + 1);
        if (param->value != NULL)
            json_object_set(workflow->params_value, names_text(reader->names, param->name),
                            param->value);
    }
}

void params_check_given(struct reader *reader)
{
    const struct workflow *workflow = reader->workflow;
    const char *given;
    json_t *value;
    json_object_foreach(reader->options->params, given, value)
    {
        name found = names_find(reader->names, given, strlen(given));
        if (reader->is_params_broken ||
            (found != UINT32_MAX && name_map_get(&reader->param_of_name, found) != 0))
            continue;
        diagnostics_add(reader->diagnostics, PLACE_NONE, "this workflow has no param '%s'", given);
        VEC(const char *) known = {0};
        for (uint32_t i = 0; i < workflow->param_count; i++)
            *VEC_PUSH(&known) = names_text(reader->names, workflow->params[i].name);
        reader_suggest(reader, given, known.items, known.count);
        VEC_RELEASE(&known);
    }
}
