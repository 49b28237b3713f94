/*  The rule of the federation without the federation: owners in one process that each know their
    own comets and the ghosts near their leaves, and hand over who crosses. Whatever their
    number, the result has the bits of the one plain loop. */
#include <muster/octree.h>
#include "partition/territory.h"
#include "samples/comets/digest.h"
#include "samples/comets/plain.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWNERS_LIMIT = 7 };

typedef struct home {
    comets_body_t bodies[COMETS_ROW_LIMIT];
    uint32_t count;
    comets_search_t *search;
    comets_approaches_t approaches;
} home_t;

typedef struct federation {
    partition_territory_t *territory;
    home_t homes[OWNERS_LIMIT];
    comets_sky_t sky;
    uint32_t owners;
    uint32_t step;
    uint64_t migrations;
    uint64_t ghosts;
    uint64_t blind; /* comets that their own home would not see */
} federation_t;

static comets_table_t table;
static comets_world_t *plain;
static char plain_digest[COMETS_DIGEST_TEXT_BYTES];
static federation_t federation;
static size_t least = SIZE_MAX;
static size_t most;

static int suite_init (void)
{
    if (comets_table_read (&table, COMETS_DATA_DIR "/comets.table") ||
        comets_world_new (&plain, &table))
        return 1;
    while (plain->step < COMETS_STEPS) {
        size_t before = plain->approaches.count;
        comets_world_move (plain, 1);
        if (comets_world_search (plain))
            return 1;
        size_t found = plain->approaches.count - before;
        least = found < least ? found : least;
        most = found > most ? found : most;
    }
    comets_digest (plain->bodies, plain->count, &plain->approaches, plain_digest);
    return 0;
}

static int suite_clean (void)
{
    comets_world_destroy (&plain);
    return 0;
}

static void test_the_plain_loops_numbers (void)
{
    CHECK_INT (plain->count, 3750);
    uint32_t inside = plain->count - plain->parked_at_start;
    printf ("%u inside, %u left later, %zu approaches, %zu to %zu per step … ", inside,
            plain->parked_later, plain->approaches.count, least, most);
    CHECK (inside >= 3300 && inside <= 3320);
    CHECK (plain->parked_later >= 20 && plain->parked_later <= 50);
    CHECK (plain->approaches.count >= 140000 && plain->approaches.count <= 160000);
    CHECK (least >= 10 && most <= 120);
}

/*  Only exact operations, in a fixed order: the same on every machine with IEEE 754 and every
    compiler that does not contract. Whoever changes the physics puts the new one here. */
static void test_the_golden_digest (void)
{
    CHECK_TEXT (plain_digest, "04010ed317ce62c151f5c017c50ec9e5c467f7a746f44dbf0a091cb6fcfda268");
}

typedef struct neighbours {
    uint32_t row;
    uint64_t pairs;
} neighbours_t;

static bool count_pair (void *context, uint64_t id, const double point[3], double radius)
{
    neighbours_t *near = context;
    (void) point, (void) radius;
    near->pairs += id > near->row && table.rows[id - 1].family != table.rows[near->row - 1].family;
    return true;
}

/*  The sweep and the octree find the same neighbours on the last day. */
static void test_the_octree_agrees (void)
{
    mst_octree_t *tree;
    neighbours_t near = { 0 };
    uint64_t wanted = 0;
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = COMETS_BOX_AU }, &tree));
    for (uint32_t i = 0; i < plain->count; i++)
        if (!plain->bodies[i].parked)
            CHECK_OK (mst_octree_insert (tree, plain->bodies[i].row,
                                         plain->bodies[i].state.position, 0.0));
    for (uint32_t i = 0; i < plain->count; i++) {
        near.row = plain->bodies[i].row;
        if (!plain->bodies[i].parked)
            mst_octree_in_sphere (tree, plain->bodies[i].state.position, COMETS_APPROACH_AU,
                                  count_pair, &near);
    }
    for (size_t i = 0; i < plain->approaches.count; i++)
        wanted += plain->approaches.items[i].step == COMETS_STEPS;
    CHECK_INT (near.pairs, wanted);
    mst_octree_destroy (&tree);
}

static home_t *home_of (federation_t *self, const comets_body_t *body)
{
    uint32_t owner = partition_territory_owner (self->territory, body->state.position);
    return &self->homes[owner == PARTITION_OWNER_NONE ? 0 : owner];
}

static void found (federation_t *self, uint32_t owners, const comets_body_t *bodies, uint32_t count)
{
    mst_octree_t *tree;
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = COMETS_BOX_AU }, &tree));
    for (uint32_t i = 0; i < count; i++)
        if (!bodies[i].parked)
            CHECK_OK (mst_octree_insert (tree, bodies[i].row, bodies[i].state.position, 0.0));
    CHECK_OK (partition_territory_new (&self->territory, tree, owners));
    mst_octree_destroy (&tree);
    self->owners = owners;
    for (uint32_t i = 0; i < count; i++) {
        home_t *home = home_of (self, &bodies[i]);
        home->bodies[home->count++] = bodies[i];
    }
    for (uint32_t i = 0; i < owners; i++)
        CHECK_OK (comets_search_new (&self->homes[i].search, &table));
}

