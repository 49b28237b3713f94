/*  The deep check: whatever must hold between the tables. Slow, allocates nothing, changes nothing.
 */
#include "rti/core/state.h"

#include <string.h>

#define RTI_MUST(condition, ...)                                                                   \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return base_error (MST_E_INTERNAL, __VA_ARGS__);                                       \
    } while (0)

/*  Objects ----------------------------------------------------------------------------------- */

/*  At most one owner per attribute, and every owner is joined, knows it and publishes it. */
static mst_err_t rti_check_shares (const rti_federation_t *self, const rti_object_t *object)
{
    uint64_t seen = 0;
    uint32_t members = fom_class (&self->model->objects, object->class_index)->member_count;

    BASE_LIST_EACH (&object->shares, i) {
        const rti_share_t *share = &object->shares.items[i];
        const rti_federate_t *owner = rti_federate_find (self, share->federate);
        RTI_MUST (owner != NULL, "object \"%s\": owner %u is not joined", object->name,
                  share->federate);
        const rti_knower_t *knower = rti_object_knower (object, share->federate);
        RTI_MUST (knower != NULL, "object \"%s\": owner \"%s\" does not know it", object->name,
                  owner->name);
        RTI_MUST (
            knower->bears || knower->class_index == object->class_index,
            "object \"%s\": owner \"%s\" hears of no subscribers below the class that it knows",
            object->name, owner->name);
        RTI_MUST (share->mask != 0 && (share->mask & seen) == 0,
                  "object \"%s\": an attribute has two owners, or an owner has none", object->name);
        RTI_MUST (members >= 64 || share->mask >> members == 0,
                  "object \"%s\": an attribute that its class does not have", object->name);
        uint64_t published = owner->declared[RTI_OBJECTS_KIND][knower->class_index].published;
        RTI_MUST ((share->mask & ~published) == 0,
                  "object \"%s\": owner \"%s\" does not publish what it owns", object->name,
                  owner->name);
        seen |= share->mask;
    }
    RTI_MUST (object->shares.count <= object->shares.capacity, "object \"%s\": shares overflow",
              object->name);
    return MST_OK;
}

static mst_err_t rti_check_wishes (const rti_federation_t *self, const rti_object_t *object)
{
    uint32_t count = 0, roomless = 0;
    uint64_t owned = rti_owned_by_any (object);

    for (const rti_acquisition_t *wish = object->acquisitions; wish; wish = wish->next) {
        RTI_MUST (rti_federate_find (self, wish->federate) != NULL,
                  "object \"%s\": federate %u waits for it and is not joined", object->name,
                  wish->federate);
        RTI_MUST (wish->mask != 0 && (wish->mask & ~owned) == 0,
                  "object \"%s\": federate %u waits for what is free", object->name,
                  wish->federate);
        RTI_MUST ((wish->mask & rti_owned (object, wish->federate)) == 0,
                  "object \"%s\": federate %u waits for what it owns", object->name,
                  wish->federate);
        roomless += rti_owned (object, wish->federate) == 0;
        count++;
    }
    RTI_MUST (count == object->acquisition_count, "object \"%s\": wishes are miscounted",
              object->name);
    RTI_MUST (object->shares.count + roomless <= object->shares.capacity,
              "object \"%s\": no room for all who wait", object->name);
    return MST_OK;
}

static mst_err_t rti_check_knowers (const rti_federation_t *self, const rti_object_t *object)
{
    BASE_LIST_EACH (&object->knowers, i) {
        const rti_knower_t *knower = &object->knowers.items[i];
        RTI_MUST (rti_federate_find (self, knower->federate) != NULL,
                  "object \"%s\": federate %u knows it and is not joined", object->name,
                  knower->federate);
        RTI_MUST (i == 0 || object->knowers.items[i - 1].federate < knower->federate,
                  "object \"%s\": its knowers are out of order", object->name);
        RTI_MUST (fom_is_a (&self->model->objects, object->class_index, knower->class_index),
                  "object \"%s\": federate %u knows it as a class that it is not", object->name,
                  knower->federate);
    }
    return MST_OK;
}

static mst_err_t rti_check_migrating (const rti_federation_t *self, const rti_object_t *object)
{
    const rti_migration_t *migration = self->migrations;

    if (!object->migration)
        return MST_OK;
    while (migration && migration != object->migration)
        migration = migration->next;
    RTI_MUST (migration != NULL, "object \"%s\": its migration is gone", object->name);
    RTI_MUST ((rti_owned (object, migration->old_home) & 1) != 0,
              "object \"%s\": migrates away from who does not have it", object->name);
    return MST_OK;
}

