#include "samples/settlement/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char claims_path[] = "claims";

void world_must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "%s\n", mst_error_text ());
    exit (1);
}

int world_side (int rank)
{
    return rank / 2;
}

uint64_t world_time_ns (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_REALTIME, &now);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

/*  Terrain: heights that several raised add up. */
static size_t heights_add (void *user, const mst_claim_t *claims, size_t count, void *data,
                           size_t room_bytes)
{
    int sum = 0;
    char text[16];
    (void) user;
    for (size_t i = 0; i < count; i++) {
        (void) snprintf (text, sizeof text, "%.*s", (int) claims[i].size_bytes,
                         (const char *) claims[i].data);
        sum += atoi (text);
    }
    int length = snprintf (text, sizeof text, "%d", sum);
    size_t size = length > 0 && (size_t) length < room_bytes ? (size_t) length : room_bytes;
    memcpy (data, text, size);
    return size;
}

/*  The same rules for every player, or they could not agree. */
static void world_rules (world_t *self)
{
    const mst_rule_t node = { .precedence = MST_PRECEDENCE_LOWEST_NODE };
    const mst_rule_t add = { .precedence = MST_PRECEDENCE_MERGE, .merge = heights_add };
    world_must (mst_arbiter_rule (self->arbiter, MST_CLAIM_SLOT, "", &node));
    world_must (mst_arbiter_rule (self->arbiter, MST_CLAIM_VALUE, "terrain/", &add));
}

void world_start (world_t *self, mst_federate_t fed, int rank)
{
    const mst_store_options_t options = { .replica = mst_self (fed).id,
                                          .seed = (uint64_t) rank + 1,
                                          .gossip_interval_ns = 20000000,
                                          .entropy_interval_ns = 200000000 };
    self->fed = fed;
    self->rank = rank;
    world_must (mst_store_new (&options, &self->store));
    world_must (mst_arbiter_new (options.replica, &self->arbiter));
    world_must (mst_carry_new (fed, self->store, &self->carry));
    world_rules (self);
}

void world_end (world_t *self)
{
    mst_carry_destroy (&self->carry);
    mst_arbiter_destroy (&self->arbiter);
    mst_store_destroy (&self->store);
}

/*  One more element of the set; what it says is in the arbiter already. */
static void world_tell (world_t *self, mst_bytes_t *record)
{
    mst_crdt_t *claims;
    size_t length = sizeof claims_path - 1;
    world_must (mst_store_open (self->store, claims_path, length, MST_CRDT_GSET, &claims));
    world_must (mst_crdt_add (claims, NULL, record->data, (uint32_t) record->size_bytes));
    world_must (mst_store_commit (self->store, claims_path, length, MST_CONSISTENCY_EVENTUAL));
    mst_bytes_free (record);
}

void world_claim (world_t *self, mst_claim_t claim, int step)
{
    mst_bytes_t record = { 0 };
    /* scripted stamps, so that the run repeats: whose turn comes first changes from step to step */
    int turn = (self->rank + step) % 4;
    claim.stamp = mst_hlc_from_ns ((uint64_t) (step * 10 + turn + 1) * 1000000000u);
    world_must (mst_arbiter_claim (self->arbiter, &claim, &record));
    world_must (mst_metadata_add (self->store, "claims", 1));
    world_tell (self, &record);
}

void world_withdraw (world_t *self, uint64_t node, uint64_t number)
{
    mst_bytes_t record = { 0 };
    world_must (mst_arbiter_withdraw (self->arbiter, node, number, &record));
    world_tell (self, &record);
}

mst_claim_t world_region (double x, double y, double width)
{
    return (mst_claim_t){ .kind = MST_CLAIM_REGION,
                          .subject = "map",
                          .low = { x, y, 0 },
                          .high = { x + width, y + width, 1 } };
}

/*  Exchanging ---------------------------------------------------------------------------------- */

static bool world_take (void *context, const void *data, uint32_t size_bytes, mst_crdt_type_t type)
{
    world_t *self = context;
    (void) type;
    world_must (mst_arbiter_take (self->arbiter, data, size_bytes, 0));
    self->withdrawals += ((const char *) data)[0] == 'W';
    return true;
}

static void world_look (world_t *self)
{
    mst_store_change_t change;
    while (mst_store_take_change (self->store, &change))
        continue;
    const mst_crdt_t *claims = mst_store_find (self->store, claims_path, sizeof claims_path - 1);
    self->withdrawals = 0;
    if (claims)
        world_must (mst_crdt_each (claims, NULL, world_take, self));
}

void world_until (world_t *self, size_t claims, size_t withdrawals)
{
    mst_claim_counts_t counts = { 0 };
    for (;;) {
        world_must (mst_carry_turn (self->carry, world_time_ns ()));
        world_look (self);
        world_must (mst_arbiter_counts (self->arbiter, 0, &counts));
        if (counts.claims >= claims && self->withdrawals >= withdrawals)
            return;
        world_must (mst_evoke (self->fed, 10, NULL));
    }
}
