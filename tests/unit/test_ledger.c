/*  The ledger of a pair against a list of everything, and the heap of slots against a scan. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/random.h"
#include "timemgmt/ledger.h"
#include "timemgmt/slot_heap.h"

enum { MODEL_MAX = 4000, SLOTS = 40 };

typedef struct model {
    timemgmt_ledger_entry_t entries[MODEL_MAX];
    size_t count;
    uint64_t acknowledged;
} model_t;

static int64_t model_min (const model_t *self)
{
    int64_t least = TIMEMGMT_KEY_MAX;
    for (size_t i = 0; i < self->count; i++)
        if (self->entries[i].sequence > self->acknowledged)
            least = timemgmt_time_min (least, self->entries[i].stamp);
    return least;
}

/*  `limit` large: exact. Small: never above the truth, and exact once all is acknowledged. */
static void agree_with_the_model (uint64_t seed, uint32_t limit)
{
    static model_t model;
    base_random_t random;
    timemgmt_ledger_t ledger;
    model.count = 0;
    model.acknowledged = 0;
    base_random_init (&random, seed);
    timemgmt_ledger_init (&ledger);
    uint64_t sequence = 0;
    while (model.count < MODEL_MAX) {
        if (base_random_chance (&random, 0.7)) {
            sequence += 1 + base_random_below (&random, 3);
            int64_t stamp = base_random_chance (&random, 0.1)
                                ? TIMEMGMT_KEY_MAX
                                : (int64_t) (sequence / 4 + base_random_below (&random, 50));
            model.entries[model.count++] = (timemgmt_ledger_entry_t){ sequence, stamp };
            timemgmt_ledger_add (&ledger, sequence, stamp, limit);
        } else {
            uint64_t to = model.acknowledged + base_random_below (&random, 12);
            timemgmt_ledger_acknowledge (&ledger, to);
            model.acknowledged = to;
        }
        int64_t expected = model_min (&model), least = timemgmt_ledger_min (&ledger);
        CHECK_OR_RETURN (limit > 64 ? least == expected : least <= expected);
        CHECK_OR_RETURN (ledger.count <= limit);
        CHECK_OR_RETURN (timemgmt_ledger_open (&ledger) == (sequence > model.acknowledged));
        CHECK_OR_RETURN ((least == TIMEMGMT_KEY_MAX) ==
                         (timemgmt_ledger_min_sequence (&ledger) == 0));
    }
    timemgmt_ledger_acknowledge (&ledger, sequence);
    CHECK_INT (timemgmt_ledger_min (&ledger), TIMEMGMT_KEY_MAX);
    CHECK_INT (ledger.reported, sequence);
    timemgmt_ledger_fini (&ledger);
}

static void test_exact (void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        agree_with_the_model (seed, 100000);
}

static void test_coalescing_is_on_the_safe_side (void)
{
    for (uint32_t limit = 1; limit <= 9; limit++)
        agree_with_the_model (limit, limit);
}

static void test_dominated_entries_go (void)
{
    timemgmt_ledger_t ledger;
    timemgmt_ledger_init (&ledger);
    timemgmt_ledger_add (&ledger, 1, 20, 100);
    timemgmt_ledger_add (&ledger, 2, 5, 100);
    CHECK_INT (ledger.count, 1);
    CHECK (ledger.entries == NULL); /* most pairs need no memory */
    CHECK_INT (timemgmt_ledger_min (&ledger), 5);
    timemgmt_ledger_add (&ledger, 3, 8, 100);
    timemgmt_ledger_acknowledge (&ledger, 2);
    CHECK_INT (timemgmt_ledger_min (&ledger), 8);
    CHECK_INT (timemgmt_ledger_min_sequence (&ledger), 3);
    timemgmt_ledger_acknowledge (&ledger, 9); /* data before its news */
    timemgmt_ledger_add (&ledger, 7, 1, 100);
    CHECK_INT (timemgmt_ledger_min (&ledger), TIMEMGMT_KEY_MAX);
    CHECK (!timemgmt_ledger_open (&ledger));
    timemgmt_ledger_fini (&ledger);
}

static void scenario_ledger (void *context)
{
    (void) context;
    timemgmt_ledger_t ledger;
    timemgmt_ledger_init (&ledger);
    for (uint64_t i = 1; i <= 40; i++)
        timemgmt_ledger_add (&ledger, i, (int64_t) i, 100);
    CHECK_INT (timemgmt_ledger_min (&ledger), 1);
    timemgmt_ledger_acknowledge (&ledger, 39);
    CHECK (timemgmt_ledger_min (&ledger) <= 40);
    timemgmt_ledger_fini (&ledger);
}

static void test_without_memory_it_coalesces (void)
{
    CHECK (sweep_allocations (scenario_ledger, NULL) >= 4);
}

/*  The heap of slots ------------------------------------------------------------------------- */

static void heap_check (const timemgmt_slot_heap_t *heap, const int64_t keys[SLOTS],
                        const CU_BOOL there[SLOTS], uint32_t but)
{
    uint32_t least = SLOTS;
    for (uint32_t i = 0; i < SLOTS; i++)
        if (there[i] && i != but && (least == SLOTS || keys[i] < keys[least]))
            least = i;
    const timemgmt_slot_item_t *top = timemgmt_slot_heap_top_but (heap, but);
    CHECK_OR_RETURN ((top != NULL) == (least < SLOTS));
    CHECK_OR_RETURN (!top || (top->slot == least && top->key == keys[least]));
}

static void test_slot_heap (void)
{
    timemgmt_slot_heap_t heap = { 0 };
    base_random_t random;
    int64_t keys[SLOTS] = { 0 };
    CU_BOOL there[SLOTS] = { 0 };
    base_random_init (&random, 3);
    CHECK_OK (timemgmt_slot_heap_reserve (&heap, SLOTS));
    for (int i = 0; i < 50000; i++) {
        uint32_t slot = (uint32_t) base_random_below (&random, SLOTS);
        if (base_random_chance (&random, 0.35)) {
            timemgmt_slot_heap_remove (&heap, slot);
            there[slot] = CU_FALSE;
        } else {
            keys[slot] = (int64_t) base_random_below (&random, 30);
            timemgmt_slot_heap_set (&heap, slot, keys[slot]);
            there[slot] = CU_TRUE;
            CHECK_OR_RETURN (timemgmt_slot_heap_key (&heap, slot) == keys[slot]);
        }
        CHECK_OR_RETURN (timemgmt_slot_heap_has (&heap, slot) == there[slot]);
        heap_check (&heap, keys, there, (uint32_t) base_random_below (&random, SLOTS));
        heap_check (&heap, keys, there, heap.count ? heap.items[0].slot : 0);
    }
    timemgmt_slot_heap_fini (&heap);
}

static CU_TestInfo ledger_tests[] = {
    { "agrees with a list of everything", test_exact },
    { "coalescing is on the safe side", test_coalescing_is_on_the_safe_side },
    { "dominated entries go", test_dominated_entries_go },
    { "without memory it coalesces", test_without_memory_it_coalesces },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo heap_tests[] = {
    { "agrees with a scan", test_slot_heap },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/ledger", NULL, NULL, NULL, NULL, ledger_tests },
           { "timemgmt/slot_heap", NULL, NULL, NULL, NULL, heap_tests })