static mst_err_t rti_check_object (const rti_federation_t *self, const rti_object_t *object)
{
    RTI_MUST (rti_object_find (self, object->handle) == object, "object \"%s\" is not in the map",
              object->name);
    RTI_MUST (rti_name_object (self, object->name) == object, "object \"%s\" lost its name",
              object->name);
    RTI_MUST (object->next == NULL || object->next->previous == object,
              "object \"%s\": its class's list is broken", object->name);
    RTI_MUST (object->epoch >= 1, "object \"%s\" has no epoch", object->name);
    mst_err_t err = rti_check_knowers (self, object);
    if (!err)
        err = rti_check_shares (self, object);
    if (!err)
        err = rti_check_wishes (self, object);
    return err ? err : rti_check_migrating (self, object);
}

static mst_err_t rti_check_objects (const rti_federation_t *self)
{
    uint64_t count = 0;
    for (const rti_object_t *object = rti_object_first (self); object;
         object = rti_object_next (self, object)) {
        mst_err_t err = rti_check_object (self, object);
        if (err)
            return err;
        count++;
    }
    RTI_MUST (count == self->objects.count, "\"%s\": objects are miscounted", self->name);
    RTI_MUST (self->object_names.count >= count, "\"%s\": object names are missing", self->name);
    return MST_OK;
}

/*  Federates --------------------------------------------------------------------------------- */

/*  Objects of a class that it bears on. */
static uint32_t rti_borne (const rti_federate_t *self, uint32_t class_index)
{
    uint32_t count = 0;
    for (const rti_object_t *object = self->federation->extents[class_index].first; object;
         object = object->next) {
        const rti_knower_t *knower = rti_object_knower (object, self->handle);
        count += knower && knower->bears;
    }
    return count;
}

static mst_err_t rti_check_bearing (const rti_federate_t *self, const fom_tree_t *tree, int kind)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t below = 0;
        for (uint32_t j = i; j < fom_class (tree, i)->end; j++)
            below += (self->declared[kind][j].published != 0) +
                     (kind == RTI_OBJECTS_KIND ? rti_borne (self, j) : 0);
        RTI_MUST (self->declared[kind][i].bearing == below,
                  "federate \"%s\": publications below \"%s\" are miscounted", self->name,
                  fom_class (tree, i)->full_name);
    }
    return MST_OK;
}

static mst_err_t rti_check_counts (const rti_federate_t *self)
{
    const rti_federation_t *federation = self->federation;
    uint64_t owned = 0, waiting = 0;

    for (const rti_object_t *object = rti_object_first (federation); object;
         object = rti_object_next (federation, object)) {
        owned += rti_owned (object, self->handle) != 0;
        for (const rti_acquisition_t *wish = object->acquisitions; wish; wish = wish->next)
            waiting += wish->federate == self->handle;
    }
    RTI_MUST (owned == self->owned_count, "federate \"%s\": what it owns is miscounted",
              self->name);
    RTI_MUST (waiting == self->acquiring_count, "federate \"%s\": what it waits for is miscounted",
              self->name);
    return MST_OK;
}

static mst_err_t rti_check_federate (const rti_federation_t *self, const rti_federate_t *federate)
{
    timemgmt_state_t state;

    RTI_MUST (federate->federation == self, "federate \"%s\" is elsewhere", federate->name);
    RTI_MUST (federate->link != NULL && federate->link->federate == federate,
              "federate \"%s\" has no connection", federate->name);
    RTI_MUST (rti_federate_find (self, federate->handle) == federate,
              "federate \"%s\" is not found by its handle", federate->name);
    RTI_MUST (rti_federate_named (self, rti_text (federate->name)) == federate,
              "federate \"%s\" is not found by its name", federate->name);
    timemgmt_bounds_state (self->bounds, federate->slot, &state);
    RTI_MUST (state.present, "federate \"%s\" is not in the table of time", federate->name);
    mst_err_t err = rti_check_counts (federate);
    if (!err)
        err = rti_check_bearing (federate, &self->model->objects, RTI_OBJECTS_KIND);
    return err ? err
               : rti_check_bearing (federate, &self->model->interactions, RTI_INTERACTIONS_KIND);
}

