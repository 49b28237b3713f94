/*  Homes that tell each other what the federates of the sample tell each other, in one process.
    Here migrations may fail, as often as we like: the result must keep its bits. */
#include "samples/comets/harvest.h"
#include "samples/comets/home.h"
#include "samples/comets/message.h"
#include "samples/comets/plain.h"
#include "base/random.h"
#include "tests/support/check.h"

#include <muster/partition.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HOMES_MAX = 7, STEPS = 300 };

static comets_table_t table;
static char plain_digest[COMETS_DIGEST_TEXT_BYTES];
static comets_home_t *homes[HOMES_MAX];
static uint64_t migrations, refused;
static base_random_t dice;

static int suite_init (void)
{
    comets_world_t *plain;
    base_random_init (&dice, 5);
    if (comets_table_read (&table, COMETS_DATA_DIR "/comets.table") ||
        comets_world_new (&plain, &table))
        return 1;
    while (plain->step < STEPS) {
        comets_world_move (plain, 1);
        if (comets_world_search (plain))
            return 1;
    }
    comets_digest (plain->bodies, plain->count, &plain->approaches, plain_digest);
    comets_world_destroy (&plain);
    return 0;
}

/*  The objects are numbered by their rows. */
static void begin (uint32_t count)
{
    uint32_t living = 0;
    migrations = refused = 0;
    for (uint32_t rank = 0; rank < count; rank++) {
        CHECK_OK (comets_home_new (&homes[rank], &table, rank, count));
        for (uint32_t i = 0; i < homes[rank]->count; i++)
            homes[rank]->residents[i].object.id = homes[rank]->residents[i].body.row;
        living += homes[rank]->count;
    }
    CHECK_INT (living, table.flying);
}

static void end (uint32_t count)
{
    for (uint32_t rank = 0; rank < count; rank++)
        comets_home_destroy (&homes[rank]);
}

/*  All who are near are shown the comet; then it goes, unless the dice say no. */
static void tell_others (comets_home_t *home, uint32_t count, double refusals)
{
    for (uint32_t i = 0; i < home->sighting_count; i++) {
        comets_sighting_t sighting = home->sightings[i];
        comets_resident_t *resident = &home->residents[sighting.resident];
        const comets_state_t *state = &resident->body.state;
        for (uint32_t rank = 0; rank < count; rank++)
            if (sighting.others >> rank & 1)
                CHECK (comets_home_see (homes[rank], resident->body.row, state->position));
        if (sighting.owner == home->rank)
            continue;
        if (base_random_chance (&dice, refusals)) {
            refused++;
            continue;
        }
        CHECK (comets_home_arrive (homes[sighting.owner], resident->body.row, state,
                                   resident->object));
        CHECK (comets_home_leave (home, resident->object));
        migrations++;
    }
}

/*  Everybody moves before anybody is told: a comet that arrives is at the step already. Who has
    told all goes ahead as far as the dice say, whatever still comes. */
static void step (uint32_t count, double refusals, bool last, comets_harvest_t *harvest)
{
    for (uint32_t rank = 0; rank < count; rank++)
        comets_home_move (homes[rank]);
    for (uint32_t rank = 0; rank < count; rank++) {
        tell_others (homes[rank], count, refusals);
        for (uint64_t portions = base_random_below (&dice, 4); portions > 0 && !last; portions--)
            (void) comets_home_go_ahead (homes[rank],
                                         1 + (uint32_t) base_random_below (&dice, 700));
    }
    for (uint32_t rank = 0; rank < count; rank++) {
        comets_home_settle (homes[rank]);
        CHECK_OK (comets_home_find (homes[rank]));
        for (size_t i = 0; i < homes[rank]->approaches.count; i++)
            CHECK_OK (comets_harvest_approach (harvest, &homes[rank]->approaches.items[i]));
    }
}

static void check_same_bits (uint32_t count, double refusals)
{
    char digest[COMETS_DIGEST_TEXT_BYTES];
    comets_harvest_t *harvest;
    begin (count);
    CHECK_OK (comets_harvest_new (&harvest, &table, STEPS));
    for (int i = 0; i < STEPS; i++)
        step (count, refusals, i + 1 == STEPS, harvest);
    for (uint32_t rank = 0; rank < count; rank++) {
        for (uint32_t i = 0; i < homes[rank]->count; i++)
            CHECK_OK (comets_harvest_state (harvest, homes[rank]->residents[i].body.row,
                                            &homes[rank]->residents[i].body.state));
        comets_harvest_tally (harvest, 0, 0);
    }
    CHECK (comets_harvest_finish (harvest, count, digest));
    CHECK_TEXT (digest, plain_digest);
    printf ("%llu migrations, %llu refused … ", (unsigned long long) migrations,
            (unsigned long long) refused);
    comets_harvest_destroy (&harvest);
    end (count);
}

static void test_any_number_of_homes (void)
{
    check_same_bits (1, 0.0);
    CHECK_INT (migrations, 0);
    check_same_bits (2, 0.0);
    check_same_bits (4, 0.0);
    CHECK (migrations >= 300);
    check_same_bits (HOMES_MAX, 0.0);
}

