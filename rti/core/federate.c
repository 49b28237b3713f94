/*  Joining: a name, a handle that is never used again, and introductions all round before the
 * answer. */
#include "rti/core/state.h"

#include <stdio.h>
#include <string.h>

rti_federate_t *rti_federate_find (const rti_federation_t *self, uint64_t handle)
{
    uint64_t slot;
    base_assert (self != NULL);
    if (handle == 0 || !base_map_get (&self->slot_of, handle, &slot))
        return NULL;
    base_assert (slot < self->slots.count);
    return self->slots.items[slot].federate;
}

rti_federate_t *rti_federate_named (const rti_federation_t *self, wire_text_t name)
{
    uint64_t handle;
    base_assert (self->core != NULL);
    if (!name.data || !base_names_get (&self->federate_names, name.data, name.size_bytes, &handle))
        return NULL;
    rti_federate_t *federate = rti_federate_find (self, handle);
    base_assert (federate != NULL);
    return federate;
}

mst_err_t rti_federate_mark (rti_federate_t *self, uint32_t peer, uint64_t sequence)
{
    static const rti_sent_t none = { 0, 0 };
    uint64_t slot;
    base_assert (self->federation != NULL);
    base_assert (self != NULL);
    if (!base_map_get (&self->federation->slot_of, peer, &slot))
        return MST_OK; /* it left meanwhile */
    while (self->sent.count <= slot)
        if (BASE_LIST_PUSH (&self->sent, none))
            return MST_E_NO_MEMORY;
    if (self->sent.items[slot].marked < sequence)
        self->sent.items[slot].marked = sequence;
    return MST_OK;
}

uint64_t rti_federate_marked (const rti_federate_t *self, const rti_federate_t *peer)
{
    base_assert (self->federation != NULL);
    base_assert (self != NULL && peer != NULL);
    return peer->slot < self->sent.count ? self->sent.items[peer->slot].marked : 0;
}

void rti_federate_free (rti_federate_t *self)
{
    if (!self)
        return;
    if (self->link)
        self->link->federate = NULL;
    for (int kind = 0; kind < RTI_KINDS; kind++)
        base_free (self->declared[kind]);
    BASE_LIST_FINI (&self->sent);
    BASE_LIST_FINI (&self->votes);
    BASE_LIST_FINI (&self->handed);
    BASE_LIST_FINI (&self->probes);
    base_buffer_fini (&self->introduction);
    base_buffer_fini (&self->records);
    base_free (self->counters.place);
    base_free (self->name);
    base_free (self->type);
    base_free (self);
}

void rti_slot_free (rti_federation_t *self, uint32_t slot)
{
    base_assert (slot < self->slots.count);
    base_assert (self->slots.items[slot].federate == NULL);
    (void) base_map_remove (&self->slot_of, self->slots.items[slot].handle);
    self->slots.items[slot].handle = 0;
}

/*  Joining ----------------------------------------------------------------------------------- */

/*  The finaliser of splitmix64 (Steele, Lea, Flood 2014): tokens that nobody guesses without the
 * seed. */
