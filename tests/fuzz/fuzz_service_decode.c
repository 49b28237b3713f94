/*  Any bytes as the body of any service. The first two bytes choose the service (or none), and
    whether the arguments or the result are read. What decodes must encode, and what that encodes
    to must decode to the same again. */
#include "wire/services.h"
#include "base/check.h"

#include <string.h>

enum { ARGS_SIZE_MAX = 256 };

typedef struct side {
    uint16_t service;
    bool result;
    size_t size_bytes; /* of the struct */
} side_t;

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

static mst_err_t side_decode (side_t side, const uint8_t *data, size_t size_bytes,
                              base_arena_t *arena, void *out)
{
    return side.result
               ? wire_service_decode_result (side.service, data, size_bytes, arena, out,
                                             side.size_bytes)
               : wire_service_decode (side.service, data, size_bytes, arena, out, side.size_bytes);
}

static void side_encode (side_t side, const void *in, base_buffer_t *out)
{
    mst_err_t err = side.result ? wire_service_encode_result (side.service, in, out)
                                : wire_service_encode (side.service, in, out);
    base_assert (err == MST_OK);
}

static void side_print (side_t side, const void *in)
{
    base_buffer_t line;
    base_buffer_init (&line);
    mst_err_t err = side.result ? wire_service_result_to_text (side.service, in, &line)
                                : wire_service_to_text (side.service, in, &line);
    base_assert (err == MST_OK);
    base_assert (memchr (line.data, '\n', line.size_bytes) == NULL);
    base_assert (line.data[line.size_bytes] == 0);
    base_buffer_fini (&line);
}

/*  The first encoding may differ from the input (numbers of another width); the second may not
    differ from the first. */
static void side_repeat (side_t side, const void *in, base_arena_t *arena)
{
    uint64_t again[ARGS_SIZE_MAX / 8];
    base_buffer_t first, second;

    base_buffer_init (&first);
    base_buffer_init (&second);
    side_print (side, in);
    side_encode (side, in, &first);
    base_assert (side_decode (side, first.data, first.size_bytes, arena, again) == MST_OK);
    side_encode (side, again, &second);
    base_assert (first.size_bytes == second.size_bytes);
    base_assert (memcmp (first.data, second.data, first.size_bytes) == 0);
    base_buffer_fini (&first);
    base_buffer_fini (&second);
}

/*  Little-endian: the service's number, and with the highest bit its result. Most numbers are no
    service; with the bit below they are taken for the index of a row. */
static side_t side_choose (const uint8_t *data)
{
    unsigned choice = data[0] | (unsigned) data[1] << 8;
    side_t side = { choice & 0x0fff, choice >> 15, sizeof (uint64_t) };
    const wire_service_row_t *row = wire_service_row (side.service);
    if (!row && (choice & 0x4000)) {
        row = wire_service_at (side.service % wire_service_count ());
        side.service = row->number;
    }
    if (row)
        side.size_bytes = side.result ? row->result.size_bytes : row->args.size_bytes;
    base_assert (side.size_bytes <= ARGS_SIZE_MAX);
    return side;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    uint64_t args[ARGS_SIZE_MAX / 8];
    base_arena_t arena;

    if (size_bytes < 2)
        return 0;
    side_t side = side_choose (data);
    base_arena_init (&arena);
    if (side_decode (side, data + 2, size_bytes - 2, &arena, args) == MST_OK)
        side_repeat (side, args, &arena);
    base_arena_fini (&arena);
    return 0;
}
