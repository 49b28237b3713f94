/*  A number in decimal, where printf would cost more than all that is done with it.

    Thread rule: any thread. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BASE_DECIMAL_MAX = 20 }; /* digits of 2^64 - 1 */

/*  Writes the digits of the number, without a zero byte behind them; gives how many. `at` has room
    for BASE_DECIMAL_MAX. */
static inline size_t base_decimal (char *at, uint64_t number)
{
    char digits[BASE_DECIMAL_MAX];
    size_t first = sizeof digits;

    do {
        digits[--first] = (char) ('0' + number % 10);
        number /= 10;
    } while (number != 0);
    memcpy (at, digits + first, sizeof digits - first);
    return sizeof digits - first;
}

#endif
