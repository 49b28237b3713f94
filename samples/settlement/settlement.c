/*  settlement: four players settle one land, in two halves that lose sight of each other.

    Each holds a copy of what was claimed: boxes of ground to build on, slots of a tower, mines, a
    sword that lies about, a castle, heights and signs. While they are parted both sides build and
   take in the same places. When they meet again every copy settles every conflict alike, without
   asking anybody, and the first player tells which ones and how.

        settlement        one player of four; see scenario.json */
#include "samples/settlement/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAYERS = 4, FOUNDED = 4, PARTED = 28, MET = 4 };

/*  Rank of a player by its name, "player-1" to "player-4". */
static int rank_of (const char *name)
{
    const char *dash = strrchr (name, '-');
    return dash ? atoi (dash + 1) - 1 : 0;
}

/*  While it is parted the other side's messages are lost, as in a network that is cut. */
static void received (void *user, mst_federate_t fed, const mst_reception_t *message)
{
    world_t *world = user;
    (void) fed;
    bool other = world_side (rank_of (message->sender_name)) != world_side (world->rank);
    if (world->carry && !(world->parted && other))
        (void) mst_carry_received (world->carry, message);
}

static void resigned (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    const world_t *world = user;
    (void) fed;
    (void) name;
    if (world->carry)
        mst_carry_gone (world->carry, id);
}

static void lost (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name,
                  mst_time_t time, const char *reason)
{
    (void) time;
    (void) reason;
    resigned (user, fed, id, name);
}

static mst_claim_t claim_of (mst_claim_kind_t kind, const char *subject, const char *text)
{
    return (mst_claim_t){
        .kind = kind, .subject = subject, .data = text, .size_bytes = (uint32_t) strlen (text)
    };
}

/*  Together: each builds a hut on ground of its own. */
static void found (world_t *world)
{
    world_claim (world, world_region (100.0 * world->rank, 0, 10), 0);
}

/*  Parted: the same places for all. Seven claims each. */
static void settle (world_t *world)
{
    static const char *const raised[PLAYERS] = { "1", "2", "4", "8" };
    mst_claim_t castle = claim_of (MST_CLAIM_OWNER, "castle", "");
    castle.priority = world->rank % 3;
    world_claim (world, world_region (10.0 + 15.0 * world->rank, 50, 20),
                 1); /* a chain of houses */
    world_claim (world, claim_of (MST_CLAIM_SLOT, "tower/1", ""), 2);
    world_claim (world, claim_of (MST_CLAIM_RESOURCE, "mine/3", ""), 3);
    world_claim (world, claim_of (MST_CLAIM_ITEM, "sword", ""), 4);
    world_claim (world, castle, 5);
    world_claim (world, claim_of (MST_CLAIM_VALUE, "terrain/hill", raised[world->rank]), 6);
    world_claim (world, claim_of (MST_CLAIM_SLOT, "tower/2", ""), 7);
}

/*  Parted still, and now knowing what their own side did: one removes its hut, another writes. */
static void change_minds (world_t *world)
{
    if (world->rank % 2 == 0)
        world_withdraw (world, mst_self (world->fed).id, 1);
    world_claim (world,
                 claim_of (MST_CLAIM_VALUE, world->rank % 2 ? "sign/west" : "sign/gate",
                           world->rank < 2 ? "Welcome" : "Keep out"),
                 8);
}

static const char *player_name (void *user, uint64_t node)
{
    const world_t *world = user;
    return mst_federate_name (world->fed, (mst_federate_id_t){ (uint32_t) node });
}

/*  Each conflict in a sentence. */
static bool tell_conflict (void *context, const mst_claim_t *claim, mst_outcome_t outcome)
{
    world_t *world = context;
    char text[MST_CLAIM_EXPLANATION_SIZE];
    if (outcome != MST_OUTCOME_LOST && outcome != MST_OUTCOME_MERGED)
        return true;
    world_must (mst_arbiter_explain (world->arbiter, claim->node, claim->number, player_name, world,
                                     text, sizeof text));
    printf ("%s\n", text);
    return true;
}

static void report (const world_t *world, const char *name, uint64_t value)
{
    char text[32];
    (void) snprintf (text, sizeof text, "%" PRIu64, value);
    world_must (mst_report (world->fed, name, text));
}

/*  Explaining goes through claims that the walk has a hold of: first the list, then the sentences.
 */
typedef struct list {
    mst_dot_t claims[256];
    mst_outcome_t outcomes[256];
    size_t count;
} list_t;

static bool list_add (void *context, const mst_claim_t *claim, mst_outcome_t outcome)
{
    list_t *list = context;
    if (list->count == sizeof list->claims / sizeof list->claims[0])
        return false;
    list->claims[list->count] = (mst_dot_t){ claim->node, claim->number };
    list->outcomes[list->count++] = outcome;
    return true;
}

