/*  Events in order: random groups over a road that loses, doubles and reorders, against a slow
    model that keeps for every event the whole set of those that its sender had seen.

    MUSTER_EVENTS_SEEDS: how many groups (300). */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/random.h"
#include <muster/events.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS_MAX = 6, EVENTS_MAX = 60, STEPS = 600, DEFAULT_SEEDS = 300 };

/*  The model: an event and all that it follows. */
typedef struct happening {
    mst_event_t event;
    uint64_t vector[MEMBERS_MAX];
    uint64_t data;
    bool after[EVENTS_MAX];
} happening_t;

typedef struct group {
    base_random_t random;
    uint32_t count;
    mst_events_t *members[MEMBERS_MAX];
    happening_t events[EVENTS_MAX];
    size_t event_count;
    bool came[MEMBERS_MAX][EVENTS_MAX]; /* received, or one's own */
    size_t causal[MEMBERS_MAX][EVENTS_MAX], causal_count[MEMBERS_MAX];
    size_t total[MEMBERS_MAX][EVENTS_MAX], total_count[MEMBERS_MAX];
    bool left[MEMBERS_MAX];
    uint64_t last[MEMBERS_MAX];
    uint64_t seed;
} group_t;

/*  Is it beyond the end of a member that has left? Then it is nobody's any more. */
static bool void_event (const group_t *group, size_t i)
{
    const mst_event_t *event = &group->events[i].event;
    return group->left[event->sender] && event->number > group->last[event->sender];
}

/*  The model's answer: here, with all that it follows. */
static bool is_out (const group_t *group, uint32_t member, size_t i)
{
    bool out = group->came[member][i] && !void_event (group, i);
    for (size_t j = 0; out && j < group->event_count; j++)
        out = !group->events[i].after[j] || group->came[member][j] || void_event (group, j);
    return out;
}

static void group_open (group_t *group, uint64_t seed)
{
    *group = (group_t){ .seed = seed };
    base_random_init (&group->random, seed);
    group->count = 1 + (uint32_t) base_random_below (&group->random, MEMBERS_MAX);
    for (uint32_t i = 0; i < group->count; i++)
        CHECK_OK (
            mst_events_new (&(mst_events_options_t){ .self = i, .member_count = group->count },
                            &group->members[i]));
}

static void group_close (group_t *group)
{
    for (uint32_t i = 0; i < group->count; i++)
        mst_events_destroy (&group->members[i]);
}

static void submit (group_t *group, uint32_t member)
{
    if (group->event_count == EVENTS_MAX || group->left[member])
        return;
    size_t i = group->event_count;
    happening_t *fresh = &group->events[i];
    for (size_t j = 0; j < i; j++)
        fresh->after[j] = is_out (group, member, j);
    fresh->data = i;
    CHECK_OK (mst_events_submit (group->members[member], &fresh->data, sizeof fresh->data,
                                 &fresh->event));
    memcpy (fresh->vector, fresh->event.vector, group->count * sizeof fresh->vector[0]);
    fresh->event.vector = fresh->vector;
    fresh->event.data = &fresh->data;
    group->came[member][i] = true;
    group->event_count++;
    for (size_t j = 0; j < i; j++) /* Lamport's promise */
        CHECK (!fresh->after[j] || group->events[j].event.lamport < fresh->event.lamport);
}

static void deliver (group_t *group, uint32_t member, size_t i)
{
    bool fresh, gone = void_event (group, i);
    mst_err_t err = mst_events_receive (group->members[member], &group->events[i].event, &fresh);
    CHECK_ERR (err, gone && !group->came[member][i] ? MST_E_NOT_INTRODUCED : MST_OK);
    CHECK_INT (fresh, !group->came[member][i] && !gone);
    group->came[member][i] = group->came[member][i] || !gone;
}

