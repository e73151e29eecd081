/* What `exclude` and `include` make of a product, by GitHub's rules: an excluded entry drops all
 * combinations whose values it gives. Then each included entry adds its keys to every combination
 * left whose *original* values it does not contradict (keys added before may be overwritten); where
 * there is none, it is one more instance, which later entries do not touch. */
#include "base/memory.h"
#include "plan/expansion.h"
#include "plan/instance.h"

static const char *variable_text(const struct expansion *expansion, uint32_t variable)
{
    return names_text(expansion->view.plan->workflow->names, expansion->variables.items[variable]);
}

static bool is_axis(const struct expansion *expansion, const char *key)
{
    const json_t *at = json_object_get(expansion->known, key);
    return at != NULL && json_integer_value(at) < expansion->instances->shape->axis_count;
}

static bool names_axes_only(struct expansion *expansion, json_t *entry, place at)
{
    const char *key;
    json_t *value;
    json_object_foreach(entry, key, value) if (!is_axis(expansion, key)) return diagnostics_add(
        expansion->diagnostics, at, "'%s' is no variable with a list in this matrix", key);
    return true;
}

/* Marks in is_excluded; false after an error. */
static bool mark_excluded(struct expansion *expansion, const json_t *entries, bool *is_excluded)
{
    const struct spec *spec = &expansion->matrix->exclude;
    bool is_fine = true;
    for (uint32_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i);
        if (!names_axes_only(expansion, entry, expansion_place(spec, i))) {
            is_fine = false;
            continue;
        }
        struct matching matching;
        uint32_t combination;
        matching_begin(&matching, expansion, entry);
        while (matching_next(&matching, &combination))
            is_excluded[combination] = true;
        matching_release(&matching);
    }
    return is_fine;
}

static void keep_others(struct expansion *expansion, const bool *is_excluded)
{
    struct instances *instances = expansion->instances;
    uint32_t left = 0;
    for (uint32_t i = 0; i < expansion->product; i++)
        left += !is_excluded[i];
    if (left == expansion->product)
        return;
    instances->shape->combination = memory_array(left, sizeof *instances->shape->combination);
    instances->count = 0;
    for (uint32_t i = 0; i < expansion->product; i++)
        if (!is_excluded[i])
            instances->shape->combination[instances->count++] = i;
}

bool expansion_exclude(struct expansion *expansion)
{
    json_t *entries =
        expansion_list_of_maps(expansion, &expansion->matrix->exclude, "exclude", "exclude");
    if (entries == NULL)
        return false;
    bool *is_excluded = memory_array(expansion->product, sizeof *is_excluded);
    bool is_fine = mark_excluded(expansion, entries, is_excluded);
    if (is_fine)
        keep_others(expansion, is_excluded);
    memory_free(is_excluded);
    json_decref(entries);
    return is_fine;
}

/* The instance of a combination, or NO_ROW if it was excluded. */
static uint32_t instance_of(const struct instances *instances, uint32_t originals,
                            uint32_t combination)
{
    if (instances->shape->combination == NULL)
        return combination;
    uint32_t low = 0, high = originals;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (instances->shape->combination[middle] < combination)
            low = middle + 1;
        else
            high = middle;
    }
    return low < originals && instances->shape->combination[low] == combination ? low : NO_ROW;
}

/* Makes a row for each instance there is, so that some can be told apart. */
static void need_rows(struct expansion *expansion)
{
    while (expansion->rows.count < expansion->instances->count)
        *VEC_PUSH(&expansion->rows) = NULL;
}

static void add_keys(struct expansion *expansion, uint32_t instance, json_t *entry)
{
    need_rows(expansion);
    json_t **row = &expansion->rows.items[instance];
    if (*row == NULL) {
        *row = json_object();
        for (uint32_t i = 0; i < expansion->instances->shape->axis_count; i++)
            json_object_set(*row, variable_text(expansion, i),
                            (json_t *)instances_value(expansion->instances,
                                                      expansion->view.plan->workflow->names,
                                                      instance, i));
    }
    const char *key;
    json_t *value;
    json_object_foreach(entry, key, value) if (!is_axis(expansion, key))
        json_object_set(*row, key, value);
}

static bool has_more_keys(const struct expansion *expansion, json_t *entry)
{
    const char *key;
    json_t *value;
    json_object_foreach(entry, key, value) if (!is_axis(expansion, key)) return true;
    return false;
}

/* Returns whether some combination took the entry. */
static bool add_to_combinations(struct expansion *expansion, json_t *entry, uint32_t originals)
{
    bool is_taken = false, has_more = has_more_keys(expansion, entry);
    struct matching matching;
    uint32_t combination;
    matching_begin(&matching, expansion, entry);
    while (matching_next(&matching, &combination)) {
        uint32_t instance = instance_of(expansion->instances, originals, combination);
        if (instance == NO_ROW)
            continue;
        is_taken = true;
        if (!has_more)
            break;
        add_keys(expansion, instance, entry);
    }
    matching_release(&matching);
    return is_taken;
}

bool expansion_include(struct expansion *expansion)
{
    json_t *entries =
        expansion_list_of_maps(expansion, &expansion->matrix->include, "include", "include");
    if (entries == NULL)
        return false;
    uint32_t originals = expansion->instances->count;
    for (uint32_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i);
        const char *key;
        json_t *value;
        if (!add_to_combinations(expansion, entry, originals)) {
            need_rows(expansion);
            *VEC_PUSH(&expansion->rows) = json_copy(entry);
            expansion->instances->count++;
        }
        json_object_foreach(entry, key, value) expansion_add_variable(expansion, key);
    }
    json_decref(entries);
    return true;
}
