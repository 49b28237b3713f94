/*  The set of claims, and what is asked of it. */
#include "state/conflict_own.h"
#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void state_conflict_id (uint64_t node, uint64_t number, char id[CONFLICT_ID_BYTES])
{
    base_assert (id != NULL);
    memcpy (id, &node, sizeof node);
    memcpy (id + sizeof node, &number, sizeof number);
    base_assert (sizeof node + sizeof number == CONFLICT_ID_BYTES);
}

uint32_t state_conflict_find (const mst_arbiter_t *self, uint64_t node, uint64_t number)
{
    char id[CONFLICT_ID_BYTES];
    uint64_t index;
    base_assert (self != NULL);
    state_conflict_id (node, number, id);
    if (!base_names_get (&self->ids, id, sizeof id, &index))
        return CONFLICT_NONE;
    base_assert (index < self->claims.count);
    return (uint32_t) index;
}

/*  What comes in ------------------------------------------------------------------------------- */

static mst_err_t conflict_check_region (const mst_claim_t *claim)
{
    base_assert (claim->kind == MST_CLAIM_REGION);
    for (int axis = 0; axis < 3; axis++)
        if (!isfinite (claim->low[axis]) || !isfinite (claim->high[axis]) ||
            claim->low[axis] >= claim->high[axis])
            return base_error (MST_E_INVALID_ARGUMENT,
                               "a region goes from low to a higher high on each axis, not from %g "
                               "to %g on axis %d",
                               claim->low[axis], claim->high[axis], axis);
    base_assert (claim->low[0] < claim->high[0]);
    return MST_OK;
}

mst_err_t state_conflict_check (const mst_claim_t *claim)
{
    base_assert (claim != NULL);
    base_assert (claim->data != NULL || claim->size_bytes == 0);
    if (claim->kind < MST_CLAIM_VALUE || claim->kind > MST_CLAIM_OWNER)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no kind of claim", (int) claim->kind);
    size_t length = claim->subject ? strnlen (claim->subject, MST_CLAIM_SUBJECT_MAX + 1) : 0;
    if (length == 0 || length > MST_CLAIM_SUBJECT_MAX)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a claim's subject has 1 to %d bytes (MST_CLAIM_SUBJECT_MAX)",
                           MST_CLAIM_SUBJECT_MAX);
    if (claim->node == 0 || claim->number == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "a claim's node and number count from 1");
    if (claim->size_bytes > MST_CLAIM_DATA_MAX || claim->seen_count > MST_CLAIM_SEEN_MAX)
        return base_error (MST_E_LIMIT,
                           "a claim carries at most %d bytes (MST_CLAIM_DATA_MAX) and has seen %d "
                           "nodes (MST_CLAIM_SEEN_MAX)",
                           MST_CLAIM_DATA_MAX, MST_CLAIM_SEEN_MAX);
    for (uint32_t i = 0; i < claim->seen_count; i++)
        if (claim->seen[i].count == 0 ||
            (i > 0 && claim->seen[i - 1].replica >= claim->seen[i].replica) ||
            (claim->seen[i].replica == claim->node && claim->seen[i].count >= claim->number))
            return base_error (MST_E_INVALID_ARGUMENT,
                               "what a claim has seen must rise by node and not hold the claim");
    return claim->kind == MST_CLAIM_REGION ? conflict_check_region (claim) : MST_OK;
}

/*  One block for all that a claim points to. */
static mst_err_t conflict_copy (const mst_claim_t *claim, conflict_claim_t *copy)
{
    size_t length = strlen (claim->subject) + 1,
           seen_bytes = claim->seen_count * sizeof (mst_dot_t);
    base_assert (copy != NULL);
    base_assert (length > 1);
    *copy = (conflict_claim_t){ .claim = *claim, .other = CONFLICT_NONE };
    copy->block = base_alloc (seen_bytes + claim->size_bytes + length);
    if (!copy->block)
        return base_alloc_error ();
    uint8_t *data = copy->block + seen_bytes, *subject = data + claim->size_bytes;
    if (seen_bytes > 0)
        memcpy (copy->block, claim->seen, seen_bytes);
    if (claim->size_bytes > 0)
        memcpy (data, claim->data, claim->size_bytes);
    memcpy (subject, claim->subject, length);
    copy->claim.seen = (const mst_dot_t *) (void *) copy->block;
    copy->claim.data = data;
    copy->claim.subject = (const char *) subject;
    return MST_OK;
}

