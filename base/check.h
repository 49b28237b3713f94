/*  Assertions that stay on in release builds. They guard against our own mistakes only; what comes
    from a wire, a file or a user is answered with an error. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

_Noreturn void base_check_failed (const char *condition, const char *file, int line)
    __attribute__ ((cold));

#define base_assert(condition)                                                                     \
    ((condition) ? (void) 0 : base_check_failed (#condition, __FILE__, __LINE__))

#endif
