/*  base/error and <muster/error.h>: the list of errors and the story of the last one. */
#include "tests/support/check.h"
#include "base/error.h"

#include <pthread.h>
#include <string.h>

static void test_names_and_summaries (void)
{
    CHECK_TEXT (mst_error_name (MST_OK), "MST_OK");
    CHECK_TEXT (mst_error_name (MST_E_TIME_PASSED), "MST_E_TIME_PASSED");
    CHECK_TEXT (mst_error_summary (MST_E_TIME_PASSED), "the logical time has passed");
    CHECK_TEXT (mst_error_name ((mst_err_t) 9999), "MST_E_?");
    CHECK_TEXT (mst_error_summary ((mst_err_t) 9999), "unknown error");
}

static void test_known_numbers (void)
{
    CHECK (base_error_known (MST_OK));
    CHECK (base_error_known (MST_E_EPOCH_STALE));
    CHECK (!base_error_known (-1));
    CHECK (!base_error_known (9999));
    CHECK (!base_error_known (1L << 32)); /* a peer's number is not cut to an int */
}

/*  Numbers and names are on the wire and in users' programs: each stands once. */
static void test_numbers_are_unique (void)
{
    static const struct {
        int number;
        const char *name;
    } rows[] = {
#define ROW(name, number, text) { number, #name },
        MST_ERRORS (ROW)
#undef ROW
    };
    size_t count = sizeof rows / sizeof rows[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            CHECK (rows[i].number != rows[j].number && strcmp (rows[i].name, rows[j].name) != 0);
}

static void test_text_and_prefix (void)
{
    CHECK_INT (base_error (MST_E_LIMIT, "limits.federates (%u) is reached", 64u), MST_E_LIMIT);
    CHECK_TEXT (mst_error_text (), "limits.federates (64) is reached");
    CHECK_INT (base_error_prefix (MST_E_CONFIG, "%s:%d: ", "scenario.json", 12), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), "scenario.json:12: limits.federates (64) is reached");
}

/*  The text that stands may be an argument of the next one. */
static void test_text_quotes_itself (void)
{
    base_error (MST_E_IO, "disk full");
    base_error (MST_E_IO, "recorder: %s", mst_error_text ());
    CHECK_TEXT (mst_error_text (), "recorder: disk full");
    base_error_prefix (MST_E_IO, "(%s) ", mst_error_text ());
    CHECK_TEXT (mst_error_text (), "(recorder: disk full) recorder: disk full");
}

static void test_long_text_is_cut (void)
{
    static char longer[5000];
    memset (longer, 'x', sizeof longer - 1);
    base_error (MST_E_IO, "%s", longer);
    size_t length = strlen (mst_error_text ());
    CHECK (length > 500 && length < sizeof longer);
    base_error_prefix (MST_E_IO, "%s", longer);
    CHECK_INT (strlen (mst_error_text ()), length);
}

static void *other_thread (void *context)
{
    CU_BOOL *fresh = context;
    *fresh = strcmp (mst_error_text (), "") == 0;
    base_error (MST_E_IO, "of the other thread");
    return NULL;
}

static void test_text_belongs_to_its_thread (void)
{
    pthread_t thread;
    CU_BOOL fresh = CU_FALSE;
    base_error (MST_E_IO, "of this thread");
    CHECK_OR_RETURN (pthread_create (&thread, NULL, other_thread, &fresh) == 0);
    (void) pthread_join (thread, NULL);
    CHECK (fresh);
    CHECK_TEXT (mst_error_text (), "of this thread");
}

static CU_TestInfo error_tests[] = {
    { "names and summaries", test_names_and_summaries },
    { "known numbers", test_known_numbers },
    { "numbers and names stand once", test_numbers_are_unique },
    { "text and prefix", test_text_and_prefix },
    { "the standing text as an argument", test_text_quotes_itself },
    { "a long text is cut", test_long_text_is_cut },
    { "each thread has its own text", test_text_belongs_to_its_thread },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "base/error", NULL, NULL, NULL, NULL, error_tests })