/*  Takes out what there is, and looks whether the model agrees. */
static void take (group_t *group, uint32_t member)
{
    mst_event_t event;
    bool any = true;
    while (any) {
        CHECK_OK (mst_events_next (group->members[member], MST_EVENTS_CAUSAL, &event, &any));
        if (any) {
            uint64_t i;
            memcpy (&i, event.data, sizeof i);
            CHECK_BYTES (event.vector, group->events[i].vector, group->count * sizeof (uint64_t));
            group->causal[member][group->causal_count[member]++] = i;
        }
    }
    size_t out = 0;
    for (size_t i = 0; i < group->event_count; i++)
        out += is_out (group, member, i);
    if (!CHECK_INT (group->causal_count[member], out))
        printf ("seed %" PRIu64 "\n", group->seed);
    for (any = true; any;) {
        CHECK_OK (mst_events_next (group->members[member], MST_EVENTS_TOTAL, &event, &any));
        if (any)
            memcpy (&group->total[member][group->total_count[member]++], event.data,
                    sizeof (uint64_t));
    }
}

static void tell (group_t *group, uint32_t from, uint32_t to)
{
    mst_events_note_t note;
    mst_events_note (group->members[from], &note);
    CHECK_OK (mst_events_hear (group->members[to], &note));
}

/*  One leaves; the others agree on the last of its events that anybody has. */
static void leave (group_t *group, uint32_t member)
{
    uint64_t last = 0;
    for (size_t i = 0; i < group->event_count; i++)
        for (uint32_t m = 0; m < group->count; m++)
            if (m != member && group->events[i].event.sender == member && group->came[m][i] &&
                group->events[i].event.number > last)
                last = group->events[i].event.number;
    group->left[member] = true;
    group->last[member] = last;
    for (uint32_t m = 0; m < group->count; m++)
        if (m != member && !group->left[m])
            CHECK_OK (mst_events_leave (group->members[m], member, last));
}

static void step (group_t *group)
{
    uint32_t member = (uint32_t) base_random_below (&group->random, group->count);
    if (group->left[member])
        return;
    switch (base_random_below (&group->random, 8)) {
    case 0: submit (group, member); break;
    case 1: take (group, member); break;
    case 2: {
        uint32_t from = (uint32_t) base_random_below (&group->random, group->count);
        if (!group->left[from])
            tell (group, from, member); /* also to oneself: it comes back */
        break;
    }
    default: /* any event, in any order, as often as it comes */
        if (group->event_count > 0)
            deliver (group, member, base_random_below (&group->random, group->event_count));
    }
}

/*  What is missing is asked for, one by one, until nothing is; everybody tells everybody. */
static void repair (group_t *group)
{
    uint32_t sender;
    uint64_t number;
    for (uint32_t a = 0; a < group->count; a++)
        for (uint32_t b = 0; b < group->count; b++)
            if (!group->left[a] && !group->left[b])
                tell (group, a, b);
    for (uint32_t m = 0; m < group->count; m++) {
        int asked = 0;
        while (!group->left[m] && asked < 2 * EVENTS_MAX &&
               mst_events_missing (group->members[m], &sender, &number)) {
            size_t i = 0;
            while (i < group->event_count && (group->events[i].event.sender != sender ||
                                              group->events[i].event.number != number))
                i++;
            if (!CHECK (i < group->event_count))
                return;
            CHECK (!group->came[m][i]); /* it is not here */
            deliver (group, m, i);
            asked++;
        }
        CHECK (asked < 2 * EVENTS_MAX);
    }
}

static int by_stamp (const void *a, const void *b)
{
    const happening_t *left = *(happening_t *const *) a, *right = *(happening_t *const *) b;
    if (left->event.lamport != right->event.lamport)
        return left->event.lamport < right->event.lamport ? -1 : 1;
    return left->event.sender < right->event.sender ? -1 : 1;
}

