/*  The synchroniser, told as stories: versions, refusals, chunks, snapshots. What replicas
   hold is compared with a plain list of names and values; tests/unit/test_sync_network.c lets the
   network misbehave. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "tests/support/sync_story.h"
#include "base/alloc.h"
#include "state/sync_own.h"

#include <stdio.h>
#include <string.h>

/*  Versions ------------------------------------------------------------------------------------ */

static void a_follower_gets_what_the_source_has (void)
{
    for (int strategy = MST_SYNC_FULL; strategy <= MST_SYNC_ADAPTIVE; strategy++) {
        mst_sync_t *source = story_source ((mst_sync_strategy_t) strategy);
        mst_sync_t *follower = story_follower ();
        story_set (source, "a", "one");
        story_set (source, "b", "two");
        story_commit (source, SECOND);
        CHECK_INT (story_pull (source, follower, 2 * SECOND), 1);
        CHECK (story_has (follower, "a", "one") && story_has (follower, "b", "two"));
        story_set (source, "a", "another");
        story_set (source, "c", "");
        CHECK_OK (mst_sync_remove (source, "b"));
        story_commit (source, 3 * SECOND);
        story_set (source, "d", "four");
        story_commit (source, 4 * SECOND);
        CHECK (story_pull (source, follower, 5 * SECOND) >= 1);
        CHECK (story_has (follower, "a", "another") && story_has (follower, "b", NULL));
        CHECK (story_has (follower, "c", "") && story_has (follower, "d", "four"));
        CHECK_INT (mst_sync_version (follower), 3);
        CHECK (mst_sync_digest (follower) == mst_sync_digest (source));
        mst_sync_destroy (&source);
        mst_sync_destroy (&follower);
    }
}

static void a_follower_serves_others (void)
{
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *near = story_follower (),
               *far = story_follower ();
    for (int i = 0; i < 5; i++) {
        char text[8];
        (void) snprintf (text, sizeof text, "%d", i);
        story_set (source, "turn", text);
        story_set (source, text, text);
        story_commit (source, i * SECOND);
        (void) story_pull (source, near, i * SECOND);
        if (i % 2 == 0)
            (void) story_pull (near, far, i * SECOND);
    }
    CHECK (mst_sync_digest (far) == mst_sync_digest (source));
    mst_sync_statistics_t counts;
    mst_sync_statistics (near, &counts);
    CHECK_INT (counts.deltas, 2);
    mst_sync_destroy (&source);
    mst_sync_destroy (&near);
    mst_sync_destroy (&far);
}

typedef struct told {
    char text[256];
} told_t;

static void changed (void *user, uint64_t base, uint64_t target, const char *const *paths,
                     size_t count)
{
    told_t *told = user;
    int at = snprintf (told->text, sizeof told->text, "%llu-%llu:", (unsigned long long) base,
                       (unsigned long long) target);
    for (size_t i = 0; i < count; i++)
        at += snprintf (told->text + at, sizeof told->text - (size_t) at, " %s", paths[i]);
}

