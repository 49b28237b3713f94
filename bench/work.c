/*  The same workloads over Muster's public API: an RTI and federates, each in its own process. */
#include "bench/federate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  Updates
 * ---------------------------------------------------------------------------------------------- */

static void update_sender (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_attribute_t state;
    mst_object_t object;

    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_publish (fed, body, NULL, 0));
    BENCH_TRY (mst_register (fed, body, NULL, &object));
    BENCH_TRY (mst_synchronize (fed, "ready", 2, -1));
    char *data = calloc (1, self->size_bytes);
    mst_value_t value = { state.id, (uint32_t) self->size_bytes, data };
    for (uint64_t i = 0; i < self->count; i++)
        BENCH_TRY (mst_update (fed, object, &value, 1, MST_TIME_NONE, NULL));
    BENCH_TRY (mst_synchronize (fed, "done", 2, -1));
    bench_leave (shared, &fed);
    free (data);
}

static void update_receiver (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_attribute_t state;

    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_subscribe (fed, body, NULL, 0));
    BENCH_TRY (mst_synchronize (fed, "ready", 2, -1));
    while (seen.received < self->count)
        BENCH_TRY (mst_evoke (fed, -1, NULL));
    shared->result = (double) (self->count - 1) / (bench_seconds () - seen.first);
    BENCH_TRY (mst_synchronize (fed, "done", 2, -1));
    bench_leave (shared, &fed);
}

double bench_updates (const bench_case_t *self)
{
    bench_member_t *const members[] = { update_sender, update_receiver, bench_rti_member };
    return bench_crew (self, members, 3);
}

double bench_megabytes (const bench_case_t *self)
{
    return bench_updates (self) * (double) self->size_bytes * 1e-6;
}

/*  Ping-pong
 * -------------------------------------------------------------------------------------------- */

static void player (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_interaction_class_t ball;
    double began = 0;

    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    BENCH_TRY (mst_interaction_find (fed, "Ball", &ball));
    BENCH_TRY (mst_publish_interaction (fed, ball));
    BENCH_TRY (mst_subscribe_interaction (fed, ball));
    BENCH_TRY (mst_synchronize (fed, "ready", 2, -1));
    char *data = calloc (1, self->size_bytes);
    mst_value_t value = { 1, (uint32_t) self->size_bytes, data };
    for (uint64_t i = 0; i < self->count; i++) {
        if (i == self->count / 10)
            began = bench_seconds ();
        if (index == 0)
            BENCH_TRY (mst_send (fed, ball, &value, 1, MST_TIME_NONE, NULL));
        while (seen.received <= i)
            BENCH_TRY (mst_evoke (fed, -1, NULL));
        if (index == 1)
            BENCH_TRY (mst_send (fed, ball, &value, 1, MST_TIME_NONE, NULL));
    }
    if (index == 0)
        shared->result =
            (bench_seconds () - began) * 1e6 / (double) (self->count - self->count / 10);
    BENCH_TRY (mst_synchronize (fed, "done", 2, -1));
    bench_leave (shared, &fed);
    free (data);
}

double bench_pingpong (const bench_case_t *self)
{
    bench_member_t *const members[] = { player, player, bench_rti_member };
    return bench_crew (self, members, 3);
}

/*  Steps
 * ---------------------------------------------------------------------------------------------------
 */

static void send_messages (const bench_case_t *self, bench_shared_t *shared, mst_federate_t fed,
                           mst_object_t object, mst_attribute_t state, mst_time_t time)
{
    static const char data[1024];
    mst_value_t value = { state.id, (uint32_t) self->size_bytes, data };
    for (int i = 0; i < self->messages_per_step; i++)
        BENCH_TRY (mst_update (fed, object, &value, 1, time, NULL));
}

static void stepper (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_attribute_t state;
    mst_object_t object;
    double began = 0;

    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_publish (fed, body, NULL, 0));
    BENCH_TRY (mst_subscribe (fed, body, NULL, 0));
    BENCH_TRY (mst_register (fed, body, NULL, &object));
    BENCH_TRY (mst_enable_time (fed, 1));
    BENCH_TRY (mst_synchronize (fed, "ready", (size_t) self->federates, -1));
    for (uint64_t i = 0; i < self->count; i++) {
        if (i == self->count / 10)
            began = bench_seconds ();
        send_messages (self, shared, fed, object, state, (mst_time_t) i + 1);
        BENCH_TRY (mst_advance (fed, (mst_time_t) i + 1, -1));
    }
    if (index == 0)
        shared->result =
            (bench_seconds () - began) * 1e6 / (double) (self->count - self->count / 10);
    BENCH_TRY (mst_synchronize (fed, "done", (size_t) self->federates, -1));
    bench_leave (shared, &fed);
}

double bench_step (const bench_case_t *self)
{
    bench_member_t *members[BENCH_CREW_MAX];
    for (int i = 0; i < self->federates; i++)
        members[i] = stepper;
    members[self->federates] = bench_rti_member;
    return bench_crew (self, members, self->federates + 1);
}

double bench_step_bare (const bench_case_t *self)
{
    bench_case_t bare = *self;
    bare.messages_per_step = 0;
    return bench_step (&bare);
}

