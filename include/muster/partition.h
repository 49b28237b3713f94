/*  <muster/partition.h>: who owns which part of space. A territory is dealt out once; a partition
    manager, below, keeps up with entities and nodes that come, move and go.

    A territory is a cube whose octree leaves were dealt out among owners 0 … owners - 1, so that
    each has its share of the points from which it was built. Boxes are half open: low belongs to a
    box, high does not, and every point of the cube has one owner. A territory never changes;
    whoever builds one from the same points, in whatever order, gets the same to the last bit. So
    federates that agree on the points need not tell each other who owns what.

    Lengths are in the caller's unit. A point is three doubles: x, y, z.

    Thread rule: any number of threads may ask one territory. A manager belongs to one thread at a
    time; several may ask it while nobody changes it. */
#ifndef MUSTER_PARTITION_H
#define MUSTER_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/box.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_OWNERS_MAX = 64, /* a set of owners is one 64-bit word: bit i is owner i */
    MST_OWNER_NONE = 255 /* who owns a point outside the cube */
};

typedef struct mst_territory mst_territory_t;

/*  A leaf of the octree, as it was when the territory was built. */
typedef struct mst_leaf {
    double low[3];
    double high[3];
    uint32_t owner;
    uint32_t points;
} mst_leaf_t;

/*  Deals out the cube [centre - half_width, centre + half_width) on each axis. half_width: finite
    and above 0. points: 3 x count doubles, only looked at; points outside the cube count for
    nobody. owners: 1 … MST_OWNERS_MAX; where there are fewer leaves than owners the last owners
    get none. The territory is the caller's; *territory is NULL after an error. Errors:
    MST_E_INVALID_ARGUMENT (no owner, a point or the cube is not finite), MST_E_LIMIT
    (MST_OWNERS_MAX), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_territory_new (const double centre[3], double half_width,
                                        const double *points, size_t count, uint32_t owners,
                                        mst_territory_t **territory);
/*  Gives it back and sets it to NULL; NULL already is fine. */
MST_EXPORT void mst_territory_destroy (mst_territory_t **territory);

/*  The owner of a point; MST_OWNER_NONE outside the cube. */
MST_EXPORT uint32_t mst_territory_owner (const mst_territory_t *territory, const double point[3]);

/*  Everyone who owns a leaf within `distance` of a point, the border included; the point may be
    outside. distance: at least 0. Whoever owns a point b closer than `distance` to a is always
    in the set of a, whatever rounding does. */
MST_EXPORT uint64_t mst_territory_near (const mst_territory_t *territory, const double point[3],
                                        double distance);

/*  How many owners there are, and how many points an owner had when the territory was built.
    owner: below the number of owners; beyond it the load is 0. */
MST_EXPORT uint32_t mst_territory_owners (const mst_territory_t *territory);
MST_EXPORT uint64_t mst_territory_load (const mst_territory_t *territory, uint32_t owner);

/*  The leaves, in Morton order. Errors of the second: MST_E_INVALID_ARGUMENT (index is not below
    the number of leaves). */
MST_EXPORT uint32_t mst_territory_leaf_count (const mst_territory_t *territory);
MST_EXPORT mst_err_t mst_territory_leaf (const mst_territory_t *territory, uint32_t index,
                                         mst_leaf_t *leaf);

/*  Regions --------------------------------------------------------------------------------------

    Fixed cubes of one size that fill the world: region (i, j, k) goes from i x side to (i + 1) x
   side along x. The id packs i, j and k, so everyone computes the same from world coordinates
   alone. */

#define MST_REGION_SIDE  2000.0              /* the default: 2 km, where the unit is a metre */
#define MST_REGION_LIMIT ((int32_t) 1 << 20) /* i, j, k: -limit … limit - 1 */

/*  The region of a point. side: finite, above 0. Errors: MST_E_INVALID_ARGUMENT (the side, or a
   point that is not finite), MST_E_LIMIT (MST_REGION_LIMIT). */
MST_EXPORT mst_err_t mst_region_of (const double point[3], double side, uint64_t *region);
/*  Its box, and its i, j, k. Errors: MST_E_INVALID_ARGUMENT (the side, or a number that is no
    region's). */
MST_EXPORT mst_err_t mst_region_box (uint64_t region, double side, mst_box_t *box);

/*  The partition manager --------------------------------------------------------------------------

    It knows nodes (who can compute) and entities (what is to be computed), groups the entities into
    partitions, and gives each partition a node. It decides and counts; it moves nothing itself. An
    entity *belongs* to the node of its partition and *lives* at its home; where the two differ its
    migration is pending, until mst_partition_arrived () says that it is done. The same calls in the
    same order give the same decisions, everywhere.

    Costs, loads and capacities are in one unit of the caller's choice. */

enum {
    MST_PARTITION_NODES_MAX = 1024,
    MST_PARTITION_ROOTS_MAX = 65536, /* domains, or domains times regions, that have entities */
    MST_PARTITION_DEPTH_MAX = 20,    /* of the partition tree */
    MST_ADDRESS_BYTES = 64           /* of a node's address, with its end */
};

