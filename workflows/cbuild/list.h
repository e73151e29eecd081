/* Lists of numbers as text. */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>

void list_print(const unsigned *numbers, size_t count);

#endif
