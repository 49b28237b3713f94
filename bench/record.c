/*  Recording: a sender, a receiver and the recorder, on the cores that there are. The sender's
   calls wait for the slower of the two others, so nothing is lost; the time ends when the file is
   whole. */
#include "bench/federate.h"
#include "tools/recorder.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_ENTITIES = 1000, RECORD_DOUBLES = 18 };

typedef struct entity {
    mst_object_t object;
    double state[RECORD_DOUBLES]; /* places, speeds, and what rarely changes */
} entity_t;

static uint64_t next_random (uint64_t *state) /* xorshift64 (Marsaglia 2003) */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void move (entity_t *entity, bool random, uint64_t *dice)
{
    if (!random) {
        for (int i = 0; i < 3; i++)
            entity->state[i] += entity->state[3 + i];
        return;
    }
    for (int i = 0; i < RECORD_DOUBLES; i++) {
        uint64_t bits = next_random (dice);
        memcpy (&entity->state[i], &bits, sizeof bits);
    }
}

static void record_sender (const bench_case_t *self, bench_shared_t *shared, int index)
{
    static entity_t entities[RECORD_ENTITIES];
    bench_seen_t seen = { 0 };
    mst_attribute_t state;
    uint64_t dice = 88172645463325252u;

    bench_wait_ready (shared, 2); /* the RTI and the recorder */
    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_publish (fed, body, NULL, 0));
    for (int i = 0; i < RECORD_ENTITIES; i++) {
        BENCH_TRY (mst_register (fed, body, NULL, &entities[i].object));
        for (int k = 0; k < RECORD_DOUBLES; k++)
            entities[i].state[k] = (double) (next_random (&dice) % 1000000) * 1e-3;
    }
    BENCH_TRY (mst_synchronize (fed, "ready", 2, -1));
    shared->began = bench_seconds ();
    for (uint64_t i = 0; i < self->count; i++) {
        entity_t *entity = &entities[i % RECORD_ENTITIES];
        move (entity, self->random, &dice);
        mst_value_t value = { state.id, (uint32_t) self->size_bytes, entity->state };
        BENCH_TRY (mst_update (fed, entity->object, &value, 1, MST_TIME_NONE, NULL));
    }
    BENCH_TRY (mst_synchronize (fed, "done", 2, -1));
    bench_leave (shared, &fed);
}

static void record_receiver (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_attribute_t state;

    bench_wait_ready (shared, 2);
    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_subscribe (fed, body, NULL, 0));
    BENCH_TRY (mst_synchronize (fed, "ready", 2, -1));
    while (seen.received < self->count)
        BENCH_TRY (mst_evoke (fed, -1, NULL));
    BENCH_TRY (mst_synchronize (fed, "done", 2, -1));
    bench_leave (shared, &fed);
}

static void recorder_ready (void *shared)
{
    bench_say_ready (shared);
}

static void recorder (const bench_case_t *self, bench_shared_t *shared, int index)
{
    char file[64];
    log_totals_t totals;

    (void) index;
    bench_wait_ready (shared, 1);
    (void) snprintf (file, sizeof file, "/tmp/muster-bench-%ld.mcap", (long) getpid ());
    tools_recorder_options_t options = {
        .rti = shared->endpoint,
        .federation = BENCH_FEDERATION,
        .file = file,
        .modules = &bench_module,
        .module_count = 1,
        .unit_ns = 1000000000,
        .step = 1,
        .federates = (size_t) self->federates,
        .ready = recorder_ready,
        .user = shared,
    };
    mst_err_t err = tools_recorder_run (&options, &totals);
    shared->result = (double) self->count / (bench_seconds () - shared->began);
    (void) unlink (file);
    BENCH_TRY (err);
    char text[128];
    (void) snprintf (text, sizeof text, "the recording holds %llu messages, not %llu",
                     (unsigned long long) totals.messages, (unsigned long long) self->count);
    if (totals.messages < self->count)
        bench_fail (shared, text);
    bench_say_ready (shared);
}

/*  It ends when the sender, the receiver and the recorder (twice) have said so. */
static void record_rti (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_case_t all = *self;
    all.federates = self->federates + 2;
    bench_rti_member (&all, shared, index);
}

double bench_record (const bench_case_t *self)
{
    /* the recorder, who has most to do, beside the RTI, who has nothing */
    bench_member_t *const members[] = { recorder, record_sender, record_rti, record_receiver };
    return bench_crew (self, members, 4);
}
