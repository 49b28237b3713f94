/*  Conflicts: every rule on every kind, told as stories; every permutation of a small set and
   random orders of large ones give the same answers, which are compared with a model that looks at
   all pairs. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/alloc.h"
#include "base/random.h"
#include <muster/conflict.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_MAX = 400, RECORD_MAX = 512 };

typedef struct record {
    uint8_t bytes[RECORD_MAX];
    size_t size_bytes;
} record_t;

static mst_arbiter_t *arbiter (uint64_t node)
{
    mst_arbiter_t *self;
    CHECK_OK (mst_arbiter_new (node, &self));
    return self;
}

static void rule (mst_arbiter_t *self, mst_claim_kind_t kind, mst_precedence_t precedence)
{
    const mst_rule_t one = { .precedence = precedence };
    CHECK_OK (mst_arbiter_rule (self, kind, "", &one));
}

static record_t record_of (mst_bytes_t *bytes)
{
    record_t record = { .size_bytes = bytes->size_bytes };
    CHECK (bytes->size_bytes <= sizeof record.bytes);
    memcpy (record.bytes, bytes->data, bytes->size_bytes);
    mst_bytes_free (bytes);
    return record;
}

/*  Time is in seconds. */
static record_t claim (mst_arbiter_t *self, mst_claim_kind_t kind, const char *subject, double at,
                       int64_t priority, const char *data)
{
    mst_claim_t one = { .kind = kind,
                        .subject = subject,
                        .stamp = mst_hlc_from_ns ((uint64_t) (at * 1e9)),
                        .priority = priority,
                        .data = data,
                        .size_bytes = (uint32_t) strlen (data) };
    mst_bytes_t bytes = { 0 };
    CHECK_OK (mst_arbiter_claim (self, &one, &bytes));
    return record_of (&bytes);
}

static record_t region (mst_arbiter_t *self, double x, double width, double at, int64_t priority)
{
    mst_claim_t one = { .kind = MST_CLAIM_REGION,
                        .subject = "map",
                        .stamp = mst_hlc_from_ns ((uint64_t) (at * 1e9)),
                        .priority = priority,
                        .low = { x, 0, 0 },
                        .high = { x + width, 1, 1 } };
    mst_bytes_t bytes = { 0 };
    CHECK_OK (mst_arbiter_claim (self, &one, &bytes));
    return record_of (&bytes);
}

static void take (mst_arbiter_t *self, record_t record)
{
    CHECK_OK (mst_arbiter_take (self, record.bytes, record.size_bytes, 0));
}

static mst_outcome_t outcome (mst_arbiter_t *self, uint64_t node, uint64_t number)
{
    mst_outcome_t found = MST_OUTCOME_WITHDRAWN;
    CHECK_OK (mst_arbiter_outcome (self, node, number, &found, NULL));
    return found;
}

static uint64_t holder (mst_arbiter_t *self, mst_claim_kind_t kind, const char *subject)
{
    mst_claim_t found;
    return mst_arbiter_holder (self, kind, subject, &found) ? 0 : found.node;
}

static const char *explain (mst_arbiter_t *self, uint64_t node, uint64_t number)
{
    static char text[MST_CLAIM_EXPLANATION_SIZE];
    CHECK_OK (mst_arbiter_explain (self, node, number, NULL, NULL, text, sizeof text));
    return text;
}

/*  Rules --------------------------------------------------------------------------------------- */

/*  Node 1 at 20 s with priority 5, node 2 at 10 s with priority 9, apart. */
static void settled_by (mst_claim_kind_t kind, mst_precedence_t precedence, uint64_t winner,
                        const char *why)
{
    mst_arbiter_t *one = arbiter (1), *two = arbiter (2);
    rule (one, kind, precedence);
    rule (two, kind, precedence);
    record_t first = claim (one, kind, "it", 20, 5, "a"),
             second = claim (two, kind, "it", 10, 9, "b");
    take (one, second);
    take (two, first);
    CHECK_INT (holder (one, kind, "it"), winner);
    CHECK_INT (holder (two, kind, "it"), winner);
    CHECK_CONTAINS (explain (one, 3 - winner, 1), why);
    mst_claim_counts_t counts;
    CHECK_OK (mst_arbiter_counts (one, kind, &counts));
    CHECK_INT (counts.conflicts, 1);
    CHECK_INT (counts.holding, 1);
    CHECK_INT (counts.claims, 2);
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&two);
}

