/*  Causal delivery: worked examples, and random groups over a network that mixes up everything but
    the order of each channel; the true order of causes is known to the test. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/random.h"
#include "timemgmt/causal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROCESSES = 5, MESSAGES = 60, SEEDS = 400, WAITING_MAX = 64 };

/*  Examples ---------------------------------------------------------------------------------- */

typedef struct trio {
    timemgmt_causal_t *at[4];
    timemgmt_causal_items_t ready, dropped;
    char trace[128];
} trio_t;

static void trio_start (trio_t *self)
{
    memset (self, 0, sizeof *self);
    for (uint32_t i = 0; i < 4; i++)
        self->at[i] = timemgmt_causal_new (i, 0);
}

static void trio_end (trio_t *self)
{
    for (uint32_t i = 0; i < 4; i++)
        timemgmt_causal_destroy (&self->at[i]);
    BASE_LIST_FINI (&self->ready);
    BASE_LIST_FINI (&self->dropped);
}

static void trio_say (trio_t *self, const char *before, timemgmt_causal_items_t *items)
{
    BASE_LIST_EACH (items, i) {
        size_t at = strlen (self->trace);
        (void) snprintf (self->trace + at, sizeof self->trace - at, "%s%s%llu", at ? " " : "",
                         before, (unsigned long long) items->items[i].payload);
    }
    items->count = 0;
}

static timemgmt_causal_stamp_t send_to (trio_t *self, uint32_t from, uint32_t to, uint32_t also)
{
    const uint32_t receivers[] = { to, also };
    timemgmt_causal_stamp_t stamp = { 0 };
    CHECK_OK (timemgmt_causal_send (self->at[from], receivers, to == also ? 1 : 2, &stamp));
    return stamp;
}

static void receive (trio_t *self, uint32_t at, uint32_t from, const timemgmt_causal_stamp_t *stamp,
                     uint64_t payload, const char *delivered)
{
    self->trace[0] = '\0';
    CHECK_OK (timemgmt_causal_receive (self->at[at], from, stamp->items, stamp->count, payload,
                                       &self->ready));
    trio_say (self, "", &self->ready);
    CHECK_TEXT (self->trace, delivered);
}

/*  0 tells 1 and 2; 1 answers to 2, and its answer is faster. */
static void test_an_answer_waits_for_the_question (void)
{
    trio_t t;
    uint32_t sender = 9;
    uint64_t number = 0;
    trio_start (&t);
    timemgmt_causal_stamp_t question = send_to (&t, 0, 1, 2);
    receive (&t, 1, 0, &question, 10, "10");
    timemgmt_causal_stamp_t answer = send_to (&t, 1, 2, 2);
    receive (&t, 2, 1, &answer, 11, "");
    CHECK_INT (timemgmt_causal_waiting (t.at[2]), 1);
    CHECK (timemgmt_causal_missing (t.at[2], &sender, &number));
    CHECK_INT (sender, 0);
    CHECK_INT (number, 1);
    receive (&t, 2, 0, &question, 10, "10 11");
    CHECK (!timemgmt_causal_missing (t.at[2], &sender, &number));
    BASE_LIST_FINI (&question);
    BASE_LIST_FINI (&answer);
    trio_end (&t);
}

/*  What went to others only is not waited for. */
static void test_other_groups_do_not_hold (void)
{
    trio_t t;
    trio_start (&t);
    timemgmt_causal_stamp_t first = send_to (&t, 0, 1, 3);
    receive (&t, 1, 0, &first, 10, "10");
    timemgmt_causal_stamp_t second = send_to (&t, 1, 2, 2);
    receive (&t, 2, 1, &second, 11, "11");
    timemgmt_causal_stamp_t third = send_to (&t, 2, 3, 3);
    receive (&t, 3, 2, &third, 12, ""); /* two steps away, 3 is still a receiver of the first */
    receive (&t, 3, 0, &first, 10, "10 12");
    BASE_LIST_FINI (&first);
    BASE_LIST_FINI (&second);
    BASE_LIST_FINI (&third);
    trio_end (&t);
}

/*  0 dies with its question to 2 unsent: 2 waits for it no longer. But what came before the lost
    message, from somebody who lives, is still waited for. */
