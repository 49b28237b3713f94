/*  What the RTI's trace says of frames: services by the table, the records of time, nonsense. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "rti/trace.h"
#include "base/buffer.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdio.h>
#include <string.h>

typedef struct told {
    char text[1024];
    size_t size;
} told_t;

static void tell (void *context, const char *line)
{
    told_t *self = context;
    self->size +=
        (size_t) snprintf (self->text + self->size, sizeof self->text - self->size, "%s\n", line);
}

static mst_err_t put_publish (base_buffer_t *out)
{
    const wire_up_t up = { .incarnation = 1, .sequence = 2 };
    const wire_publish_interaction_class_t args = { .interaction_class = 7 };
    size_t start;
    mst_err_t err = wire_frame_begin (out, &start);
    if (!err)
        err = wire_up_write (out, &up);
    if (!err)
        err = wire_service_encode (WIRE_SERVICE_PUBLISH_INTERACTION_CLASS, &args, out);
    return err ? err : wire_frame_end (out, start, WIRE_SERVICE_PUBLISH_INTERACTION_CLASS, 0, 1);
}

static mst_err_t put_request (base_buffer_t *out)
{
    const wire_up_t up = { .incarnation = 1, .sequence = 3 };
    const wire_time_request_t request = { .number = 5, .kind = WIRE_ADVANCE_NMR, .time = 12 };
    size_t start;
    mst_err_t err = wire_frame_begin (out, &start);
    if (!err)
        err = wire_up_write (out, &up);
    if (!err)
        err = wire_time_request_write (out, &request);
    return err ? err : wire_frame_end (out, start, WIRE_KIND_TIME_REQUEST, 0, 0);
}

static mst_err_t put_nonsense (base_buffer_t *out)
{
    size_t start;
    mst_err_t err = wire_frame_begin (out, &start);
    if (!err)
        err = base_buffer_append (out, "\xc1\xc1\xc1", 3);
    return err ? err : wire_frame_end (out, start, WIRE_SERVICE_PUBLISH_INTERACTION_CLASS, 0, 0);
}

/*  A message of three frames gives three lines. */
static void test_lines (void)
{
    told_t told = { .size = 0 };
    base_buffer_t message;
    base_buffer_init (&message);
    CHECK_OK (put_publish (&message));
    CHECK_OK (put_request (&message));
    CHECK_OK (put_nonsense (&message));
    rti_trace (RTI_TRACE_FROM, 3, message.data, message.size_bytes, tell, &told);
    CHECK_TEXT (told.text, "from 3: publishInteractionClass (interactionClass=7)\n"
                           "from 3: timeRequest (NMR, number=5, time=12)\n"
                           "from 3: kind 0x043, 3 bytes\n");
    base_buffer_fini (&message);
}

/*  Bytes that are no frames are the core's business; nothing is said of them here. */
static void test_no_frames (void)
{
    told_t told = { .size = 0 };
    rti_trace (RTI_TRACE_TO, 1, "GET / HTTP/1.1\r\n\r\n", 18, tell, &told);
    rti_trace (RTI_TRACE_TO, 1, NULL, 0, tell, &told);
    CHECK_INT (told.size, 0);
}

static void sweep (void *context)
{
    told_t told = { .size = 0 };
    const base_buffer_t *message = context;
    rti_trace (RTI_TRACE_FROM, 3, message->data, message->size_bytes, tell, &told);
}

static void test_memory (void)
{
    base_buffer_t message;
    base_buffer_init (&message);
    CHECK_OK (put_publish (&message));
    CHECK_OK (put_request (&message));
    CHECK (sweep_allocations (sweep, &message) > 0);
    base_buffer_fini (&message);
}

static CU_TestInfo tests[] = {
    { "a line per frame", test_lines },
    { "no frames", test_no_frames },
    { "no memory", test_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "trace", NULL, NULL, NULL, NULL, tests })
