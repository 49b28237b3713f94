/*  tools/config.h: the configuration: one file, muster.json, whose keys are also environment
   variables and command-line options. An option wins over the environment, the environment over the
   file.

        config_t config;
        err = config_load (&config, &argc, argv, environ);
        …
        const char *endpoint = config_text (&config, CONFIG_RTI);

    Thread rule: one thread reads it in; then any thread looks at it. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/buffer.h"

/*  X (ID, "name", TYPE, "default", smallest, largest, "words", "what it means"). A new key is one
   row here and a line of docs/configuration.md. Durations are in nanoseconds, sizes in bytes. */
#define CONFIG_SECOND INT64_C (1000000000)
#define CONFIG_KEYS(X)                                                                             \
    X (RTI, "rti", TEXT, "tcp://127.0.0.1:15000", 0, 0, "", "endpoint of the RTI")                 \
    X (TRANSPORT, "transport", CHOICE, "auto", 0, 0, "auto|tcp|ipc|inproc",                        \
       "how processes reach each other; auto takes the fastest that works")                        \
    X (ROUTE, "route", CHOICE, "peer", 0, 0, "peer|rti",                                           \
       "updates go straight to the peers, or through the RTI (firewalls)")                         \
    X (ADVERTISE, "advertise", TEXT, "", 0, 0, "",                                                 \
       "address at which peers reach this federate; empty: the one that it is seen from")          \
    X (FEDERATES, "limits.federates", NUMBER, "1024", 1, 65535, "", "federates in a federation")   \
    X (OBJECTS, "limits.objects", NUMBER, "1000000", 1, 1 << 30, "",                               \
       "object instances in a federation")                                                         \
    X (FEDERATIONS, "limits.federations", NUMBER, "64", 1, 65535, "", "federations at one RTI")    \
    X (CONNECTIONS, "limits.connections", NUMBER, "65536", 1, 1 << 20, "",                         \
       "connections to the RTI at the same time; one more is closed, with this limit's name")      \
    X (BACKLOG, "limits.backlog_bytes", SIZE, "64 MiB", 1 << 16, INT64_C (1) << 40, "",            \
       "what waits at the RTI for one that does not read; beyond it that one is lost")             \
    X (BUNDLE, "limits.bundle_bytes", SIZE, "64 KiB", 1 << 10, 1 << 24, "",                        \
       "a bundle of updates is sent when it is this large")                                        \
    X (ROUTE_WINDOW, "limits.route_window_bytes", SIZE, "64 MiB", 1 << 16, INT64_C (1) << 40, "",  \
       "unacknowledged bytes to one peer, then the sender waits")                                  \
    X (RECEIVE_QUEUE, "limits.receive_queue_bytes", SIZE, "256 MiB", 1 << 16, INT64_C (1) << 40,   \
       "", "bytes received and not yet delivered, then senders wait")                              \
    X (TSO_QUEUE, "limits.tso_queue_messages", NUMBER, "1000000", 1, 1 << 30, "",                  \
       "time-stamped messages that wait for a grant, then the sender gets an error")               \
    X (SILENCE, "silence_limit_s", DURATION, "0", 0, 86400 * CONFIG_SECOND, "",                    \
       "a federate silent for this long counts as lost; 0: never, it is only shown")               \
    X (CLOCK_METHOD, "clock.method", CHOICE, "off", 0, 0, "off|cristian|berkeley|ntp|ptp",         \
       "how federates compare their clocks with the RTI's host")                                   \
    X (CLOCK_INTERVAL, "clock.interval", DURATION, "1 s", 10000000, 86400 * CONFIG_SECOND, "",     \
       "how often they do")                                                                        \
    X (CLOCK_MIN_DELAY, "clock.min_delay", DURATION, "0", 0, 10 * CONFIG_SECOND, "",               \
       "no message travels faster one way; what is known of it makes the bound smaller")           \
    X (STATE_ENDPOINT, "state.endpoint", TEXT, "tcp://127.0.0.1:15100", 0, 0, "",                  \
       "where muster state serve listens, and where get, put, watch and status ask")               \
    X (STATE_FANOUT, "state.gossip_fanout", NUMBER, "3", 1, 1024, "",                              \
       "peers that are told of changes in one round")                                              \
    X (STATE_HOPS, "state.gossip_hops", NUMBER, "10", 1, 255, "",                                  \
       "a change is passed on so often at most")                                                   \
    X (STATE_GOSSIP, "state.gossip_interval", DURATION, "5 s", 1000000, 86400 * CONFIG_SECOND, "", \
       "how often changes are told")                                                               \
    X (STATE_ENTROPY, "state.entropy_interval", DURATION, "30 s", 1000000, 86400 * CONFIG_SECOND,  \
       "", "how often a peer is compared with, to find what gossip missed")                        \
    X (STATE_DRIFT, "state.max_drift", DURATION, "500 ms", 1000000, 86400 * CONFIG_SECOND, "",     \
       "a stamp further ahead of the own clock is refused")                                        \
    X (STATE_LEVEL, "state.compression_level", NUMBER, "1", 1, 19, "",                             \
       "zstd's level for what state sends")                                                        \
    X (STATE_CONSISTENCY, "state.consistency", TEXT, "", 0, 0, "",                                 \
       "which kinds of change are how consistent: trade=causal, score=eventual")                   \
    X (YIELD, "yield", CHOICE, "auto", 0, 0, "auto|on|off",                                        \
       "a wait yields for 30 us before it sleeps; auto: where there is more than one core")        \
    X (TRACE, "trace", TRUTH, "false", 0, 0, "", "the RTI tells every record that comes or goes")

