/*  base/alloc, buffer, arena and list: what grows, what fails on demand, what is given back. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "base/random.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*  alloc ------------------------------------------------------------------------------------- */

static void test_alloc_of_nothing (void)
{
    void *a = base_alloc (0), *b = base_calloc (0, 8), *c = base_realloc (NULL, 0);
    CHECK (a && b && c && a != b && b != c);
    base_free (a);
    base_free (b);
    base_free (c);
    base_free (NULL);
}

static void test_alloc_overflow (void)
{
    CHECK (base_calloc (SIZE_MAX / 2, 3) == NULL);
}

static void test_strings (void)
{
    char *whole = base_strdup ("galt"), *part = base_strndup ("lookahead", 4);
    char *none = base_strndup (NULL, 0);
    CHECK_TEXT (whole, "galt");
    CHECK_TEXT (part, "look");
    CHECK_TEXT (none, "");
    base_free (whole);
    base_free (part);
    base_free (none);
}

static void test_alloc_fails_once (void)
{
    base_alloc_fail (1, false);
    void *first = base_alloc (8);
    CHECK (first != NULL && !base_alloc_failed ());
    CHECK (base_alloc (8) == NULL);
    CHECK (base_alloc_failed ());
    void *third = base_calloc (1, 8);
    CHECK (third != NULL);
    base_alloc_fail (-1, false);
    base_free (first);
    base_free (third);
}

static void test_alloc_fails_forever (void)
{
    void *block = base_alloc (8);
    base_alloc_fail (0, true);
    CHECK (base_alloc (8) == NULL);
    CHECK (base_calloc (1, 8) == NULL);
    CHECK (base_realloc (block, 16) == NULL);
    CHECK (base_strdup ("x") == NULL);
    base_alloc_fail (-1, false);
    base_free (block); /* a failed realloc left it alone */
}

static void test_alloc_error (void)
{
    CHECK_INT (base_alloc_error (), MST_E_NO_MEMORY);
    CHECK_CONTAINS (mst_error_text (), "out of memory");
}

static void test_alloc_counts (void)
{
    base_alloc_count (true);
    void *a = base_alloc (1), *b = base_realloc (NULL, 1);
    CHECK_INT (base_alloc_live (), 2);
    b = base_realloc (b, 100);
    CHECK_INT (base_alloc_live (), 2);
    base_free (a);
    base_free (b);
    base_free (NULL);
    CHECK_INT (base_alloc_live (), 0);
    base_alloc_count (false);
}

/*  buffer ------------------------------------------------------------------------------------ */

static void test_buffer_holds_what_was_appended (void)
{
    static uint8_t model[20000];
    base_random_t random;
    base_buffer_t buffer;
    size_t size = 0;
    base_random_init (&random, 1);
    base_buffer_init (&buffer);
    while (size < sizeof model - 300) {
        uint8_t run[300];
        size_t length = (size_t) base_random_below (&random, sizeof run);
        for (size_t i = 0; i < length; i++)
            run[i] = (uint8_t) base_random_next (&random);
        CHECK_OK (base_buffer_append (&buffer, run, length));
        memcpy (model + size, run, length);
        size += length;
    }
    CHECK_INT (buffer.size_bytes, size);
    CHECK_BYTES (buffer.data, model, size);
    size_t capacity = buffer.capacity_bytes;
    base_buffer_clear (&buffer);
    CHECK (buffer.size_bytes == 0 && buffer.capacity_bytes == capacity);
    base_buffer_fini (&buffer);
    CHECK_OK (base_buffer_append (&buffer, "again", 5));
    base_buffer_fini (&buffer);
}

static void test_buffer_reserve_is_enough (void)
{
    base_buffer_t buffer;
    base_buffer_init (&buffer);
    CHECK_OK (base_buffer_append (&buffer, "x", 1));
    CHECK_OK (base_buffer_reserve (&buffer, 5000));
    CHECK (buffer.capacity_bytes - buffer.size_bytes >= 5000);
    uint8_t *before = buffer.data;
    memset (buffer.data + buffer.size_bytes, 1, 5000);
    CHECK_OK (base_buffer_reserve (&buffer, 5000));
    CHECK (buffer.data == before);
    CHECK_OK (base_buffer_append (&buffer, NULL, 0));
    base_buffer_fini (&buffer);
}

static void test_buffer_refuses_too_much (void)
{
    base_buffer_t buffer;
    base_buffer_init (&buffer);
    CHECK_OK (base_buffer_append (&buffer, "stays", 5));
    CHECK_ERR (base_buffer_reserve (&buffer, SIZE_MAX), MST_E_NO_MEMORY);
    CHECK_ERR (base_buffer_reserve (&buffer, SIZE_MAX / 2), MST_E_NO_MEMORY);
    base_alloc_fail (0, false);
    CHECK_ERR (base_buffer_reserve (&buffer, 100000), MST_E_NO_MEMORY);
    base_alloc_fail (-1, false);
    CHECK_INT (buffer.size_bytes, 5);
    CHECK_BYTES (buffer.data, "stays", 5);
    base_buffer_fini (&buffer);
}

/*  arena ------------------------------------------------------------------------------------- */

static void test_arena_blocks_are_apart (void)
{
    enum { COUNT = 2000 };
    static uint8_t *blocks[COUNT];
    static size_t sizes[COUNT];
    base_random_t random;
    base_arena_t arena;
    base_random_init (&random, 2);
    base_arena_init (&arena);
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = (size_t) base_random_below (&random, i % 100 == 0 ? 20000 : 100);
        blocks[i] = base_arena_alloc (&arena, sizes[i], 1);
        CHECK_OR_RETURN (blocks[i] != NULL);
        CHECK ((uintptr_t) blocks[i] % 16 == 0);
        for (size_t j = 0; j < sizes[i]; j++)
            CU_ASSERT_FATAL (blocks[i][j] == 0);
        memset (blocks[i], (int) (i & 0xff), sizes[i]);
    }
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            wrong += blocks[i][j] != (uint8_t) i;
    CHECK_INT (wrong, 0);
    base_arena_fini (&arena);
}