static void test_a_lost_sender (void)
{
    trio_t t;
    trio_start (&t);
    timemgmt_causal_stamp_t news = send_to (&t, 3, 0, 2);
    receive (&t, 0, 3, &news, 1, "1");
    timemgmt_causal_stamp_t question = send_to (&t, 0, 1, 2);
    receive (&t, 1, 0, &question, 2, "2");
    timemgmt_causal_stamp_t answer = send_to (&t, 1, 2, 2);
    receive (&t, 2, 1, &answer, 3, "");
    CHECK_OK (timemgmt_causal_lost (t.at[2], 0, UINT64_MAX, &t.dropped, &t.ready));
    CHECK_INT (t.ready.count, 0);
    CHECK_ERR (timemgmt_causal_receive (t.at[2], 0, question.items, question.count, 2, &t.ready),
               MST_E_NOT_INTRODUCED);
    receive (&t, 2, 3, &news, 1, "1 3");
    CHECK_OK (timemgmt_causal_forget (t.at[2], 0));
    timemgmt_causal_stamp_t last = send_to (&t, 2, 1, 1);
    BASE_LIST_EACH (&last, i) {
        CHECK (last.items[i].from != 0 && last.items[i].to != 0);
    }
    BASE_LIST_FINI (&news);
    BASE_LIST_FINI (&question);
    BASE_LIST_FINI (&answer);
    BASE_LIST_FINI (&last);
    trio_end (&t);
}

static void test_a_cut_drops_what_waits (void)
{
    trio_t t;
    trio_start (&t);
    timemgmt_causal_stamp_t one = send_to (&t, 0, 1, 2);
    receive (&t, 1, 0, &one, 1, "1");
    timemgmt_causal_stamp_t two = send_to (&t, 1, 2, 2);
    timemgmt_causal_stamp_t three = send_to (&t, 1, 2, 2);
    receive (&t, 2, 1, &two, 2, "");
    receive (&t, 2, 1, &three, 3, "");
    CHECK_ERR (timemgmt_causal_forget (t.at[2], 1), MST_E_INVALID_ARGUMENT);
    CHECK_OK (timemgmt_causal_lost (t.at[2], 1, 1, &t.dropped, &t.ready));
    t.trace[0] = '\0';
    trio_say (&t, "dropped ", &t.dropped);
    CHECK_TEXT (t.trace, "dropped 3");
    receive (&t, 2, 0, &one, 1, "1 2");
    BASE_LIST_FINI (&one);
    BASE_LIST_FINI (&two);
    BASE_LIST_FINI (&three);
    trio_end (&t);
}