static void each_rule_on_each_kind (void)
{
    static const mst_claim_kind_t kinds[] = { MST_CLAIM_VALUE, MST_CLAIM_SLOT, MST_CLAIM_RESOURCE,
                                              MST_CLAIM_ITEM, MST_CLAIM_OWNER };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        settled_by (kinds[i], MST_PRECEDENCE_EARLIEST, 2,
                    "earliest stamp (10.000000 s before 20.000000 s); neither had seen the other");
        settled_by (kinds[i], MST_PRECEDENCE_LATEST, 1, "latest stamp (20.000000 s after");
        settled_by (kinds[i], MST_PRECEDENCE_LOWEST_NODE, 1, "lowest node (1 before 2)");
        settled_by (kinds[i], MST_PRECEDENCE_PRIORITY, 2, "highest priority (9 over 5)");
    }
}

static void without_a_rule_there_is_one (void)
{
    mst_arbiter_t *one = arbiter (1), *two = arbiter (2);
    take (two, claim (one, MST_CLAIM_VALUE, "v", 2, 0, ""));
    take (two, claim (one, MST_CLAIM_SLOT, "s", 2, 0, ""));
    take (two, claim (one, MST_CLAIM_OWNER, "o", 2, 3, ""));
    mst_arbiter_t *three = arbiter (3);
    take (two, claim (three, MST_CLAIM_VALUE, "v", 1, 0, ""));
    take (two, claim (three, MST_CLAIM_SLOT, "s", 1, 0, ""));
    take (two, claim (three, MST_CLAIM_OWNER, "o", 1, 1, ""));
    CHECK_INT (holder (two, MST_CLAIM_VALUE, "v"), 1);
    CHECK_INT (holder (two, MST_CLAIM_SLOT, "s"), 3);
    CHECK_INT (holder (two, MST_CLAIM_OWNER, "o"), 1);
    CHECK_INT (holder (two, MST_CLAIM_ITEM, "none"), 0);
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&two);
    mst_arbiter_destroy (&three);
}

static size_t sum_merge (void *user, const mst_claim_t *claims, size_t count, void *data,
                         size_t room_bytes)
{
    int sum = 0;
    (void) user;
    for (size_t i = 0; i < count; i++)
        sum += ((const char *) claims[i].data)[0] - '0';
    return (size_t) snprintf (data, room_bytes, "%d", sum);
}

static size_t longest (void *user, const mst_claim_t *claims, size_t count)
{
    size_t best = 0;
    (void) user;
    for (size_t i = 1; i < count; i++)
        if (claims[i].size_bytes > claims[best].size_bytes)
            best = i;
    return best;
}

static void merges_and_custom_rules_go_by_prefix (void)
{
    mst_arbiter_t *one = arbiter (1), *two = arbiter (2);
    const mst_rule_t merge = { .precedence = MST_PRECEDENCE_MERGE, .merge = sum_merge };
    const mst_rule_t custom = { .precedence = MST_PRECEDENCE_CUSTOM, .choose = longest };
    const mst_rule_t bare = { .precedence = MST_PRECEDENCE_CUSTOM };
    mst_claim_t found;
    CHECK_OK (mst_arbiter_rule (one, MST_CLAIM_VALUE, "terrain/", &merge));
    CHECK_OK (mst_arbiter_rule (one, MST_CLAIM_VALUE, "terrain/sign/", &custom));
    CHECK_ERR (mst_arbiter_rule (one, MST_CLAIM_VALUE, "", &bare), MST_E_INVALID_ARGUMENT);
    (void) claim (one, MST_CLAIM_VALUE, "terrain/7", 1, 0, "3");
    take (one, claim (two, MST_CLAIM_VALUE, "terrain/7", 2, 0, "4"));
    (void) claim (one, MST_CLAIM_VALUE, "terrain/sign/1", 1, 0, "longer");
    take (one, claim (two, MST_CLAIM_VALUE, "terrain/sign/1", 2, 0, "short"));
    CHECK_OK (mst_arbiter_holder (one, MST_CLAIM_VALUE, "terrain/7", &found));
    CHECK (found.size_bytes == 1 && memcmp (found.data, "7", 1) == 0);
    CHECK_TEXT (explain (one, 2, 1),
                "value \"terrain/7\": node 2 holds together with node 1: merge");
    CHECK_INT (holder (one, MST_CLAIM_VALUE, "terrain/sign/1"), 1);
    CHECK_CONTAINS (explain (one, 2, 2), "custom rule");
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&two);
}