static mst_err_t rti_check_members (const rti_federation_t *self)
{
    uint32_t recorders = 0, used = 0;

    BASE_LIST_EACH (&self->members, i) {
        const rti_federate_t *member = self->members.items[i];
        RTI_MUST (i == 0 || strcmp (self->members.items[i - 1]->name, member->name) < 0,
                  "\"%s\": its members are out of order", self->name);
        recorders += (member->flags & RTI_FLAG_RECORDER) != 0;
        mst_err_t err = rti_check_federate (self, member);
        if (err)
            return err;
    }
    BASE_LIST_EACH (&self->slots, i) {
        const rti_slot_t *slot = &self->slots.items[i];
        used += slot->handle != 0;
        RTI_MUST (slot->federate == NULL || slot->federate->slot == i,
                  "\"%s\": slot %zu holds somebody else", self->name, i);
    }
    RTI_MUST (recorders == self->recorders.count, "\"%s\": recorders are miscounted", self->name);
    RTI_MUST (used == self->slot_of.count, "\"%s\": slots are miscounted", self->name);
    RTI_MUST (self->federate_names.count == self->members.count,
              "\"%s\": names of federates are miscounted", self->name);
    return MST_OK;
}

/*  The rest ---------------------------------------------------------------------------------- */

static mst_err_t rti_check_points (const rti_federation_t *self)
{
    uint32_t count = 0;
    for (const rti_point_t *point = self->points; point; point = point->next, count++) {
        bool missing = false;
        BASE_LIST_EACH (&point->participants, i) {
            const rti_participant_t *participant = &point->participants.items[i];
            RTI_MUST (rti_federate_find (self, participant->federate) != NULL,
                      "synchronization point \"%s\" waits for federate %u, which is not joined",
                      point->label, participant->federate);
            missing = missing || participant->standing == RTI_ANNOUNCED;
        }
        RTI_MUST (missing || point->participants.count == 0,
                  "synchronization point \"%s\" is reached and was not told", point->label);
    }
    RTI_MUST (count == self->point_count, "\"%s\": synchronization points are miscounted",
              self->name);
    return MST_OK;
}

static mst_err_t rti_check_migrations (const rti_federation_t *self)
{
    uint32_t count = 0;
    for (const rti_migration_t *each = self->migrations; each; each = each->next, count++) {
        RTI_MUST (rti_federate_find (self, each->old_home) != NULL &&
                      rti_federate_find (self, each->new_home) != NULL,
                  "batch %llu migrates without one of its homes", (unsigned long long) each->batch);
        for (uint64_t i = 0; i < each->count; i++) {
            const rti_object_t *object = rti_object_find (self, each->objects[i]);
            RTI_MUST (object != NULL && object->migration == each,
                      "batch %llu migrates an object that is not there",
                      (unsigned long long) each->batch);
        }
    }
    RTI_MUST (count == self->migration_count, "\"%s\": migrations are miscounted", self->name);
    return MST_OK;
}

static mst_err_t rti_check_federation (const rti_federation_t *self)
{
    mst_err_t err = rti_check_members (self);
    if (!err)
        err = rti_check_objects (self);
    if (!err)
        err = rti_check_points (self);
    if (!err)
        err = rti_check_migrations (self);
    return err;
}

static mst_err_t rti_check_links (const rti_core_t *self)
{
    BASE_MAP_EACH (&self->links, entry) {
        const rti_link_t *link = (const rti_link_t *) (uintptr_t) entry->value;
        RTI_MUST (link->connection == entry->key, "connection %llu has another number",
                  (unsigned long long) entry->key);
        RTI_MUST (!link->gone || self->closings, "connection %llu is gone and still there",
                  (unsigned long long) entry->key);
        RTI_MUST (link->federate == NULL || link->federate->link == link,
                  "connection %llu has a federate that has another one",
                  (unsigned long long) entry->key);
        RTI_MUST (!link->closing || link->federate == NULL || self->closings,
                  "connection %llu is closing and still joined", (unsigned long long) entry->key);
    }
    return MST_OK;
}

mst_err_t rti_core_check (const rti_core_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = rti_check_links (self);
    for (uint32_t i = 0; !err && i < self->federations.count; i++)
        err = rti_check_federation (
            (const rti_federation_t *) (uintptr_t) self->federations.entries[i].value);
    return err;
}
