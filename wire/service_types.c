/*  The description of each type that a service may carry: scalars, and what lists and records are
    built from. The codec walks these descriptions and knows no type by name. */
#include "wire/service_private.h"
#include "wire/limits.h"
#include "base/error.h"

#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof (array)[0])

#define SCALAR(type, shape_, words)                                                                \
    const wire_type_t wire_type_##type = { .name = #type,                                          \
                                           .expected = words,                                      \
                                           .shape = WIRE_SHAPE_##shape_,                           \
                                           .size_bytes = sizeof (wire_##type##_t) }

#define STRING(type, shape_, limit_, words)                                                        \
    const wire_type_t wire_type_##type = { .name = #type,                                          \
                                           .expected = words,                                      \
                                           .shape = WIRE_SHAPE_##shape_,                           \
                                           .size_bytes = sizeof (wire_span_t),                     \
                                           .count_max = limit_,                                    \
                                           .limit = #limit_ }

SCALAR (handle, HANDLE, "a handle");
SCALAR (number, NUMBER, "a number");
SCALAR (boolean, BOOLEAN, "true or false");
SCALAR (real, REAL, "a real number");
SCALAR (time, TIME, "a logical time");
SCALAR (interval, INTERVAL, "an interval of logical time");
STRING (text, TEXT, WIRE_TEXT_MAX, "a text");
STRING (bytes, BYTES, WIRE_BODY_MAX, "a run of bytes");

/*  The enumerations: the list of words is the list of legal values. */
#define WORD(name, word) word,
#define ENUMERATION(type, values, expected_)                                                       \
    static const char *const wire_words_of_##type[] = { values (WORD) };                           \
    const wire_type_t wire_type_##type = { .name = #type,                                          \
                                           .expected = expected_,                                  \
                                           .shape = WIRE_SHAPE_ENUMERATION,                        \
                                           .size_bytes = sizeof (wire_##type##_t),                 \
                                           .words = wire_words_of_##type,                          \
                                           .word_count = COUNT (wire_words_of_##type) }

ENUMERATION (order_type, WIRE_ORDER_TYPES, "an order type");
ENUMERATION (resign_action, WIRE_RESIGN_ACTIONS, "a resign action");
ENUMERATION (sync_failure, WIRE_SYNC_FAILURES, "a reason of failure");
ENUMERATION (save_failure, WIRE_SAVE_FAILURES, "a reason of failure");
ENUMERATION (restore_failure, WIRE_RESTORE_FAILURES, "a reason of failure");
ENUMERATION (service_group, WIRE_SERVICE_GROUPS, "a service group");
ENUMERATION (settings_result, WIRE_SETTINGS_RESULTS, "a result of settings");

/*  These stand in records only. */
extern const wire_type_t wire_type_save_status, wire_type_restore_status, wire_type_module_form;
extern const wire_type_t wire_type_value_bytes;
STRING (value_bytes, BYTES, WIRE_VALUE_MAX, "a run of bytes");
ENUMERATION (save_status, WIRE_SAVE_STATES, "a save status");
ENUMERATION (restore_status, WIRE_RESTORE_STATES, "a restore status");
ENUMERATION (module_form, WIRE_MODULE_FORMS, "a module's form");

/*  Records. Their fields' sizes add up to the struct's, as with the services themselves. */
/* clang-format off */
#define FIELD(type, name) { #name, &wire_type_##type, false }
/* clang-format on */
#define MAY(type, name)                                                                            \
    {                                                                                              \
#name, &wire_type_##type, true                                                             \
    }
#define RECORD(type, c_type, expected_, ...)                                                       \
    static const wire_field_t wire_fields_of_##type[] = { __VA_ARGS__ };                           \
    extern const wire_type_t wire_type_##type;                                                     \
    const wire_type_t wire_type_##type = { .name = #type,                                          \
                                           .expected = expected_,                                  \
                                           .shape = WIRE_SHAPE_RECORD,                             \
                                           .size_bytes = sizeof (c_type),                          \
                                           .fields = wire_fields_of_##type,                        \
                                           .field_count = COUNT (wire_fields_of_##type) }

/*  Lists. On the wire a map is one of records of two fields, without a frame around each. */
#define SEQUENCE(type, shape_, item_, expected_, ...)                                              \
    extern const wire_type_t wire_type_##type;                                                     \
    const wire_type_t wire_type_##type = { .name = #type,                                          \
                                           .expected = expected_,                                  \
                                           .shape = WIRE_SHAPE_##shape_,                           \
                                           .size_bytes = sizeof (wire_span_t),                     \
                                           .item = &wire_type_##item_,                             \
                                           __VA_ARGS__ }
#define UP_TO_LIST_MAX             .count_max = WIRE_LIST_MAX, .limit = "WIRE_LIST_MAX"
#define LIST(type, item, expected) SEQUENCE (type, LIST, item, expected, UP_TO_LIST_MAX)

RECORD (value, wire_value_t, "a handle and its value", FIELD (handle, handle),
        FIELD (value_bytes, value));
SEQUENCE (values, MAP, value, "a map from handles to bytes", UP_TO_LIST_MAX);

LIST (handles, handle, "a list of handles");
LIST (texts, text, "a list of texts");

RECORD (region_pair, wire_region_pair_t, "a pair of attributes and regions",
        FIELD (handles, attributes), FIELD (handles, regions));
LIST (region_pairs, region_pair, "a list of pairs of attributes and regions");

RECORD (range, wire_range_t, "a range (lower, upper)", FIELD (number, lower),
        FIELD (number, upper));
RECORD (dimension_range, wire_dimension_range_t, "a dimension and its range",
        FIELD (handle, dimension), FIELD (range, range));
LIST (conveyed_region, dimension_range, "a region");
LIST (conveyed_regions, conveyed_region, "a list of regions");

RECORD (text_pair, wire_text_pair_t, "a pair of texts", FIELD (text, first), FIELD (text, second));
LIST (text_pairs, text_pair, "a list of pairs of texts");

RECORD (module_item, wire_module_item_t, "an object model", FIELD (module_form, form),
        FIELD (text, name), FIELD (bytes, content));
SEQUENCE (module, LIST, module_item, "a list of one object model", .count_min = 1, .count_max = 1);
LIST (modules, module_item, "a list of object models");

RECORD (save_status_item, wire_federate_save_status_t, "a federate and its status",
        FIELD (handle, federate), FIELD (save_status, status));
LIST (save_statuses, save_status_item, "a list of federates with their status");

RECORD (restore_status_item, wire_federate_restore_status_t, "a federate and its status",
        FIELD (handle, before), FIELD (handle, after), FIELD (restore_status, status));
LIST (restore_statuses, restore_status_item, "a list of federates with their status");

RECORD (wait_link, wire_wait_link_t, "a link of a chain of waits", MAY (handle, federate),
        FIELD (text, name), FIELD (number, term), MAY (text, place), MAY (time, granted),
        MAY (time, requested), MAY (time, bound), MAY (time, message), MAY (interval, lookahead),
        FIELD (number, for_ns), FIELD (number, silent_ns), MAY (text, process));
LIST (wait_links, wait_link, "a list of links of a chain of waits");

/*  One view of all lists, texts and bytes: they differ only in what they point to. */
_Static_assert(sizeof (wire_handles_t) == sizeof (wire_span_t), "a list is a span");
_Static_assert(sizeof (wire_text_t) == sizeof (wire_span_t), "a text is a span");
_Static_assert(sizeof (wire_bytes_t) == sizeof (wire_span_t), "bytes are a span");
_Static_assert(offsetof (wire_values_t, count) == offsetof (wire_span_t, count), "a span");

wire_span_t wire_span_get (const void *at)
{
    wire_span_t span;
    base_assert (at != NULL);
    memcpy (&span, at, sizeof span); /* a cast would break the aliasing rules */
    return span;
}

void wire_span_set (void *at, const void *data, uint64_t count)
{
    base_assert (at != NULL);
    base_assert (data != NULL || count == 0);
    memcpy (at, &(wire_span_t){ data, count }, sizeof (wire_span_t));
}

bool wire_value_absent (const wire_type_t *type, const void *at)
{
    base_assert (type != NULL && at != NULL);
    switch (type->shape) {
    case WIRE_SHAPE_HANDLE: return *(const wire_handle_t *) at == WIRE_HANDLE_NONE;
    case WIRE_SHAPE_TIME:
    case WIRE_SHAPE_INTERVAL: return *(const wire_time_t *) at == WIRE_TIME_NONE;
    case WIRE_SHAPE_TEXT:
    case WIRE_SHAPE_BYTES:
    case WIRE_SHAPE_LIST:
    case WIRE_SHAPE_MAP: return wire_span_get (at).data == NULL;
    case WIRE_SHAPE_NUMBER:
    case WIRE_SHAPE_BOOLEAN:
    case WIRE_SHAPE_ENUMERATION:
    case WIRE_SHAPE_REAL:
    case WIRE_SHAPE_RECORD: break;
    }
    return false;
}

void wire_value_set_absent (const wire_type_t *type, void *at)
{
    base_assert (type->size_bytes <= sizeof (wire_span_t));
    base_assert (type != NULL && at != NULL);
    memset (at, 0, type->size_bytes);
    if (type->shape == WIRE_SHAPE_TIME || type->shape == WIRE_SHAPE_INTERVAL)
        *(wire_time_t *) at = WIRE_TIME_NONE;
    base_assert (wire_value_absent (type, at));
}

/*  Not toupper (), which depends on the locale. */
static char wire_capital (char c)
{
    return c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
}

void wire_field_name (const wire_field_t *field, char *name, size_t size_bytes)
{
    size_t length = 0;
    bool capital = false;

    base_assert (name != NULL);
    base_assert (field != NULL && field->name != NULL);
    base_assert (size_bytes > 0);
    for (const char *c = field->name; *c && length + 1 < size_bytes; c++) {
        if (*c != '_')
            name[length++] = capital ? wire_capital (*c) : *c;
        capital = *c == '_';
    }
    name[length] = 0;
}

mst_err_t wire_blame_item (mst_err_t err, uint64_t index)
{
    base_assert (err != MST_OK);
    return base_error_prefix (err, ", item %llu", (unsigned long long) index + 1);
}

mst_err_t wire_blame_field (mst_err_t err, const wire_field_t *field)
{
    char name[WIRE_FIELD_NAME_SIZE];
    base_assert (err != MST_OK && field != NULL);
    wire_field_name (field, name, sizeof name);
    return base_error_prefix (err, ", \"%s\"", name);
}

mst_err_t wire_blame_argument (mst_err_t err, const wire_service_row_t *row,
                               const wire_type_t *record, size_t index)
{
    char name[WIRE_FIELD_NAME_SIZE];
    base_assert (err != MST_OK);
    base_assert (row != NULL && index < record->field_count);
    wire_field_name (&record->fields[index], name, sizeof name);
    return base_error_prefix (err, "%s: %s %zu \"%s\"", row->name, record->name, index + 1, name);
}

mst_err_t wire_check_count (const wire_type_t *type, uint64_t count, mst_err_t wrong)
{
    bool list = type->item != NULL;

    base_assert (type->count_min <= type->count_max);
    base_assert (type->count_max > 0 && wrong != MST_OK);
    if (count > type->count_max && type->limit)
        return base_error (MST_E_LIMIT,
                           " has %llu %s, more than %s (%llu) allows; send less at once",
                           (unsigned long long) count, list ? "items" : "bytes", type->limit,
                           (unsigned long long) type->count_max);
    if (count < type->count_min || count > type->count_max)
        return base_error (wrong, " has %llu items, %s was expected", (unsigned long long) count,
                           type->expected);
    return MST_OK;
}

/*  Length of the UTF-8 sequence at text, of at most `left` bytes; 0 if it is not one. The second
    byte's range rules out what could be written shorter, surrogates, and what is above U+10FFFF. */
static unsigned wire_utf8_length (const unsigned char *text, uint64_t left)
{
    unsigned char first = text[0], low = 0x80, high = 0xbf;
    unsigned length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    base_assert (text != NULL);
    base_assert (left > 0);
    if (first == 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4 || length > left)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (length > 1 && (text[1] < low || text[1] > high))
        return 0;
    for (unsigned i = 2; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

bool wire_text_valid (const char *data, uint64_t size_bytes)
{
    base_assert (data != NULL || size_bytes == 0);
    for (uint64_t i = 0; i < size_bytes;) {
        unsigned length = wire_utf8_length ((const unsigned char *) data + i, size_bytes - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}
