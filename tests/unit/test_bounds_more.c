/*  Bounds and grants: holds and migrations, questions, errors, no memory. */
#include "timemgmt/bounds.h"
#include "tests/unit/bounds_story.inc"

/*  Holds ------------------------------------------------------------------------------------- */

static void test_migration_at_a_cut (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 2, true);
    join (&s, 2, 2, true);
    CHECK_ERR (timemgmt_bounds_may_cut (s.bounds, 1, 2, 1), MST_E_MIGRATION_REFUSED);
    CHECK_CONTAINS (mst_error_text (), "no cut at 1: the old home at time slot 1 has the bound 2");
    CHECK_ERR (timemgmt_bounds_may_cut (s.bounds, 1, 2, 0), MST_E_MIGRATION_REFUSED);
    CHECK_ERR (timemgmt_bounds_may_cut (s.bounds, 1, 1, 4), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (timemgmt_bounds_may_cut (s.bounds, 1, 7, 4), MST_E_INVALID_ARGUMENT);
    CHECK_OK (timemgmt_bounds_prepare_cut (s.bounds, 77, 1, 2, 4));
    ask (&s, 1, TIMEMGMT_TAR, 3);
    ask (&s, 2, TIMEMGMT_TAR, 4);
    GRANTED (&s, "1 TAR 3 floor 5");
    ask (&s, 1, TIMEMGMT_TAR, 5);
    GRANTED (&s, ""); /* 2 stands at the cut, 1 wants beyond it */
    timemgmt_reason_t reason;
    timemgmt_bounds_explain (s.bounds, 2, &reason);
    CHECK_INT (reason.term, TIMEMGMT_BY_HOLD);
    CHECK_INT (reason.hold_id, 77);
    CHECK_INT (reason.hold_from, 4);
    CHECK_INT (reason.root, 2);
    CHECK_INT (state_of (&s, 2).held_from, 4);
    story_after (&s, timemgmt_bounds_release (s.bounds, 77, &s.grants));
    GRANTED (&s, "1 TAR 5 floor 7, 2 TAR 4 floor 6");
    CHECK_ERR (timemgmt_bounds_may_cut (s.bounds, 2, 1, 5), MST_E_MIGRATION_REFUSED);
    story_end (&s);
}

static void test_holds_of_all_kinds (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, -1, false);
    join (&s, 2, 0, false);
    CHECK_OK (timemgmt_bounds_hold (s.bounds, 5, TIMEMGMT_HOLD_SAVE, 1, NONE));
    CHECK_OK (timemgmt_bounds_hold (s.bounds, 6, TIMEMGMT_HOLD_BARRIER, 1, 10));
    ask (&s, 1, TIMEMGMT_TAR, 3); /* needs nobody, and is held all the same */
    GRANTED (&s, "");
    story_after (&s, timemgmt_bounds_release (s.bounds, 5, &s.grants));
    GRANTED (&s, "1 TAR 3");
    ask (&s, 1, TIMEMGMT_FQR, 20);
    GRANTED (&s, "1 FQR 9"); /* at once, just below */
    story_after (&s, timemgmt_bounds_release (s.bounds, 5, &s.grants));
    join (&s, 3, -1, true);
    ask (&s, 2, TIMEMGMT_TAR, 30);
    ask (&s, 3, TIMEMGMT_TAR, 25);
    GRANTED (&s, "2 TAR 30 floor 31, 3 TAR 25");
    regulate (&s, 1, 1); /* would lift it to 25 */
    GRANTED (&s, "");
    story_after (&s, timemgmt_bounds_release (s.bounds, 6, &s.grants));
    GRANTED (&s, "1 enable time regulation 25 floor 26");
    CHECK_ERR (timemgmt_bounds_hold (s.bounds, 1, TIMEMGMT_HOLD_SAVE, 9, 0),
               MST_E_INVALID_ARGUMENT);
    CHECK_OK (timemgmt_bounds_hold (s.bounds, 9, TIMEMGMT_HOLD_SAVE, 1, 50));
    resign (&s, 1); /* takes its holds along */
    story_after (&s, timemgmt_bounds_release (s.bounds, 9, &s.grants));
    GRANTED (&s, "1 gone");
    story_end (&s);
}

