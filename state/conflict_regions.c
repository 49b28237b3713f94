/*  Boxes that must not overlap. Overlapping is no equivalence (a may overlap b and b overlap c, and
   a and c be far apart), so there are no classes of which one wins: claims are taken in the rule's
    order, and each stands when it overlaps none that stands already. A claim comes up only after
    those that it overlaps and had seen: what stood when it was made is not pushed out by it. */
#include "state/conflict_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdlib.h>

typedef struct region_pair {
    uint32_t to;   /* place in the list of regions */
    uint32_t next; /* of the same region; CONFLICT_NONE */
} region_pair_t;

/*  One claim that counts. */
typedef struct region {
    uint32_t index; /* of the claim */
    uint32_t first; /* its pairs */
    uint32_t waits; /* undecided regions that it overlaps and has seen */
    bool decided;
    bool stands;
} region_t;

typedef struct regions {
    const mst_arbiter_t *arbiter;
    BASE_LIST (region_t) items;
    BASE_LIST (region_pair_t) pairs;
} regions_t;

static const mst_claim_t *region_claim (const regions_t *self, size_t place)
{
    base_assert (place < self->items.count);
    return &self->arbiter->claims.items[self->items.items[place].index].claim;
}

static bool region_overlap (const mst_claim_t *a, const mst_claim_t *b)
{
    bool apart = false;
    base_assert (a->kind == MST_CLAIM_REGION && b->kind == MST_CLAIM_REGION);
    for (int axis = 0; axis < 3; axis++)
        apart = apart || a->high[axis] <= b->low[axis] || b->high[axis] <= a->low[axis];
    return !apart;
}

/*  The two overlap: each gets a pair to the other. */
static mst_err_t region_join (regions_t *self, uint32_t a, uint32_t b)
{
    region_t *one = &self->items.items[a], *two = &self->items.items[b];
    mst_err_t err = BASE_LIST_PUSH (&self->pairs, ((region_pair_t){ b, one->first }));
    if (err)
        return err;
    one->first = (uint32_t) self->pairs.count - 1;
    err = BASE_LIST_PUSH (&self->pairs, ((region_pair_t){ a, two->first }));
    if (err)
        return err;
    two->first = (uint32_t) self->pairs.count - 1;
    one->waits += state_conflict_saw (region_claim (self, a), region_claim (self, b));
    two->waits += state_conflict_saw (region_claim (self, b), region_claim (self, a));
    base_assert (self->pairs.count < CONFLICT_NONE);
    return MST_OK;
}

/*  A place with the lower edge on the first axis, for the sweep. */
typedef struct region_edge {
    double low, high;
    uint32_t place;
} region_edge_t;

