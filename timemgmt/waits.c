/*  Whoever waits for nobody is taken out, with the waits for it; whoever then waits for nobody,
   too; and so on. What is left is stuck. */
#include "timemgmt/waits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stddef.h>

mst_err_t timemgmt_waits_init (timemgmt_waits_t *self, uint32_t count)
{
    base_assert (self != NULL);
    *self = (timemgmt_waits_t){ .count = count };
    self->next = base_calloc (count + 1, sizeof *self->next);
    self->on_circle = base_calloc (count + 1, sizeof *self->on_circle);
    if (!self->next || !self->on_circle) {
        timemgmt_waits_fini (self);
        return base_alloc_error ();
    }
    for (uint32_t i = 0; i < count; i++)
        self->next[i] = TIMEMGMT_WAITS_NONE;
    return MST_OK;
}

void timemgmt_waits_fini (timemgmt_waits_t *self)
{
    base_assert (self != NULL);
    base_assert (self->next != NULL || self->waits.count == 0);
    BASE_LIST_FINI (&self->waits);
    base_free (self->next);
    base_free (self->on_circle);
    *self = (timemgmt_waits_t){ 0 };
}

mst_err_t timemgmt_waits_add (timemgmt_waits_t *self, uint32_t waiter, uint32_t blocker)
{
    timemgmt_wait_t wait = { waiter, blocker };
    base_assert (self != NULL && self->next != NULL);
    base_assert (waiter < self->count && blocker < self->count);
    return BASE_LIST_PUSH (&self->waits, wait);
}

/*  Memory of a solution: waits sorted by blocker, how many each node still has, a stack. */
typedef struct solving {
    uint32_t *first; /* of a blocker's, in `waiters`; count + 1 of them */
    uint32_t *waiters;
    uint32_t *left;
    uint32_t *stack;
    uint32_t depth;
} solving_t;

static void solving_fini (solving_t *self)
{
    base_free (self->first);
    base_free (self->waiters);
    base_free (self->left);
    base_free (self->stack);
}

static mst_err_t solving_init (solving_t *self, const timemgmt_waits_t *waits)
{
    base_assert (waits != NULL && waits->next != NULL);
    *self = (solving_t){ 0 };
    self->first = base_calloc (waits->count + 2, sizeof *self->first);
    self->waiters = base_calloc (waits->waits.count + 1, sizeof *self->waiters);
    self->left = base_calloc (waits->count + 1, sizeof *self->left);
    self->stack = base_calloc (waits->count + 1, sizeof *self->stack);
    if (!self->first || !self->waiters || !self->left || !self->stack)
        return base_alloc_error ();
    BASE_LIST_EACH (&waits->waits, i) {
        self->first[waits->waits.items[i].blocker + 2]++;
        self->left[waits->waits.items[i].waiter]++;
    }
    for (uint32_t i = 2; i < waits->count + 2; i++)
        self->first[i] += self->first[i - 1];
    BASE_LIST_EACH (&waits->waits, i)
        self->waiters[self->first[waits->waits.items[i].blocker + 1]++] =
            waits->waits.items[i].waiter;
    base_assert (self->first[waits->count] == waits->waits.count);
    return MST_OK;
}

static void solving_run (solving_t *self, uint32_t count)
{
    base_assert (self->depth == 0);
    for (uint32_t i = 0; i < count; i++)
        if (self->left[i] == 0)
            self->stack[self->depth++] = i;
    while (self->depth > 0) {
        uint32_t free = self->stack[--self->depth];
        for (uint32_t i = self->first[free]; i < self->first[free + 1]; i++) {
            uint32_t waiter = self->waiters[i];
            base_assert (self->left[waiter] > 0);
            if (--self->left[waiter] == 0)
                self->stack[self->depth++] = waiter;
        }
    }
}

/*  From each node along `next`, until a node of this walk (a circle), of another, or none. */
static void waits_circles (timemgmt_waits_t *self, uint32_t *walk)
{
    base_assert (self->next != NULL && walk != NULL);
    for (uint32_t i = 0; i < self->count; i++)
        walk[i] = 0;
    for (uint32_t start = 0; start < self->count; start++) {
        uint32_t at = start;
        while (at != TIMEMGMT_WAITS_NONE && walk[at] == 0) {
            walk[at] = start + 1;
            at = self->next[at];
        }
        if (at == TIMEMGMT_WAITS_NONE || walk[at] != start + 1)
            continue;
        for (; !self->on_circle[at]; at = self->next[at])
            self->on_circle[at] = true;
        base_assert (self->on_circle[at]);
    }
}

mst_err_t timemgmt_waits_solve (timemgmt_waits_t *self)
{
    solving_t solving;

    base_assert (self != NULL && self->next != NULL);
    mst_err_t err = solving_init (&solving, self);
    if (!err) {
        solving_run (&solving, self->count);
        BASE_LIST_EACH (&self->waits, i) {
            const timemgmt_wait_t *wait = &self->waits.items[i];
            if (solving.left[wait->waiter] > 0 && solving.left[wait->blocker] > 0 &&
                self->next[wait->waiter] == TIMEMGMT_WAITS_NONE)
                self->next[wait->waiter] = wait->blocker;
        }
        waits_circles (self, solving.left);
    }
    solving_fini (&solving);
    return err;
}

uint32_t timemgmt_waits_next (const timemgmt_waits_t *self, uint32_t node)
{
    base_assert (self != NULL && self->next != NULL);
    base_assert (node < self->count);
    return self->next[node];
}

bool timemgmt_waits_on_circle (const timemgmt_waits_t *self, uint32_t node)
{
    base_assert (self != NULL && self->on_circle != NULL);
    base_assert (node < self->count);
    return self->on_circle[node];
}
