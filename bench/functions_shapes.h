/* The graphs of bench/functions: which earlier tasks each one needs. */
#ifndef BENCH_FUNCTIONS_SHAPES_H
#define BENCH_FUNCTIONS_SHAPES_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct shape {
    const char *name;
    uint32_t count, side; /* side: of a wavefront's square */
};

/* Of the command line: NAME COUNT. */
static inline struct shape shape_read(int argc, char **argv)
{
    struct shape shape = {argc > 1 ? argv[1] : "",
                          argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0, 0};
    const char *names = "free chain tree wavefront";
    if (shape.count == 0 || strstr(names, shape.name) == NULL) {
        fprintf(stderr, "usage: %s free|chain|tree|wavefront COUNT [THREADS]\n", argv[0]);
        exit(2);
    }
    shape.side = (uint32_t)sqrt((double)shape.count);
    if (shape.name[0] == 'w')
        shape.count = shape.side * shape.side;
    return shape;
}

/* The tasks that i needs, all below i: at most two. Returns how many. */
static inline int shape_needs(const struct shape *shape, uint32_t i, uint32_t needs[2])
{
    int count = 0;
    uint32_t heap = shape->count - 1 - i; /* a tree's root is the last */
    switch (shape->name[0]) {
    case 'c':
        if (i > 0)
            needs[count++] = i - 1;
        break;
    case 't':
        for (uint32_t child = 2 * heap + 1; child <= 2 * heap + 2 && child < shape->count; child++)
            needs[count++] = shape->count - 1 - child;
        break;
    case 'w':
        if (i % shape->side > 0)
            needs[count++] = i - 1;
        if (i >= shape->side)
            needs[count++] = i - shape->side;
        break;
    default:
        break;
    }
    return count;
}

static inline double shape_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* "BUILD RUN MEMORY": seconds, seconds, KiB. */
static inline void shape_print(double begin, double built, double end)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%.4f %.4f %ld\n", built - begin, end - built, usage.ru_maxrss);
}

#endif
