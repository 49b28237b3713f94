/*  The reader's slow paths: every width that msgpack allows for a value. */
#include "wire/pack.h"
#include "base/check.h"

uint64_t wire_take_unsigned_any (wire_reader_t *self)
{
    base_assert (self->at <= self->end);
    if (self->at == self->end)
        return wire_reader_fail (self);
    uint8_t head = *self->at++;
    if (head < 0x80)
        return head;
    switch (head) {
    case 0xcc: return wire_take_be (self, 1);
    case 0xcd: return wire_take_be (self, 2);
    case 0xce: return wire_take_be (self, 4);
    case 0xcf: return wire_take_be (self, 8);
    default: return wire_reader_fail (self);
    }
}

int64_t wire_take_signed_any (wire_reader_t *self)
{
    base_assert (self->at <= self->end);
    if (self->at == self->end)
        return (int64_t) wire_reader_fail (self);
    uint8_t head = *self->at;
    if (head >= 0xe0) {
        self->at++;
        return (int8_t) head;
    }
    if (head >= 0xd0 && head <= 0xd3) {
        size_t width = (size_t) 1 << (head - 0xd0);
        self->at++;
        uint64_t raw = wire_take_be (self, width);
        unsigned shift = (unsigned) (64 - 8 * width);
        return (int64_t) (raw << shift) >> shift;
    }
    uint64_t value = wire_take_unsigned_any (self);
    return value > INT64_MAX ? (int64_t) wire_reader_fail (self) : (int64_t) value;
}

uint32_t wire_take_array (wire_reader_t *self, uint32_t max)
{
    base_assert (self->at <= self->end);
    if (self->at == self->end)
        return (uint32_t) wire_reader_fail (self);
    uint8_t head = *self->at++;
    uint64_t count;
    if ((head & 0xf0) == 0x90)
        count = head & 0x0f;
    else if (head == 0xdc)
        count = wire_take_be (self, 2);
    else if (head == 0xdd)
        count = wire_take_be (self, 4);
    else
        return (uint32_t) wire_reader_fail (self);
    if (count > max || count > (uint64_t) (self->end - self->at))
        return (uint32_t) wire_reader_fail (self);
    return (uint32_t) count;
}

static uint64_t take_bytes_size (wire_reader_t *self, uint8_t head)
{
    if ((head & 0xe0) == 0xa0)
        return head & 0x1f;
    switch (head) {
    case 0xc4:
    case 0xd9: return wire_take_be (self, 1);
    case 0xc5:
    case 0xda: return wire_take_be (self, 2);
    case 0xc6:
    case 0xdb: return wire_take_be (self, 4);
    default: return wire_reader_fail (self);
    }
}

const uint8_t *wire_take_bytes (wire_reader_t *self, uint32_t max, uint32_t *size_bytes)
{
    base_assert (size_bytes != NULL);
    *size_bytes = 0;
    if (self->at == self->end) {
        wire_reader_fail (self);
        return NULL;
    }
    uint8_t head = *self->at++;
    uint64_t size = take_bytes_size (self, head);
    if (self->bad || size > max || size > (uint64_t) (self->end - self->at)) {
        wire_reader_fail (self);
        return NULL;
    }
    const uint8_t *data = self->at;
    self->at += size;
    *size_bytes = (uint32_t) size;
    return data;
}
