/*  Byte by byte, so that it is the same on every machine; compilers make one instruction of it. */
#include "samples/comets/message.h"
#include "samples/comets/check.h"

#include <string.h>

void comets_put_u32 (uint8_t *at, uint32_t value)
{
    comets_assert (at != NULL);
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t) (value >> 8 * i);
}

void comets_put_u64 (uint8_t *at, uint64_t value)
{
    comets_assert (at != NULL);
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t) (value >> 8 * i);
}

void comets_put_double (uint8_t *at, double value)
{
    uint64_t bits;
    _Static_assert(sizeof bits == sizeof value, "a double has 64 bits");
    memcpy (&bits, &value, sizeof bits);
    comets_put_u64 (at, bits);
}

uint32_t comets_get_u32 (const uint8_t *at)
{
    uint32_t value = 0;
    comets_assert (at != NULL);
    for (int i = 0; i < 4; i++)
        value |= (uint32_t) at[i] << 8 * i;
    return value;
}

uint64_t comets_get_u64 (const uint8_t *at)
{
    uint64_t value = 0;
    comets_assert (at != NULL);
    for (int i = 0; i < 8; i++)
        value |= (uint64_t) at[i] << 8 * i;
    return value;
}

double comets_get_double (const uint8_t *at)
{
    double value;
    uint64_t bits = comets_get_u64 (at);
    memcpy (&value, &bits, sizeof value);
    return value;
}

void comets_put_state (uint8_t at[COMETS_STATE_BYTES], const comets_state_t *state)
{
    comets_assert (state != NULL);
    for (int axis = 0; axis < 3; axis++) {
        comets_put_double (at + 8 * axis, state->position[axis]);
        comets_put_double (at + 8 * (3 + axis), state->velocity[axis]);
    }
}

void comets_get_state (const uint8_t at[COMETS_STATE_BYTES], comets_state_t *state)
{
    comets_assert (state != NULL);
    for (int axis = 0; axis < 3; axis++) {
        state->position[axis] = comets_get_double (at + 8 * axis);
        state->velocity[axis] = comets_get_double (at + 8 * (3 + axis));
    }
}

void comets_put_place (uint8_t at[COMETS_PLACE_BYTES], uint32_t row, const double position[3])
{
    comets_assert (position != NULL);
    comets_put_u32 (at, row);
    comets_put_u32 (at + 4, 0);
    for (int axis = 0; axis < 3; axis++)
        comets_put_double (at + 8 * (1 + axis), position[axis]);
}

void comets_get_place (const uint8_t at[COMETS_PLACE_BYTES], uint32_t *row, double position[3])
{
    comets_assert (row != NULL);
    comets_assert (position != NULL);
    *row = comets_get_u32 (at);
    for (int axis = 0; axis < 3; axis++)
        position[axis] = comets_get_double (at + 8 * (1 + axis));
}

const uint8_t *comets_value (const mst_value_t *values, size_t count, uint32_t handle,
                             uint32_t size_bytes)
{
    comets_assert (values != NULL || count == 0);
    for (size_t i = 0; i < count; i++)
        if (values[i].handle == handle)
            return values[i].size_bytes == size_bytes ? values[i].data : NULL;
    return NULL;
}
