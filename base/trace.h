/*  Where one update passes: a line at each stop of docs/walk/update.md, for whoever listens in the
   same thread. Nobody does but the test that keeps the page true; then a stop costs one branch that
   is always taken the same way. */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>

/*  line: "file: function", a literal. */
typedef void base_trace_t (void *context, const char *line);

/*  What passes in the calling thread goes to `trace` from here on; NULL: to nobody. */
void base_trace_listen (base_trace_t *trace, void *context);

extern atomic_bool base_trace_on; /* somebody listens, in whichever thread */
void base_trace_line (const char *line);

#define base_trace(line)                                                                           \
    do {                                                                                           \
        if (__builtin_expect (atomic_load_explicit (&base_trace_on, memory_order_relaxed), 0))     \
            base_trace_line (line);                                                                \
    } while (0)

#endif
