/* The frame of every unit test program: suites of CUnit, a plain last line, an honest status. */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include <CUnit/CUnit.h>

struct check {
    const char *name;
    void (*run)(void);
};

/* Runs the checks (the list ends with a NULL name), prints each failure with its file and line,
 * then "N passed, N failed" in checks. Returns main's status: 0 if none failed. One argument on the
 * command line runs only the checks whose names contain it. */
int check_main(int argc, char **argv, const char *suite, const struct check *checks);

/* Texts are equal; shows both where they are not. */
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), __FILE__, __LINE__)
void check_text(const char *actual, const char *expected, const char *file, int line);

#endif
