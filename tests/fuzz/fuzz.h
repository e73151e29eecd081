/* A fuzz target: libFuzzer calls it with inputs that it invents, replay.c with those of a folder.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Always 0; anything wrong is for an assertion or a sanitizer to say. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
