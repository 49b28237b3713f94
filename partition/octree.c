/*  Nodes and entities live in two growing arrays and refer to each other by index. The entities
    of a leaf form a list, ordered by id, so splitting and joining relink and never allocate.
    Whoever inserts or moves first makes room for the deepest possible chain of splits; from
    there on nothing can fail. */
#include "partition/octree.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"

#include <math.h>
#include <string.h>

enum { OCTREE_FIRST_ENTITIES = 256, OCTREE_FIRST_BLOCKS = 32 };

static const uint32_t NONE = UINT32_MAX;
static const uint32_t ROOT = 0;

typedef struct octree_node {
    partition_box_t box;
    uint32_t first_child; /* of eight in a row; NONE in a leaf */
    uint32_t parent;
    uint32_t count; /* entities below */
    uint32_t head;  /* a leaf's first entity, or NONE; a free block's next block */
    uint32_t depth;
} octree_node_t;

typedef struct octree_entity {
    uint64_t id;
    double point[PARTITION_AXES];
    uint32_t next; /* in the leaf, by id; in the free list */
} octree_entity_t;

struct partition_octree {
    octree_node_t *nodes; /* the root, then blocks of eight */
    octree_entity_t *entities;
    base_map_t index; /* id to entity */
    uint32_t node_count;
    uint32_t node_capacity;
    uint32_t free_block;
    uint32_t free_blocks;
    uint32_t leaf_count;
    uint32_t entity_used; /* entities[0 … entity_used) were handed out once */
    uint32_t entity_capacity;
    uint32_t free_entity;
};

static void octree_init_leaf (octree_node_t *node, const partition_box_t *box, uint32_t parent,
                              uint32_t depth)
{
    base_assert (depth <= PARTITION_OCTREE_DEPTH_LIMIT);
    base_assert (box->low[0] < box->high[0]);
    *node = (octree_node_t){
        .box = *box, .first_child = NONE, .parent = parent, .head = NONE, .depth = depth
    };
}

mst_err_t partition_octree_new (partition_octree_t **self_p, const double centre[PARTITION_AXES],
                                double half_width)
{
    base_assert (self_p != NULL);
    base_assert (centre != NULL);
    *self_p = NULL;
    partition_box_t box;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        box.low[axis] = centre[axis] - half_width;
        box.high[axis] = centre[axis] + half_width;
        /*  The smallest boxes must still have a middle that is neither of their borders. */
        double least = ldexp (half_width, -PARTITION_OCTREE_DEPTH_LIMIT - 1);
        if (!(half_width > 0.0) || !isfinite (box.low[axis]) || !isfinite (box.high[axis]) ||
            box.low[axis] + least == box.low[axis] || box.high[axis] - least == box.high[axis])
            return base_error (MST_E_INVALID_ARGUMENT,
                               "an octree over %g ± %g: both must be finite, and the half width "
                               "large enough to be halved %d times",
                               centre[axis], half_width, PARTITION_OCTREE_DEPTH_LIMIT);
    }
    partition_octree_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    base_map_init (&self->index);
    self->free_block = self->free_entity = NONE;
    self->nodes = base_alloc (sizeof *self->nodes);
    if (!self->nodes) {
        partition_octree_destroy (&self);
        return base_alloc_error ();
    }
    octree_init_leaf (&self->nodes[ROOT], &box, NONE, 0);
    self->node_count = self->node_capacity = self->leaf_count = 1;
    *self_p = self;
    return MST_OK;
}

void partition_octree_destroy (partition_octree_t **self_p)
{
    base_assert (self_p != NULL);
    partition_octree_t *self = *self_p;
    if (!self)
        return;
    base_map_fini (&self->index);
    base_free (self->entities);
    base_free (self->nodes);
    base_free (self);
    *self_p = NULL;
}

/*  Room first: what can fail comes before what changes the tree. */