static bool conflict_same (const mst_claim_t *a, const mst_claim_t *b)
{
    base_assert (a->node == b->node && a->number == b->number);
    base_assert (a->subject != NULL && b->subject != NULL);
    return a->kind == b->kind && strcmp (a->subject, b->subject) == 0 && a->stamp == b->stamp &&
           a->priority == b->priority && a->size_bytes == b->size_bytes &&
           (a->size_bytes == 0 || memcmp (a->data, b->data, a->size_bytes) == 0) &&
           a->seen_count == b->seen_count &&
           (a->seen_count == 0 ||
            memcmp (a->seen, b->seen, a->seen_count * sizeof *a->seen) == 0) &&
           (a->kind != MST_CLAIM_REGION || (memcmp (a->low, b->low, sizeof a->low) == 0 &&
                                            memcmp (a->high, b->high, sizeof a->high) == 0));
}

/*  The group of a subject, made when there is none; room for its being dirty. */
static mst_err_t conflict_group (mst_arbiter_t *self, mst_claim_kind_t kind, const char *subject,
                                 uint32_t *index)
{
    char key[MST_CLAIM_SUBJECT_MAX + 2];
    size_t length = strlen (subject);
    uint64_t found;
    base_assert (length <= MST_CLAIM_SUBJECT_MAX);
    key[0] = (char) kind;
    memcpy (key + 1, subject, length);
    *index = (uint32_t) self->groups.count;
    if (base_names_get (&self->group_names, key, length + 1, &found)) {
        base_assert (found < self->groups.count);
        *index = (uint32_t) found;
        return BASE_LIST_ROOM (&self->dirty);
    }
    conflict_group_t group = { .kind = kind,
                               .subject = base_strdup (subject),
                               .holder = CONFLICT_NONE };
    mst_err_t err = group.subject ? MST_OK : base_alloc_error ();
    if (!err)
        err = BASE_LIST_ROOM (&self->groups);
    if (!err)
        err = BASE_LIST_ROOM (&self->dirty);
    if (!err)
        err = base_names_set (&self->group_names, key, length + 1, *index);
    if (err)
        base_free (group.subject);
    else
        BASE_LIST_PUT (&self->groups, group);
    return err;
}

static void conflict_touch (mst_arbiter_t *self, uint32_t index)
{
    base_assert (index < self->groups.count);
    if (self->groups.items[index].dirty)
        return;
    self->groups.items[index].dirty = true;
    base_assert (self->dirty.count < self->dirty.capacity);
    BASE_LIST_PUT (&self->dirty, index);
}

/*  The row of a node; rows rise by node. */
static mst_err_t conflict_node (mst_arbiter_t *self, uint64_t node, conflict_node_t **row)
{
    size_t at = 0;
    base_assert (row != NULL);
    while (at < self->nodes.count && self->nodes.items[at].node < node)
        at++;
    if (at == self->nodes.count || self->nodes.items[at].node != node) {
        if (self->nodes.count >= MST_CLAIM_SEEN_MAX)
            return base_error (MST_E_LIMIT,
                               "MST_CLAIM_SEEN_MAX (%d) is reached: so many nodes "
                               "have made claims",
                               MST_CLAIM_SEEN_MAX);
        mst_err_t err = BASE_LIST_ROOM (&self->nodes);
        if (err)
            return err;
        memmove (self->nodes.items + at + 1, self->nodes.items + at,
                 (self->nodes.count - at) * sizeof *self->nodes.items);
        self->nodes.items[at] = (conflict_node_t){ .node = node };
        self->nodes.count++;
    }
    *row = &self->nodes.items[at];
    base_assert ((*row)->node == node);
    return MST_OK;
}