/*  Questions --------------------------------------------------------------------------------- */

static void test_who_holds_whom (void)
{
    story_t s;
    timemgmt_reason_t reason;
    story_start (&s, true);
    join (&s, 1, 0, true);
    join (&s, 2, 3, true);
    join (&s, 3, 1, true);
    ask (&s, 1, TIMEMGMT_TAR, 10);
    timemgmt_bounds_explain (s.bounds, 1, &reason);
    CHECK_INT (reason.term, TIMEMGMT_BY_GRANTED_TIME);
    CHECK_INT (reason.wants, 10);
    CHECK_INT (reason.holder, 3);
    CHECK_INT (reason.holder_bound, 1);
    CHECK_INT (reason.holder_lookahead, 1);
    CHECK_INT (reason.holder_requested, NONE);
    ask (&s, 3, TIMEMGMT_TAR, 4); /* now 2 holds them both, at 3 */
    timemgmt_bounds_explain (s.bounds, 1, &reason);
    CHECK_INT (reason.holder, 2);
    ask (&s, 2, TIMEMGMT_TAR, 8); /* bound 11; 3 was granted 4, bound 5, and asks again */
    GRANTED (&s, "3 TAR 4 floor 5");
    sent (&s, 1, 1, 6);
    sent (&s, 2, 1, 6);
    queued (&s, 5);
    ask (&s, 3, TIMEMGMT_NMR, 30);
    GRANTED (&s, "3 NMR 5 floor 6");
    timemgmt_bounds_explain (s.bounds, 3, &reason);
    CHECK_INT (reason.term, TIMEMGMT_BY_NOTHING);
    CHECK_INT (reason.root, 3);
    story_end (&s);
}

static void test_who_holds_whom_by_message (void)
{
    story_t s;
    timemgmt_reason_t reason;
    story_start (&s, true);
    join (&s, 1, 0, true);
    join (&s, 2, 4, true);
    join (&s, 3, 7, true);
    sent (&s, 2, 1, 6);
    report (&s, 1);
    ask (&s, 2, TIMEMGMT_NMR, 50); /* bound 6 + 4; waits for 1 */
    ask (&s, 3, TIMEMGMT_TAR, 5);  /* waits for 1, bound 12 */
    ask (&s, 1, TIMEMGMT_TAR, 11); /* waits for 2 */
    GRANTED (&s, "2 NMR 6 floor 10 need 1#1, 3 TAR 5 floor 12");
    sent (&s, 2, 2, 12);
    ask (&s, 3, TIMEMGMT_TAR, 20);
    received (&s, 1, 1);
    ask (&s, 2, TIMEMGMT_NMR, 50); /* M is 12: bound 16; GALT 12 */
    GRANTED (&s, "1 TAR 11 floor 12");
    ask (&s, 1, TIMEMGMT_TAR, 40);
    GRANTED (&s, "2 NMR 12 floor 16 need 3#2");
    queued (&s, 12);
    received (&s, 3, 2);
    ask (&s, 2, TIMEMGMT_NMRA, 50);
    GRANTED (&s, "2 NMRA 12 floor 16");
    timemgmt_bounds_explain (s.bounds, 1, &reason);
    CHECK_INT (reason.term, TIMEMGMT_BY_GRANTED_TIME);
    CHECK_INT (reason.holder, 2);
    story_end (&s);
}

