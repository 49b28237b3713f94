/*  Words for stories of a source and its followers; each call must succeed.

    Thread rule: one thread. */
#ifndef TESTS_SYNC_STORY_H
#define TESTS_SYNC_STORY_H

#include "state/sync_own.h"

#include <stdbool.h>

enum { STORY_TYPE = 7, STORY_ORIGIN = 100 };
#define SECOND INT64_C (1000000000)

/*  Owned by the caller: mst_sync_destroy. Its chunks are small, so that stories have several. */
mst_sync_t *story_source (mst_sync_strategy_t strategy);
mst_sync_t *story_follower (void);
void story_set (mst_sync_t *self, const char *path, const char *value);
void story_commit (mst_sync_t *self, int64_t now_ns);
/*  `value` NULL: there is no such path. */
bool story_has (const mst_sync_t *self, const char *path, const char *value);
/*  Asks and answers until nothing comes; how many messages it took, -1: one was refused. */
int story_pull (mst_sync_t *source, mst_sync_t *follower, int64_t now_ns);
/*  A user's merge: the source's value, and the edit behind it. */
size_t story_merge (void *user, const char *path, const mst_sync_value_t *source,
                    const mst_sync_value_t *edit, void *merged, size_t room_bytes);

#endif