static void test_arena_warm_allocates_nothing (void)
{
    base_arena_t arena;
    base_arena_init (&arena);
    for (int i = 0; i < 100; i++)
        CHECK (base_arena_alloc (&arena, 100, 8) != NULL);
    base_arena_reset (&arena);
    base_alloc_fail (0, true);
    uint8_t *block = NULL;
    for (int i = 0; i < 50; i++) {
        block = base_arena_alloc (&arena, 100, 8);
        CHECK_OR_RETURN (block != NULL);
        CHECK (block[0] == 0 && block[799] == 0);
        memset (block, 1, 800);
    }
    CHECK (!base_alloc_failed ());
    base_alloc_fail (-1, false);
    base_arena_fini (&arena);
    base_arena_reset (&arena);
    CHECK (base_arena_alloc (&arena, 1, 1) != NULL);
    base_arena_fini (&arena);
}

static void test_arena_overflow_and_copy (void)
{
    base_arena_t arena;
    base_arena_init (&arena);
    CHECK (base_arena_alloc (&arena, SIZE_MAX / 2, 3) == NULL);
    CHECK (base_arena_alloc (&arena, SIZE_MAX, 1) == NULL);
    CHECK (base_arena_copy (&arena, "x", SIZE_MAX) == NULL);
    CHECK_TEXT (base_arena_copy (&arena, "federate", 3), "fed");
    CHECK_TEXT (base_arena_copy (&arena, NULL, 0), "");
    CHECK (base_arena_alloc (&arena, 0, 8) != NULL);
    base_arena_fini (&arena);
}

/*  list -------------------------------------------------------------------------------------- */

static void test_list_grows (void)
{
    BASE_LIST (int) numbers = { 0 };
    for (int i = 0; i < 1000; i++)
        CHECK_OK (BASE_LIST_PUSH (&numbers, i * 3));
    CHECK_INT (numbers.count, 1000);
    size_t wrong = 0;
    BASE_LIST_EACH (&numbers, i)
        wrong += numbers.items[i] != (int) i * 3;
    CHECK_INT (wrong, 0);
    BASE_LIST_FINI (&numbers);
    CHECK (numbers.items == NULL && numbers.count == 0 && numbers.capacity == 0);
}

static void test_list_keeps_what_stood (void)
{
    BASE_LIST (char) letters = { 0 };
    base_alloc_fail (1, true); /* the first block is there, the second is not */
    mst_err_t err = MST_OK;
    while (!(err = BASE_LIST_PUSH (&letters, 'm')) && letters.count < 100)
        continue;
    base_alloc_fail (-1, false);
    CHECK_INT (err, MST_E_NO_MEMORY);
    CHECK (letters.count > 0 && letters.count == letters.capacity);
    CHECK_OK (BASE_LIST_ROOM (&letters));
    BASE_LIST_PUT (&letters, 'n');
    CHECK (letters.items[0] == 'm' && letters.items[letters.count - 1] == 'n');
    BASE_LIST_FINI (&letters);
}

/*  the sweep itself -------------------------------------------------------------------------- */

static void scenario_clean (void *context)
{
    bool *whole = context;
    base_buffer_t buffer;
    base_buffer_init (&buffer);
    BASE_LIST (int) list = { 0 };
    base_arena_t arena;
    base_arena_init (&arena);
    *whole = !base_buffer_append (&buffer, "abc", 3) && !BASE_LIST_PUSH (&list, 1) &&
             base_arena_alloc (&arena, 5000, 1) && base_arena_alloc (&arena, 9000, 1);
    base_arena_fini (&arena);
    BASE_LIST_FINI (&list);
    base_buffer_fini (&buffer);
}

static void test_sweep (void)
{
    bool whole = false;
    CHECK_INT (sweep_allocations (scenario_clean, &whole), 4);
    scenario_clean (&whole);
    CHECK (whole);
}

static CU_TestInfo alloc_tests[] = {
    { "a size of nothing is a block", test_alloc_of_nothing },
    { "a product that overflows", test_alloc_overflow },
    { "copies of strings", test_strings },
    { "one allocation fails", test_alloc_fails_once },
    { "all fail", test_alloc_fails_forever },
    { "the error says what to do", test_alloc_error },
    { "live blocks are counted", test_alloc_counts },
    { "the sweep strikes each allocation", test_sweep },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo buffer_tests[] = {
    { "it holds what was appended", test_buffer_holds_what_was_appended },
    { "reserved room is enough", test_buffer_reserve_is_enough },
    { "too much is refused and nothing lost", test_buffer_refuses_too_much },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo arena_tests[] = {
    { "blocks are aligned, zeroed and apart", test_arena_blocks_are_apart },
    { "a warm arena allocates nothing", test_arena_warm_allocates_nothing },
    { "overflow and copies", test_arena_overflow_and_copy },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo list_tests[] = {
    { "it grows", test_list_grows },
    { "a failed push keeps what stood", test_list_keeps_what_stood },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "base/alloc", NULL, NULL, NULL, NULL, alloc_tests },
           { "base/buffer", NULL, NULL, NULL, NULL, buffer_tests },
           { "base/arena", NULL, NULL, NULL, NULL, arena_tests },
           { "base/list", NULL, NULL, NULL, NULL, list_tests })