static void test_terms_and_roots (void)
{
    story_t s;
    timemgmt_reason_t reason;
    story_start (&s, true);
    join (&s, 1, 0, true);
    join (&s, 2, 0, true);
    join (&s, 3, 5, true);
    queued (&s, 4);
    ask (&s, 2, TIMEMGMT_NMR, 50); /* bound 5 by the message queued at 4; waits for 1 */
    ask (&s, 3, TIMEMGMT_TAR, 9);  /* bound 14; waits for 1 */
    CHECK_INT (state_of (&s, 3).bound, 14);
    timemgmt_bounds_explain (s.bounds, 3, &reason);
    CHECK_INT (reason.holder, 1);
    CHECK_INT (reason.root, 1);
    CHECK_OK (timemgmt_bounds_hold (s.bounds, 8, TIMEMGMT_HOLD_BARRIER, 2, 4));
    ask (&s, 1, TIMEMGMT_TAR, 20); /* bound 21; waits for 2, which is held at its message */
    GRANTED (&s, "");
    timemgmt_bounds_explain (s.bounds, 1, &reason);
    CHECK_INT (reason.term, TIMEMGMT_BY_MESSAGE);
    CHECK_INT (reason.holder, 2);
    CHECK_INT (reason.message_stamp, 4);
    CHECK_INT (reason.message_sender, TIMEMGMT_SLOT_NONE);
    CHECK_INT (reason.root, 2);
    CHECK_INT (reason.root_term, TIMEMGMT_BY_HOLD);
    CHECK (!reason.deadlock);
    story_after (&s, timemgmt_bounds_release (s.bounds, 8, &s.grants));
    GRANTED (&s, "2 NMR 4 floor 5");
    ask (&s, 2, TIMEMGMT_TAR, 30); /* bound 31: now 3 holds all, and 1 holds 3 no more */
    GRANTED (&s, "3 TAR 9 floor 14");
    ask (&s, 3, TIMEMGMT_TAR, 15);
    GRANTED (&s, "3 TAR 15 floor 20");
    CHECK_OK (timemgmt_bounds_hold (s.bounds, 8, TIMEMGMT_HOLD_BARRIER, 3, 16));
    ask (&s, 3, TIMEMGMT_TAR, 14 + 2);
    GRANTED (&s, "1 TAR 20 floor 21");
    timemgmt_bounds_explain (s.bounds, 2, &reason);
    CHECK_INT (reason.holder, 1);
    ask (&s, 1, TIMEMGMT_TAR, 40);
    timemgmt_bounds_explain (s.bounds, 2, &reason);
    CHECK_INT (reason.term, TIMEMGMT_BY_LOOKAHEAD); /* 16 + 5: its request is not far enough */
    CHECK_INT (reason.holder, 3);
    CHECK_INT (reason.holder_requested, 16);
    CHECK_INT (reason.holder_bound, 21);
    CHECK_INT (reason.root_term, TIMEMGMT_BY_HOLD);
    story_end (&s);
}

/*  Errors ------------------------------------------------------------------------------------ */

#define ASK_ERR(s, slot, kind, time, error)                                                        \
    CHECK_ERR (                                                                                    \
        timemgmt_bounds_request ((s)->bounds, slot, kind, 1, time, &(s)->report, &(s)->grants),    \
        error)