static uint64_t rti_mix (uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rti_token (const rti_federation_t *self, uint32_t incarnation)
{
    base_assert (self->core != NULL);
    uint64_t token = rti_mix (rti_mix (self->core->options.seed ^ rti_mix (self->number)) ^
                              rti_mix (incarnation));
    return token ? token : 1;
}

static mst_err_t rti_join_check (const rti_call_t *call, const wire_join_t *args,
                                 rti_federation_t **federation)
{
    base_assert (call->core != NULL && call->link != NULL);
    base_assert (args != NULL);
    if (call->federate)
        return base_error (MST_E_ALREADY_JOINED,
                           "this connection is federate \"%s\" of \"%s\": resign first, or use "
                           "another connection",
                           call->federate->name, call->federation->name);
    *federation = rti_federation_find (call->core, args->federation);
    if (!*federation)
        return base_error (MST_E_FEDERATION_UNKNOWN,
                           "there is no federation execution \"%.*s\" to join: create it first",
                           RTI_SHOW (args->federation));
    if (args->modules.count > 0)
        return base_error (MST_E_NOT_SUPPORTED,
                           "object models at join are not supported yet: give all modules when "
                           "\"%s\" is created",
                           (*federation)->name);
    mst_err_t err = args->federate_name.size_bytes > 0
                        ? rti_name_check ("a federate", args->federate_name)
                        : MST_OK;
    if (!err && args->federate_type.size_bytes > 0)
        err = rti_name_check ("a federate's type", args->federate_type);
    if (err)
        return err;
    if (args->endpoints.count > RTI_ENDPOINTS)
        return base_error (MST_E_LIMIT, "%llu endpoints are given; limits.endpoints is %d",
                           (unsigned long long) args->endpoints.count, RTI_ENDPOINTS);
    if ((*federation)->members.count >= call->core->options.federates_max)
        return base_error (MST_E_LIMIT, "limits.federates (%u) of \"%s\" is reached",
                           call->core->options.federates_max, (*federation)->name);
    return MST_OK;
}

/*  Who joins without a name is called by its type and a number. */
static mst_err_t rti_join_name (rti_federate_t *self, const wire_join_t *args)
{
    char name[RTI_NAME_BYTES + 16];

    base_assert (self->federation != NULL);
    base_assert (args != NULL);
    if (args->federate_name.size_bytes > 0) {
        self->name = rti_text_copy (args->federate_name);
    } else {
        (void) snprintf (name, sizeof name, "%.*s-%u", (int) args->federate_type.size_bytes,
                         args->federate_type.size_bytes ? args->federate_type.data : "",
                         self->handle);
        self->name = base_strdup (name);
    }
    self->type = rti_text_copy (args->federate_type);
    if (!self->name || !self->type)
        return base_alloc_error ();
    const rti_federate_t *other = rti_federate_named (self->federation, rti_text (self->name));
    if (other)
        return base_error (MST_E_FEDERATE_NAME_IN_USE,
                           "federate name \"%s\" is in use in \"%s\" (type \"%s\"): choose another",
                           self->name, self->federation->name, other->type);
    return MST_OK;
}

static mst_err_t rti_join_introduction (rti_federate_t *self, const wire_join_t *args)
{
    base_assert (self->federation != NULL);
    wire_introduce_t introduce = { .federate = self->handle,
                                   .federate_name = rti_text (self->name),
                                   .federate_type = rti_text (self->type),
                                   .incarnation = self->incarnation,
                                   .token = self->token,
                                   .host = args->host,
                                   .endpoints = args->endpoints,
                                   .flags = self->flags };
    base_assert (self->introduction.size_bytes == 0);
    return wire_service_encode (WIRE_SERVICE_INTRODUCE, &introduce, &self->introduction);
}

static mst_err_t rti_join_new (rti_call_t *call, rti_federation_t *federation,
                               const wire_join_t *args, rti_federate_t **self_p)
{
    base_assert (call->core != NULL && call->link != NULL);
    base_assert (federation->core != NULL);
    const fom_tree_t *trees[RTI_KINDS] = { &federation->model->objects,
                                           &federation->model->interactions };
    rti_federate_t *self = base_calloc (1, sizeof *self);
    *self_p = self;
    if (!self)
        return base_alloc_error ();
    self->federation = federation;
    self->handle = federation->last_handle + 1;
    self->incarnation = call->core->incarnation + 1;
    self->token = rti_token (federation, self->incarnation);
    self->flags = (uint32_t) args->flags & (RTI_FLAG_RECORDER | RTI_FLAG_ROUTED);
    self->queue_min = TIMEMGMT_KEY_MAX;
    self->records_due_ns = INT64_MAX;
    self->time_ns = call->core->now_ns;
    self->counters = (rti_counters_t){ .told_ns = INT64_MIN, .asked_ns = INT64_MIN };
    self->directive = federation->directive;
    for (int kind = 0; kind < RTI_KINDS; kind++) {
        self->declared[kind] = base_calloc (trees[kind]->count, sizeof (rti_declared_t));
        if (!self->declared[kind])
            return base_alloc_error ();
    }
    mst_err_t err = rti_join_name (self, args);
    return err ? err : rti_join_introduction (self, args);
}

/*  A free slot: the lowest one, so that tables stay small. */
static uint32_t rti_slot_choose (const rti_federation_t *self)
{
    uint32_t slot = 0;
    base_assert (self->core != NULL);
    while (slot < self->slots.count && self->slots.items[slot].handle != 0)
        slot++;
    return slot;
}

/*  Everything that can fail, in an order that can be taken back. */
static mst_err_t rti_join_enter (rti_federation_t *federation, rti_federate_t *self)
{
    base_assert (federation->core != NULL);
    base_assert (self->federation != NULL);
    self->slot = rti_slot_choose (federation);
    mst_err_t err = rti_points_room (federation);
    if (!err)
        err = BASE_LIST_ROOM (&federation->members);
    if (!err)
        err = BASE_LIST_ROOM (&federation->recorders);
    if (!err && self->slot == federation->slots.count)
        err = BASE_LIST_ROOM (&federation->slots);
    if (!err)
        err = base_map_set (&federation->slot_of, self->handle, self->slot);
    if (err)
        return err;
    err =
        base_names_set (&federation->federate_names, self->name, strlen (self->name), self->handle);
    if (!err) {
        err = timemgmt_bounds_add (federation->bounds, self->slot, TIMEMGMT_KEY_INITIAL);
        if (err)
            (void) base_names_remove (&federation->federate_names, self->name, strlen (self->name));
    }
    if (err)
        (void) base_map_remove (&federation->slot_of, self->handle);
    return err;
}

static void rti_member_insert (rti_federation_t *federation, rti_federate_t *self)
{
    size_t at = federation->members.count;

    base_assert (federation->core != NULL);
    base_assert (federation->members.capacity > federation->members.count);
    while (at > 0 && strcmp (federation->members.items[at - 1]->name, self->name) > 0) {
        federation->members.items[at] = federation->members.items[at - 1];
        at--;
    }
    federation->members.items[at] = self;
    federation->members.count++;
}

/*  Nothing can fail from here on. */
static void rti_join_commit (rti_call_t *call, rti_federation_t *federation, rti_federate_t *self)
{
    rti_slot_t slot = { self->handle, self };

    base_assert (call->core != NULL && call->link != NULL);
    base_assert (federation->core != NULL);
    if (self->slot == federation->slots.count)
        BASE_LIST_PUT (&federation->slots, slot);
    else
        federation->slots.items[self->slot] = slot;
    BASE_LIST_EACH (&federation->members, i) {
        rti_federate_t *other = federation->members.items[i];
        if (self->slot < other->sent.count)
            other->sent.items[self->slot] = (rti_sent_t){ 0, 0 }; /* the slot's former holder */
    }
    rti_member_insert (federation, self);
    federation->last_handle = self->handle;
    if ((self->flags & RTI_FLAG_RECORDER) != 0)
        BASE_LIST_PUT (&federation->recorders, self);
    call->core->incarnation = self->incarnation;
    self->link = call->link;
    call->link->federate = self;
    rti_points_join (self);
}

static void rti_join_introduce (rti_federation_t *federation, rti_federate_t *self)
{
    rti_core_t *core = federation->core;

    base_assert (federation->core != NULL);
    base_assert (self->federation != NULL);
    rti_cast_bytes (core, WIRE_SERVICE_INTRODUCE, &self->introduction);
    BASE_LIST_EACH (&federation->members, i)
        if (federation->members.items[i] != self)
            rti_cast_to (federation->members.items[i], RTI_NO_NEED);
    BASE_LIST_EACH (&federation->members, i) {
        if (federation->members.items[i] == self)
            continue;
        rti_cast_bytes (core, WIRE_SERVICE_INTRODUCE, &federation->members.items[i]->introduction);
        rti_cast_to (self, RTI_NO_NEED);
    }
}

mst_err_t rti_join (rti_call_t *call)
{
    const wire_join_t *args = call->args;
    wire_join_result_t *result = call->result;
    rti_federation_t *federation = NULL;
    rti_federate_t *self = NULL;

    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_join_check (call, args, &federation);
    if (err)
        return err;
    err = rti_join_new (call, federation, args, &self);
    if (!err)
        err = rti_join_enter (federation, self);
    if (err) {
        rti_federate_free (self);
        return err;
    }
    rti_join_commit (call, federation, self);
    rti_join_introduce (federation, self);
    *result =
        (wire_join_result_t){ .federate = self->handle,
                              .incarnation = self->incarnation,
                              .token = self->token,
                              .time_type = (wire_number_t) federation->time_type,
                              .rank = self->handle - 1,
                              .model = { federation->image.data, federation->image.size_bytes } };
    rti_note_t note = { RTI_NOTE_JOIN,  self->handle,      self->name,
                        WIRE_TIME_NONE, self->incarnation, self->type };
    rti_note (federation, &note);
    rti_log (call->core, "\"%s\" joined \"%s\" as federate %u", self->name, federation->name,
             self->handle);
    rti_reply (call->core, call->link, call->frame->request, MST_OK, result, WIRE_SERVICE_JOIN);
    call->answered = true;
    rti_points_announce (self);
    return MST_OK;
}

mst_err_t rti_get_directive (rti_call_t *call)
{
    wire_get_automatic_resign_directive_result_t *result = call->result;
    base_assert (call->core != NULL && call->link != NULL);
    base_assert (call->federate != NULL);
    result->value = call->federate->directive;
    return MST_OK;
}

mst_err_t rti_set_directive (rti_call_t *call)
{
    const wire_set_automatic_resign_directive_t *args = call->args;
    base_assert (call->federate != NULL);
    base_assert (args->value <= WIRE_RESIGN_NO_ACTION);
    call->federate->directive = args->value;
    return MST_OK;
}
