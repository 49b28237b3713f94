/*  The shell around a federate's core: sockets, waiting, the user's callbacks. What the core
   decides is carried out here; nothing is decided here.

    With evoked callbacks everything runs in the caller's thread. With immediate callbacks a thread
   of the federate owns the sockets and runs the callbacks; calls lock the core, change it, and wake
   that thread, which carries out what is to be done. The lock is not held while a user's callback
   runs. */
#ifndef FEDERATE_SHELL_H
#define FEDERATE_SHELL_H

#include <muster/muster.h>
#include "base/list.h"
#include "base/map.h"
#include "federate/core/core.h"
#include "federate/meter.h"
#include "fom/codec.h"
#include "link/dealer.h"
#include "link/message.h"
#include "link/poll.h"
#include "link/router.h"
#include "link/thread.h"
#include "timemgmt/clocksync.h"
#include "wire/services.h"

enum {
    FEDERATE_SLOTS_MAX = 1024,          /* federates of one process at the same time */
    FEDERATE_CONNECT_TIMEOUT_MS = 5000, /* to the RTI */
    FEDERATE_LINGER_MS = 5000,          /* what was sent leaves within it */
    FEDERATE_GIVE_UP_MS = 1000,         /* a lost peer's connection closes by itself within it */
    FEDERATE_LACKS_MS = 250,            /* what does not come within it is told to the RTI */
    FEDERATE_ENDPOINTS = 3,             /* inproc, ipc, tcp */
    FEDERATE_REPLY_TIMEOUT_MS = 30000,  /* an RTI that is connected and says nothing */
    FEDERATE_TURN_BYTES = 256 * 1024,   /* of peers' bundles taken in at a time, … */
    FEDERATE_EVOKE_BYTES = 8 * 1024 * 1024, /* … and by one mst_evoke, while there is more */
    FEDERATE_PACE_BYTES = 1024 * 1024, /* receive order runs so far ahead of its receiver, … */
    FEDERATE_PACE_NS = 2000000         /* … or waits so long for it, and goes on */
};

/*  How far a synchronization point has come. */
enum { FEDERATE_POINT_ANNOUNCED_HERE = 1, FEDERATE_POINT_SYNCHRONIZED = 2 };

/*  Our way to one peer. Frames wait here until the connection stands. */
typedef struct federate_road {
    uint32_t peer;
    link_dealer_t *dealer;
    const char *const *endpoints; /* the core's */
    size_t endpoint_count;
    size_t next_endpoint;
    bool same_host;
    bool closing;
    bool dead; /* none of its endpoints answered: the core sends by the RTI */
    BASE_LIST (base_buffer_t) waiting;
    size_t first_waiting;
} federate_road_t;

struct federate_shell {
    federate_core_t *core;
    link_poll_t *poll;
    link_dealer_t *rti;
    link_router_t *router; /* NULL: a session without join */
    size_t turn_bytes;     /* taken in from peers by the last pump */
    base_map_t roads;      /* peer → federate_road_t * */
    base_map_t doomed;     /* connection of a lost peer → when to close it, link_clock_ns */
    mst_callbacks_t callbacks;
    void *user;
    mst_federate_t handle;
    char *transport;
    bool immediate;
    bool stopping;  /* immediate: the thread ends */
    bool leaving;   /* immediate: it resigns or is abandoned; calls that wait give up */
    uint32_t calls; /* immediate: calls that are under way */
    link_thread_t thread;
    link_mutex_t *mutex; /* immediate: guards the core and all below; the table's, so that it
                            outlives the federate: a late caller may still wait for it */
    link_condition_t changed;
    bool calling_back; /* immediate: a callback runs, without the lock */
    /* whose bundles are waited for, since when, and whether the RTI was told */
    uint32_t lacks_sender;
    uint64_t lacks_sequence;
    int64_t lacks_since_ns;
    bool lacks_told;
    /* answers that calls wait for */
    bool regulation_told, constraint_told;
    base_names_t points; /* label → FEDERATE_POINT_…, from announcement to mst_synchronize's end */
    char waited_barrier[256];
    bool barrier_passed, barrier_broken;
    char barrier_missing[512];
    fom_codec_t *codec; /* of the core's model; NULL until a value is encoded or decoded */
    char *listed;       /* sessions: reportFederationExecutions */
    size_t listed_size_bytes;
    federate_meter_t meter;
    timemgmt_clocksync_t clock; /* off before the join */
};

