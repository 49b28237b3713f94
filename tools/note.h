/*  What the RTI tells recorders about its own doings (NOTE of docs/protocol.md), and its place
   among a recording's private records. Pure. */
#ifndef TOOLS_NOTE_H
#define TOOLS_NOTE_H

#include <stdbool.h>
#include "log/record.h"

typedef enum tools_note_kind {
    TOOLS_NOTE_OTHER = 0, /* not a NOTE, or of a kind that is not known here */
    TOOLS_NOTE_JOIN = 1,
    TOOLS_NOTE_RESIGN = 2,
    TOOLS_NOTE_LOST = 3,          /* time: its bound */
    TOOLS_NOTE_CUT = 4,           /* name: the receiver; sequence: the last one that counts */
    TOOLS_NOTE_GRANT = 5,         /* sequence: the request's number */
    TOOLS_NOTE_SYNCHRONIZED = 6,  /* name: the label */
    TOOLS_NOTE_MIGRATION = 7,     /* name: the new home; time: the cut; text: why not */
    TOOLS_NOTE_REPORT = 8,        /* name and text: the result */
    TOOLS_NOTE_LOST_MESSAGES = 9, /* name: the sender */
    TOOLS_NOTE_BARRIER = 10,      /* name: the barrier */
    TOOLS_NOTE_GAP = 11,          /* name: the new home */
    TOOLS_NOTE_POINT = 12         /* name: the label; sequence: members, 0: all; text: by whom */
} tools_note_kind_t;

/*  Texts point into the bytes that it was read from. */
typedef struct tools_note {
    tools_note_kind_t kind;
    uint32_t federate; /* 0: none */
    bool has_time;
    int64_t time;
    uint64_t sequence;
    log_span_t name;
    log_span_t text;
} tools_note_t;

/*  Reads what the callback `noted` was given: a frame, or its arguments alone. What is not
   understood is TOOLS_NOTE_OTHER: it is recorded as it is. */
void tools_note_read (tools_note_t *self, const void *data, size_t size_bytes);

/*  The private record that says the same, without its times. `federate` is the name of the note's
    federate, `data` all that was read. Everything points into these. */
void tools_note_record (const tools_note_t *self, log_span_t federate, log_span_t data,
                        log_record_t *record);

#endif