/*  Who stays away from its leaf is shown to the leaf's owner, who reports for it. */
static void test_refused_migrations_change_nothing (void)
{
    check_same_bits (4, 0.9);
    CHECK (refused > migrations);
    check_same_bits (4, 1.0);
    CHECK_INT (migrations, 0);
}

static void test_what_cannot_be_is_refused (void)
{
    static const double here[3] = { 1.0, 0.0, 0.0 }, outside[3] = { 60.0, 0.0, 0.0 };
    comets_state_t state = { { 1.0, 0.0, 0.0 }, { 0.0, 0.01, 0.0 } };
    begin (2);
    uint32_t row = homes[1]->residents[0].body.row;
    comets_home_move (homes[0]);
    CHECK (!comets_home_see (homes[0], 0, here));
    CHECK (!comets_home_see (homes[0], table.count + 1, here));
    CHECK (!comets_home_see (homes[0], row, outside));
    CHECK (comets_home_see (homes[0], row, here));
    CHECK (!comets_home_see (homes[0], row, here)); /* twice in a step */
    CHECK (!comets_home_leave (homes[0], (mst_object_t){ row }));
    CHECK (!comets_home_arrive (homes[0], 0, &state, (mst_object_t){ 1 }));
    state.velocity[1] = NAN;
    CHECK (!comets_home_arrive (homes[0], row, &state, (mst_object_t){ row }));
    end (2);
}

static void test_a_harvest_believes_nothing_twice (void)
{
    comets_harvest_t *harvest;
    comets_state_t state = { { 1.0, 0.0, 0.0 }, { 0.0, 0.01, 0.0 } };
    comets_approach_t approach = { .step = 1, .low = 1, .high = 2, .distance_au = 0.01 };
    char digest[COMETS_DIGEST_TEXT_BYTES];
    CHECK_OK (comets_harvest_new (&harvest, &table, 10));
    CHECK_OK (comets_harvest_state (harvest, 1, &state));
    CHECK_ERR (comets_harvest_state (harvest, 1, &state), MST_E_MALFORMED);
    CHECK_ERR (comets_harvest_state (harvest, 0, &state), MST_E_MALFORMED);
    approach.step = 11;
    CHECK_ERR (comets_harvest_approach (harvest, &approach), MST_E_MALFORMED);
    approach.step = 10;
    CHECK_OK (comets_harvest_approach (harvest, &approach));
    comets_harvest_tally (harvest, 1, 2);
    CHECK (!comets_harvest_finish (harvest, 1, digest)); /* comets are missing */
    for (uint32_t row = 2; row <= table.count; row++)
        if (table.rows[row - 1].flies)
            CHECK_OK (comets_harvest_state (harvest, row, &state));
    CHECK (!comets_harvest_finish (harvest, 2, digest)); /* a tally is missing */
    CHECK (comets_harvest_finish (harvest, 1, digest));
    comets_harvest_destroy (&harvest);

    CHECK_OK (comets_harvest_new (&harvest, &table, 10));
    for (uint32_t row = 1; row <= table.count; row++)
        if (table.rows[row - 1].flies)
            CHECK_OK (comets_harvest_state (harvest, row, &state));
    comets_harvest_tally (harvest, 1, 2);
    CHECK_OK (comets_harvest_approach (harvest, &approach));
    CHECK_OK (comets_harvest_approach (harvest, &approach));
    CHECK (!comets_harvest_finish (harvest, 1, digest)); /* an approach came twice */
    comets_harvest_destroy (&harvest);
}

static void test_bytes_survive_the_trip (void)
{
    static const uint8_t golden[COMETS_PLACE_BYTES] = {
        0x04, 0x03, 0x02, 0x01, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
        0,    0,    0,    0,    0, 0, 0x00, 0xc0, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f,
    };
    static const double position[3] = { 1.0, -2.0, 0.5 };
    const comets_state_t state = { { 1.0, -2.0, 0.5 }, { 1e-300, -0.0, 3.0 } };
    uint8_t place[COMETS_PLACE_BYTES], bytes[COMETS_STATE_BYTES];
    comets_state_t back;
    double read[3];
    uint32_t row;
    comets_put_place (place, 0x01020304, position);
    CHECK_BYTES (place, golden, sizeof golden);
    comets_get_place (place, &row, read);
    CHECK_INT (row, 0x01020304);
    CHECK_BYTES (read, position, sizeof read);
    comets_put_state (bytes, &state);
    comets_get_state (bytes, &back);
    CHECK_BYTES (&back, &state, sizeof back);
    const mst_value_t values[] = { { 3, sizeof place, place }, { 5, sizeof bytes, bytes } };
    CHECK (comets_value (values, 2, 5, COMETS_STATE_BYTES) == bytes);
    CHECK (comets_value (values, 2, 5, COMETS_PLACE_BYTES) == NULL);
    CHECK (comets_value (values, 2, 4, COMETS_PLACE_BYTES) == NULL);
}

static CU_TestInfo home_tests[] = {
    { "any number of homes", test_any_number_of_homes },
    { "refused migrations change nothing", test_refused_migrations_change_nothing },
    { "what cannot be is refused", test_what_cannot_be_is_refused },
    { "a harvest believes nothing twice", test_a_harvest_believes_nothing_twice },
    { "bytes survive the trip", test_bytes_survive_the_trip },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets home", suite_init, NULL, NULL, NULL, home_tests })
