/*  rti/core: who waits for whom, told as stories; and over random federations, whether it is a
    deadlock, against a slow oracle that knows only the rules of time and of barriers. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rti_driver_t driver;

static void time_on (const char *name, int64_t lookahead)
{
    driver.quiet = true;
    RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_REGULATION, enable_time_regulation, lookahead);
    RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_CONSTRAINED, enable_time_constrained, 0);
    driver.quiet = false;
}

static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "mars");
    time_on ("sun", 1);
    time_on ("moon", 1);
    time_on ("mars", 1);
}

static void tell (const char *name, uint64_t doing, const char *place)
{
    RTI_DRIVER_SEND (&driver, name, COUNTERS, counters, .doing = doing,
                     .place = { place, place ? strlen (place) : 0 }, .elapsed_ns = 10,
                     .waiting_ns = 5, .messaging_ns = 1, .updates_sent = 7);
}

#define ARRIVE(name, barrier, ...)                                                                 \
    (tell ((name), WIRE_DOING_WAITS_AT_BARRIER, barrier),                                          \
     RTI_DRIVER_SEND (&driver, (name), BARRIER_ARRIVE, barrier_arrive, TEXT (barrier),             \
                      TEXTS (__VA_ARGS__), 0, 0))

/*  The text of an explanation, alone. */
static const char *why (const char *name)
{
    static char text[2048];
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, name, EXPLAIN, explain, .federate = 0);
    const char *from = driver.trace ? strstr (driver.trace, "text=\"") : NULL;
    size_t used = 0;
    text[0] = '\0';
    for (from = from ? from + 6 : ""; *from && strncmp (from, "\", deadlock", 11) != 0; from++)
        if (*from != '\\')
            text[used++] = *from;
    text[used] = '\0';
    return text;
}

static bool is_deadlock (const char *name)
{
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, name, EXPLAIN, explain, .federate = 0);
    return driver.trace && strstr (driver.trace, "deadlock=true");
}

/*  sun waits for time, which moon holds, which waits for mars, which computes. */
static void test_chain (void)
{
    setup ();
    ARRIVE ("moon", "gate", TEXT ("moon"), TEXT ("mars"));
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 5);
    CHECK_TEXT (why ("sun"), "held by \"moon\" (granted 0, lookahead 1). In the end all wait for "
                             "\"mars\" at the barrier \"gate\".");
    rti_driver_advance (&driver, "mars", WIRE_ADVANCE_TAR, 0);
    rti_driver_advance (&driver, "mars", WIRE_ADVANCE_TAR, 9); /* waits now, for moon, too */
    CHECK_TEXT (why ("sun"), "held by \"moon\" (granted 0, lookahead 1). Deadlock: \"moon\" waits "
                             "at the barrier \"gate\" for \"mars\", \"mars\" waits for \"moon\".");
    CHECK (is_deadlock ("mars") && is_deadlock ("moon"));
    CHECK_TEXT (why ("moon"), "it waits at the barrier \"gate\" for \"mars\". Deadlock: \"moon\" "
                              "waits at the barrier \"gate\" for \"mars\", \"mars\" waits for "
                              "\"moon\".");
    RTI_DRIVER_CONTAINS (&driver, "deadlock=true");
    rti_driver_fini (&driver);
}

/*  Who has passed waits no more, and who has not joined is named. */
static void test_barriers (void)
{
    setup ();
    ARRIVE ("moon", "gate", TEXT ("moon"), TEXT ("venus"));
    CHECK_TEXT (why ("moon"),
                "it waits at the barrier \"gate\" for \"venus\", which has not joined.");
    ARRIVE ("mars", "door", TEXT ("mars"), TEXT ("sun"));
    rti_driver_state (&driver, "sun", "stopped");
    CHECK_TEXT (why ("mars"),
                "it waits at the barrier \"door\" for \"sun\". Its process is stopped.");
    rti_driver_state (&driver, "sun", "");
    ARRIVE ("sun", "door", TEXT ("mars"), TEXT ("sun"));
    CHECK_TEXT (why ("mars"), "it does not wait.");
    CHECK_TEXT (why ("sun"), "it does not wait.");
    rti_driver_fini (&driver);
}

static void test_points (void)
{
    static const wire_bytes_t no_tag = { (const uint8_t *) "", 0 };
    setup ();
    RTI_DRIVER_SEND (&driver, "sun", REGISTER_FEDERATION_SYNCHRONIZATION_POINT,
                     register_federation_synchronization_point, TEXT ("ready"), no_tag);
    tell ("sun", WIRE_DOING_WAITS_AT_POINT, "ready");
    CHECK_TEXT (why ("sun"), "it does not wait."); /* it has not achieved it yet */
    RTI_DRIVER_SEND (&driver, "sun", SYNCHRONIZATION_POINT_ACHIEVED, synchronization_point_achieved,
                     TEXT ("ready"), true);
    CHECK_CONTAINS (why ("sun"), "it waits at the synchronization point \"ready\" for \"mars\".");
    tell ("mars", WIRE_DOING_WAITS_AT_POINT, "no such point");
    CHECK_TEXT (why ("mars"), "it does not wait.");
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 5);
    CHECK_CONTAINS (why ("moon"), "Deadlock: "); /* whoever else may still run */
    rti_driver_fini (&driver);
}

