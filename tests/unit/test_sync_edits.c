/*  Edits at a replica, told as stories: what both sides end with when an edit meets a change of the
   source, and what the user is told of it. */
#include "tests/support/check.h"
#include "tests/support/sync_story.h"
#include "state/sync_own.h"

#include <stdio.h>
#include <string.h>

typedef struct told {
    char text[256];
} told_t;

static void conflict (void *user, const mst_sync_conflict_t *what)
{
    told_t *told = user;
    (void) snprintf (told->text, sizeof told->text, "%s", what->explanation);
}

/*  An edit at 5 s meets a change of the source at 3 s and 7 s; `settled` is what both must end
 * with. */
static void edit_against_change (mst_sync_policy_t policy, int64_t change_s, const char *settled,
                                 const char *explanation)
{
    told_t told = { "" };
    mst_sync_options_t options = { .type = STORY_TYPE,
                                   .policy = policy,
                                   .user = &told,
                                   .conflict = conflict,
                                   .merge = story_merge };
    mst_sync_t *source, *follower;
    const void *data;
    size_t size_bytes, taken;
    CHECK_OK (mst_sync_new (&options, &follower));
    options.origin = STORY_ORIGIN;
    CHECK_OK (mst_sync_new (&options, &source));
    story_set (source, "a", "old");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_OK (mst_sync_edit (follower, "a", "edit", 4, (int64_t) 5 * SECOND));
    CHECK (story_has (follower, "a", "edit"));
    story_set (source, "a", "change");
    story_commit (source, change_s * SECOND);

    /* the edit is on its way while the change comes */
    uint8_t sent[512];
    CHECK_OK (mst_sync_edits (follower, &data, &size_bytes));
    CHECK_OR_RETURN (size_bytes > 0 && size_bytes <= sizeof sent);
    memcpy (sent, data, size_bytes);
    (void) story_pull (source, follower, 0);
    CHECK_CONTAINS (told.text, explanation);
    CHECK (story_has (follower, "a", settled));
    CHECK_OK (mst_sync_take (source, sent, size_bytes, &taken));
    CHECK (story_has (source, "a", settled));
    story_commit (source, (int64_t) 8 * SECOND);
    (void) story_pull (source, follower, 0);
    CHECK (story_has (follower, "a", settled));
    CHECK_INT (mst_sync_edit_count (follower), 0);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void both_sides_settle_an_edit_alike (void)
{
    edit_against_change (MST_SYNC_LAST_WRITE, 3, "edit",
                         "a: the edit of 5.000000 s stands over the source's value of 3.000000 s: "
                         "last write");
    edit_against_change (MST_SYNC_LAST_WRITE, 7, "change", "last write");
    edit_against_change (MST_SYNC_FIRST_WRITE, 3, "change", "first write");
    edit_against_change (MST_SYNC_FIRST_WRITE, 7, "edit", "first write");
    edit_against_change (MST_SYNC_SOURCE_WINS, 3, "change", "the source wins");
    edit_against_change (MST_SYNC_MERGE, 3, "changeedit", "merged");
}

static void an_edit_without_a_conflict_just_arrives (void)
{
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *follower = story_follower ();
    mst_sync_statistics_t counts;
    const void *data;
    size_t size_bytes, taken;
    story_set (source, "a", "1");
    story_set (source, "b", "1");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_OK (mst_sync_edit (follower, "a", NULL, 0, 1));
    CHECK_OK (mst_sync_edit (follower, "c", "new", 3, 1));
    CHECK (story_has (follower, "a", NULL) && story_has (follower, "c", "new"));
    CHECK_OK (mst_sync_edits (follower, &data, &size_bytes));
    CHECK_OK (mst_sync_take (source, data, size_bytes, &taken));
    CHECK_OK (mst_sync_take (source, data, size_bytes, &taken)); /* doubled */
    CHECK_INT (taken, 2);
    story_commit (source, 2);
    (void) story_pull (source, follower, 3);
    CHECK (story_has (source, "a", NULL) && story_has (source, "c", "new"));
    CHECK_INT (mst_sync_edit_count (follower), 0);
    mst_sync_statistics (source, &counts);
    CHECK_INT (counts.conflicts, 0);
    CHECK_OK (mst_sync_edits (follower, &data, &size_bytes));
    CHECK_INT (size_bytes, 0);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static mst_sync_t *with_policy (mst_sync_policy_t policy, uint64_t origin)
{
    const mst_sync_options_t options = {
        .type = STORY_TYPE, .policy = policy, .origin = origin, .merge = story_merge
    };
    mst_sync_t *self = NULL;
    CHECK_OK (mst_sync_new (&options, &self));
    return self;
}

static size_t sent_edits (mst_sync_t *follower, uint8_t sent[512])
{
    const void *data;
    size_t size_bytes;
    CHECK_OK (mst_sync_edits (follower, &data, &size_bytes));
    CHECK (size_bytes > 0 && size_bytes <= 512);
    memcpy (sent, data, size_bytes <= 512 ? size_bytes : 0);
    return size_bytes;
}

/*  The source takes an edit, writes anew having seen it, and hears the edit once more: before its
    next commit, and after. */
static void late_copy (mst_sync_policy_t policy)
{
    mst_sync_t *source = with_policy (policy, STORY_ORIGIN), *follower = with_policy (policy, 0);
    uint8_t sent[512];
    size_t taken, size_bytes;
    story_set (source, "a", "old");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_OK (mst_sync_edit (follower, "a", "edit", 4, 3 * SECOND));
    CHECK_OK (mst_sync_edit (follower, "new", "edit", 4, 3 * SECOND));
    size_bytes = sent_edits (follower, sent);
    CHECK_OK (mst_sync_take (source, sent, size_bytes, &taken));
    CHECK_INT (taken, 2);
    story_set (source, "a", "after");
    CHECK_OK (mst_sync_take (source, sent, size_bytes, &taken));
    CHECK (story_has (source, "a", "after"));
    story_commit (source, (int64_t) 7 * SECOND);
    CHECK_OK (mst_sync_remove (source, "new"));
    story_commit (source, (int64_t) 8 * SECOND);
    CHECK_OK (mst_sync_take (source, sent, size_bytes, &taken));
    CHECK_INT (taken, 0);
    CHECK (story_has (source, "a", "after") && story_has (source, "new", NULL));
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void a_late_copy_of_an_edit_changes_nothing (void)
{
    late_copy (MST_SYNC_LAST_WRITE);
    late_copy (MST_SYNC_FIRST_WRITE);
    late_copy (MST_SYNC_MERGE);
    late_copy (MST_SYNC_SOURCE_WINS);
}

/*  An edit that has not come before, and comes after two changes, is not lost: it settles on what
    its follower sees then, and both end alike. */
static void an_edit_that_is_left_alone_comes_again (void)
{
    mst_sync_t *source = with_policy (MST_SYNC_FIRST_WRITE, STORY_ORIGIN);
    mst_sync_t *follower = with_policy (MST_SYNC_FIRST_WRITE, 0);
    uint8_t sent[512];
    size_t taken, size_bytes;
    story_set (source, "a", "old");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_OK (mst_sync_edit (follower, "a", "edit", 4, 3 * SECOND));
    size_bytes = sent_edits (follower, sent);
    story_set (source, "a", "4");
    story_commit (source, (int64_t) 4 * SECOND);
    story_set (source, "a", "5");
    story_commit (source, (int64_t) 5 * SECOND);
    CHECK_OK (mst_sync_take (source, sent, size_bytes, &taken));
    CHECK_INT (taken, 0);
    (void) story_pull (source, follower, 0);
    CHECK (story_has (follower, "a", "edit"));
    size_bytes = sent_edits (follower, sent);
    CHECK_OK (mst_sync_take (source, sent, size_bytes, &taken));
    CHECK_INT (taken, 1);
    story_commit (source, (int64_t) 6 * SECOND);
    (void) story_pull (source, follower, 0);
    CHECK (story_has (source, "a", "edit") && story_has (follower, "a", "edit"));
    CHECK_INT (mst_sync_edit_count (follower), 0);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static CU_TestInfo edit_tests[] = {
    { "both sides settle an edit alike", both_sides_settle_an_edit_alike },
    { "an edit without a conflict just arrives", an_edit_without_a_conflict_just_arrives },
    { "a late copy of an edit changes nothing", a_late_copy_of_an_edit_changes_nothing },
    { "an edit that is left alone comes again", an_edit_that_is_left_alone_comes_again },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "sync_edits", NULL, NULL, NULL, NULL, edit_tests })