static void test_bad_stamps (void)
{
    static const timemgmt_causal_entry_t good[] = { { 0, 1, 1 }, { 0, 2, 1 } };
    static const timemgmt_causal_entry_t unsorted[] = { { 0, 2, 1 }, { 0, 1, 1 } };
    static const timemgmt_causal_entry_t zero[] = { { 0, 1, 0 }, { 0, 2, 1 } };
    static const timemgmt_causal_entry_t self[] = { { 0, 2, 1 }, { 1, 1, 4 } };
    static const timemgmt_causal_entry_t gap[] = { { 0, 2, 3 } };
    static const timemgmt_causal_entry_t never[] = { { 0, 2, 2 }, { 5, 2, 9 } };
    static const uint32_t receivers[] = { 1, 1, 2 };
    timemgmt_causal_items_t ready = { 0 };
    timemgmt_causal_stamp_t stamp = { 0 };
    timemgmt_causal_t *causal = timemgmt_causal_new (2, 1);
#define RECEIVE_ERR(stamp, count, error)                                                           \
    CHECK_ERR (timemgmt_causal_receive (causal, 0, stamp, count, 1, &ready), error)
    RECEIVE_ERR (unsorted, 2, MST_E_MALFORMED);
    RECEIVE_ERR (zero, 2, MST_E_MALFORMED);
    RECEIVE_ERR (self, 2, MST_E_MALFORMED);
    RECEIVE_ERR (gap, 1, MST_E_MALFORMED);
    RECEIVE_ERR (good, 1, MST_E_MALFORMED); /* not for 2 */
    RECEIVE_ERR (NULL, 0, MST_E_MALFORMED);
    RECEIVE_ERR (good, 2, MST_OK);
    RECEIVE_ERR (good, 2, MST_E_MALFORMED); /* twice */
    RECEIVE_ERR (never, 2, MST_OK);         /* waits for somebody who never was */
    RECEIVE_ERR (gap, 1, MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "limits.causal_messages (1)");
    CHECK_ERR (timemgmt_causal_send (causal, receivers, 2, &stamp), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (timemgmt_causal_send (causal, receivers + 2, 1, &stamp), MST_E_INVALID_ARGUMENT);
    CHECK_INT (ready.count, 1);
    BASE_LIST_FINI (&ready);
    BASE_LIST_FINI (&stamp);
    timemgmt_causal_destroy (&causal);
}

/*  Random groups ----------------------------------------------------------------------------- */

typedef struct sent {
    uint32_t from;
    bool to[PROCESSES], arrived[PROCESSES], delivered[PROCESSES];
    bool after[MESSAGES]; /* messages that it may have been caused by */
    timemgmt_causal_stamp_t stamp;
} sent_t;

typedef struct group {
    uint64_t seed;
    base_random_t random;
    timemgmt_causal_t *at[PROCESSES];
    sent_t messages[MESSAGES];
    int message_count;
    bool known[PROCESSES][MESSAGES]; /* sent or delivered there, with all that came before */
    int channels[PROCESSES][PROCESSES][MESSAGES]; /* first in, first out */
    int channel_first[PROCESSES][PROCESSES], channel_count[PROCESSES][PROCESSES];
    bool dead[PROCESSES], told[PROCESSES];
    bool failed;
} group_t;

static void group_fail (group_t *self, const char *what, int message, uint32_t at)
{
    char text[128];
    (void) snprintf (text, sizeof text, "seed %llu: %s (message %d at %u)",
                     (unsigned long long) self->seed, what, message, at);
    if (!self->failed)
        CU_assertImplementation (CU_FALSE, __LINE__, text, __FILE__, "", CU_FALSE);
    self->failed = true;
}

static void group_delivered (group_t *self, uint32_t at, int message)
{
    sent_t *sent = &self->messages[message];
    for (int i = 0; i < self->message_count; i++) {
        sent_t *cause = &self->messages[i];
        if (!sent->after[i])
            continue;
        bool waived = self->told[cause->from] && !cause->arrived[at];
        if (cause->to[at] && !cause->delivered[at] && !waived)
            group_fail (self, "delivered before its cause", message, at);
        self->known[at][i] = true;
    }
    if (sent->delivered[at])
        group_fail (self, "delivered twice", message, at);
    sent->delivered[at] = true;
    self->known[at][message] = true;
}

static void group_ready (group_t *self, uint32_t at, timemgmt_causal_items_t *ready)
{
    BASE_LIST_EACH (ready, i) {
        group_delivered (self, at, (int) ready->items[i].payload);
    }
    BASE_LIST_FINI (ready);
}

static void group_send (group_t *self, uint32_t from)
{
    uint32_t receivers[PROCESSES];
    size_t count = 0;
    int number = self->message_count;
    sent_t *sent = &self->messages[number];
    for (uint32_t to = 0; to < PROCESSES; to++)
        if (to != from && base_random_chance (&self->random, 0.5)) {
            receivers[count++] = to;
            sent->to[to] = true;
            self->channels[from][to][self->channel_count[from][to]++] = number;
        }
    if (timemgmt_causal_send (self->at[from], receivers, count, &sent->stamp))
        group_fail (self, "not sent", number, from);
    sent->from = from;
    for (int i = 0; i < number; i++)
        sent->after[i] = self->known[from][i];
    self->known[from][number] = true;
    self->message_count++;
}

static void group_receive (group_t *self, uint32_t from, uint32_t to)
{
    timemgmt_causal_items_t ready = { 0 };
    if (self->channel_first[from][to] == self->channel_count[from][to] || self->dead[to])
        return;
    int number = self->channels[from][to][self->channel_first[from][to]++];
    sent_t *sent = &self->messages[number];
    sent->arrived[to] = true;
    mst_err_t err = timemgmt_causal_receive (self->at[to], from, sent->stamp.items,
                                             sent->stamp.count, (uint64_t) number, &ready);
    if (err)
        group_fail (self, mst_error_text (), number, to);
    group_ready (self, to, &ready);
}

/*  It dies; of what is on its way, each receiver gets a first part, and is then told. */
static void group_die (group_t *self, uint32_t who)
{
    self->dead[who] = true;
    for (uint32_t to = 0; to < PROCESSES; to++) {
        while (to != who && base_random_chance (&self->random, 0.5) &&
               self->channel_first[who][to] < self->channel_count[who][to])
            group_receive (self, who, to);
        self->channel_first[who][to] = self->channel_count[who][to];
    }
    self->told[who] = true;
    for (uint32_t to = 0; to < PROCESSES; to++) {
        timemgmt_causal_items_t ready = { 0 }, dropped = { 0 };
        if (to == who || self->dead[to])
            continue;
        if (timemgmt_causal_lost (self->at[to], who, UINT64_MAX, &dropped, &ready))
            group_fail (self, "lost", 0, to);
        group_ready (self, to, &ready);
        BASE_LIST_FINI (&dropped);
    }
}

static void group_end (group_t *self)
{
    for (uint32_t from = 0; from < PROCESSES; from++)
        for (uint32_t to = 0; to < PROCESSES; to++)
            while (!self->dead[to] && self->channel_first[from][to] < self->channel_count[from][to])
                group_receive (self, from, to);
    for (uint32_t to = 0; to < PROCESSES; to++)
        if (!self->dead[to] && timemgmt_causal_waiting (self->at[to]) > 0)
            group_fail (self, "waits for ever", 0, to);
    for (uint32_t i = 0; i < PROCESSES; i++)
        timemgmt_causal_destroy (&self->at[i]);
    for (int i = 0; i < self->message_count; i++)
        BASE_LIST_FINI (&self->messages[i].stamp);
}

static void group_run (group_t *self, uint64_t seed)
{
    memset (self, 0, sizeof *self);
    self->seed = seed;
    base_random_init (&self->random, seed);
    for (uint32_t i = 0; i < PROCESSES; i++)
        self->at[i] = timemgmt_causal_new (i, WAITING_MAX);
    while (self->message_count < MESSAGES && !self->failed) {
        uint32_t one = (uint32_t) base_random_below (&self->random, PROCESSES);
        uint32_t other = (uint32_t) base_random_below (&self->random, PROCESSES);
        if (base_random_chance (&self->random, 0.25)) {
            if (!self->dead[one])
                group_send (self, one);
        } else if (one > 1 && base_random_chance (&self->random, 0.004)) {
            if (!self->dead[one])
                group_die (self, one);
        } else
            group_receive (self, one, other);
    }
    group_end (self);
}

static void test_random_groups (void)
{
    const char *text = getenv ("MUSTER_SIM_SEEDS");
    uint64_t seeds = text && *text ? strtoull (text, NULL, 10) : SEEDS;
    group_t *group = calloc (1, sizeof *group);
    CHECK_OR_RETURN (group != NULL);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        group_run (group, seed);
        if (group->failed)
            break;
    }
    CHECK (!group->failed);
    free (group);
}

