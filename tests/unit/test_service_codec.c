/*  The codec of the services: golden bytes worked out by hand, msgpack-c as an independent reader,
    the round trip of every row, and bytes that nobody should send. */
#include "wire/services.h"
#include "wire/limits.h"
#include "base/alloc.h"
#include "base/random.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof (array)[0])

enum { ARGS_SIZE_MAX = 256, SEEDS = 30 };

/*  One side of a row: its arguments or its result. */
typedef struct side {
    const wire_service_row_t *row;
    bool result;
} side_t;

static const wire_type_t *side_record (side_t side)
{
    return side.result ? &side.row->result : &side.row->args;
}

static mst_err_t side_encode (side_t side, const void *args, base_buffer_t *out)
{
    return side.result ? wire_service_encode_result (side.row->number, args, out)
                       : wire_service_encode (side.row->number, args, out);
}

/*  The bytes are copied to a block of exactly their size, so that the address sanitizer sees any
    read behind them. The caller frees *copy when done with what was decoded. */
static mst_err_t side_decode (side_t side, const uint8_t *data, size_t size_bytes,
                              base_arena_t *arena, void *args, uint8_t **copy)
{
    *copy = malloc (size_bytes ? size_bytes : 1);
    if (!*copy)
        abort ();
    memcpy (*copy, data, size_bytes);
    size_t args_size_bytes = side_record (side)->size_bytes;
    return side.result ? wire_service_decode_result (side.row->number, *copy, size_bytes, arena,
                                                     args, args_size_bytes)
                       : wire_service_decode (side.row->number, *copy, size_bytes, arena, args,
                                              args_size_bytes);
}

/*  Decodes and forgets. */
static mst_err_t side_try (side_t side, const uint8_t *data, size_t size_bytes)
{
    uint64_t args[ARGS_SIZE_MAX / 8];
    uint8_t *copy;
    base_arena_t arena;
    base_arena_init (&arena);
    mst_err_t err = side_decode (side, data, size_bytes, &arena, args, &copy);
    base_arena_fini (&arena);
    free (copy);
    return err;
}

static mst_err_t service_try (uint16_t service, const void *data, size_t size_bytes)
{
    return side_try ((side_t){ wire_service_row (service), false }, data, size_bytes);
}

/*  Runs a check on both sides of every row. */
static void each_side (void (*check) (side_t side))
{
    for (size_t i = 0; i < wire_service_count (); i++) {
        check ((side_t){ wire_service_at (i), false });
        check ((side_t){ wire_service_at (i), true });
    }
}

/*  Made-up values ----------------------------------------------------------------------------- */

typedef struct maker {
    base_random_t random;
    base_arena_t arena;
} maker_t;

static void make (maker_t *self, const wire_type_t *type, uint8_t *at);

/*  Numbers at the ends of msgpack's widths, and any others. */
static uint64_t make_number (maker_t *self)
{
    static const uint64_t ends[] = { 0,          1,           127,       128,        255,
                                     256,        65535,       65536,     UINT32_MAX, INT64_MAX,
                                     UINT64_MAX, 0x100000000, INT32_MAX, 31,         32 };
    if (base_random_chance (&self->random, 0.5))
        return ends[base_random_below (&self->random, COUNT (ends))];
    return base_random_next (&self->random) >> base_random_below (&self->random, 64);
}

static uint64_t make_count (maker_t *self, const wire_type_t *type)
{
    static const uint64_t counts[] = { 0, 1, 2, 3, 5, 15, 16, 17 };
    if (type->count_min == type->count_max && type->count_max > 0)
        return type->count_max;
    if (type->item && type->item->shape == WIRE_SHAPE_HANDLE &&
        base_random_chance (&self->random, 0.02))
        return 70000;
    return counts[base_random_below (&self->random, type->item ? 5 : COUNT (counts))];
}

static void make_list (maker_t *self, const wire_type_t *type, uint8_t *at)
{
    uint64_t count = make_count (self, type);
    uint8_t *items = base_arena_alloc (&self->arena, count, type->item->size_bytes);
    for (uint64_t i = 0; i < count; i++)
        make (self, type->item, items + i * type->item->size_bytes);
    wire_span_set (at, items, count);
}

static void make_text (maker_t *self, uint8_t *at)
{
    static const char *const texts[] = { "",
                                         "a",
                                         "comets",
                                         "\xc3\xa9t\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x9a\x80 rocket",
                                         "thirty-one bytes long, as it is",
                                         "and one of thirty-two bytes here" };
    const char *text = texts[base_random_below (&self->random, COUNT (texts))];
    wire_span_set (at, text, strlen (text));
}