/*  All that can fail, then the rest. */
static mst_err_t conflict_insert (mst_arbiter_t *self, conflict_claim_t *copy)
{
    const mst_claim_t *claim = &copy->claim;
    char id[CONFLICT_ID_BYTES];
    conflict_node_t *row = NULL;
    uint64_t gone;
    state_conflict_id (claim->node, claim->number, id);
    mst_err_t err = conflict_node (self, claim->node, &row);
    if (!err)
        err = conflict_group (self, claim->kind, claim->subject, &copy->group);
    if (!err)
        err = BASE_LIST_ROOM (&self->claims);
    if (!err)
        err = BASE_LIST_ROOM (&self->groups.items[copy->group].claims);
    if (!err)
        err = base_names_set (&self->ids, id, sizeof id, self->claims.count);
    if (err)
        return err;
    copy->withdrawn = base_names_get (&self->withdrawals, id, sizeof id, &gone);
    BASE_LIST_PUT (&self->groups.items[copy->group].claims, (uint32_t) self->claims.count);
    BASE_LIST_PUT (&self->claims, *copy);
    conflict_touch (self, copy->group);
    while (state_conflict_find (self, row->node, row->whole + 1) != CONFLICT_NONE)
        row->whole++;
    base_assert (row->whole <= self->claims.count);
    return MST_OK;
}

mst_err_t state_conflict_add (mst_arbiter_t *self, const mst_claim_t *claim)
{
    conflict_claim_t copy;
    base_assert (self != NULL && claim != NULL);
    uint32_t there = state_conflict_find (self, claim->node, claim->number);
    if (there != CONFLICT_NONE)
        return conflict_same (&self->claims.items[there].claim, claim)
                   ? MST_OK
                   : base_error (
                         MST_E_STATE_DIFFERS, "node %llu made two different claims of number %llu",
                         (unsigned long long) claim->node, (unsigned long long) claim->number);
    if (self->claims.count >= MST_CLAIMS_MAX)
        return base_error (MST_E_LIMIT, "MST_CLAIMS_MAX (%d) is reached", MST_CLAIMS_MAX);
    mst_err_t err = conflict_copy (claim, &copy);
    if (err)
        return err;
    err = conflict_insert (self, &copy);
    if (err)
        base_free (copy.block);
    return err;
}

mst_err_t state_conflict_withdraw (mst_arbiter_t *self, uint64_t node, uint64_t number)
{
    char id[CONFLICT_ID_BYTES];
    base_assert (self != NULL);
    if (node == 0 || number == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "a claim's node and number count from 1");
    if (self->withdrawals.count >= MST_CLAIMS_MAX)
        return base_error (MST_E_LIMIT, "MST_CLAIMS_MAX (%d) is reached by withdrawals",
                           MST_CLAIMS_MAX);
    state_conflict_id (node, number, id);
    uint32_t there = state_conflict_find (self, node, number);
    mst_err_t err = BASE_LIST_ROOM (&self->dirty);
    if (!err)
        err = base_names_set (&self->withdrawals, id, sizeof id, 1);
    if (err || there == CONFLICT_NONE)
        return err;
    base_assert (there < self->claims.count);
    self->claims.items[there].withdrawn = true;
    conflict_touch (self, self->claims.items[there].group);
    return MST_OK;
}

/*  Claims of one's own ------------------------------------------------------------------------- */

static mst_err_t conflict_seen (const mst_arbiter_t *self, mst_dot_t **seen, uint32_t *count)
{
    base_assert (seen != NULL && count != NULL);
    *count = 0;
    *seen = base_calloc (self->nodes.count + 1, sizeof **seen);
    if (!*seen)
        return base_alloc_error ();
    BASE_LIST_EACH (&self->nodes, i)
        if (self->nodes.items[i].whole > 0)
            (*seen)[(*count)++] =
                (mst_dot_t){ self->nodes.items[i].node, self->nodes.items[i].whole };
    base_assert (*count <= self->nodes.count);
    return MST_OK;
}

