/*  Bounds and grants, as stories worked out by hand: who asked for what, and who is granted what,
    written as "slot kind time [floor f] [need sender#sequence ...]". Holds, questions and errors
   are in test_bounds_more.c; test_bounds_random.c has the stories that nobody thought of. */
#include "timemgmt/bounds.h"
#include "tests/unit/bounds_story.inc"

/*  Grants ------------------------------------------------------------------------------------ */

static void test_tar_is_strict_tara_is_not (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 5, false); /* bound 5 */
    join (&s, 2, -1, true);
    join (&s, 3, -1, true);
    ask (&s, 2, TIMEMGMT_TAR, 5);
    GRANTED (&s, "");
    ask (&s, 3, TIMEMGMT_TARA, 5);
    GRANTED (&s, "3 TARA 5");
    ask (&s, 3, TIMEMGMT_TAR, 5);
    GRANTED (&s, ""); /* to take in the last ones at 5 */
    ask (&s, 1, TIMEMGMT_TAR, 1);
    GRANTED (&s, "1 TAR 1 floor 6, 2 TAR 5, 3 TAR 5");
    story_end (&s);
}

static void test_no_lookahead (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 0, true);
    join (&s, 2, 0, true);
    ask (&s, 1, TIMEMGMT_TARA, 0);
    ask (&s, 2, TIMEMGMT_TARA, 0);
    GRANTED (&s, "1 TARA 0 floor 0, 2 TARA 0 floor 0");
    ask (&s, 1, TIMEMGMT_TARA, 10);
    GRANTED (&s, ""); /* 2 may still send at 0 */
    ask (&s, 2, TIMEMGMT_TARA, 10);
    GRANTED (&s, "1 TARA 10 floor 10, 2 TARA 10 floor 10");
    ask (&s, 1, TIMEMGMT_TAR, 10); /* no more at 10, but from 2 there may be */
    GRANTED (&s, "");
    CHECK_INT (state_of (&s, 1).bound, 11);
    sent (&s, 1, 1, 10);
    ask (&s, 2, TIMEMGMT_TAR, 10);
    GRANTED (&s, "1 TAR 10 floor 11 need 2#1, 2 TAR 10 floor 11");
    story_end (&s);
}

static void test_nmr_stops_at_the_message (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, 1, true);
    queued (&s, 7);
    ask (&s, 2, TIMEMGMT_NMR, 20);
    GRANTED (&s, "");
    CHECK_INT (state_of (&s, 2).bound, 2); /* floor of GALT, 1: something earlier may come */
    sent (&s, 2, 1, 4);
    ask (&s, 1, TIMEMGMT_TAR, 4); /* the entry and the bound in one record */
    GRANTED (&s, "1 TAR 4 floor 5, 2 NMR 4 floor 5 need 1#1");
    received (&s, 1, 1);
    queued (&s, 7);
    ask (&s, 2, TIMEMGMT_NMRA, 7);
    ask (&s, 1, TIMEMGMT_TAR, 6);
    GRANTED (&s, "1 TAR 6 floor 7, 2 NMRA 7 floor 8");
    queued (&s, 7); /* more at 7 may come: NMR to 7 is for all of them */
    ask (&s, 2, TIMEMGMT_NMR, 9);
    GRANTED (&s, "");
    ask (&s, 1, TIMEMGMT_TAR, 7);
    GRANTED (&s, "1 TAR 7 floor 8, 2 NMR 7 floor 8");
    ask (&s, 2, TIMEMGMT_NMR, 9);
    ask (&s, 1, TIMEMGMT_TAR, 9);
    GRANTED (&s, "1 TAR 9 floor 10, 2 NMR 9 floor 10");
    story_end (&s);
}

