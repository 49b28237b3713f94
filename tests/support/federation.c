#include "tests/support/federation.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTE(name, transport, order)                                                          \
    "<attribute><name>" name "</name><dataType>HLAopaqueData</dataType><transportation>" transport \
    "</transportation><order>" order "</order></attribute>"

static const char model[] =
    "<objectModel><objects><objectClass><name>HLAobjectRoot</name>"
    "<objectClass><name>Body</name>" ATTRIBUTE ("Place", "HLAreliable", "TimeStamp") ATTRIBUTE (
        "Mass", "HLAreliable", "Receive")
        ATTRIBUTE ("Glow", "HLAbestEffort", "Receive") "<objectClass><name>Comet</name>" ATTRIBUTE (
            "Tail", "HLAreliable",
            "TimeStamp") "</objectClass></objectClass></objectClass></objects>"
                         "<interactions><interactionClass><name>HLAinteractionRoot</name>"
                         "<interactionClass><name>Note</name><transportation>HLAreliable</"
                         "transportation>"
                         "<order>TimeStamp</order><parameter><name>Text</"
                         "name><dataType>HLAopaqueData</dataType>"
                         "</parameter><interactionClass><name>Alarm</"
                         "name><transportation>HLAreliable</transportation>"
                         "<order>TimeStamp</order></interactionClass></interactionClass>"
                         "<interactionClass><name>Chat</name><transportation>HLAreliable</"
                         "transportation>"
                         "<order>Receive</order><parameter><name>Text</"
                         "name><dataType>HLAopaqueData</dataType>"
                         "</parameter></interactionClass></interactionClass></interactions></"
                         "objectModel>";

/*  Text ---------------------------------------------------------------------------------------- */