mst_err_t mst_arbiter_claim (mst_arbiter_t *self, mst_claim_t *claim, mst_bytes_t *bytes)
{
    base_buffer_t record = { 0 };
    mst_dot_t *seen = NULL;
    conflict_node_t *row = NULL;
    base_assert (self != NULL);
    base_assert (claim != NULL);
    if (self->node == 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "an arbiter without a node only listens: it cannot claim");
    mst_err_t err = conflict_node (self, self->node, &row);
    if (err)
        return err;
    claim->node = self->node;
    claim->number = row->whole + 1;
    err = conflict_seen (self, &seen, &claim->seen_count);
    claim->seen = seen;
    if (!err)
        err = state_conflict_check (claim);
    if (!err)
        err = state_conflict_write (claim, &record);
    if (!err && bytes)
        err = state_conflict_hand_out (&record, bytes);
    if (!err) {
        err = state_conflict_add (self, claim);
        if (err && bytes)
            bytes->size_bytes -= record.size_bytes;
    }
    claim->seen = NULL;
    if (!err)
        claim->seen = self->claims.items[self->claims.count - 1].claim.seen;
    base_free (seen);
    base_buffer_fini (&record);
    return err;
}

mst_err_t mst_arbiter_withdraw (mst_arbiter_t *self, uint64_t node, uint64_t number,
                                mst_bytes_t *bytes)
{
    base_buffer_t record = { 0 };
    base_assert (self != NULL);
    mst_err_t err = state_conflict_write_withdrawal (node, number, &record);
    if (!err && bytes)
        err = state_conflict_hand_out (&record, bytes);
    if (!err) {
        err = state_conflict_withdraw (self, node, number);
        if (err && bytes)
            bytes->size_bytes -= record.size_bytes;
    }
    base_buffer_fini (&record);
    base_assert (record.data == NULL);
    return err;
}

/*  Rules --------------------------------------------------------------------------------------- */

mst_rule_t state_conflict_rule (const mst_arbiter_t *self, mst_claim_kind_t kind,
                                const char *subject)
{
    const conflict_rule_t *best = NULL;
    base_assert (self != NULL && subject != NULL);
    BASE_LIST_EACH (&self->rules, i) {
        const conflict_rule_t *rule = &self->rules.items[i];
        size_t length = strlen (rule->prefix);
        if (rule->kind == kind && strncmp (rule->prefix, subject, length) == 0 &&
            (!best || length >= strlen (best->prefix)))
            best = rule;
    }
    if (best)
        return best->rule;
    return (mst_rule_t){ .precedence = kind == MST_CLAIM_VALUE   ? MST_PRECEDENCE_LATEST
                                       : kind == MST_CLAIM_OWNER ? MST_PRECEDENCE_PRIORITY
                                                                 : MST_PRECEDENCE_EARLIEST };
}

static mst_err_t conflict_rule_check (mst_claim_kind_t kind, const mst_rule_t *rule)
{
    base_assert (rule != NULL);
    if (kind < MST_CLAIM_VALUE || kind > MST_CLAIM_OWNER)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no kind of claim", (int) kind);
    if (rule->precedence < MST_PRECEDENCE_EARLIEST || rule->precedence > MST_PRECEDENCE_CUSTOM)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no way to settle a conflict",
                           (int) rule->precedence);
    if (rule->precedence == MST_PRECEDENCE_MERGE && kind != MST_CLAIM_REGION && !rule->merge)
        return base_error (MST_E_INVALID_ARGUMENT, "a rule that merges needs the callback merge");
    if (rule->precedence == MST_PRECEDENCE_CUSTOM && !rule->choose)
        return base_error (MST_E_INVALID_ARGUMENT, "a custom rule needs the callback choose");
    return MST_OK;
}

