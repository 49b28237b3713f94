/*  Federations in one thread, over real sockets: an RTI in this process, federates whose callbacks
    become lines of text, and waiting for conditions with a deadline.

        stage_t stage;
        stage_open (&stage);
        actor_t *sun = stage_join (&stage, "sun"), *moon = stage_join (&stage, "moon");
        …
        ACTOR_HEARS (&stage, moon, "discovered sun.1 as Body by sun\n"
                                   "reflected sun.1 Position=12\n");
        stage_close (&stage);

    One line per callback; values and tags are texts ("<70000 bytes>" when they are long). Who
   joined, resigned or was lost goes to a text of its own, `news`, because others do not ask for it.

    Thread rule: a stage and its actors belong to one thread. Federates of other threads use the
    public API and `federates_fom` as they are. */
#ifndef TESTS_INTEGRATION_FEDERATES_H
#define TESTS_INTEGRATION_FEDERATES_H

#include <muster/muster.h>
#include <muster/rti.h>
#include "tests/support/check.h"

enum { STAGE_ACTORS = 16, STAGE_DEADLINE_MS = 20000, ACTOR_OBJECTS = 64 };

/*  Body: Position, Mass (time stamp), Colour (receive), Wind (receive, best effort);
    Comet, a Body: Tail (time stamp). Ship: Name, Cargo (receive).
    Note: Text (receive); Alarm, a Note: Level. Tick: Count (time stamp). Gust: Force (best effort).
    Who is lost: delete, then divest. */
extern const char federates_fom[];

typedef struct actor {
    mst_federate_t fed;
    bool joined;
    char name[64];
    char *trace, *news;  /* never NULL */
    mst_object_t object; /* the last one discovered or migrated in */
    mst_time_t granted;
    size_t discovered, reflected, received, removed, grants; /* callbacks so far */
    size_t bytes;                                            /* of the values that came */
    uint64_t last_stamp;
    bool stamps_fell;
    bool terse; /* only counts */
    bool regulating, constrained, lost;
    struct {
        uint64_t id;
        char name[64];
    } objects[ACTOR_OBJECTS];
    size_t object_count;
    void (*on_received) (struct actor *self, const mst_reception_t *interaction);
    void (*on_reflected) (struct actor *self, const mst_reception_t *update);
    struct stage *stage;
    void *context;
} actor_t;

typedef struct stage {
    mst_rti_t rti;
    char endpoint[160];
    actor_t actors[STAGE_ACTORS];
    size_t count;
} stage_t;

/*  Starts the RTI. A failure ends the test program. */
void stage_open (stage_t *self);
/*  The same without an RTI of its own: one that is at `endpoint`. */
void stage_open_at (stage_t *self, const char *endpoint);
/*  Whoever is still joined resigns; then the RTI ends. */
void stage_close (stage_t *self);

/*  Joins "world". A failure fails the test; the actor is then not joined. */
actor_t *stage_join (stage_t *self, const char *name);
/*  With options; rti, federation, modules and callbacks are filled in where they are empty. */
actor_t *stage_join_with (stage_t *self, const char *name, mst_join_options_t options);
void actor_resign (actor_t *self, mst_resign_t action);
/*  The options that stage_join takes, to be changed. */
mst_join_options_t stage_options (stage_t *self);
mst_callbacks_t actor_callbacks (void);

/*  Lets all actors run once; waits a little when nothing was there. False after the deadline. */
typedef struct stage_wait {
    long long deadline_ms;
} stage_wait_t;
bool stage_turn (stage_t *self, stage_wait_t *wait);

/*  Runs all actors until the condition holds; fails the test when it does not within the deadline.
 */
#define STAGE_UNTIL(stage, condition)                                                              \
    do {                                                                                           \
        stage_wait_t stage_wait = { 0 };                                                           \
        while (!(condition) && stage_turn ((stage), &stage_wait))                                  \
            ;                                                                                      \
        CHECK (condition);                                                                         \
    } while (0)

/*  Runs all actors until the actor's trace is as long as the text; it must be the text. Then it is
    forgotten. */
#define ACTOR_HEARS(stage, actor, text) actor_hears ((stage), (actor), (text), __FILE__, __LINE__)
void actor_hears (stage_t *stage, actor_t *self, const char *text, const char *file, int line);
/*  … until it contains the text. It stays. */
#define ACTOR_HEARS_OF(stage, actor, text)                                                         \
    do {                                                                                           \
        STAGE_UNTIL ((stage), strstr ((actor)->trace, (text)) != NULL);                            \
        CHECK_CONTAINS ((actor)->trace, (text));                                                   \
    } while (0)
#define ACTOR_NEWS_OF(stage, actor, text)                                                          \
    do {                                                                                           \
        STAGE_UNTIL ((stage), strstr ((actor)->news, (text)) != NULL);                             \
        CHECK_CONTAINS ((actor)->news, (text));                                                    \
    } while (0)
void actor_forget (actor_t *self);

/*  What everybody asked of the RTI so far is known to everybody it concerns. No callback runs. */
void stage_settle (stage_t *self);

/*  Handles by name; 0 fails the test. */
mst_class_t actor_class (const actor_t *self, const char *name);
mst_interaction_class_t actor_interaction (const actor_t *self, const char *name);
mst_attribute_t actor_attribute (const actor_t *self, const char *of, const char *name);

/*  All attributes of a class. */
void actor_publishes (const actor_t *self, const char *class_name);
void actor_subscribes (const actor_t *self, const char *class_name);
mst_object_t actor_registers (actor_t *self, const char *class_name);

/*  One attribute of an object registered or discovered here, one parameter; a text. */
mst_err_t actor_updates (actor_t *self, mst_object_t object, const char *attribute,
                         const char *value, mst_time_t time);
mst_err_t actor_sends (actor_t *self, const char *interaction, const char *parameter,
                       const char *value, mst_time_t time);

/*  Regulating with a lookahead and constrained, both in force when it returns. */
void actor_keeps_time (stage_t *stage, actor_t *self, mst_time_t lookahead);
/*  Time advance request, and everybody runs until it is granted. */
void actor_advances (stage_t *stage, actor_t *self, mst_time_t to);

const char *actor_object_name (const actor_t *self, mst_object_t object);

#endif
