/*  The federate that paces a run: it regulates, and asks for each step at its moment by the wall's
    clock, so that nobody who is constrained is ahead of it. What is granted to it too late is an
    overrun; who held it is asked of the RTI. */
#ifndef TOOLS_PACER_H
#define TOOLS_PACER_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

typedef struct tools_pacer_options {
    const char *rti, *federation;
    size_t federates;           /* begins when so many have come, ends when they have gone */
    int64_t unit_ns, step, end; /* counts; end 0: without */
    double scale;
    const volatile sig_atomic_t *stop; /* not 0: it ends */
    void (*ready) (void *user);        /* it holds time */
    void *user;
} tools_pacer_options_t;

/*  Paces until the end, and reports overruns as results of the run: their number "overruns", the
    worst, and for each federate that overran how often and by how much. Errors: those of mst_join;
   MST_E_CONNECTION_LOST. */
mst_err_t tools_pace (const tools_pacer_options_t *options);

#endif