/*  Causality ----------------------------------------------------------------------------------- */

static void who_has_seen_a_claim_is_in_no_conflict_with_it (void)
{
    mst_arbiter_t *one = arbiter (1), *two = arbiter (2);
    mst_claim_counts_t counts;
    take (two, claim (one, MST_CLAIM_VALUE, "v", 100, 0, "old"));
    take (one, claim (two, MST_CLAIM_VALUE, "v", 5, 0, "new")); /* its clock is behind */
    CHECK_INT (holder (one, MST_CLAIM_VALUE, "v"), 2);
    CHECK_INT (outcome (one, 1, 1), MST_OUTCOME_REPLACED);
    CHECK_TEXT (explain (one, 1, 1),
                "value \"v\": node 1 was replaced by node 2, which had seen it");

    take (two, claim (one, MST_CLAIM_SLOT, "s", 100, 0, ""));
    take (one, claim (two, MST_CLAIM_SLOT, "s", 5, 0, ""));
    CHECK_INT (holder (one, MST_CLAIM_SLOT, "s"), 1);
    CHECK_INT (outcome (one, 2, 2), MST_OUTCOME_DENIED);
    CHECK_TEXT (explain (one, 2, 2),
                "slot \"s\": node 2 was denied: it had seen that node 1 has it");
    CHECK_OK (mst_arbiter_counts (one, 0, &counts));
    CHECK_INT (counts.conflicts, 0);
    CHECK_INT (counts.denied, 1);

    /* taken back: who was denied has it, since the claim still stands */
    mst_bytes_t bytes = { 0 };
    CHECK_OK (mst_arbiter_withdraw (one, 1, 2, &bytes));
    take (two, record_of (&bytes));
    CHECK_INT (holder (one, MST_CLAIM_SLOT, "s"), 2);
    CHECK_INT (holder (two, MST_CLAIM_SLOT, "s"), 2);
    CHECK_TEXT (explain (two, 1, 2), "slot \"s\": node 1 took it back");
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&two);
}

/*  Regions ------------------------------------------------------------------------------------- */

static void regions_are_settled_without_chains (void)
{
    mst_arbiter_t *one = arbiter (1), *two = arbiter (2), *three = arbiter (3);
    record_t a = region (one, 0, 2, 1, 0), b = region (two, 1, 2, 2, 9),
             c = region (three, 2.5, 2, 3, 0);
    take (one, b);
    take (one, c);
    /* b overlaps both, a came first: b falls, and does not take c with it */
    CHECK_INT (outcome (one, 1, 1), MST_OUTCOME_HOLDS);
    CHECK_INT (outcome (one, 2, 1), MST_OUTCOME_LOST);
    CHECK_INT (outcome (one, 3, 1), MST_OUTCOME_HOLDS);
    rule (one, MST_CLAIM_REGION, MST_PRECEDENCE_PRIORITY);
    CHECK_INT (outcome (one, 2, 1), MST_OUTCOME_HOLDS);
    CHECK_INT (outcome (one, 1, 1), MST_OUTCOME_LOST);
    CHECK_INT (outcome (one, 3, 1), MST_OUTCOME_LOST);
    CHECK_CONTAINS (explain (one, 3, 1), "region \"map\": node 3 lost to node 2: highest priority");
    rule (one, MST_CLAIM_REGION, MST_PRECEDENCE_MERGE);
    CHECK_INT (outcome (one, 2, 1), MST_OUTCOME_MERGED);
    /* touching is not overlapping, and who knows the place is taken is denied */
    take (two, a);
    record_t beside = region (two, 4.5, 1, 4, 0), over = region (two, 0.5, 0.1, 5, 99);
    mst_arbiter_t *four = arbiter (4);
    rule (four, MST_CLAIM_REGION, MST_PRECEDENCE_PRIORITY);
    take (four, over);
    take (four, a);
    take (four, c);
    take (four, beside);
    CHECK_INT (outcome (four, 2, 2), MST_OUTCOME_HOLDS);
    CHECK_INT (outcome (four, 2, 3), MST_OUTCOME_DENIED);
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&two);
    mst_arbiter_destroy (&three);
    mst_arbiter_destroy (&four);
}