static mst_err_t octree_reserve_entity (partition_octree_t *self)
{
    base_assert (self->entity_used <= self->entity_capacity);
    if (self->free_entity != NONE || self->entity_used < self->entity_capacity)
        return MST_OK;
    if (self->entity_used >= PARTITION_OCTREE_ENTITY_LIMIT)
        return base_error (MST_E_LIMIT, "an octree holds at most %d entities",
                           PARTITION_OCTREE_ENTITY_LIMIT);
    uint32_t capacity =
        self->entity_capacity ? self->entity_capacity * 2 : (uint32_t) OCTREE_FIRST_ENTITIES;
    octree_entity_t *entities = base_realloc (self->entities, capacity * sizeof *entities);
    if (!entities)
        return base_alloc_error ();
    self->entities = entities;
    self->entity_capacity = capacity;
    return MST_OK;
}

/*  One insertion splits at most once per level. */
static mst_err_t octree_reserve_blocks (partition_octree_t *self)
{
    base_assert (self->node_count <= self->node_capacity);
    uint32_t spare =
        self->free_blocks + (self->node_capacity - self->node_count) / (uint32_t) PARTITION_OCTANTS;
    if (spare >= PARTITION_OCTREE_DEPTH_LIMIT)
        return MST_OK;
    uint32_t capacity = self->node_capacity * 2 + OCTREE_FIRST_BLOCKS * PARTITION_OCTANTS;
    octree_node_t *nodes = base_realloc (self->nodes, capacity * sizeof *nodes);
    if (!nodes)
        return base_alloc_error ();
    self->nodes = nodes;
    self->node_capacity = capacity;
    return MST_OK;
}

/*  Free blocks are used again before the array's end, so a tree that breathes does not grow. */
static uint32_t octree_take_block (partition_octree_t *self)
{
    uint32_t block = self->free_block;
    if (block != NONE) {
        base_assert (self->free_blocks > 0);
        self->free_block = self->nodes[block].head;
        self->free_blocks--;
        return block;
    }
    block = self->node_count;
    self->node_count += PARTITION_OCTANTS;
    base_assert (self->node_count <= self->node_capacity);
    return block;
}

static uint32_t octree_take_entity (partition_octree_t *self)
{
    uint32_t entity = self->free_entity;
    if (entity != NONE) {
        self->free_entity = self->entities[entity].next;
        return entity;
    }
    base_assert (self->entity_used < self->entity_capacity);
    return self->entity_used++;
}

/*  The leaf of a point that is known to be in the cube. */
static uint32_t octree_descend (const partition_octree_t *self, const double point[PARTITION_AXES])
{
    base_assert (partition_box_contains (&self->nodes[ROOT].box, point));
    uint32_t node = ROOT;
    while (self->nodes[node].first_child != NONE)
        node = self->nodes[node].first_child + partition_box_octant (&self->nodes[node].box, point);
    return node;
}

/*  Into a leaf's list at its place by id. Lists are short: a walk beats anything cleverer. */
static void octree_link (partition_octree_t *self, octree_node_t *leaf, uint32_t entity)
{
    base_assert (leaf->first_child == NONE);
    base_assert (partition_box_contains (&leaf->box, self->entities[entity].point));
    uint32_t *link = &leaf->head;
    while (*link != NONE && self->entities[*link].id < self->entities[entity].id)
        link = &self->entities[*link].next;
    self->entities[entity].next = *link;
    *link = entity;
}

static void octree_unlink (partition_octree_t *self, octree_node_t *leaf, uint32_t entity)
{
    base_assert (leaf->first_child == NONE);
    uint32_t *link = &leaf->head;
    while (*link != entity) {
        base_assert (*link != NONE);
        link = &self->entities[*link].next;
    }
    *link = self->entities[entity].next;
}

/*  Hands a leaf's list out to eight new children. The lists stay ordered, since each child gets
    its entities in the order in which they stood. */
