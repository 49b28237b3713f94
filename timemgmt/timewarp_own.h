/*  What the files of the kernel share (see timewarp.h for its door, timewarp_event.h and
    timewarp_queue.h for its parts). */
#ifndef TIMEMGMT_TIMEWARP_OWN_H
#define TIMEMGMT_TIMEWARP_OWN_H

#include "timemgmt/timewarp.h"
#include "timemgmt/timewarp_event.h"
#include "timemgmt/timewarp_pool.h"
#include "timemgmt/timewarp_queue.h"

/*  What a model did wrong, in the words of timewarp_error.c. */
typedef enum timewarp_wrong {
    TIMEWARP_FINE = 0,
    TIMEWARP_WRONG_TARGET,
    TIMEWARP_WRONG_SIZE,
    TIMEWARP_WRONG_NUMBER,
    TIMEWARP_WRONG_PAST,
    TIMEWARP_WRONG_NEAR,
    TIMEWARP_WRONG_FAR,
    TIMEWARP_WRONG_GENERATION,
    TIMEWARP_WRONG_SEQUENCE,
    TIMEWARP_WRONG_MEMORY
} timewarp_wrong_t;

typedef struct timewarp_failure {
    timewarp_wrong_t wrong;
    timewarp_key_t key; /* of the event whose handler did it */
    uint32_t process, target, size_bytes;
    double delay;
    bool init;
} timewarp_failure_t;

/*  What the call of a handler may do. */
typedef enum timewarp_mode {
    TIMEWARP_CLOSED, /* look */
    TIMEWARP_OPEN,   /* send */
    TIMEWARP_COAST   /* send, and nothing comes of it: it was sent before */
} timewarp_mode_t;

typedef struct timewarp_worker timewarp_worker_t;

/*  The state follows, so that both come with one miss of the cache. */
struct mst_timewarp_process {
    uint64_t random;
    uint64_t last; /* time of the last event in the history */
    timewarp_worker_t *worker;
    uint32_t sequence;      /* events sent */
    uint32_t first, latest; /* history */
    uint32_t id;
    uint32_t since; /* events run since the state was saved */
    uint32_t spare;
};

_Static_assert(sizeof (mst_timewarp_process_t) % 16 == 0, "the state is aligned");

/*  What a worker tells when a global virtual time, or a window, is computed. */
typedef struct timewarp_tell {
    timewarp_key_t least;
    bool failed;
    char apart[64];
} timewarp_tell_t;

/*  Events on their way to another worker: a list that is handed over as one. */
typedef struct timewarp_parcel {
    uint32_t first, last;
} timewarp_parcel_t;

enum { TIMEWARP_TRAIL = 4096 };

/*  Which process was run when: where the worker has passed. */
typedef struct timewarp_step {
    uint64_t time;
    uint32_t process, spare;
} timewarp_step_t;

struct timewarp_worker {
    timewarp_t *run;
    uint32_t index;
    uint32_t begin, end; /* its processes */
    timewarp_cache_t events, saves;

    /* the call of a handler */
    timewarp_mode_t mode;
    double now;
    uint32_t current; /* event; TIMEWARP_NONE in init */
    uint32_t generation;
    uint64_t now_bits;
    timewarp_failure_t failure;
    bool failed;  /* the failure stands */
    bool starved; /* a send found no memory */
    bool gathers; /* sent events are linked to the one that sent them … */
    bool keeps;   /* … and wait there */

    timewarp_queue_t queue;
    timewarp_parcel_t *parcels; /* one for each worker */
    bool parcels_any;
    timewarp_key_t least_sent; /* to other workers, since the first cut or in the window */

    /* optimistic */
    timewarp_step_t *trail;          /* a ring; none when copies are saved */
    uint32_t trail_begin, trail_end; /* counts */
    timewarp_key_t gvt;
    uint64_t gvt_round;
    uint64_t phase;     /* the last one seen */
    uint32_t since_gvt; /* turns */
    uint32_t cancels;   /* own events to be cancelled: a list */
    uint64_t changes;   /* of any of its processes */
    uint32_t stalled;   /* an event that cannot be run as things are */
    uint64_t stalled_changes;
    uint64_t stalled_round;
    uint32_t stalled_times;
    uint32_t pressure; /* the last shortage that it has answered */
    double window;
    double until;        /* it may run events up to this time before it looks at the others again */
    uint32_t spins;      /* turns that it has waited */
    uint32_t show_after; /* so many events are run until it shows how far it is … */
    uint64_t shown;      /* its smallest time, as the others see it */
    uint32_t unseen;     /* … and so many were run since it did */
    uint64_t waits, waits_seen, executed_seen, rolled_back_seen;
    uint32_t interval; /* between saved states */
    double save_ns, event_ns;

    mst_timewarp_result_t count;
    uint64_t last;

    char apart_1[64];
    atomic_uint inbox;     /* events from other workers, last one first */
    atomic_uint withdrawn; /* those of them that are cancelled */
    char apart_2[64];
    atomic_uint_least64_t local; /* time of its smallest event: a hint for the others */
    char apart_3[64];
    timewarp_tell_t tell[2];
};

struct timewarp {
    mst_timewarp_model_t model;
    mst_timewarp_options_t options;
    timewarp_host_t host;
    uint64_t end;        /* bits */
    size_t undo_at;      /* in an event's block */
    bool copies;         /* states are saved */
    uint64_t per_worker; /* for timewarp_owner */
    void *process_memory;
    uint8_t *processes;
    size_t process_bytes;
    timewarp_pool_t events, saves;
    timewarp_worker_t *workers;

