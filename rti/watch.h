/*  Who is silent, and whether it is because its process is stopped. Only processes of this host can
   be looked at; which process a connection belongs to stands in its JOIN.

    Thread rule: that of its daemon. */
#ifndef RTI_WATCH_H
#define RTI_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/map.h"

typedef struct rti_watch {
    base_map_t connections; /* to rti_watched_t */
    base_arena_t arena;
    int64_t next_ns; /* when to look again; INT64_MAX: nobody is watched */
    uint32_t at;     /* where the last look stopped */
} rti_watch_t;

/*  A process that went from running to stopped, or back. */
typedef struct rti_watch_news {
    uint64_t connection;
    bool stopped;
} rti_watch_news_t;

void rti_watch_init (rti_watch_t *self);
void rti_watch_fini (rti_watch_t *self);

/*  A message came: it is not silent, and may say which process it is. */
void rti_watch_heard (rti_watch_t *self, uint64_t connection, const uint8_t *message,
                      size_t size_bytes, int64_t now_ns);

/*  The connection is gone: true when its process has ended, as far as can be seen. */
bool rti_watch_lost (rti_watch_t *self, uint64_t connection);

/*  Looks at some that are silent: true, and one whose state has changed. Call it until it is false.
 */
bool rti_watch_look (rti_watch_t *self, int64_t now_ns, rti_watch_news_t *news);

#endif