/*  Order --------------------------------------------------------------------------------------- */

/*  A history: nodes claim, withdraw and hear of each other at random. */
static size_t history (uint64_t seed, size_t wanted, record_t *records)
{
    static const char *const subjects[] = { "a", "b", "c" };
    base_random_t random;
    mst_arbiter_t *nodes[4];
    size_t count = 0;
    base_random_init (&random, seed);
    for (uint64_t i = 0; i < 4; i++)
        nodes[i] = arbiter (i + 1);
    while (count < wanted) {
        mst_arbiter_t *self = nodes[base_random_below (&random, 4)];
        double at = (double) base_random_below (&random, 50);
        int64_t priority = (int64_t) base_random_below (&random, 3);
        mst_claim_kind_t kind = (mst_claim_kind_t) (1 + base_random_below (&random, 6));
        char data[2] = { (char) ('0' + base_random_below (&random, 10)), 0 };
        if (count > 0 && base_random_chance (&random, 0.4)) {
            record_t *heard = &records[base_random_below (&random, count)];
            take (self, *heard);
            continue;
        }
        if (count > 0 && base_random_chance (&random, 0.1)) {
            mst_bytes_t bytes = { 0 };
            CHECK_OK (mst_arbiter_withdraw (self, 1 + base_random_below (&random, 4),
                                            1 + base_random_below (&random, 5), &bytes));
            records[count++] = record_of (&bytes);
            continue;
        }
        records[count++] =
            kind == MST_CLAIM_REGION
                ? region (self, (double) base_random_below (&random, 20), 3, at, priority)
                : claim (self, kind, subjects[base_random_below (&random, 3)], at, priority, data);
    }
    for (size_t i = 0; i < 4; i++)
        mst_arbiter_destroy (&nodes[i]);
    return count;
}

static void rules_of (mst_arbiter_t *self, unsigned variant)
{
    for (int kind = MST_CLAIM_VALUE; kind <= MST_CLAIM_OWNER; kind++) {
        mst_rule_t one = { .precedence = (mst_precedence_t) (1 + (variant + (unsigned) kind) % 6),
                           .merge = sum_merge,
                           .choose = longest };
        CHECK_OK (mst_arbiter_rule (self, (mst_claim_kind_t) kind, "", &one));
    }
}

static uint64_t digest_of (const record_t *records, const size_t *order, size_t count,
                           unsigned variant, bool ask_often)
{
    mst_arbiter_t *self = arbiter (0);
    uint64_t digest = 0;
    rules_of (self, variant);
    for (size_t i = 0; i < count; i++) {
        take (self, records[order[i]]);
        if (ask_often)
            CHECK_OK (mst_arbiter_digest (self, &digest));
    }
    CHECK_OK (mst_arbiter_digest (self, &digest));
    mst_arbiter_destroy (&self);
    return digest;
}

static void every_permutation_of_six_gives_one_answer (void)
{
    static record_t records[RECORDS_MAX];
    for (uint64_t seed = 1; seed <= 12; seed++) {
        size_t count = history (seed, 6, records), order[6] = { 0, 1, 2, 3, 4, 5 }, c[6] = { 0 };
        uint64_t first = digest_of (records, order, count, (unsigned) seed, false);
        int permutations = 1;
        for (size_t i = 0; i < count;) { /* Heap 1963, Permutations by interchanges */
            if (c[i] < i) {
                size_t from = i % 2 ? c[i] : 0, swap = order[from];
                order[from] = order[i];
                order[i] = swap;
                CHECK (digest_of (records, order, count, (unsigned) seed, true) == first);
                permutations++;
                c[i]++;
                i = 0;
            } else
                c[i++] = 0;
        }
        CHECK_INT (permutations, 720);
    }
}

