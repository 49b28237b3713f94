/*  RGA, the replicated growable array (Roh, Jeon, Kim, Lee 2011), in its form as a tree: an element
    names the one after which it was put; of several after the same one the latest stands first. A
    deleted element keeps its place until a trim.

    The key that says "later" is the sum of the version's counts with the insertion's own: it is
    above that of everything seen, like Lamport's clock, and needs no field of its own.

    A trim lays the visible elements out as a chain with key 0: each after the one before it.
   Whoever trims at the same version makes the same chain; of two the later counts (causal.c). */
#include "state/causal.h"
#include "base/alloc.h"

typedef struct node {
    uint32_t item;
    uint32_t parent; /* node, or STATE_NONE: the beginning */
    uint32_t child;  /* the first, that is the latest */
    uint32_t next;
} node_t;

typedef struct tree {
    const state_causal_t *object;
    node_t *nodes;
    uint32_t *order; /* of nodes, and the room that sorting takes behind it */
    uint32_t *place; /* item -> node; shares memory with nothing */
    uint32_t count;
    uint32_t first; /* node at the beginning */
} tree_t;

/*  Views ------------------------------------------------------------------------------------- */

static mst_err_t view_make (state_causal_t *self, uint32_t box)
{
    uint32_t index = 0;
    while (index < self->view_count && self->views[index].box != STATE_NONE)
        index++;
    if (index == self->view_count) {
        state_view_t *views = base_realloc (self->views, (index + 1) * sizeof *views);
        if (!views)
            return base_alloc_error ();
        self->views = views;
        self->view_count++;
    }
    self->views[index] = (state_view_t){ .box = box, .stale = true };
    self->boxes[box].child = index;
    return MST_OK;
}

void state_view_drop (state_causal_t *self, uint32_t box)
{
    uint32_t index = self->boxes[box].child;
    if (index == STATE_NONE)
        return;
    base_assert (index < self->view_count && self->views[index].box == box);
    base_free (self->views[index].order);
    self->views[index] = (state_view_t){ .box = STATE_NONE };
    self->boxes[box].child = STATE_NONE;
}

void state_views_fini (state_causal_t *self)
{
    for (uint32_t i = 0; i < self->view_count; i++)
        base_free (self->views[i].order);
    base_free (self->views);
    self->views = NULL;
    self->view_count = 0;
}

/*  The tree ---------------------------------------------------------------------------------- */

/*  The earliest first: what is hung in last stands first. */
static int node_compare (const void *context, uint32_t a, uint32_t b)
{
    const tree_t *tree = context;
    const state_item_t *left = &tree->object->items[tree->nodes[a].item];
    const state_item_t *right = &tree->object->items[tree->nodes[b].item];
    uint64_t left_key = state_sequence_key (left), right_key = state_sequence_key (right);
    if (left_key != right_key)
        return left_key < right_key ? -1 : 1;
    uint64_t left_replica = tree->object->rows[state_dot_row (left->dot)].replica;
    uint64_t right_replica = tree->object->rows[state_dot_row (right->dot)].replica;
    if (left_replica != right_replica)
        return left_replica < right_replica ? -1 : 1;
    return (left->dot > right->dot) - (left->dot < right->dot);
}

static uint32_t node_of (const tree_t *tree, uint32_t box, state_dot_t dot)
{
    const state_causal_t *self = tree->object;
    if (dot == 0)
        return STATE_NONE;
    base_assert (state_dot_row (dot) < self->row_count);
    uint32_t hash = state_item_hash_dot (&self->boxes[box], self->rows[state_dot_row (dot)].replica,
                                         state_dot_count (dot));
    uint32_t item = state_items_find_dot (self, hash, dot);
    return item == STATE_NONE || self->items[item].box != box ? STATE_NONE : tree->place[item];
}

/*  An element whose parent was erased with its key stands at the beginning. */
static void tree_hang (tree_t *tree, uint32_t box)
{
    tree->first = STATE_NONE;
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t index = tree->order[i];
        node_t *node = &tree->nodes[index];
        node->parent =
            node_of (tree, box, state_sequence_parent (&tree->object->items[node->item]));
        uint32_t *head =
            node->parent == STATE_NONE ? &tree->first : &tree->nodes[node->parent].child;
        node->next = *head;
        *head = index;
    }
}

static mst_err_t tree_init (tree_t *tree, const state_causal_t *self, uint32_t box)
{
    uint32_t count = self->boxes[box].items;
    *tree = (tree_t){ .object = self, .count = count };
    tree->nodes = base_alloc (count * sizeof *tree->nodes);
    tree->order = base_alloc ((size_t) count * 2 * sizeof *tree->order);
    tree->place = base_alloc ((size_t) self->item_count * sizeof *tree->place);
    if (!tree->nodes || !tree->order || !tree->place)
        return base_alloc_error ();
    uint32_t at = 0;
    for (uint32_t i = state_items_first (self, box); i != STATE_NONE;
         i = state_items_next (self, i)) {
        tree->nodes[at] = (node_t){ .item = i, .child = STATE_NONE, .next = STATE_NONE };
        tree->order[at] = at;
        tree->place[i] = at++;
    }
    base_assert (at == count);
    state_sort (tree->order, tree->order + count, count, node_compare, tree);
    tree_hang (tree, box);
    return MST_OK;
}

