/*  A look costs a read from /proc, so only the silent are looked at, and not many at a time. */
#include "rti/watch.h"
#include "link/process.h"
#include "base/alloc.h"
#include "base/error.h"
#include "wire/control.h"
#include "wire/services.h"

#include <string.h>

#define WATCH_SILENT_NS INT64_C (500000000)
#define WATCH_PAUSE_NS  INT64_C (250000000)

enum { WATCH_LOOKS_MAX = 64 };

typedef struct rti_watched {
    int64_t heard_ns;
    uint32_t process; /* 0: unknown, or of another host */
    bool stopped;
} rti_watched_t;

void rti_watch_init (rti_watch_t *self)
{
    base_assert (self != NULL);
    *self = (rti_watch_t){ .next_ns = INT64_MAX };
    base_map_init (&self->connections);
    base_arena_init (&self->arena);
}

void rti_watch_fini (rti_watch_t *self)
{
    base_assert (self != NULL);
    BASE_MAP_EACH (&self->connections, entry)
        base_free ((void *) (uintptr_t) entry->value);
    base_map_fini (&self->connections);
    base_arena_fini (&self->arena);
}

/*  The process that a JOIN speaks of, if it is one of this host; else 0. */
static uint32_t rti_watch_join (rti_watch_t *self, const wire_frame_t *frame)
{
    wire_up_t up;
    wire_join_t join;
    const uint8_t *args;
    size_t size_bytes;
    const char *host = link_process_host ();

    base_arena_reset (&self->arena);
    if (wire_up_read (frame, &self->arena, &up, &args, &size_bytes) ||
        wire_service_decode (WIRE_SERVICE_JOIN, args, size_bytes, &self->arena, &join, sizeof join))
        return 0;
    bool same = join.host.size_bytes == strlen (host) &&
                memcmp (join.host.data, host, join.host.size_bytes) == 0;
    return same && join.process <= UINT32_MAX ? (uint32_t) join.process : 0;
}

/*  Takes a message apart as the core will; what is wrong with it is the core's to say. */
static uint32_t rti_watch_process (rti_watch_t *self, const uint8_t *message, size_t size_bytes)
{
    wire_frame_t frame;
    size_t offset = 0;

    while (wire_frame_next (message, size_bytes, &offset, &frame) == MST_OK && frame.body)
        if (frame.kind == WIRE_SERVICE_JOIN)
            return rti_watch_join (self, &frame);
    return 0;
}

/*  Without memory it is not watched; nothing else depends on it. */
static rti_watched_t *rti_watch_add (rti_watch_t *self, uint64_t connection)
{
    rti_watched_t *watched = base_calloc (1, sizeof *watched);
    if (watched && base_map_set_pointer (&self->connections, connection, watched)) {
        base_free (watched);
        return NULL;
    }
    return watched;
}

void rti_watch_heard (rti_watch_t *self, uint64_t connection, const uint8_t *message,
                      size_t size_bytes, int64_t now_ns)
{
    base_assert (self != NULL && message != NULL);
    rti_watched_t *watched = base_map_pointer (&self->connections, connection);
    if (!watched)
        watched = rti_watch_add (self, connection);
    if (!watched)
        return;
    watched->heard_ns = now_ns;
    if (watched->process == 0) {
        watched->process = rti_watch_process (self, message, size_bytes);
        if (watched->process != 0 && self->next_ns == INT64_MAX)
            self->next_ns = now_ns + WATCH_SILENT_NS;
    }
}

bool rti_watch_lost (rti_watch_t *self, uint64_t connection)
{
    base_assert (self != NULL);
    rti_watched_t *watched = base_map_pointer (&self->connections, connection);
    if (!watched)
        return false;
    bool ended =
        watched->process != 0 && link_process_state (watched->process) == LINK_PROCESS_GONE;
    (void) base_map_remove (&self->connections, connection);
    base_free (watched);
    if (self->connections.count == 0)
        self->next_ns = INT64_MAX;
    return ended;
}

/*  Looked at are those that are silent, and those that were stopped when last seen. */
static bool rti_watched_changed (rti_watched_t *self, int64_t now_ns, uint32_t *looks)
{
    if (self->process == 0 || (!self->stopped && now_ns - self->heard_ns < WATCH_SILENT_NS))
        return false;
    (*looks)++;
    bool stopped = link_process_state (self->process) == LINK_PROCESS_STOPPED;
    if (stopped == self->stopped)
        return false;
    self->stopped = stopped;
    return true;
}

bool rti_watch_look (rti_watch_t *self, int64_t now_ns, rti_watch_news_t *news)
{
    base_assert (self != NULL && news != NULL);
    if (now_ns < self->next_ns)
        return false;
    uint32_t looks = 0, count = self->connections.count;
    for (uint32_t seen = 0; seen < count && looks < WATCH_LOOKS_MAX; seen++) {
        self->at = (self->at + 1) % count;
        const base_map_entry_t *entry = &self->connections.entries[self->at];
        rti_watched_t *watched = (rti_watched_t *) (uintptr_t) entry->value;
        if (rti_watched_changed (watched, now_ns, &looks)) {
            *news = (rti_watch_news_t){ entry->key, watched->stopped };
            return true; /* the rest at the next call */
        }
    }
    self->next_ns = now_ns + WATCH_PAUSE_NS;
    return false;
}