static void test_nmr_floor_falls_back (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 0, false);
    join (&s, 2, 3, true);
    sent (&s, 2, 1, 5);
    ask (&s, 1, TIMEMGMT_TAR, 50);
    s.trace[0] = '\0';
    ask (&s, 2, TIMEMGMT_NMR, 40);
    GRANTED (&s, "2 NMR 5 floor 8 need 1#1");
    sent (&s, 1, 1, 8); /* an answer, earlier than 40 + 3 */
    report (&s, 2);
    sent (&s, 1, 2, 7);
    CHECK_ERR (timemgmt_bounds_report (s.bounds, 2, &s.report, &s.grants), MST_E_TIME_PASSED);
    CHECK_CONTAINS (mst_error_text (), "stamped 7, below its bound 8");
    story_end (&s);
}

static void test_two_that_wait_for_messages (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 2, true);
    join (&s, 2, 3, true);
    join (&s, 3, 1, true);
    ask (&s, 1, TIMEMGMT_NMR, 100);
    ask (&s, 2, TIMEMGMT_NMR, 200);
    GRANTED (&s, ""); /* 3 stands at 0, bound 1 */
    CHECK_INT (state_of (&s, 1).bound, 3);
    CHECK_INT (state_of (&s, 2).bound, 4);
    CHECK_INT (timemgmt_bounds_galt (s.bounds, 1), 1);
    /*  The others wait far ahead, but what 3 sends at 1 may make 1 answer at 3. */
    CHECK_INT (timemgmt_bounds_galt (s.bounds, 3), 3);
    CHECK_INT (timemgmt_bounds_lits (s.bounds, 3), 3);
    ask (&s, 3, TIMEMGMT_TAR, 300);
    GRANTED (&s, "1 NMR 100 floor 102");
    ask (&s, 1, TIMEMGMT_NMR, 250);
    GRANTED (&s, "2 NMR 200 floor 203");
    ask (&s, 2, TIMEMGMT_TAR, 400);
    GRANTED (&s, "1 NMR 250 floor 252");
    ask (&s, 1, TIMEMGMT_TAR, 350);
    GRANTED (&s, "3 TAR 300 floor 301");
    story_end (&s);
}

static void test_fqr_is_granted_at_once (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 4, false);
    join (&s, 2, 1, true);
    ask (&s, 2, TIMEMGMT_FQR, 30);
    GRANTED (&s, "2 FQR 4 floor 5"); /* GALT */
    sent (&s, 2, 1, 9);
    ask (&s, 1, TIMEMGMT_TAR, 20);
    ask (&s, 2, TIMEMGMT_FQR, 30);
    /*  M; it waits for nothing, so the need is kept for the next one that does. */
    GRANTED (&s, "1 TAR 20 floor 24, 2 FQR 9 floor 10");
    ask (&s, 2, TIMEMGMT_TAR, 15);
    GRANTED (&s, "2 TAR 15 floor 16 need 1#1");
    story_end (&s);
}

static void test_needs_name_what_changed (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, 1, false);
    join (&s, 3, -1, true);
    sent (&s, 3, 1, 1);
    sent (&s, 3, 4, 9);
    ask (&s, 1, TIMEMGMT_TAR, 10);
    sent (&s, 3, 1, NEVER); /* a bundle of receive-order messages counts, too */
    ask (&s, 2, TIMEMGMT_TAR, 10);
    s.trace[0] = '\0';
    ask (&s, 3, TIMEMGMT_TAR, 5);
    GRANTED (&s, "3 TAR 5 need 2#1 1#4");
    received (&s, 1, 4);
    queued (&s, 9);
    ask (&s, 3, TIMEMGMT_TAR, 6);
    GRANTED (&s, "3 TAR 6");
    sent (&s, 3, 2, 13);
    received (&s, 3, 7); /* of nobody's interest */
    report (&s, 2);
    received (&s, 2, 2); /* it came before the news of it was told */
    ask (&s, 3, TIMEMGMT_TAR, 8);
    GRANTED (&s, "3 TAR 8");
    s.grants.needs.count = 0;
    CHECK_OK (timemgmt_bounds_needs (s.bounds, 3, &s.grants));
    CHECK_INT (s.grants.needs.count, 2);
    story_end (&s);
}