static void tell (world_t *world)
{
    static list_t list;
    mst_claim_counts_t counts;
    mst_claim_t hill;
    world_must (mst_arbiter_each (world->arbiter, 0, list_add, &list));
    for (size_t i = 0; i < list.count; i++) {
        const mst_claim_t claim = { .node = list.claims[i].replica,
                                    .number = list.claims[i].count };
        (void) tell_conflict (world, &claim, list.outcomes[i]);
    }
    world_must (mst_arbiter_holder (world->arbiter, MST_CLAIM_VALUE, "terrain/hill", &hill));
    printf ("the hill is %.*s high\n", (int) hill.size_bytes, (const char *) hill.data);
    world_must (mst_arbiter_counts (world->arbiter, 0, &counts));
    report (world, "claims", counts.claims);
    report (world, "conflicts", counts.conflicts);
    for (int kind = MST_CLAIM_VALUE; kind <= MST_CLAIM_OWNER; kind++) {
        world_must (mst_arbiter_counts (world->arbiter, (mst_claim_kind_t) kind, &counts));
        report (world, mst_claim_kind_name ((mst_claim_kind_t) kind), counts.conflicts);
    }
}

/*  Every player writes the digest of its copy where all can read it; how many are the same as ours.
 */
static uint64_t agreeing (world_t *world, uint64_t digest)
{
    char mine[32], name[32];
    uint64_t same = 0;
    (void) snprintf (mine, sizeof mine, "%016" PRIx64, digest);
    (void) snprintf (name, sizeof name, "land of player-%d", world->rank + 1);
    world_must (mst_metadata_set (world->store, MST_TOPIC_ENTITIES, name, mine, world_time_ns ()));
    while (mst_metadata_size (world->store, MST_TOPIC_ENTITIES) < PLAYERS) {
        world_must (mst_carry_turn (world->carry, world_time_ns ()));
        world_must (mst_evoke (world->fed, 10, NULL));
    }
    for (int rank = 0; rank < PLAYERS; rank++) {
        const char *text;
        uint32_t size_bytes;
        (void) snprintf (name, sizeof name, "land of player-%d", rank + 1);
        if (mst_metadata_get (world->store, MST_TOPIC_ENTITIES, name, &text, &size_bytes))
            same += size_bytes == strlen (mine) && memcmp (text, mine, size_bytes) == 0;
    }
    printf ("digest %s: %" PRIu64 " of %d players agree\n", mine, same, PLAYERS);
    return same;
}

static void barrier_passed (void *user, mst_federate_t fed, const char *name, uint64_t generation)
{
    world_t *world = user;
    (void) fed;
    (void) name;
    (void) generation;
    world->passed = true;
}

/*  All have done what stands before it. While it waits it goes on exchanging: others may still need
    what only this one has. */
static void together (world_t *world, const char *where)
{
    static const char *const players[PLAYERS] = { "player-1", "player-2", "player-3", "player-4" };
    world->passed = false;
    world_must (mst_barrier_arrive (world->fed, where, players, PLAYERS, 0));
    while (!world->passed) {
        world_must (mst_carry_turn (world->carry, world_time_ns ()));
        world_must (mst_evoke (world->fed, 10, NULL));
    }
}

static void play (world_t *world)
{
    together (world, "ready");
    found (world);
    world_until (world, FOUNDED, 0);
    together (world, "founded");
    world->parted = true;
    settle (world);
    world_until (world, FOUNDED + PARTED / 2, 0); /* one's own side */
    together (world, "settled");
    change_minds (world);
    world_until (world, FOUNDED + PARTED / 2 + MET / 2, 1);
    together (world, "parted long enough");
    world->parted = false;
    world_until (world, FOUNDED + PARTED + MET, 2);
    uint64_t digest;
    world_must (mst_arbiter_digest (world->arbiter, &digest));
    uint64_t same = agreeing (world, digest);
    if (world->rank == 0) {
        tell (world);
        report (world, "agree", same);
    }
    together (world, "over");
}

int main (void)
{
    static world_t world;
    mst_federate_t fed;
    const char *rank = getenv ("MUSTER_RANK");
    const mst_join_options_t options = { .federation = "settlement",
                                         .modules = mst_carry_module (),
                                         .module_count = 1,
                                         .callbacks.received = received,
                                         .callbacks.barrier_passed = barrier_passed,
                                         .callbacks.federate_resigned = resigned,
                                         .callbacks.federate_lost = lost,
                                         .user = &world };
    world_must (mst_join (&options, &fed));
    world_start (&world, fed, rank ? atoi (rank) : 0);
    play (&world);
    world_end (&world);
    world_must (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    return 0;
}
