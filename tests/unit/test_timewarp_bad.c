/*  What a model or its options can get wrong, and the texts that say so; the checker. */
#include <muster/timewarp.h>
#include "tests/support/check.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BAD_PROCESSES = 8, BAD_AT = 40 };

/*  Each process sends itself an event a time unit later; the BAD_AT-th event of process 3 does what
    is wrong. */
typedef struct bad {
    uint32_t target, size_bytes;
    double delay;
    bool doubles; /* each event sends two */
} bad_t;

typedef struct bad_state {
    uint32_t events, spare;
} bad_state_t;

static void bad_init (mst_timewarp_process_t *process, void *state)
{
    (void) state;
    mst_timewarp_send (process, mst_timewarp_self (process), 0.5, NULL, 0);
}

static void bad_forward (mst_timewarp_process_t *process, void *state,
                         const mst_timewarp_event_t *event, void *undo)
{
    static const uint8_t bytes[64];
    const bad_t *bad = mst_timewarp_context (process);
    bad_state_t *own = state;
    (void) event;
    (void) undo;
    own->events++;
    mst_timewarp_send (process, mst_timewarp_self (process), 1.0, NULL, 0);
    if (bad->doubles)
        mst_timewarp_send (process, (mst_timewarp_self (process) + 1) % BAD_PROCESSES, 1.0, NULL,
                           0);
    else if (mst_timewarp_self (process) == 3 && own->events == BAD_AT)
        mst_timewarp_send (process, bad->target, bad->delay, bytes, bad->size_bytes);
}

static const mst_timewarp_options_t schedulers[] = {
    { .scheduler = MST_TIMEWARP_SEQUENTIAL, .workers = 1 },
    { .scheduler = MST_TIMEWARP_CONSERVATIVE, .workers = 2 },
    { .scheduler = MST_TIMEWARP_OPTIMISTIC, .workers = 1 },
    { .scheduler = MST_TIMEWARP_OPTIMISTIC, .workers = 4 },
    { .scheduler = MST_TIMEWARP_BOUNDED, .workers = 2, .window = 1e9 },
};

enum { SCHEDULERS = sizeof schedulers / sizeof *schedulers };

static mst_timewarp_model_t bad_model (bad_t *bad)
{
    return (mst_timewarp_model_t){ .name = "bad",
                                   .processes = BAD_PROCESSES,
                                   .state_bytes = sizeof (bad_state_t),
                                   .data_bytes = 16,
                                   .lookahead = 0.25,
                                   .context = bad,
                                   .init = bad_init,
                                   .forward = bad_forward };
}

/*  On every scheduler the same error and the same text; what came before is committed. */
static void check_bad (bad_t bad, mst_err_t expected, const char *text)
{
    for (size_t i = 0; i < SCHEDULERS; i++) {
        mst_timewarp_model_t model = bad_model (&bad);
        mst_timewarp_options_t options = schedulers[i];
        mst_timewarp_result_t result;
        options.end = 1000.0;
        options.memory_bytes = 1 << 20;
        CHECK_ERR (mst_timewarp_run (&model, &options, &result), expected);
        CHECK_CONTAINS (mst_error_text (), "bad: process 3, event 39 of process 3, time 39.5");
        CHECK_CONTAINS (mst_error_text (), text);
        CHECK (result.committed >= BAD_PROCESSES * (BAD_AT - 1) &&
               result.committed < BAD_PROCESSES * BAD_AT);
    }
}

static void test_past (void)
{
    check_bad ((bad_t){ .target = 3, .delay = -1.5 }, MST_E_INVALID_TIME,
               "into the past, by a delay of -1.5");
}

static void test_near (void)
{
    check_bad ((bad_t){ .target = 4, .delay = 0.125 }, MST_E_INVALID_TIME,
               "less than the model's lookahead of 0.25");
}

static void test_numbers (void)
{
    check_bad ((bad_t){ .target = 3, .delay = NAN }, MST_E_INVALID_TIME, "not a number");
    check_bad ((bad_t){ .target = 3, .delay = INFINITY }, MST_E_INVALID_TIME, "beyond all numbers");
    check_bad ((bad_t){ .target = 3, .delay = -INFINITY }, MST_E_INVALID_TIME, "into the past");
}

static void test_target (void)
{
    check_bad ((bad_t){ .target = BAD_PROCESSES, .delay = 1.0 }, MST_E_INVALID_ARGUMENT,
               "the model has processes 0 to 7");
    check_bad ((bad_t){ .target = 3, .delay = 1.0, .size_bytes = 17 }, MST_E_INVALID_ARGUMENT,
               "sends 17 bytes to process 3; the model's data_bytes is 16");
}

