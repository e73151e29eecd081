/* primes LIMIT: the primes up to LIMIT. */
#include <stdio.h>
#include <stdlib.h>

#include "list.h"
#include "sieve.h"

enum { MOST = 1000 };

int main(int argc, char **argv)
{
    unsigned primes[MOST];
    if (argc != 2) {
        fprintf(stderr, "usage: primes LIMIT\n");
        return 2;
    }
    size_t count = sieve((unsigned)strtoul(argv[1], NULL, 10), primes, MOST);
    list_print(primes, count < MOST ? count : MOST);
    return 0;
}
