/*  <muster/timewarp.h>: discrete events between logical processes, in one program. Usable without
    any federation.

    A model is a number of processes, each with a state of its own, and handlers. An event goes from
    one process to another (or to itself) and takes effect at a time of the model. One and the same
    model runs on four schedulers, with the same result to the last byte:

      sequential     one thread, one event after the other: the definition of what is right
      conservative   workers run what the model's lookahead makes safe, window by window (Nicol
   1993, "The cost of conservative synchronization in parallel discrete event simulations")
      optimistic     workers run ahead and roll back what a late event proves wrong (Jefferson 1985,
                     "Virtual time"); how far ahead, each chooses by what it measures
      bounded        optimistic, but never further than `window` beyond the slowest worker

    Order. Events are run, at each process, in the order of their keys: (time, generation, source,
    sequence). The generation of an event is 0, or one more than that of the event that sent it when
    both have the same time, so that an effect never comes before its cause; source is the process
    that sent it, sequence how many that process had sent before. No scheduler and no number of
    workers can change a key.

    Times are doubles from 0 up, in the model's unit. docs/timewarp.md explains and shows a model.

    Thread rule: any thread may start a run, several may run at once. Handlers are called on the
    thread of the worker that owns the process, or by the caller's when no worker runs: two of one
    process never at once. What handlers share
    beside the states they may only read; commit handlers of different processes run at once when
    there are several workers. The functions that take a process are for its handlers. */
#ifndef MUSTER_TIMEWARP_H
#define MUSTER_TIMEWARP_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_TIMEWARP_PROCESSES_MAX = 1 << 24,
    MST_TIMEWARP_WORKERS_MAX = 64,
    MST_TIMEWARP_STATE_MAX = 1 << 20,      /* bytes of one process's state */
    MST_TIMEWARP_DATA_MAX = 4096,          /* bytes that an event carries */
    MST_TIMEWARP_UNDO_MAX = 4096,          /* bytes that forward leaves for reverse */
    MST_TIMEWARP_GENERATIONS_MAX = 1 << 20 /* events that cause each other at one time */
};

#define MST_TIMEWARP_MEMORY_BYTES 268435456u /* 256 MiB: the default of memory_bytes */

/*  The library's side of a process, alive while a handler of it runs. */
typedef struct mst_timewarp_process mst_timewarp_process_t;

/*  What a handler sees of an event. It lives during the call. */
typedef struct mst_timewarp_event {
    double time;
    uint32_t source;   /* the process that sent it */
    uint32_t sequence; /* how many that one had sent before */
    uint32_t size_bytes;
    const void *data;
} mst_timewarp_event_t;

/*  A model. Only looked at; it stays in place during the run.

    forward changes the state and sends events; all that it does follows from the state, the event
    and the process's random stream alone. It may be called on a state that no sequential run ever
    reaches, and is rolled back then: it must return from any state.
    reverse takes back what forward did to the state, with what forward left in `undo` (undo_bytes,
    zero when forward begins). Random numbers and sent events the library takes back by itself.
    NULL: the library saves copies of the state instead.
    commit is called once for each event that stands for good, at each process in order, never for
    one that is rolled back: all output belongs there. It must not change anything that forward
    reads. The state is not given: it may be further already.
    init and final are called process by process in rising order by the caller's thread, before and
    after. An init may send; a final looks. */
typedef struct mst_timewarp_model {
    const char *name;   /* for messages; NULL is "model" */
    uint32_t processes; /* 1 … MST_TIMEWARP_PROCESSES_MAX, numbered from 0 */
    uint32_t state_bytes;
    uint32_t data_bytes; /* the most that an event carries */
    uint32_t undo_bytes;
    double lookahead; /* an event for another process is sent at least so far ahead; 0 or more */
    void *context;
    void (*init) (mst_timewarp_process_t *process, void *state); /* of zeros; may be NULL */
    void (*forward) (mst_timewarp_process_t *process, void *state,
                     const mst_timewarp_event_t *event, void *undo);
    void (*reverse) (mst_timewarp_process_t *process, void *state,
                     const mst_timewarp_event_t *event, const void *undo);
    void (*commit) (mst_timewarp_process_t *process, const mst_timewarp_event_t *event,
                    const void *undo);                                  /* may be NULL */
    void (*final) (mst_timewarp_process_t *process, const void *state); /* may be NULL */
} mst_timewarp_model_t;