static void the_callback_names_versions_and_paths (void)
{
    told_t told = { "" };
    const mst_sync_options_t options = { .type = STORY_TYPE, .user = &told, .changed = changed };
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *follower;
    CHECK_OK (mst_sync_new (&options, &follower));
    story_set (source, "a", "1");
    story_set (source, "b", "1");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_TEXT (told.text, "0-1: a b");
    story_set (source, "b", "2");
    CHECK_OK (mst_sync_remove (source, "a"));
    story_set (source, "c", "3");
    story_commit (source, 0);
    story_set (source, "b", "1"); /* back to what the follower has */
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_TEXT (told.text, "1-3: a c");
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void who_is_too_far_behind_gets_all (void)
{
    const mst_sync_options_t options = { .type = STORY_TYPE,
                                         .origin = STORY_ORIGIN,
                                         .strategy = MST_SYNC_DELTA,
                                         .history_versions = 2 };
    mst_sync_t *source, *follower = story_follower ();
    mst_sync_statistics_t counts;
    CHECK_OK (mst_sync_new (&options, &source));
    story_set (source, "a", "1");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    for (int i = 0; i < 3; i++) {
        story_set (source, "a", i % 2 ? "x" : "y");
        story_commit (source, 0);
    }
    (void) story_pull (source, follower, 0);
    mst_sync_statistics (source, &counts);
    CHECK_INT (counts.fulls, 2);
    CHECK (mst_sync_digest (follower) == mst_sync_digest (source));
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void adaptive_goes_by_what_changed (void)
{
    mst_sync_t *source = story_source (MST_SYNC_ADAPTIVE), *follower = story_follower ();
    mst_sync_statistics_t counts;
    char name[8];
    for (int i = 0; i < 100; i++) {
        (void) snprintf (name, sizeof name, "p%d", i);
        story_set (source, name, "0");
    }
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    story_set (source, "p5", "1");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    mst_sync_statistics (source, &counts);
    CHECK_INT (counts.fulls, 1);
    CHECK_INT (counts.deltas, 1);
    for (int i = 0; i < 100; i++) {
        (void) snprintf (name, sizeof name, "p%d", i);
        story_set (source, name, "2");
    }
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    mst_sync_statistics (source, &counts);
    CHECK_INT (counts.fulls, 2);
    CHECK (counts.change_share > 0.5);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void batches_end_by_count_and_by_time (void)
{
    const mst_sync_options_t options = {
        .type = STORY_TYPE, .origin = STORY_ORIGIN, .batch_paths = 3, .batch_ns = 10
    };
    mst_sync_t *source;
    CHECK_OK (mst_sync_new (&options, &source));
    CHECK (!mst_sync_due (source, 0));
    story_set (source, "a", "1");
    CHECK (!mst_sync_due (source, 5) && !mst_sync_due (source, 14));
    CHECK (mst_sync_due (source, 15));
    story_set (source, "b", "1");
    story_set (source, "c", "1");
    CHECK (mst_sync_due (source, 5));
    story_commit (source, 20);
    CHECK (!mst_sync_due (source, 100));
    mst_sync_destroy (&source);
}

static void numbers_stand_as_long_as_their_path (void)
{
    mst_sync_t *source = story_source (MST_SYNC_DELTA);
    uint64_t number, other;
    story_set (source, "a", "1");
    CHECK_OK (mst_sync_number (source, "a", &number));
    CHECK_OK (mst_sync_set_number (source, number, "2", 1));
    CHECK (story_has (source, "a", "2"));
    CHECK_OK (mst_sync_remove (source, "a"));
    CHECK_ERR (mst_sync_set_number (source, number, "3", 1), MST_E_STALE_HANDLE);
    story_set (source, "b", "1");
    CHECK_ERR (mst_sync_set_number (source, number, "3", 1), MST_E_STALE_HANDLE);
    CHECK_OK (mst_sync_number (source, "b", &other));
    CHECK (story_has (source, "b", "1") && other != number);
    CHECK_ERR (mst_sync_number (source, "a", &number), MST_E_OBJECT_UNKNOWN);
    mst_sync_destroy (&source);
}

/*  Typed values: a pair of numbers, as text. */
typedef struct pair {
    int x, y;
} pair_t;

static mst_err_t pair_encode (void *user, const char *path, const void *value, void *data,
                              size_t room_bytes, size_t *size_bytes)
{
    const pair_t *pair = value;
    (void) user;
    (void) path;
    *size_bytes = (size_t) snprintf (data, room_bytes, "%d,%d", pair->x, pair->y);
    return MST_OK;
}

static mst_err_t pair_decode (void *user, const char *path, const void *data, size_t size_bytes,
                              void *value)
{
    pair_t *pair = value;
    char text[64];
    (void) user;
    (void) path;
    (void) snprintf (text, sizeof text, "%.*s", (int) size_bytes, (const char *) data);
    return sscanf (text, "%d,%d", &pair->x, &pair->y) == 2 ? MST_OK : MST_E_MALFORMED;
}

static void typed_values_go_through_a_codec (void)
{
    const mst_sync_codec_t codec = { .encode = pair_encode, .decode = pair_decode };
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *follower = story_follower ();
    pair_t pair = { 3, -4 }, back = { 0, 0 };
    CHECK_OK (mst_sync_set_value (source, "place", &codec, &pair));
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_OK (mst_sync_get_value (follower, "place", &codec, &back));
    CHECK (back.x == 3 && back.y == -4);
    CHECK_ERR (mst_sync_get_value (follower, "speed", &codec, &back), MST_E_OBJECT_UNKNOWN);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

/*  Refusals ------------------------------------------------------------------------------------ */

/*  Every message of this story that is damaged in one byte, or cut, changes nothing. */
static void damage_is_refused_and_changes_nothing (void)
{
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *follower = story_follower ();
    const void *data;
    size_t size_bytes;
    story_set (source, "a", "one");
    story_set (source, "b", "two");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    uint64_t digest = mst_sync_digest (follower), refused = 0;
    story_set (source, "a", "six");
    story_set (source, "c", "three");
    story_commit (source, 0);
    for (int full = 0; full < 2; full++) {
        uint8_t copy[1024];
        CHECK_OK (mst_sync_make (source, full ? 0 : 1, MST_SYNC_DELTA, &data, &size_bytes));
        CHECK_OR_RETURN (size_bytes <= sizeof copy);
        memcpy (copy, data, size_bytes);
        for (size_t i = 0; i < size_bytes; i++) {
            copy[i] ^= 0x40;
            CHECK (mst_sync_apply (follower, copy, size_bytes, 0) != MST_OK);
            copy[i] ^= 0x40;
            CHECK (mst_sync_apply (follower, copy, i, 0) != MST_OK);
            refused += 2;
        }
        CHECK (mst_sync_digest (follower) == digest && mst_sync_version (follower) == 1);
        CHECK (story_has (follower, "a", "one") && story_has (follower, "c", NULL));
    }
    mst_sync_statistics_t counts;
    mst_sync_statistics (follower, &counts);
    CHECK_INT (counts.failures, refused);
    CHECK_INT (counts.refused_malformed + counts.refused_checksum + counts.refused_version +
                   counts.refused_type + counts.refused_base + counts.refused_result,
               refused);
    CHECK_INT (story_pull (source, follower, 0), 1);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void another_version_type_or_life_is_refused (void)
{
    const mst_sync_options_t other_type = { .type = STORY_TYPE + 1 };
    const mst_sync_options_t next_life = { .type = STORY_TYPE, .origin = STORY_ORIGIN + 1 };
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *follower = story_follower (), *other,
               *next;
    mst_sync_statistics_t counts;
    const void *data;
    size_t size_bytes;
    uint8_t copy[512];
    CHECK_OK (mst_sync_new (&other_type, &other));
    CHECK_OK (mst_sync_new (&next_life, &next));
    story_set (source, "a", "1");
    story_commit (source, 0);
    story_set (source, "a", "2");
    story_commit (source, 0);
    CHECK_OK (mst_sync_make (source, 1, MST_SYNC_DELTA, &data, &size_bytes));
    CHECK_ERR (mst_sync_apply (follower, data, size_bytes, 0), MST_E_STATE_GAP);
    CHECK_CONTAINS (mst_error_text (), "begins at version 1 of origin 100");
    CHECK_ERR (mst_sync_apply (other, data, size_bytes, 0), MST_E_STATE_DIFFERS);
    CHECK_CONTAINS (mst_error_text (), "of type 7, this one is of type 8");
    CHECK_ERR (mst_sync_apply (source, data, size_bytes, 0), MST_E_CALL_NOT_ALLOWED);
    memcpy (copy, data, size_bytes);
    copy[4] = 9;
    CHECK_ERR (mst_sync_apply (follower, copy, size_bytes, 0), MST_E_VERSION);

    story_set (next, "a", "3");
    story_commit (next, 0);
    CHECK_INT (story_pull (next, follower, 0), 1); /* the source was started again */
    CHECK (story_has (follower, "a", "3"));
    CHECK_OK (mst_sync_make (source, 0, MST_SYNC_FULL, &data, &size_bytes));
    CHECK_ERR (mst_sync_apply (follower, data, size_bytes, 0), MST_E_STATE_GAP);
    CHECK_CONTAINS (mst_error_text (), "earlier life");
    mst_sync_statistics (follower, &counts);
    CHECK_INT (counts.refused_base, 2);
    CHECK_INT (counts.refused_version, 1);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
    mst_sync_destroy (&other);
    mst_sync_destroy (&next);
}

/*  A source that lies about its result: the sum in the head is of another state. */
static void a_result_that_is_not_the_sources_is_refused (void)
{
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *follower = story_follower ();
    mst_sync_statistics_t counts;
    const void *data;
    size_t size_bytes;
    story_set (source, "a", "1");
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    story_set (source, "a", "2");
    story_commit (source, 0);
    source->table.sum ^= 1;
    CHECK_OK (mst_sync_make (source, 1, MST_SYNC_DELTA, &data, &size_bytes));
    CHECK_ERR (mst_sync_apply (follower, data, size_bytes, 0), MST_E_STATE_DIFFERS);
    source->table.sum ^= 1;
    CHECK (story_has (follower, "a", "1"));
    mst_sync_statistics (follower, &counts);
    CHECK_INT (counts.refused_result, 1);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void limits_have_names (void)
{
    const mst_sync_options_t options = {
        .type = STORY_TYPE, .origin = STORY_ORIGIN, .paths_max = 2, .state_bytes_max = 10
    };
    const mst_sync_options_t bad[] = { { .strategy = (mst_sync_strategy_t) 9 },
                                       { .policy = MST_SYNC_MERGE },
                                       { .level = 99 } };
    mst_sync_t *source, *none;
    char name[MST_SYNC_NAME_MAX + 2];
    CHECK_OK (mst_sync_new (&options, &source));
    story_set (source, "a", "12345");
    story_set (source, "b", "12345");
    CHECK_ERR (mst_sync_set (source, "a", "123456", 6), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "state_bytes_max (10)");
    CHECK_ERR (mst_sync_set (source, "c", "", 0), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "paths_max (2)");
    CHECK (story_has (source, "a", "12345"));
    memset (name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK_ERR (mst_sync_set (source, name, "", 0), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_sync_set (source, "", "", 0), MST_E_INVALID_ARGUMENT);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_ERR (mst_sync_new (&bad[i], &none), MST_E_INVALID_ARGUMENT);
    mst_sync_destroy (&source);
}

static void a_follower_is_its_sources (void)
{
    mst_sync_t *follower = story_follower ();
    CHECK_ERR (mst_sync_set (follower, "a", "1", 1), MST_E_NOT_OWNED);
    CHECK_ERR (mst_sync_remove (follower, "a"), MST_E_NOT_OWNED);
    CHECK_ERR (mst_sync_commit (follower, 0, NULL), MST_E_NOT_OWNED);
    CHECK_ERR (mst_sync_restore (follower, "a", 0), MST_E_NOT_OWNED);
    CHECK_ERR (mst_sync_take (follower, "", 0, NULL), MST_E_NOT_OWNED);
    mst_sync_destroy (&follower);
}

/*  Chunks ---------------------------------------------------------------------------------------
 */

static void fill (mst_sync_t *source, int paths, int turn)
{
    uint64_t dice = (uint64_t) turn * 77 + 1;
    for (int i = 0; i < paths; i++) {
        char name[16], value[100];
        (void) snprintf (name, sizeof name, "n%d", i);
        for (size_t k = 0; k < sizeof value; k++)
            value[k] = (char) ((dice = dice * 6364136223846793005u + 1442695040888963407u) >> 56);
        CHECK_OK (mst_sync_set (source, name, value, sizeof value));
    }
}

static void chunks_go_on_where_they_stopped (void)
{
    mst_sync_t *source = story_source (MST_SYNC_INCREMENTAL), *follower = story_follower ();
    const void *data;
    size_t size_bytes, have, whole;
    fill (source, 100, 1);
    story_commit (source, 0);
    for (int i = 0; i < 5; i++) {
        CHECK_OK (mst_sync_request (follower, &data, &size_bytes));
        CHECK_OK (mst_sync_answer (source, data, size_bytes, &data, &size_bytes));
        CHECK_OK (mst_sync_apply (follower, data, size_bytes, 0));
        CHECK_OK (mst_sync_apply (follower, data, size_bytes, 0)); /* doubled */
    }
    CHECK (mst_sync_partial (follower, &have, &whole));
    CHECK_INT (have, 5 * 512);
    CHECK_INT (mst_sync_version (follower), 0);
    fill (source, 3, 2); /* the state goes on meanwhile; the transfer is of the older version */
    story_commit (source, 0);
    CHECK_INT (story_pull (source, follower, 0), (int) ((whole - have + 511) / 512) + 1);
    CHECK_INT (mst_sync_version (follower), 2);
    CHECK (mst_sync_digest (follower) == mst_sync_digest (source));

    /* a part that does not follow */
    fill (source, 100, 3);
    story_commit (source, 0);
    CHECK_OK (mst_sync_request (follower, &data, &size_bytes));
    CHECK_OK (mst_sync_answer (source, data, size_bytes, &data, &size_bytes));
    uint8_t first[1024];
    memcpy (first, data, size_bytes);
    size_t first_bytes = size_bytes;
    CHECK_OK (mst_sync_apply (follower, first, first_bytes, 0));
    CHECK_OK (mst_sync_request (follower, &data, &size_bytes));
    CHECK_OK (mst_sync_answer (source, data, size_bytes, &data, &size_bytes));
    mst_sync_t *late = story_follower ();
    CHECK_ERR (mst_sync_apply (late, data, size_bytes, 0), MST_E_STATE_GAP);
    CHECK_INT (mst_sync_version (late), 0);
    mst_sync_destroy (&late);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

/*  Snapshots ------------------------------------------------------------------------------------
 */

static void a_snapshot_comes_back (void)
{
    mst_sync_t *source = story_source (MST_SYNC_DELTA), *follower = story_follower ();
    const void *data;
    size_t size_bytes;
    CHECK_ERR (mst_sync_snapshot (source, "empty"), MST_E_INVALID_ARGUMENT);
    story_set (source, "a", "1");
    story_set (source, "b", "1");
    CHECK_ERR (mst_sync_snapshot (source, "open"), MST_E_INVALID_ARGUMENT);
    story_commit (source, 0);
    uint64_t digest = mst_sync_digest (source);
    CHECK_OK (mst_sync_snapshot (source, "noon"));
    (void) story_pull (source, follower, 0);
    story_set (source, "a", "2");
    story_set (source, "c", "2");
    CHECK_OK (mst_sync_remove (source, "b"));
    story_commit (source, 0);
    (void) story_pull (source, follower, 0);
    CHECK_ERR (mst_sync_restore (source, "night", 0), MST_E_OBJECT_UNKNOWN);
    CHECK_OK (mst_sync_restore (source, "noon", 0));
    CHECK (mst_sync_digest (source) == digest && mst_sync_version (source) == 3);
    (void) story_pull (source, follower, 0);
    CHECK (story_has (follower, "a", "1") && story_has (follower, "b", "1") &&
           story_has (follower, "c", NULL));

    /* into a file and back, in another life; cut anywhere it is refused */
    const mst_sync_options_t next = { .type = STORY_TYPE, .origin = STORY_ORIGIN + 5 };
    mst_sync_t *again;
    mst_sync_statistics_t counts;
    uint8_t file[1024];
    CHECK_OK (mst_sync_new (&next, &again));
    CHECK_OK (mst_sync_snapshot_save (source, "noon", &data, &size_bytes));
    CHECK_OR_RETURN (size_bytes <= sizeof file);
    memcpy (file, data, size_bytes);
    for (size_t i = 0; i < size_bytes; i++)
        CHECK_ERR (mst_sync_snapshot_load (again, "noon", file, i), MST_E_MALFORMED);
    mst_sync_statistics (again, &counts);
    CHECK_INT (counts.refused_malformed, size_bytes);
    CHECK_ERR (mst_sync_restore (again, "noon", 0), MST_E_OBJECT_UNKNOWN);
    CHECK_OK (mst_sync_snapshot_load (again, "noon", file, size_bytes));
    CHECK_OK (mst_sync_restore (again, "noon", 0));
    CHECK (mst_sync_digest (again) == digest);
    mst_sync_snapshot_drop (again, "noon");
    CHECK_ERR (mst_sync_restore (again, "noon", 0), MST_E_OBJECT_UNKNOWN);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
    mst_sync_destroy (&again);
}

static void the_snapshot_strategy_packs_once (void)
{
    mst_sync_t *source = story_source (MST_SYNC_SNAPSHOT);
    mst_sync_statistics_t counts;
    fill (source, 20, 1);
    story_commit (source, 0);
    CHECK_OK (mst_sync_snapshot (source, "start"));
    story_set (source, "more", "1");
    story_commit (source, 0);
    for (int i = 0; i < 3; i++) {
        mst_sync_t *follower = story_follower ();
        CHECK_INT (story_pull (source, follower, 0), 2); /* the snapshot, then what changed since */
        CHECK (mst_sync_digest (follower) == mst_sync_digest (source));
        mst_sync_destroy (&follower);
    }
    mst_sync_statistics (source, &counts);
    CHECK_INT (counts.snapshots, 3);
    CHECK_INT (counts.deltas, 3);
    CHECK_INT (counts.fulls, 0);
    mst_sync_destroy (&source);
}

/*  Bytes ----------------------------------------------------------------------------------------
 */

/*  The format of docs/state.md, by hand: two paths, then one of them changed and one more. */
static void the_bytes_are_these (void)
{
    const mst_sync_options_t options = {
        .type = STORY_TYPE, .origin = STORY_ORIGIN, .uncompressed = true, .unchecked = true
    };
    static const uint8_t full[] = {
        0,   0,   0,   11, 0, 0, 0, 0, /* bytes of the notes, of the masks */
        2,                             /* slots */
        1,   1,   'a', 2,  0,          /* named "a", 2 bytes, as old as the version */
        1,   1,   'b', 1,  0,          /* named "b", 1 byte */
        'x', 'y', 'z'                  /* values */
    };
    static const uint8_t delta[] = {
        0,         0,  0, 10,  0, 0, 0, 2, /* bytes of the notes, of the masks */
        2,                                 /* changes */
        0,         2,  0,                  /* slot 0, same size, age 0 */
        1,         1,  1, 'c', 1, 0,       /* one slot is left out; named "c", 1 byte */
        1,         2,                      /* the first word differs, in its second byte */
        'y' ^ 'q', 'w'                     /* old XOR new; new */
    };
    mst_sync_t *source;
    const void *data;
    size_t size_bytes;
    CHECK_OK (mst_sync_new (&options, &source));
    story_set (source, "a", "xy");
    story_set (source, "b", "z");
    story_commit (source, 0x0102030405060708);
    CHECK_OK (mst_sync_make (source, 0, MST_SYNC_FULL, &data, &size_bytes));
    CHECK_INT (size_bytes, SYNC_HEAD_BYTES + sizeof full);
    static const uint8_t head[] = { 'M', 'S', 'Y', 'N',        1, 1, 0, 0, 0, 0, 0, 0,
                                    0,   0,   0,   STORY_TYPE, 0, 0, 0, 0, 0, 0, 0, STORY_ORIGIN,
                                    0,   0,   0,   0,          0, 0, 0, 0, 0, 0, 0, 0,
                                    0,   0,   0,   1,          1, 2, 3, 4, 5, 6, 7, 8 };
    CHECK_BYTES (data, head, sizeof head);
    CHECK_BYTES ((const uint8_t *) data + SYNC_HEAD_BYTES, full, sizeof full);
    story_set (source, "a", "xq");
    story_set (source, "c", "w");
    story_commit (source, 0x0102030405060708);
    CHECK_OK (mst_sync_make (source, 1, MST_SYNC_DELTA, &data, &size_bytes));
    CHECK_INT (size_bytes, SYNC_HEAD_BYTES + sizeof delta);
    CHECK_BYTES ((const uint8_t *) data + SYNC_HEAD_BYTES, delta, sizeof delta);
    mst_sync_destroy (&source);
}

/*  Memory ----------------------------------------------------------------------------------------
 */

static void life (void *context)
{
    const mst_sync_options_t options[2] = {
        { .type = STORY_TYPE,
          .origin = STORY_ORIGIN,
          .strategy = MST_SYNC_INCREMENTAL,
          .chunk_bytes = 100 },
        { .type = STORY_TYPE, .policy = MST_SYNC_MERGE, .merge = story_merge }
    };
    mst_sync_t *source = NULL, *follower = NULL;
    const void *data;
    size_t size_bytes = 1;
    (void) context;
    mst_err_t err = mst_sync_new (&options[0], &source);
    if (!err)
        err = mst_sync_new (&options[1], &follower);
    for (int turn = 0; !err && turn < 3; turn++) {
        char value[64];
        memset (value, turn, sizeof value);
        err = mst_sync_set (source, "a", value, sizeof value);
        if (!err)
            err = turn == 1 ? mst_sync_remove (source, "b") : mst_sync_set (source, "b", "1", 1);
        if (!err && turn == 2)
            err = mst_sync_set (source, "c", "1", 1);
        if (!err)
            err = mst_sync_commit (source, turn, NULL);
        for (size_bytes = 1; !err && size_bytes > 0;) {
            err = mst_sync_request (follower, &data, &size_bytes);
            if (!err)
                err = mst_sync_answer (source, data, size_bytes, &data, &size_bytes);
            if (!err && size_bytes > 0)
                err = mst_sync_apply (follower, data, size_bytes, turn);
        }
        if (!err && turn == 0)
            err = mst_sync_snapshot (source, "first");
        if (!err && turn == 1)
            err = mst_sync_edit (follower, "a", "edit", 4, 1);
    }
    if (!err)
        err = mst_sync_edits (follower, &data, &size_bytes);
    if (!err)
        err = mst_sync_take (source, data, size_bytes, NULL);
    if (!err)
        err = mst_sync_restore (source, "first", 9);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
}

static void a_life_with_failing_allocations (void)
{
    CHECK (sweep_allocations (life, NULL) > 50);
}

/*  Whatever fails for want of memory, the follower stays at its version, whole. */
static void want_of_memory_leaves_the_state (void)
{
    mst_sync_t *source = story_source (MST_SYNC_DELTA);
    const void *data;
    size_t size_bytes;
    story_set (source, "a", "1");
    story_set (source, "b", "1");
    story_commit (source, 0);
    for (int64_t after = 0;; after++) {
        mst_sync_t *follower = story_follower ();
        (void) story_pull (source, follower, 0);
        uint64_t digest = mst_sync_digest (follower), version = mst_sync_version (follower);
        story_set (source, "a", after % 2 ? "x" : "y");
        CHECK_OK (mst_sync_remove (source, after % 2 ? "c" : "b"));
        story_set (source, after % 2 ? "b" : "c", "new");
        story_commit (source, 0);
        CHECK_OK (mst_sync_make (source, version, MST_SYNC_DELTA, &data, &size_bytes));
        base_alloc_fail (after, false);
        mst_err_t err = mst_sync_apply (follower, data, size_bytes, 0);
        bool struck = base_alloc_failed ();
        base_alloc_fail (-1, false);
        if (err) {
            CHECK (mst_sync_digest (follower) == digest);
            CHECK_INT (mst_sync_version (follower), version);
            CHECK_OK (mst_sync_apply (follower, data, size_bytes, 0));
        }
        CHECK (mst_sync_digest (follower) == mst_sync_digest (source));
        mst_sync_destroy (&follower);
        if (!struck)
            break;
    }
    mst_sync_destroy (&source);
}

static CU_TestInfo sync_tests[] = {
    { "a follower gets what the source has", a_follower_gets_what_the_source_has },
    { "a follower serves others", a_follower_serves_others },
    { "the callback names versions and paths", the_callback_names_versions_and_paths },
    { "who is too far behind gets all", who_is_too_far_behind_gets_all },
    { "adaptive goes by what changed", adaptive_goes_by_what_changed },
    { "batches end by count and by time", batches_end_by_count_and_by_time },
    { "numbers stand as long as their path", numbers_stand_as_long_as_their_path },
    { "typed values go through a codec", typed_values_go_through_a_codec },
    { "damage is refused and changes nothing", damage_is_refused_and_changes_nothing },
    { "another version, type or life is refused", another_version_type_or_life_is_refused },
    { "a wrong result is refused", a_result_that_is_not_the_sources_is_refused },
    { "limits have names", limits_have_names },
    { "a follower is its source's", a_follower_is_its_sources },
    { "chunks go on where they stopped", chunks_go_on_where_they_stopped },
    { "a snapshot comes back", a_snapshot_comes_back },
    { "the snapshot strategy packs once", the_snapshot_strategy_packs_once },
    { "the bytes are these", the_bytes_are_these },
    { "a life with failing allocations", a_life_with_failing_allocations },
    { "want of memory leaves the state", want_of_memory_leaves_the_state },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "sync", NULL, NULL, NULL, NULL, sync_tests })