/*  Time that overflows by adding: 1e308 and 1e308. */
static void far_forward (mst_timewarp_process_t *process, void *state,
                         const mst_timewarp_event_t *event, void *undo)
{
    (void) state;
    (void) event;
    (void) undo;
    mst_timewarp_send (process, mst_timewarp_self (process), 1e308, NULL, 0);
}

static void circle_forward (mst_timewarp_process_t *process, void *state,
                            const mst_timewarp_event_t *event, void *undo)
{
    (void) state;
    (void) event;
    (void) undo;
    mst_timewarp_send (process, mst_timewarp_self (process), 0.0, NULL, 0);
}

static void test_overflow (void)
{
    for (size_t i = 0; i < SCHEDULERS; i++) {
        bad_t bad = { 0 };
        mst_timewarp_model_t model = bad_model (&bad);
        mst_timewarp_options_t options = schedulers[i];
        model.forward = far_forward;
        options.end = INFINITY;
        options.memory_bytes = 1 << 20;
        CHECK_ERR (mst_timewarp_run (&model, &options, NULL), MST_E_INVALID_TIME);
        CHECK_CONTAINS (mst_error_text (), "process 0, event 1 of process 0, time 1e+308");
    }
}

/*  A circle in which no time passes reaches a limit that names itself. */
static void test_circle (void)
{
    for (size_t i = 0; i < SCHEDULERS; i += 3) {
        bad_t bad = { 0 };
        mst_timewarp_model_t model = bad_model (&bad);
        mst_timewarp_options_t options = schedulers[i];
        model.processes = 1;
        model.forward = circle_forward;
        options.end = 2.0;
        options.memory_bytes = 1 << 20;
        CHECK_ERR (mst_timewarp_run (&model, &options, NULL), MST_E_LIMIT);
        CHECK_CONTAINS (mst_error_text (), "MST_TIMEWARP_GENERATIONS_MAX");
        CHECK_CONTAINS (mst_error_text (), "time 0.5");
    }
}

/*  Events that double: what is pending does not fit. */
static void test_no_room (void)
{
    for (size_t i = 0; i < SCHEDULERS; i++) {
        bad_t bad = { .doubles = true };
        mst_timewarp_model_t model = bad_model (&bad);
        mst_timewarp_options_t options = schedulers[i];
        options.end = 1000.0;
        options.memory_bytes = 512 * 1024;
        CHECK_ERR (mst_timewarp_run (&model, &options, NULL), MST_E_LIMIT);
        CHECK_CONTAINS (mst_error_text (), "memory_bytes (524288)");
    }
}

static void check_options (mst_timewarp_options_t options, mst_err_t expected, const char *text)
{
    bad_t bad = { .target = 3, .delay = 1.0 };
    mst_timewarp_model_t model = bad_model (&bad);
    CHECK_ERR (mst_timewarp_run (&model, &options, NULL), expected);
    CHECK_CONTAINS (mst_error_text (), text);
}

static void test_options (void)
{
    check_options ((mst_timewarp_options_t){ .scheduler = MST_TIMEWARP_BOUNDED, .end = 1.0 },
                   MST_E_INVALID_ARGUMENT, "a window of 0 lets nobody run ahead");
    check_options (
        (mst_timewarp_options_t){ .scheduler = MST_TIMEWARP_BOUNDED, .end = 1.0, .window = NAN },
        MST_E_INVALID_ARGUMENT, "a window of nan");
    check_options ((mst_timewarp_options_t){ .end = 0.0 }, MST_E_INVALID_TIME, "above 0");
    check_options ((mst_timewarp_options_t){ .end = NAN }, MST_E_INVALID_TIME, "nan");
    check_options ((mst_timewarp_options_t){ .end = 1.0, .workers = 2 }, MST_E_INVALID_ARGUMENT,
                   "a sequential run has one worker");
    check_options ((mst_timewarp_options_t){ .end = 1.0, .workers = 65 }, MST_E_INVALID_ARGUMENT,
                   "at most 64");
    check_options ((mst_timewarp_options_t){ .end = 1.0, .memory_bytes = 1000 },
                   MST_E_INVALID_ARGUMENT, "memory_bytes is 1000");
    CHECK_ERR (mst_timewarp_run (NULL, NULL, NULL), MST_E_INVALID_ARGUMENT);
}