/*  table.c: handles. A stale handle gives MST_E_STALE_HANDLE. */
mst_err_t federate_table_add (federate_shell_t *shell);
/*  From now on calls take the lock. Before the thread starts. */
void federate_table_lock (const federate_shell_t *shell);
void federate_table_remove (federate_shell_t *shell);
/*  Is the next call to be measured? */
void federate_table_measure (const federate_shell_t *shell, bool on);

/*  enter and leave bracket every call on the core; leave carries out its effects (or wakes the
   thread). An enter that fails gives NULL for the shell and needs no leave. */
mst_err_t federate_enter (mst_federate_t fed, federate_shell_t **shell);
mst_err_t federate_leave (federate_shell_t *shell, mst_err_t err);
/*  The same for calls that wait: refused within a callback. */
mst_err_t federate_enter_waiting (mst_federate_t fed, federate_shell_t **shell);
/*  Nobody else is in a call, and nobody comes in any more. The caller has entered. */
void federate_close_door (federate_shell_t *shell);

/*  nearest.c: err again, its text with the nearest known name, if there is one. */
mst_err_t federate_suggest_class (mst_err_t err, const fom_tree_t *tree, const char *wanted);
mst_err_t federate_suggest_member (mst_err_t err, const fom_tree_t *tree, uint32_t of,
                                   const char *wanted);

/*  declare.c: the mask of some attributes of a class, or of all (NULL). */
mst_err_t federate_mask_of (const federate_shell_t *shell, mst_class_t of,
                            const mst_attribute_t *attributes, size_t count, uint64_t *mask);

/*  pump.c */
mst_err_t federate_carry_out (federate_shell_t *shell, bool flush);
mst_err_t federate_pump (federate_shell_t *shell, int64_t timeout_ns);
/*  How long to wait at most, given what is to be closed then. */
int64_t federate_patience (const federate_shell_t *shell, int64_t timeout_ns);

/*  clock.c: how the options and the environment want it, after the join; a question that is due;
   what the RTI told just now; when the next question is due, INT64_MAX: never. */
mst_err_t federate_clock_options (const mst_join_options_t *given,
                                  timemgmt_clock_options_t *wanted);
void federate_clock_join (federate_shell_t *shell, const timemgmt_clock_options_t *options);
mst_err_t federate_clock_turn (federate_shell_t *shell);
mst_err_t federate_clock_take (federate_shell_t *shell);

/*  dispatch.c: runs one due callback; *any says whether there was one. */
mst_err_t federate_dispatch (federate_shell_t *shell, bool *any);
/*  Is the calling thread within a callback of this federate? */
bool federate_in_callback (const federate_shell_t *shell);

/*  wait.c: waits for the reply to a request, or for a state. The deadline is link_clock_ns's. */
/*  One turn of waiting without callbacks; *in_time is false once the deadline has passed. */
mst_err_t federate_turn (federate_shell_t *shell, int64_t deadline_ns, bool *in_time);
mst_err_t federate_wait_reply (federate_shell_t *shell, uint32_t request, federate_reply_t *reply);
mst_err_t federate_call (federate_shell_t *shell, uint32_t request);
typedef bool federate_until_t (const federate_shell_t *shell, const void *context);
mst_err_t federate_wait_until (federate_shell_t *shell, federate_until_t *until,
                               const void *context, int64_t deadline_ns);
int64_t federate_deadline (int64_t wait_ms);
void federate_thread (void *shell);

/*  explain.c: either may be NULL. */
mst_err_t federate_explain (federate_shell_t *shell, const wire_explain_t *args, mst_wait_t *wait,
                            char *text, size_t size_bytes);

/*  join.c */
mst_err_t federate_session_open (const char *rti, int64_t timeout_ms, federate_shell_t **shell);
void federate_shell_destroy (federate_shell_t **shell, int linger_ms);

#endif
