/*  Federation metadata: what three replicas say of a federation, through a partition and its end.
   The oracle is a plain count of what each was told. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/random.h"
#include <muster/metadata.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICAS = 3, TURN_NS = 100000000 };
#define START_NS UINT64_C (1700000000000000000)

typedef struct world {
    mst_store_t *stores[REPLICAS];
    base_random_t random;
    uint64_t now_ns;
    int parted; /* replicas from this one on are alone; REPLICAS: nobody is */
    double loss;
} world_t;

static void world_start (world_t *self, uint64_t seed)
{
    *self = (world_t){ .now_ns = START_NS, .parted = REPLICAS };
    base_random_init (&self->random, seed);
    for (uint64_t i = 0; i < REPLICAS; i++) {
        const mst_store_options_t options = { .replica = i + 1, .seed = seed + i };
        CHECK_OK (mst_store_new (&options, &self->stores[i]));
        for (uint64_t peer = 1; peer <= REPLICAS; peer++)
            if (peer != i + 1)
                CHECK_OK (mst_store_peer_add (self->stores[i], peer));
    }
}

static void world_turn (world_t *self)
{
    mst_store_message_t message;
    mst_store_change_t change;
    self->now_ns += TURN_NS;
    for (int i = 0; i < REPLICAS; i++) {
        CHECK_OK (mst_store_tick (self->stores[i], self->now_ns));
        while (mst_store_take_message (self->stores[i], &message)) {
            int to = (int) message.peer - 1;
            if ((i < self->parted) != (to < self->parted) ||
                base_random_chance (&self->random, self->loss))
                continue;
            CHECK_OK (mst_store_receive (self->stores[to], message.data, message.size_bytes,
                                         self->now_ns));
        }
        while (mst_store_take_change (self->stores[i], &change))
            continue;
    }
}

static const char *json (const world_t *self, int replica)
{
    static char texts[REPLICAS][4096];
    mst_bytes_t bytes = { 0 };
    CHECK_OK (mst_metadata_json (self->stores[replica], &bytes));
    (void) snprintf (texts[replica], sizeof texts[replica], "%.*s", (int) bytes.size_bytes,
                     (const char *) bytes.data);
    mst_bytes_free (&bytes);
    return texts[replica];
}

static void settle (world_t *self)
{
    for (int turn = 0; turn < 3000; turn++) {
        if (strcmp (json (self, 0), json (self, 1)) == 0 &&
            strcmp (json (self, 1), json (self, 2)) == 0 && turn > 600)
            return;
        world_turn (self);
    }
    CHECK (false);
}

static void world_end (world_t *self)
{
    for (int i = 0; i < REPLICAS; i++)
        mst_store_destroy (&self->stores[i]);
}

static void it_reads_as_json (void)
{
    world_t world;
    const char *text;
    uint32_t size_bytes;
    world_start (&world, 1);
    mst_store_t *store = world.stores[0];
    CHECK_TEXT (json (&world, 0), "{\"entities\":{},\"federates\":{},\"assignments\":{},"
                                  "\"counters\":{},\"resources\":{}}");
    CHECK_OK (mst_metadata_set (store, MST_TOPIC_FEDERATES, "sun", "joined", START_NS));
    CHECK_OK (mst_metadata_set (store, MST_TOPIC_FEDERATES, "moon", "lo\"st\n", START_NS + 1));
    CHECK_OK (mst_metadata_set (store, MST_TOPIC_ENTITIES, "comet/1", "sun", START_NS + 2));
    CHECK_OK (mst_metadata_set (store, MST_TOPIC_RESOURCES, "mine", "ann", START_NS + 3));
    CHECK_OK (mst_metadata_set (store, MST_TOPIC_RESOURCES, "mine", NULL, START_NS + 4));
    CHECK_OK (mst_metadata_add (store, "updates", 7));
    CHECK_OK (mst_metadata_add (store, "updates", -9));
    CHECK_TEXT (json (&world, 0),
                "{\"entities\":{\"comet/1\":\"sun\"},\"federates\":{\"moon\":\"lo\\\"st\\u000a\","
                "\"sun\":\"joined\"},\"assignments\":{},\"counters\":{\"updates\":-2},"
                "\"resources\":{}}");
    CHECK (mst_metadata_get (store, MST_TOPIC_FEDERATES, "sun", &text, &size_bytes));
    CHECK (size_bytes == 6 && memcmp (text, "joined", 6) == 0);
    CHECK (!mst_metadata_get (store, MST_TOPIC_RESOURCES, "mine", &text, &size_bytes));
    CHECK_INT (mst_metadata_count (store, "updates"), -2);
    CHECK_INT (mst_metadata_count (store, "none"), 0);
    CHECK_INT (mst_metadata_size (store, MST_TOPIC_FEDERATES), 2);
    CHECK_ERR (mst_metadata_set (store, MST_TOPIC_COUNTERS, "x", "1", START_NS),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_metadata_set (store, MST_TOPIC_ENTITIES, "", "1", START_NS),
               MST_E_INVALID_ARGUMENT);
    world_end (&world);
}

