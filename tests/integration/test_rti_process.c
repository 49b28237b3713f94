/*  The RTI as a process and as a thread of this program: it starts, answers, refuses what is wrong,
    sees who dies or stops, and ends. */
#include <muster/rti.h>
#include "link/clock.h"
#include "tests/integration/raw.h"
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define SECOND INT64_C (1000000000)

enum { LINE_MS = 5000 };

/*  A started RTI process, and where it listens. */
typedef struct running {
    test_process_t process;
    char endpoint[160];
} running_t;

/*  False: it did not become ready. */
static bool ready (running_t *self)
{
    static const char words[] = "muster rti: ready at ";
    const char *line = test_process_line (&self->process, words, LINE_MS);
    if (!CHECK (line != NULL))
        return false;
    (void) snprintf (self->endpoint, sizeof self->endpoint, "%s", line + strlen (words));
    self->endpoint[strcspn (self->endpoint, " ")] = '\0';
    return true;
}

#define RTI_START(self, ...)                                                                       \
    (PROCESS_START (&(self)->process, "muster", "rti", __VA_ARGS__), ready (self))

static void stop (running_t *self)
{
    test_process_signal (&self->process, SIGTERM);
    CHECK (test_process_wait (&self->process, LINE_MS));
    CHECK_INT (self->process.exit_code, 0);
    test_process_fini (&self->process);
}

/*  As a process ------------------------------------------------------------------------------ */

static void test_starts_and_ends (void)
{
    running_t rti;
    raw_t raw;

    CHECK_OR_RETURN (RTI_START (&rti, "--port", "0"));
    CHECK_CONTAINS (rti.endpoint, "tcp://127.0.0.1:");
    raw_connect (&raw, rti.endpoint);
    CHECK_CONTAINS (raw_status (&raw), "federations");
    CHECK (raw_join (&raw, "sun"));
    CHECK_CONTAINS (raw_status (&raw), "\"sun\"");

    test_process_signal (&rti.process, SIGTERM);
    CHECK (raw_lost (&raw));
    raw_close (&raw);
    CHECK (test_process_wait (&rti.process, LINE_MS));
    CHECK_INT (rti.process.exit_code, 0);
    test_process_fini (&rti.process);
}

static void test_interrupted (void)
{
    running_t rti;
    CHECK_OR_RETURN (RTI_START (&rti, "--port", "0"));
    test_process_signal (&rti.process, SIGINT);
    CHECK (test_process_wait (&rti.process, LINE_MS));
    CHECK_INT (rti.process.exit_code, 0);
    test_process_fini (&rti.process);
}

static void test_ipc_endpoint (void)
{
    running_t rti;
    raw_t raw;

    CHECK_OR_RETURN (RTI_START (&rti, "--endpoint", "ipc://*"));
    CHECK_CONTAINS (rti.endpoint, "ipc:///");
    raw_connect (&raw, rti.endpoint);
    CHECK_CONTAINS (raw_status (&raw), "federations");
    raw_close (&raw);
    stop (&rti);
    CHECK (access (rti.endpoint + strlen ("ipc://"), F_OK) != 0);
}

static void test_port_in_use (void)
{
    running_t rti;
    test_process_t second;

    CHECK_OR_RETURN (RTI_START (&rti, "--port", "0"));
    const char *port = strrchr (rti.endpoint, ':') + 1;
    PROCESS_START (&second, "muster", "rti", "--port", port);
    CHECK (test_process_wait (&second, LINE_MS));
    CHECK_INT (second.exit_code, 1);
    CHECK_CONTAINS (second.err.text, "the port is in use: is another RTI running?");
    test_process_fini (&second);
    stop (&rti);
}

static void used_wrongly (const char *option, const char *value, const char *part)
{
    test_process_t rti;
    PROCESS_START (&rti, "muster", "rti", option, value);
    CHECK (test_process_wait (&rti, LINE_MS));
    CHECK_INT (rti.exit_code, 2);
    CHECK_CONTAINS (rti.err.text, part);
    CHECK_TEXT (rti.out.text, "");
    test_process_fini (&rti);
}

