/*  What the files of the partition manager share: manager.c (life and nodes), manager_entity.c,
    manager_tree.c (the partition tree), balancer.c, plan.c and manager_check.c. The interface is
    <muster/partition.h>.

    A part is a node of the partition tree, or a pool: what belongs to a node without standing in a
    box. Each entity is in the list of one part, a leaf or a pool; the part's owner is the node to
   which the entity belongs. Counts and costs are kept up the tree. An empty leaf has no owner: the
   next entity that comes asks the balancer. */
#ifndef PARTITION_MANAGER_H
#define PARTITION_MANAGER_H

#include <muster/octree.h>
#include <muster/partition.h>
#include "base/check.h"
#include "base/list.h"
#include "base/map.h"
#include "partition/box.h"
#include "partition/ring.h"

#define MANAGER_NONE UINT32_MAX
enum { MANAGER_HISTORY = 8 }; /* reports that the adaptive balancer looks at */

typedef struct manager_part {
    mst_box_t box;
    struct manager_part *parent;
    struct manager_part *children; /* eight in a row; NULL in a leaf */
    uint32_t owner;                /* index of a node; NONE where there are children or nothing */
    uint32_t first;                /* entity; NONE: empty */
    uint32_t count;                /* below */
    uint32_t depth;
    uint32_t domain; /* of its root, as is the region */
    uint64_t region;
    double cost; /* below */
    bool boxed;
    bool pool;
} manager_part_t;

typedef struct manager_node {
    mst_partition_node_t about;
    manager_part_t pool;
    double history[MANAGER_HISTORY]; /* load at the last reports, the latest last */
    uint32_t reports;                /* in the history */
    bool in;                         /* false: the place is free */
} manager_node_t;

typedef struct manager_entity {
    mst_partition_entity_t about; /* node is not kept here: it is the part's owner */
    manager_part_t *part;         /* NULL: the record is free */
    uint32_t home;                /* index */
    uint32_t next;                /* in the part, or of the free ones */
    uint32_t previous;
} manager_entity_t;

struct mst_partition {
    mst_partition_options_t options;
    mst_octree_t *index; /* of all entities that are not parked */
    BASE_LIST (manager_node_t *) nodes;
    BASE_LIST (manager_entity_t) entities;
    BASE_LIST (manager_part_t *) roots; /* by domain, then region */
    BASE_LIST (partition_ring_point_t) ring;
    base_map_t ids;
    uint32_t free_entity;
    uint32_t cursor; /* of the round robin */
    uint64_t drawn;  /* of the random balancer */
    uint64_t done;
    uint32_t pending;
};

/*  manager.c */
mst_err_t partition_manager_node (const mst_partition_t *self, uint32_t id, uint32_t *index);
static inline double manager_load (const manager_node_t *node)
{
    return node->about.load + node->about.placed;
}
static inline bool manager_usable (const manager_node_t *node)
{
    return node->in && node->about.health == MST_NODE_UP;
}
static inline bool manager_has_room (const manager_node_t *node, double cost)
{
    return manager_load (node) + cost <= node->about.capacity;
}

/*  balancer.c. The node for something of a cost; `near` is the part that it will be, or NULL.
   Errors: MST_E_LIMIT, which names the entity and the node with the most room. */
mst_err_t partition_manager_choose (mst_partition_t *self, uint64_t entity, double cost,
                                    uint64_t key, const manager_part_t *near, uint32_t *node);
double partition_manager_affinity (const mst_partition_t *self, const manager_part_t *near,
                                   uint32_t node);

/*  manager_tree.c. The leaf of a place, made if it must be; prune takes away what was made in vain.
 */
mst_err_t partition_manager_leaf (mst_partition_t *self, uint32_t domain, const double point[3],
                                  manager_part_t **leaf);
void partition_manager_prune (mst_partition_t *self, manager_part_t *part);
void partition_manager_link (mst_partition_t *self, uint32_t entity, manager_part_t *part);
void partition_manager_unlink (mst_partition_t *self, uint32_t entity);
/*  All entities of a part belong to another node from now on. */
void partition_manager_give (mst_partition_t *self, manager_part_t *part, uint32_t owner);
/*  Splits a leaf that is too full, as far as memory is to be had; joins around one that shrank, and
    drops a root that is empty. */
void partition_manager_split (mst_partition_t *self, manager_part_t *leaf);
void partition_manager_join (mst_partition_t *self, manager_part_t *leaf);
void partition_manager_free_part (manager_part_t *part);

/*  manager_entity.c */
void partition_manager_about (const mst_partition_t *self, uint32_t entity,
                              mst_partition_entity_t *about);

static inline bool manager_pools (const mst_partition_t *self)
{
    return self->options.strategy == MST_PARTITION_LOAD ||
           self->options.strategy == MST_PARTITION_CUSTOM;
}

#endif