typedef enum mst_partition_strategy {
    MST_PARTITION_SPATIAL,        /* a partition is a leaf of an octree, split by count */
    MST_PARTITION_DOMAIN,         /* all entities of a domain */
    MST_PARTITION_DOMAIN_SPATIAL, /* a leaf of the octree of its domain */
    MST_PARTITION_LOAD,           /* each entity by itself, wherever it stands */
    MST_PARTITION_HYBRID, /* a leaf of its domain's octree, split by cost; its node is the one
                             that load, latency and the neighbours speak for */
    MST_PARTITION_CUSTOM  /* a callback names the node of each entity */
} mst_partition_strategy_t;

/*  Who gets a new partition, or a single entity. Only nodes that are up and have room are asked. */
typedef enum mst_partition_balancer {
    MST_BALANCE_ROUND_ROBIN,
    MST_BALANCE_LEAST_LOADED,    /* of its capacity; equal ones by id */
    MST_BALANCE_WEIGHTED_RANDOM, /* by capacity, from the seed */
    MST_BALANCE_CONSISTENT,      /* consistent hashing with bounded loads (Mirrokni, Thorup,
                                    Zadimoghaddam 2018): clockwise, the first node below 1.25 times
                                    its share; what was placed stays when others leave */
    MST_BALANCE_ADAPTIVE         /* the least loaded by the next report, if the trend of the last
                                    eight goes on (a line of least squares) */
} mst_partition_balancer_t;

/*  What becomes of a position outside the cube. */
typedef enum mst_partition_outside {
    MST_OUTSIDE_ERROR,
    MST_OUTSIDE_CLAMP, /* the nearest point inside; a NaN is an error */
    MST_OUTSIDE_PARK   /* it stays with a node, in no box, until it comes back: a NaN, too */
} mst_partition_outside_t;

typedef enum mst_node_health {
    MST_NODE_UP,
    MST_NODE_DRAINING, /* gets nothing new; a plan moves away what it has */
    MST_NODE_DOWN      /* the same: what it held lives on elsewhere only when it arrived there */
} mst_node_health_t;

typedef struct mst_partition_node {
    uint32_t id;
    char address[MST_ADDRESS_BYTES]; /* the caller's matter */
    double load;                     /* beside that of its entities; at least 0 */
    double capacity;                 /* above 0 */
    double latency_ms;               /* at least 0 */
    mst_node_health_t health;
    double placed;     /* out: the cost of what belongs to it */
    uint32_t entities; /* out: what belongs to it */
    uint32_t homes;    /* out: what lives there */
} mst_partition_node_t;

typedef struct mst_partition_entity {
    uint64_t id;
    double point[3];
    uint32_t domain;
    double cost;   /* finite, at least 0 */
    uint32_t node; /* out: to which it belongs */
    uint32_t home; /* out: where it lives */
    bool parked;   /* out */
} mst_partition_entity_t;

/*  Names the node of an entity. What it returns other than MST_OK becomes the error of the call. */
typedef mst_err_t mst_partition_place_t (void *context, const mst_partition_entity_t *entity,
                                         uint32_t *node);

typedef struct mst_partition_options {
    double centre[3];
    double half_width; /* as of an octree */
    mst_partition_strategy_t strategy;
    mst_partition_balancer_t balancer;
    mst_partition_outside_t outside;
    uint32_t split_above;         /* entities of a leaf; 0: 256 */
    double split_cost;            /* hybrid: cost of a leaf; 0: 256 */
    uint32_t start_depth;         /* the octree begins with 8^n leaves; 0 … 4 */
    double region_side;           /* above 0: fixed regions take the place of the octree's leaves */
    double threshold;             /* of the imbalance, above which a plan balances; 0: 0.1 */
    uint64_t seed;                /* of the weighted random balancer */
    mst_partition_place_t *place; /* custom */
    void *context;
} mst_partition_options_t;

typedef struct mst_partition mst_partition_t;

/*  The options are copied; the manager is the caller's, *manager is NULL after an error. Errors:
    MST_E_INVALID_ARGUMENT (the cube; an option out of range; custom without a callback),
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_partition_new (const mst_partition_options_t *options,
                                        mst_partition_t **manager);
MST_EXPORT void mst_partition_destroy (mst_partition_t **manager);

/*  Nodes. Errors: MST_E_INVALID_ARGUMENT (a number out of range, an id that is registered; a node
   that is removed while something belongs to it or lives there), MST_E_OBJECT_UNKNOWN (no such
   node), MST_E_LIMIT (MST_PARTITION_NODES_MAX), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_partition_add_node (mst_partition_t *manager,
                                             const mst_partition_node_t *node);
MST_EXPORT mst_err_t mst_partition_remove_node (mst_partition_t *manager, uint32_t id);
MST_EXPORT mst_err_t mst_partition_set_health (mst_partition_t *manager, uint32_t id,
                                               mst_node_health_t health);
MST_EXPORT mst_err_t mst_partition_report (mst_partition_t *manager, uint32_t id, double load,
                                           double latency_ms);
MST_EXPORT mst_err_t mst_partition_node (const mst_partition_t *manager, uint32_t id,
                                         mst_partition_node_t *node);

/*  Entities. A new one lives at once where it belongs. A move is never refused for want of room,
   since the world does not ask: the next plan makes room. After any error all is as it was. Errors:
    MST_E_INVALID_ARGUMENT (position, cost, an id twice, a node from the callback that is unknown or
    not up), MST_E_OBJECT_UNKNOWN, MST_E_LIMIT (no room; MST_PARTITION_ROOTS_MAX), MST_E_NO_MEMORY.
 */