static void octree_split (partition_octree_t *self, uint32_t parent)
{
    uint32_t block = octree_take_block (self);
    octree_node_t *node = &self->nodes[parent];
    uint32_t *tails[PARTITION_OCTANTS];
    base_assert (node->first_child == NONE);
    base_assert (node->depth < PARTITION_OCTREE_DEPTH_LIMIT);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        partition_box_t box = partition_box_child (&node->box, octant);
        octree_init_leaf (&self->nodes[block + octant], &box, parent, node->depth + 1);
        tails[octant] = &self->nodes[block + octant].head;
    }
    for (uint32_t entity = node->head; entity != NONE; entity = self->entities[entity].next) {
        uint32_t octant = partition_box_octant (&node->box, self->entities[entity].point);
        *tails[octant] = entity;
        tails[octant] = &self->entities[entity].next;
        self->nodes[block + octant].count++;
    }
    /*  Close the lists last: their ends are links that the walk above still followed. */
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        *tails[octant] = NONE;
    node->head = NONE;
    node->first_child = block;
    self->leaf_count += PARTITION_OCTANTS - 1;
}

/*  Gathers the entities of eight leaves in their parent, and gives the block of eight back. */
static void octree_join (partition_octree_t *self, uint32_t parent)
{
    octree_node_t *node = &self->nodes[parent];
    uint32_t block = node->first_child;
    base_assert (block != NONE);
    base_assert (node->count <= PARTITION_OCTREE_LEAF_LIMIT);
    node->first_child = node->head = NONE;
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        const octree_node_t *child = &self->nodes[block + octant];
        base_assert (child->first_child == NONE);
        for (uint32_t entity = child->head, next; entity != NONE; entity = next) {
            next = self->entities[entity].next;
            octree_link (self, node, entity);
        }
    }
    self->nodes[block].head = self->free_block;
    self->free_block = block;
    self->free_blocks++;
    self->leaf_count -= PARTITION_OCTANTS - 1;
}

/*  Every node counts what is below it: that tells when to split and when to join. */
static void octree_count_up (partition_octree_t *self, uint32_t leaf)
{
    for (uint32_t node = leaf; node != NONE; node = self->nodes[node].parent)
        self->nodes[node].count++;
    base_assert (self->nodes[ROOT].count <= PARTITION_OCTREE_ENTITY_LIMIT);
}

static void octree_count_down (partition_octree_t *self, uint32_t leaf)
{
    for (uint32_t node = leaf; node != NONE; node = self->nodes[node].parent) {
        base_assert (self->nodes[node].count > 0);
        self->nodes[node].count--;
    }
}

/*  Links an entity whose point is set, and splits for as long as its leaf is too full: all of the
    leaf may stand in one octant, again and again. */
static void octree_put (partition_octree_t *self, uint32_t entity)
{
    const double *point = self->entities[entity].point;
    uint32_t leaf = octree_descend (self, point);
    octree_link (self, &self->nodes[leaf], entity);
    octree_count_up (self, leaf);
    while (self->nodes[leaf].count > PARTITION_OCTREE_LEAF_LIMIT &&
           self->nodes[leaf].depth < PARTITION_OCTREE_DEPTH_LIMIT) {
        octree_split (self, leaf);
        leaf = self->nodes[leaf].first_child + partition_box_octant (&self->nodes[leaf].box, point);
    }
}

/*  Joins from below, so that a parent meets leaves only. */
static void octree_join_above (partition_octree_t *self, uint32_t leaf)
{
    base_assert (self->nodes[leaf].first_child == NONE);
    uint32_t node = self->nodes[leaf].parent;
    while (node != NONE && self->nodes[node].count <= PARTITION_OCTREE_LEAF_LIMIT) {
        octree_join (self, node);
        node = self->nodes[node].parent;
    }
}

/*  Points come from the scenario or from other federates: an error, no assertion. A point with a
   NaN is in no box. */
static mst_err_t octree_check_point (const partition_octree_t *self,
                                     const double point[PARTITION_AXES])
{
    base_assert (self != NULL);
    base_assert (point != NULL);
    if (partition_box_contains (&self->nodes[ROOT].box, point))
        return MST_OK;
    return base_error (
        MST_E_INVALID_ARGUMENT, "the point (%g, %g, %g) is outside the octree's cube from %g to %g",
        point[0], point[1], point[2], self->nodes[ROOT].box.low[0], self->nodes[ROOT].box.high[0]);
}

