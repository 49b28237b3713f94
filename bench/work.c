/*  The same workloads over Muster's public API: an RTI and federates, each in its own process. */
#include "bench/bench.h"

#include <muster/muster.h>
#include <muster/rti.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char model[] =
    "<?xml version=\"1.0\"?><objectModel xmlns=\"http://standards.ieee.org/IEEE1516-2010\">"
    "<objects><objectClass><name>HLAobjectRoot</name><objectClass><name>Body</name>"
    "<sharing>PublishSubscribe</sharing>"
    "<attribute><name>State</name><dataType>HLAopaqueData</dataType><sharing>PublishSubscribe</sharing>"
    "<transportation>HLAreliable</transportation><order>TimeStamp</order></attribute>"
    "</objectClass></objectClass></objects>"
    "<interactions><interactionClass><name>HLAinteractionRoot</name>"
    "<interactionClass><name>Ball</name><sharing>PublishSubscribe</sharing>"
    "<transportation>HLAreliable</transportation><order>Receive</order>"
    "<parameter><name>Data</name><dataType>HLAopaqueData</dataType></parameter>"
    "</interactionClass></interactionClass></interactions></objectModel>";

/*  What callbacks note. */
typedef struct seen {
    uint64_t received;
    double first, last;
    bool discovered;
    uint64_t objects;
    mst_object_t object;
} seen_t;

#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (call)                                                                                  \
            bench_fail (shared, mst_error_text ());                                                \
    } while (0)

static void on_discovered (void *user, mst_federate_t fed, const mst_discovery_t *discovery)
{
    seen_t *seen = user;
    (void) fed;
    seen->discovered = true;
    seen->objects++;
    seen->last = bench_seconds ();
    seen->object = discovery->object;
}

static void on_data (void *user, mst_federate_t fed, const mst_reception_t *reception)
{
    seen_t *seen = user;
    (void) fed;
    (void) reception;
    if (seen->received++ == 0)
        seen->first = bench_seconds ();
}

/*  Members ------------------------------------------------------------------------------------------- */

/*  The RTI is a member of its own; it ends when all others said that they are done. */
static void rti_for (bench_shared_t *shared, uint32_t federates)
{
    mst_rti_t rti;

    TRY (mst_rti_start (NULL, &rti));
    TRY (mst_rti_endpoint (rti, shared->endpoint, sizeof shared->endpoint));
    bench_say_ready (shared);
    bench_wait_ready (shared, 1 + federates);
    TRY (mst_rti_stop (&rti));
}

static void rti_member (const bench_case_t *self, bench_shared_t *shared, int index)
{
    (void) index;
    rti_for (shared, (uint32_t) self->federates);
}

static mst_federate_t join (const bench_case_t *self, bench_shared_t *shared, int index, seen_t *seen)
{
    const mst_module_t module = { "bench.xml", model, sizeof model - 1 };
    char name[32];
    mst_federate_t fed;

    bench_wait_ready (shared, 1);
    (void) snprintf (name, sizeof name, "member-%d", index);
    mst_join_options_t options = {
        .rti = shared->endpoint, .federation = "bench", .name = name, .modules = &module, .module_count = 1,
        .transport = self->transport, .user = seen,
        .callbacks = { .discovered = on_discovered, .reflected = on_data, .received = on_data },
    };
    TRY (mst_join (&options, &fed));
    return fed;
}

static void leave (bench_shared_t *shared, mst_federate_t *fed)
{
    TRY (mst_resign (fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST));
    bench_say_ready (shared);
}

static mst_class_t body_class (bench_shared_t *shared, mst_federate_t fed, mst_attribute_t *state)
{
    mst_class_t body;
    TRY (mst_class_find (fed, "Body", &body));
    TRY (mst_attribute_find (fed, body, "State", state));
    return body;
}

/*  Updates ---------------------------------------------------------------------------------------------- */