/*  Each replica tells at random, parted and lossy; then all must say the sum of what was told, and
   of each text the last that was written. */
static void it_is_right_after_a_partition (void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        world_t world;
        int64_t told = 0;
        char text[32], last[32] = "";
        world_start (&world, seed);
        world.loss = 0.2;
        for (int turn = 0; turn < 400; turn++) {
            mst_store_t *store = world.stores[base_random_below (&world.random, REPLICAS)];
            int64_t by = (int64_t) base_random_below (&world.random, 21) - 10;
            world.parted = turn > 100 && turn < 300 ? 1 + turn / 100 % 2 : REPLICAS;
            CHECK_OK (mst_metadata_add (store, "told", by));
            told += by;
            (void) snprintf (text, sizeof text, "turn %d", turn);
            CHECK_OK (mst_metadata_set (store, MST_TOPIC_ASSIGNMENTS, "north", text, world.now_ns));
            (void) snprintf (last, sizeof last, "%s", text);
            world_turn (&world);
        }
        world.parted = REPLICAS;
        settle (&world);
        for (int i = 0; i < REPLICAS; i++) {
            const char *found;
            uint32_t size_bytes;
            CHECK_INT (mst_metadata_count (world.stores[i], "told"), told);
            CHECK (mst_metadata_get (world.stores[i], MST_TOPIC_ASSIGNMENTS, "north", &found,
                                     &size_bytes));
            CHECK (size_bytes == strlen (last) && memcmp (found, last, size_bytes) == 0);
        }
        world_end (&world);
    }
}

/*  All topics, written at one replica and read at the other. */
static void life (void *context)
{
    mst_bytes_t bytes = { 0 };
    mst_store_t *one = NULL, *two = NULL;
    const mst_store_options_t first = { .replica = 1 }, second = { .replica = 2 };
    mst_store_message_t message;
    (void) context;
    mst_err_t err = mst_store_new (&first, &one);
    if (!err)
        err = mst_store_new (&second, &two);
    if (!err)
        err = mst_store_peer_add (one, 2);
    if (!err)
        err = mst_store_peer_add (two, 1);
    if (!err)
        err = mst_metadata_add (one, "claims", 3);
    for (int topic = 0; !err && topic < MST_TOPICS; topic++)
        if (topic != MST_TOPIC_COUNTERS)
            err = mst_metadata_set (one, (mst_topic_t) topic, "a name that is not short",
                                    "a text that is not short", START_NS);
    if (!err)
        err =
            mst_metadata_set (one, MST_TOPIC_RESOURCES, "a name that is not short", NULL, START_NS);
    if (!err)
        err = mst_store_sync (one, 2, START_NS);
    if (!err)
        err = mst_store_tick (one, START_NS + 10 * (uint64_t) 1000000000);
    while (!err && mst_store_take_message (one, &message))
        err = mst_store_receive (two, message.data, message.size_bytes, START_NS);
    if (!err)
        err = mst_metadata_json (two, &bytes);
    mst_bytes_free (&bytes);
    mst_store_destroy (&one);
    mst_store_destroy (&two);
}

static void a_life_with_failing_allocations (void)
{
    CHECK (sweep_allocations (life, NULL) > 50);
}

static CU_TestInfo metadata_tests[] = {
    { "it reads as JSON", it_reads_as_json },
    { "it is right after a partition", it_is_right_after_a_partition },
    { "a life with failing allocations", a_life_with_failing_allocations },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "metadata", NULL, NULL, NULL, NULL, metadata_tests })