static void random_orders_of_many_give_one_answer (void)
{
    static record_t records[RECORDS_MAX];
    static size_t order[RECORDS_MAX];
    for (uint64_t seed = 1; seed <= 12; seed++) {
        size_t count = history (seed * 1000, 200, records);
        base_random_t random;
        base_random_init (&random, seed);
        uint64_t first = 0;
        for (size_t i = 0; i < count; i++)
            order[i] = i;
        for (int shuffle = 0; shuffle < 6; shuffle++) {
            uint64_t digest = digest_of (records, order, count, (unsigned) seed, shuffle == 1);
            CHECK (shuffle == 0 || digest == first);
            first = digest;
            for (size_t i = count; i-- > 1;) {
                size_t other = base_random_below (&random, i + 1), swap = order[i];
                order[i] = order[other];
                order[other] = swap;
            }
        }
        CHECK (first != digest_of (records, order, count, (unsigned) seed + 1, false));
    }
}

/*  The model ----------------------------------------------------------------------------------- */

typedef struct model {
    mst_claim_t claims[RECORDS_MAX];
    mst_outcome_t outcomes[RECORDS_MAX];
    size_t count;
} model_t;

static bool model_visit (void *context, const mst_claim_t *claim_of, mst_outcome_t outcome_of)
{
    model_t *self = context;
    self->claims[self->count] = *claim_of;
    self->outcomes[self->count++] = outcome_of;
    return true;
}

static bool model_saw (const mst_claim_t *b, const mst_claim_t *a)
{
    if (a->node == b->node)
        return a->number < b->number;
    for (uint32_t i = 0; i < b->seen_count; i++)
        if (b->seen[i].replica == a->node && b->seen[i].count >= a->number)
            return true;
    return false;
}

/*  Has any active write of the same path seen it? */
static bool sawn (const model_t *self, const mst_claim_t *a)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->outcomes[i] != MST_OUTCOME_WITHDRAWN && self->claims[i].kind == a->kind &&
            strcmp (self->claims[i].subject, a->subject) == 0 && model_saw (&self->claims[i], a))
            return true;
    return false;
}

static bool model_holds (mst_outcome_t found)
{
    return found == MST_OUTCOME_HOLDS || found == MST_OUTCOME_MERGED;
}

/*  What must hold of any outcome, whatever the way to it: with "earliest stamp" an exclusive
   subject has one holder, which no other active claim precedes unless that one had seen an active
   one; no two standing boxes overlap; a box that fell overlaps one that stands; a value stands
   unless one that stands had seen it or is later. */
static void outcomes_keep_the_promises (void)
{
    static record_t records[RECORDS_MAX];
    static model_t model;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        size_t count = history (seed * 77, 150, records);
        mst_arbiter_t *self = arbiter (0);
        rule (self, MST_CLAIM_OWNER, MST_PRECEDENCE_EARLIEST);
        for (size_t i = 0; i < count; i++)
            take (self, records[i]);
        model.count = 0;
        CHECK_OK (mst_arbiter_each (self, 0, model_visit, &model));
        for (size_t i = 0; i < model.count; i++) {
            const mst_claim_t *a = &model.claims[i];
            bool region_of = a->kind == MST_CLAIM_REGION, covered = false;
            if (model.outcomes[i] == MST_OUTCOME_WITHDRAWN)
                continue;
            for (size_t k = 0; k < model.count; k++) {
                const mst_claim_t *b = &model.claims[k];
                if (k == i || b->kind != a->kind || strcmp (a->subject, b->subject) != 0 ||
                    model.outcomes[k] == MST_OUTCOME_WITHDRAWN)
                    continue;
                bool meets = !region_of || (a->low[0] < b->high[0] && b->low[0] < a->high[0]);
                if (model_holds (model.outcomes[k]) && meets) {
                    CHECK (!model_holds (model.outcomes[i]));
                    covered = true;
                    if (a->kind == MST_CLAIM_VALUE)
                        CHECK (model_saw (b, a) || b->stamp >= a->stamp || sawn (&model, a));
                }
            }
            CHECK (covered || model_holds (model.outcomes[i]));
        }
        mst_arbiter_destroy (&self);
    }
}

