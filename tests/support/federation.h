/*  A small federation in memory, without clock and network: one rti/core, a few federate/cores, and
   a pipe for each way between them. Nothing moves but by a call; what each federate is told is kept
    as text, one line per callback:

        federation_join (&world, "sun", NULL);
        federation_join (&world, "moon", NULL);
        ...
        federation_pump (&world);
        FEDERATION_EXPECT (&world, "moon: reflected sun.1 2=here @10\n");

    A pipe can be held, so that data overtakes control or the other way round; then what comes is
    in its order, and later. A call that fails is told as "sun! NOT_OWNED: ...".

    What the pipes hold comes from malloc, so a sweep strikes the cores only. */
#ifndef TESTS_FEDERATION_H
#define TESTS_FEDERATION_H

#include "federate/core/core.h"
#include "rti/core/core.h"
#include "wire/bundle.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stddef.h>

/*  The object model. Attribute 1 is the privilege to delete; Place is time-stamped, Mass in receive
   order, Glow best effort. A Note is time-stamped, an Alarm is a note, a Chat is in receive order.
 */
enum { FED_ROOT = 1, FED_BODY = 2, FED_COMET = 3 }; /* a comet is a body */
enum { FED_PLACE = 2, FED_MASS = 3, FED_GLOW = 4, FED_TAIL = 5 };
enum { FED_NOTE = 2, FED_ALARM = 3, FED_CHAT = 4 };
enum { FED_MASK_PLACE = 2, FED_MASK_MASS = 4, FED_MASK_GLOW = 8, FED_MASK_BODY = 14 };

enum { FEDERATION_MEMBERS = 4, FEDERATION_REQUESTS = 16, FEDERATION_RTI = FEDERATION_MEMBERS };

typedef struct federation_bytes {
    uint8_t *data; /* NULL: the connection is closed */
    size_t size_bytes;
    uint64_t connection;
    int from, to;
} federation_bytes_t;

/*  First in, first out. */
typedef struct federation_pipe {
    federation_bytes_t *items;
    size_t count, capacity;
    bool held;
} federation_pipe_t;

typedef struct federation_member {
    const char *name; /* a literal of the test; NULL: none */
    federate_core_t *core;
    uint64_t connection; /* at the RTI */
    uint32_t join_request;
    uint32_t handle;
    size_t parcels; /* handed in and not released */
    bool told_of_reply;
    bool silent;   /* its callbacks wait until it is asked */
    mst_err_t err; /* of the last input that failed */
} federation_member_t;

typedef struct federation {
    rti_core_t *rti;
    rti_effects_t effects;
    federation_member_t members[FEDERATION_MEMBERS];
    /* [from][to]; row and column FEDERATION_RTI are the RTI's; `back` answers a route from `from`
     * to `to` */
    federation_pipe_t there[FEDERATION_MEMBERS + 1][FEDERATION_MEMBERS + 1];
    federation_pipe_t back[FEDERATION_MEMBERS][FEDERATION_MEMBERS];
    uint64_t route[FEDERATION_MEMBERS]
                  [FEDERATION_MEMBERS]; /* connection as the receiver numbers it; 0: none */
    bool refused[FEDERATION_MEMBERS][FEDERATION_MEMBERS]; /* routes that cannot be opened */
    uint64_t connections;
    int64_t now_ns;
    bool quiet; /* nothing is kept as text */
    char *trace;
    size_t trace_bytes;
} federation_t;

/*  Creates the federation execution "world". Errors: MST_E_NO_MEMORY; fini follows in any case. */
mst_err_t federation_init (federation_t *self, const rti_options_t *options);
/*  … with another object model than the one above. */
mst_err_t federation_init_model (federation_t *self, const rti_options_t *options, const char *xml);
void federation_fini (federation_t *self);

/*  A federate that joins (asks to; pump). options may be NULL. */
mst_err_t federation_join (federation_t *self, const char *name, const federate_options_t *options);
int federation_index (const federation_t *self, const char *name); /* -1: none */
federate_core_t *federation_core (const federation_t *self, const char *name);
federate_state_t federation_state (const federation_t *self, const char *name);

/*  Carries out, moves and tells until nothing moves any more. */
void federation_pump (federation_t *self);
/*  Only carries out; then what is sent stands in the pipes. */
void federation_carry_out (federation_t *self);
/*  Takes the first message of a pipe to its end; false: empty. Does not look at `held`. */
bool federation_move (federation_t *self, federation_pipe_t *pipe);
bool federation_tell (federation_t *self,
                      int member); /* runs its due callbacks; true: there were some */
federation_pipe_t *federation_data (federation_t *self, const char *from, const char *to);
federation_pipe_t *federation_up (federation_t *self, const char *name);
federation_pipe_t *federation_down (federation_t *self, const char *name);
void federation_tick (federation_t *self, int64_t step_ns);

/*  The federate is gone at once. What it had put into pipes still arrives, unless dropped before.
 */
void federation_kill (federation_t *self, const char *name);
void federation_drop (federation_pipe_t *pipe); /* what is in it is lost */

/*  Shorter forms of calls. Each failure is told. */
void federation_declare (federation_t *self, const char *name, uint64_t publish,
                         uint64_t subscribe);
mst_object_t federation_register (federation_t *self, const char *name, uint32_t class_handle);
mst_err_t federation_update (federation_t *self, const char *name, mst_object_t object,
                             uint32_t attribute, const char *text, mst_time_t time);
mst_err_t federation_send (federation_t *self, const char *name, uint32_t interaction,
                           const char *text, mst_time_t time);
mst_err_t federation_advance (federation_t *self, const char *name, uint8_t kind, mst_time_t to);
void federation_time_on (federation_t *self, const char *name, mst_time_t lookahead);
mst_err_t federation_resign (federation_t *self, const char *name, mst_resign_t action);
mst_err_t federation_say (federation_t *self, const char *name, mst_err_t err);

/*  The text since the last time is this; then it is forgotten. */
#define FEDERATION_EXPECT(self, text)                                                              \
    do {                                                                                           \
        CHECK_TEXT ((self)->trace ? (self)->trace : "", (text));                                   \
        federation_forget (self);                                                                  \
    } while (0)
void federation_forget (federation_t *self);

#endif