mst_err_t partition_octree_insert (partition_octree_t *self, uint64_t id,
                                   const double point[PARTITION_AXES])
{
    uint64_t known;
    mst_err_t err = octree_check_point (self, point);
    if (err)
        return err;
    if (base_map_get (&self->index, id, &known))
        return base_error (MST_E_INVALID_ARGUMENT, "entity %llu is in the octree already",
                           (unsigned long long) id);
    if ((err = octree_reserve_entity (self)) || (err = octree_reserve_blocks (self)))
        return err;
    uint32_t entity = octree_take_entity (self);
    if ((err = base_map_set (&self->index, id, entity))) {
        self->entities[entity].next = self->free_entity;
        self->free_entity = entity;
        return err;
    }
    self->entities[entity].id = id;
    memcpy (self->entities[entity].point, point, sizeof self->entities[entity].point);
    octree_put (self, entity);
    return MST_OK;
}

static mst_err_t octree_look_up (const partition_octree_t *self, uint64_t id, uint32_t *entity)
{
    uint64_t value;
    base_assert (self != NULL);
    base_assert (entity != NULL);
    if (!base_map_get (&self->index, id, &value))
        return base_error (MST_E_OBJECT_UNKNOWN, "entity %llu is not in the octree",
                           (unsigned long long) id);
    *entity = (uint32_t) value;
    base_assert (self->entities[*entity].id == id);
    return MST_OK;
}

mst_err_t partition_octree_remove (partition_octree_t *self, uint64_t id)
{
    uint32_t entity;
    mst_err_t err = octree_look_up (self, id, &entity);
    if (err)
        return err;
    uint32_t leaf = octree_descend (self, self->entities[entity].point);
    octree_unlink (self, &self->nodes[leaf], entity);
    octree_count_down (self, leaf);
    octree_join_above (self, leaf);
    bool removed = base_map_remove (&self->index, id);
    base_assert (removed);
    self->entities[entity].next = self->free_entity;
    self->free_entity = entity;
    return MST_OK;
}

mst_err_t partition_octree_move (partition_octree_t *self, uint64_t id,
                                 const double point[PARTITION_AXES])
{
    uint32_t entity;
    mst_err_t err = octree_check_point (self, point);
    if (err || (err = octree_look_up (self, id, &entity)))
        return err;
    uint32_t leaf = octree_descend (self, self->entities[entity].point);
    if (partition_box_contains (&self->nodes[leaf].box, point)) {
        memcpy (self->entities[entity].point, point, sizeof self->entities[entity].point);
        return MST_OK;
    }
    if ((err = octree_reserve_blocks (self)))
        return err;
    octree_unlink (self, &self->nodes[leaf], entity);
    octree_count_down (self, leaf);
    memcpy (self->entities[entity].point, point, sizeof self->entities[entity].point);
    octree_put (self, entity);
    /*  Only now, so that a move between sisters does not join and split again. */
    octree_join_above (self, leaf);
    return MST_OK;
}

bool partition_octree_find (const partition_octree_t *self, uint64_t id,
                            double point[PARTITION_AXES])
{
    uint64_t entity;
    base_assert (self != NULL);
    base_assert (point != NULL);
    if (!base_map_get (&self->index, id, &entity))
        return false;
    memcpy (point, self->entities[entity].point, sizeof self->entities[entity].point);
    return true;
}

uint32_t partition_octree_count (const partition_octree_t *self)
{
    base_assert (self != NULL);
    return self->nodes[ROOT].count;
}

uint32_t partition_octree_leaf_count (const partition_octree_t *self)
{
    base_assert (self != NULL);
    base_assert (self->leaf_count % (PARTITION_OCTANTS - 1) == 1);
    return self->leaf_count;
}

const partition_box_t *partition_octree_box (const partition_octree_t *self)
{
    base_assert (self != NULL);
    return &self->nodes[ROOT].box;
}