static int region_by_low (const void *a, const void *b)
{
    const region_edge_t *left = a, *right = b;
    if (left->low != right->low)
        return left->low < right->low ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

/*  All pairs that overlap, by a sweep along the first axis. */
static mst_err_t region_pairs (regions_t *self)
{
    size_t count = self->items.count;
    region_edge_t *edges = base_calloc (count + 1, sizeof *edges);
    mst_err_t err = MST_OK;
    if (!edges)
        return base_alloc_error ();
    for (uint32_t i = 0; i < count; i++)
        edges[i] =
            (region_edge_t){ region_claim (self, i)->low[0], region_claim (self, i)->high[0], i };
    qsort (edges, count, sizeof *edges, region_by_low);
    for (size_t i = 0; !err && i < count; i++)
        for (size_t k = i + 1; !err && k < count && edges[k].low < edges[i].high; k++)
            if (region_overlap (region_claim (self, edges[i].place),
                                region_claim (self, edges[k].place)))
                err = region_join (self, edges[i].place, edges[k].place);
    base_free (edges);
    return err;
}

/*  Deciding ------------------------------------------------------------------------------------ */

/*  The undecided region that comes first by the rule, among those that wait for none; when claims
    pretend to have seen each other, among all. */
static size_t region_next (const regions_t *self, mst_precedence_t precedence)
{
    for (int pass = 0; pass < 2; pass++) {
        size_t best = self->items.count;
        for (size_t i = 0; i < self->items.count; i++) {
            const region_t *region = &self->items.items[i];
            if (region->decided || (pass == 0 && region->waits > 0))
                continue;
            if (best == self->items.count ||
                state_conflict_before (precedence, region_claim (self, i),
                                       region_claim (self, best)))
                best = i;
        }
        if (best < self->items.count)
            return best;
    }
    return self->items.count;
}

/*  The standing region that the claim at `place` overlaps and that comes first in order; or none.
 */
static uint32_t region_taken_by (const regions_t *self, size_t place)
{
    uint32_t best = CONFLICT_NONE;
    base_assert (place < self->items.count);
    for (uint32_t p = self->items.items[place].first; p != CONFLICT_NONE;
         p = self->pairs.items[p].next) {
        uint32_t to = self->pairs.items[p].to;
        if (self->items.items[to].stands &&
            (best == CONFLICT_NONE ||
             state_conflict_order (region_claim (self, to), region_claim (self, best)) < 0))
            best = to;
    }
    return best;
}

static void region_lose (mst_arbiter_t *arbiter, regions_t *self, size_t place, uint32_t to)
{
    conflict_claim_t *claim = &arbiter->claims.items[self->items.items[place].index];
    base_assert (to < self->items.count);
    claim->other = self->items.items[to].index;
    claim->outcome = state_conflict_saw (&claim->claim, region_claim (self, to))
                         ? MST_OUTCOME_DENIED
                         : MST_OUTCOME_LOST;
    self->items.items[place].stands = false;
}

/*  A custom rule may put the newcomer above those that stand: when it beats all of them. A claim
   that had seen one of them cannot. */
static bool region_beats (const regions_t *self, size_t place, const mst_rule_t *rule)
{
    bool beats = rule->precedence == MST_PRECEDENCE_CUSTOM;
    base_assert (place < self->items.count);
    for (uint32_t p = self->items.items[place].first; beats && p != CONFLICT_NONE;
         p = self->pairs.items[p].next) {
        uint32_t to = self->pairs.items[p].to;
        if (!self->items.items[to].stands)
            continue;
        const mst_claim_t pair[2] = { *region_claim (self, to), *region_claim (self, place) };
        beats = !state_conflict_saw (&pair[1], &pair[0]) && rule->choose (rule->user, pair, 2) == 1;
    }
    return beats;
}

static void region_decide (mst_arbiter_t *arbiter, regions_t *self, size_t place,
                           const mst_rule_t *rule)
{
    region_t *region = &self->items.items[place];
    uint32_t taken = region_taken_by (self, place);
    base_assert (!region->decided);
    region->decided = true;
    region->stands = true;
    conflict_claim_t *claim = &arbiter->claims.items[region->index];
    if (taken != CONFLICT_NONE && rule->precedence == MST_PRECEDENCE_MERGE) {
        claim->outcome = MST_OUTCOME_MERGED;
        claim->other = self->items.items[taken].index;
        arbiter->claims.items[claim->other].outcome = MST_OUTCOME_MERGED;
    } else if (taken != CONFLICT_NONE && !region_beats (self, place, rule))
        region_lose (arbiter, self, place, taken);
    for (uint32_t p = region->first; p != CONFLICT_NONE; p = self->pairs.items[p].next) {
        region_t *other = &self->items.items[self->pairs.items[p].to];
        other->waits -=
            state_conflict_saw (region_claim (self, self->pairs.items[p].to), &claim->claim);
        if (other->stands && region->stands && rule->precedence != MST_PRECEDENCE_MERGE)
            region_lose (arbiter, self, self->pairs.items[p].to, (uint32_t) place);
    }
}

mst_err_t state_conflict_regions (mst_arbiter_t *self, conflict_group_t *group)
{
    const mst_rule_t rule = state_conflict_rule (self, group->kind, group->subject);
    regions_t regions = { .arbiter = self };
    mst_err_t err = MST_OK;
    base_assert (group->kind == MST_CLAIM_REGION);
    for (size_t i = 0; !err && i < group->claims.count; i++)
        if (!self->claims.items[group->claims.items[i]].withdrawn)
            err = BASE_LIST_PUSH (&regions.items, ((region_t){ .index = group->claims.items[i],
                                                               .first = CONFLICT_NONE }));
    if (!err)
        err = region_pairs (&regions);
    for (size_t i = 0; !err && i < regions.items.count; i++)
        region_decide (self, &regions, region_next (&regions, rule.precedence), &rule);
    BASE_LIST_FINI (&regions.items);
    BASE_LIST_FINI (&regions.pairs);
    return err;
}