static void test_used_wrongly (void)
{
    used_wrongly ("--port", "65536", "from 0 to 65535");
    used_wrongly ("--port", "http", "from 0 to 65535");
    used_wrongly ("--endpoint", "somewhere", "is not an endpoint");
    used_wrongly ("--limits.federates", "none", "limits.federates");
}

/*  A limit that is reached is named, and those who were there go on. */
static void test_limits (void)
{
    static const char other[] = "other";
    static const char fom[] = "<objectModel/>";
    wire_module_item_t module = { .form = WIRE_MODULE_FILE,
                                  .name = { "none.xml", 8 },
                                  .content = { (const uint8_t *) fom, sizeof fom - 1 } };
    wire_create_federation_execution_t create = { { other, sizeof other - 1 }, { &module, 1 } };
    running_t rti;
    raw_t raw, second;

    CHECK_OR_RETURN (
        RTI_START (&rti, "--port", "0", "--limits.federations", "1", "--limits.connections", "1"));
    raw_connect (&raw, rti.endpoint);
    CHECK (raw_join (&raw, "sun"));
    CHECK (raw_ask (&raw, WIRE_SERVICE_CREATE_FEDERATION_EXECUTION, &create));
    CHECK_INT (raw.error, MST_E_LIMIT);
    CHECK_CONTAINS (raw.text, "limits.federations (1) is reached");
    raw_connect (&second, rti.endpoint);
    base_buffer_t frame = { 0 };
    wire_status_t status = { { "", 0 } };
    raw_frame (&second, WIRE_SERVICE_STATUS, &status, true, &frame);
    raw_send (&second, frame.data, frame.size_bytes);
    CHECK (raw_lost (&second));
    base_buffer_fini (&frame);
    raw_close (&second);
    CHECK_CONTAINS (raw_status (&raw), "\"sun\"");
    raw_close (&raw);
    stop (&rti);
}

/*  Bad input --------------------------------------------------------------------------------- */

static void spoil (raw_t *good, const char *endpoint, const void *data, size_t size_bytes)
{
    raw_t bad;
    raw_connect (&bad, endpoint);
    raw_send (&bad, data, size_bytes);
    CHECK (raw_reply (&bad)); /* it is told what was wrong … */
    CHECK (bad.error == MST_E_MALFORMED || bad.error == MST_E_VERSION);
    CHECK (bad.text[0] != '\0');
    CHECK (raw_lost (&bad)); /* … and closed */
    raw_close (&bad);
    CHECK_CONTAINS (raw_status (good), "\"good\"");
}

static void test_garbage (void)
{
    enum { NOISE_BYTES = 5000 };
    uint8_t noise[NOISE_BYTES];
    uint32_t state = 12345;
    running_t rti;
    raw_t good;
    base_buffer_t frame;

    CHECK_OR_RETURN (RTI_START (&rti, "--port", "0"));
    raw_connect (&good, rti.endpoint);
    CHECK_OR_RETURN (raw_join (&good, "good"));
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t) ((state = state * 1664525 + 1013904223) >> 24);
    spoil (&good, rti.endpoint, "x", 1);
    spoil (&good, rti.endpoint, noise, sizeof noise);

    raw_t writer = { 0 };
    wire_status_t status = { .federation = { "", 0 } };
    base_buffer_init (&frame);
    raw_frame (&writer, WIRE_SERVICE_STATUS, &status, true, &frame);
    spoil (&good, rti.endpoint, frame.data, frame.size_bytes - 1);
    frame.data[frame.size_bytes - 1] ^= 1;
    spoil (&good, rti.endpoint, frame.data, frame.size_bytes);
    frame.data[frame.size_bytes - 1] ^= 1;
    frame.data[8] = 9; /* the version */
    spoil (&good, rti.endpoint, frame.data, frame.size_bytes);
    base_buffer_fini (&frame);
    raw_close (&good);
    stop (&rti);
}

