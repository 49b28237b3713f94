/*  prog_raw_member ENDPOINT NAME [PEER]: joins "world", prints "joined NAME", and says nothing
   more. With PEER, the handle of another federate, it regulates time, reports a time-stamped bundle
   to that one, asks for time 10, and then never sends the bundle: as if it had been stopped with
   the report gone and the data not. Then it prints "claimed". */
#include "tests/integration/raw.h"
#include "wire/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "prog_raw_member: %s\n", mst_error_text ());
    exit (1);
}

static void claim (raw_t *raw, uint32_t peer)
{
    wire_enable_time_regulation_t regulate = { .lookahead = 1 };
    wire_entry_t entry = { .federate = peer, .sequence = 1, .smallest = 5 };
    wire_time_request_t request = { .number = 1,
                                    .kind = WIRE_ADVANCE_TAR,
                                    .time = 10,
                                    .qmin = INT64_MAX,
                                    .entries = { &entry, 1 } };
    base_buffer_t out;
    size_t start;

    base_buffer_init (&out);
    raw_frame (raw, WIRE_SERVICE_ENABLE_TIME_REGULATION, &regulate, false, &out);
    wire_up_t up = { .incarnation = raw->incarnation, .sequence = ++raw->sequence };
    must (wire_frame_begin (&out, &start));
    must (wire_up_write (&out, &up));
    must (wire_time_request_write (&out, &request));
    must (wire_frame_end (&out, start, WIRE_KIND_TIME_REQUEST, 0, 0));
    raw_send (raw, out.data, out.size_bytes);
    base_buffer_fini (&out);
    (void) raw_status (raw); /* the RTI has all of it */
}

int main (int argc, char **argv)
{
    raw_t raw;

    if (argc != 3 && argc != 4)
        return 2;
    raw_connect (&raw, argv[1]);
    if (!raw_join (&raw, argv[2])) {
        fprintf (stderr, "prog_raw_member: %s\n", raw.text);
        return 1;
    }
    printf ("joined %s\n", argv[2]);
    if (argc == 4) {
        claim (&raw, (uint32_t) strtoul (argv[3], NULL, 10));
        printf ("claimed\n");
    }
    (void) fflush (stdout);
    for (;;)
        (void) pause ();
}
