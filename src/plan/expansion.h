/* A matrix while it is expanded, and the finding of combinations by their values. */
#ifndef PLAN_EXPANSION_H
#define PLAN_EXPANSION_H

#include "plan/values.h"
#include "plan/view.h"

/* The elements of an axis by value: first[id - 1], then next[...] up to NO_ROW. */
struct axis_values {
    struct value_set set;
    uint32_t *first, *next;
};

struct expansion {
    struct view view;
    struct instances *instances;
    const struct matrix *matrix;
    struct diagnostics *diagnostics;
    const json_t *values; /* of a dynamic matrix (matrix_evaluate); NULL: ask the view */
    json_t *known;        /* {variable: its place}, of all so far */
    VEC(name) variables;
    VEC(json_t *) rows; /* empty, or one for each instance; NULL: a plain combination */
    struct axis_values *axes;
    uint32_t product; /* combinations, excluded ones too */
};

/* Takes a variable in, unless it is there. */
void expansion_add_variable(struct expansion *expansion, const char *text);
/* The list of maps that a spec gives, new; NULL after an error in diagnostics. key: of
 * expansion->values. */
json_t *expansion_list_of_maps(struct expansion *expansion, const struct spec *spec,
                               const char *key, const char *what);
/* The place of an element of a list. */
place expansion_place(const struct spec *spec, uint32_t element);

/* Goes through the combinations whose values are those of an entry, for all axes that it names. */
struct matching {
    uint32_t axis_count;
    struct candidates {
        uint32_t *indexes; /* of the axis, ascending; NULL: all */
        uint32_t count, at;
        uint32_t size; /* of the axis */
    } * axes;
    bool is_done;
};
void matching_begin(struct matching *matching, struct expansion *expansion, const json_t *entry);
bool matching_next(struct matching *matching, uint32_t *ret_combination);
void matching_release(struct matching *matching);

/* What exclude and include make of the product. */
bool expansion_exclude(struct expansion *expansion);
bool expansion_include(struct expansion *expansion);

#endif
