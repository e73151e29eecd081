/* Expansion of a matrix. A plain product is not written out: its instances are numbers, and only
 * the axes' lists are kept. What exclude leaves is a list of such numbers; a map for an instance is
 * made only for rows and for what include touched. */
#include "plan/matrix.h"

#include "base/memory.h"
#include "base/text.h"
#include "plan/expansion.h"
#include "plan/instance.h"
#include "value/value.h"

place expansion_place(const struct spec *spec, uint32_t element)
{
    return spec->kind == SPEC_LIST && element < spec->count ? spec->items[element].at : spec->at;
}

void expansion_add_variable(struct expansion *expansion, const char *text)
{
    if (json_object_get(expansion->known, text) != NULL)
        return;
    json_object_set_new(expansion->known, text, json_integer(expansion->variables.count));
    *VEC_PUSH(&expansion->variables) = names_add_text(expansion->view.plan->workflow->names, text);
}

static bool has_good_keys(struct expansion *expansion, json_t *map, place at)
{
    const char *key;
    size_t length;
    json_t *value;
    json_object_keylen_foreach(map, key, length, value) if (
        !text_is_name(key, length)) return diagnostics_add(expansion->diagnostics, at,
                                                           "'%s' is no name for a variable: "
                                                           "letters, digits, '_' and '-' make one",
                                                           key);
    return true;
}

/* What a spec gives, or gave. New; NULL after an error in diagnostics. */
static json_t *value_of(struct expansion *expansion, const struct spec *spec, json_t *given)
{
    CLEANUP_ERROR struct error error = {0};
    if (expansion->values == NULL) {
        json_t *value = view_spec(&expansion->view, spec, &error);
        if (value == NULL)
            diagnostics_take(expansion->diagnostics, &error);
        return value;
    }
    if (given == NULL)
        diagnostics_add(expansion->diagnostics, spec->at,
                        "what this list came to is not recorded in whole");
    return json_incref(given);
}

json_t *expansion_list_of_maps(struct expansion *expansion, const struct spec *spec,
                               const char *key, const char *what)
{
    json_t *list = value_of(expansion, spec, json_object_get(expansion->values, key));
    bool is_fine = list != NULL;
    if (is_fine && !json_is_array(list))
        is_fine = diagnostics_add(expansion->diagnostics, spec->at,
                                  "%s must be a list of maps, this gives %s", what,
                                  value_kind_text(list));
    for (uint32_t i = 0; is_fine && i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        place at = expansion_place(spec, i);
        if (!json_is_object(entry))
            is_fine = diagnostics_add(expansion->diagnostics, at,
                                      "%s must be a list of maps, element %u is %s", what, i + 1,
                                      value_kind_text(entry));
        else
            is_fine = has_good_keys(expansion, entry, at);
    }
    if (is_fine)
        return list;
    json_decref(list);
    return NULL;
}

static bool too_large(struct expansion *expansion)
{
    return diagnostics_add(expansion->diagnostics, expansion->matrix->at,
                           "too many instances: a plan holds %u nodes at most",
                           (uint32_t)MOST_NODES);
}

static bool expand_rows(struct expansion *expansion)
{
    json_t *list = expansion_list_of_maps(expansion, &expansion->matrix->rows, "rows", "a matrix");
    if (list == NULL)
        return false;
    bool is_fine = json_array_size(list) <= MOST_NODES || too_large(expansion);
    for (uint32_t i = 0; is_fine && i < json_array_size(list); i++) {
        json_t *row = json_array_get(list, i), *value;
        const char *key;
        json_object_foreach(row, key, value) expansion_add_variable(expansion, key);
        *VEC_PUSH(&expansion->rows) = json_incref(row);
    }
    expansion->instances->count = expansion->rows.count;
    json_decref(list);
    return is_fine;
}

static bool read_axis(struct expansion *expansion, const struct axis *axis)
{
    struct instances *instances = expansion->instances;
    json_t *list = value_of(
        expansion, &axis->values,
        json_array_get(json_object_get(expansion->values, "axes"), instances->shape->axis_count));
    if (list == NULL)
        return false;
    instances->shape->axis_values[instances->shape->axis_count++] = list;
    const char *text = names_text(expansion->view.plan->workflow->names, axis->variable);
    expansion_add_variable(expansion, text);
    if (!json_is_array(list))
        return diagnostics_add(expansion->diagnostics, axis->values.at,
                               "the values of '%s' must be a list, this gives %s", text,
                               value_kind_text(list));
    return true;
}

static bool expand_product(struct expansion *expansion)
{
    const struct matrix *matrix = expansion->matrix;
    struct instances *instances = expansion->instances;
    instances->shape->axis_values = memory_array(matrix->axis_count, sizeof(json_t *));
    bool is_fine = true;
    for (uint32_t i = 0; i < matrix->axis_count; i++)
        is_fine &= read_axis(expansion, &matrix->axes[i]);
    if (!is_fine)
        return false;
    bool is_empty = matrix->axis_count == 0;
    uint64_t product = 1;
    for (uint32_t i = 0; i < matrix->axis_count; i++)
        is_empty |= json_array_size(instances->shape->axis_values[i]) == 0;
    for (uint32_t i = 0; i < matrix->axis_count && !is_empty; i++) {
        uint64_t size = json_array_size(instances->shape->axis_values[i]);
        if (__builtin_mul_overflow(product, size, &product) || product > MOST_NODES)
            return too_large(expansion);
    }
    expansion->product = is_empty ? 0 : (uint32_t)product;
    instances->count = expansion->product;
    return true;
}