/*  All that is left of the events, sorted: what total order must be. */
static size_t sorted (group_t *group, size_t order[EVENTS_MAX])
{
    happening_t *all[EVENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < group->event_count; i++)
        if (!void_event (group, i))
            all[count++] = &group->events[i];
    qsort (all, count, sizeof all[0], by_stamp);
    for (size_t i = 0; i < count; i++)
        order[i] = (size_t) (all[i] - group->events);
    return count;
}

static void check_streams (group_t *group, uint32_t member)
{
    size_t order[EVENTS_MAX], count = sorted (group, order);
    size_t place[EVENTS_MAX];
    CHECK_INT (group->causal_count[member], count);
    if (!CHECK_INT (group->total_count[member], count))
        printf ("seed %" PRIu64 ", member %" PRIu32 "\n", group->seed, member);
    CHECK_BYTES (group->total[member], order, group->total_count[member] * sizeof order[0]);
    for (size_t i = 0; i < group->event_count; i++)
        place[i] = SIZE_MAX;
    for (size_t i = 0; i < group->causal_count[member]; i++)
        place[group->causal[member][i]] = i;
    for (size_t i = 0; i < group->event_count; i++)
        for (size_t j = 0; j < i; j++) /* what it follows came out before it */
            if (group->events[i].after[j] && !void_event (group, i) && !void_event (group, j))
                CHECK (place[j] < place[i]);
    mst_events_counts_t counts;
    mst_events_counts (group->members[member], &counts);
    CHECK (counts.waiting == 0 && counts.ready == 0 && counts.refused <= EVENTS_MAX * STEPS);
}

static void play (uint64_t seed, bool one_leaves)
{
    static group_t group;
    group_open (&group, seed);
    uint64_t leaves_at = one_leaves ? base_random_below (&group.random, STEPS) : STEPS;
    for (uint64_t i = 0; i < STEPS; i++) {
        step (&group);
        if (i == leaves_at && group.count > 1)
            leave (&group, (uint32_t) base_random_below (&group.random, group.count));
    }
    /*  Twice: a note that was ahead of its events counts only now, and who was told tells others.
     */
    repair (&group);
    repair (&group);
    repair (&group);
    for (uint32_t m = 0; m < group.count; m++) {
        if (group.left[m])
            continue;
        take (&group, m);
        check_streams (&group, m);
    }
    group_close (&group);
}

static uint64_t seeds (void)
{
    const char *text = getenv ("MUSTER_EVENTS_SEEDS");
    return text ? strtoull (text, NULL, 10) : DEFAULT_SEEDS;
}

static void test_orders (void)
{
    for (uint64_t seed = 1; seed <= seeds (); seed++)
        play (seed, false);
}

static void test_one_leaves (void)
{
    for (uint64_t seed = 1; seed <= seeds (); seed++)
        play (seed, true);
}

/*  Stories ------------------------------------------------------------------------------------- */

static mst_events_t *open_events (uint32_t self, uint32_t count, size_t backlog, uint32_t orders)
{
    mst_events_t *events = NULL;
    CHECK_OK (mst_events_new (&(mst_events_options_t){ self, count, orders, backlog }, &events));
    return events;
}

static mst_event_t made (uint32_t sender, uint64_t lamport, const uint64_t vector[2])
{
    return (mst_event_t){ sender, vector[sender], lamport, vector, "x", 1 };
}