static void make_bytes (maker_t *self, uint8_t *at)
{
    uint64_t count =
        base_random_chance (&self->random, 0.1) ? 300 : make_count (self, &wire_type_bytes);
    uint8_t *bytes = base_arena_alloc (&self->arena, count, 1);
    for (uint64_t i = 0; i < count; i++)
        bytes[i] = (uint8_t) base_random_next (&self->random);
    wire_span_set (at, bytes, count);
}

static void make_scalar (maker_t *self, const wire_type_t *type, uint8_t *at)
{
    uint64_t number = make_number (self);
    double real = base_random_unit (&self->random) * 1e6 - 5e5;

    if (type->shape == WIRE_SHAPE_BOOLEAN)
        number %= 2;
    else if (type->shape == WIRE_SHAPE_ENUMERATION)
        number %= type->word_count;
    else if (type->shape == WIRE_SHAPE_REAL)
        memcpy (&number, &real, sizeof number);
    else if (type->shape != WIRE_SHAPE_HANDLE && number == (uint64_t) WIRE_TIME_NONE)
        number++;
    memcpy (at, &number, sizeof number);
}

static void make (maker_t *self, const wire_type_t *type, uint8_t *at)
{
    switch (type->shape) {
    case WIRE_SHAPE_HANDLE:
    case WIRE_SHAPE_NUMBER:
    case WIRE_SHAPE_BOOLEAN:
    case WIRE_SHAPE_ENUMERATION:
    case WIRE_SHAPE_REAL:
    case WIRE_SHAPE_TIME:
    case WIRE_SHAPE_INTERVAL: make_scalar (self, type, at); break;
    case WIRE_SHAPE_TEXT: make_text (self, at); break;
    case WIRE_SHAPE_BYTES: make_bytes (self, at); break;
    case WIRE_SHAPE_LIST:
    case WIRE_SHAPE_MAP: make_list (self, type, at); break;
    case WIRE_SHAPE_RECORD:
        for (size_t i = 0; i < type->field_count; i++) {
            make (self, type->fields[i].type, at);
            at += type->fields[i].type->size_bytes;
        }
        break;
    }
}

/*  A record of the row; absent where it may be, now and then. */
static void make_side (maker_t *self, side_t side, uint8_t *at)
{
    const wire_type_t *record = side_record (side);
    if (record->size_bytes > ARGS_SIZE_MAX)
        abort ();
    memset (at, 0, record->size_bytes);
    for (size_t i = 0; i < record->field_count; i++) {
        const wire_field_t *field = &record->fields[i];
        if (field->optional && base_random_chance (&self->random, 0.4))
            wire_value_set_absent (field->type, at);
        else
            make (self, field->type, at);
        at += field->type->size_bytes;
    }
}

static void maker_init (maker_t *self, uint64_t seed)
{
    base_random_init (&self->random, seed);
    base_arena_init (&self->arena);
}

/*  The bytes of made-up arguments. */
static void make_encoded (side_t side, uint64_t seed, base_buffer_t *out)
{
    uint64_t args[ARGS_SIZE_MAX / 8];
    maker_t maker;
    maker_init (&maker, seed);
    make_side (&maker, side, (uint8_t *) args);
    CHECK_OK (side_encode (side, args, out));
    base_arena_fini (&maker.arena);
}

/*  Golden bytes -------------------------------------------------------------------------------- */

static void golden_check (uint16_t service, bool result, const void *args, const char *bytes,
                          size_t size_bytes)
{
    side_t side = { wire_service_row (service), result };
    base_buffer_t out;
    base_buffer_init (&out);
    CHECK_OK (side_encode (side, args, &out));
    if (CHECK_INT (out.size_bytes, size_bytes))
        CHECK_BYTES (out.data, bytes, size_bytes);
    CHECK_OK (side_try (side, (const uint8_t *) bytes, size_bytes));
    base_buffer_fini (&out);
}

