/*  What the macros of check.h call, and the one main of all test executables. */
#include "tests/support/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <CUnit/Basic.h>

static CU_BOOL check (bool good, const char *message, const char *file, int line)
{
    return CU_assertImplementation (good ? CU_TRUE : CU_FALSE, (unsigned int) line, message, file,
                                    "", CU_FALSE);
}

CU_BOOL test_check_err (mst_err_t err, mst_err_t expected, const char *what, const char *file,
                        int line)
{
    char message[1600];
    if (err == expected)
        return check (true, what, file, line);
    (void) snprintf (message, sizeof message, "%s gave %s, not %s: %s", what, mst_error_name (err),
                     mst_error_name (expected), err ? mst_error_text () : "");
    return check (false, message, file, line);
}

CU_BOOL test_check_int (long long value, long long expected, const char *what, const char *file,
                        int line)
{
    char message[512];
    if (value == expected)
        return check (true, what, file, line);
    (void) snprintf (message, sizeof message, "%s is %lld (0x%llx), not %lld (0x%llx)", what, value,
                     (unsigned long long) value, expected, (unsigned long long) expected);
    return check (false, message, file, line);
}

CU_BOOL test_check_text (const char *text, const char *expected, const char *what, const char *file,
                         int line)
{
    char message[4096];
    if (text && strcmp (text, expected) == 0)
        return check (true, what, file, line);
    (void) snprintf (message, sizeof message, "%s is\n%s\n        not\n%s", what,
                     text ? text : "(NULL)", expected);
    return check (false, message, file, line);
}

CU_BOOL test_check_contains (const char *text, const char *part, const char *what, const char *file,
                             int line)
{
    char message[4096];
    if (text && strstr (text, part))
        return check (true, what, file, line);
    (void) snprintf (message, sizeof message, "%s is\n%s\n        without\n%s", what,
                     text ? text : "(NULL)", part);
    return check (false, message, file, line);
}

CU_BOOL test_check_bytes (const void *data, const void *expected, size_t size_bytes,
                          const char *what, const char *file, int line)
{
    const unsigned char *is = data, *should = expected;
    char message[512];
    for (size_t i = 0; i < size_bytes; i++) {
        if (is[i] == should[i])
            continue;
        (void) snprintf (message, sizeof message, "%s: byte %zu of %zu is 0x%02x, not 0x%02x", what,
                         i, size_bytes, is[i], should[i]);
        return check (false, message, file, line);
    }
    return check (true, what, file, line);
}

/*  Leaves only the tests whose names contain the word. */
static void tests_select (CU_SuiteInfo *suites, const char *word)
{
    for (CU_SuiteInfo *suite = suites; suite->pName; suite++) {
        CU_TestInfo *kept = suite->pTests;
        for (CU_TestInfo *test = suite->pTests; test->pName; test++)
            if (strstr (test->pName, word))
                *kept++ = *test;
        *kept = (CU_TestInfo) CU_TEST_INFO_NULL;
    }
}

int test_main (CU_SuiteInfo *suites, int argc, char **argv)
{
    (void) setvbuf (stdout, NULL, _IOLBF, 0); /* a crash shows what stood before it */
    if (argc > 1)
        tests_select (suites, argv[1]);
    if (CU_initialize_registry () != CUE_SUCCESS || CU_register_suites (suites) != CUE_SUCCESS) {
        fprintf (stderr, "%s: CUnit: %s\n", argv[0], CU_get_error_msg ());
        return EXIT_FAILURE;
    }
    CU_basic_set_mode (CU_BRM_VERBOSE);
    bool ran = CU_basic_run_tests () == CUE_SUCCESS;
    bool good = ran && CU_get_number_of_failures () == 0 && CU_get_number_of_tests_failed () == 0 &&
                CU_get_number_of_suites_failed () == 0;
    CU_cleanup_registry ();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
