/*  A store over a federation, by the public functions alone: an interaction to one receiver is what
    the data plane carries anyway. An empty one greets; who is greeted is a peer and greets back
   once. */
#include <muster/carry.h>
#include <muster/metadata.h>
#include <muster/muster.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"
#include "link/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CARRY_GREET_FIRST_NS = 10000000, CARRY_DESCRIBE_NS = 1000000000, CARRY_TEXT_SIZE = 64 };
static const uint64_t carry_greet_last_ns = UINT64_C (5000000000);
static const char carry_departed[] = "gone";

struct mst_carry {
    mst_federate_t fed;
    mst_store_t *store;
    mst_interaction_class_t class_of;
    mst_parameter_t data;
    BASE_LIST (uint32_t) peers;
    BASE_LIST (uint32_t) greetings; /* to be answered */
    uint64_t greet_ns;              /* when to greet all again */
    uint64_t greet_interval_ns;
    uint64_t describe_interval_ns; /* MST_CARRY_SILENT: this federate is not entered */
    uint64_t describe_ns;          /* when to look again */
    uint64_t now_ns;               /* of the last turn */
};

static const char carry_module[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<objectModel xmlns=\"http://standards.ieee.org/IEEE1516-2010\">\n"
    "  <interactions><interactionClass><name>HLAinteractionRoot</name>\n"
    "    <interactionClass><name>MusterState</name><sharing>PublishSubscribe</sharing>\n"
    "      <transportation>HLAreliable</transportation><order>Receive</order>\n"
    "      <parameter><name>Message</name><dataType>HLAopaqueData</dataType></parameter>\n"
    "    </interactionClass>\n"
    "  </interactionClass></interactions>\n"
    "</objectModel>\n";

const mst_module_t *mst_carry_module (void)
{
    static const mst_module_t module = { "muster-state.xml", carry_module,
                                         sizeof carry_module - 1 };
    return &module;
}

/*  To one federate, or (0) to all that carry. */
static mst_err_t carry_send (const mst_carry_t *self, uint32_t to, const void *data,
                             size_t size_bytes)
{
    const mst_federate_id_t only = { to };
    const mst_send_options_t options = { .only = to ? &only : NULL, .only_count = to ? 1 : 0 };
    if (size_bytes > UINT32_MAX)
        return base_error (MST_E_LIMIT, "a message of the store has %zu bytes", size_bytes);
    const mst_value_t value = { self->data.id, (uint32_t) size_bytes, data };
    return mst_send (self->fed, self->class_of, &value, 1, MST_TIME_NONE, &options);
}

static size_t carry_find (const mst_carry_t *self, uint32_t federate)
{
    size_t i = 0;
    while (i < self->peers.count && self->peers.items[i] != federate)
        i++;
    return i;
}

/*  Whoever says anything carries the store. The greeting back goes with the next turn: nothing is
    sent from within a callback. */
static mst_err_t carry_meet (mst_carry_t *self, uint32_t federate)
{
    if (carry_find (self, federate) < self->peers.count)
        return MST_OK;
    mst_err_t err = BASE_LIST_ROOM (&self->peers);
    if (!err)
        err = BASE_LIST_ROOM (&self->greetings);
    if (!err)
        err = mst_store_peer_add (self->store, federate);
    if (err)
        return err;
    BASE_LIST_PUT (&self->peers, federate);
    BASE_LIST_PUT (&self->greetings, federate);
    return MST_OK;
}

bool mst_carry_received (mst_carry_t *self, const mst_reception_t *message)
{
    base_assert (self != NULL && message != NULL);
    if (message->interaction.id != self->class_of.id)
        return false;
    if (carry_meet (self, message->sender.id) || message->value_count == 0 ||
        message->values[0].size_bytes == 0)
        return true;
    (void) mst_store_receive (self->store, message->values[0].data, message->values[0].size_bytes,
                              (uint64_t) link_clock_wall_ns ());
    return true;
}

/*  Metadata ------------------------------------------------------------------------------------ */

void mst_carry_describe (mst_carry_t *self, uint64_t interval_ns)
{
    base_assert (self != NULL);
    self->describe_interval_ns = interval_ns ? interval_ns : CARRY_DESCRIBE_NS;
    self->describe_ns = 0;
}

static bool carry_says (const mst_carry_t *self, const char *name, const char *text)
{
    const char *now;
    uint32_t size_bytes;
    return mst_metadata_get (self->store, MST_TOPIC_FEDERATES, name, &now, &size_bytes) &&
           size_bytes == strlen (text) && memcmp (now, text, size_bytes) == 0;
}

/*  What stands there is compared, not what was written last: after a partition the others may have
    taken this federate for gone. A clock that the store finds too far ahead comes up by itself. */
static mst_err_t carry_enter (mst_carry_t *self, uint64_t time_ns)
{
    char text[CARRY_TEXT_SIZE];
    size_t objects = mst_owned_count (self->fed);
    const char *name = mst_federate_name (self->fed, mst_self (self->fed));
    (void) snprintf (text, sizeof text, "joined, %zu object%s", objects, objects == 1 ? "" : "s");
    self->describe_ns = time_ns + self->describe_interval_ns;
    if (!name || carry_says (self, name, text))
        return MST_OK;
    mst_err_t err = mst_metadata_set (self->store, MST_TOPIC_FEDERATES, name, text, time_ns);
    return err == MST_E_CLOCK_AHEAD ? MST_OK : err;
}

/*  Of whom was entered at all. All who stay do it: it is the same text, whoever wrote last. What
    fails here, others do. */
static void carry_enter_gone (const mst_carry_t *self, mst_federate_id_t federate)
{
    const char *text, *name = mst_federate_name (self->fed, federate);
    uint32_t size_bytes;
    if (!name || self->describe_interval_ns == MST_CARRY_SILENT ||
        !mst_metadata_get (self->store, MST_TOPIC_FEDERATES, name, &text, &size_bytes) ||
        carry_says (self, name, carry_departed))
        return;
    (void) mst_metadata_set (self->store, MST_TOPIC_FEDERATES, name, carry_departed, self->now_ns);
}

void mst_carry_gone (mst_carry_t *self, mst_federate_id_t federate)
{
    base_assert (self != NULL);
    size_t at = carry_find (self, federate.id);
    if (at == self->peers.count)
        return;
    carry_enter_gone (self, federate);
    self->peers.items[at] = self->peers.items[--self->peers.count];
    mst_store_peer_remove (self->store, federate.id);
}

mst_err_t mst_carry_turn (mst_carry_t *self, uint64_t time_ns)
{
    mst_store_message_t message;
    mst_err_t err = MST_OK;
    base_assert (self != NULL);
    self->now_ns = time_ns;
    if (time_ns >= self->greet_ns) {
        err = carry_send (self, 0, "", 0);
        self->greet_ns = time_ns + self->greet_interval_ns;
        if (self->greet_interval_ns < carry_greet_last_ns)
            self->greet_interval_ns *= 2;
    }
    while (!err && self->greetings.count > 0) {
        uint32_t peer = self->greetings.items[self->greetings.count - 1];
        if (carry_find (self, peer) < self->peers.count) {
            err = carry_send (self, peer, "", 0);
            if (!err)
                err = mst_store_sync (self->store, peer, time_ns);
        }
        self->greetings.count -= !err;
    }
    if (!err && self->describe_interval_ns != MST_CARRY_SILENT && time_ns >= self->describe_ns)
        err = carry_enter (self, time_ns);
    if (!err)
        err = mst_store_tick (self->store, time_ns);
    while (!err && mst_store_take_message (self->store, &message))
        if (carry_find (self, (uint32_t) message.peer) < self->peers.count)
            err = carry_send (self, (uint32_t) message.peer, message.data, message.size_bytes);
    return err ? err : mst_flush (self->fed);
}

size_t mst_carry_peers (const mst_carry_t *self)
{
    base_assert (self != NULL);
    return self->peers.count;
}

mst_err_t mst_carry_new (mst_federate_t fed, mst_store_t *store, mst_carry_t **self)
{
    base_assert (store != NULL && self != NULL);
    *self = NULL;
    mst_carry_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    fresh->fed = fed;
    fresh->store = store;
    fresh->describe_interval_ns = CARRY_DESCRIBE_NS;
    mst_err_t err = mst_interaction_find (fed, "MusterState", &fresh->class_of);
    if (err == MST_E_INTERACTION_UNKNOWN)
        (void) base_error_prefix (err, "the object model lacks mst_carry_module (): ");
    if (!err)
        err = mst_parameter_find (fed, fresh->class_of, "Message", &fresh->data);
    if (!err)
        err = mst_publish_interaction (fed, fresh->class_of);
    if (!err)
        err = mst_subscribe_interaction (fed, fresh->class_of);
    fresh->greet_interval_ns = CARRY_GREET_FIRST_NS; /* the first turn greets */
    if (err)
        mst_carry_destroy (&fresh);
    *self = fresh;
    return err;
}

void mst_carry_destroy (mst_carry_t **self)
{
    base_assert (self != NULL);
    if (!*self)
        return;
    BASE_LIST_FINI (&(*self)->peers);
    BASE_LIST_FINI (&(*self)->greetings);
    base_free (*self);
    *self = NULL;
}