static void test_data_before_its_news (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, -1, true);
    received (&s, 1, 2);
    queued (&s, 3);
    ask (&s, 2, TIMEMGMT_NMR, 20);
    GRANTED (&s, "");
    sent (&s, 2, 1, 3);
    sent (&s, 2, 2, 6);
    ask (&s, 1, TIMEMGMT_TAR, 9);
    GRANTED (&s, "1 TAR 9 floor 10, 2 NMR 3");
    story_end (&s);
}

static void test_float_time (void)
{
    timemgmt_bounds_options_t options = TIMEMGMT_BOUNDS_OPTIONS;
    options.type = TIMEMGMT_FLOAT64;
    story_t s;
    story_start (&s, true);
    timemgmt_bounds_destroy (&s.bounds);
    s.bounds = timemgmt_bounds_new (&options);
    join (&s, 1, timemgmt_key_from_double (0.1), true);
    join (&s, 2, timemgmt_key_from_double (1e-300), true);
    ask (&s, 1, TIMEMGMT_TAR, timemgmt_key_from_double (1e9));
    ask (&s, 2, TIMEMGMT_TAR, timemgmt_key_from_double (1e9));
    CHECK_INT (s.grants.grants.count, 2); /* a lookahead too small to see is one of zero */
    CHECK_INT (state_of (&s, 2).bound, timemgmt_key_from_double (1e9) + 1);
    CHECK (timemgmt_key_to_double (state_of (&s, 1).bound) == 1e9 + 0.1);
    story_end (&s);
}

/*  Roles and changes ------------------------------------------------------------------------- */

static void test_roles (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, -1, false); /* neither */
    join (&s, 2, 3, false);  /* regulating only */
    join (&s, 3, -1, true);  /* constrained only */
    ask (&s, 1, TIMEMGMT_NMR, 1000);
    GRANTED (&s, "1 NMR 1000");
    ask (&s, 2, TIMEMGMT_NMR, 50); /* not constrained: to 50, whatever comes */
    GRANTED (&s, "2 NMR 50 floor 53");
    ask (&s, 3, TIMEMGMT_TAR, 53);
    GRANTED (&s, "");
    CHECK_INT (timemgmt_bounds_galt (s.bounds, 2), NONE);
    CHECK_INT (timemgmt_bounds_lits (s.bounds, 2), NONE);
    CHECK_INT (timemgmt_bounds_galt (s.bounds, 1), 53);
    story_after (&s, timemgmt_bounds_disable_constraint (s.bounds, 3, &s.report, &s.grants));
    GRANTED (&s, "3 TAR 53");
    story_end (&s);
}

static void test_nobody_regulates (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, -1, true);
    queued (&s, 4);
    ask (&s, 1, TIMEMGMT_NMR, 10);
    GRANTED (&s, "1 NMR 4");
    story_end (&s);

    story_start (&s, false); /* the switch says wait */
    join (&s, 1, 1, true);
    join (&s, 2, -1, true);
    ask (&s, 1, TIMEMGMT_TAR, 10);
    GRANTED (&s, ""); /* also the sole regulator has no other */
    ask (&s, 2, TIMEMGMT_TAR, 5);
    GRANTED (&s, "2 TAR 5");
    ask (&s, 2, TIMEMGMT_FQR, 9);
    GRANTED (&s, "2 FQR 9");
    timemgmt_reason_t reason;
    timemgmt_bounds_explain (s.bounds, 1, &reason);
    CHECK_INT (reason.term, TIMEMGMT_BY_NO_REGULATION);
    regulate (&s, 2, 5);
    GRANTED (&s, "1 TAR 10 floor 11, 2 enable time regulation 9 floor 14");
    story_after (&s, timemgmt_bounds_disable_regulation (s.bounds, 1, &s.report, &s.grants));
    ask (&s, 2, TIMEMGMT_FQR, 30);
    GRANTED (&s, "2 FQR 9 floor 14");
    story_end (&s);
}

