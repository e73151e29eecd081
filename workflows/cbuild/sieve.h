/* The primes up to a limit. */
#ifndef SIEVE_H
#define SIEVE_H

#include <stddef.h>

/* Fills primes[] with the primes up to limit, in order, at most `most`; returns how many there are. */
size_t sieve(unsigned limit, unsigned *primes, size_t most);

#endif