    char apart_1[64];
    atomic_uint_least64_t phase; /* of the GVT, or of the windows */
    atomic_uint acks;
    timewarp_key_t gvt;
    char apart_2[64];
    atomic_uint pressure; /* shortages of memory so far */
    atomic_uint tight;    /* one is on: events are run by GVT alone */
    atomic_bool stop;
};

/*  Small things, on every event's way ------------------------------------------------------------
 */

static inline timewarp_event_t *timewarp_event (const timewarp_t *run, uint32_t event)
{
    return timewarp_pool_at (&run->events, event);
}

static inline mst_timewarp_process_t *timewarp_process (const timewarp_t *run, uint32_t process)
{
    return (mst_timewarp_process_t *) (void *) (run->processes + process * run->process_bytes);
}

static inline void *timewarp_process_state (mst_timewarp_process_t *process)
{
    return process + 1;
}

static inline void *timewarp_data (timewarp_event_t *event)
{
    return event + 1;
}

static inline void *timewarp_undo (const timewarp_t *run, timewarp_event_t *event)
{
    return (uint8_t *) event + run->undo_at;
}

/*  Neighbouring processes belong to one worker. */
static inline uint32_t timewarp_owner (const timewarp_t *run, uint32_t process)
{
    return (uint32_t) (process * run->per_worker >> 32);
}

static inline mst_timewarp_event_t timewarp_view (timewarp_event_t *event)
{
    return (mst_timewarp_event_t){ timewarp_time (event->time), (uint32_t) event->tie,
                                   event->sequence, event->size_bytes, timewarp_data (event) };
}

/*  Calls forward, in the given mode. */
static inline void timewarp_forward (timewarp_worker_t *self, mst_timewarp_process_t *process,
                                     uint32_t event, timewarp_mode_t mode)
{
    const timewarp_t *run = self->run;
    timewarp_event_t *it = timewarp_event (run, event);
    mst_timewarp_event_t view = timewarp_view (it);
    void *undo = timewarp_undo (run, it);

    self->mode = mode;
    self->current = event;
    self->now = view.time;
    self->now_bits = it->time;
    self->generation = (uint32_t) (it->tie >> 32);
    if (run->model.undo_bytes > 0)
        memset (undo, 0, run->model.undo_bytes);
    run->model.forward (process, timewarp_process_state (process), &view, undo);
    self->mode = TIMEWARP_CLOSED;
}

/*  timewarp_handler.c */
void timewarp_commit (timewarp_worker_t *self, uint32_t event);  /* and counts it */
void timewarp_release (timewarp_worker_t *self, uint32_t event); /* gives its memory back */
void timewarp_fail (timewarp_worker_t *self, timewarp_wrong_t wrong, uint32_t target, double delay,
                    uint32_t size_bytes);
void timewarp_drain (timewarp_worker_t *self); /* the inbox, into the queue */
void timewarp_flush (timewarp_worker_t *self); /* the parcels, into the inboxes */

/*  timewarp_error.c: the failure as an error with its text. */
mst_err_t timewarp_tell_failure (const timewarp_t *run, const timewarp_failure_t *failure);
mst_err_t timewarp_check_model (const mst_timewarp_model_t *model);
mst_err_t timewarp_check_options (const mst_timewarp_options_t *options);

/*  The schedulers. */
void timewarp_run_sequential (timewarp_worker_t *self);
void timewarp_run_conservative (timewarp_worker_t *self);
bool timewarp_turn_optimistic (timewarp_worker_t *self); /* false: the run is over */

/*  timewarp_rollback.c: takes back all events of a process from a key on, and what they sent. */
void timewarp_rollback (timewarp_worker_t *self, mst_timewarp_process_t *process,
                        const timewarp_key_t *from);
void timewarp_cancel_all (timewarp_worker_t *self); /* those that rollbacks left to cancel */
void timewarp_withdraw (timewarp_worker_t *self);   /* those that others have cancelled */
void timewarp_give_up (timewarp_worker_t *self);    /* all that is not final yet */

/*  timewarp_fossil.c */
void timewarp_collect (timewarp_worker_t *self, mst_timewarp_process_t *process);
void timewarp_collect_all (timewarp_worker_t *self);
void timewarp_collect_trail (timewarp_worker_t *self); /* what is before the GVT */
void timewarp_trail (timewarp_worker_t *self, mst_timewarp_process_t *process);
bool timewarp_save (timewarp_worker_t *self, mst_timewarp_process_t *process, uint32_t event);
void timewarp_choose_interval (timewarp_worker_t *self);

/*  timewarp_gvt.c: the worker's part in a computation of the GVT; true: there is a new one. */
bool timewarp_gvt_turn (timewarp_worker_t *self);
/*  It has told its smallest key: until the GVT is known it must not go back before that key by a
    decision of its own. */
bool timewarp_gvt_has_told (const timewarp_worker_t *self);
void timewarp_gvt_begin (timewarp_worker_t *self); /* unless one is on */

/*  The smallest live event; TIMEWARP_NONE: none. Dead ones on the way are released. */
uint32_t timewarp_top (timewarp_worker_t *self);
void timewarp_bury (timewarp_worker_t *self); /* releases all dead ones of the queue */

#endif
