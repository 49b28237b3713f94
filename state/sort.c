/*  Merge sort from the bottom up, in runs that double; qsort knows no context. */
#include "state/object.h"

static void sort_pair (const uint32_t *from, uint32_t *to, size_t low, size_t middle, size_t high,
                       state_compare_t *compare, const void *context)
{
    size_t left = low, right = middle;
    base_assert (low <= middle && middle <= high);
    for (size_t i = low; i < high; i++) {
        bool take_left =
            left < middle && (right == high || compare (context, from[left], from[right]) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

void state_sort (uint32_t *numbers, uint32_t *scratch, size_t count, state_compare_t *compare,
                 const void *context)
{
    base_assert (compare != NULL);
    base_assert (count == 0 || (numbers != NULL && scratch != NULL));
    uint32_t *from = numbers, *to = scratch;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t low = 0; low < count; low += 2 * run) {
            size_t middle = low + run < count ? low + run : count;
            size_t high = low + 2 * run < count ? low + 2 * run : count;
            sort_pair (from, to, low, middle, high, compare, context);
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    if (from != numbers)
        memcpy (numbers, from, count * sizeof *numbers);
}
