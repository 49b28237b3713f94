/*  The queue of time-stamped messages against a list that is searched. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/random.h"
#include "timemgmt/tso_queue.h"

#include <stdio.h>
#include <string.h>

enum { MODEL_MAX = 400, SENDERS = 6 };

/*  In this order of names: Alpha, beta, delta, gamma, omega, zeta. */
static const char *const names[SENDERS] = { "zeta", "beta", "omega", "Alpha", "gamma", "delta" };

typedef struct model {
    timemgmt_message_t items[MODEL_MAX];
    size_t count;
} model_t;

static CU_BOOL earlier (const timemgmt_message_t *a, const timemgmt_message_t *b)
{
    int order = strcmp (names[a->sender], names[b->sender]);
    if (a->time != b->time)
        return a->time < b->time;
    if (order != 0)
        return order < 0;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence;
    return a->index < b->index;
}

static size_t model_first (const model_t *self)
{
    size_t first = 0;
    for (size_t i = 1; i < self->count; i++)
        if (earlier (&self->items[i], &self->items[first]))
            first = i;
    return first;
}

static timemgmt_message_t model_take (model_t *self, size_t index)
{
    timemgmt_message_t message = self->items[index];
    self->items[index] = self->items[--self->count];
    return message;
}

static CU_BOOL same (const timemgmt_message_t *a, const timemgmt_message_t *b)
{
    return a->payload == b->payload && a->time == b->time && a->sender == b->sender;
}

static void model_pop (model_t *model, timemgmt_tso_queue_t *queue, int64_t until)
{
    timemgmt_message_t message;
    CU_BOOL popped = timemgmt_tso_queue_pop_until (queue, until, &message);
    size_t first = model_first (model);
    CU_BOOL expected = model->count > 0 && model->items[first].time <= until;
    CHECK_OR_RETURN (popped == expected);
    if (!popped)
        return;
    timemgmt_message_t taken = model_take (model, first);
    CHECK_OR_RETURN (same (&message, &taken));
}

static void model_cut (model_t *model, timemgmt_tso_queue_t *queue, uint32_t sender, uint64_t cut)
{
    timemgmt_messages_t dropped = { 0 };
    CHECK_OK (timemgmt_tso_queue_cut (queue, sender, cut, &dropped));
    size_t expected = 0;
    for (size_t i = model->count; i-- > 0;)
        if (model->items[i].sender == sender && model->items[i].sequence > cut) {
            (void) model_take (model, i);
            expected++;
        }
    CHECK_INT (dropped.count, expected);
    for (size_t i = 1; i < dropped.count; i++)
        CHECK (earlier (&dropped.items[i - 1], &dropped.items[i]));
    BASE_LIST_FINI (&dropped);
}

static void model_retract (model_t *model, timemgmt_tso_queue_t *queue, size_t which)
{
    timemgmt_message_t wanted = which < model->count ? model_take (model, which)
                                                     : (timemgmt_message_t){ .sequence = 77777 };
    timemgmt_message_t message;
    CU_BOOL there =
        timemgmt_tso_queue_retract (queue, wanted.sender, wanted.sequence, wanted.index, &message);
    CHECK_OR_RETURN (there == (wanted.sequence != 77777));
    CHECK_OR_RETURN (!there || same (&message, &wanted));
}

static void test_agrees_with_the_model (void)
{
    static model_t model;
    base_random_t random;
    uint64_t sequences[SENDERS] = { 0 }, payload = 0;
    timemgmt_tso_queue_t *queue = timemgmt_tso_queue_new (MODEL_MAX);
    base_random_init (&random, 11);
    for (uint32_t i = 0; i < SENDERS; i++)
        CHECK_OK (timemgmt_tso_queue_name (queue, i, names[i]));
    for (int i = 0; i < 60000; i++) {
        uint64_t choice = base_random_below (&random, 1000);
        uint32_t sender = (uint32_t) base_random_below (&random, SENDERS);
        if (choice < 500 && model.count < MODEL_MAX) {
            timemgmt_message_t message = {
                .time = i / 100 + (int64_t) base_random_below (&random, 20),
                .sequence = sequences[sender] += base_random_below (&random, 2),
                .sender = sender,
                .index = (uint32_t) i,
                .payload = ++payload,
            };
            model.items[model.count++] = message;
            CHECK_OK (timemgmt_tso_queue_push (queue, &message));
        } else if (choice < 990)
            model_pop (&model, queue, i / 100 + (int64_t) base_random_below (&random, 30));
        else if (choice < 993)
            model_cut (&model, queue, sender,
                       sequences[sender] - base_random_below (&random, sequences[sender] + 1));
        else
            model_retract (&model, queue, base_random_below (&random, model.count + 2));
        CHECK_OR_RETURN (timemgmt_tso_queue_count (queue) == model.count);
        int64_t least = model.count ? model.items[model_first (&model)].time : TIMEMGMT_KEY_MAX;
        CHECK_OR_RETURN (timemgmt_tso_queue_min (queue) == least);
    }
    timemgmt_tso_queue_destroy (&queue);
    CHECK (queue == NULL);
}