/*  Without memory ---------------------------------------------------------------------------- */

static void scenario_causal (void *context)
{
    static const uint32_t all[] = { 1, 2, 3 };
    (void) context;
    timemgmt_causal_stamp_t one = { 0 }, two = { 0 };
    timemgmt_causal_items_t ready = { 0 }, dropped = { 0 };
    timemgmt_causal_t *from = timemgmt_causal_new (0, 0), *to = timemgmt_causal_new (2, 0);
    if (from && to && !timemgmt_causal_send (from, all, 3, &one) &&
        !timemgmt_causal_send (from, all, 3, &two)) {
        two.items[1].count = 2;
        (void) timemgmt_causal_receive (to, 0, one.items, one.count, 1, &ready);
        (void) timemgmt_causal_receive (to, 0, two.items, two.count, 2, &ready);
        (void) timemgmt_causal_lost (to, 0, 1, &dropped, &ready);
        (void) timemgmt_causal_forget (to, 0);
    }
    BASE_LIST_FINI (&one);
    BASE_LIST_FINI (&two);
    BASE_LIST_FINI (&ready);
    BASE_LIST_FINI (&dropped);
    timemgmt_causal_destroy (&from);
    timemgmt_causal_destroy (&to);
}

static void test_without_memory (void)
{
    CHECK (sweep_allocations (scenario_causal, NULL) > 8);
}

static CU_TestInfo causal_tests[] = {
    { "an answer waits for the question", test_an_answer_waits_for_the_question },
    { "what went to others does not hold", test_other_groups_do_not_hold },
    { "a lost sender", test_a_lost_sender },
    { "a cut drops what waits", test_a_cut_drops_what_waits },
    { "bad stamps", test_bad_stamps },
    { "random groups", test_random_groups },
    { "without memory", test_without_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/causal", NULL, NULL, NULL, NULL, causal_tests })