typedef enum config_key {
#define CONFIG_KEY_ENUM(id, name, type, standard, smallest, largest, words, help) CONFIG_##id,
    CONFIG_KEYS (CONFIG_KEY_ENUM)
#undef CONFIG_KEY_ENUM
        CONFIG_KEY_COUNT
} config_key_t;

enum { CONFIG_VALUE_BYTES = 256 };

typedef struct config_value {
    char text[CONFIG_VALUE_BYTES]; /* as it was written */
    int64_t number;                /* number, bytes, nanoseconds, index of the word, 0 or 1 */
} config_value_t;

typedef struct config {
    config_value_t values[CONFIG_KEY_COUNT];
} config_t;

/*  The defaults. */
void config_init (config_t *self);

/*  All of it: defaults, the file (--config FILE, else muster.json in the current directory when
   there is one), the environment, the options. What was understood is taken out of argv; the rest,
   and all after "--", stays. Errors: MST_E_CONFIG, MST_E_IO, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t config_load (config_t *self, int *argc, char **argv, char *const *environment);

/*  For the commands other than `muster rti`: the same, but options named `kept` (NULL-ended; "rti":
   the command has one of its own that means more) stay in argv; then what is not the default goes
   into this process's environment, where the library and the processes started from here find it.
   Errors as above. */
mst_err_t config_share (int *argc, char **argv, const char *const *kept);

/*  The parts of it, each over what stands. `label` is the file's name for messages. Keys in the
   file may be nested or dotted. */
mst_err_t config_read_json (config_t *self, const char *label, const void *data, size_t size_bytes);
mst_err_t config_read_environment (config_t *self, char *const *environment);
mst_err_t config_read_options (config_t *self, int *argc, char **argv);

/*  One key by its name; `origin` stands before messages. Errors: MST_E_CONFIG. */
mst_err_t config_set (config_t *self, const char *origin, const char *name, const char *value);

const char *config_text (const config_t *self, config_key_t key);
int64_t config_number (const config_t *self, config_key_t key);
bool config_on (const config_t *self, config_key_t key);
const char *config_name (config_key_t key);

/*  The table of keys, as Markdown. Errors: MST_E_NO_MEMORY. */
mst_err_t config_help (base_buffer_t *out);

#endif
