/*  Seeded random numbers, the same on every machine. Nothing in a core may use it. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct base_random {
    uint64_t state;
} base_random_t;

static inline void base_random_init (base_random_t *self, uint64_t seed)
{
    self->state = seed;
}

/*  splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static inline uint64_t base_random_next (base_random_t *self)
{
    uint64_t z = (self->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/*  Uniform in [0, bound); bound > 0. (The bias of the multiplication is below bound / 2^64.) */
static inline uint64_t base_random_below (base_random_t *self, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide_t;
    return (uint64_t) (((wide_t) base_random_next (self) * bound) >> 64);
}

/*  Uniform in [0, 1). */
static inline double base_random_unit (base_random_t *self)
{
    return (double) (base_random_next (self) >> 11) * 0x1.0p-53;
}

static inline bool base_random_chance (base_random_t *self, double probability)
{
    return base_random_unit (self) < probability;
}

#endif
