/*  Drives the switch of base/alloc.h. */
#include "tests/support/sweep.h"
#include "tests/support/check.h"
#include "base/alloc.h"

#include <stdbool.h>
#include <stdio.h>

enum { STRIKES_MAX = 100000 };

/*  One run; tells whether the switch struck. base_alloc_fail (-1) forgets that, so it is asked
 * before. */
static bool sweep_once (void (*scenario) (void *), void *context, long after, bool forever)
{
    char message[160];
    base_alloc_count (true);
    base_alloc_fail (after, forever);
    scenario (context);
    bool struck = base_alloc_failed ();
    base_alloc_fail (-1, false);
    long left = (long) base_alloc_live ();
    base_alloc_count (false);
    if (left == 0)
        return struck;
    (void) snprintf (
        message, sizeof message,
        "%ld blocks are left (or freed twice, when negative) with allocation %ld%s failing", left,
        after, forever ? " and all after it" : "");
    CU_assertImplementation (CU_FALSE, __LINE__, message, __FILE__, "", CU_FALSE);
    return struck;
}

long sweep_allocations (void (*scenario) (void *), void *context)
{
    long count = 0;
    while (count < STRIKES_MAX && sweep_once (scenario, context, count, false))
        count++;
    CHECK (count < STRIKES_MAX);
    for (long after = 0; after < count; after++)
        (void) sweep_once (scenario, context, after, true);
    return count;
}