mst_err_t mst_arbiter_rule (mst_arbiter_t *self, mst_claim_kind_t kind, const char *prefix,
                            const mst_rule_t *rule)
{
    base_assert (self != NULL && prefix != NULL);
    base_assert (rule != NULL);
    mst_err_t err = conflict_rule_check (kind, rule);
    if (!err && self->rules.count >= CONFLICT_RULES_MAX)
        err = base_error (MST_E_LIMIT, "an arbiter has at most %d rules", CONFLICT_RULES_MAX);
    while (!err && self->dirty.capacity < self->groups.count)
        err = base_list_grow ((void **) &self->dirty.items, self->dirty.capacity,
                              &self->dirty.capacity, sizeof *self->dirty.items);
    if (err)
        return err;
    char *copy = base_strdup (prefix);
    if (!copy)
        return base_alloc_error ();
    err = BASE_LIST_PUSH (&self->rules, ((conflict_rule_t){ kind, copy, *rule }));
    if (err) {
        base_free (copy);
        return err;
    }
    for (uint32_t i = 0; i < self->groups.count; i++)
        conflict_touch (self, i);
    return MST_OK;
}

/*  Answers ------------------------------------------------------------------------------------- */

mst_err_t mst_arbiter_holder (mst_arbiter_t *self, mst_claim_kind_t kind, const char *subject,
                              mst_claim_t *holder)
{
    char key[MST_CLAIM_SUBJECT_MAX + 2];
    uint64_t index;
    base_assert (self != NULL && subject != NULL);
    base_assert (holder != NULL);
    mst_err_t err = state_conflict_settle (self);
    if (err)
        return err;
    size_t length = strnlen (subject, MST_CLAIM_SUBJECT_MAX + 1);
    key[0] = (char) kind;
    memcpy (key + 1, subject, length <= MST_CLAIM_SUBJECT_MAX ? length : 0);
    bool known = length <= MST_CLAIM_SUBJECT_MAX &&
                 base_names_get (&self->group_names, key, length + 1, &index);
    const conflict_group_t *group = known ? &self->groups.items[index] : NULL;
    if (!group || group->holder == CONFLICT_NONE)
        return base_error (MST_E_OBJECT_UNKNOWN, "nobody has %s \"%.64s\"",
                           mst_claim_kind_name (kind), subject);
    *holder = self->claims.items[group->holder].claim;
    if (group->merged) {
        holder->data = group->merged;
        holder->size_bytes = group->merged_bytes;
    }
    return MST_OK;
}

mst_err_t mst_arbiter_outcome (mst_arbiter_t *self, uint64_t node, uint64_t number,
                               mst_outcome_t *outcome, mst_claim_t *other)
{
    base_assert (self != NULL);
    base_assert (outcome != NULL);
    mst_err_t err = state_conflict_settle (self);
    uint32_t index = state_conflict_find (self, node, number);
    if (!err && index == CONFLICT_NONE)
        err = base_error (MST_E_OBJECT_UNKNOWN, "there is no claim %llu of node %llu",
                          (unsigned long long) number, (unsigned long long) node);
    if (err)
        return err;
    const conflict_claim_t *claim = &self->claims.items[index];
    *outcome = claim->outcome;
    if (other)
        *other = claim->other != CONFLICT_NONE ? self->claims.items[claim->other].claim
                                               : (mst_claim_t){ 0 };
    return MST_OK;
}

static int conflict_by_order (const void *a, const void *b)
{
    const conflict_claim_t *left = *(const conflict_claim_t *const *) a;
    const conflict_claim_t *right = *(const conflict_claim_t *const *) b;
    return state_conflict_order (&left->claim, &right->claim);
}

mst_err_t mst_arbiter_each (mst_arbiter_t *self, mst_claim_kind_t kind, mst_claim_visit_t *visit,
                            void *context)
{
    base_assert (self != NULL);
    base_assert (visit != NULL);
    mst_err_t err = state_conflict_settle (self);
    if (err)
        return err;
    const conflict_claim_t **sorted = base_calloc (self->claims.count + 1, sizeof *sorted);
    if (!sorted)
        return base_alloc_error ();
    size_t count = 0;
    BASE_LIST_EACH (&self->claims, i)
        if (kind == 0 || self->claims.items[i].claim.kind == kind)
            sorted[count++] = &self->claims.items[i];
    qsort (sorted, count, sizeof *sorted, conflict_by_order);
    for (size_t i = 0; i < count; i++)
        if (!visit (context, &sorted[i]->claim, sorted[i]->outcome))
            break;
    base_free (sorted);
    return MST_OK;
}

