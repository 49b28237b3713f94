/*  The best few: nearest to a point, or first along a ray. The caller's array is a heap with the
   worst on top while the search goes on, so that a find either displaces the worst or is none;
   boxes that begin beyond the worst are left out. Children are searched from the nearest on, which
   makes the worst good early (Roussopoulos, Kelley, Vincent: Nearest neighbor queries, 1995). */
#include "partition/octree.h"

typedef struct octree_ranking {
    const mst_octree_t *tree;
    mst_octree_hit_t *hits;
    size_t capacity;
    size_t count;
    const double *point; /* or the ray's origin */
    double direction[PARTITION_AXES];
    double length;
    double thickness;
    double margin; /* for rounding: what a ray's test of a box allows */
} octree_ranking_t;

static bool rank_worse (const mst_octree_hit_t *a, const mst_octree_hit_t *b)
{
    return a->distance > b->distance || (a->distance == b->distance && a->id > b->id);
}

static void rank_sift_down (mst_octree_hit_t *hits, size_t at, size_t count)
{
    mst_octree_hit_t hit = hits[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && rank_worse (&hits[child + 1], &hits[child]))
            child++;
        if (!rank_worse (&hits[child], &hit))
            break;
        hits[at] = hits[child];
    }
    hits[at] = hit;
}

static void rank_add (octree_ranking_t *self, uint64_t id, double distance)
{
    mst_octree_hit_t hit = { id, distance };

    if (self->count == self->capacity) {
        if (rank_worse (&hit, &self->hits[0]))
            return;
        self->hits[0] = hit;
        rank_sift_down (self->hits, 0, self->count);
        return;
    }
    size_t at = self->count++;
    for (; at > 0 && rank_worse (&hit, &self->hits[(at - 1) / 2]); at = (at - 1) / 2)
        self->hits[at] = self->hits[(at - 1) / 2];
    self->hits[at] = hit;
}

/*  Best first: the second half of a heap sort. */
static size_t rank_finish (octree_ranking_t *self)
{
    for (size_t left = self->count; left > 1; left--) {
        mst_octree_hit_t worst = self->hits[0];
        self->hits[0] = self->hits[left - 1];
        self->hits[left - 1] = worst;
        rank_sift_down (self->hits, 0, left - 1);
    }
    return self->count;
}

/*  What is further than this is none of the best. */
static double rank_bound (const octree_ranking_t *self)
{
    return self->count == self->capacity ? self->hits[0].distance : INFINITY;
}

/*  The children of a node, in the order of a distance of theirs. */
static void rank_children (const double distances[PARTITION_OCTANTS],
                           uint8_t order[PARTITION_OCTANTS])
{
    for (uint8_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        uint8_t at = octant;
        for (; at > 0 && distances[order[at - 1]] > distances[octant]; at--)
            order[at] = order[at - 1];
        order[at] = octant;
    }
}

static void nearest_node (octree_ranking_t *self, uint32_t at)
{
    const octree_node_t *node = &self->tree->nodes[at];
    double distances[PARTITION_OCTANTS];
    uint8_t order[PARTITION_OCTANTS];

    if (octree_is_leaf (node)) {
        const octree_bucket_t *bucket = &self->tree->cells[at].bucket;
        for (uint64_t left = bucket->used; left; left &= left - 1) {
            const octree_entry_t *entry = &bucket->entries[__builtin_ctzll (left)];
            double squared = mst_distance_squared (self->point, entry->point);
            if (squared <= rank_bound (self))
                rank_add (self, entry->id, squared);
        }
        return;
    }
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        distances[octant] = mst_box_distance_squared (
            &self->tree->cells[node->first_child + octant].box, self->point);
    rank_children (distances, order);
    for (uint32_t i = 0; i < PARTITION_OCTANTS; i++)
        if (distances[order[i]] <= rank_bound (self))
            nearest_node (self, node->first_child + order[i]);
}

size_t mst_octree_nearest (const mst_octree_t *tree, const double point[3], mst_octree_hit_t *hits,
                           size_t capacity)
{
    octree_ranking_t self = { .tree = tree, .hits = hits, .capacity = capacity, .point = point };

    base_assert (tree != NULL);
    base_assert (point != NULL);
    base_assert (hits != NULL || capacity == 0);
    if (capacity == 0)
        return 0;
    nearest_node (&self, OCTREE_ROOT);
    size_t count = rank_finish (&self);
    for (size_t i = 0; i < count; i++)
        hits[i].distance = sqrt (hits[i].distance);
    return count;
}