/*  Messages per second, sent by all in time-stamp order. */
double bench_step_messages (const bench_case_t *self)
{
    return (double) (self->messages_per_step * self->federates) / bench_step (self) * 1e6;
}

/*  Join, objects, memory
 * ------------------------------------------------------------------------------------ */

static void joiner (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    bench_wait_ready (shared, 1);
    double began = bench_seconds ();
    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    shared->result = (bench_seconds () - began) * 1e3;
    bench_leave (shared, &fed);
}

double bench_join (const bench_case_t *self)
{
    bench_member_t *const members[] = { joiner, bench_rti_member };
    return bench_crew (self, members, 2);
}

static void registrar (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_attribute_t state;
    mst_object_t object;

    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_publish (fed, body, NULL, 0));
    BENCH_TRY (mst_synchronize (fed, "ready", 2, -1));
    shared->began = bench_seconds ();
    for (uint64_t i = 0; i < self->count; i++)
        BENCH_TRY (mst_register (fed, body, NULL, &object));
    BENCH_TRY (mst_flush (fed));
    BENCH_TRY (mst_synchronize (fed, "done", 2, -1));
    bench_leave (shared, &fed);
}

static void discoverer (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_attribute_t state;

    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_subscribe (fed, body, NULL, 0));
    BENCH_TRY (mst_synchronize (fed, "ready", 2, -1));
    while (seen.objects < self->count)
        BENCH_TRY (mst_evoke (fed, -1, NULL));
    shared->result = (double) self->count / (bench_seconds () - shared->began);
    BENCH_TRY (mst_synchronize (fed, "done", 2, -1));
    bench_leave (shared, &fed);
}

double bench_objects (const bench_case_t *self)
{
    bench_member_t *const members[] = { registrar, discoverer, bench_rti_member };
    return bench_crew (self, members, 3);
}

/*  Anonymous resident memory of this process, in megabytes. */
static double anonymous_megabytes (void)
{
    char line[256];
    double kilobytes = NAN;
    FILE *file = fopen ("/proc/self/status", "r");
    while (file && fgets (line, sizeof line, file))
        if (strncmp (line, "RssAnon:", 8) == 0)
            kilobytes = strtod (line + 8, NULL);
    if (file)
        fclose (file);
    return kilobytes / 1024.0;
}

static void weighed_rti (const bench_case_t *self, bench_shared_t *shared, int index)
{
    mst_rti_t rti;

    (void) index;
    BENCH_TRY (mst_rti_start (NULL, &rti));
    BENCH_TRY (mst_rti_endpoint (rti, shared->endpoint, sizeof shared->endpoint));
    bench_say_ready (shared);
    bench_wait_ready (shared, 1 + (uint32_t) self->federates); /* all have joined */
    shared->result = anonymous_megabytes ();
    bench_say_ready (shared);
    bench_wait_ready (shared, 2 + 2 * (uint32_t) self->federates);
    BENCH_TRY (mst_rti_stop (&rti));
}

static void weight (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    bench_say_ready (shared);
    bench_wait_ready (shared, 2 + (uint32_t) self->federates);
    bench_leave (shared, &fed);
}

double bench_rti_memory (const bench_case_t *self)
{
    bench_member_t *members[BENCH_CREW_MAX];
    for (int i = 0; i < self->federates; i++)
        members[i] = weight;
    members[self->federates] = weighed_rti;
    return bench_crew (self, members, self->federates + 1);
}

/*  Objects in the RTI, in kilobytes each. */
static void object_owner (const bench_case_t *self, bench_shared_t *shared, int index)
{
    bench_seen_t seen = { 0 };
    mst_attribute_t state;
    mst_object_t object;

    mst_federate_t fed = bench_enter (self, shared, index, &seen);
    mst_class_t body = bench_body_class (shared, fed, &state);
    BENCH_TRY (mst_publish (fed, body, NULL, 0));
    bench_say_ready (shared);
    bench_wait_ready (shared, 3); /* weighed */
    for (uint64_t i = 0; i < self->count; i++)
        BENCH_TRY (mst_register (fed, body, NULL, &object));
    BENCH_TRY (mst_synchronize (fed, "registered", 1, -1));
    bench_say_ready (shared);
    bench_wait_ready (shared, 5);
    bench_leave (shared, &fed);
}

static void weighed_objects (const bench_case_t *self, bench_shared_t *shared, int index)
{
    mst_rti_t rti;

    (void) index;
    BENCH_TRY (mst_rti_start (NULL, &rti));
    BENCH_TRY (mst_rti_endpoint (rti, shared->endpoint, sizeof shared->endpoint));
    bench_say_ready (shared);
    bench_wait_ready (shared, 2);
    double before = anonymous_megabytes ();
    bench_say_ready (shared);
    bench_wait_ready (shared, 4);
    shared->result = (anonymous_megabytes () - before) * 1024.0 / (double) self->count;
    bench_say_ready (shared);
    bench_wait_ready (shared, 6);
    BENCH_TRY (mst_rti_stop (&rti));
}

double bench_rti_object (const bench_case_t *self)
{
    bench_member_t *const members[] = { object_owner, weighed_objects };
    return bench_crew (self, members, 2);
}
