/*  The key `trace`: every record that comes or goes, as a line that people read. */
#ifndef RTI_TRACE_H
#define RTI_TRACE_H

#include <stddef.h>
#include <stdint.h>

typedef enum rti_trace_way { RTI_TRACE_FROM, RTI_TRACE_TO } rti_trace_way_t;

/*  Gives `line` a text per frame of the message: "from 3: publishInteractionClass (…)". What does
    not decode is told by its kind and size; without memory a line says so. */
void rti_trace (rti_trace_way_t way, uint64_t connection, const void *data, size_t size_bytes,
                void (*line) (void *context, const char *text), void *context);

#endif