static void test_late_regulator (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 1, true);
    ask (&s, 1, TIMEMGMT_TARA, 100);
    GRANTED (&s, "1 TARA 100 floor 101");
    join (&s, 2, -1, false);
    regulate (&s, 2, 0);
    GRANTED (&s, "2 enable time regulation 100 floor 100"); /* 1 takes more at 100 */
    ask (&s, 1, TIMEMGMT_TAR, 100);
    ask (&s, 2, TIMEMGMT_TAR, 100);
    GRANTED (&s, "1 TAR 100 floor 101, 2 TAR 100 floor 101");
    join (&s, 3, -1, false);
    regulate (&s, 3, 0); /* now 1 has had all at 100 */
    GRANTED (&s, "3 enable time regulation 100 floor 101");
    CHECK_INT (state_of (&s, 3).lookahead, 0);
    join (&s, 4, -1, true); /* at 0, constrained: its time goes up to 100 */
    regulate (&s, 4, 10);
    GRANTED (&s, "4 enable time regulation 100 floor 110");
    CHECK_INT (state_of (&s, 4).now, 100);
    story_end (&s);
}

/*  A federate that waits by message has promised more than it was granted. */
static void test_regulator_beside_one_that_waits (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 10, false);
    join (&s, 2, 1, true);
    join (&s, 3, -1, true);
    ask (&s, 2, TIMEMGMT_NMR, 100); /* promises 11 = GALT + 1 */
    ask (&s, 3, TIMEMGMT_TARA, 9);
    GRANTED (&s, "3 TARA 9");
    CHECK_INT (state_of (&s, 2).bound, 11);
    join (&s, 4, 0, false);
    CHECK_INT (state_of (&s, 4).now, 9);
    CHECK_INT (state_of (&s, 4).bound, 10);
    CHECK_INT (state_of (&s, 2).bound, 11);
    story_end (&s);
}

static void test_constraint_waits (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 2, false);
    join (&s, 2, -1, false);
    ask (&s, 2, TIMEMGMT_TAR, 10);
    s.trace[0] = '\0';
    constrain (&s, 2);
    GRANTED (&s, ""); /* messages for 2 … 9 may come */
    CHECK (state_of (&s, 2).constraint_pending);
    timemgmt_reason_t reason;
    timemgmt_bounds_explain (s.bounds, 2, &reason);
    CHECK_INT (reason.kind, TIMEMGMT_CONSTRAINT);
    CHECK_INT (reason.term, TIMEMGMT_BY_GRANTED_TIME);
    sent (&s, 2, 1, 9);
    ask (&s, 1, TIMEMGMT_TAR, 8);
    GRANTED (&s, "1 TAR 8 floor 10, 2 enable time constrained 10 need 1#1");
    CHECK (state_of (&s, 2).constrained);
    story_end (&s);
}

static void test_lookahead_shrinks_with_time (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 10, true);
    join (&s, 2, 0, false);
    ask (&s, 2, TIMEMGMT_TAR, 100);
    s.trace[0] = '\0';
    story_after (&s, timemgmt_bounds_modify_lookahead (s.bounds, 1, 2, &s.report, &s.grants));
    CHECK_INT (state_of (&s, 1).bound, 10);
    CHECK_INT (state_of (&s, 1).lookahead, 10);
    CHECK_INT (state_of (&s, 1).lookahead_requested, 2);
    ask (&s, 1, TIMEMGMT_TAR, 5);
    GRANTED (&s, "1 TAR 5 floor 10");
    CHECK_INT (state_of (&s, 1).lookahead, 5);
    ask (&s, 1, TIMEMGMT_TAR, 9);
    GRANTED (&s, "1 TAR 9 floor 11");
    CHECK_INT (state_of (&s, 1).lookahead, 2);
    story_after (&s, timemgmt_bounds_modify_lookahead (s.bounds, 1, 20, &s.report, &s.grants));
    CHECK_INT (state_of (&s, 1).bound, 29); /* a larger one counts at once */
    story_end (&s);
}

