/*  "Did you mean Comet?": the known name that is nearest to a mistyped one. Candidates are shown
   one after another; one that is too far away to be meant is not taken.

    Thread rule: any thread, each search in one. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>
#include <muster/error.h>

typedef struct base_nearest {
    const char *wanted;
    const char *name;   /* the nearest so far; NULL: none is near enough */
    size_t edits_below; /* the next one must need fewer */
} base_nearest_t;

/*  wanted, and every name that is considered, must live as long as the search. */
void base_nearest_init (base_nearest_t *self, const char *wanted);
void base_nearest_consider (base_nearest_t *self, const char *name);

/*  err again; the text that stands ends with "; did you mean …?" where there is a name. */
mst_err_t base_nearest_suggest (const base_nearest_t *self, mst_err_t err);

#endif
