/*  Plays federates at the level of frames before one rti/core: it encodes what they ask, decodes
   what they are told, and keeps a trace as text, one line per frame told:

        rti_driver_join (&driver, "sun", 0);
        rti_driver_publish (&driver, "sun", CLASS_COMET, 0x7);
        RTI_DRIVER_EXPECT (&driver, "sun: ok\n");

    A line begins with the name of the connection. Replies are "ok", with a result behind it if
   there is one, or the error and its text; the needs of a record stand at its end. After each event
   the core checks itself, and every event is kept on a tape that can be played to another core.

    Thread rule: one thread. */
#ifndef TESTS_RTI_DRIVER_H
#define TESTS_RTI_DRIVER_H

#include "rti/core/core.h"
#include "wire/bundle.h"
#include "wire/control.h"
#include "wire/services.h"

/*  The object model of the stories. Attribute 1 is the privilege to delete. */
enum { CLASS_ROOT = 1, CLASS_BODY = 2, CLASS_COMET = 3, CLASS_SHIP = 4 }; /* a comet is a body */
enum { BODY_POSITION = 2, BODY_MASS = 3, COMET_TAIL = 4 };
enum { SHIP_NAME = 2 };
enum { INTERACTION_ROOT = 1, INTERACTION_NOTE = 2, INTERACTION_ALARM = 3 }; /* an alarm is a note */

enum { RTI_DRIVER_PLAYERS = 64, RTI_DRIVER_PAIRS = 64, RTI_DRIVER_STAMP_NS = 5 };

/*  One connection, and what its library would know. */
typedef struct rti_player {
    const char *name; /* a literal of the test */
    uint64_t connection;
    uint32_t handle; /* 0: not joined */
    uint32_t incarnation;
    uint64_t token;
    uint64_t sequence;
    uint64_t number;  /* of time requests */
    uint64_t applied; /* highest global it was told */
    uint32_t request;
    bool closed;
    wire_pair_t marks[RTI_DRIVER_PAIRS]; /* for the next frame */
    uint32_t mark_count;
    wire_entry_t sent[RTI_DRIVER_PAIRS]; /* for the next report */
    uint32_t sent_count;
    wire_pair_t received[RTI_DRIVER_PAIRS];
    uint32_t received_count;
    int64_t queue_min;
} rti_player_t;

typedef struct rti_driver_event {
    rti_event_t event; /* its data and text are the tape's */
} rti_driver_event_t;

typedef struct rti_driver {
    rti_core_t *core;
    rti_effects_t effects;
    rti_player_t players[RTI_DRIVER_PLAYERS];
    uint32_t player_count;
    uint64_t last_connection;
    int64_t now_ns;
    int64_t wall_ns;     /* of the RTI's host; a stamp is STAMP_NS later */
    uint64_t global;     /* highest that anybody was told */
    int64_t deadline_ns; /* as the core last wanted it */
    bool unchecked;      /* the core does not check itself after each event, nor is a tape kept */
    bool quiet;          /* nothing is traced */
    char *trace;
    size_t trace_bytes;
    rti_event_t *tape;
    size_t tape_count;
} rti_driver_t;

void rti_driver_init (rti_driver_t *self, const rti_options_t *options);
void rti_driver_fini (rti_driver_t *self);

/*  The trace since the last time is this text; then it is forgotten. */
#define RTI_DRIVER_EXPECT(self, text) rti_driver_expect ((self), (text), __FILE__, __LINE__)
void rti_driver_expect (rti_driver_t *self, const char *text, const char *file, int line);
/*  … has this part. The trace stays. */
#define RTI_DRIVER_CONTAINS(self, part)                                                            \
    test_check_contains ((self)->trace ? (self)->trace : "", (part), "trace", __FILE__, __LINE__)
void rti_driver_forget (rti_driver_t *self);

/*  A new connection; later calls name it so. A name that is used again is the newest. */
rti_player_t *rti_driver_connect (rti_driver_t *self, const char *name);
rti_player_t *rti_driver_player (rti_driver_t *self, const char *name);

/*  A service or record, with a reply wanted, or one way. */
void rti_driver_ask (rti_driver_t *self, const char *name, uint16_t kind, const void *args);
void rti_driver_send (rti_driver_t *self, const char *name, uint16_t kind, const void *args);
#define RTI_DRIVER_ASK(self, name, ID, id, ...)                                                    \
    rti_driver_ask ((self), (name), WIRE_SERVICE_##ID, &(wire_##id##_t){ __VA_ARGS__ })
#define RTI_DRIVER_SEND(self, name, ID, id, ...)                                                   \
    rti_driver_send ((self), (name), WIRE_SERVICE_##ID, &(wire_##id##_t){ __VA_ARGS__ })

/*  Values for these: a text or tag from a literal, a list of handles. */
/* clang-format off */
#define TEXT(literal) { literal, sizeof literal - 1 }
#define TAG(literal) { (const uint8_t *) literal, sizeof literal - 1 }
#define HANDLES(...)                                                                               \
    { (const wire_handle_t[]) { __VA_ARGS__ },                                                     \
      sizeof (const wire_handle_t[]) { __VA_ARGS__ } / sizeof (wire_handle_t) }
#define TEXTS(...)                                                                                 \
    { (const wire_text_t[]) { __VA_ARGS__ },                                                       \
      sizeof (const wire_text_t[]) { __VA_ARGS__ } / sizeof (wire_text_t) }
/* clang-format on */

/*  Bytes as they are. */
void rti_driver_bytes (rti_driver_t *self, const char *name, const void *data, size_t size_bytes);
/*  A control frame with any arguments, correct around them. */
void rti_driver_frame (rti_driver_t *self, const char *name, uint16_t kind, const void *args,
                       size_t args_size_bytes, uint8_t flags);

void rti_driver_mark (rti_driver_t *self, const char *name, const char *peer, uint64_t sequence);
void rti_driver_sent (rti_driver_t *self, const char *name, const char *peer, uint64_t sequence,
                      int64_t smallest);
void rti_driver_received (rti_driver_t *self, const char *name, const char *peer,
                          uint64_t sequence);
/*  kind: wire_advance_t. */
void rti_driver_advance (rti_driver_t *self, const char *name, uint8_t kind, int64_t time);

void rti_driver_lose (rti_driver_t *self, const char *name, const char *why);
void rti_driver_state (rti_driver_t *self, const char *name, const char *state);
void rti_driver_tick (rti_driver_t *self, int64_t now_ns);

/*  Shorter forms, with replies wanted. */
void rti_driver_create (rti_driver_t *self, const char *name, const char *federation);
void rti_driver_join (rti_driver_t *self, const char *name, uint64_t flags); /* to "world" */
void rti_driver_resign (rti_driver_t *self, const char *name, wire_resign_action_t action);
void rti_driver_publish (rti_driver_t *self, const char *name, uint32_t class, uint64_t mask);
void rti_driver_subscribe (rti_driver_t *self, const char *name, uint32_t class, uint64_t mask);
void rti_driver_register (rti_driver_t *self, const char *name, uint64_t counter, uint32_t class);
uint64_t rti_driver_object (rti_driver_t *self, const char *name, uint64_t counter);

/*  "world" with these federates, and nothing of it in the trace. Ends with NULL. */
void rti_driver_world (rti_driver_t *self, const char *const *names);
#define RTI_DRIVER_WORLD(self, ...)                                                                \
    rti_driver_world ((self), (const char *const[]){ __VA_ARGS__, NULL })

/*  The XML of the object model above. */
extern const char rti_driver_fom[];

#endif