static bool has_entries(const struct spec *spec)
{
    return spec->kind != SPEC_LIST || spec->count > 0;
}

static bool expand(struct expansion *expansion)
{
    const struct matrix *matrix = expansion->matrix;
    if (matrix->is_list)
        return expand_rows(expansion);
    return expand_product(expansion) &&
           (!has_entries(&matrix->exclude) || expansion_exclude(expansion)) &&
           (!has_entries(&matrix->include) || expansion_include(expansion));
}

/* Moves what the expansion gathered to the instances. */
static void finish(struct expansion *expansion)
{
    struct instances *instances = expansion->instances;
    instances->shape->rows = expansion->rows.items;
    instances->shape->variable_count = expansion->variables.count;
    instances->shape->variables =
        arena_copy(&expansion->view.plan->arena, expansion->variables.items,
                   sizeof(name) * (size_t)expansion->variables.count);
    VEC_RELEASE(&expansion->variables);
    json_decref(expansion->known);
    view_release(&expansion->view);
    for (uint32_t i = 0; expansion->axes != NULL && i < instances->shape->axis_count; i++) {
        value_set_release(&expansion->axes[i].set);
        memory_free(expansion->axes[i].first);
        memory_free(expansion->axes[i].next);
    }
    memory_free(expansion->axes);
}

/* values: as for matrix_fill, or NULL. */
static bool fill(struct plan *plan, uint32_t task, const json_t *values,
                 struct diagnostics *diagnostics)
{
    struct instances *instances = &plan->instances[task];
    instances->shape = arena_new(&plan->arena, sizeof *instances->shape);
    instances->shape->is_expanded = true;
    struct expansion expansion = {.instances = instances,
                                  .matrix = plan->workflow->tasks[task].matrix,
                                  .diagnostics = diagnostics,
                                  .values = values,
                                  .known = json_object()};
    view_init(&expansion.view, plan, task, NO_NODE);
    bool is_fine = expand(&expansion);
    uint32_t row_count = expansion.rows.count;
    finish(&expansion);
    if (is_fine) {
        instances_number_repeats(instances, plan->workflow->names);
        return true;
    }
    instances->count = row_count;
    instances_release(instances);
    return false;
}

/* The variables that are known before the lists are. */
static void leave_open(struct plan *plan, struct instances *instances, const struct matrix *matrix)
{
    instances->shape = arena_new(&plan->arena, sizeof *instances->shape);
    name *variables = ARENA_ARRAY(&plan->arena, name, matrix->axis_count);
    for (uint32_t i = 0; i < matrix->axis_count; i++)
        variables[i] = matrix->axes[i].variable;
    if (matrix->is_queue)
        instances->shape->items = items_new();
    instances->shape->variables = matrix->is_list ? matrix->variables : variables;
    instances->shape->variable_count =
        matrix->is_list ? matrix->variable_count : matrix->axis_count;
}

void matrix_expand(struct plan *plan, uint32_t task, struct diagnostics *diagnostics)
{
    struct instances *instances = &plan->instances[task];
    const struct matrix *matrix = plan->workflow->tasks[task].matrix;
    *instances =
        (struct instances){.count = matrix == NULL ? 1 : 0, .join = NO_NODE, .template = NO_NODE};
    if (matrix != NULL && (matrix->is_dynamic || matrix->is_queue))
        leave_open(plan, instances, matrix);
    else if (matrix != NULL)
        fill(plan, task, NULL, diagnostics);
}

static bool evaluate_list(struct view *view, const struct spec *spec, json_t *values,
                          const char *key, struct diagnostics *diagnostics)
{
    CLEANUP_ERROR struct error error = {0};
    json_t *value = view_spec(view, spec, &error);
    if (value == NULL)
        return diagnostics_take(diagnostics, &error);
    if (key != NULL)
        json_object_set_new(values, key, value);
    else
        json_array_append_new(values, value);
    return true;
}

json_t *matrix_evaluate(struct view *view, struct diagnostics *diagnostics)
{
    const struct matrix *matrix = view->task->matrix;
    json_t *values = json_object(), *axes = json_array();
    bool is_fine = evaluate_list(view, &matrix->rows, values, "rows", diagnostics);
    is_fine &= evaluate_list(view, &matrix->exclude, values, "exclude", diagnostics);
    is_fine &= evaluate_list(view, &matrix->include, values, "include", diagnostics);
    for (uint32_t i = 0; i < matrix->axis_count; i++)
        is_fine &= evaluate_list(view, &matrix->axes[i].values, axes, NULL, diagnostics);
    json_object_set_new(values, "axes", axes);
    if (is_fine)
        return values;
    json_decref(values);
    return NULL;
}

bool matrix_fill(struct plan *plan, uint32_t task, const json_t *values,
                 struct diagnostics *diagnostics)
{
    struct instances *instances = &plan->instances[task];
    struct instances before = *instances;
    if (fill(plan, task, values, diagnostics))
        return true;
    *instances = before;
    return false;
}

void instances_release(struct instances *instances)
{
    struct shape *shape = instances->shape;
    if (shape == NULL)
        return;
    for (uint32_t i = 0; i < shape->axis_count; i++)
        json_decref(shape->axis_values[i]);
    for (uint32_t i = 0; shape->rows != NULL && i < instances->count; i++)
        json_decref(shape->rows[i]);
    memory_free(shape->axis_values);
    memory_free(shape->combination);
    memory_free(shape->rows);
    memory_free(shape->repeats);
    items_free(shape->items);
    *instances = (struct instances){.join = NO_NODE, .template = NO_NODE};
}
