/*  Barriers, as stories: the trace says "name/generation outcome: arrived | missing". */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "timemgmt/barrier.h"

#include <stdio.h>
#include <string.h>

typedef struct story {
    timemgmt_barriers_t *barriers;
    timemgmt_barrier_events_t events;
    char trace[512];
} story_t;

static void story_start (story_t *self)
{
    memset (self, 0, sizeof *self);
    self->barriers = timemgmt_barriers_new ();
    CHECK (self->barriers != NULL);
}

static void story_end (story_t *self)
{
    timemgmt_barrier_events_fini (&self->events);
    timemgmt_barriers_destroy (&self->barriers);
    CHECK (self->barriers == NULL);
}

static void say (story_t *self, const char *text)
{
    strncat (self->trace, text, sizeof self->trace - strlen (self->trace) - 1);
}

static void say_slots (story_t *self, uint32_t first, uint32_t count)
{
    char text[16];
    for (uint32_t i = 0; i < count; i++) {
        (void) snprintf (text, sizeof text, " %u", self->events.slots.items[first + i]);
        say (self, text);
    }
}

static void story_after (story_t *self, mst_err_t err)
{
    static const char *const outcomes[] = { "complete", "expired", "lost" };
    CHECK_OK (err);
    self->trace[0] = '\0';
    for (size_t i = 0; !err && i < self->events.events.count; i++) {
        const timemgmt_barrier_event_t *event = &self->events.events.items[i];
        char text[80];
        (void) snprintf (text, sizeof text, "%s%s/%llu %s:", i ? ", " : "", event->name,
                         (unsigned long long) event->generation, outcomes[event->outcome]);
        say (self, text);
        say_slots (self, event->first_arrived, event->arrived_count);
        if (event->missing_count > 0)
            say (self, " |");
        say_slots (self, event->first_missing, event->missing_count);
    }
}

static void add (story_t *self, const char *name, timemgmt_barrier_policy_t policy)
{
    static const uint32_t members[] = { 3, 1, 2 };
    CHECK_OK (timemgmt_barriers_add (self->barriers, name, members, 3, policy));
}

static void arrive (story_t *self, const char *name, uint32_t slot)
{
    story_after (self, timemgmt_barriers_arrive (self->barriers, name, slot, &self->events));
}

static void test_all_arrive (void)
{
    story_t s;
    story_start (&s);
    add (&s, "start", TIMEMGMT_BARRIER_BREAK);
    arrive (&s, "start", 2);
    CHECK_TEXT (s.trace, "");
    uint64_t generation = 0;
    s.events.slots.count = 0;
    CHECK_OK (timemgmt_barriers_missing (s.barriers, "start", &generation, &s.events));
    CHECK_INT (generation, 1);
    CHECK_INT (s.events.slots.count, 2);
    CHECK_INT (s.events.slots.items[0], 1);
    CHECK_INT (s.events.slots.items[1], 3);
    arrive (&s, "start", 3);
    arrive (&s, "start", 1);
    CHECK_TEXT (s.trace, "start/1 complete: 1 2 3");
    arrive (&s, "start", 1); /* again, and nobody is there yet */
    CHECK_TEXT (s.trace, "");
    arrive (&s, "start", 2);
    arrive (&s, "start", 3);
    CHECK_TEXT (s.trace, "start/2 complete: 1 2 3");
    story_end (&s);
}

static void test_deadlines (void)
{
    story_t s;
    story_start (&s);
    add (&s, "a", TIMEMGMT_BARRIER_BREAK);
    add (&s, "b", TIMEMGMT_BARRIER_BREAK);
    CHECK_INT (timemgmt_barriers_next_deadline (s.barriers), TIMEMGMT_DEADLINE_NONE);
    CHECK_OK (timemgmt_barriers_set_deadline (s.barriers, "a", 500));
    CHECK_OK (timemgmt_barriers_set_deadline (s.barriers, "b", 400));
    CHECK_INT (timemgmt_barriers_next_deadline (s.barriers), 400);
    arrive (&s, "a", 3);
    story_after (&s, timemgmt_barriers_expire (s.barriers, 399, &s.events));
    CHECK_TEXT (s.trace, "");
    story_after (&s, timemgmt_barriers_expire (s.barriers, 400, &s.events));
    CHECK_TEXT (s.trace, "b/1 expired: | 1 2 3");
    arrive (&s, "a", 1);
    story_after (&s, timemgmt_barriers_expire (s.barriers, 900, &s.events));
    CHECK_TEXT (s.trace, "a/1 expired: 1 3 | 2");
    CHECK_INT (timemgmt_barriers_next_deadline (s.barriers), TIMEMGMT_DEADLINE_NONE);
    for (uint32_t slot = 1; slot <= 3; slot++)
        arrive (&s, "a", slot); /* the next generation has none */
    CHECK_TEXT (s.trace, "a/2 complete: 1 2 3");
    story_end (&s);
}

