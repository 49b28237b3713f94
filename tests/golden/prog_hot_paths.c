/*  Runs the hot paths of two federates and an RTI without sockets, so that the instructions of each
   can be counted and repeat exactly: hot_paths.sh runs it under callgrind, which collects only
   inside of one of the hot_… functions.

        prog_hot_paths updates COUNT SIZE    receive-order updates: hot_send, hot_receive
        prog_hot_paths timed COUNT SIZE      time-stamped ones, in one step: hot_send, hot_receive
        prog_hot_paths steps COUNT           empty steps of both: hot_step */
#include "base/alloc.h"
#include "base/check.h"
#include "federate/core/core.h"
#include "fom/model.h"
#include "rti/core/core.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEDERATES = 2, SENDER = 0, RECEIVER = 1, BUNDLES_MAX = 65536, VALUE_MAX = 65536 };
enum { STATE_HANDLE = 2, STATE_BIT = 2 }; /* attribute 1 is the privilege to delete */

static const char model[] =
    "<?xml version=\"1.0\"?><objectModel xmlns=\"http://standards.ieee.org/IEEE1516-2010\">"
    "<objects><objectClass><name>HLAobjectRoot</name><objectClass><name>Body</name>"
    "<attribute><name>State</name><dataType>HLAopaqueData</dataType>"
    "<transportation>HLAreliable</transportation><order>TimeStamp</order></attribute>"
    "</objectClass></objectClass></objects></objectModel>";

typedef struct world {
    rti_core_t *rti;
    rti_effects_t effects;
    federate_core_t *federates[FEDERATES];
    mst_object_t object;
    base_buffer_t bundles[BUNDLES_MAX]; /* sent, and not yet given to the receiver */
    size_t bundle_count;
    uint64_t received;
} world_t;

static world_t world;

static void must (mst_err_t err, const char *what)
{
    if (!err)
        return;
    fprintf (stderr, "%s: %s\n", what, mst_error_text ());
    exit (1);
}

/*  The roads ----------------------------------------------------------------------------------- */

static int index_of (uint32_t handle) /* handles are given from 1, in the order of the joins */
{
    base_assert (handle >= 1 && handle <= FEDERATES);
    return (int) handle - 1;
}

/*  Carries out what a federate wants; its bundles wait in world.bundles. */
static void carry_out (int self)
{
    federate_effects_t *effects = federate_core_effects (world.federates[self]);
    for (size_t i = 0; i < effects->count; i++) {
        federate_effect_t *effect = &effects->items[i];
        if (effect->kind == FEDERATE_RELEASE)
            base_free (effect->owner);
        if (effect->kind == FEDERATE_ANSWER)
            must (federate_core_from_route (world.federates[1 - self], (uint32_t) self + 1,
                                            effect->bytes.data, effect->bytes.size_bytes),
                  "answer");
        if (effect->kind != FEDERATE_SEND_ROUTE)
            continue;
        base_assert (world.bundle_count < BUNDLES_MAX && index_of (effect->peer) == 1 - self);
        world.bundles[world.bundle_count++] = effect->bytes;
        effect->bytes = (base_buffer_t){ 0 };
    }
    federate_core_effects_done (world.federates[self]);
}

static void give_bundles (int to)
{
    for (size_t i = 0; i < world.bundle_count; i++) {
        base_buffer_t *bytes = &world.bundles[i];
        must (federate_core_from_peer (world.federates[to], 1, bytes->data, bytes->size_bytes,
                                       bytes->data),
              "bundle");
        *bytes = (base_buffer_t){ 0 };
    }
    world.bundle_count = 0;
}

static void take_callbacks (int self)
{
    federate_delivery_t what;
    for (;;) {
        must (federate_core_next (world.federates[self], &what), "next");
        if (what.kind == FEDERATE_NOTHING)
            break;
        world.received += what.kind == FEDERATE_REFLECTED;
        if (federate_core_effects (world.federates[self])->count > 0)
            carry_out (self);
    }
}

static void ask_rti (int self)
{
    base_buffer_t *outbox = federate_core_outbox (world.federates[self]);
    if (outbox->size_bytes == 0)
        return;
    rti_event_t event = { .kind = RTI_EVENT_MESSAGE,
                          .connection = (uint64_t) self + 1,
                          .data = outbox->data,
                          .size_bytes = outbox->size_bytes,
                          .now_ns = 1 };
    must (rti_core_step (world.rti, &event, &world.effects), "RTI");
    base_buffer_clear (outbox);
    for (size_t i = 0; i < world.effects.send_count; i++) {
        const rti_send_t *send = &world.effects.sends.items[i];
        must (federate_core_from_rti (world.federates[send->connection - 1], send->bytes.data,
                                      send->bytes.size_bytes),
              "control");
    }
    rti_effects_clear (&world.effects);
}

/*  Until nothing moves any more: a few rounds are enough for any exchange of two. */
static void settle (void)
{
    for (int round = 0; round < 16; round++)
        for (int i = 0; i < FEDERATES; i++) {
            must (federate_core_flush (world.federates[i]), "flush");
            carry_out (i);
            give_bundles (1 - i);
            ask_rti (i);
            take_callbacks (i);
        }
}

/*  The scene ----------------------------------------------------------------------------------- */

static void answered (int self, uint32_t request)
{
    federate_reply_t reply;
    settle ();
    base_assert (federate_core_reply (world.federates[self], request, &reply));
    must (reply.err, reply.text ? reply.text : "refused");
    base_free (reply.text);
    base_free (reply.result);
}

