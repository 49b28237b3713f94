/*  What becomes of the claims of one group: a function of their set. Regions stand in
    conflict_regions.c. */
#include "state/conflict_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

int state_conflict_order (const mst_claim_t *a, const mst_claim_t *b)
{
    base_assert (a != NULL && b != NULL);
    if (a->stamp != b->stamp)
        return a->stamp < b->stamp ? -1 : 1;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

bool state_conflict_saw (const mst_claim_t *b, const mst_claim_t *a)
{
    uint32_t low = 0, high = b->seen_count;
    base_assert (a != NULL);
    if (a->node == b->node)
        return a->number < b->number;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->seen[middle].replica < a->node)
            low = middle + 1;
        else
            high = middle;
    }
    base_assert (low <= b->seen_count);
    return low < b->seen_count && b->seen[low].replica == a->node &&
           b->seen[low].count >= a->number;
}

bool state_conflict_before (mst_precedence_t precedence, const mst_claim_t *a, const mst_claim_t *b)
{
    base_assert (a != NULL && b != NULL);
    switch (precedence) {
    case MST_PRECEDENCE_LATEST: return state_conflict_order (a, b) > 0;
    case MST_PRECEDENCE_LOWEST_NODE:
        if (a->node != b->node)
            return a->node < b->node;
        break;
    case MST_PRECEDENCE_PRIORITY:
        if (a->priority != b->priority)
            return a->priority > b->priority;
        break;
    case MST_PRECEDENCE_EARLIEST:
    case MST_PRECEDENCE_MERGE:
    case MST_PRECEDENCE_CUSTOM: break;
    }
    return state_conflict_order (a, b) < 0;
}

/*  Order --------------------------------------------------------------------------------------- */

/*  Heap sort, because qsort has no context to pass the claims in. */
static void settle_sink (const mst_arbiter_t *self, uint32_t *items, size_t at, size_t count)
{
    base_assert (items != NULL);
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            return;
        const conflict_claim_t *claims = self->claims.items;
        if (child + 1 < count &&
            state_conflict_order (&claims[items[child]].claim, &claims[items[child + 1]].claim) < 0)
            child++;
        if (state_conflict_order (&claims[items[at]].claim, &claims[items[child]].claim) >= 0)
            return;
        uint32_t swap = items[at];
        items[at] = items[child];
        items[child] = swap;
        at = child;
    }
}

static void settle_sort (const mst_arbiter_t *self, uint32_t *items, size_t count)
{
    base_assert (items != NULL || count == 0);
    for (size_t i = count / 2; i-- > 0;)
        settle_sink (self, items, i, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t last = items[end];
        items[end] = items[0];
        items[0] = last;
        settle_sink (self, items, 0, end);
    }
}

/*  Candidates ---------------------------------------------------------------------------------- */

typedef BASE_LIST (uint32_t) settle_list_t;

/*  Values: those that no other active claim has seen. The rest: those that have seen no other. One
    that drops out points to the claim that settles it. Claims that pretend to have seen each other
    leave nobody: then all are candidates. */
static mst_err_t settle_candidates (mst_arbiter_t *self, const settle_list_t *active, bool value,
                                    settle_list_t *candidates)
{
    mst_err_t err = MST_OK;
    base_assert (candidates->count == 0);
    for (size_t i = 0; !err && i < active->count; i++) {
        conflict_claim_t *one = &self->claims.items[active->items[i]];
        for (size_t step = 0; one->other == CONFLICT_NONE && step < active->count; step++) {
            size_t k = value ? active->count - 1 - step : step; /* the likeliest first */
            const mst_claim_t *two = &self->claims.items[active->items[k]].claim;
            bool settled = value ? state_conflict_saw (two, &one->claim)
                                 : state_conflict_saw (&one->claim, two);
            if (k != i && settled)
                one->other = active->items[k];
        }
        one->outcome = value ? MST_OUTCOME_REPLACED : MST_OUTCOME_DENIED;
        if (one->other == CONFLICT_NONE)
            err = BASE_LIST_PUSH (candidates, active->items[i]);
    }
    for (size_t i = 0; !err && candidates->count == 0 && i < active->count; i++)
        err = BASE_LIST_ROOM (candidates);
    if (!err && candidates->count == 0)
        for (size_t i = 0; !err && i < active->count; i++)
            err = BASE_LIST_PUSH (candidates, active->items[i]);
    return err;
}

/*  The claims themselves, for a callback. */
static mst_claim_t *settle_claims (const mst_arbiter_t *self, const settle_list_t *candidates)
{
    mst_claim_t *claims = base_calloc (candidates->count, sizeof *claims);
    base_assert (candidates->count > 0);
    for (size_t i = 0; claims && i < candidates->count; i++)
        claims[i] = self->claims.items[candidates->items[i]].claim;
    return claims;
}