static void push (timemgmt_tso_queue_t *queue, uint32_t sender, int64_t time, uint64_t sequence)
{
    timemgmt_message_t message = { .time = time, .sequence = sequence, .sender = sender };
    CHECK_OK (timemgmt_tso_queue_push (queue, &message));
}

static void expect (timemgmt_tso_queue_t *queue, const char *order)
{
    char text[128] = "";
    timemgmt_message_t message;
    while (timemgmt_tso_queue_pop (queue, &message)) {
        size_t at = strlen (text);
        (void) snprintf (text + at, sizeof text - at, "%s%u:%lld#%llu", at ? " " : "",
                         message.sender, (long long) message.time,
                         (unsigned long long) message.sequence);
    }
    CHECK_TEXT (text, order);
    CHECK (timemgmt_tso_queue_peek (queue) == NULL);
}

static void test_names_decide_not_numbers (void)
{
    timemgmt_tso_queue_t *queue = timemgmt_tso_queue_new (0);
    CHECK_OK (timemgmt_tso_queue_name (queue, 1, "mars"));
    CHECK_OK (timemgmt_tso_queue_name (queue, 2, "earth"));
    push (queue, 1, 5, 1);
    push (queue, 2, 5, 9);
    push (queue, 1, 5, 2);
    CHECK_OK (timemgmt_tso_queue_name (queue, 7, "jupiter")); /* comes between the two */
    push (queue, 7, 5, 1);
    push (queue, 2, 4, 10);
    CHECK_INT (timemgmt_tso_queue_peek (queue)->time, 4);
    CHECK_INT (timemgmt_tso_queue_count_of (queue, 1), 2);
    CHECK_ERR (timemgmt_tso_queue_name (queue, 1, "venus"), MST_E_INVALID_ARGUMENT);
    CHECK_OK (timemgmt_tso_queue_name (queue, 1, "mars"));
    expect (queue, "2:4#10 2:5#9 7:5#1 1:5#1 1:5#2");
    CHECK_OK (timemgmt_tso_queue_name (queue, 1, "ceres")); /* its number is another's now */
    push (queue, 2, 5, 11);
    push (queue, 1, 5, 1);
    push (queue, 7, 5, 2);
    expect (queue, "1:5#1 2:5#11 7:5#2");
    timemgmt_tso_queue_destroy (&queue);
}

static void test_limits (void)
{
    timemgmt_tso_queue_t *queue = timemgmt_tso_queue_new (2);
    timemgmt_message_t message = { .time = 1, .sender = 3 };
    CHECK_ERR (timemgmt_tso_queue_push (queue, &message), MST_E_INVALID_ARGUMENT);
    CHECK_OK (timemgmt_tso_queue_name (queue, 3, "a"));
    CHECK_ERR (timemgmt_tso_queue_name (queue, TIMEMGMT_FEDERATES_MAX, "a"), MST_E_LIMIT);
    push (queue, 3, 1, 1);
    push (queue, 3, 1, 2);
    CHECK_ERR (timemgmt_tso_queue_push (queue, &message), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "limits.tso_queue_messages (2)");
    expect (queue, "3:1#1 3:1#2");
    message.time = TIMEMGMT_KEY_MAX;
    CHECK_ERR (timemgmt_tso_queue_push (queue, &message), MST_E_INVALID_TIME);
    timemgmt_messages_t dropped = { 0 };
    CHECK_OK (timemgmt_tso_queue_cut (queue, 9, 0, &dropped)); /* never heard of */
    CHECK_INT (dropped.count, 0);
    timemgmt_tso_queue_destroy (&queue);
}

static void scenario_queue (void *context)
{
    (void) context;
    timemgmt_messages_t dropped = { 0 };
    timemgmt_message_t message = { 0 };
    timemgmt_tso_queue_t *queue = timemgmt_tso_queue_new (0);
    if (!queue)
        return;
    for (uint32_t i = 0; i < 10; i++)
        (void) timemgmt_tso_queue_name (queue, i, names[i % SENDERS]);
    for (uint32_t i = 0; i < 40; i++) {
        message = (timemgmt_message_t){ .time = i * 7 % 11, .sender = i % 10, .sequence = i };
        (void) timemgmt_tso_queue_push (queue, &message);
    }
    size_t count = timemgmt_tso_queue_count (queue);
    if (timemgmt_tso_queue_cut (queue, 3, 3, &dropped))
        CHECK_INT (timemgmt_tso_queue_count (queue), count);
    while (timemgmt_tso_queue_pop (queue, &message))
        continue;
    BASE_LIST_FINI (&dropped);
    timemgmt_tso_queue_destroy (&queue);
}

static void test_without_memory (void)
{
    CHECK (sweep_allocations (scenario_queue, NULL) > 10);
}

static CU_TestInfo queue_tests[] = {
    { "agrees with a simple model", test_agrees_with_the_model },
    { "names decide, not numbers", test_names_decide_not_numbers },
    { "limits", test_limits },
    { "without memory", test_without_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/tso_queue", NULL, NULL, NULL, NULL, queue_tests })
