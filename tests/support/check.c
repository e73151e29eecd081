/* The frame of every unit test program; see check.h. */
#include "support/check.h"

#include <stdio.h>
#include <string.h>

static void show_failures(void)
{
    for (CU_pFailureRecord record = CU_get_failure_list(); record != NULL; record = record->pNext)
        printf("%s:%u: %s: %s\n", record->strFileName, record->uiLineNumber,
               record->pTest != NULL ? record->pTest->pName : "?", record->strCondition);
}

int check_main(int argc, char **argv, const char *suite, const struct check *checks)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 99;
    CU_pSuite added = CU_add_suite(suite, NULL, NULL);
    for (const struct check *check = checks; added != NULL && check->name != NULL; check++)
        if (argc < 2 || strstr(check->name, argv[1]) != NULL)
            CU_add_test(added, check->name, check->run);
    CU_run_all_tests();
    show_failures();
    unsigned failed = CU_get_number_of_tests_failed();
    unsigned passed = CU_get_number_of_tests_run() - failed;
    /* CU_run_all_tests() gives no status of asserts: ask for the records. */
    int status = added == NULL || CU_get_number_of_failure_records() != 0 ? 1 : 0;
    CU_cleanup_registry();
    printf("%u passed, %u failed\n", passed, failed);
    return status;
}

void check_text(const char *actual, const char *expected, const char *file, int line)
{
    int is_equal =
        actual != NULL && expected != NULL ? strcmp(actual, expected) == 0 : actual == expected;
    if (!is_equal)
        printf("%s:%d: expected:\n%s\nbut it is:\n%s\n", file, line,
               expected != NULL ? expected : "(null)", actual != NULL ? actual : "(null)");
    CU_assertImplementation(is_equal, (unsigned)line, "texts are equal", file, "", CU_FALSE);
}
