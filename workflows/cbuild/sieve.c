#include "sieve.h"

#include <stdlib.h>

size_t sieve(unsigned limit, unsigned *primes, size_t most)
{
    char *is_composite = calloc((size_t)limit + 1, 1);
    size_t count = 0;
    if (is_composite == NULL)
        return 0;
    for (unsigned long long n = 2; n <= limit; n++) {
        if (is_composite[n])
            continue;
        if (count < most)
            primes[count] = (unsigned)n;
        count++;
        for (unsigned long long multiple = n * n; multiple <= limit; multiple += n)
            is_composite[multiple] = 1;
    }
    free(is_composite);
    return count;
}
