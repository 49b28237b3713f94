#include "tests/support/sync_story.h"

#include "tests/support/check.h"

#include <string.h>

mst_sync_t *story_source (mst_sync_strategy_t strategy)
{
    const mst_sync_options_t options = {
        .type = STORY_TYPE, .origin = STORY_ORIGIN, .strategy = strategy, .chunk_bytes = 512
    };
    mst_sync_t *self;
    CHECK_OK (mst_sync_new (&options, &self));
    return self;
}

mst_sync_t *story_follower (void)
{
    const mst_sync_options_t options = { .type = STORY_TYPE, .strategy = MST_SYNC_DELTA };
    mst_sync_t *self;
    CHECK_OK (mst_sync_new (&options, &self));
    return self;
}

void story_set (mst_sync_t *self, const char *path, const char *value)
{
    CHECK_OK (mst_sync_set (self, path, value, strlen (value)));
}

void story_commit (mst_sync_t *self, int64_t now_ns)
{
    CHECK_OK (mst_sync_commit (self, now_ns, NULL));
}

bool story_has (const mst_sync_t *self, const char *path, const char *value)
{
    mst_sync_value_t found;
    bool there = mst_sync_get (self, path, &found);
    if (!value)
        return !there;
    return there && found.size_bytes == strlen (value) &&
           memcmp (found.data, value, found.size_bytes) == 0;
}

int story_pull (mst_sync_t *source, mst_sync_t *follower, int64_t now_ns)
{
    const void *request, *answer;
    size_t request_bytes, answer_bytes;
    for (int messages = 0;; messages++) {
        if (!CHECK_OK (mst_sync_request (follower, &request, &request_bytes)) ||
            !CHECK_OK (mst_sync_answer (source, request, request_bytes, &answer, &answer_bytes)))
            return -1;
        if (answer_bytes == 0)
            return messages;
        if (!CHECK_OK (mst_sync_apply (follower, answer, answer_bytes, now_ns)))
            return -1;
    }
}

size_t story_merge (void *user, const char *path, const mst_sync_value_t *source,
                    const mst_sync_value_t *edit, void *merged, size_t room_bytes)
{
    (void) user;
    (void) path;
    (void) room_bytes;
    memcpy (merged, source->data, source->size_bytes);
    memcpy ((char *) merged + source->size_bytes, edit->data, edit->size_bytes);
    return source->size_bytes + edit->size_bytes;
}