static partition_leaf_t octree_leaf (const octree_node_t *node)
{
    base_assert (node->first_child == NONE);
    return (partition_leaf_t){ .box = node->box, .count = node->count, .depth = node->depth };
}

bool partition_octree_leaf_of (const partition_octree_t *self, const double point[PARTITION_AXES],
                               partition_leaf_t *leaf)
{
    base_assert (self != NULL);
    base_assert (point != NULL);
    base_assert (leaf != NULL);
    if (!partition_box_contains (&self->nodes[ROOT].box, point))
        return false;
    *leaf = octree_leaf (&self->nodes[octree_descend (self, point)]);
    return true;
}

/*  One walk serves every listing: leaves within a distance, in Morton order. */
typedef struct octree_walk {
    const partition_octree_t *tree;
    const double *point; /* NULL: everywhere */
    double distance_squared;
    partition_leaf_visit_t *visit_leaf; /* one of the two */
    partition_entity_visit_t *visit_entity;
    void *context;
} octree_walk_t;

static void octree_visit_entities (const octree_walk_t *walk, const octree_node_t *leaf)
{
    base_assert (walk->visit_entity != NULL);
    const octree_entity_t *entities = walk->tree->entities;
    for (uint32_t at = leaf->head; at != NONE; at = entities[at].next)
        if (!walk->point ||
            partition_distance_squared (walk->point, entities[at].point) < walk->distance_squared)
            walk->visit_entity (walk->context, entities[at].id, entities[at].point);
}

/*  Recursion ends at PARTITION_OCTREE_DEPTH_LIMIT. */
static void octree_walk (const octree_walk_t *walk, const octree_node_t *node)
{
    base_assert (node->depth <= PARTITION_OCTREE_DEPTH_LIMIT);
    if (walk->point &&
        partition_box_distance_squared (&node->box, walk->point) > walk->distance_squared)
        return;
    if (node->first_child != NONE) {
        for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
            octree_walk (walk, &walk->tree->nodes[node->first_child + octant]);
        return;
    }
    if (walk->visit_leaf) {
        partition_leaf_t leaf = octree_leaf (node);
        walk->visit_leaf (walk->context, &leaf);
    } else {
        octree_visit_entities (walk, node);
    }
}

void partition_octree_leaves (const partition_octree_t *self, partition_leaf_visit_t *visit,
                              void *context)
{
    base_assert (self != NULL);
    base_assert (visit != NULL);
    octree_walk_t walk = { .tree = self, .visit_leaf = visit, .context = context };
    octree_walk (&walk, &self->nodes[ROOT]);
}

void partition_octree_leaves_near (const partition_octree_t *self,
                                   const double point[PARTITION_AXES], double distance,
                                   partition_leaf_visit_t *visit, void *context)
{
    base_assert (self != NULL);
    base_assert (visit != NULL);
    base_assert (point != NULL);
    base_assert (distance >= 0.0);
    octree_walk_t walk = { .tree = self,
                           .point = point,
                           .distance_squared = distance * distance,
                           .visit_leaf = visit,
                           .context = context };
    octree_walk (&walk, &self->nodes[ROOT]);
}

void partition_octree_entities (const partition_octree_t *self, partition_entity_visit_t *visit,
                                void *context)
{
    base_assert (self != NULL);
    base_assert (visit != NULL);
    octree_walk_t walk = { .tree = self, .visit_entity = visit, .context = context };
    octree_walk (&walk, &self->nodes[ROOT]);
}

void partition_octree_entities_near (const partition_octree_t *self,
                                     const double point[PARTITION_AXES], double radius,
                                     partition_entity_visit_t *visit, void *context)
{
    base_assert (self != NULL);
    base_assert (visit != NULL);
    base_assert (point != NULL);
    base_assert (radius >= 0.0);
    octree_walk_t walk = { .tree = self,
                           .point = point,
                           .distance_squared = radius * radius,
                           .visit_entity = visit,
                           .context = context };
    octree_walk (&walk, &self->nodes[ROOT]);
}
