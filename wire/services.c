/*  The table made real: services.def becomes an array of rows, and an array that finds a row by its
    number. */
#include "wire/services.h"
#include "base/check.h"

#include <string.h>

/*  The groups of exceptions that most services share; services.def names them. */
#define EXCEPTIONS(name, ...)                                                                      \
    static const wire_exception_t wire_common_##name[] = { __VA_ARGS__, WIRE_EXCEPTION_NONE }

#define CONNECTION  WIRE_EXCEPTION_NOT_CONNECTED, WIRE_EXCEPTION_RTI_INTERNAL_ERROR
#define NO_SAVE     WIRE_EXCEPTION_SAVE_IN_PROGRESS
#define NO_RESTORE  WIRE_EXCEPTION_RESTORE_IN_PROGRESS
#define NO_CALLBACK WIRE_EXCEPTION_CALL_NOT_ALLOWED_FROM_WITHIN_CALLBACK
#define MEMBER      WIRE_EXCEPTION_FEDERATE_NOT_EXECUTION_MEMBER

EXCEPTIONS (OUTSIDE, NO_CALLBACK, WIRE_EXCEPTION_RTI_INTERNAL_ERROR);
EXCEPTIONS (CONNECTED, CONNECTION);
EXCEPTIONS (JOINING, NO_SAVE, NO_RESTORE, NO_CALLBACK, CONNECTION);
EXCEPTIONS (RESIGNING, NO_CALLBACK, MEMBER, CONNECTION);
EXCEPTIONS (JOINED, MEMBER, CONNECTION);
EXCEPTIONS (SAVING, NO_RESTORE, MEMBER, CONNECTION);
EXCEPTIONS (RESTORING, NO_SAVE, MEMBER, CONNECTION);
EXCEPTIONS (RUNNING, NO_SAVE, NO_RESTORE, MEMBER, CONNECTION);
EXCEPTIONS (CALLED_BACK, WIRE_EXCEPTION_FEDERATE_INTERNAL_ERROR);

#undef EXCEPTIONS
#undef CONNECTION
#undef NO_SAVE
#undef NO_RESTORE
#undef NO_CALLBACK
#undef MEMBER

/*  The formatter takes macros that expand to lists for something else. */
/* clang-format off */

/*  The fields and the exceptions of each row. Each array ends with one spare element, so that a
    row without any has an array, too. */
#define ARG(type, name)      { #name, &wire_type_##type, false },
#define OPTIONAL(type, name) { #name, &wire_type_##type, true },
#define ERROR(exception)     WIRE_EXCEPTION_##exception,
#define SERVICE(number, id, ID, name, group, direction, clause, state, args, results, common,      \
                errors)                                                                            \
    static const wire_field_t wire_args_of_##id[] = { args { 0 } };                                \
    static const wire_field_t wire_results_of_##id[] = { results { 0 } };                          \
    static const wire_exception_t wire_errors_of_##id[] = { errors WIRE_EXCEPTION_NONE };
#include "wire/services.def"

/*  A struct is as large as its fields together: nothing is between them, so where a field stands
    follows from the sizes of those before it. */
