#include "base/trace.h"
#include "base/check.h"

#include <stddef.h>

atomic_bool base_trace_on;

static _Thread_local base_trace_t *listener;
static _Thread_local void *listener_context;

void base_trace_listen (base_trace_t *trace, void *context)
{
    listener = trace;
    listener_context = context;
    atomic_store (&base_trace_on, trace != NULL);
}

void base_trace_line (const char *line)
{
    base_assert (line != NULL);
    if (listener)
        listener (listener_context, line);
}
