/*  The clocks. A core never reads one: the shell around it does, and hands the time in. */
#ifndef LINK_CLOCK_H
#define LINK_CLOCK_H

#include <stdint.h>

/*  Nanoseconds since some fixed moment of this machine; never falls. Any thread. */
int64_t link_clock_ns (void);

/*  Nanoseconds since 1970-01-01 UTC, as the machine believes; may jump. Any thread. */
int64_t link_clock_wall_ns (void);

#endif