static void say (federation_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void say (federation_t *self, const char *format, ...)
{
    char line[1024];
    va_list args;

    if (self->quiet)
        return;
    va_start (args, format);
    int size = vsnprintf (line, sizeof line, format, args);
    va_end (args);
    size_t length = size < (int) sizeof line ? (size_t) size : sizeof line - 1;
    self->trace = realloc (self->trace, self->trace_bytes + length + 1);
    memcpy (self->trace + self->trace_bytes, line, length + 1);
    self->trace_bytes += length;
}

void federation_forget (federation_t *self)
{
    free (self->trace);
    self->trace = NULL;
    self->trace_bytes = 0;
}

/*  "LIMIT" for MST_E_LIMIT. */
static const char *short_name (mst_err_t err)
{
    const char *name = mst_error_name (err);
    return strncmp (name, "MST_E_", 6) == 0 ? name + 6 : name;
}

static mst_err_t note (federation_t *self, federation_member_t *member, mst_err_t err)
{
    if (!err)
        return MST_OK;
    member->err = err;
    say (self, "%s! %s: %s\n", member->name, short_name (err), mst_error_text ());
    return err;
}

/*  Pipes --------------------------------------------------------------------------------------- */

static void put (federation_pipe_t *pipe, federation_bytes_t bytes, const void *data,
                 size_t size_bytes)
{
    if (pipe->count == pipe->capacity) {
        pipe->capacity = pipe->capacity ? 2 * pipe->capacity : 8;
        pipe->items = realloc (pipe->items, pipe->capacity * sizeof *pipe->items);
    }
    if (data) {
        bytes.data = malloc (size_bytes ? size_bytes : 1);
        memcpy (bytes.data, data, size_bytes);
        bytes.size_bytes = size_bytes;
    }
    pipe->items[pipe->count++] = bytes;
}

static federation_bytes_t take (federation_pipe_t *pipe)
{
    federation_bytes_t first = pipe->items[0];
    memmove (pipe->items, pipe->items + 1, --pipe->count * sizeof *pipe->items);
    return first;
}

void federation_drop (federation_pipe_t *pipe)
{
    while (pipe->count > 0)
        free (take (pipe).data);
}

static void pipe_fini (federation_pipe_t *pipe)
{
    federation_drop (pipe);
    free (pipe->items);
}

int federation_index (const federation_t *self, const char *name)
{
    for (int i = FEDERATION_MEMBERS; i-- > 0;)
        if (self->members[i].name && strcmp (self->members[i].name, name) == 0)
            return i;
    return -1;
}

static federation_member_t *member_of (federation_t *self, const char *name)
{
    int index = federation_index (self, name);
    base_assert (index >= 0);
    return &self->members[index];
}

federate_core_t *federation_core (const federation_t *self, const char *name)
{
    int index = federation_index (self, name);
    base_assert (index >= 0);
    return self->members[index].core;
}

federate_state_t federation_state (const federation_t *self, const char *name)
{
    federate_state_t state;
    federate_core_state (federation_core (self, name), &state);
    return state;
}

federation_pipe_t *federation_data (federation_t *self, const char *from, const char *to)
{
    return &self->there[federation_index (self, from)][federation_index (self, to)];
}

federation_pipe_t *federation_up (federation_t *self, const char *name)
{
    return &self->there[federation_index (self, name)][FEDERATION_RTI];
}

federation_pipe_t *federation_down (federation_t *self, const char *name)
{
    return &self->there[FEDERATION_RTI][federation_index (self, name)];
}

/*  At the RTI ---------------------------------------------------------------------------------- */

static int by_connection (const federation_t *self, uint64_t connection)
{
    for (int i = 0; i < FEDERATION_MEMBERS; i++)
        if (self->members[i].connection == connection && connection != 0)
            return i;
    return -1;
}

static void rti_step (federation_t *self, rti_event_t event);

static void rti_close (federation_t *self, uint64_t connection)
{
    int of = by_connection (self, connection);

    if (of >= 0) {
        self->members[of].connection = 0;
        put (&self->there[FEDERATION_RTI][of],
             (federation_bytes_t){ .from = FEDERATION_RTI, .to = of }, NULL, 0);
    }
    rti_step (self,
              (rti_event_t){ .kind = RTI_EVENT_LOST, .connection = connection, .text = "closed" });
}

/*  What a daemon does; short of memory it lets time pass and goes on. */
static void rti_step (federation_t *self, rti_event_t event)
{
    uint64_t closes[16];

    event.now_ns = self->now_ns;
    mst_err_t err = rti_core_step (self->rti, &event, &self->effects);
    for (int tries = 0; err == MST_E_NO_MEMORY && tries < 3; tries++) {
        rti_event_t tick = { .kind = RTI_EVENT_TICK, .now_ns = self->now_ns };
        err = rti_core_step (self->rti, &tick, &self->effects);
    }
    for (size_t i = 0; i < self->effects.send_count; i++) {
        const rti_send_t *sent = &self->effects.sends.items[i];
        int to = by_connection (self, sent->connection);
        if (to >= 0 && sent->bytes.size_bytes > 0)
            put (&self->there[FEDERATION_RTI][to],
                 (federation_bytes_t){ .from = FEDERATION_RTI, .to = to }, sent->bytes.data,
                 sent->bytes.size_bytes);
    }
    size_t count = self->effects.closes.count < 16 ? self->effects.closes.count : 16;
    for (size_t i = 0; i < count; i++)
        closes[i] = self->effects.closes.items[i];
    rti_effects_clear (&self->effects);
    for (size_t i = 0; i < count; i++)
        rti_close (self, closes[i]);
}

static void at_rti (federation_t *self, federation_bytes_t *bytes)
{
    if (bytes->data)
        rti_step (self, (rti_event_t){ .kind = RTI_EVENT_MESSAGE,
                                       .connection = bytes->connection,
                                       .data = bytes->data,
                                       .size_bytes = bytes->size_bytes });
    else
        rti_step (self, (rti_event_t){ .kind = RTI_EVENT_LOST,
                                       .connection = bytes->connection,
                                       .text = "the process is gone" });
}

void federation_tick (federation_t *self, int64_t step_ns)
{
    self->now_ns += step_ns;
    rti_step (self, (rti_event_t){ .kind = RTI_EVENT_TICK });
}

/*  At a federate ------------------------------------------------------------------------------- */

typedef struct parcel {
    federation_member_t *owner;
    uint8_t data[];
} parcel_t;

static mst_err_t hand_peer (federation_member_t *member, const federation_bytes_t *bytes)
{
    parcel_t *parcel = malloc (sizeof *parcel + bytes->size_bytes);
    parcel->owner = member;
    memcpy (parcel->data, bytes->data, bytes->size_bytes);
    member->parcels++;
    mst_err_t err = federate_core_from_peer (member->core, bytes->connection, parcel->data,
                                             bytes->size_bytes, parcel);
    if (err == MST_E_NO_MEMORY) { /* not taken */
        member->parcels--;
        free (parcel);
    }
    return err;
}

static void at_federate (federation_t *self, const federation_bytes_t *bytes)
{
    federation_member_t *member = &self->members[bytes->to];

    if (!member->core)
        return;
    if (bytes->from == FEDERATION_RTI && !bytes->data)
        federate_core_rti_lost (member->core, "the RTI closed the connection");
    else if (bytes->from == FEDERATION_RTI)
        (void) note (self, member,
                     federate_core_from_rti (member->core, bytes->data, bytes->size_bytes));
    else if (!bytes->data)
        (void) note (self, member,
                     federate_core_connection_closed (member->core, bytes->connection));
    else
        (void) note (self, member, hand_peer (member, bytes));
}

static void at_route (federation_t *self, const federation_bytes_t *bytes, int from, int to)
{
    federation_member_t *member = &self->members[from];

    if (member->core && self->route[from][to] == bytes->connection)
        (void) note (self, member,
                     federate_core_from_route (member->core, self->members[to].handle, bytes->data,
                                               bytes->size_bytes));
}

static bool pipe_place (const federation_t *self, const federation_pipe_t *pipe, int *from, int *to)
{
    ptrdiff_t at = pipe - &self->back[0][0];
    *from = (int) (at / FEDERATION_MEMBERS);
    *to = (int) (at % FEDERATION_MEMBERS);
    return pipe >= &self->back[0][0] && at < FEDERATION_MEMBERS * FEDERATION_MEMBERS;
}

bool federation_move (federation_t *self, federation_pipe_t *pipe)
{
    int from, to;

    if (pipe->count == 0)
        return false;
    federation_bytes_t bytes = take (pipe);
    if (pipe_place (self, pipe, &from, &to))
        at_route (self, &bytes, from, to);
    else if (bytes.to == FEDERATION_RTI)
        at_rti (self, &bytes);
    else
        at_federate (self, &bytes);
    free (bytes.data);
    return true;
}

/*  Effects ------------------------------------------------------------------------------------- */

static int by_handle (const federation_t *self, uint32_t handle)
{
    for (int i = 0; i < FEDERATION_MEMBERS; i++)
        if (self->members[i].handle == handle && handle != 0)
            return i;
    return -1;
}

static void route_open (federation_t *self, int from, const federate_effect_t *effect)
{
    int to = by_handle (self, effect->peer);

    if (to >= 0 && self->members[to].core && !self->refused[from][to]) {
        self->route[from][to] = ++self->connections;
        return;
    }
    (void) note (self, &self->members[from],
                 federate_core_route_failed (self->members[from].core, effect->peer,
                                             "it cannot be reached"));
}

static void answer (federation_t *self, int of, const federate_effect_t *effect)
{
    for (int from = 0; from < FEDERATION_MEMBERS; from++)
        if (self->route[from][of] == effect->connection && effect->connection != 0)
            put (&self->back[from][of],
                 (federation_bytes_t){ .connection = effect->connection, .from = of, .to = from },
                 effect->bytes.data, effect->bytes.size_bytes);
}

static void carry_out (federation_t *self, int of, const federate_effect_t *effect)
{
    int to = by_handle (self, effect->peer);
    parcel_t *parcel = effect->owner;

    switch (effect->kind) {
    case FEDERATE_OPEN_ROUTE: route_open (self, of, effect); break;
    case FEDERATE_SEND_ROUTE:
    case FEDERATE_CLOSE_ROUTE:
        if (to < 0 || self->route[of][to] == 0)
            break;
        put (&self->there[of][to],
             (federation_bytes_t){ .connection = self->route[of][to], .from = of, .to = to },
             effect->bytes.data, effect->bytes.size_bytes);
        if (effect->kind == FEDERATE_CLOSE_ROUTE)
            self->route[of][to] = 0;
        break;
    case FEDERATE_ANSWER: answer (self, of, effect); break;
    case FEDERATE_GIVE_UP: break;
    case FEDERATE_RELEASE:
        base_assert (parcel->owner == &self->members[of] && parcel->owner->parcels > 0);
        parcel->owner->parcels--;
        free (parcel);
        break;
    }
}

static void carry_out_all (federation_t *self, int of)
{
    federation_member_t *member = &self->members[of];
    federate_effects_t *effects = federate_core_effects (member->core);

    for (size_t i = 0; i < effects->count; i++) { /* carrying out may append */
        federate_effect_t effect = effects->items[i];
        carry_out (self, of, &effect);
    }
    federate_core_effects_done (member->core);
}

void federation_carry_out (federation_t *self)
{
    for (int i = 0; i < FEDERATION_MEMBERS; i++) {
        federation_member_t *member = &self->members[i];
        if (!member->core)
            continue;
        (void) note (self, member, federate_core_flush (member->core));
        carry_out_all (self, i);
        federate_state_t state;
        federate_core_state (member->core, &state);
        if (state.lost && member->connection != 0) { /* whoever lost it: the RTI shall know */
            put (&self->there[i][FEDERATION_RTI],
                 (federation_bytes_t){
                     .connection = member->connection, .from = i, .to = FEDERATION_RTI },
                 NULL, 0);
            member->connection = 0;
        }
        base_buffer_t *outbox = federate_core_outbox (member->core);
        if (outbox->size_bytes > 0 && member->connection != 0)
            put (&self->there[i][FEDERATION_RTI],
                 (federation_bytes_t){
                     .connection = member->connection, .from = i, .to = FEDERATION_RTI },
                 outbox->data, outbox->size_bytes);
        base_buffer_clear (outbox);
    }
}

/*  Callbacks ----------------------------------------------------------------------------------- */

static const char *object_text (const federation_t *self, mst_object_t object, char room[64])
{
    int of = by_handle (self, (uint32_t) (object.id >> 40));
    (void) snprintf (room, 64, "%s.%" PRIu64, of >= 0 ? self->members[of].name : "?",
                     object.id & ((UINT64_C (1) << 40) - 1));
    return room;
}

static void say_time (federation_t *self, mst_time_t time)
{
    if (time != MST_TIME_NONE)
        say (self, " @%" PRId64, time);
}

static void say_reception (federation_t *self, const char *what, const mst_reception_t *reception)
{
    char room[64];

    if (reception->object.id)
        say (self, "%s %s", what, object_text (self, reception->object, room));
    else
        say (self, "%s %u", what, reception->interaction.id);
    for (size_t i = 0; i < reception->value_count; i++) {
        const mst_value_t *value = &reception->values[i];
        say (self, " %u=%.*s", value->handle, value->size_bytes < 40 ? (int) value->size_bytes : 40,
             (const char *) value->data);
    }
    say_time (self, reception->time);
    say (self, "%s\n",
         reception->time != MST_TIME_NONE && reception->order == MST_ORDER_RECEIVE ? " RO" : "");
}

static void say_migration (federation_t *self, const char *what, const mst_migration_t *migration)
{
    char room[64];
    say (self, "%s %s @%" PRId64 " epoch %u", what, object_text (self, migration->object, room),
         migration->cut, migration->epoch);
    if (migration->state_size_bytes > 0)
        say (self, " %.*s", (int) migration->state_size_bytes, (const char *) migration->state);
    say (self, "%s%s\n", migration->reason && *migration->reason ? ": " : "",
         migration->reason ? migration->reason : "");
}

static void say_ownership (federation_t *self, const char *what, const mst_ownership_t *ownership)
{
    char room[64];
    say (self, "%s %s 0x%" PRIx64 "\n", what, object_text (self, ownership->object, room),
         ownership->attributes);
}

static void say_delivery (federation_t *self, const federate_delivery_t *what)
{
    char room[64];

    switch ((int) what->kind) {
    case FEDERATE_DISCOVERED:
        say (self, "discovered %s of %u\n", what->discovery.name, what->discovery.object_class.id);
        break;
    case FEDERATE_REFLECTED: say_reception (self, "reflected", &what->reception); break;
    case FEDERATE_RECEIVED: say_reception (self, "received", &what->reception); break;
    case FEDERATE_REMOVED: say_reception (self, "removed", &what->reception); break;
    case FEDERATE_PROVIDE_UPDATE:
        say (self, "provide %s\n", object_text (self, what->object, room));
        break;
    case FEDERATE_REGULATION_ENABLED: say (self, "regulates @%" PRId64 "\n", what->time); break;
    case FEDERATE_CONSTRAINED_ENABLED: say (self, "constrained @%" PRId64 "\n", what->time); break;
    case FEDERATE_GRANTED: say (self, "granted @%" PRId64 "\n", what->time); break;
    case FEDERATE_FLUSHED:
        say (self, "flushed @%" PRId64 " optimistic @%" PRId64 "\n", what->time, what->optimistic);
        break;
    case FEDERATE_RETRACTED:
        say (self, "retracted %s @%" PRId64 "\n", what->retracted.sender_name,
             what->retracted.time);
        break;
    case FEDERATE_POINT_ANNOUNCED: say (self, "announced %s\n", what->text); break;
    case FEDERATE_SYNCHRONIZED: say (self, "synchronized %s\n", what->text); break;
    case FEDERATE_MIGRATED_IN: say_migration (self, "migrated in", &what->migration); break;
    case FEDERATE_MIGRATED_OUT: say_migration (self, "migrated out", &what->migration); break;
    case FEDERATE_MIGRATION_ABORTED:
        say_migration (self, "migration aborted", &what->migration);
        break;
    case FEDERATE_ASSUMPTION_REQUESTED: say_ownership (self, "assume", &what->ownership); break;
    case FEDERATE_ACQUIRED: say_ownership (self, "acquired", &what->ownership); break;
    case FEDERATE_RELEASE_REQUESTED: say_ownership (self, "release", &what->ownership); break;
    case FEDERATE_UNAVAILABLE: say_ownership (self, "unavailable", &what->ownership); break;
    case FEDERATE_LOST:
        say (self, "lost %s", what->text);
        say_time (self, what->time == INT64_MAX ? MST_TIME_NONE : what->time);
        say (self, ": %s\n", what->reason);
        break;
    case FEDERATE_REFUSED:
        say (self, "refused %s: %s\n", short_name (what->err), what->text);
        break;
    case FEDERATE_JOINED: say (self, "joined %s\n", what->text); break;
    case FEDERATE_RESIGNED: say (self, "resigned %s\n", what->text); break;
    case FEDERATE_NAME_RESERVED:
        say (self, "name %s %s\n", what->text, what->succeeded ? "reserved" : "in use");
        break;
    case FEDERATE_CONNECTION_LOST: say (self, "connection lost: %s\n", what->text); break;
    default: say (self, "kind %d\n", (int) what->kind); break;
    }
}

static bool see_reply (federation_t *self, federation_member_t *member)
{
    federate_reply_t reply;

    if (member->told_of_reply || !federate_core_reply (member->core, member->join_request, &reply))
        return false;
    member->told_of_reply = true;
    if (reply.err)
        say (self, "%s! %s: %s\n", member->name, short_name (reply.err), reply.text);
    base_free (reply.text);
    base_free (reply.result);
    federate_state_t state;
    federate_core_state (member->core, &state);
    member->handle = state.self;
    return true;
}

bool federation_tell (federation_t *self, int of)
{
    federation_member_t *member = &self->members[of];
    federate_delivery_t what;
    bool any = see_reply (self, member);

    for (;;) {
        if (note (self, member, federate_core_next (member->core, &what)) ||
            what.kind == FEDERATE_NOTHING)
            return any;
        any = true;
        say (self, "%s: ", member->name);
        say_delivery (self, &what);
    }
}

static bool pump_pipes (federation_t *self)
{
    bool any = false;

    for (int from = 0; from <= FEDERATION_RTI; from++)
        for (int to = 0; to <= FEDERATION_RTI; to++)
            while (!self->there[from][to].held && federation_move (self, &self->there[from][to]))
                any = true;
    for (int from = 0; from < FEDERATION_MEMBERS; from++)
        for (int to = 0; to < FEDERATION_MEMBERS; to++)
            while (!self->back[from][to].held && federation_move (self, &self->back[from][to]))
                any = true;
    return any;
}

void federation_pump (federation_t *self)
{
    bool more = true;

    for (int turns = 0; more; turns++) {
        base_assert (turns < 1000);
        federation_carry_out (self);
        more = pump_pipes (self);
        for (int i = 0; i < FEDERATION_MEMBERS; i++)
            if (self->members[i].core && !self->members[i].silent)
                more = federation_tell (self, i) || more;
    }
}

/*  Lives --------------------------------------------------------------------------------------- */

static void member_end (federation_t *self, int of)
{
    federation_member_t *member = &self->members[of];

    if (!member->core)
        return;
    federate_core_abandon (member->core);
    federate_effects_t *effects;
    while ((effects = federate_core_effects (member->core))->count >
           0) { /* short of memory, in parts */
        for (size_t i = 0; i < effects->count; i++)
            if (effects->items[i].kind == FEDERATE_RELEASE)
                carry_out (self, of, &effects->items[i]);
        federate_core_effects_done (member->core);
    }
    federate_core_destroy (&member->core);
    base_assert (member->parcels == 0);
}

void federation_kill (federation_t *self, const char *name)
{
    int of = federation_index (self, name);

    base_assert (of >= 0);
    member_end (self, of);
    put (&self->there[of][FEDERATION_RTI],
         (federation_bytes_t){
             .connection = self->members[of].connection, .from = of, .to = FEDERATION_RTI },
         NULL, 0);
    self->members[of].connection = 0;
    for (int to = 0; to < FEDERATION_MEMBERS; to++)
        if (self->route[of][to] != 0) {
            put (&self->there[of][to],
                 (federation_bytes_t){ .connection = self->route[of][to], .from = of, .to = to },
                 NULL, 0);
            self->route[of][to] = 0;
        }
}

mst_err_t federation_init (federation_t *self, const rti_options_t *options)
{
    return federation_init_model (self, options, model);
}

/*  The creator is a connection that does nothing else. */
mst_err_t federation_init_model (federation_t *self, const rti_options_t *options, const char *xml)
{
    wire_module_item_t module = { .form = WIRE_MODULE_FILE,
                                  .name = { "bodies.xml", 10 },
                                  .content = { (const uint8_t *) xml, strlen (xml) } };
    wire_create_federation_execution_t create = { { "world", 5 }, { &module, 1 } };
    wire_up_t up = { .sequence = 1 };
    base_buffer_t frame;
    size_t start = 0;

    *self = (federation_t){ .connections = 0 };
    rti_effects_init (&self->effects);
    base_buffer_init (&frame);
    mst_err_t err = rti_core_new (options, &self->rti);
    if (!err)
        err = wire_frame_begin (&frame, &start);
    if (!err)
        err = wire_up_write (&frame, &up);
    if (!err)
        err = wire_service_encode (WIRE_SERVICE_CREATE_FEDERATION_EXECUTION, &create, &frame);
    if (!err)
        err = wire_frame_end (&frame, start, WIRE_SERVICE_CREATE_FEDERATION_EXECUTION,
                              WIRE_FLAG_REPLY_WANTED, 1);
    if (!err)
        rti_step (self, (rti_event_t){ .kind = RTI_EVENT_MESSAGE,
                                       .connection = ++self->connections,
                                       .data = frame.data,
                                       .size_bytes = frame.size_bytes });
    base_buffer_fini (&frame);
    return err;
}

void federation_fini (federation_t *self)
{
    for (int i = 0; i < FEDERATION_MEMBERS; i++)
        member_end (self, i);
    for (int from = 0; from <= FEDERATION_RTI; from++)
        for (int to = 0; to <= FEDERATION_RTI; to++)
            pipe_fini (&self->there[from][to]);
    for (int from = 0; from < FEDERATION_MEMBERS; from++)
        for (int to = 0; to < FEDERATION_MEMBERS; to++)
            pipe_fini (&self->back[from][to]);
    rti_core_destroy (&self->rti);
    rti_effects_fini (&self->effects);
    federation_forget (self);
}

mst_err_t federation_join (federation_t *self, const char *name, const federate_options_t *options)
{
    federate_options_t chosen = options ? *options : (federate_options_t){ 0 };
    const char *endpoint = name;
    int of = 0;

    while (of < FEDERATION_MEMBERS && self->members[of].name)
        of++;
    base_assert (of < FEDERATION_MEMBERS);
    federation_member_t *member = &self->members[of];
    *member = (federation_member_t){ .name = name, .connection = ++self->connections };
    chosen.host = "here";
    mst_err_t err = federate_core_new (&chosen, &member->core);
    if (err)
        return err;
    federate_join_t join = { "world", name, "test", &endpoint, 1 };
    return note (self, member, federate_core_join (member->core, &join, &member->join_request));
}

/*  Calls --------------------------------------------------------------------------------------- */

mst_err_t federation_say (federation_t *self, const char *name, mst_err_t err)
{
    return note (self, member_of (self, name), err);
}

void federation_declare (federation_t *self, const char *name, uint64_t publish, uint64_t subscribe)
{
    federate_core_t *core = federation_core (self, name);

    if (publish) {
        (void) federation_say (self, name,
                               federate_core_publish (core, FED_BODY, publish, true, NULL));
        (void) federation_say (self, name,
                               federate_core_publish_interaction (core, FED_ALARM, true, NULL));
        (void) federation_say (self, name,
                               federate_core_publish_interaction (core, FED_CHAT, true, NULL));
    }
    if (subscribe) {
        (void) federation_say (self, name,
                               federate_core_subscribe (core, FED_BODY, subscribe, true, NULL));
        (void) federation_say (self, name,
                               federate_core_subscribe_interaction (core, FED_NOTE, true, NULL));
        (void) federation_say (self, name,
                               federate_core_subscribe_interaction (core, FED_CHAT, true, NULL));
    }
}

mst_object_t federation_register (federation_t *self, const char *name, uint32_t class_handle)
{
    mst_object_t object = { 0 };
    (void) federation_say (
        self, name,
        federate_core_register (federation_core (self, name), class_handle, NULL, &object));
    return object;
}

mst_err_t federation_update (federation_t *self, const char *name, mst_object_t object,
                             uint32_t attribute, const char *text, mst_time_t time)
{
    mst_value_t value = { attribute, (uint32_t) strlen (text), text };
    return federation_say (
        self, name,
        federate_core_update (federation_core (self, name), object, &value, 1, time, NULL));
}

mst_err_t federation_send (federation_t *self, const char *name, uint32_t interaction,
                           const char *text, mst_time_t time)
{
    mst_value_t value = { 1, (uint32_t) strlen (text), text };
    return federation_say (self, name,
                           federate_core_send (federation_core (self, name),
                                               (mst_interaction_class_t){ interaction }, &value, 1,
                                               time, NULL));
}

mst_err_t federation_advance (federation_t *self, const char *name, uint8_t kind, mst_time_t to)
{
    return federation_say (self, name,
                           federate_core_advance (federation_core (self, name), kind, to));
}

void federation_time_on (federation_t *self, const char *name, mst_time_t lookahead)
{
    (void) federation_say (
        self, name, federate_core_enable_regulation (federation_core (self, name), lookahead));
    federation_pump (self);
    (void) federation_say (self, name,
                           federate_core_enable_constrained (federation_core (self, name)));
    federation_pump (self);
}

mst_err_t federation_resign (federation_t *self, const char *name, mst_resign_t action)
{
    uint32_t request;
    return federation_say (self, name,
                           federate_core_resign (federation_core (self, name), action, &request));
}