/*  Bytes --------------------------------------------------------------------------------------- */

static void the_bytes_are_these (void)
{
    static const uint8_t expected[] = { 'C', 1,   3,   2, 1, 0x80, 0x80, 0x04,
                                        9,   1,   's', 1, 1, 1, /* has seen claim 1 of node 1 */
                                        2,   'x', 'y' };
    mst_arbiter_t *one = arbiter (1), *two = arbiter (2);
    take (two, claim (one, MST_CLAIM_ITEM, "i", 1, 0, ""));
    mst_claim_t made = { .kind = MST_CLAIM_SLOT,
                         .subject = "s",
                         .stamp = 0x10000,
                         .priority = -5,
                         .data = "xy",
                         .size_bytes = 2 };
    mst_bytes_t bytes = { 0 };
    CHECK_OK (mst_arbiter_claim (two, &made, &bytes));
    CHECK_INT (bytes.size_bytes, sizeof expected + 4);
    CHECK_BYTES (bytes.data, expected, sizeof expected);
    mst_bytes_free (&bytes);
    CHECK_OK (mst_arbiter_withdraw (two, 2, 1, &bytes));
    static const uint8_t withdrawal[] = { 'W', 1, 2, 1 };
    CHECK_INT (bytes.size_bytes, sizeof withdrawal + 4);
    CHECK_BYTES (bytes.data, withdrawal, sizeof withdrawal);
    mst_bytes_free (&bytes);
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&two);
}

static void sets_go_there_and_back (void)
{
    static record_t records[RECORDS_MAX];
    size_t count = history (5, 100, records);
    mst_arbiter_t *there = arbiter (0), *back = arbiter (0);
    mst_bytes_t bytes = { 0 }, again = { 0 };
    uint64_t digest, other;
    for (size_t i = 0; i < count; i++)
        take (there, records[count - 1 - i]);
    CHECK_OK (mst_arbiter_encode (there, &bytes));
    CHECK_OK (mst_arbiter_merge (back, bytes.data, bytes.size_bytes, 0));
    CHECK_OK (mst_arbiter_merge (back, bytes.data, bytes.size_bytes, 0));
    CHECK_OK (mst_arbiter_encode (back, &again));
    CHECK_INT (again.size_bytes, bytes.size_bytes);
    CHECK_BYTES (again.data, bytes.data, bytes.size_bytes);
    CHECK_OK (mst_arbiter_digest (there, &digest));
    CHECK_OK (mst_arbiter_digest (back, &other));
    CHECK (digest == other);
    /* cut anywhere but between records it is refused, and nothing of it is taken */
    mst_arbiter_t *none = arbiter (0);
    for (size_t i = 1; i < bytes.size_bytes; i += 7) {
        mst_claim_counts_t counts;
        if (mst_arbiter_merge (none, bytes.data, i, 0) == MST_OK) {
            mst_arbiter_destroy (&none);
            none = arbiter (0);
            continue;
        }
        CHECK_OK (mst_arbiter_counts (none, 0, &counts));
        CHECK_INT (counts.claims, 0);
    }
    mst_bytes_free (&bytes);
    mst_bytes_free (&again);
    mst_arbiter_destroy (&there);
    mst_arbiter_destroy (&back);
    mst_arbiter_destroy (&none);
}