static void test_model (void)
{
    bad_t bad = { 0 };
    mst_timewarp_options_t options = { .end = 1.0 };
    mst_timewarp_model_t model = bad_model (&bad);
    model.forward = NULL;
    CHECK_ERR (mst_timewarp_run (&model, &options, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "bad: a model needs a forward handler");
    model = bad_model (&bad);
    model.lookahead = NAN;
    CHECK_ERR (mst_timewarp_run (&model, &options, NULL), MST_E_INVALID_LOOKAHEAD);
    model = bad_model (&bad);
    model.data_bytes = MST_TIMEWARP_DATA_MAX + 1;
    CHECK_ERR (mst_timewarp_run (&model, &options, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "data_bytes is 4097; at most 4096");
}

/*  The checker ----------------------------------------------------------------------------------
 */

static bad_t quiet = { .target = 3, .delay = 1.0 };

static void good_reverse (mst_timewarp_process_t *process, void *state,
                          const mst_timewarp_event_t *event, const void *undo)
{
    (void) process;
    (void) event;
    (void) undo;
    ((bad_state_t *) state)->events--;
}

/*  Forgets what it must take back at the twentieth event of process 5. */
static void forgetful_reverse (mst_timewarp_process_t *process, void *state,
                               const mst_timewarp_event_t *event, const void *undo)
{
    bad_state_t *own = state;
    if (mst_timewarp_self (process) == 5 && own->events == 20)
        own->spare = 0x0700;
    good_reverse (process, state, event, undo);
}

static uint32_t calls; /* what a handler must not look at */

static void moody_forward (mst_timewarp_process_t *process, void *state,
                           const mst_timewarp_event_t *event, void *undo)
{
    bad_forward (process, state, event, undo);
    if (++calls > 100)
        ((bad_state_t *) state)->spare = calls;
}

static void chatty_forward (mst_timewarp_process_t *process, void *state,
                            const mst_timewarp_event_t *event, void *undo)
{
    bad_forward (process, state, event, undo);
    if (++calls > 100)
        mst_timewarp_send (process, 0, 5.0 + calls, NULL, 0);
}

static void test_check_good (void)
{
    mst_timewarp_result_t result;
    mst_timewarp_options_t options = { .end = 100.0, .memory_bytes = 1 << 20 };
    mst_timewarp_model_t model = bad_model (&quiet);
    CHECK_OK (mst_timewarp_check (&model, &options, &result));
    CHECK_INT (result.committed, BAD_PROCESSES * 100 + 60);
    model.reverse = good_reverse;
    CHECK_OK (mst_timewarp_check (&model, &options, &result));
    CHECK_INT (result.executed, 2 * result.committed);
}

static void test_check_reverse (void)
{
    mst_timewarp_options_t options = { .end = 100.0, .memory_bytes = 1 << 20 };
    mst_timewarp_model_t model = bad_model (&quiet);
    model.reverse = forgetful_reverse;
    CHECK_ERR (mst_timewarp_check (&model, &options, NULL), MST_E_DIFFERS);
    CHECK_TEXT (mst_error_text (),
                "bad: process 5, event 19 of process 5, time 19.5: reverse does not restore the "
                "state: byte 5 of 8 is 0x07 and was 0x00");
}

static void test_check_forward (void)
{
    mst_timewarp_options_t options = { .end = 100.0, .memory_bytes = 1 << 20 };
    mst_timewarp_model_t model = bad_model (&quiet);
    model.forward = moody_forward;
    calls = 0;
    CHECK_ERR (mst_timewarp_check (&model, &options, NULL), MST_E_DIFFERS);
    CHECK_CONTAINS (mst_error_text (), "process 2, event 6 of process 2, time 6.5: forward "
                                       "changes the state otherwise");
    model.forward = chatty_forward;
    calls = 0;
    CHECK_ERR (mst_timewarp_check (&model, &options, NULL), MST_E_DIFFERS);
    CHECK_CONTAINS (mst_error_text (), "process 2, event 6 of process 2, time 6.5: forward sends "
                                       "other events");
}

static CU_TestInfo bad_tests[] = {
    { "an event into the past", test_past },
    { "an event nearer than the lookahead", test_near },
    { "times that are no numbers", test_numbers },
    { "a time beyond all numbers", test_overflow },
    { "an event for nobody, or too large", test_target },
    { "events in a circle without time", test_circle },
    { "more events than memory", test_no_room },
    { "options", test_options },
    { "models", test_model },
    { "the checker passes a good model", test_check_good },
    { "the checker finds what reverse forgets", test_check_reverse },
    { "the checker finds a forward that does not repeat", test_check_forward },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "timewarp bad", NULL, NULL, NULL, NULL, bad_tests })