/*  Programs that speak ZeroMQ, but not as Muster does, and programs that do not speak it at all. */
static void test_strangers (void)
{
    running_t rti;
    raw_t good;
    char byte;

    CHECK_OR_RETURN (RTI_START (&rti, "--port", "0"));
    raw_connect (&good, rti.endpoint);
    CHECK_OR_RETURN (raw_join (&good, "good"));
    void *context = zmq_ctx_new ();
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        void *stranger = zmq_socket (context, type);
        int none = 0;
        CHECK (zmq_setsockopt (stranger, ZMQ_LINGER, &none, sizeof none) == 0);
        CHECK (zmq_connect (stranger, rti.endpoint) == 0);
        (void) zmq_send (stranger, "a", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        (void) zmq_send (stranger, "b", 1, ZMQ_DONTWAIT);
        (void) zmq_recv (stranger, &byte, 1, ZMQ_DONTWAIT);
        CHECK_CONTAINS (raw_status (&good), "\"good\"");
        CHECK (zmq_close (stranger) == 0);
    }
    CHECK (zmq_ctx_term (context) == 0);
    CHECK_CONTAINS (raw_status (&good), "\"good\"");
    raw_close (&good);
    stop (&rti);
}

/*  Death and silence ------------------------------------------------------------------------- */

/*  Asks until the status has the part, or lost it. False after five seconds. */
static bool status_comes (raw_t *raw, const char *part, bool there)
{
    int64_t end_ns = link_clock_ns () + 5 * SECOND;
    do {
        if ((strstr (raw_status (raw), part) != NULL) == there)
            return true;
        (void) link_poll_wait (raw->poll, SECOND / 100);
    } while (link_clock_ns () < end_ns);
    printf ("\n    the status is %s\n", raw_status (raw));
    return false;
}

static void test_death (void)
{
    running_t rti;
    test_process_t member;
    raw_t good;

    CHECK_OR_RETURN (RTI_START (&rti, "--port", "0"));
    raw_connect (&good, rti.endpoint);
    CHECK_OR_RETURN (raw_join (&good, "good"));
    PROCESS_START (&member, "prog_raw_member", rti.endpoint, "victim");
    CHECK_OR_RETURN (test_process_line (&member, "joined", LINE_MS) != NULL);
    CHECK_CONTAINS (raw_status (&good), "\"victim\"");
    int64_t start_ns = link_clock_ns ();
    test_process_signal (&member, SIGKILL);
    CHECK (status_comes (&good, "\"name\":\"victim\"", false));
    CHECK (link_clock_ns () - start_ns < SECOND);
    CHECK (test_process_error_line (&rti.process, "its process has ended", LINE_MS) != NULL);
    test_process_fini (&member);
    raw_close (&good);
    stop (&rti);
}

static void test_silence (void)
{
    running_t rti;
    test_process_t member;
    raw_t good;

    CHECK_OR_RETURN (RTI_START (&rti, "--port", "0"));
    raw_connect (&good, rti.endpoint);
    CHECK_OR_RETURN (raw_join (&good, "good"));
    PROCESS_START (&member, "prog_raw_member", rti.endpoint, "sleeper");
    CHECK_OR_RETURN (test_process_line (&member, "joined", LINE_MS) != NULL);
    test_process_signal (&member, SIGSTOP);
    CHECK (status_comes (&good, "stopped", true));
    CHECK_CONTAINS (raw_status (&good), "\"sleeper\"");
    test_process_signal (&member, SIGCONT);
    CHECK (status_comes (&good, "stopped", false));
    CHECK_CONTAINS (raw_status (&good), "\"sleeper\"");
    test_process_fini (&member);
    raw_close (&good);
    stop (&rti);
}

