/*  A frame at a time: the stamp is read off, the arguments are written by the table of services.
   The records of time have codecs of their own and are written here. */
#include "rti/trace.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "wire/control.h"
#include "wire/services.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TRACE_TEXT_SIZE = 160 };

/*  What follows a frame's stamp. */
static mst_err_t trace_args (rti_trace_way_t way, const wire_frame_t *frame, base_arena_t *arena,
                             const uint8_t **args, size_t *size_bytes)
{
    wire_up_t up;
    wire_down_t down;
    return way == RTI_TRACE_FROM ? wire_up_read (frame, arena, &up, args, size_bytes)
                                 : wire_down_read (frame, arena, &down, args, size_bytes);
}

static mst_err_t trace_append (base_buffer_t *out, const char *text)
{
    return base_buffer_append (out, text, strlen (text));
}

static mst_err_t trace_time (const uint8_t *args, size_t size_bytes, uint16_t kind,
                             base_arena_t *arena, base_buffer_t *out)
{
    static const char *const kinds[] = { "report", "TAR", "TARA",       "NMR",
                                         "NMRA",   "FQR", "regulation", "constraint" };
    char text[TRACE_TEXT_SIZE];
    wire_time_request_t request;
    wire_grant_t grant;
    bool asks = kind == WIRE_KIND_TIME_REQUEST;
    mst_err_t err = asks ? wire_time_request_read (args, size_bytes, arena, &request)
                         : wire_grant_read (args, size_bytes, arena, &grant);
    if (err)
        return err;
    unsigned which = asks ? request.kind : grant.kind;
    (void) snprintf (text, sizeof text, "%s (%s, number=%" PRIu64 ", time=%" PRId64 ")",
                     asks ? "timeRequest" : "grant",
                     which < sizeof kinds / sizeof kinds[0] ? kinds[which] : "?",
                     asks ? request.number : grant.number, asks ? request.time : grant.time);
    return trace_append (out, text);
}

static mst_err_t trace_frame (rti_trace_way_t way, const wire_frame_t *frame, base_arena_t *arena,
                              base_buffer_t *out)
{
    const wire_service_row_t *row = wire_service_row (frame->kind);
    const uint8_t *args;
    size_t size_bytes;
    mst_err_t err = trace_args (way, frame, arena, &args, &size_bytes);
    if (err)
        return err;
    if (frame->kind == WIRE_KIND_TIME_REQUEST || frame->kind == WIRE_KIND_GRANT)
        return trace_time (args, size_bytes, frame->kind, arena, out);
    void *values = row ? base_arena_alloc (arena, 1, row->args.size_bytes) : NULL;
    if (!values)
        return base_error (MST_E_NOT_SUPPORTED, "no row");
    err = wire_service_decode (frame->kind, args, size_bytes, arena, values, row->args.size_bytes);
    return err ? err : wire_service_to_text (frame->kind, values, out);
}

static void trace_one (rti_trace_way_t way, uint64_t connection, const wire_frame_t *frame,
                       base_buffer_t *out)
{
    base_arena_t arena;
    char head[TRACE_TEXT_SIZE];
    base_buffer_clear (out);
    base_arena_init (&arena);
    (void) snprintf (head, sizeof head, "%s %" PRIu64 ": ", way == RTI_TRACE_FROM ? "from" : "to",
                     connection);
    if (!trace_append (out, head) && trace_frame (way, frame, &arena, out)) {
        (void) snprintf (head, sizeof head, "kind 0x%03x, %u bytes", frame->kind,
                         frame->body_size_bytes);
        (void) trace_append (out, head);
    }
    (void) base_buffer_append (out, "", 1);
    base_arena_fini (&arena);
}

void rti_trace (rti_trace_way_t way, uint64_t connection, const void *data, size_t size_bytes,
                void (*line) (void *context, const char *text), void *context)
{
    base_buffer_t text;
    wire_frame_t frame;
    size_t offset = 0;
    base_assert (data != NULL || size_bytes == 0);
    base_assert (line != NULL);
    base_buffer_init (&text);
    while (!wire_frame_next (data, size_bytes, &offset, &frame) && frame.body) {
        trace_one (way, connection, &frame, &text);
        line (context, text.size_bytes ? (const char *) text.data : "no memory for a line");
    }
    base_buffer_fini (&text);
}
