/*  The values of comets.xml as bytes: little-endian, at fixed places.

    Thread rule: any thread. */
#ifndef COMETS_MESSAGE_H
#define COMETS_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/types.h>
#include "samples/comets/kepler.h"

enum {
    COMETS_ROW_BYTES = 4,
    COMETS_STEP_BYTES = 4,
    COMETS_COUNT_BYTES = 8,
    COMETS_LENGTH_BYTES = 8,
    COMETS_STATE_BYTES = 48, /* position, velocity */
    COMETS_PLACE_BYTES = 32, /* row, 4 bytes of padding, position */
    COMETS_BAGGAGE_BYTES = COMETS_ROW_BYTES + COMETS_STATE_BYTES /* what migrates */
};

void comets_put_u32 (uint8_t *at, uint32_t value);
void comets_put_u64 (uint8_t *at, uint64_t value);
void comets_put_double (uint8_t *at, double value);
void comets_put_state (uint8_t at[COMETS_STATE_BYTES], const comets_state_t *state);
void comets_put_place (uint8_t at[COMETS_PLACE_BYTES], uint32_t row, const double position[3]);

uint32_t comets_get_u32 (const uint8_t *at);
uint64_t comets_get_u64 (const uint8_t *at);
double comets_get_double (const uint8_t *at);
void comets_get_state (const uint8_t at[COMETS_STATE_BYTES], comets_state_t *state);
void comets_get_place (const uint8_t at[COMETS_PLACE_BYTES], uint32_t *row, double position[3]);

/*  The bytes of a value among those received; NULL when it is missing or has another size. */
const uint8_t *comets_value (const mst_value_t *values, size_t count, uint32_t handle,
                             uint32_t size_bytes);

#endif