/*  Leaving ----------------------------------------------------------------------------------- */

static void test_resign_leaves_a_ghost (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, 1, true);
    ask (&s, 2, TIMEMGMT_NMR, 50);
    sent (&s, 2, 1, 7);
    resign (&s, 1);
    GRANTED (&s, "2 NMR 7 floor 8 need 1#1"); /* its last message is waited for */
    CHECK (state_of (&s, 1).ghost);
    CHECK_ERR (timemgmt_bounds_add (s.bounds, 1, 0), MST_E_INVALID_ARGUMENT);
    received (&s, 1, 1);
    report (&s, 2);
    GRANTED (&s, "1 gone");
    CHECK (!state_of (&s, 1).ghost);
    join (&s, 1, 0, true);
    sent (&s, 1, 1, 8);
    ask (&s, 2, TIMEMGMT_TAR, 8);
    resign (&s, 1); /* who leaves receives nothing more */
    GRANTED (&s, "1 gone, 2 TAR 8 floor 9");
    resign (&s, 2);
    GRANTED (&s, "2 gone");
    story_end (&s);
}

static void test_death_and_its_cut (void)
{
    story_t s;
    timemgmt_cut_t cut = { 0 };
    story_start (&s, true);
    join (&s, 1, 1, true);
    join (&s, 2, 1, true);
    join (&s, 3, 1, true);
    sent (&s, 2, 1, 6);
    sent (&s, 3, 1, 2);
    sent (&s, 3, 2, 3);
    ask (&s, 1, TIMEMGMT_NMR, 4);
    ask (&s, 2, TIMEMGMT_NMR, 50);
    ask (&s, 3, TIMEMGMT_TAR, 9);
    GRANTED (&s, "1 NMR 4 floor 5");
    ask (&s, 1, TIMEMGMT_TAR, 20);
    GRANTED (&s, "2 NMR 6 floor 7 need 1#1");
    story_after (&s, timemgmt_bounds_kill (s.bounds, 1, &cut, &s.grants));
    CHECK_INT (cut.bound, 21); /* of its TAR to 20 */
    CHECK_INT (cut.marks.count, 2);
    CHECK_INT (cut.marks.items[0].slot, 2);
    CHECK_INT (cut.marks.items[0].sequence, 1);
    CHECK_INT (cut.marks.items[1].slot, 3);
    CHECK_INT (cut.marks.items[1].sequence, 2);
    timemgmt_cut_fini (&cut);
    story_end (&s);
}

static void test_cut_must_be_answered (void)
{
    story_t s;
    timemgmt_cut_t cut = { 0 };
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, 1, true);
    join (&s, 3, 1, true);
    sent (&s, 2, 1, 6);
    sent (&s, 3, 1, 2);
    ask (&s, 1, TIMEMGMT_TAR, 5);
    ask (&s, 2, TIMEMGMT_NMR, 50);
    s.trace[0] = '\0';
    story_after (&s, timemgmt_bounds_kill (s.bounds, 1, &cut, &s.grants));
    CHECK_INT (cut.bound, 6);
    ask (&s, 3, TIMEMGMT_TAR, 60); /* no need of the dead */
    /*  Its message at 6 may be in hand: 2 is not granted past it until it says. */
    GRANTED (&s, "2 NMR 6 floor 7");
    ask (&s, 2, TIMEMGMT_TAR, 60);
    GRANTED (&s, "2 TAR 60 floor 61, 3 TAR 60 floor 61");
    received (&s, 1, 1);
    report (&s, 2);
    GRANTED (&s, "");
    received (&s, 1, 1);
    report (&s, 3);
    GRANTED (&s, "1 gone");
    CHECK_ERR (timemgmt_bounds_kill (s.bounds, 1, &cut, &s.grants), MST_E_INVALID_ARGUMENT);
    timemgmt_cut_fini (&cut);
    story_end (&s);
}