static void fini (federation_t *self)
{
    for (uint32_t i = 0; i < self->owners; i++) {
        comets_search_destroy (&self->homes[i].search);
        comets_approaches_fini (&self->homes[i].approaches);
    }
    partition_territory_destroy (&self->territory);
    memset (self, 0, sizeof *self);
}

/*  Who crossed is sent as a state and made a comet again by the new home. */
static void migrate (federation_t *self, home_t *home)
{
    for (uint32_t i = 0; i < home->count;) {
        comets_body_t *body = &home->bodies[i];
        home_t *other = body->parked ? home : home_of (self, body);
        if (other == home) {
            i++;
            continue;
        }
        comets_state_t sent = body->state;
        comets_body_resume (&other->bodies[other->count++], body->row, &sent, &self->sky);
        *body = home->bodies[--home->count];
        self->migrations++;
    }
}

static void show (federation_t *self, uint32_t owner)
{
    home_t *home = &self->homes[owner];
    for (uint32_t i = 0; i < home->count; i++) {
        const comets_body_t *body = &home->bodies[i];
        if (body->parked)
            continue;
        partition_owners_t near =
            partition_territory_near (self->territory, body->state.position, COMETS_APPROACH_AU);
        self->blind += near >> owner & 1 ? 0 : 1;
        for (uint32_t to = 0; to < self->owners; to++)
            if (near >> to & 1) {
                comets_search_place (self->homes[to].search, body->row, body->state.position,
                                     to == owner);
                self->ghosts += to != owner ? 1 : 0;
            }
    }
}

static void step (federation_t *self)
{
    self->step++;
    comets_sky_at (&self->sky, COMETS_START_MJD + self->step);
    for (uint32_t owner = 0; owner < self->owners; owner++)
        for (uint32_t i = 0; i < self->homes[owner].count; i++)
            comets_body_step (&self->homes[owner].bodies[i], 1.0, &self->sky);
    for (uint32_t owner = 0; owner < self->owners; owner++) {
        comets_search_clear (self->homes[owner].search);
        migrate (self, &self->homes[owner]);
    }
    for (uint32_t owner = 0; owner < self->owners; owner++)
        show (self, owner);
    for (uint32_t owner = 0; owner < self->owners; owner++)
        CHECK_OK (comets_search_find (self->homes[owner].search, self->step,
                                      &self->homes[owner].approaches));
}

static int compare_rows (const void *a, const void *b)
{
    const comets_body_t *left = a;
    const comets_body_t *right = b;
    return (left->row > right->row) - (left->row < right->row);
}

static void gather (const federation_t *self, comets_body_t *bodies, uint32_t *count,
                    comets_approaches_t *all)
{
    *count = 0;
    for (uint32_t owner = 0; owner < self->owners; owner++) {
        const home_t *home = &self->homes[owner];
        memcpy (bodies + *count, home->bodies, home->count * sizeof *bodies);
        *count += home->count;
        for (size_t i = 0; i < home->approaches.count; i++)
            CHECK_OK (comets_approaches_put (all, &home->approaches.items[i]));
    }
    qsort (bodies, *count, sizeof *bodies, compare_rows);
    comets_approaches_sort (all, 0);
}

static void check_same_bits (uint32_t owners)
{
    static comets_body_t bodies[COMETS_ROW_LIMIT];
    comets_approaches_t all = { 0 };
    comets_world_t *start;
    char digest[COMETS_DIGEST_TEXT_BYTES];
    uint32_t count;
    CHECK_OK (comets_world_new (&start, &table));
    found (&federation, owners, start->bodies, start->count);
    comets_world_destroy (&start);
    while (federation.step < COMETS_STEPS)
        step (&federation);
    gather (&federation, bodies, &count, &all);
    CHECK_INT (federation.blind, 0);
    CHECK_INT (count, plain->count);
    CHECK_INT (all.count, plain->approaches.count);
    comets_digest (bodies, count, &all, digest);
    CHECK_TEXT (digest, plain_digest);
    comets_approaches_fini (&all);
    printf ("%llu migrations, %llu ghosts … ", (unsigned long long) federation.migrations,
            (unsigned long long) federation.ghosts);
}

static void test_one_owner (void)
{
    check_same_bits (1);
    CHECK_INT (federation.migrations, 0);
    CHECK_INT (federation.ghosts, 0);
    fini (&federation);
}

static void test_two_owners (void)
{
    check_same_bits (2);
    CHECK (federation.migrations > 1000);
    fini (&federation);
}

static void test_four_owners (void)
{
    check_same_bits (4);
    CHECK (federation.migrations >= 6000 && federation.migrations <= 10000);
    fini (&federation);
}

static void test_seven_owners (void)
{
    check_same_bits (7);
    fini (&federation);
}

static CU_TestInfo owners_tests[] = {
    { "the plain loop's numbers", test_the_plain_loops_numbers },
    { "the golden digest", test_the_golden_digest },
    { "the octree agrees", test_the_octree_agrees },
    { "one owner", test_one_owner },
    { "two owners", test_two_owners },
    { "four owners", test_four_owners },
    { "seven owners", test_seven_owners },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets owners", suite_init, suite_clean, NULL, NULL, owners_tests })