/*  Asked by names, without having joined; and what it says of errors. */
static void test_by_name (void)
{
    setup ();
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 5);
    rti_driver_forget (&driver);
    (void) rti_driver_connect (&driver, "monitor");
    RTI_DRIVER_ASK (&driver, "monitor", EXPLAIN, explain, .federation = TEXT ("world"),
                    .federate_name = TEXT ("sun"));
    RTI_DRIVER_CONTAINS (&driver, "monitor: ok explain = (holder=2, name=\"moon\", term=1");
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, "monitor", EXPLAIN, explain, .federation = TEXT ("wrld"));
    RTI_DRIVER_ASK (&driver, "monitor", EXPLAIN, explain, .federation = TEXT ("world"),
                    .federate_name = TEXT ("venus"));
    RTI_DRIVER_ASK (&driver, "monitor", EXPLAIN, explain, .federate = 1);
    RTI_DRIVER_EXPECT (&driver,
                       "monitor: MST_E_FEDERATION_UNKNOWN: there is no federation execution "
                       "\"wrld\"\n"
                       "monitor: MST_E_INVALID_ARGUMENT: there is no federate \"venus\" in "
                       "\"world\"\n"
                       "monitor: MST_E_NOT_JOINED: this connection has not joined: name a "
                       "federation execution and a federate of it\n");
    rti_driver_fini (&driver);
}

/*  Whoever looks has the counters asked for; who does not answer is not asked twice. */
static void test_counters (void)
{
    setup ();
    rti_driver_forget (&driver);
    (void) rti_driver_connect (&driver, "monitor");
    RTI_DRIVER_ASK (&driver, "monitor", STATUS, status, TEXT ("world"));
    RTI_DRIVER_CONTAINS (&driver, "sun: countersWanted ()\n");
    rti_driver_forget (&driver);
    tell ("sun", WIRE_DOING_COMPUTES, NULL);
    rti_driver_tick (&driver, 1000000000);
    RTI_DRIVER_ASK (&driver, "monitor", STATUS, status, TEXT ("world"));
    RTI_DRIVER_CONTAINS (&driver, "sun: countersWanted ()\n");
    CHECK (strstr (driver.trace, "moon: countersWanted") == NULL);
    base_buffer_t json;
    base_buffer_init (&json);
    CHECK_OK (rti_core_status (driver.core, "world", &json));
    CHECK_OK (base_buffer_append (&json, "", 1));
    CHECK_CONTAINS ((const char *) json.data,
                    "\"doing\":\"computing\",\"counters\":{\"age_ns\":1000000000,\"elapsed_ns\":10,"
                    "\"waiting_ns\":5,\"messaging_ns\":1,\"updates_sent\":7,");
    base_buffer_fini (&json);
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, "sun", COUNTERS, counters, .doing = 77);
    RTI_DRIVER_EXPECT (&driver, "sun: MST_E_INVALID_ARGUMENT: what federate \"sun\" does (77) is "
                                "unknown\n");
    rti_driver_fini (&driver);
}

/*  The oracle --------------------------------------------------------------------------------- */

enum { PEOPLE = 5, GATES = 2, WORLDS = 300, ACTS = 40 };

typedef struct person {
    int64_t now, wants, bound, lookahead;
    bool waits;
    int gate; /* waits there; -1 */
} person_t;

typedef struct world {
    person_t people[PEOPLE];
    bool expected[GATES][PEOPLE], arrived[GATES][PEOPLE];
} world_t;

static const char *const names[PEOPLE] = { "a", "b", "c", "d", "e" };
static const char *const gates[GATES] = { "north", "south" };

static bool runs (const person_t *person)
{
    return !person->waits && person->gate < 0;
}

static int64_t floor_at (const person_t *person, int64_t time)
{
    int64_t ahead = time + person->lookahead + (person->lookahead == 0);
    return ahead > person->bound ? ahead : person->bound;
}

static bool may_have (const world_t *world, int who)
{
    for (int i = 0; i < PEOPLE; i++)
        if (i != who && world->people[i].bound <= world->people[who].wants)
            return false;
    return true;
}

