/*  Assertions that stay on in every build. They guard against mistakes of this program only;
    what a file or another federate says is answered with an error. */
#ifndef COMETS_CHECK_H
#define COMETS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

static inline _Noreturn void comets_check_failed (const char *condition, const char *file, int line)
{
    fprintf (stderr, "%s:%d: %s does not hold\n", file, line, condition);
    abort ();
}

#define comets_assert(condition)                                                                   \
    ((condition) ? (void) 0 : comets_check_failed (#condition, __FILE__, __LINE__))

#endif
