/*  A carried store while memory fails. The carrier speaks to its federation by public calls alone,
   so here two of them stand on a federation of two queues; the real one is in the integration
   tests. */
#include "link/clock.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <muster/carry.h>
#include <muster/metadata.h>
#include <muster/muster.h>
#include <string.h>

enum { CARRIERS = 2, QUEUE_MAX = 64, MESSAGE_MAX = 4096, CLASS = 7 };
#define START_NS UINT64_C (1700000000000000000)

typedef struct letter {
    uint8_t bytes[MESSAGE_MAX];
    uint32_t size_bytes;
    uint32_t from;
} letter_t;

static letter_t queues[CARRIERS][QUEUE_MAX];
static size_t queued[CARRIERS];
static int64_t now_ns;

static mst_err_t fake_send (mst_federate_t fed, mst_interaction_class_t class_of,
                            const mst_value_t *values, size_t count, mst_time_t time,
                            const mst_send_options_t *options)
{
    uint32_t from = (uint32_t) fed.slot, to = 3 - from;
    (void) class_of;
    (void) time;
    if (options->only && options->only->id != to)
        return MST_OK;
    if (count != 1 || values->size_bytes > MESSAGE_MAX || queued[to - 1] == QUEUE_MAX)
        return MST_E_LIMIT;
    letter_t *letter = &queues[to - 1][queued[to - 1]++];
    letter->from = from;
    letter->size_bytes = values->size_bytes;
    memcpy (letter->bytes, values->data, values->size_bytes);
    return MST_OK;
}

static mst_err_t fake_flush (mst_federate_t fed)
{
    (void) fed;
    return MST_OK;
}

static mst_err_t fake_class (mst_federate_t fed, const char *name, mst_interaction_class_t *out)
{
    (void) fed;
    (void) name;
    out->id = CLASS;
    return MST_OK;
}

static mst_err_t fake_parameter (mst_federate_t fed, mst_interaction_class_t class_of,
                                 const char *name, mst_parameter_t *out)
{
    (void) fed;
    (void) name;
    out->id = class_of.id + 1;
    return MST_OK;
}

static mst_err_t fake_declare (mst_federate_t fed, mst_interaction_class_t class_of)
{
    (void) fed;
    (void) class_of;
    return MST_OK;
}

static mst_federate_id_t fake_self (mst_federate_t fed)
{
    return (mst_federate_id_t){ (uint32_t) fed.slot };
}

static const char *fake_name (mst_federate_t fed, mst_federate_id_t id)
{
    (void) fed;
    return id.id == 1 ? "one" : "two";
}

static size_t fake_owned (mst_federate_t fed)
{
    return (size_t) fed.slot;
}

static int64_t fake_clock (void)
{
    return now_ns;
}

#define link_clock_wall_ns        fake_clock
#define mst_send                  fake_send
#define mst_flush                 fake_flush
#define mst_interaction_find      fake_class
#define mst_parameter_find        fake_parameter
#define mst_publish_interaction   fake_declare
#define mst_subscribe_interaction fake_declare
#define mst_self                  fake_self
#define mst_federate_name         fake_name
#define mst_owned_count           fake_owned
#include "federate/carry.c"

typedef struct pair {
    mst_store_t *stores[CARRIERS];
    mst_carry_t *carriers[CARRIERS];
} pair_t;

static mst_err_t pair_start (pair_t *self)
{
    mst_err_t err = MST_OK;
    now_ns = (int64_t) START_NS;
    for (uint32_t i = 0; !err && i < CARRIERS; i++) {
        const mst_store_options_t options = { .replica = i + 1, .seed = i };
        const mst_federate_t fed = { .slot = i + 1 };
        queued[i] = 0;
        err = mst_store_new (&options, &self->stores[i]);
        if (!err)
            err = mst_carry_new (fed, self->stores[i], &self->carriers[i]);
    }
    return err;
}

static void pair_end (pair_t *self)
{
    for (int i = 0; i < CARRIERS; i++) {
        mst_carry_destroy (&self->carriers[i]);
        mst_store_destroy (&self->stores[i]);
    }
}

static void pair_deliver (pair_t *self, int to)
{
    for (size_t i = 0; i < queued[to]; i++) {
        const letter_t *letter = &queues[to][i];
        const mst_value_t value = { CLASS + 1, letter->size_bytes, letter->bytes };
        const mst_reception_t message = {
            .interaction = { CLASS }, .sender = { letter->from }, .values = &value, .value_count = 1
        };
        CHECK (mst_carry_received (self->carriers[to], &message));
    }
    queued[to] = 0;
}

/*  Ten minutes of both, in steps of three seconds; what fails is tried again at the next turn. */
static void pair_live (pair_t *self)
{
    for (int step = 0; step < 200; step++, now_ns += INT64_C (3000000000))
        for (int i = 0; i < CARRIERS; i++) {
            mst_store_change_t change;
            (void) mst_carry_turn (self->carriers[i], (uint64_t) now_ns);
            pair_deliver (self, 1 - i);
            while (mst_store_take_change (self->stores[i], &change))
                continue;
        }
}

static bool says (const mst_store_t *store, const char *name, const char *text)
{
    const char *now;
    uint32_t size_bytes;
    return mst_metadata_get (store, MST_TOPIC_FEDERATES, name, &now, &size_bytes) &&
           size_bytes == strlen (text) && memcmp (now, text, size_bytes) == 0;
}

static void life (void *context)
{
    pair_t pair = { { NULL }, { NULL } };
    (void) context;
    if (pair_start (&pair) == MST_OK)
        pair_live (&pair);
    pair_end (&pair);
}

static void a_life_with_failing_allocations (void)
{
    CHECK (sweep_allocations (life, NULL) > 50);
}

/*  Both enter themselves; who leaves is gone, and is there again once it says so itself; who only
    watches enters nobody. */
static void federates_enter_themselves (void)
{
    pair_t pair = { { NULL }, { NULL } };
    CHECK_OK (pair_start (&pair));
    pair_live (&pair);
    for (int i = 0; i < CARRIERS; i++) {
        CHECK (says (pair.stores[i], "one", "joined, 1 object"));
        CHECK (says (pair.stores[i], "two", "joined, 2 objects"));
    }
    mst_carry_gone (pair.carriers[0], (mst_federate_id_t){ 2 });
    CHECK (says (pair.stores[0], "two", "gone"));
    pair_live (&pair); /* it was only out of reach */
    for (int i = 0; i < CARRIERS; i++)
        CHECK (says (pair.stores[i], "two", "joined, 2 objects"));
    mst_carry_describe (pair.carriers[0], MST_CARRY_SILENT);
    mst_carry_gone (pair.carriers[0], (mst_federate_id_t){ 2 });
    CHECK (says (pair.stores[0], "two", "joined, 2 objects"));
    pair_end (&pair);
}

static CU_TestInfo carry_tests[] = {
    { "federates enter themselves", federates_enter_themselves },
    { "a life with failing allocations", a_life_with_failing_allocations },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "carry_memory", NULL, NULL, NULL, NULL, carry_tests })
