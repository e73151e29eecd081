/* Checks of base_file.c. */
#ifndef TESTS_BASE_FILE_H
#define TESTS_BASE_FILE_H

void files(void);
void paths(void);
void raised_descriptors(void);

#endif
