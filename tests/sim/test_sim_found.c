/*  Seeds that found something, each by the name of what it found. */
#include "tests/sim/scenario.h"
#include "tests/support/check.h"

static void again (sim_theme_t theme, uint64_t seed)
{
    CHECK (sim_try (theme, seed, false, NULL));
}

/*  Regulation that begins ahead of a constrained federate's time is an advance: what is queued up
   to it comes first. */
static void test_regulation_is_an_advance (void)
{
    again (SIM_TIME, 16);
    again (SIM_TIME, 30);
    again (SIM_TIME, 51);
    again (SIM_TIME, 82);
}

/*  A bundle that is in hand but held was acknowledged: no grant named it, and it came too late. */
static void test_held_bundles_are_not_acknowledged (void)
{
    again (SIM_ORDER, 5);
    again (SIM_ORDER, 8);
    again (SIM_ORDER, 23);
    again (SIM_ORDER, 27);
    again (SIM_ORDER, 56);
}

/*  What stays held behind a grant asks for itself. */
static void test_held_bundles_ask_after_a_grant (void)
{
    again (SIM_ORDER, 83);
    again (SIM_ORDER, 117);
}

/*  Relayed data may follow an introduction that waits for its turn. */
static void test_relayed_data_behind_an_introduction (void)
{
    again (SIM_TIME, 77);
}

/*  A route that fails because its receiver died is no error of the user's. */
static void test_routed_to_one_that_left (void)
{
    again (SIM_DEATH, 7);
    again (SIM_DEATH, 9);
    again (SIM_DEATH, 27);
}

/*  An update must not overtake a registration that was sent before the subscription was known. */
static void test_interest_behind_a_registration (void)
{
    again (SIM_CAUSALITY, 11);
    again (SIM_CAUSALITY, 301);
    again (SIM_TIME, 631);
}

/*  What crosses a resign on its way is no refusal; nor can a failed route go by the RTI then. */
static void test_resign_is_crossed (void)
{
    again (SIM_DEATH, 102);
    again (SIM_DEATH, 155);
    again (SIM_DEATH, 407);
    again (SIM_MIGRATION, 8);
}

/*  A departure is seen ahead of its turn; what is held of the departed one waits for that turn. */
static void test_departure_has_its_turn (void)
{
    again (SIM_DEATH, 183);
    again (SIM_DEATH, 864);
}

/*  A message that came before its object was known stays unknown when the object is discovered. */
static void test_discovery_comes_first (void)
{
    again (SIM_CAUSALITY, 12);
    again (SIM_CAUSALITY, 364);
    again (SIM_CAUSALITY, 801);
    again (SIM_CAUSALITY, 1080);
}

/*  Released, not yet taken, and then the cut: still above it. */
static void test_cut_of_what_was_released (void)
{
    again (SIM_DEATH, 57);
    again (SIM_DEATH, 489);
}

/*  In the line of receive order, retracted, and its sender gone before it was taken: still not for
   the user. */
static void test_retracted_in_the_line (void)
{
    again (SIM_OPTIMISTIC, 76);
    again (SIM_OPTIMISTIC, 114);
}

/*  A removal that is taken back counts from its callback on, not from the frame. */
static void test_removal_taken_back (void)
{
    again (SIM_OPTIMISTIC, 594);
}

/*  What waits behind a removal that is not final must not keep it from becoming so. */
static void test_behind_a_removal (void)
{
    again (SIM_OPTIMISTIC, 8754);
}

static CU_TestInfo tests[] = {
    { "regulation ahead of time is an advance", test_regulation_is_an_advance },
    { "held bundles are not acknowledged", test_held_bundles_are_not_acknowledged },
    { "held bundles ask after a grant", test_held_bundles_ask_after_a_grant },
    { "relayed data behind an introduction", test_relayed_data_behind_an_introduction },
    { "a route to one that left", test_routed_to_one_that_left },
    { "interest behind a registration", test_interest_behind_a_registration },
    { "a resign is crossed", test_resign_is_crossed },
    { "a departure has its turn", test_departure_has_its_turn },
    { "discovery comes before the update", test_discovery_comes_first },
    { "the cut of what was released", test_cut_of_what_was_released },
    { "retracted in the line", test_retracted_in_the_line },
    { "a removal taken back", test_removal_taken_back },
    { "behind a removal", test_behind_a_removal },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "sim found", NULL, NULL, NULL, NULL, tests })
