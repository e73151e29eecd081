#include "list.h"

#include <stdio.h>

void list_print(const unsigned *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s%u", i == 0 ? "" : " ", numbers[i]);
    putchar('\n');
}