#define ARG(type, name)        + sizeof (wire_##type##_t)
#define SIZE_OF_FIELDS(fields) ((0 fields) ? (0 fields) : sizeof (uint64_t))
#define SERVICE(number, id, ID, name, group, direction, clause, state, args, results, ...)         \
    _Static_assert (sizeof (wire_##id##_t) == SIZE_OF_FIELDS (args), name);                        \
    _Static_assert (sizeof (wire_##id##_result_t) == SIZE_OF_FIELDS (results), name);              \
    _Static_assert ((number) > 0 && (number) <= WIRE_LAST_RECORD, name);                           \
    _Static_assert (((number) >= WIRE_FIRST_RECORD) == (WIRE_##direction == WIRE_RECORD), name);   \
    _Static_assert (((number) < WIRE_FIRST_CALLBACK) == (WIRE_##direction == WIRE_REQUEST), name);
#include "wire/services.def"

enum { WIRE_NOT_SUPPORTED = 0, WIRE_SUPPORTED = 1 };

#define ROW_RECORD(words, type, array)                                                             \
    {                                                                                              \
        .name = words, .expected = words, .shape = WIRE_SHAPE_RECORD, .size_bytes = sizeof (type), \
        .fields = array, .field_count = sizeof array / sizeof array[0] - 1                         \
    }

static const wire_service_row_t wire_rows[] = {
#define SERVICE(number_, id_, ID, name_, group_, direction_, clause_, state, args_, results_,      \
                common_, errors_)                                                                  \
    {                                                                                              \
        .number = (number_),                                                                       \
        .direction = WIRE_##direction_,                                                            \
        .group = WIRE_GROUP_##group_,                                                              \
        .supported = WIRE_##state,                                                                 \
        .id = #id_,                                                                                \
        .name = name_,                                                                             \
        .clause = clause_,                                                                         \
        .args = ROW_RECORD ("argument", wire_##id_##_t, wire_args_of_##id_),                       \
        .result = ROW_RECORD ("result", wire_##id_##_result_t, wire_results_of_##id_),             \
        .common = wire_common_##common_,                                                           \
        .errors = wire_errors_of_##id_,                                                            \
    },
#include "wire/services.def"
};

/*  Index + 1 of each number's row; 0 for a number that is no service. A number given twice is a
    compiler's warning here, and an error of the tests. */
enum wire_row_index {
#define SERVICE(number, id, ID, ...) WIRE_ROW_INDEX_##ID,
#include "wire/services.def"
    WIRE_ROW_COUNT
};

static const uint16_t wire_row_by_number[WIRE_LAST_RECORD + 1] = {
#define SERVICE(number, id, ID, ...) [number] = WIRE_ROW_INDEX_##ID + 1,
#include "wire/services.def"
};

/* clang-format on */

const wire_service_row_t *wire_service_row (uint16_t number)
{
    if (number > WIRE_LAST_RECORD || wire_row_by_number[number] == 0)
        return NULL;
    const wire_service_row_t *row = &wire_rows[wire_row_by_number[number] - 1];
    base_assert (row->number == number);
    return row;
}

size_t wire_service_count (void)
{
    return WIRE_ROW_COUNT;
}

const wire_service_row_t *wire_service_at (size_t index)
{
    base_assert (index < WIRE_ROW_COUNT);
    return &wire_rows[index];
}

static bool wire_name_is (const char *name, const char *other, size_t other_size_bytes)
{
    base_assert (name != NULL);
    base_assert (other != NULL || other_size_bytes == 0);
    return strlen (name) == other_size_bytes && memcmp (name, other, other_size_bytes) == 0;
}

const wire_service_row_t *wire_service_find (const char *name, size_t name_size_bytes)
{
    base_assert (name != NULL);
    for (size_t i = 0; i < WIRE_ROW_COUNT; i++)
        if (wire_name_is (wire_rows[i].name, name, name_size_bytes))
            return &wire_rows[i];
    return NULL;
}

const char *wire_service_group_name (wire_service_group_t group)
{
    base_assert (group <= WIRE_GROUP_MUSTER);
    if (group == WIRE_GROUP_MUSTER)
        return "MUSTER";
    base_assert (group < wire_type_service_group.word_count);
    return wire_type_service_group.words[group];
}

static bool wire_exception_in (const wire_exception_t *list, wire_exception_t exception)
{
    base_assert (list != NULL);
    for (; *list != WIRE_EXCEPTION_NONE; list++)
        if (*list == exception)
            return true;
    return false;
}

bool wire_service_raises (const wire_service_row_t *row, wire_exception_t exception)
{
    base_assert (row != NULL);
    base_assert (exception != WIRE_EXCEPTION_NONE);
    return wire_exception_in (row->common, exception) || wire_exception_in (row->errors, exception);
}

static const char *const wire_exception_names[] = {
#define EXCEPTION(number, NAME, name) [number] = name,
#include "wire/exceptions.def"
};

enum { WIRE_EXCEPTION_END = sizeof wire_exception_names / sizeof wire_exception_names[0] };

const char *wire_exception_name (unsigned number)
{
    return number < WIRE_EXCEPTION_END ? wire_exception_names[number] : NULL;
}

wire_exception_t wire_exception_find (const char *name, size_t name_size_bytes)
{
    base_assert (name != NULL);
    for (unsigned i = 1; i < WIRE_EXCEPTION_END; i++)
        if (wire_exception_names[i] &&
            wire_name_is (wire_exception_names[i], name, name_size_bytes))
            return (wire_exception_t) i;
    return WIRE_EXCEPTION_NONE;
}
