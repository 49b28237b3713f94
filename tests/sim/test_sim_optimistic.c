#include "tests/sim/scenario.h"
#include "tests/support/check.h"

static void test_seeds (void)
{
    CHECK_INT (sim_try_all (SIM_OPTIMISTIC), 0);
}

static CU_TestInfo tests[] = {
    { "random federations", test_seeds },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "sim optimistic", NULL, NULL, NULL, NULL, tests })
