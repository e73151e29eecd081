/* Whole-number arithmetic of guards and selectors, recognised so that a million instances need not
 * ask Lua: sums of matrix variables times constants, and comparisons of such sums. */
#ifndef PLAN_AFFINE_H
#define PLAN_AFFINE_H

#include "plan/plan.h"

/* `2 * matrix.k + 1`. */
struct affine {
    uint32_t term_count;
    struct affine_term {
        uint32_t variable; /* its place in the instances' variables */
        int64_t factor;
    } * terms;
    int64_t constant;
};

/* `matrix.i > 0 and matrix.j < matrix.i`: all must hold. */
struct affine_test {
    uint32_t count;
    struct affine_comparison {
        struct affine left, right;
        uint8_t operator;
    } * comparisons;
};

/* NULL if the expression is of another form. Lives in the plan's arena. */
const struct affine *affine_read(struct plan *plan, uint32_t task, uint32_t expression);
const struct affine_test *affine_test_read(struct plan *plan, uint32_t task, uint32_t expression);
/* False if a variable is no whole number in this instance; then Lua must say. Overflow wraps, as
 * Lua's does. */
bool affine_value(const struct affine *affine, const struct plan *plan, uint32_t node,
                  int64_t *ret);
bool affine_test_holds(const struct affine_test *test, const struct plan *plan, uint32_t node,
                       bool *ret);

#endif