static void test_backlog (void)
{
    mst_events_t *events = open_events (0, 2, 2, 0);
    const uint64_t third[] = { 0, 3 }, fourth[] = { 0, 4 }, second[] = { 0, 2 }, first[] = { 0, 1 };
    mst_event_t e1 = made (1, 1, first), e2 = made (1, 2, second), e3 = made (1, 3, third),
                e4 = made (1, 4, fourth), out;
    mst_events_counts_t counts;
    bool fresh, any;
    uint32_t sender;
    uint64_t number;

    CHECK_OK (mst_events_receive (events, &e3, &fresh));
    CHECK_OK (mst_events_receive (events, &e2, &fresh));
    CHECK_ERR (mst_events_receive (events, &e4, &fresh), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "limits.events_backlog (2) is reached: so many events wait");
    CHECK (!fresh);
    CHECK_OK (mst_events_receive (events, &e3, &fresh)); /* a double needs no room */
    CHECK (!fresh);
    CHECK (mst_events_missing (events, &sender, &number) && sender == 1 && number == 1);
    CHECK_OK (mst_events_receive (events, &e1, &fresh)); /* the one that they wait for comes in */
    mst_events_counts (events, &counts);
    CHECK (counts.waiting == 0 && counts.ready == 3 && counts.refused == 1);
    CHECK_ERR (mst_events_receive (events, &e4, &fresh), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "so many events are ready; take them out in each order");
    CHECK_ERR (mst_events_submit (events, "x", 1, &out), MST_E_LIMIT);
    for (int i = 0; i < 3; i++) {
        CHECK_OK (mst_events_next (events, MST_EVENTS_CAUSAL, &out, &any));
        CHECK (any && out.number == (uint64_t) i + 1);
        CHECK_OK (mst_events_next (events, MST_EVENTS_TOTAL, &out, &any));
        CHECK (any && out.number == (uint64_t) i + 1);
    }
    CHECK_OK (mst_events_receive (events, &e4, &fresh));
    CHECK (fresh);
    mst_events_destroy (&events);
    mst_events_destroy (&events);
}

static void test_total_waits_for_all (void)
{
    mst_events_t *ann = open_events (0, 2, 0, MST_EVENTS_TOTAL);
    mst_events_t *bob = open_events (1, 2, 0, MST_EVENTS_TOTAL);
    mst_event_t event, out;
    bool any;

    CHECK_OK (mst_events_submit (ann, NULL, 0, &event));
    CHECK_OK (mst_events_next (ann, MST_EVENTS_TOTAL, &out, &any));
    CHECK (!any); /* bob may still submit something with the stamp 1, or not */
    CHECK_OK (mst_events_receive (bob, &event, NULL));
    CHECK_OK (mst_events_next (bob, MST_EVENTS_TOTAL, &out, &any));
    CHECK (any && out.sender == 0 && out.lamport == 1); /* bob knows of himself */
    mst_events_note_t note;
    mst_events_note (bob, &note);
    CHECK_OK (mst_events_hear (ann, &note));
    CHECK_OK (mst_events_next (ann, MST_EVENTS_TOTAL, &out, &any));
    CHECK (any);
    CHECK_ERR (mst_events_next (ann, MST_EVENTS_CAUSAL, &out, &any), MST_E_INVALID_ARGUMENT);
    mst_events_destroy (&ann);
    mst_events_destroy (&bob);
}

static void refused (mst_events_t *events, mst_event_t event, const char *why)
{
    CHECK_ERR (mst_events_receive (events, &event, NULL), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), why);
}

