/*  CUnit, a little shorter. A test file ends with one table and TEST_MAIN:

        static CU_TestInfo frame_tests[] = {
            { "a frame survives the trip", test_round_trip },
            CU_TEST_INFO_NULL,
        };
        TEST_MAIN ({ "frame", NULL, NULL, NULL, NULL, frame_tests })

    With arguments the executable runs only the tests whose names contain the first one. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stddef.h>
#include <CUnit/CUnit.h>
#include <muster/error.h>

/*  Nothing failed; otherwise the error and its whole story are printed. */
#define CHECK_OK(err) test_check_err ((err), MST_OK, #err, __FILE__, __LINE__)

/*  Exactly this error. */
#define CHECK_ERR(err, expected) test_check_err ((err), (expected), #err, __FILE__, __LINE__)

#define CHECK(condition)                                                                           \
    CU_assertImplementation ((condition), __LINE__, #condition, __FILE__, "", 0)

/*  Two numbers or two texts; both are printed when they differ. */
#define CHECK_INT(value, expected)                                                                 \
    test_check_int ((long long) (value), (long long) (expected), #value, __FILE__, __LINE__)
#define CHECK_TEXT(text, expected) test_check_text ((text), (expected), #text, __FILE__, __LINE__)

/*  The text contains the part. */
#define CHECK_CONTAINS(text, part) test_check_contains ((text), (part), #text, __FILE__, __LINE__)

/*  Two runs of bytes; the first difference is printed. */
#define CHECK_BYTES(data, expected, size_bytes)                                                    \
    test_check_bytes ((data), (expected), (size_bytes), #data, __FILE__, __LINE__)

/*  For a test that cannot go on. */
#define CHECK_OR_RETURN(condition)                                                                 \
    do {                                                                                           \
        if (!CHECK (condition))                                                                    \
            return;                                                                                \
    } while (0)

#define TEST_MAIN(...)                                                                             \
    int main (int argc, char **argv)                                                               \
    {                                                                                              \
        static CU_SuiteInfo suites[] = { __VA_ARGS__, CU_SUITE_INFO_NULL };                        \
        return test_main (suites, argc, argv);                                                     \
    }

CU_BOOL test_check_err (mst_err_t err, mst_err_t expected, const char *what, const char *file,
                        int line);
CU_BOOL test_check_int (long long value, long long expected, const char *what, const char *file,
                        int line);
CU_BOOL test_check_text (const char *text, const char *expected, const char *what, const char *file,
                         int line);
CU_BOOL test_check_contains (const char *text, const char *part, const char *what, const char *file,
                             int line);
CU_BOOL test_check_bytes (const void *data, const void *expected, size_t size_bytes,
                          const char *what, const char *file, int line);

/*  Runs the table; 0 when every test passed, 1 otherwise. */
int test_main (CU_SuiteInfo *suites, int argc, char **argv);

#endif