static void settle (world_t *world)
{
    for (int i = 0; i < PEOPLE; i++) {
        person_t *person = &world->people[i];
        if (person->waits && may_have (world, i)) {
            person->waits = false;
            person->now = person->wants;
        }
    }
    for (int g = 0; g < GATES; g++) {
        bool all = true;
        for (int i = 0; i < PEOPLE; i++)
            all = all && (!world->expected[g][i] || world->arrived[g][i]);
        for (int i = 0; i < PEOPLE && all; i++) {
            world->arrived[g][i] = false;
            if (world->people[i].gate == g)
                world->people[i].gate = -1;
        }
    }
}

/*  Who can still go on, if all who run do whatever helps: more and more, until nobody is added. */
static void alive (const world_t *world, bool lives[PEOPLE])
{
    bool more = true;
    for (int i = 0; i < PEOPLE; i++)
        lives[i] = runs (&world->people[i]);
    while (more) {
        more = false;
        for (int i = 0; i < PEOPLE; i++) {
            const person_t *person = &world->people[i];
            bool free = !lives[i];
            for (int k = 0; k < PEOPLE && free; k++) {
                if (k == i || lives[k])
                    continue;
                if (person->waits && world->people[k].bound <= person->wants)
                    free = false;
                if (person->gate >= 0 && world->expected[person->gate][k] &&
                    !world->arrived[person->gate][k])
                    free = false;
            }
            if (free)
                lives[i] = more = true;
        }
    }
}

static void act (world_t *world, base_random_t *dice, int who)
{
    person_t *person = &world->people[who];
    int gate = (int) base_random_below (dice, GATES);
    if (base_random_below (dice, 4) == 0 && world->expected[gate][who]) {
        wire_text_t expected[PEOPLE];
        uint64_t count = 0;
        for (int i = 0; i < PEOPLE; i++)
            if (world->expected[gate][i])
                expected[count++] = (wire_text_t){ names[i], 1 };
        world->arrived[gate][who] = true;
        person->gate = gate;
        tell (names[who], WIRE_DOING_WAITS_AT_BARRIER, gates[gate]);
        RTI_DRIVER_SEND (&driver, names[who], BARRIER_ARRIVE, barrier_arrive, { gates[gate], 5 },
                         { expected, count }, 0, 0);
    } else {
        person->wants = person->now + (int64_t) base_random_below (dice, 6);
        person->waits = true;
        person->bound = floor_at (person, person->wants);
        rti_driver_advance (&driver, names[who], WIRE_ADVANCE_TAR, person->wants);
    }
    settle (world);
    settle (world);
}

static void compare (const world_t *world, uint64_t seed)
{
    bool lives[PEOPLE];
    alive (world, lives);
    for (int i = 0; i < PEOPLE; i++) {
        bool dead = is_deadlock (names[i]);
        bool waits = !strstr (driver.trace, "it does not wait");
        if (dead != !lives[i] || waits != !runs (&world->people[i]))
            printf ("seed %llu, %s: %s", (unsigned long long) seed, names[i], driver.trace);
        CHECK_INT (dead, !lives[i]);
        CHECK_INT (waits, !runs (&world->people[i]));
    }
}

static void world_run (uint64_t seed, int *dead)
{
    world_t world = { 0 };
    base_random_t dice;
    base_random_init (&dice, seed);
    rti_driver_init (&driver, NULL);
    driver.unchecked = true;
    RTI_DRIVER_WORLD (&driver, "a", "b", "c", "d", "e");
    for (int i = 0; i < PEOPLE; i++) {
        person_t *person = &world.people[i];
        *person = (person_t){ .lookahead = (int64_t) base_random_below (&dice, 3), .gate = -1 };
        person->bound = person->lookahead;
        for (int g = 0; g < GATES; g++)
            world.expected[g][i] = base_random_below (&dice, 2) == 0;
        time_on (names[i], person->lookahead);
    }
    for (int i = 0; i < ACTS; i++) {
        int who = (int) base_random_below (&dice, PEOPLE), tries = 0;
        while (!runs (&world.people[who]) && tries++ < PEOPLE)
            who = (who + 1) % PEOPLE;
        if (!runs (&world.people[who]))
            break; /* all wait for each other */
        act (&world, &dice, who);
        compare (&world, seed);
    }
    bool lives[PEOPLE];
    alive (&world, lives);
    for (int i = 0; i < PEOPLE; i++)
        *dead += !lives[i];
    rti_driver_fini (&driver);
}

static void test_against_oracle (void)
{
    int dead = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++)
        world_run (seed, &dead);
    CHECK (dead > WORLDS / 10); /* it met enough of both kinds */
    CHECK (dead < WORLDS * PEOPLE);
}

static CU_TestInfo why_tests[] = {
    { "a chain, and a deadlock at a barrier", test_chain },
    { "barriers", test_barriers },
    { "synchronization points", test_points },
    { "asked by name", test_by_name },
    { "counters", test_counters },
    { "deadlocks, against an oracle", test_against_oracle },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti_why", NULL, NULL, NULL, NULL, why_tests })
