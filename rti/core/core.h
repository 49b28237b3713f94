/*  The RTI as a state machine: one door in, one list of effects out. No clock, socket, thread, file
   or random source: whatever happens is an event that carries its time; whatever must happen is an
   effect. The daemon, the simulator and (later) a replicated log drive the same core.

    What the bytes mean is docs/protocol.md. */
#ifndef RTI_CORE_H
#define RTI_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/list.h"

typedef struct rti_core rti_core_t;

/*  Zero means the default of base/limits or of docs/configuration.md. */
typedef struct rti_options {
    uint64_t seed;            /* for tokens and generated names; the daemon gives real randomness */
    uint32_t federates_max;   /* limits.federates, per federation execution */
    uint32_t federations_max; /* limits.federations */
    uint64_t objects_max;     /* limits.objects, per federation execution */
    int64_t silence_limit_ns; /* silence beyond it is death; 0: never */
} rti_options_t;

typedef enum rti_event_kind {
    RTI_EVENT_MESSAGE, /* bytes from a connection (unknown ones are new) */
    RTI_EVENT_LOST,    /* a connection is closed: its process died, or its network */
    RTI_EVENT_TICK,    /* time passes: deadlines and silence */
    RTI_EVENT_STATE,   /* what the daemon saw of a process, for explanations: text, "" = running */
    RTI_EVENT_STAMP    /* the sends are about to leave: `stamp` of the effects asked for it */
} rti_event_kind_t;

typedef struct rti_event {
    rti_event_kind_t kind;
    uint64_t connection; /* the daemon's number of a connection, never reused */
    const uint8_t *data; /* MESSAGE: one transport message; only looked at */
    size_t size_bytes;
    const char *text; /* LOST: why; STATE */
    int64_t now_ns;   /* monotonic, never falling */
    int64_t wall_ns;  /* MESSAGE: read after it came; STAMP: read just now; of the wall clock */
} rti_event_t;

/*  Bytes for one connection: frames back to back, sent as one transport message. */
typedef struct rti_send {
    uint64_t connection;
    base_buffer_t bytes;
} rti_send_t;

typedef struct rti_effects {
    BASE_LIST (rti_send_t) sends; /* in order; one per connection. Only `send_count` are live. */
    size_t send_count;
    BASE_LIST (uint64_t) closes; /* connections to close after the sends */
    int64_t deadline_ns;         /* next TICK wanted at; INT64_MAX: none */
    bool stamp;                  /* a STAMP is wanted right before the sends leave */
    BASE_LIST (char *) notes;    /* lines for the log, owned by the effects */
    uint64_t round;              /* counts the clears; the core's business */
} rti_effects_t;

void rti_effects_init (rti_effects_t *self);
void rti_effects_fini (rti_effects_t *self);
/*  Forgets what was carried out and keeps the memory of the buffers. */
void rti_effects_clear (rti_effects_t *self);

mst_err_t rti_core_new (const rti_options_t *options, rti_core_t **self);
void rti_core_destroy (rti_core_t **self);

/*  Feeds one event and appends its effects. Whatever a connection sends, the answer goes to that
    connection. Out of memory: a frame that meets it leaves the state as it was, and its connection
   is answered so and closed; a connection that cannot be told what it must know is closed. Both
   then count as lost. The daemon feeds RTI_EVENT_LOST for every connection that ends, also for one
   that it was asked to close; connections are forgotten then. Errors: MST_E_NO_MEMORY: something is
   left to do; `deadline_ns` is now, and any event goes on. */
mst_err_t rti_core_step (rti_core_t *self, const rti_event_t *event, rti_effects_t *effects);

/*  Deep check of everything that must hold (one owner per attribute, indices that agree …), for
   tests and the simulator: MST_E_INTERNAL and the story. */
mst_err_t rti_core_check (const rti_core_t *self);

/*  Appends the status of one federation execution (all: "") as JSON text. */
mst_err_t rti_core_status (const rti_core_t *self, const char *federation, base_buffer_t *json);

#endif