static void test_impossible_stamps (void)
{
    mst_events_t *events = open_events (0, 2, 0, 0);
    const uint64_t first[] = { 0, 1 }, second[] = { 0, 2 }, fourth[] = { 0, 4 }, third[] = { 0, 3 };
    const uint64_t ahead[] = { 1, 2 }, mine[] = { 1, 0 }, none[] = { 0, 0 };
    mst_event_t event = made (1, 5, first);
    CHECK_OK (mst_events_receive (events, &event, NULL));
    event = made (1, 9, fourth);
    CHECK_OK (mst_events_receive (events, &event, NULL));
    event = made (1, 6, second);
    event.sender = 2;
    refused (events, event, "there is no such member");
    event = made (1, 6, second);
    event.number = 3;
    refused (events, event, "its vector stamp does not count it");
    refused (events, made (1, 6, none), "its vector stamp does not count it");
    refused (events, made (1, 1, second), "out of range");
    refused (events, made (1, UINT64_MAX, second), "out of range");
    refused (events, made (1, 6, ahead), "events of this member that do not exist");
    refused (events, made (0, 6, mine), "events of this member that do not exist");
    refused (events, made (1, 5, second), "does not rise");
    refused (events, made (1, 9, third), "does not rise");
    CHECK_ERR (mst_events_hear (events, &(mst_events_note_t){ 7, 1, 1 }), MST_E_MALFORMED);
    CHECK_ERR (mst_events_hear (events, &(mst_events_note_t){ 1, 5, 1 }), MST_E_MALFORMED);
    CHECK_ERR (mst_events_hear (events, &(mst_events_note_t){ 1, 5, UINT64_MAX }), MST_E_MALFORMED);
    CHECK_ERR (mst_events_hear (events, &(mst_events_note_t){ 1, 1, 9 }), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "a note that its events contradict");
    CHECK_ERR (mst_events_hear (events, &(mst_events_note_t){ 1, 4, 8 }), MST_E_MALFORMED);
    CHECK_OK (mst_events_hear (events, &(mst_events_note_t){ 1, 3, 8 }));
    refused (events, made (1, 9, third), "does not rise");
    mst_events_counts_t counts;
    mst_events_counts (events, &counts);
    CHECK (counts.received == 2 && counts.waiting == 1 && counts.ready == 1);
    CHECK_INT (counts.refused, 10);
    event = made (1, 6, second); /* and still takes what is in order */
    CHECK_OK (mst_events_receive (events, &event, NULL));
    mst_events_destroy (&events);
}

static void test_options (void)
{
    mst_events_t *events = NULL;
    mst_event_t event;
    CHECK_ERR (mst_events_new (&(mst_events_options_t){ .self = 2, .member_count = 2 }, &events),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_events_new (&(mst_events_options_t){ 0, 2, 4, 0 }, &events),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_events_new (&(mst_events_options_t){ .member_count = 4097 }, &events),
               MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "limits.events_members (4096)");
    CHECK_ERR (mst_events_new (&(mst_events_options_t){ 0, 2, 0, (size_t) 1 << 30 }, &events),
               MST_E_LIMIT);
    CHECK (events == NULL);
    events = open_events (0, 1, 0, 0);
    CHECK_ERR (mst_events_submit (events, NULL, 4, &event), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_events_submit (events, "x", (size_t) 1 << 25, &event), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "limits.event_bytes");
    CHECK_ERR (mst_events_leave (events, 0, 0), MST_E_INVALID_ARGUMENT);
    mst_events_destroy (&events);
}

/*  Every allocation fails once: what was refused changes nothing and comes again. */
static void run_dry (void *context)
{
    mst_events_t *events = NULL;
    const uint64_t vectors[3][2] = { { 0, 3 }, { 0, 2 }, { 0, 1 } };
    mst_event_t out;
    bool any = true;

    (void) context;
    if (mst_events_new (&(mst_events_options_t){ .member_count = 2 }, &events))
        return;
    for (int i = 0; i < 3; i++) {
        mst_event_t event = made (1, vectors[i][1], vectors[i]);
        (void) mst_events_receive (events, &event, NULL);
    }
    (void) mst_events_submit (events, "y", 1, &out);
    while (any && mst_events_next (events, MST_EVENTS_CAUSAL, &out, &any) == MST_OK)
        ;
    mst_events_destroy (&events);
}

static void test_memory (void)
{
    CHECK (sweep_allocations (run_dry, NULL) > 5);
}

static CU_TestInfo events_tests[] = {
    { "random groups come out in order", test_orders },
    { "and when one leaves", test_one_leaves },
    { "the backlog is bounded", test_backlog },
    { "total order waits for all", test_total_waits_for_all },
    { "impossible stamps change nothing", test_impossible_stamps },
    { "options", test_options },
    { "allocations may fail", test_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "events", NULL, NULL, NULL, NULL, events_tests })