static void create (int self)
{
    wire_module_item_t item = { WIRE_MODULE_FILE,
                                { "hot.xml", 7 },
                                { (const uint8_t *) model, sizeof model - 1 } };
    wire_create_federation_execution_with_modules_t args = { { "hot", 3 }, { &item, 1 } };
    uint32_t request;

    must (federate_core_request (world.federates[self],
                                 WIRE_SERVICE_CREATE_FEDERATION_EXECUTION_WITH_MODULES, &args,
                                 &request),
          "create");
    answered (self, request);
}

static void join (int self, const char *name)
{
    static const char *const endpoints[] = { "here://" };
    federate_join_t wanted = { "hot", name, "hot", endpoints, 1 };
    uint32_t request;

    must (federate_core_join (world.federates[self], &wanted, &request), "join");
    answered (self, request);
}

static void declare (void)
{
    uint32_t index, request;
    const fom_model_t *known = federate_core_model (world.federates[SENDER]);

    must (fom_class_find (&known->objects, "Body", &index), "class");
    must (federate_core_publish (world.federates[SENDER], index + 1, STATE_BIT, true, &request),
          "publish");
    answered (SENDER, request);
    must (federate_core_subscribe (world.federates[RECEIVER], index + 1, STATE_BIT, true, &request),
          "subscribe");
    answered (RECEIVER, request);
    must (federate_core_register (world.federates[SENDER], index + 1, NULL, &world.object),
          "register");
    settle ();
}

static void enable_time (void)
{
    for (int i = 0; i < FEDERATES; i++) {
        must (federate_core_enable_regulation (world.federates[i], 1), "regulation");
        settle ();
        must (federate_core_enable_constrained (world.federates[i]), "constrained");
        settle ();
    }
}

static void begin (void)
{
    federate_options_t options = { .host = "here" };

    rti_effects_init (&world.effects);
    must (rti_core_new (NULL, &world.rti), "RTI");
    for (int i = 0; i < FEDERATES; i++) {
        options.process = (uint64_t) i + 1;
        must (federate_core_new (&options, &world.federates[i]), "federate");
    }
    create (SENDER);
    join (SENDER, "sender");
    join (RECEIVER, "receiver");
    declare ();
}

static void end (void)
{
    for (int i = 0; i < FEDERATES; i++) {
        federate_core_abandon (world.federates[i]);
        carry_out (i);
    }
    for (size_t i = 0; i < world.bundle_count; i++)
        base_buffer_fini (&world.bundles[i]);
    for (int i = 0; i < FEDERATES; i++)
        federate_core_destroy (&world.federates[i]);
    rti_core_destroy (&world.rti);
    rti_effects_fini (&world.effects);
}

/*  What is counted ----------------------------------------------------------------------------- */

void hot_send (uint64_t count, const mst_value_t *value, mst_time_t time);
void hot_receive (void);
void hot_step (uint64_t count);

__attribute__ ((noinline)) void hot_send (uint64_t count, const mst_value_t *value, mst_time_t time)
{
    const federate_effects_t *effects = federate_core_effects (world.federates[SENDER]);
    for (uint64_t i = 0; i < count; i++) {
        must (federate_core_update (world.federates[SENDER], world.object, value, 1, time, NULL),
              "update");
        if (effects->count > 0)
            carry_out (SENDER);
    }
    must (federate_core_flush (world.federates[SENDER]), "flush");
    carry_out (SENDER);
}

__attribute__ ((noinline)) void hot_receive (void)
{
    give_bundles (RECEIVER);
    take_callbacks (RECEIVER);
    carry_out (RECEIVER);
}

__attribute__ ((noinline)) void hot_step (uint64_t count)
{
    for (uint64_t step = 1; step <= count; step++) {
        for (int i = 0; i < FEDERATES; i++)
            must (federate_core_advance (world.federates[i], WIRE_ADVANCE_TAR, (mst_time_t) step),
                  "advance");
        for (int i = 0; i < FEDERATES; i++)
            ask_rti (i);
        for (int i = 0; i < FEDERATES; i++)
            take_callbacks (i);
    }
}

/*  The messages are of time 1: a second step would bring no more to count. */
static void send_timed (uint64_t count, const mst_value_t *value)
{
    hot_send (count, value, 1);
    for (int i = 0; i < FEDERATES; i++)
        must (federate_core_advance (world.federates[i], WIRE_ADVANCE_TAR, 1), "advance");
    for (int i = 0; i < FEDERATES; i++)
        ask_rti (i); /* the grant waits for the bundles, which are still here */
    hot_receive ();
}

int main (int argc, char **argv)
{
    static char bytes[VALUE_MAX];

    if (argc < 3)
        return 2;
    const char *mode = argv[1];
    uint64_t count = strtoull (argv[2], NULL, 10),
             size = argc > 3 ? strtoull (argv[3], NULL, 10) : 0;
    mst_value_t value = { STATE_HANDLE, (uint32_t) (size < VALUE_MAX ? size : VALUE_MAX), bytes };

    begin ();
    if (strcmp (mode, "updates") == 0) {
        hot_send (count, &value, MST_TIME_NONE);
        hot_receive ();
    } else if (strcmp (mode, "timed") == 0) {
        enable_time ();
        send_timed (count, &value);
    } else {
        enable_time ();
        hot_step (count);
    }
    printf ("%llu received\n", (unsigned long long) world.received);
    end ();
    return strcmp (mode, "steps") != 0 && world.received != count;
}
