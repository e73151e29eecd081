/* The limit of bench/functions: two arrays, two threads, and nothing that a runner needs besides.
 *
 *     bench/functions_limit free|chain|tree|wavefront COUNT [THREADS]
 *
 * Each thread works off a stack of its own, and gives half of it away when the other has none. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "functions_shapes.h"

enum { MOST_THREADS = 64 };

static struct shape shape;
static uint32_t *first, *dependents;
static _Atomic uint8_t *left;
static _Atomic uint32_t done;
static uint32_t threads = 2;

static struct pile {
    pthread_mutex_t lock;
    uint32_t *given, given_count;
    _Atomic int is_hungry;
    uint32_t *own, count;
} piles[MOST_THREADS];

/* What the benchmark is about; the compiler is not to know that it is empty. */
__attribute__((noinline)) static void work(void)
{
    __asm__ volatile("");
}

static void give(struct pile *pile, struct pile *other)
{
    uint32_t half = pile->count / 2;
    pthread_mutex_lock(&other->lock);
    memcpy(other->given + other->given_count, pile->own, half * sizeof *pile->own);
    other->given_count += half;
    atomic_store(&other->is_hungry, 0);
    pthread_mutex_unlock(&other->lock);
    memmove(pile->own, pile->own + half, (pile->count - half) * sizeof *pile->own);
    pile->count -= half;
}

static int take(struct pile *pile)
{
    pthread_mutex_lock(&pile->lock);
    memcpy(pile->own, pile->given, pile->given_count * sizeof *pile->own);
    pile->count = pile->given_count;
    pile->given_count = 0;
    pthread_mutex_unlock(&pile->lock);
    return pile->count > 0;
}

static void *run(void *argument)
{
    struct pile *pile = argument;
    uint32_t mine = 0;
    for (;;) {
        while (pile->count > 0) {
            uint32_t i = pile->own[--pile->count];
            work();
            mine++;
            for (uint32_t k = first[i]; k < first[i + 1]; k++)
                if (atomic_fetch_sub_explicit(&left[dependents[k]], 1, memory_order_acq_rel) == 1)
                    pile->own[pile->count++] = dependents[k];
            for (uint32_t k = 0; k < threads && pile->count > 64; k++)
                if (atomic_load_explicit(&piles[k].is_hungry, memory_order_relaxed))
                    give(pile, &piles[k]);
        }
        atomic_fetch_add(&done, mine);
        mine = 0;
        atomic_store(&pile->is_hungry, 1);
        while (!take(pile)) {
            if (atomic_load(&done) == shape.count)
                return NULL;
            sched_yield();
        }
    }
}

static void build(void)
{
    uint32_t needs[2], *fill;
    first = calloc(shape.count + 2, sizeof *first);
    dependents = calloc(2 * (size_t)shape.count, sizeof *dependents);
    left = calloc(shape.count, 1);
    for (uint32_t i = 0; i < shape.count; i++)
        for (int k = shape_needs(&shape, i, needs); k-- > 0;)
            first[needs[k] + 1]++;
    for (uint32_t i = 0; i < shape.count; i++)
        first[i + 1] += first[i];
    fill = malloc((shape.count + 1) * sizeof *fill);
    memcpy(fill, first, (shape.count + 1) * sizeof *fill);
    for (uint32_t i = 0; i < shape.count; i++) {
        int count = shape_needs(&shape, i, needs);
        left[i] = (uint8_t)count;
        for (int k = 0; k < count; k++)
            dependents[fill[needs[k]]++] = i;
    }
    free(fill);
    for (uint32_t k = 0; k < threads; k++) {
        pthread_mutex_init(&piles[k].lock, NULL);
        piles[k].own = malloc((shape.count + 1) * sizeof(uint32_t));
        piles[k].given = malloc((shape.count + 1) * sizeof(uint32_t));
    }
    for (uint32_t i = 0, k = 0; i < shape.count; i++)
        if (left[i] == 0) {
            struct pile *pile = &piles[k++ % threads];
            pile->own[pile->count++] = i;
        }
}

int main(int argc, char **argv)
{
    pthread_t ids[MOST_THREADS];
    shape = shape_read(argc, argv);
    if (argc > 3)
        threads = (uint32_t)strtoul(argv[3], NULL, 10) % MOST_THREADS;
    double begin = shape_now();
    build();
    double built = shape_now();
    for (uint32_t k = 0; k < threads; k++)
        pthread_create(&ids[k], NULL, run, &piles[k]);
    for (uint32_t k = 0; k < threads; k++)
        pthread_join(ids[k], NULL);
    shape_print(begin, built, shape_now());
    return atomic_load(&done) == shape.count ? 0 : 1;
}