mst_err_t mst_arbiter_counts (mst_arbiter_t *self, mst_claim_kind_t kind,
                              mst_claim_counts_t *counts)
{
    base_assert (self != NULL);
    base_assert (counts != NULL);
    *counts = (mst_claim_counts_t){ 0 };
    mst_err_t err = state_conflict_settle (self);
    for (size_t i = 0; !err && i < self->claims.count; i++) {
        const conflict_claim_t *claim = &self->claims.items[i];
        if (kind != 0 && claim->claim.kind != kind)
            continue;
        counts->claims++;
        counts->holding += claim->outcome == MST_OUTCOME_HOLDS;
        counts->holding += claim->outcome == MST_OUTCOME_MERGED;
        counts->conflicts += claim->outcome == MST_OUTCOME_LOST;
        counts->conflicts += claim->outcome == MST_OUTCOME_MERGED && claim->other != CONFLICT_NONE;
        counts->denied += claim->outcome == MST_OUTCOME_DENIED;
    }
    return err;
}

mst_err_t mst_arbiter_digest (mst_arbiter_t *self, uint64_t *digest)
{
    base_assert (self != NULL);
    base_assert (digest != NULL);
    *digest = 0;
    mst_err_t err = state_conflict_settle (self);
    for (size_t i = 0; !err && i < self->claims.count; i++) {
        const conflict_claim_t *claim = &self->claims.items[i];
        const mst_claim_t *other =
            claim->other == CONFLICT_NONE ? NULL : &self->claims.items[claim->other].claim;
        const uint64_t words[] = { claim->claim.node,       claim->claim.number,
                                   claim->claim.stamp,      (uint64_t) claim->outcome,
                                   other ? other->node : 0, other ? other->number : 0 };
        uint32_t low = base_crc32c (0, words, sizeof words);
        uint32_t high = base_crc32c (low, claim->claim.data, claim->claim.size_bytes);
        uint64_t z = ((uint64_t) high << 32 | low) * 0x9e3779b97f4a7c15u; /* as in splitmix64 */
        *digest += z ^ (z >> 29);
    }
    return err;
}

uint64_t mst_arbiter_refused (const mst_arbiter_t *self)
{
    base_assert (self != NULL);
    return self->refused;
}

/*  Life ---------------------------------------------------------------------------------------- */

mst_err_t mst_arbiter_new (uint64_t node, mst_arbiter_t **self)
{
    base_assert (self != NULL);
    *self = base_calloc (1, sizeof **self);
    if (!*self)
        return base_alloc_error ();
    (*self)->node = node;
    base_names_init (&(*self)->ids);
    base_names_init (&(*self)->withdrawals);
    base_names_init (&(*self)->group_names);
    base_assert ((*self)->claims.count == 0);
    return MST_OK;
}

void mst_arbiter_destroy (mst_arbiter_t **self)
{
    base_assert (self != NULL);
    mst_arbiter_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    BASE_LIST_EACH (&old->claims, i)
        base_free (old->claims.items[i].block);
    BASE_LIST_FINI (&old->claims);
    BASE_LIST_EACH (&old->groups, i) {
        base_free (old->groups.items[i].subject);
        base_free (old->groups.items[i].merged);
        BASE_LIST_FINI (&old->groups.items[i].claims);
    }
    BASE_LIST_FINI (&old->groups);
    BASE_LIST_EACH (&old->rules, i)
        base_free (old->rules.items[i].prefix);
    BASE_LIST_FINI (&old->rules);
    BASE_LIST_FINI (&old->dirty);
    BASE_LIST_FINI (&old->nodes);
    base_names_fini (&old->ids);
    base_names_fini (&old->withdrawals);
    base_names_fini (&old->group_names);
    base_free (old);
}