/*  A message above the cut, queued at one that has not heard of the cut, is counted in its report.
    It must not pull back what others were promised meanwhile. */
static void test_report_with_a_message_above_the_cut (void)
{
    story_t s;
    timemgmt_cut_t cut = { 0 };
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, 1, true);
    join (&s, 3, 5, true);
    ask (&s, 2, TIMEMGMT_NMR, 50);
    GRANTED (&s, ""); /* 1 sends at 1, and dies before its report */
    story_after (&s, timemgmt_bounds_kill (s.bounds, 1, &cut, &s.grants));
    ask (&s, 3, TIMEMGMT_TARA, 6);
    GRANTED (&s, "1 gone, 3 TARA 6 floor 11"); /* 2 will send at 6 or later */
    CHECK_INT (state_of (&s, 2).bound, 12);
    queued (&s, 1);
    report (&s, 2);
    CHECK_INT (state_of (&s, 2).bound, 12);
    GRANTED (&s, ""); /* and not at 1, with a floor of 2, in the past of 3 */
    report (&s, 2);
    ask (&s, 3, TIMEMGMT_TAR, 46);
    GRANTED (&s, "2 NMR 50 floor 51, 3 TAR 46 floor 51");
    timemgmt_cut_fini (&cut);
    story_end (&s);
}

static void test_death_of_a_ghost (void)
{
    story_t s;
    timemgmt_cut_t cut = { 0 };
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, -1, true);
    sent (&s, 2, 3, 7);
    resign (&s, 1);
    story_after (&s, timemgmt_bounds_kill (s.bounds, 1, &cut, &s.grants));
    CHECK_INT (cut.bound, NONE);
    CHECK_INT (cut.marks.items[0].sequence, 3);
    ask (&s, 2, TIMEMGMT_TAR, 9);
    GRANTED (&s, "2 TAR 9");
    received (&s, 1, 3);
    report (&s, 2);
    GRANTED (&s, "1 gone");
    timemgmt_cut_fini (&cut);
    story_end (&s);
}

static CU_TestInfo grant_tests[] = {
    { "TAR is strict, TARA is not", test_tar_is_strict_tara_is_not },
    { "no lookahead: exclusive after TAR", test_no_lookahead },
    { "NMR stops at the message", test_nmr_stops_at_the_message },
    { "NMR: the floor falls back at an early grant", test_nmr_floor_falls_back },
    { "two that wait for messages", test_two_that_wait_for_messages },
    { "FQR is granted at once", test_fqr_is_granted_at_once },
    { "needs name what changed", test_needs_name_what_changed },
    { "data before its news", test_data_before_its_news },
    { "float time", test_float_time },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo change_tests[] = {
    { "regulating, constrained, neither", test_roles },
    { "nobody regulates", test_nobody_regulates },
    { "a late regulator", test_late_regulator },
    { "a regulator beside one that waits by message", test_regulator_beside_one_that_waits },
    { "constraint waits for GALT", test_constraint_waits },
    { "lookahead shrinks with time", test_lookahead_shrinks_with_time },
    { "a resign leaves a ghost", test_resign_leaves_a_ghost },
    { "a death and its cut", test_death_and_its_cut },
    { "a cut must be answered", test_cut_must_be_answered },
    { "a report with a message above the cut", test_report_with_a_message_above_the_cut },
    { "the death of a ghost", test_death_of_a_ghost },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "timemgmt/bounds: grants", NULL, NULL, NULL, NULL, grant_tests },
           { "timemgmt/bounds: changes", NULL, NULL, NULL, NULL, change_tests })