/*  Where a ray enters a box made wider by `wider` on all sides; INFINITY when it misses it (Kay,
   Kajiya: Ray tracing complex scenes, 1986). */
static double ray_box (const octree_ranking_t *self, const mst_box_t *box, double wider)
{
    double enter = 0.0, leave = self->length;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        double low = box->low[axis] - wider - self->point[axis];
        double high = box->high[axis] + wider - self->point[axis];
        double along = self->direction[axis];
        if (along == 0.0) {
            if (low > 0.0 || high < 0.0)
                return INFINITY;
            continue;
        }
        enter = fmax (enter, fmin (low / along, high / along));
        leave = fmin (leave, fmax (low / along, high / along));
    }
    return enter <= leave + self->margin ? enter : INFINITY;
}

/*  Where the ray enters a ball, or INFINITY. The distance of the centre from the line is taken from
    the part of the way that is across the ray, which loses nothing when the ball is far and small.
 */
static double ray_ball (const octree_ranking_t *self, const double centre[PARTITION_AXES],
                        double radius)
{
    double to[PARTITION_AXES], along = 0.0, straight = 0.0, across = 0.0;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        to[axis] = centre[axis] - self->point[axis];
        along += to[axis] * self->direction[axis];
        straight += to[axis] * to[axis];
    }
    if (straight <= radius * radius)
        return 0.0;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        double aside = to[axis] - along * self->direction[axis];
        across += aside * aside;
    }
    if (along < 0.0 || across > radius * radius)
        return INFINITY;
    double enter = fmax (0.0, along - sqrt (radius * radius - across));
    return enter <= self->length ? enter : INFINITY;
}

static void ray_node (octree_ranking_t *self, uint32_t at)
{
    const octree_node_t *node = &self->tree->nodes[at];
    double distances[PARTITION_OCTANTS];
    uint8_t order[PARTITION_OCTANTS];

    if (octree_is_leaf (node)) {
        const octree_bucket_t *bucket = &self->tree->cells[at].bucket;
        for (uint64_t left = bucket->used; left; left &= left - 1) {
            uint32_t place = (uint32_t) __builtin_ctzll (left);
            double radius = self->thickness + octree_radius (self->tree, bucket, place);
            double enter = ray_ball (self, bucket->entries[place].point, radius);
            if (enter < INFINITY && enter <= rank_bound (self))
                rank_add (self, bucket->entries[place].id, enter);
        }
        return;
    }
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        uint32_t child = node->first_child + octant;
        double wider = self->thickness + octree_reach (self->tree, child) + self->margin;
        distances[octant] = ray_box (self, &self->tree->cells[child].box, wider);
    }
    rank_children (distances, order);
    for (uint32_t i = 0; i < PARTITION_OCTANTS; i++)
        if (distances[order[i]] < INFINITY &&
            distances[order[i]] - self->margin <= rank_bound (self))
            ray_node (self, node->first_child + order[i]);
}

size_t mst_octree_ray (const mst_octree_t *tree, const double origin[3], const double direction[3],
                       double length, double thickness, mst_octree_hit_t *hits, size_t capacity)
{
    octree_ranking_t self = { .tree = tree,
                              .hits = hits,
                              .capacity = capacity,
                              .point = origin,
                              .length = length,
                              .thickness = thickness };
    double norm = sqrt (direction[0] * direction[0] + direction[1] * direction[1] +
                        direction[2] * direction[2]);

    base_assert (tree != NULL);
    base_assert (hits != NULL || capacity == 0);
    if (capacity == 0 || !(norm > 0.0) || !isfinite (norm) || !(length >= 0.0) ||
        !(thickness >= 0.0))
        return 0;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        const mst_box_t *cube = &tree->cells[OCTREE_ROOT].box;
        self.direction[axis] = direction[axis] / norm;
        self.margin +=
            1e-12 * (fabs (origin[axis]) + fabs (cube->low[axis]) + fabs (cube->high[axis]));
    }
    ray_node (&self, OCTREE_ROOT);
    return rank_finish (&self);
}