static void test_wrong_requests (void)
{
    story_t s;
    story_start (&s, true);
    CHECK_ERR (timemgmt_bounds_add (s.bounds, 16, 0), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "limits.federates (16)");
    CHECK_ERR (timemgmt_bounds_add (s.bounds, 1, -1), MST_E_INVALID_TIME);
    ASK_ERR (&s, 1, TIMEMGMT_TAR, 1, MST_E_INVALID_ARGUMENT);
    join (&s, 1, 3, true);
    join (&s, 2, 3, true);
    CHECK_ERR (timemgmt_bounds_add (s.bounds, 1, 0), MST_E_INVALID_ARGUMENT);
    ASK_ERR (&s, 1, TIMEMGMT_TAR, NONE, MST_E_INVALID_TIME);
    ASK_ERR (&s, 1, TIMEMGMT_TAR, NEVER, MST_E_INVALID_TIME);
    ASK_ERR (&s, 1, TIMEMGMT_GONE, 1, MST_E_INVALID_ARGUMENT);
    ask (&s, 1, TIMEMGMT_TAR, 2);
    GRANTED (&s, "1 TAR 2 floor 5");
    ASK_ERR (&s, 1, TIMEMGMT_TAR, 1, MST_E_TIME_PASSED);
    ask (&s, 1, TIMEMGMT_TAR, TIMEMGMT_KEY_MAX - 1); /* the last legal time */
    ASK_ERR (&s, 1, TIMEMGMT_TAR, 9, MST_E_ADVANCE_PENDING);
    CHECK_ERR (timemgmt_bounds_enable_regulation (s.bounds, 1, 1, 1, &s.report, &s.grants),
               MST_E_REGULATION_ON);
    CHECK_ERR (timemgmt_bounds_enable_constraint (s.bounds, 1, 1, &s.report, &s.grants),
               MST_E_CONSTRAINED_ON);
    CHECK_ERR (timemgmt_bounds_modify_lookahead (s.bounds, 1, 1, &s.report, &s.grants),
               MST_E_ADVANCE_PENDING);
    ask (&s, 2, TIMEMGMT_TAR, TIMEMGMT_KEY_MAX - 1);
    GRANTED (&s, "1 TAR 9223372036854775806 floor 9223372036854775807, "
                 "2 TAR 9223372036854775806 floor 9223372036854775807");
    CHECK_ERR (timemgmt_bounds_modify_lookahead (s.bounds, 2, -1, &s.report, &s.grants),
               MST_E_INVALID_LOOKAHEAD);
    story_end (&s);
}

static void test_wrong_changes (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 1, false);
    join (&s, 2, -1, false);
    ask (&s, 2, TIMEMGMT_TAR, 10);
    CHECK_ERR (timemgmt_bounds_disable_regulation (s.bounds, 2, &s.report, &s.grants),
               MST_E_REGULATION_OFF);
    CHECK_ERR (timemgmt_bounds_disable_constraint (s.bounds, 2, &s.report, &s.grants),
               MST_E_CONSTRAINED_OFF);
    CHECK_ERR (timemgmt_bounds_modify_lookahead (s.bounds, 2, 1, &s.report, &s.grants),
               MST_E_REGULATION_OFF);
    constrain (&s, 2);
    regulate (&s, 2, 1);
    CHECK (state_of (&s, 2).constraint_pending && state_of (&s, 2).regulation_pending);
    CHECK_ERR (timemgmt_bounds_enable_constraint (s.bounds, 2, 1, &s.report, &s.grants),
               MST_E_CONSTRAINED_PENDING);
    CHECK_ERR (timemgmt_bounds_enable_regulation (s.bounds, 2, 1, 1, &s.report, &s.grants),
               MST_E_REGULATION_PENDING);
    ASK_ERR (&s, 2, TIMEMGMT_TAR, 20, MST_E_REGULATION_PENDING);
    s.trace[0] = '\0';
    ask (&s, 1, TIMEMGMT_TAR, 10);
    GRANTED (&s, "1 TAR 10 floor 11, 2 enable time constrained 10 floor 11, "
                 "2 enable time regulation 10 floor 11");
    story_end (&s);
}

#define REPORT_ERR(s, slot, error)                                                                 \
    do {                                                                                           \
        CHECK_ERR (timemgmt_bounds_report ((s)->bounds, slot, &(s)->report, &(s)->grants), error); \
        story_forget (s);                                                                          \
    } while (0)