static mst_err_t settle_winner (const mst_arbiter_t *self, const settle_list_t *candidates,
                                const mst_rule_t *rule, size_t *winner)
{
    base_assert (candidates->count > 0);
    base_assert (winner != NULL);
    *winner = 0;
    if (rule->precedence == MST_PRECEDENCE_CUSTOM && candidates->count > 1) {
        mst_claim_t *claims = settle_claims (self, candidates);
        if (!claims)
            return base_alloc_error ();
        size_t chosen = rule->choose (rule->user, claims, candidates->count);
        base_free (claims);
        *winner = chosen < candidates->count ? chosen : 0;
        return MST_OK;
    }
    for (size_t i = 1; i < candidates->count; i++)
        if (state_conflict_before (rule->precedence,
                                   &self->claims.items[candidates->items[i]].claim,
                                   &self->claims.items[candidates->items[*winner]].claim))
            *winner = i;
    return MST_OK;
}

static mst_err_t settle_merge (const mst_arbiter_t *self, const settle_list_t *candidates,
                               const mst_rule_t *rule, conflict_group_t *group)
{
    size_t room = 0;
    base_assert (group->merged == NULL);
    mst_claim_t *claims = settle_claims (self, candidates);
    if (!claims)
        return base_alloc_error ();
    for (size_t i = 0; i < candidates->count; i++)
        room += claims[i].size_bytes;
    group->merged = base_alloc (room);
    if (group->merged) {
        size_t size = rule->merge (rule->user, claims, candidates->count, group->merged, room);
        group->merged_bytes = (uint32_t) (size <= room ? size : room);
    }
    base_free (claims);
    return group->merged ? MST_OK : base_alloc_error ();
}

static mst_err_t settle_group (mst_arbiter_t *self, conflict_group_t *group,
                               const settle_list_t *active)
{
    settle_list_t candidates = { 0 };
    const mst_rule_t rule = state_conflict_rule (self, group->kind, group->subject);
    bool merge = rule.precedence == MST_PRECEDENCE_MERGE;
    size_t winner = 0;
    base_assert (group->kind != MST_CLAIM_REGION);
    mst_err_t err = settle_candidates (self, active, group->kind == MST_CLAIM_VALUE, &candidates);
    if (!err && candidates.count > 0)
        err = settle_winner (self, &candidates, &rule, &winner);
    if (!err && merge && candidates.count > 1)
        err = settle_merge (self, &candidates, &rule, group);
    for (size_t i = 0; !err && i < candidates.count; i++) {
        conflict_claim_t *claim = &self->claims.items[candidates.items[i]];
        bool alone = candidates.count == 1;
        claim->outcome = merge && !alone ? MST_OUTCOME_MERGED
                         : i == winner   ? MST_OUTCOME_HOLDS
                                         : MST_OUTCOME_LOST;
        claim->other = i == winner ? CONFLICT_NONE : candidates.items[winner];
    }
    if (!err && candidates.count > 0)
        group->holder = candidates.items[winner];
    BASE_LIST_FINI (&candidates);
    return err;
}

/*  Groups -------------------------------------------------------------------------------------- */

/*  Sorts the group, clears what was computed before, and lists the claims that count. */
static mst_err_t settle_begin (mst_arbiter_t *self, conflict_group_t *group, settle_list_t *active)
{
    mst_err_t err = MST_OK;
    base_assert (active->count == 0);
    settle_sort (self, group->claims.items, group->claims.count);
    base_free (group->merged);
    group->merged = NULL;
    group->merged_bytes = 0;
    group->holder = CONFLICT_NONE;
    for (size_t i = 0; !err && i < group->claims.count; i++) {
        conflict_claim_t *claim = &self->claims.items[group->claims.items[i]];
        claim->other = CONFLICT_NONE;
        claim->outcome = claim->withdrawn ? MST_OUTCOME_WITHDRAWN : MST_OUTCOME_HOLDS;
        if (!claim->withdrawn)
            err = BASE_LIST_PUSH (active, group->claims.items[i]);
    }
    base_assert (err || active->count <= group->claims.count);
    return err;
}

mst_err_t state_conflict_settle (mst_arbiter_t *self)
{
    mst_err_t err = MST_OK;
    base_assert (self != NULL);
    while (!err && self->dirty.count > 0) {
        conflict_group_t *group = &self->groups.items[self->dirty.items[self->dirty.count - 1]];
        settle_list_t active = { 0 };
        err = settle_begin (self, group, &active);
        if (!err)
            err = group->kind == MST_CLAIM_REGION ? state_conflict_regions (self, group)
                                                  : settle_group (self, group, &active);
        BASE_LIST_FINI (&active);
        if (err)
            break;
        group->dirty = false;
        self->dirty.count--;
    }
    return err;
}
