/* Functions of a list of numbers, for functions.yml. */
#include <math.h>
#include <pargraph/task.h>
#include <stdlib.h>

PARGRAPH_LIBRARY

/* The argument `numbers`, *ret_count of them; NULL with a message. To be freed. */
static double *numbers_of(pargraph_task *task, size_t *ret_count)
{
    const pargraph_value *list = pargraph_named(task, "numbers");
    *ret_count = pargraph_size(task, list);
    double *numbers = malloc((*ret_count + 1) * sizeof *numbers);
    if (numbers == NULL) {
        pargraph_fail(task, "no memory for %zu numbers", *ret_count);
        return NULL;
    }
    if (pargraph_read_doubles(task, list, numbers, *ret_count) == PARGRAPH_OK)
        return numbers;
    free(numbers);
    return NULL;
}

/* {count, mean, deviation} of numbers. */
PARGRAPH_FUNCTION(summary)
{
    size_t count;
    double *numbers = numbers_of(task, &count), sum = 0, squares = 0;
    if (numbers == NULL)
        return PARGRAPH_FAILED;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    for (size_t i = 0; i < count; i++)
        squares += (numbers[i] - sum / (double)count) * (numbers[i] - sum / (double)count);
    free(numbers);
    if (count == 0)
        return pargraph_fail(task, "no summary of nothing");
    pargraph_begin_map(task);
    pargraph_put_key(task, "count", 5);
    pargraph_put_int(task, (int64_t)count);
    pargraph_put_key(task, "mean", 4);
    pargraph_put_double(task, sum / (double)count);
    pargraph_put_key(task, "deviation", 9);
    pargraph_put_double(task, sqrt(squares / (double)count));
    return pargraph_end(task);
}

/* `count` numbers around `middle`, always the same for one seed; args by name. */
PARGRAPH_FUNCTION(sample)
{
    int64_t count, seed;
    double middle;
    if (pargraph_read_int(task, pargraph_named(task, "count"), &count) ||
        pargraph_read_int(task, pargraph_named(task, "seed"), &seed) ||
        pargraph_read_double(task, pargraph_named(task, "middle"), &middle))
        return PARGRAPH_FAILED;
    uint32_t state = (uint32_t)seed * UINT32_C(2654435769) + 1;
    pargraph_begin_list(task);
    for (int64_t i = 0; i < count && !pargraph_is_cancelled(task); i++) {
        state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        pargraph_put_double(task, middle + (double)(state >> 8) / (1 << 24) - 0.5);
    }
    pargraph_log(task, "%d numbers around %g", (int)count, middle);
    return pargraph_is_cancelled(task) ? PARGRAPH_CANCELLED : pargraph_end(task);
}