MST_EXPORT mst_err_t mst_partition_add (mst_partition_t *manager,
                                        const mst_partition_entity_t *entity);
MST_EXPORT mst_err_t mst_partition_move (mst_partition_t *manager, uint64_t id,
                                         const double point[3]);
MST_EXPORT mst_err_t mst_partition_set_cost (mst_partition_t *manager, uint64_t id, double cost);
MST_EXPORT mst_err_t mst_partition_remove (mst_partition_t *manager, uint64_t id);
MST_EXPORT mst_err_t mst_partition_find (const mst_partition_t *manager, uint64_t id,
                                         mst_partition_entity_t *entity);

/*  An entity's migration is done: from now on it lives where it belongs. Errors:
   MST_E_OBJECT_UNKNOWN, MST_E_INVALID_ARGUMENT (none was pending). */
MST_EXPORT mst_err_t mst_partition_arrived (mst_partition_t *manager, uint64_t id);

/*  Visitors return false to end, and must not change the manager. */
typedef bool mst_partition_visit_t (void *context, const mst_partition_entity_t *entity);
MST_EXPORT void mst_partition_pending (const mst_partition_t *manager, mst_partition_visit_t *visit,
                                       void *context);
MST_EXPORT void mst_partition_in_box (const mst_partition_t *manager, const mst_box_t *box,
                                      mst_partition_visit_t *visit, void *context);
/*  A fixed region of the manager's region_side, or of MST_REGION_SIDE where it has none. Errors:
    MST_E_INVALID_ARGUMENT. */
MST_EXPORT mst_err_t mst_partition_in_region (const mst_partition_t *manager, uint64_t region,
                                              mst_partition_visit_t *visit, void *context);

/*  The tree: partitions that have entities, by domain, then region, then in Morton order; at the
   end what belongs to nodes without a box (load, custom, parked), by node. */
typedef struct mst_partition_leaf {
    mst_box_t box; /* all 0 where it has none */
    bool boxed;
    uint32_t domain; /* 0 where domains play no part */
    uint32_t depth;
    uint32_t node;
    uint32_t entities;
    double cost;
} mst_partition_leaf_t;
typedef bool mst_partition_leaf_visit_t (void *context, const mst_partition_leaf_t *leaf);
MST_EXPORT void mst_partition_leaves (const mst_partition_t *manager,
                                      mst_partition_leaf_visit_t *visit, void *context);

typedef struct mst_partition_statistics {
    uint32_t partitions;
    uint32_t nodes;
    uint32_t nodes_up;
    uint32_t nodes_over; /* above their capacity */
    uint32_t entities;
    uint32_t parked;
    uint32_t stranded; /* belong to a node that is not up */
    double mean_load;  /* of the nodes that are up */
    double imbalance;  /* standard deviation of their load / capacity, over its mean; 0: even */
    uint64_t migrations_done;
    uint32_t migrations_pending;
} mst_partition_statistics_t;
MST_EXPORT void mst_partition_statistics (const mst_partition_t *manager,
                                          mst_partition_statistics_t *statistics);

/*  One step of a plan: a whole partition, or one entity. */
typedef struct mst_partition_step {
    uint64_t entity; /* this one, or one of the partition */
    bool whole;
    uint32_t from;
    uint32_t to;
    uint32_t entities;
    double cost;
} mst_partition_step_t;

/*  Plans, changing nothing: first all that belongs to nodes that are not up; then, if the imbalance
   is above the threshold, from nodes above their share of load / capacity to nodes below, the
   dearest first, so that no step overshoots. Gives at most `capacity` steps; plan again after
   applying. *stranded: what had to move and found no room. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_partition_plan (const mst_partition_t *manager,
                                         mst_partition_step_t *steps, size_t capacity,
                                         size_t *count, size_t *stranded);
/*  Carries one step out: its entities belong to another node now, and their migrations are pending.
    Errors: MST_E_OBJECT_UNKNOWN (an entity or node is gone), MST_E_INVALID_ARGUMENT (things have
    changed since the plan: plan again), MST_E_LIMIT (no room). */
MST_EXPORT mst_err_t mst_partition_apply (mst_partition_t *manager,
                                          const mst_partition_step_t *step);

/*  Checks everything that must hold: for tests, since it reads all of it. Errors: MST_E_INTERNAL.
 */
MST_EXPORT mst_err_t mst_partition_check (const mst_partition_t *manager);

#ifdef __cplusplus
}
#endif
#endif