static void update_sender (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    mst_attribute_t state;
    mst_object_t object;

    mst_federate_t fed = join (self, shared, index, &seen);
    mst_class_t body = body_class (shared, fed, &state);
    TRY (mst_publish (fed, body, NULL, 0));
    TRY (mst_register (fed, body, NULL, &object));
    TRY (mst_synchronize (fed, "ready", 2, -1));
    char *data = calloc (1, self->size_bytes);
    mst_value_t value = { state.id, (uint32_t) self->size_bytes, data };
    for (uint64_t i = 0; i < self->count; i++)
        TRY (mst_update (fed, object, &value, 1, MST_TIME_NONE, NULL));
    TRY (mst_synchronize (fed, "done", 2, -1));
    leave (shared, &fed);
    free (data);
}

static void update_receiver (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    mst_attribute_t state;

    mst_federate_t fed = join (self, shared, index, &seen);
    mst_class_t body = body_class (shared, fed, &state);
    TRY (mst_subscribe (fed, body, NULL, 0));
    TRY (mst_synchronize (fed, "ready", 2, -1));
    while (seen.received < self->count)
        TRY (mst_evoke (fed, -1, NULL));
    shared->result = (double) (self->count - 1) / (bench_seconds () - seen.first);
    TRY (mst_synchronize (fed, "done", 2, -1));
    leave (shared, &fed);
}

double bench_updates (const bench_case_t *self)
{
    bench_member_t *const members[] = { update_sender, update_receiver, rti_member };
    return bench_crew (self, members, 3);
}

double bench_megabytes (const bench_case_t *self)
{
    return bench_updates (self) * (double) self->size_bytes * 1e-6;
}

/*  Ping-pong -------------------------------------------------------------------------------------------- */

static void player (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    mst_interaction_class_t ball;
    double began = 0;

    mst_federate_t fed = join (self, shared, index, &seen);
    TRY (mst_interaction_find (fed, "Ball", &ball));
    TRY (mst_publish_interaction (fed, ball));
    TRY (mst_subscribe_interaction (fed, ball));
    TRY (mst_synchronize (fed, "ready", 2, -1));
    char *data = calloc (1, self->size_bytes);
    mst_value_t value = { 1, (uint32_t) self->size_bytes, data };
    for (uint64_t i = 0; i < self->count; i++) {
        if (i == self->count / 10)
            began = bench_seconds ();
        if (index == 0)
            TRY (mst_send (fed, ball, &value, 1, MST_TIME_NONE, NULL));
        while (seen.received <= i)
            TRY (mst_evoke (fed, -1, NULL));
        if (index == 1)
            TRY (mst_send (fed, ball, &value, 1, MST_TIME_NONE, NULL));
    }
    if (index == 0)
        shared->result = (bench_seconds () - began) * 1e6 / (double) (self->count - self->count / 10);
    TRY (mst_synchronize (fed, "done", 2, -1));
    leave (shared, &fed);
    free (data);
}

double bench_pingpong (const bench_case_t *self)
{
    bench_member_t *const members[] = { player, player, rti_member };
    return bench_crew (self, members, 3);
}

/*  Steps --------------------------------------------------------------------------------------------------- */

static void send_messages (const bench_case_t *self, bench_shared_t *shared, mst_federate_t fed,
                           mst_object_t object, mst_attribute_t state, mst_time_t time)
{
    static const char data[1024];
    mst_value_t value = { state.id, (uint32_t) self->size_bytes, data };
    for (int i = 0; i < self->messages_per_step; i++)
        TRY (mst_update (fed, object, &value, 1, time, NULL));
}