/*  Many requests and not one reply read: it is lost, with the limit's name; nobody else notices. */
static void test_never_reads (void)
{
    enum { REQUESTS = 64, MESSAGES_MAX = 20000, FULL_TRIES = 200 };
    char endpoint[160];
    mst_rti_options_t options = { .backlog_bytes = 1000000 };
    wire_status_t status = { .federation = { "", 0 } };
    base_buffer_t frames;
    mst_rti_t rti;
    raw_t good, deaf;
    bool sent;
    int count = 0, left = FULL_TRIES;

    CHECK_OK (mst_rti_start (&options, &rti));
    CHECK_OK (mst_rti_endpoint (rti, endpoint, sizeof endpoint));
    raw_connect (&good, endpoint);
    CHECK_OR_RETURN (raw_join (&good, "good"));

    link_dealer_options_t outgoing = { .endpoint = endpoint, .receive_mark = 1, .send_mark = 8 };
    raw_connect (&deaf, endpoint);
    link_dealer_destroy (&deaf.dealer, 0);
    CHECK_OK (link_dealer_new (deaf.poll, &outgoing, &deaf.dealer));
    link_event_t event = { 0 };
    while (event.kind != LINK_EVENT_CONNECTED) {
        (void) link_poll_wait (deaf.poll, SECOND);
        link_dealer_next (deaf.dealer, &event);
        CHECK_OR_RETURN (event.kind != LINK_EVENT_FAILED);
    }
    base_buffer_init (&frames);
    mst_err_t err = MST_OK;
    while (!err && left > 0 && ++count < MESSAGES_MAX) {
        for (int i = 0; left == FULL_TRIES && i < REQUESTS; i++)
            raw_frame (&deaf, WIRE_SERVICE_STATUS, &status, true, &frames);
        err = link_dealer_send (deaf.dealer, frames.data, frames.size_bytes, &sent);
        if (!sent ||
            count % 8 == 0) /* the RTI is slower than this loop, or has closed the connection */
            CHECK_CONTAINS (raw_status (&good), "\"good\"");
        if (sent)
            base_buffer_clear (&frames);
        left = sent ? FULL_TRIES : left - 1;
    }
    base_buffer_fini (&frames);
    CHECK (count < MESSAGES_MAX);
    CHECK (raw_lost (&deaf));
    CHECK_CONTAINS (raw_status (&good), "\"good\"");
    raw_close (&deaf);
    raw_close (&good);
    CHECK_OK (mst_rti_stop (&rti));
}

/*  In this program --------------------------------------------------------------------------- */

static void in_program (const char *endpoint)
{
    mst_rti_options_t options = { .endpoint = endpoint };
    char actual[160], small[4];
    mst_rti_t rti, before;
    raw_t raw;

    CHECK_OK (mst_rti_start (&options, &rti));
    CHECK_ERR (mst_rti_endpoint (rti, small, sizeof small), MST_E_LIMIT);
    CHECK_OK (mst_rti_endpoint (rti, actual, sizeof actual));
    raw_connect (&raw, actual);
    CHECK (raw_join (&raw, "inside"));
    CHECK_CONTAINS (raw_status (&raw), "\"inside\"");
    before = rti;
    CHECK_OK (mst_rti_stop (&rti));
    CHECK_INT (rti.generation, 0);
    CHECK (raw_lost (&raw));
    raw_close (&raw);
    CHECK_ERR (mst_rti_stop (&before), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_rti_endpoint (before, actual, sizeof actual), MST_E_STALE_HANDLE);
}

static void test_in_program (void)
{
    in_program (NULL);
    in_program ("inproc://*");
    in_program ("ipc://*");
}

static void test_program_mistakes (void)
{
    enum { MANY = 64 };
    mst_rti_options_t options = { .endpoint = "inproc://*" }, wrong = { .endpoint = "nowhere" };
    mst_rti_t many[MANY], rti = { 5, 5 }, none = { 0, 0 };

    CHECK_ERR (mst_rti_start (&wrong, &rti), MST_E_INVALID_ARGUMENT);
    CHECK_INT (rti.generation, 0);
    CHECK_ERR (mst_rti_start (&options, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_rti_stop (&none), MST_E_STALE_HANDLE);
    for (int i = 0; i < MANY; i++)
        CHECK_OK (mst_rti_start (&options, &many[i]));
    CHECK_ERR (mst_rti_start (&options, &rti), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "64 RTIs run in this process already");
    for (int i = 0; i < MANY; i++)
        CHECK_OK (mst_rti_stop (&many[i]));
}

static CU_TestInfo rti_process_tests[] = {
    { "it starts, answers and ends", test_starts_and_ends },
    { "Ctrl-C ends it", test_interrupted },
    { "a local path", test_ipc_endpoint },
    { "the port is in use", test_port_in_use },
    { "used wrongly", test_used_wrongly },
    { "limits", test_limits },
    { "garbage", test_garbage },
    { "strangers", test_strangers },
    { "a federate's death", test_death },
    { "a federate that is stopped", test_silence },
    { "one that never reads", test_never_reads },
    { "an RTI inside a program", test_in_program },
    { "mistakes with an RTI inside a program", test_program_mistakes },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "rti_process", NULL, NULL, NULL, NULL, rti_process_tests })
