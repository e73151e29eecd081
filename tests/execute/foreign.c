/* A library that was made for another version. */
#include <stdint.h>

extern const uint32_t pargraph_library[2];
const uint32_t pargraph_library[2] = {99, 8};

int nothing(void *task);
int nothing(void *task)
{
    return task == 0;
}