static void test_wrong_reports (void)
{
    story_t s;
    story_start (&s, true);
    join (&s, 1, 5, false);
    join (&s, 2, -1, true);
    REPORT_ERR (&s, 9, MST_E_INVALID_ARGUMENT);
    sent (&s, 1, 1, 9);
    REPORT_ERR (&s, 1, MST_E_INVALID_ARGUMENT); /* to itself */
    sent (&s, 2, 0, 9);
    REPORT_ERR (&s, 1, MST_E_INVALID_ARGUMENT); /* no sequence */
    sent (&s, 2, 2, 9);
    sent (&s, 2, 2, 9);
    REPORT_ERR (&s, 1, MST_E_INVALID_ARGUMENT); /* twice */
    sent (&s, 2, 1, 9);
    sent (&s, 2, 2, 4);
    REPORT_ERR (&s, 1, MST_E_TIME_PASSED); /* and the first one is not taken, either */
    CHECK_INT (state_of (&s, 2).message_min, NEVER);
    sent (&s, 1, 1, 9);
    REPORT_ERR (&s, 2, MST_E_REGULATION_OFF);
    sent (&s, 1, 1, NONE);
    REPORT_ERR (&s, 2, MST_E_INVALID_TIME);
    received (&s, 2, 1);
    REPORT_ERR (&s, 2, MST_E_INVALID_ARGUMENT);
    queued (&s, -4);
    REPORT_ERR (&s, 2, MST_E_INVALID_TIME);
    sent (&s, 2, 1, 9);
    sent (&s, 12, 1, 9); /* somebody who left: crossed on the way */
    received (&s, 11, 8);
    report (&s, 1);
    CHECK_INT (state_of (&s, 2).message_min, 9);
    story_end (&s);
}

/*  Without memory ---------------------------------------------------------------------------- */

static void scenario_memory (void *context)
{
    (void) context;
    timemgmt_bounds_options_t options = TIMEMGMT_BOUNDS_OPTIONS;
    timemgmt_report_t none = TIMEMGMT_REPORT_EMPTY;
    timemgmt_bounds_t *bounds = timemgmt_bounds_new (&options);
    timemgmt_grants_t grants = { 0 };
    timemgmt_cut_t cut = { 0 };
    uint64_t sequence = 0;
    if (!bounds)
        return;
    for (uint32_t slot = 0; slot < 12; slot++) {
        (void) timemgmt_bounds_add (bounds, slot, 0);
        (void) timemgmt_bounds_enable_regulation (bounds, slot, 1, 1, &none, &grants);
        (void) timemgmt_bounds_enable_constraint (bounds, slot, 1, &none, &grants);
    }
    for (int64_t time = 1; time < 4; time++)
        for (uint32_t slot = 0; slot < 12; slot++) {
            timemgmt_sent_t sent_one = { (slot + 1) % 12, ++sequence, time * 2 };
            timemgmt_report_t full = { .sent = &sent_one, .sent_count = 1, .queue_min = NEVER };
            (void) timemgmt_bounds_request (bounds, slot, TIMEMGMT_TAR, 1, time, &full, &grants);
        }
    (void) timemgmt_bounds_prepare_cut (bounds, 1, 3, 4, 40);
    (void) timemgmt_bounds_needs (bounds, 1, &grants);
    (void) timemgmt_bounds_kill (bounds, 5, &cut, &grants);
    (void) timemgmt_bounds_resign (bounds, 6, &none, &grants);
    (void) timemgmt_bounds_release (bounds, 1, &grants);
    timemgmt_cut_fini (&cut);
    timemgmt_grants_fini (&grants);
    timemgmt_bounds_destroy (&bounds);
}

static void test_without_memory (void)
{
    CHECK (sweep_allocations (scenario_memory, NULL) > 20);
}

static CU_TestInfo other_tests[] = {
    { "a migration at a cut", test_migration_at_a_cut },
    { "holds of all kinds", test_holds_of_all_kinds },
    { "who holds whom", test_who_holds_whom },
    { "who holds whom, by message", test_who_holds_whom_by_message },
    { "terms and roots", test_terms_and_roots },
    { "wrong requests", test_wrong_requests },
    { "wrong changes", test_wrong_changes },
    { "wrong reports", test_wrong_reports },
    { "without memory", test_without_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/bounds: holds, questions, errors", NULL, NULL, NULL, NULL, other_tests })