typedef enum mst_timewarp_scheduler {
    MST_TIMEWARP_SEQUENTIAL = 0,
    MST_TIMEWARP_CONSERVATIVE = 1,
    MST_TIMEWARP_OPTIMISTIC = 2,
    MST_TIMEWARP_BOUNDED = 3
} mst_timewarp_scheduler_t;

typedef struct mst_timewarp_options {
    mst_timewarp_scheduler_t scheduler;
    uint32_t workers; /* threads; 0: 1. Sequential has one */
    double end; /* events at `end` and later are not run; above 0, INFINITY: until none is left */
    double window; /* of MST_TIMEWARP_BOUNDED: above 0 */
    uint64_t seed; /* of all random streams */
    size_t
        memory_bytes; /* for events and saved states; 0: MST_TIMEWARP_MEMORY_BYTES. When it runs
                         low the optimistic schedulers collect and wait; only when the events that
                         are pending at one time do not fit does a run end with MST_E_LIMIT */
    uint32_t
        checkpoint_interval; /* without a reverse handler: save the state before each so many
                                events of a process; 0: each worker chooses by what it measures */
} mst_timewarp_options_t;

/*  What a run did. The first three are the same for every scheduler. */
typedef struct mst_timewarp_result {
    uint64_t committed; /* events */
    uint64_t digest;    /* of all final states, random streams and counts of sent events */
    double last;        /* time of the last event; 0: there was none */
    uint64_t executed;  /* calls of forward, those that were taken back included */
    uint64_t rolled_back;
    uint64_t rollbacks;    /* a process going back by one event or more */
    uint64_t cancelled;    /* events that were sent and taken back */
    uint64_t coasted;      /* calls of forward to get from a saved state to the one asked for */
    uint64_t saved;        /* copies of a state */
    uint64_t gvts;         /* how often the global virtual time was computed */
    uint64_t shortages;    /* how often the memory ran low */
    uint64_t memory_bytes; /* that were in use at most */
} mst_timewarp_result_t;

/*  Runs a model from the beginning to the end. result: may be NULL; filled also when the run fails.
    Errors: MST_E_INVALID_ARGUMENT (model or options, the text says which; an event for a process
    that does not exist, or with too many bytes), MST_E_INVALID_TIME (an event sent into the past,
    nearer than the lookahead, at a time that is no number or beyond all numbers; the text names
    process, event and time), MST_E_LIMIT (memory_bytes, generations), MST_E_NO_MEMORY, MST_E_IO (no
    thread). When several events are wrong the first in order is told. */
MST_EXPORT mst_err_t mst_timewarp_run (const mst_timewarp_model_t *model,
                                       const mst_timewarp_options_t *options,
                                       mst_timewarp_result_t *result);

/*  Checks a model, for who writes one: runs it sequentially, each event forward, reverse (that must
    restore the state of before) and forward (that must do again what it did, event for event).
    Errors: as mst_timewarp_run, and MST_E_DIFFERS, whose text names process, event, time and the
    first byte that differs. options->scheduler and workers are not looked at. */
MST_EXPORT mst_err_t mst_timewarp_check (const mst_timewarp_model_t *model,
                                         const mst_timewarp_options_t *options,
                                         mst_timewarp_result_t *result);

/*  For handlers ----------------------------------------------------------------------------------
 */

MST_EXPORT uint32_t mst_timewarp_self (const mst_timewarp_process_t *process);
MST_EXPORT void *mst_timewarp_context (const mst_timewarp_process_t *process);
MST_EXPORT double mst_timewarp_now (const mst_timewarp_process_t *process); /* 0 in init */

/*  Sends an event, in init and forward only: elsewhere it does nothing. delay: 0 or more, at least
    the model's lookahead when the target is another process. The bytes are copied. A wrong argument
    ends the run when the event that sent stands for good: it may yet be rolled back. */
MST_EXPORT void mst_timewarp_send (mst_timewarp_process_t *process, uint32_t target, double delay,
                                   const void *data, uint32_t size_bytes);

/*  The process's own random stream, in init and forward: 64 random bits; uniform in [0, 1); uniform
    in [0, bound), 0 for bound 0; exponential with that mean. A rollback takes the stream back.
    (splitmix64: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".) */
MST_EXPORT uint64_t mst_timewarp_random (mst_timewarp_process_t *process);
MST_EXPORT double mst_timewarp_unit (mst_timewarp_process_t *process);
MST_EXPORT uint64_t mst_timewarp_below (mst_timewarp_process_t *process, uint64_t bound);
MST_EXPORT double mst_timewarp_exponential (mst_timewarp_process_t *process, double mean);

#ifdef __cplusplus
}
#endif
#endif