static void stepper (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    mst_attribute_t state;
    mst_object_t object;
    double began = 0;

    mst_federate_t fed = join (self, shared, index, &seen);
    mst_class_t body = body_class (shared, fed, &state);
    TRY (mst_publish (fed, body, NULL, 0));
    TRY (mst_subscribe (fed, body, NULL, 0));
    TRY (mst_register (fed, body, NULL, &object));
    TRY (mst_enable_time (fed, 1));
    TRY (mst_synchronize (fed, "ready", (size_t) self->federates, -1));
    for (uint64_t i = 0; i < self->count; i++) {
        if (i == self->count / 10)
            began = bench_seconds ();
        send_messages (self, shared, fed, object, state, (mst_time_t) i + 1);
        TRY (mst_advance (fed, (mst_time_t) i + 1, -1));
    }
    if (index == 0)
        shared->result = (bench_seconds () - began) * 1e6 / (double) (self->count - self->count / 10);
    TRY (mst_synchronize (fed, "done", (size_t) self->federates, -1));
    leave (shared, &fed);
}

double bench_step (const bench_case_t *self)
{
    bench_member_t *members[BENCH_CREW_MAX];
    for (int i = 0; i < self->federates; i++)
        members[i] = stepper;
    members[self->federates] = rti_member;
    return bench_crew (self, members, self->federates + 1);
}

/*  Messages per second, sent by all in time-stamp order. */
double bench_step_messages (const bench_case_t *self)
{
    return (double) (self->messages_per_step * self->federates) / bench_step (self) * 1e6;
}

/*  Join, objects, memory ------------------------------------------------------------------------------------ */

static void joiner (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    bench_wait_ready (shared, 1);
    double began = bench_seconds ();
    mst_federate_t fed = join (self, shared, index, &seen);
    shared->result = (bench_seconds () - began) * 1e3;
    leave (shared, &fed);
}

double bench_join (const bench_case_t *self)
{
    bench_member_t *const members[] = { joiner, rti_member };
    return bench_crew (self, members, 2);
}

static void registrar (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    mst_attribute_t state;
    mst_object_t object;

    mst_federate_t fed = join (self, shared, index, &seen);
    mst_class_t body = body_class (shared, fed, &state);
    TRY (mst_publish (fed, body, NULL, 0));
    TRY (mst_synchronize (fed, "ready", 2, -1));
    for (uint64_t i = 0; i < self->count; i++)
        TRY (mst_register (fed, body, NULL, &object));
    TRY (mst_flush (fed));
    TRY (mst_synchronize (fed, "done", 2, -1));
    leave (shared, &fed);
}

static void discoverer (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    mst_attribute_t state;

    mst_federate_t fed = join (self, shared, index, &seen);
    mst_class_t body = body_class (shared, fed, &state);
    TRY (mst_subscribe (fed, body, NULL, 0));
    TRY (mst_synchronize (fed, "ready", 2, -1));
    double began = bench_seconds ();
    while (seen.objects < self->count)
        TRY (mst_evoke (fed, -1, NULL));
    shared->result = (double) self->count / (bench_seconds () - began);
    TRY (mst_synchronize (fed, "done", 2, -1));
    leave (shared, &fed);
}

double bench_objects (const bench_case_t *self)
{
    bench_member_t *const members[] = { registrar, discoverer, rti_member };
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
    TRY (mst_rti_start (NULL, &rti));
    TRY (mst_rti_endpoint (rti, shared->endpoint, sizeof shared->endpoint));
    bench_say_ready (shared);
    bench_wait_ready (shared, 1 + (uint32_t) self->federates); /* all have joined */
    shared->result = anonymous_megabytes ();
    bench_say_ready (shared);
    bench_wait_ready (shared, 2 + 2 * (uint32_t) self->federates);
    TRY (mst_rti_stop (&rti));
}

static void weight (const bench_case_t *self, bench_shared_t *shared, int index)
{
    seen_t seen = { 0 };
    mst_federate_t fed = join (self, shared, index, &seen);
    bench_say_ready (shared);
    bench_wait_ready (shared, 2 + (uint32_t) self->federates);
    leave (shared, &fed);
}

double bench_rti_memory (const bench_case_t *self)
{
    bench_member_t *members[BENCH_CREW_MAX];
    for (int i = 0; i < self->federates; i++)
        members[i] = weight;
    members[self->federates] = weighed_rti;
    return bench_crew (self, members, self->federates + 1);
}
