/*  muster state as processes: a few that serve and gossip, and those who put, get and watch. No
   wait but for a line or an end. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { LINE_MS = 10000, ENDPOINT_SIZE = 160 };

typedef struct server {
    test_process_t process;
    char endpoint[ENDPOINT_SIZE];
} server_t;

static bool serve_ready (server_t *self)
{
    static const char words[] = "muster state: ready at ";
    const char *line = test_process_line (&self->process, words, LINE_MS);
    if (!CHECK (line != NULL))
        return false;
    (void) snprintf (self->endpoint, sizeof self->endpoint, "%s", line + strlen (words));
    return true;
}

#define SERVE(self, ...)                                                                           \
    (PROCESS_START (&(self)->process, "muster", "state", "serve", "--state.gossip_interval",       \
                    "20ms", "--state.entropy_interval", "200ms", __VA_ARGS__),                     \
     serve_ready (self))
#define FREE_PORT "--listen", "tcp://127.0.0.1:0"

static void stop (server_t *self, int signal_number, int exit_code)
{
    test_process_signal (&self->process, signal_number);
    CHECK (test_process_wait (&self->process, LINE_MS));
    CHECK_INT (self->process.exit_code, exit_code);
    test_process_fini (&self->process);
}

/*  One question that ends by itself; what it printed, to be freed. */
static char *ask (int exit_code, const char *const *argv)
{
    test_process_t process;
    test_process_start (&process, argv);
    CHECK (test_process_wait (&process, LINE_MS));
    CHECK_INT (process.exit_code, exit_code);
    char *out = strdup (process.out.text ? process.out.text : "");
    if (exit_code != 0)
        CHECK (process.err.size_bytes > 0);
    test_process_fini (&process);
    return out;
}

#define ASK(server, exit_code, ...)                                                                \
    ask (exit_code, (const char *const[]){ "muster", "state", __VA_ARGS__, "--at",                 \
                                           (server)->endpoint, NULL })
#define DO(server, exit_code, ...) free (ASK (server, exit_code, __VA_ARGS__))

/*  Until a server shows a line. */
static void sees (const server_t *server, const char *prefix, const char *line)
{
    test_process_t watch;
    PROCESS_START (&watch, "muster", "state", "watch", prefix, "--at", server->endpoint);
    CHECK (test_process_line (&watch, line, LINE_MS) != NULL);
    test_process_fini (&watch);
}

static void put_on_one_is_seen_on_another (void)
{
    server_t a, b, c;
    test_process_t watch;
    CHECK_OR_RETURN (SERVE (&a, FREE_PORT));
    CHECK_OR_RETURN (SERVE (&b, FREE_PORT, "--peer", a.endpoint));
    CHECK_OR_RETURN (SERVE (&c, FREE_PORT, "--peer", b.endpoint));
    PROCESS_START (&watch, "muster", "state", "watch", "town/", "--at", c.endpoint, "--count", "3");
    DO (&a, 0, "put", "town/name", "Ulm");
    CHECK (test_process_line (&watch, "town/name = Ulm", LINE_MS) != NULL);
    DO (&b, 0, "put", "town/tags", "--add", "old");
    CHECK (test_process_line (&watch, "town/tags = old", LINE_MS) != NULL);
    DO (&c, 0, "put", "other", "unseen");
    DO (&c, 0, "put", "town/people", "--by", "-3");
    CHECK (test_process_line (&watch, "town/people = -3", LINE_MS) != NULL);
    CHECK (test_process_wait (&watch, LINE_MS)); /* three lines are enough for it */
    CHECK_INT (watch.exit_code, 0);
    test_process_fini (&watch);

    sees (&a, "other", "other = unseen");
    sees (&a, "town/people", "town/people = -3");
    char *all = ASK (&a, 0, "get", "town/", "--all", "--json");
    CHECK_TEXT (all, "{\"path\":\"town/name\",\"type\":\"lww-register\",\"value\":\"Ulm\"}\n"
                     "{\"path\":\"town/people\",\"type\":\"pn-counter\",\"value\":-3}\n"
                     "{\"path\":\"town/tags\",\"type\":\"or-set\",\"value\":[\"old\"]}\n");
    free (all);
    char *one = ASK (&a, 0, "get", "town/name");
    CHECK_TEXT (one, "Ulm\n");
    free (one);
    stop (&a, SIGTERM, 0);
    stop (&b, SIGINT, 0);
    stop (&c, SIGTERM, 0);
}

