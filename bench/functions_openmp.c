/* bench/functions by OpenMP's tasks: functions_openmp free|chain|tree|wavefront COUNT [THREADS]
 * Tasks are made while they run, so all is run. */
#include "functions_shapes.h"

#include <omp.h>

static uint32_t done;

static void work(void)
{
    __atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
}

static void make(const struct shape *shape, char *marks, uint32_t i)
{
    uint32_t needs[2] = {0, 0};
    int count = shape_needs(shape, i, needs);
    char *own = &marks[i], *one = &marks[needs[0]], *two = &marks[needs[1]];
    (void)own, (void)one, (void)two;
    if (count == 0 && shape->name[0] == 'f') {
#pragma omp task
        work();
    } else if (count == 0) {
#pragma omp task depend(out : own[0])
        work();
    } else if (count == 1) {
#pragma omp task depend(out : own[0]) depend(in : one[0])
        work();
    } else {
#pragma omp task depend(out : own[0]) depend(in : one[0], two[0])
        work();
    }
}

int main(int argc, char **argv)
{
    struct shape shape = shape_read(argc, argv);
    omp_set_num_threads(argc > 3 ? atoi(argv[3]) : 2);
    double begin = shape_now();
    char *marks = calloc(shape.count, 1);
    double built = shape_now();
#pragma omp parallel
#pragma omp single
    for (uint32_t i = 0; i < shape.count; i++)
        make(&shape, marks, i);
    shape_print(begin, built, shape_now());
    return done == shape.count ? 0 : 1;
}