static void test_lost_members (void)
{
    story_t s;
    story_start (&s);
    add (&s, "break", TIMEMGMT_BARRIER_BREAK);
    add (&s, "shrink", TIMEMGMT_BARRIER_SHRINK);
    add (&s, "idle", TIMEMGMT_BARRIER_BREAK);
    arrive (&s, "break", 1);
    arrive (&s, "shrink", 1);
    arrive (&s, "shrink", 2);
    story_after (&s, timemgmt_barriers_lost (s.barriers, 3, &s.events));
    CHECK_TEXT (s.trace, "break/1 lost: 1 | 2 3, shrink/1 complete: 1 2");
    arrive (&s, "idle", 1); /* nobody waited there: it goes on with two */
    arrive (&s, "idle", 2);
    CHECK_TEXT (s.trace, "idle/1 complete: 1 2");
    arrive (&s, "break", 2); /* itself lost while it waits */
    story_after (&s, timemgmt_barriers_lost (s.barriers, 2, &s.events));
    CHECK_TEXT (s.trace, "");
    arrive (&s, "break", 1);
    CHECK_TEXT (s.trace, "break/2 complete: 1");
    CHECK_INT (timemgmt_barriers_count (s.barriers), 3);
    story_after (&s, timemgmt_barriers_lost (s.barriers, 1, &s.events));
    CHECK_INT (timemgmt_barriers_count (s.barriers), 0); /* without members there is none */
    story_end (&s);
}

static void test_errors (void)
{
    static const uint32_t twice[] = { 4, 4 };
    char longest[TIMEMGMT_BARRIER_NAME_BYTES + 2];
    story_t s;
    story_start (&s);
    add (&s, "a", TIMEMGMT_BARRIER_BREAK);
    CHECK_ERR (timemgmt_barriers_add (s.barriers, "a", twice, 1, TIMEMGMT_BARRIER_BREAK),
               MST_E_NAME_IN_USE);
    CHECK_ERR (timemgmt_barriers_add (s.barriers, "b", twice, 2, TIMEMGMT_BARRIER_BREAK),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (timemgmt_barriers_add (s.barriers, "b", NULL, 0, TIMEMGMT_BARRIER_BREAK),
               MST_E_INVALID_ARGUMENT);
    memset (longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    CHECK_ERR (timemgmt_barriers_add (s.barriers, longest, twice, 1, TIMEMGMT_BARRIER_BREAK),
               MST_E_ILLEGAL_NAME);
    CHECK_ERR (timemgmt_barriers_arrive (s.barriers, "b", 1, &s.events), MST_E_SYNC_LABEL_UNKNOWN);
    CHECK_ERR (timemgmt_barriers_arrive (s.barriers, "a", 9, &s.events), MST_E_INVALID_ARGUMENT);
    arrive (&s, "a", 1);
    CHECK_ERR (timemgmt_barriers_arrive (s.barriers, "a", 1, &s.events), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "slot 1 waits at barrier \"a\" already");
    CHECK_OK (timemgmt_barriers_remove (s.barriers, "a"));
    CHECK_ERR (timemgmt_barriers_remove (s.barriers, "a"), MST_E_SYNC_LABEL_UNKNOWN);
    CHECK_ERR (timemgmt_barriers_set_deadline (s.barriers, "a", 1), MST_E_SYNC_LABEL_UNKNOWN);
    uint64_t generation;
    CHECK_ERR (timemgmt_barriers_missing (s.barriers, "a", &generation, &s.events),
               MST_E_SYNC_LABEL_UNKNOWN);
    mst_err_t err = MST_OK;
    for (int i = 0; !err && i <= TIMEMGMT_BARRIERS_MAX; i++) {
        char name[16];
        (void) snprintf (name, sizeof name, "b%d", i);
        err = timemgmt_barriers_add (s.barriers, name, twice, 1, TIMEMGMT_BARRIER_BREAK);
    }
    CHECK_INT (err, MST_E_LIMIT);
    CHECK_INT (timemgmt_barriers_count (s.barriers), TIMEMGMT_BARRIERS_MAX);
    story_end (&s);
}

static void scenario_barriers (void *context)
{
    static const uint32_t members[] = { 3, 1, 2 };
    (void) context;
    timemgmt_barrier_events_t events = { 0 };
    uint64_t generation;
    timemgmt_barriers_t *barriers = timemgmt_barriers_new ();
    if (!barriers)
        return;
    (void) timemgmt_barriers_add (barriers, "a", members, 3, TIMEMGMT_BARRIER_BREAK);
    (void) timemgmt_barriers_add (barriers, "b", members, 3, TIMEMGMT_BARRIER_SHRINK);
    (void) timemgmt_barriers_arrive (barriers, "a", 1, &events);
    (void) timemgmt_barriers_arrive (barriers, "b", 1, &events);
    (void) timemgmt_barriers_missing (barriers, "b", &generation, &events);
    (void) timemgmt_barriers_set_deadline (barriers, "b", 5);
    (void) timemgmt_barriers_lost (barriers, 2, &events);
    (void) timemgmt_barriers_expire (barriers, 9, &events);
    timemgmt_barrier_events_fini (&events);
    timemgmt_barriers_destroy (&barriers);
}

static void test_without_memory (void)
{
    CHECK (sweep_allocations (scenario_barriers, NULL) > 5);
}

static CU_TestInfo barrier_tests[] = {
    { "all arrive, and again", test_all_arrive },
    { "deadlines", test_deadlines },
    { "lost members break it or shrink it", test_lost_members },
    { "errors", test_errors },
    { "without memory", test_without_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/barrier", NULL, NULL, NULL, NULL, barrier_tests })