/*  Killed and started again at the same endpoint it fetches what it missed. */
static void who_is_killed_catches_up (void)
{
    server_t a, b;
    char endpoint[ENDPOINT_SIZE];
    CHECK_OR_RETURN (SERVE (&a, FREE_PORT));
    CHECK_OR_RETURN (SERVE (&b, FREE_PORT, "--peer", a.endpoint));
    DO (&a, 0, "put", "before", "1");
    sees (&b, "before", "before = 1");
    (void) snprintf (endpoint, sizeof endpoint, "%s", b.endpoint);
    stop (&b, SIGKILL, -SIGKILL);
    DO (&a, 0, "put", "meanwhile", "2");
    CHECK_OR_RETURN (SERVE (&b, "--listen", endpoint, "--peer", a.endpoint));
    sees (&b, "before", "before = 1");
    sees (&b, "meanwhile", "meanwhile = 2");
    DO (&b, 0, "put", "after", "3");
    sees (&a, "after", "after = 3");
    stop (&a, SIGTERM, 0);
    stop (&b, SIGTERM, 0);
}

static void a_clean_end_keeps_the_file (void)
{
    test_temp_t temp;
    server_t a;
    test_temp_init (&temp);
    const char *file = test_temp_path (&temp, "state.bin");
    CHECK_OR_RETURN (SERVE (&a, FREE_PORT, "--file", file));
    DO (&a, 0, "put", "name", "Ulm");
    stop (&a, SIGTERM, 0);
    CHECK_OR_RETURN (SERVE (&a, FREE_PORT, "--file", file));
    char *name = ASK (&a, 0, "get", "name");
    CHECK_TEXT (name, "Ulm\n");
    free (name);
    stop (&a, SIGKILL, -SIGKILL); /* it had taken the file over: it starts empty */
    CHECK_OR_RETURN (SERVE (&a, FREE_PORT, "--file", file));
    DO (&a, 1, "get", "name");
    stop (&a, SIGTERM, 0);
    (void) test_temp_write (&temp, "state.bin", "cut", 3);
    PROCESS_START (&a.process, "muster", "state", "serve", FREE_PORT, "--file",
                   test_temp_path (&temp, "state.bin"));
    CHECK (test_process_error_line (&a.process, "is cut: it has 3 bytes", LINE_MS) != NULL);
    CHECK (test_process_wait (&a.process, LINE_MS));
    CHECK_INT (a.process.exit_code, 1);
    test_process_fini (&a.process);
    test_temp_fini (&temp);
}

static void mistakes_are_answered (void)
{
    server_t a;
    CHECK_OR_RETURN (SERVE (&a, FREE_PORT, "--state.consistency", "trade=causal, vote=strong"));
    DO (&a, 1, "get", "nothing");
    DO (&a, 0, "put", "name", "Ulm", "--kind", "trade");
    DO (&a, 1, "put", "name", "--add", "x"); /* it is no set */
    DO (&a, 2, "put", "ballot", "x", "--kind", "vote");
    DO (&a, 1, "get", "ballot");
    DO (&a, 2, "put", "name");
    DO (&a, 2, "put", "name", "value", "--by", "3");
    DO (&a, 2, "shout", "name");
    char *left = ASK (&a, 0, "get");
    CHECK_TEXT (left, "name = Ulm\n");
    free (left);
    stop (&a, SIGTERM, 0);
    free (ask (3, (const char *const[]){ "muster", "state", "get", "--at", "tcp://127.0.0.1:9",
                                         "--timeout", "0", NULL }));
    free (ask (2, (const char *const[]){ "muster", "state", "serve", FREE_PORT,
                                         "--state.consistency", "trade=maybe", NULL }));
}

/*  Bytes that are none of ours disturb nobody. */
static void strangers_are_refused (void)
{
    server_t a;
    CHECK_OR_RETURN (SERVE (&a, FREE_PORT));
    void *context = zmq_ctx_new (), *dealer = zmq_socket (context, ZMQ_DEALER);
    CHECK (zmq_connect (dealer, a.endpoint) == 0);
    static const uint8_t store[] = { 0x96, 2, 0, 0, 0xc4, 0, 0xc4, 3, 1, 2, 3, 0xc4, 0 };
    CHECK (zmq_send (dealer, "garbage", 7, 0) == 7);
    CHECK (zmq_send (dealer, store, sizeof store, 0) == sizeof store);
    CHECK (test_process_error_line (&a.process, "without a greeting", LINE_MS) != NULL);
    DO (&a, 0, "put", "still", "here");
    char *status = ASK (&a, 0, "status");
    CHECK_CONTAINS (status, "refused: 1\n");
    free (status);
    int linger = 0;
    (void) zmq_setsockopt (dealer, ZMQ_LINGER, &linger, sizeof linger);
    (void) zmq_close (dealer);
    (void) zmq_ctx_term (context);
    stop (&a, SIGTERM, 0);
}

static CU_TestInfo state_tests[] = {
    { "put on one is seen on another", put_on_one_is_seen_on_another },
    { "who is killed catches up", who_is_killed_catches_up },
    { "a clean end keeps the file", a_clean_end_keeps_the_file },
    { "mistakes are answered", mistakes_are_answered },
    { "strangers are refused", strangers_are_refused },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "state_process", NULL, NULL, NULL, NULL, state_tests })