static void bad_claims_are_refused (void)
{
    mst_arbiter_t *one = arbiter (1), *listener = arbiter (0), *other = arbiter (1);
    record_t good = claim (one, MST_CLAIM_SLOT, "s", 10, 0, "data");
    record_t twin = claim (other, MST_CLAIM_SLOT, "s", 11, 0, "data");
    CHECK_ERR (
        mst_arbiter_take (listener, good.bytes, good.size_bytes, mst_hlc_from_ns (5000000000)),
        MST_E_CLOCK_AHEAD);
    for (size_t i = 0; i < good.size_bytes; i++) {
        record_t bad = good;
        bad.bytes[i] ^= 0x20;
        CHECK_ERR (mst_arbiter_take (listener, bad.bytes, bad.size_bytes, 0), MST_E_MALFORMED);
        CHECK_ERR (mst_arbiter_take (listener, good.bytes, i, 0), MST_E_MALFORMED);
    }
    CHECK_INT (mst_arbiter_refused (listener), 2 * good.size_bytes + 1);
    take (listener, good);
    take (listener, good);
    CHECK_ERR (mst_arbiter_take (listener, twin.bytes, twin.size_bytes, 0), MST_E_STATE_DIFFERS);
    CHECK_CONTAINS (mst_error_text (), "two different claims");
    mst_claim_t wrong = { .kind = MST_CLAIM_REGION, .subject = "map", .high = { 1, 0, 1 } };
    CHECK_ERR (mst_arbiter_claim (one, &wrong, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_arbiter_claim (listener, &wrong, NULL), MST_E_INVALID_ARGUMENT);
    wrong = (mst_claim_t){ .kind = MST_CLAIM_SLOT, .subject = "" };
    CHECK_ERR (mst_arbiter_claim (one, &wrong, NULL), MST_E_INVALID_ARGUMENT);
    mst_outcome_t found;
    CHECK_ERR (mst_arbiter_outcome (one, 9, 9, &found, NULL), MST_E_OBJECT_UNKNOWN);
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&other);
    mst_arbiter_destroy (&listener);
}

static void life (void *context)
{
    mst_arbiter_t *one = NULL, *two = NULL;
    mst_bytes_t bytes = { 0 };
    const mst_rule_t merge = { .precedence = MST_PRECEDENCE_MERGE, .merge = sum_merge };
    uint64_t digest;
    (void) context;
    mst_err_t err = mst_arbiter_new (1, &one);
    if (!err)
        err = mst_arbiter_new (2, &two);
    if (!err)
        err = mst_arbiter_rule (two, MST_CLAIM_VALUE, "", &merge);
    for (int i = 0; !err && i < 10; i++) {
        mst_claim_t made = { .kind = (mst_claim_kind_t) (1 + i % 6),
                             .subject = "it",
                             .high = { 1, 1, 1 },
                             .data = "1",
                             .size_bytes = 1 };
        err = mst_arbiter_claim (i % 4 ? one : two, &made, &bytes);
    }
    if (!err)
        err = mst_arbiter_withdraw (one, 1, 1, NULL);
    bytes.size_bytes = 0;
    if (!err)
        err = mst_arbiter_encode (one, &bytes);
    if (!err)
        err = mst_arbiter_merge (two, bytes.data, bytes.size_bytes, 0);
    if (!err)
        err = mst_arbiter_digest (two, &digest);
    mst_bytes_free (&bytes);
    mst_arbiter_destroy (&one);
    mst_arbiter_destroy (&two);
}

static void a_life_with_failing_allocations (void)
{
    CHECK (sweep_allocations (life, NULL) > 50);
}

static CU_TestInfo conflict_tests[] = {
    { "each rule on each kind", each_rule_on_each_kind },
    { "without a rule there is one", without_a_rule_there_is_one },
    { "merges and custom rules go by prefix", merges_and_custom_rules_go_by_prefix },
    { "who has seen a claim is in no conflict with it",
      who_has_seen_a_claim_is_in_no_conflict_with_it },
    { "regions are settled without chains", regions_are_settled_without_chains },
    { "every permutation of six gives one answer", every_permutation_of_six_gives_one_answer },
    { "random orders of many give one answer", random_orders_of_many_give_one_answer },
    { "outcomes keep the promises", outcomes_keep_the_promises },
    { "the bytes are these", the_bytes_are_these },
    { "sets go there and back", sets_go_there_and_back },
    { "bad claims are refused", bad_claims_are_refused },
    { "a life with failing allocations", a_life_with_failing_allocations },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "conflict", NULL, NULL, NULL, NULL, conflict_tests })
