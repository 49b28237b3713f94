/*  Members of the benchmark's federation: an RTI, and federates with one class and one interaction.
 */
#include "bench/federate.h"

#include <stdio.h>

static const char bench_model[] =
    "<?xml version=\"1.0\"?><objectModel xmlns=\"http://standards.ieee.org/IEEE1516-2010\">"
    "<objects><objectClass><name>HLAobjectRoot</name><objectClass><name>Body</name>"
    "<sharing>PublishSubscribe</sharing>"
    "<attribute><name>State</name><dataType>HLAopaqueData</dataType><sharing>PublishSubscribe</"
    "sharing>"
    "<transportation>HLAreliable</transportation><order>TimeStamp</order></attribute>"
    "</objectClass></objectClass></objects>"
    "<interactions><interactionClass><name>HLAinteractionRoot</name>"
    "<interactionClass><name>Ball</name><sharing>PublishSubscribe</sharing>"
    "<transportation>HLAreliable</transportation><order>Receive</order>"
    "<parameter><name>Data</name><dataType>HLAopaqueData</dataType></parameter>"
    "</interactionClass></interactionClass></interactions></objectModel>";

const mst_module_t bench_module = { "bench.xml", bench_model, sizeof bench_model - 1 };

static void on_discovered (void *user, mst_federate_t fed, const mst_discovery_t *discovery)
{
    bench_seen_t *seen = user;
    (void) fed;
    (void) discovery;
    seen->objects++;
}

static void on_data (void *user, mst_federate_t fed, const mst_reception_t *reception)
{
    bench_seen_t *seen = user;
    (void) fed;
    (void) reception;
    if (seen->received++ == 0)
        seen->first = bench_seconds ();
}

/*  Members
 * ------------------------------------------------------------------------------------------- */

void bench_rti_member (const bench_case_t *self, bench_shared_t *shared, int index)
{
    mst_rti_t rti;

    (void) index;
    const mst_rti_options_t options = { .yield = self->yields ? "on" : "off" };
    BENCH_TRY (mst_rti_start (&options, &rti));
    BENCH_TRY (mst_rti_endpoint (rti, shared->endpoint, sizeof shared->endpoint));
    bench_say_ready (shared);
    bench_wait_ready (shared, 1 + (uint32_t) self->federates);
    BENCH_TRY (mst_rti_stop (&rti));
}

mst_federate_t bench_enter (const bench_case_t *self, bench_shared_t *shared, int index,
                            bench_seen_t *seen)
{
    char name[32];
    mst_federate_t fed;

    bench_wait_ready (shared, 1);
    (void) snprintf (name, sizeof name, "member-%d", index);
    mst_join_options_t options = {
        .rti = shared->endpoint,
        .federation = BENCH_FEDERATION,
        .name = name,
        .modules = &bench_module,
        .module_count = 1,
        .transport = self->transport,
        .yield = self->yields ? "on" : "off",
        .user = seen,
        .callbacks = { .discovered = on_discovered, .reflected = on_data, .received = on_data },
    };
    BENCH_TRY (mst_join (&options, &fed));
    return fed;
}

void bench_leave (bench_shared_t *shared, mst_federate_t *fed)
{
    BENCH_TRY (mst_resign (fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST));
    bench_say_ready (shared);
}

mst_class_t bench_body_class (bench_shared_t *shared, mst_federate_t fed, mst_attribute_t *state)
{
    mst_class_t body;
    BENCH_TRY (mst_class_find (fed, "Body", &body));
    BENCH_TRY (mst_attribute_find (fed, body, "State", state));
    return body;
}