static void tree_fini (tree_t *tree)
{
    base_free (tree->nodes);
    base_free (tree->order);
    base_free (tree->place);
}

/*  Down to the first child, else on to the next of the nearest parent that has one. Elements that
   name each other in a circle (no replica of ours writes that) are never come to from the
   beginning. */
static uint32_t tree_next (const tree_t *tree, uint32_t node)
{
    if (tree->nodes[node].child != STATE_NONE)
        return tree->nodes[node].child;
    while (node != STATE_NONE && tree->nodes[node].next == STATE_NONE)
        node = tree->nodes[node].parent;
    return node == STATE_NONE ? STATE_NONE : tree->nodes[node].next;
}

static uint32_t *tree_visible (const tree_t *tree, uint32_t *count)
{
    uint32_t *out = base_alloc (((size_t) tree->count + 1) * sizeof *out);
    *count = 0;
    for (uint32_t i = tree->first; out && i != STATE_NONE; i = tree_next (tree, i))
        if (!(tree->object->items[tree->nodes[i].item].flags & STATE_FLAG_GONE))
            out[(*count)++] = tree->nodes[i].item;
    base_assert (*count <= tree->count);
    return out;
}

static mst_err_t visible_make (const state_causal_t *self, uint32_t box, uint32_t **order,
                               uint32_t *count)
{
    tree_t tree;
    *order = NULL;
    mst_err_t err = tree_init (&tree, self, box);
    if (!err) {
        *order = tree_visible (&tree, count);
        err = *order ? MST_OK : base_alloc_error ();
    }
    tree_fini (&tree);
    return err;
}

/*  The view hangs on the object, but is no part of its state. */
mst_err_t state_view_fresh (const mst_crdt_t *crdt, uint32_t box, state_view_t **view)
{
    state_causal_t *self = (state_causal_t *) (uintptr_t) &crdt->as.causal;
    base_assert (self->boxes[box].type == MST_CRDT_RGA);
    mst_err_t err = self->boxes[box].child == STATE_NONE ? view_make (self, box) : MST_OK;
    if (err)
        return err;
    state_view_t *found = &self->views[self->boxes[box].child];
    if (found->stale) {
        uint32_t *order, count = 0;
        err = visible_make (self, box, &order, &count);
        if (err)
            return err;
        base_free (found->order);
        *found = (state_view_t){ .order = order, .count = count, .box = box };
        found->capacity = self->boxes[box].items + 1;
    }
    *view = found;
    return MST_OK;
}

/*  Trimming ---------------------------------------------------------------------------------- */

static void chain_lay (state_causal_t *self, const state_view_t *view)
{
    state_dot_t parent = 0;
    for (uint32_t i = 0; i < view->count; i++) {
        state_item_t *item = &self->items[view->order[i]];
        uint8_t *data = (uint8_t *) (uintptr_t) state_item_data (item);
        base_assert (!(item->flags & STATE_FLAG_GONE));
        memset (data, 0, STATE_SEQUENCE_HEAD);
        memcpy (data, &parent, sizeof parent);
        parent = item->dot;
    }
}

static bool is_deleted (const state_causal_t *self, const state_item_t *item)
{
    return self->boxes[item->box].type == MST_CRDT_RGA && (item->flags & STATE_FLAG_GONE);
}

static void deleted_drop (state_causal_t *self)
{
    for (uint32_t i = self->item_count; i-- > 0;)
        if (is_deleted (self, &self->items[i])) {
            uint32_t box = self->items[i].box;
            state_items_remove (self, i);
            state_box_prune (self, box);
        }
}

/*  All sequences of the object at once; when nothing is deleted nothing happens. The elements that
    go need no entry in the log: others trim, too, or see it in the version of the trim. */
mst_err_t state_sequence_trim (mst_crdt_t *crdt)
{
    state_causal_t *self = &crdt->as.causal;
    uint32_t deleted = 0;
    state_view_t *view;
    for (uint32_t i = 0; i < self->item_count; i++)
        deleted += is_deleted (self, &self->items[i]);
    for (uint32_t box = 0; deleted > 0 && box < self->box_count; box++) {
        mst_err_t err = MST_OK;
        if (self->boxes[box].type == MST_CRDT_RGA)
            err = state_view_fresh (crdt, box, &view);
        if (err)
            return err;
    }
    if (deleted == 0)
        return MST_OK;
    for (uint32_t i = 0; i < self->view_count; i++)
        if (self->views[i].box != STATE_NONE)
            chain_lay (self, &self->views[i]);
    deleted_drop (self);
    self->trimmed = self->sum;
    return MST_OK;
}
