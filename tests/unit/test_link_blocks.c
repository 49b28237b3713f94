/*  Blocks that are lent and come back, in whatever order, by whichever thread. */
#include "link/blocks.h"
#include "base/alloc.h"
#include "tests/support/check.h"

#include <pthread.h>

enum { BLOCK_BYTES = 256, BLOCKS = 2000, THREADS = 4 };

static void *lend (link_blocks_t *blocks)
{
    CHECK (link_blocks_lend (blocks, BLOCK_BYTES));
    return base_alloc (BLOCK_BYTES);
}

static void test_last_first (void)
{
    base_buffer_t bytes;

    base_alloc_count (true);
    link_blocks_t *blocks = link_blocks_new ();
    CHECK (!link_blocks_take (blocks, &bytes));
    void *one = lend (blocks), *two = lend (blocks);
    CHECK (!link_blocks_lend (blocks, BLOCK_BYTES + 1)); /* one size only */
    link_blocks_return (blocks, one);
    link_blocks_return (blocks, two);
    CHECK (link_blocks_take (blocks, &bytes));
    CHECK (bytes.data == two);
    CHECK_INT (bytes.size_bytes, 0);
    CHECK_INT (bytes.capacity_bytes, BLOCK_BYTES);
    base_buffer_fini (&bytes);
    CHECK (link_blocks_lend (blocks, BLOCK_BYTES));
    link_blocks_keep (blocks); /* the sending failed */
    link_blocks_destroy (&blocks);
    CHECK_INT (base_alloc_live (), 0);
    base_alloc_count (false);
}

/*  libzmq may hold a block longer than its socket lives. */
static void test_returns_late (void)
{
    base_alloc_count (true);
    link_blocks_t *blocks = link_blocks_new (), *lender = blocks;
    void *one = lend (blocks), *two = lend (blocks);
    link_blocks_return (blocks, one);
    link_blocks_destroy (&blocks);
    CHECK (blocks == NULL);
    link_blocks_return (lender, two);
    CHECK_INT (base_alloc_live (), 0);
    base_alloc_count (false);
}

typedef struct returner {
    pthread_t thread;
    link_blocks_t *blocks;
    void *lent[BLOCKS];
} returner_t;

static void *return_all (void *argument)
{
    returner_t *self = argument;
    for (int i = 0; i < BLOCKS; i++)
        link_blocks_return (self->blocks, self->lent[i]);
    return NULL;
}

static void test_many_threads (void)
{
    static returner_t returners[THREADS];
    base_buffer_t bytes;
    int taken = 0;

    base_alloc_count (true);
    link_blocks_t *blocks = link_blocks_new ();
    for (int t = 0; t < THREADS; t++) {
        returners[t].blocks = blocks;
        for (int i = 0; i < BLOCKS; i++)
            returners[t].lent[i] = lend (blocks);
    }
    for (int t = 0; t < THREADS; t++)
        CHECK_INT (pthread_create (&returners[t].thread, NULL, return_all, &returners[t]), 0);
    while (taken < THREADS * BLOCKS / 2)
        if (link_blocks_take (blocks, &bytes)) {
            base_buffer_fini (&bytes);
            taken++;
        }
    for (int t = 0; t < THREADS; t++)
        CHECK_INT (pthread_join (returners[t].thread, NULL), 0);
    while (link_blocks_take (blocks, &bytes)) {
        base_buffer_fini (&bytes);
        taken++;
    }
    CHECK_INT (taken, THREADS * BLOCKS);
    link_blocks_destroy (&blocks);
    CHECK_INT (base_alloc_live (), 0);
    base_alloc_count (false);
}

static CU_TestInfo tests[] = {
    { "the last to return comes first", test_last_first },
    { "returned after the end", test_returns_late },
    { "many threads", test_many_threads },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "link: blocks", NULL, NULL, NULL, NULL, tests })