#define GOLDEN(service, args, bytes)                                                               \
    golden_check (WIRE_SERVICE_##service, false, &(args), bytes, sizeof (bytes) - 1)
#define GOLDEN_RESULT(service, args, bytes)                                                        \
    golden_check (WIRE_SERVICE_##service, true, &(args), bytes, sizeof (bytes) - 1)

static void test_golden_numbers (void)
{
    const wire_query_galt_t nothing = { 0 };
    const wire_time_advance_request_t past = { -5 }, later = { 1000 };
    const wire_resign_federation_execution_t resign = { WIRE_RESIGN_NO_ACTION };
    const wire_set_range_bounds_t range = { 1, 2, { 10, 70000 } };

    GOLDEN (QUERY_GALT, nothing, "\x90");
    GOLDEN (TIME_ADVANCE_REQUEST, past, "\x91\xfb");
    GOLDEN (TIME_ADVANCE_REQUEST, later, "\x91\xcd\x03\xe8");
    GOLDEN (RESIGN_FEDERATION_EXECUTION, resign, "\x91\x05");
    GOLDEN (SET_RANGE_BOUNDS, range, "\x93\x01\x02\x92\x0a\xce\x00\x01\x11\x70");
}

static void test_golden_lists (void)
{
    const wire_handle_t one_two[] = { 1, 2 }, five[] = { 5 };
    const wire_publish_object_class_attributes_t publish = { 3, { one_two, 2 } };
    const wire_publish_object_class_attributes_t none = { 300, { NULL, 0 } };
    const wire_text_t names[] = { { "ab", 2 }, { "", 0 } };
    const wire_reserve_multiple_object_instance_names_t reserve = { { names, 2 } };
    const wire_region_pair_t pair = { { one_two, 2 }, { five, 1 } };
    const wire_associate_regions_for_updates_t associate = { 8, { &pair, 1 } };

    GOLDEN (PUBLISH_OBJECT_CLASS_ATTRIBUTES, publish, "\x92\x03\x92\x01\x02");
    GOLDEN (PUBLISH_OBJECT_CLASS_ATTRIBUTES, none, "\x92\xcd\x01\x2c\x90");
    GOLDEN (RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES, reserve,
            "\x91\x92\xa2"
            "ab\xa0");
    GOLDEN (ASSOCIATE_REGIONS_FOR_UPDATES, associate, "\x92\x08\x91\x92\x92\x01\x02\x91\x05");
}

static void test_golden_values (void)
{
    const wire_value_t values[] = { { 1, { (const uint8_t *) "\xaa\xbb", 2 } },
                                    { 300, { NULL, 0 } } };
    const wire_update_attribute_values_with_time_t update = {
        7, { values, 2 }, { (const uint8_t *) "t", 1 }, 1000
    };
    GOLDEN (UPDATE_ATTRIBUTE_VALUES_WITH_TIME, update,
            "\x94\x07\x82\x01\xc4\x02\xaa\xbb\xcd\x01\x2c\xc4\x00\xc4\x01t\xcd\x03\xe8");
}

static void test_golden_absent (void)
{
    const wire_dimension_range_t range = { 4, { 0, 9 } };
    const wire_conveyed_region_t region = { &range, 1 };
    wire_receive_interaction_t receive = { .interaction_class = 1, .producing_federate = 2 };
    const wire_update_attribute_values_with_time_result_t retraction = { 6 }, none = { 0 };

    GOLDEN (RECEIVE_INTERACTION, receive, "\x96\x01\x80\xc4\x00\x00\x02\xc0");
    receive.sent_regions.items = &region;
    GOLDEN (RECEIVE_INTERACTION, receive, "\x96\x01\x80\xc4\x00\x00\x02\x90");
    receive.sent_regions.count = 1;
    GOLDEN (RECEIVE_INTERACTION, receive,
            "\x96\x01\x80\xc4\x00\x00\x02\x91\x91\x92\x04\x92\x00\x09");
    GOLDEN_RESULT (UPDATE_ATTRIBUTE_VALUES_WITH_TIME, retraction, "\x91\x06");
    GOLDEN_RESULT (UPDATE_ATTRIBUTE_VALUES_WITH_TIME, none, "\x91\xc0");
}

static void test_golden_results (void)
{
    const wire_get_update_rate_value_result_t rate = { 10.0 };
    const wire_query_galt_result_t galt = { WIRE_TIME_NONE };
    const wire_connect_result_t connect = { 0, 1, WIRE_SETTINGS_APPLIED, { "ok", 2 } };

    GOLDEN_RESULT (GET_UPDATE_RATE_VALUE, rate, "\x91\xcb\x40\x24\x00\x00\x00\x00\x00\x00");
    GOLDEN_RESULT (QUERY_GALT, galt, "\x91\xc0");
    GOLDEN_RESULT (CONNECT, connect, "\x94\xc2\xc3\x02\xa2ok");
}

static void test_golden_module (void)
{
    const wire_module_item_t file = { WIRE_MODULE_FILE,
                                      { "a.xml", 5 },
                                      { (const uint8_t *) "<>", 2 } };
    const wire_create_federation_execution_t create = { { "sky", 3 }, { &file, 1 } };
    GOLDEN (CREATE_FEDERATION_EXECUTION, create,
            "\x92\xa3sky\x91\x93\x00\xa5"
            "a.xml\xc4\x02<>");
}

/*  What was decoded is what was sent: the fields of one call, looked at one by one. */
static void test_decoded_fields (void)
{
    static const uint8_t bytes[] =
        "\x94\x07\x82\x01\xc4\x02\xaa\xbb\xcd\x01\x2c\xc4\x00\xc4\x01t\xfb";
    wire_update_attribute_values_with_time_t update;
    base_arena_t arena;

    base_arena_init (&arena);
    CHECK_OK (wire_service_decode (WIRE_SERVICE_UPDATE_ATTRIBUTE_VALUES_WITH_TIME, bytes,
                                   sizeof bytes - 1, &arena, &update, sizeof update));
    CHECK_INT (update.object_instance, 7);
    CHECK_INT (update.time, -5);
    CHECK_OR_RETURN (CHECK_INT (update.attribute_values.count, 2));
    CHECK_INT (update.attribute_values.items[0].handle, 1);
    CHECK_INT (update.attribute_values.items[1].handle, 300);
    CHECK_INT (update.attribute_values.items[0].bytes.size_bytes, 2);
    CHECK (update.attribute_values.items[0].bytes.data == bytes + 6); /* not a copy */
    CHECK (update.user_supplied_tag.size_bytes == 1 && update.user_supplied_tag.data[0] == 't');
    base_arena_fini (&arena);
}

/*  Any width of a number is read, whichever is written. */
static void test_widths (void)
{
    CHECK_OK (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\x91\xcc\x05", 3));
    CHECK_OK (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\x91\xd0\x05", 3));
    CHECK_OK (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\x91\xd1\xff\xfe", 4));
    CHECK_OK (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\x91\xd2\x80\0\0\0", 6));
    CHECK_OK (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\x91\xd3\0\0\0\0\0\0\0\x01", 10));
    CHECK_OK (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\xdc\x00\x01\x01", 4));
    CHECK_OK (service_try (WIRE_SERVICE_GET_FEDERATE_HANDLE,
                           "\x91\xd9\x01"
                           "a",
                           4));
    CHECK_OK (service_try (WIRE_SERVICE_GET_FEDERATE_HANDLE,
                           "\x91\xdb\0\0\0\x01"
                           "a",
                           7));
    CHECK_OK (service_try (WIRE_SERVICE_DELETE_REGION, "\x91\xd3\0\0\0\0\0\0\0\x01", 10));
    CHECK_ERR (service_try (WIRE_SERVICE_DELETE_REGION, "\x91\xff", 2), MST_E_MALFORMED);
}

/*  Every row ----------------------------------------------------------------------------------- */

/*  msgpack-c, which knows nothing of services, reads the bytes and writes them again alike. */
static void oracle_check (side_t side, const base_buffer_t *encoded)
{
    msgpack_unpacked read;
    msgpack_sbuffer again;
    msgpack_packer packer;
    size_t offset = 0;

    msgpack_unpacked_init (&read);
    msgpack_sbuffer_init (&again);
    msgpack_packer_init (&packer, &again, msgpack_sbuffer_write);
    CHECK_INT (
        msgpack_unpack_next (&read, (const char *) encoded->data, encoded->size_bytes, &offset),
        MSGPACK_UNPACK_SUCCESS);
    CHECK_INT (offset, encoded->size_bytes);
    CHECK_INT (read.data.type, MSGPACK_OBJECT_ARRAY);
    CHECK_INT (read.data.via.array.size, side_record (side)->field_count);
    CHECK_INT (msgpack_pack_object (&packer, read.data), 0);
    if (CHECK_INT (again.size, encoded->size_bytes))
        CHECK_BYTES (again.data, encoded->data, encoded->size_bytes);
    msgpack_sbuffer_destroy (&again);
    msgpack_unpacked_destroy (&read);
}

static void line_of (side_t side, const void *args, base_buffer_t *line)
{
    base_buffer_init (line);
    CHECK_OK (side.result ? wire_service_result_to_text (side.row->number, args, line)
                          : wire_service_to_text (side.row->number, args, line));
}

static void round_trip_check (side_t side, const void *args)
{
    uint64_t read[ARGS_SIZE_MAX / 8];
    base_buffer_t first, second, line, line_read;
    base_arena_t arena;
    uint8_t *copy;

    base_arena_init (&arena);
    base_buffer_init (&first);
    base_buffer_init (&second);
    CHECK_OK (side_encode (side, args, &first));
    oracle_check (side, &first);
    if (!CHECK_OK (side_decode (side, first.data, first.size_bytes, &arena, read, &copy)))
        fprintf (stderr, "%s\n", side.row->name);
    CHECK_OK (side_encode (side, read, &second));
    if (CHECK_INT (second.size_bytes, first.size_bytes))
        CHECK_BYTES (second.data, first.data, first.size_bytes);
    line_of (side, args, &line);
    line_of (side, read, &line_read);
    CHECK_TEXT ((const char *) line_read.data, (const char *) line.data);
    base_buffer_fini (&first);
    base_buffer_fini (&second);
    base_buffer_fini (&line);
    base_buffer_fini (&line_read);
    base_arena_fini (&arena);
    free (copy);
}

static void round_trips (side_t side)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t args[ARGS_SIZE_MAX / 8];
        maker_t maker;
        maker_init (&maker, seed << 16 | side.row->number);
        make_side (&maker, side, (uint8_t *) args);
        round_trip_check (side, args);
        base_arena_fini (&maker.arena);
    }
}

static void test_round_trip (void)
{
    each_side (round_trips);
}

/*  Shorter by any number of bytes, or longer by one: an error, and the service is named. */
static void cuts_check (side_t side)
{
    base_buffer_t encoded;
    base_buffer_init (&encoded);
    for (uint64_t seed = 0; encoded.size_bytes == 0 || encoded.size_bytes > 4000; seed++) {
        base_buffer_clear (&encoded);
        make_encoded (side, seed, &encoded);
    }
    for (size_t size_bytes = 0; size_bytes < encoded.size_bytes; size_bytes++) {
        CHECK_ERR (side_try (side, encoded.data, size_bytes), MST_E_MALFORMED);
        CHECK_CONTAINS (mst_error_text (), side.row->name);
    }
    CHECK_OK (side_try (side, encoded.data, encoded.size_bytes));
    CHECK_OK (base_buffer_append (&encoded, "\xc0", 1));
    CHECK_ERR (side_try (side, encoded.data, encoded.size_bytes), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "bytes left over: 1");
    base_buffer_fini (&encoded);
}

static void test_cuts (void)
{
    each_side (cuts_check);
}

/*  One wrong value ------------------------------------------------------------------------------
 */

typedef struct stranger {
    const char *bytes;
    size_t size_bytes;
    unsigned welcome; /* shapes that take it, as bits */
} stranger_t;

#define BIT(shape) (1u << WIRE_SHAPE_##shape)
#define UNSIGNED   (BIT (HANDLE) | BIT (NUMBER) | BIT (ENUMERATION) | BIT (TIME) | BIT (INTERVAL))

static const stranger_t strangers[] = {
    { "\xc0", 1, 0 },
    { "\xc1", 1, 0 },
    { "\xc2", 1, BIT (BOOLEAN) },
    { "\x01", 1, UNSIGNED },
    { "\xff", 1, BIT (TIME) | BIT (INTERVAL) },
    { "\xcb\0\0\0\0\0\0\0\0", 9, BIT (REAL) },
    { "\xca\0\0\0\0", 5, BIT (REAL) },
    { "\xa1x", 2, BIT (TEXT) },
    { "\xc4\x01x", 3, BIT (BYTES) },
    { "\x90", 1, BIT (LIST) },
    { "\x80", 1, BIT (MAP) },
    { "\xd4\x01\x01", 3, 0 },
    { "\xc7\x01\x01\x01", 4, 0 },
};

/*  Replaces the argument that stands in [from, to) by the stranger. */
static void stranger_check (side_t side, size_t index, const base_buffer_t *encoded, size_t from,
                            size_t to, const stranger_t *stranger)
{
    const wire_field_t *field = &side_record (side)->fields[index];
    bool module = field->type == &wire_type_module; /* must have an item */
    bool welcome = (stranger->welcome >> field->type->shape & 1) && !module;
    base_buffer_t out;

    base_buffer_init (&out);
    if (field->optional && (uint8_t) stranger->bytes[0] == 0xc0)
        welcome = true;
    CHECK_OK (base_buffer_append (&out, encoded->data, from));
    CHECK_OK (base_buffer_append (&out, stranger->bytes, stranger->size_bytes));
    CHECK_OK (base_buffer_append (&out, encoded->data + to, encoded->size_bytes - to));
    mst_err_t err = side_try (side, out.data, out.size_bytes);
    CHECK_ERR (err, welcome ? MST_OK : MST_E_MALFORMED);
    if (err) {
        char name[64];
        wire_field_name (field, name, sizeof name);
        CHECK_CONTAINS (mst_error_text (), name);
        CHECK_CONTAINS (mst_error_text (), side.row->name);
    }
    base_buffer_fini (&out);
}

static void strangers_check (side_t side)
{
    const wire_type_t *record = side_record (side);
    msgpack_unpacked piece;
    base_buffer_t encoded;
    size_t from = 1, to = 1; /* behind the head of fewer than 16 arguments */

    CHECK (record->field_count < 16);
    base_buffer_init (&encoded);
    make_encoded (side, 7, &encoded);
    msgpack_unpacked_init (&piece);
    for (size_t i = 0; i < record->field_count; i++, from = to) {
        CHECK (msgpack_unpack_next (&piece, (const char *) encoded.data, encoded.size_bytes, &to) >=
               MSGPACK_UNPACK_SUCCESS);
        for (size_t j = 0; j < COUNT (strangers); j++)
            stranger_check (side, i, &encoded, from, to, &strangers[j]);
    }
    msgpack_unpacked_destroy (&piece);
    base_buffer_fini (&encoded);
}

static void test_strangers (void)
{
    each_side (strangers_check);
}

/*  Bytes that hurt ------------------------------------------------------------------------------
 */

/*  Counts that promise more than there is are refused before memory is taken for them. */
static void test_lying_counts (void)
{
    static const char *const lies[] = { "\x92\x01\xdd\xff\xff\xff\xff", "\x92\x01\xdc\xff\xff",
                                        "\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff" };
    static const size_t sizes[] = { 7, 5, 5, 5 };

    base_alloc_count (true);
    int64_t live = base_alloc_live ();
    for (size_t i = 0; i < COUNT (lies); i++)
        CHECK_ERR (service_try (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, lies[i], sizes[i]),
                   MST_E_MALFORMED);
    CHECK_ERR (
        service_try (WIRE_SERVICE_UPDATE_ATTRIBUTE_VALUES, "\x93\x01\xdf\xff\xff\xff\xff", 7),
        MST_E_MALFORMED);
    CHECK_ERR (service_try (WIRE_SERVICE_GET_FEDERATE_HANDLE,
                            "\x91\xdb\xff\xff\xff\xff"
                            "a",
                            7),
               MST_E_MALFORMED);
    CHECK_ERR (service_try (WIRE_SERVICE_ANNOUNCE_SYNCHRONIZATION_POINT,
                            "\x92\xa1"
                            "a\xc6\xff\xff\xff\xff",
                            8),
               MST_E_MALFORMED);
    CHECK_INT (base_alloc_live (), live);
    base_alloc_count (false);
}

/*  A list of one item too many, with all its bytes. */
static void test_list_limit (void)
{
    static uint8_t bytes[7 + WIRE_LIST_MAX + 1];
    memcpy (bytes, "\x92\x01\xdd\x00\x10\x00\x01", 7);
    CHECK_ERR (service_try (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, bytes, sizeof bytes),
               MST_E_LIMIT);
    CHECK_TEXT (mst_error_text (),
                "publishObjectClassAttributes: argument 2 \"attributes\" has 1048577 items, more "
                "than WIRE_LIST_MAX (1048576) allows; send less at once");
    bytes[6] = 0;
    CHECK_OK (service_try (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, bytes, sizeof bytes - 1));
}

static void test_text_limit (void)
{
    static uint8_t bytes[6 + WIRE_TEXT_MAX + 1];
    memset (bytes, 'a', sizeof bytes);
    memcpy (bytes, "\x91\xdb\x00\x01\x00\x01", 6);
    CHECK_ERR (service_try (WIRE_SERVICE_GET_FEDERATE_HANDLE, bytes, sizeof bytes), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "WIRE_TEXT_MAX");
}

static void test_bad_text (void)
{
    static const char *const bad[] = { "\xc0\x80",
                                       "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80",
                                       "\x80",
                                       "\xe2\x82",
                                       "\xf0\x82\x82\xac",
                                       "\xe0\x9f\xbf",
                                       "\xff",
                                       "\xf0\x9f\x9a",
                                       "\xc3(",
                                       "a\xf8\x88\x80\x80\x80",
                                       "\xc1\xbf" };
    uint8_t bytes[16] = { 0x91 };

    for (size_t i = 0; i < COUNT (bad); i++) {
        size_t length = strlen (bad[i]);
        bytes[1] = (uint8_t) (0xa0u | length);
        memcpy (bytes + 2, bad[i], length);
        CHECK_ERR (service_try (WIRE_SERVICE_GET_FEDERATE_HANDLE, bytes, length + 2),
                   MST_E_MALFORMED);
        CHECK_CONTAINS (mst_error_text (), "UTF-8");
    }
    CHECK_ERR (service_try (WIRE_SERVICE_GET_FEDERATE_HANDLE,
                            "\x91\xa2"
                            "a\0",
                            4),
               MST_E_MALFORMED);
    CHECK_OK (service_try (WIRE_SERVICE_GET_FEDERATE_HANDLE, "\x91\xa4\xf4\x8f\xbf\xbf", 6));
}

static void test_reserved_values (void)
{
    CHECK_ERR (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\x91\xd3\x80\0\0\0\0\0\0\0", 10),
               MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "no time");
    CHECK_ERR (service_try (WIRE_SERVICE_TIME_ADVANCE_REQUEST, "\x91\xcf\x80\0\0\0\0\0\0\0", 10),
               MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "largest time");
    side_t update = { wire_service_row (WIRE_SERVICE_UPDATE_ATTRIBUTE_VALUES_WITH_TIME), true };
    CHECK_ERR (side_try (update, (const uint8_t *) "\x91\x00", 2), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "nil says that");
}

static void test_unknown_service (void)
{
    uint64_t args[2] = { 1, 2 };
    base_arena_t arena;
    base_arena_init (&arena);
    CHECK_ERR (wire_service_decode (0x3ff, (const uint8_t *) "\x90", 1, &arena, args, sizeof args),
               MST_E_NOT_SUPPORTED);
    CHECK_CONTAINS (mst_error_text (), "0x3ff");
    CHECK (args[0] == 0 && args[1] == 0);
    CHECK_ERR (
        wire_service_decode_result (0xffff, (const uint8_t *) "\x90", 1, &arena, args, sizeof args),
        MST_E_NOT_SUPPORTED);
    base_arena_fini (&arena);
}

/*  Nothing of a half-read body is left in the struct. */
static void test_failure_leaves_nothing (void)
{
    wire_publish_object_class_attributes_t publish;
    base_arena_t arena;
    base_arena_init (&arena);
    memset (&publish, 0xff, sizeof publish);
    CHECK_ERR (wire_service_decode (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES,
                                    (const uint8_t *) "\x92\x03\x92\x01", 4, &arena, &publish,
                                    sizeof publish),
               MST_E_MALFORMED);
    CHECK (publish.object_class == 0 && publish.attributes.items == NULL);
    base_arena_fini (&arena);
}

/*  Structs that do not encode --------------------------------------------------------------------
 */

static void refused_check (uint16_t service, const void *args, mst_err_t expected,
                           const char *story)
{
    base_buffer_t out;
    base_buffer_init (&out);
    CHECK_OK (base_buffer_append (&out, "before", 6));
    CHECK_ERR (wire_service_encode (service, args, &out), expected);
    CHECK_TEXT (mst_error_text (), story);
    CHECK_INT (out.size_bytes, 6);
    base_buffer_fini (&out);
}

static void test_refused (void)
{
    const wire_resign_federation_execution_t resign = { 6 };
    const wire_time_advance_request_t time = { WIRE_TIME_NONE };
    const wire_get_federate_handle_t text = { { "\xff", 1 } }, null = { { NULL, 1 } };
    const wire_set_service_reporting_switch_t boolean = { 2 };
    const wire_publish_object_class_attributes_t list = { 1, { NULL, 3 } };
    const wire_create_federation_execution_t module = { { "a", 1 }, { NULL, 0 } };
    static const wire_handle_t one[1];
    const wire_publish_object_class_attributes_t many = { 1, { one, WIRE_LIST_MAX + 1 } };

    refused_check (
        WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION, &resign, MST_E_INVALID_ARGUMENT,
        "resignFederationExecution: argument 1 \"resignAction\" is 6, but a resign action "
        "goes from 0 to 5");
    refused_check (WIRE_SERVICE_TIME_ADVANCE_REQUEST, &time, MST_E_INVALID_ARGUMENT,
                   "timeAdvanceRequest: argument 1 \"time\" is absent, a logical time is needed");
    refused_check (
        WIRE_SERVICE_GET_FEDERATE_HANDLE, &text, MST_E_INVALID_ARGUMENT,
        "getFederateHandle: argument 1 \"federateName\" is not UTF-8 without zero bytes");
    refused_check (WIRE_SERVICE_GET_FEDERATE_HANDLE, &null, MST_E_INVALID_ARGUMENT,
                   "getFederateHandle: argument 1 \"federateName\" is NULL, but counts 1");
    refused_check (WIRE_SERVICE_SET_SERVICE_REPORTING_SWITCH, &boolean, MST_E_INVALID_ARGUMENT,
                   "setServiceReportingSwitch: argument 1 \"value\" is 2, but a boolean is 0 or 1");
    refused_check (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, &list, MST_E_INVALID_ARGUMENT,
                   "publishObjectClassAttributes: argument 2 \"attributes\" is NULL, but counts 3");
    refused_check (WIRE_SERVICE_CREATE_FEDERATION_EXECUTION, &module, MST_E_INVALID_ARGUMENT,
                   "createFederationExecution: argument 2 \"fomModule\" has 0 items, a list of one "
                   "object model was expected");
    refused_check (
        WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, &many, MST_E_LIMIT,
        "publishObjectClassAttributes: argument 2 \"attributes\" has 1048577 items, more "
        "than WIRE_LIST_MAX (1048576) allows; send less at once");
}

/*  Memory that fails: each step says so, and nothing is left behind. */
static void scenario (void *context)
{
    static const uint8_t bytes[] = "\x92\x08\x91\x92\x92\x01\x02\x91\x05";
    wire_associate_regions_for_updates_t associate;
    base_arena_t arena;
    base_buffer_t out;

    (void) context;
    base_arena_init (&arena);
    base_buffer_init (&out);
    mst_err_t err = wire_service_decode (WIRE_SERVICE_ASSOCIATE_REGIONS_FOR_UPDATES, bytes,
                                         sizeof bytes - 1, &arena, &associate, sizeof associate);
    if (!err)
        err = wire_service_encode (WIRE_SERVICE_ASSOCIATE_REGIONS_FOR_UPDATES, &associate, &out);
    if (!err)
        err = wire_service_to_text (WIRE_SERVICE_ASSOCIATE_REGIONS_FOR_UPDATES, &associate, &out);
    CHECK (err == MST_OK || err == MST_E_NO_MEMORY);
    base_buffer_fini (&out);
    base_arena_fini (&arena);
}

static void test_no_memory (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 0);
}

static CU_TestInfo golden_tests[] = {
    { "numbers", test_golden_numbers },
    { "lists", test_golden_lists },
    { "values", test_golden_values },
    { "what is absent", test_golden_absent },
    { "results", test_golden_results },
    { "object models", test_golden_module },
    { "decoded fields, one by one", test_decoded_fields },
    { "any width of a number", test_widths },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo every_row_tests[] = {
    { "round trip, and msgpack-c agrees", test_round_trip },
    { "cut off anywhere, or one byte longer", test_cuts },
    { "a wrong value at each place", test_strangers },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo hostile_tests[] = {
    { "counts that lie", test_lying_counts },
    { "a list above its limit", test_list_limit },
    { "a text above its limit", test_text_limit },
    { "text that is not UTF-8", test_bad_text },
    { "values that stand for none", test_reserved_values },
    { "a number that is no service", test_unknown_service },
    { "a failure leaves nothing", test_failure_leaves_nothing },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo refused_tests[] = {
    { "structs that do not encode", test_refused },
    { "failing allocations", test_no_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "service codec: golden bytes", NULL, NULL, NULL, NULL, golden_tests },
           { "service codec: every row", NULL, NULL, NULL, NULL, every_row_tests },
           { "service codec: hostile bytes", NULL, NULL, NULL, NULL, hostile_tests },
           { "service codec: refused", NULL, NULL, NULL, NULL, refused_tests })
