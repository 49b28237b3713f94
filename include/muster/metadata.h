/*  <muster/metadata.h>: what a monitoring user looks at, on replicated types: which entities there
   are, which federates, who is assigned what, counters, and who uses which resource.

    It lives in a store (<muster/store.h>) under "federation/", one map per topic. So every replica
    has it, it is right again after a partition heals (counters add up, nothing is counted twice),
    and whoever has the store can read it: mst_metadata_json, or `muster state get federation/
   --all`.

    Thread rule: that of the store. */
#ifndef MUSTER_METADATA_H
#define MUSTER_METADATA_H

#include <muster/store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mst_topic {
    MST_TOPIC_ENTITIES = 0,    /* an entity: what it is ("settler"), or where it lives */
    MST_TOPIC_FEDERATES = 1,   /* a federate: how it is ("joined", "lost") */
    MST_TOPIC_ASSIGNMENTS = 2, /* a task or territory: who has it */
    MST_TOPIC_COUNTERS = 3,    /* a number that all add to */
    MST_TOPIC_RESOURCES = 4    /* a resource: who uses it */
} mst_topic_t;
enum { MST_TOPICS = 5 };

/*  Writes a text under a name (1 … 255 bytes), of any topic but counters; the last write wins. NULL
    takes the name out; what others write there at the same time stays. time_ns: nanoseconds since
    1970. Errors: MST_E_INVALID_ARGUMENT, MST_E_CLOCK_AHEAD, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_metadata_set (mst_store_t *store, mst_topic_t topic, const char *name,
                                       const char *text, uint64_t time_ns);

/*  Adds to a counter; by may be negative. Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT,
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_metadata_add (mst_store_t *store, const char *name, int64_t by);

/*  The text of a name: points into the store, not terminated. False: there is none. */
MST_EXPORT bool mst_metadata_get (const mst_store_t *store, mst_topic_t topic, const char *name,
                                  const char **text, uint32_t *size_bytes);
/*  A counter; 0 when nobody added to it. */
MST_EXPORT int64_t mst_metadata_count (const mst_store_t *store, const char *name);
/*  How many names a topic has. */
MST_EXPORT size_t mst_metadata_size (const mst_store_t *store, mst_topic_t topic);

/*  All of it as one JSON object, appended: {"entities":{…},"federates":{…},"assignments":{…},
    "counters":{…},"resources":{…}}, names in the order of their bytes. Equal replicas give equal
    bytes. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_metadata_json (const mst_store_t *store, mst_bytes_t *bytes);

/*  "entities", "federates", …; static. */
MST_EXPORT const char *mst_topic_name (mst_topic_t topic);

#ifdef __cplusplus
}
#endif
#endif
