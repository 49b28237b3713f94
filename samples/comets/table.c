/*  A numbered comet's designation is what stands before the slash ("73P"); its fragments have
    the suffix after the name ("73P/Schwassmann-Wachmann 3-BC"), where a hyphen may also join two
    finders ("395P/Catalina-NEAT"): so everything after the slash is left away. An unnumbered
    comet's is all before the bracket ("C/1996 J1-A (Evans-Drinkwater)"); its suffix is a hyphen,
    one or two capitals, and perhaps a digit ("D/1993 F2-P1"). A hyphen before a year is a sign
    ("C/-43 K1"). */
#include "samples/comets/table.h"
#include "samples/comets/calendar.h"
#include "samples/comets/check.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LINES = 2, LINE_LIMIT = 256, FILE_LIMIT_BYTES = 4 * 1024 * 1024 };

/*  Columns, counted from 1 as a reader of the table counts them. */
typedef struct table_column {
    const char *title;
    int first, last;
    double low, high; /* what can be true */
} table_column_t;

static const table_column_t NAME = { "Name", 1, 43, 0.0, 0.0 };
static const table_column_t EPOCH = { "Epoch", 45, 51, -1e6, 1e6 };
static const table_column_t PERIHELION = { "q", 53, 63, 1e-4, 1e3 };
static const table_column_t ECCENTRICITY = { "e", 65, 74, 0.0, 100.0 };
static const table_column_t INCLINATION = { "i", 76, 84, 0.0, 180.0 };
static const table_column_t ARGUMENT = { "w", 86, 94, 0.0, 360.0 };
static const table_column_t NODE = { "Node", 96, 104, 0.0, 360.0 };
static const table_column_t PASSAGE = { "Tp", 106, 119, -1e8, 1e8 };

static const char *const LEFT_OUT = "D/1993 F2";

/*  One line of the table while it is read. */
typedef struct table_line {
    comets_table_t *table;
    const char *text;
    int size;
    uint32_t number;
} table_line_t;

/*  Writes the story of an error into the table and returns the error. */
static mst_err_t table_fault (comets_table_t *table, mst_err_t err, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

static mst_err_t table_fault (comets_table_t *table, mst_err_t err, const char *format, ...)
{
    va_list args;
    comets_assert (table != NULL);
    comets_assert (err != MST_OK);
    va_start (args, format);
    vsnprintf (table->fault, sizeof table->fault, format, args);
    va_end (args);
    return err;
}

/*  The text of a column without the blanks around it. */
static void table_text (const table_line_t *line, const table_column_t *column, char *text,
                        size_t text_bytes)
{
    int first = column->first - 1;
    int end = column->last < line->size ? column->last : line->size;
    while (first < end && line->text[first] == ' ')
        first++;
    while (end > first && line->text[end - 1] == ' ')
        end--;
    size_t length = end > first ? (size_t) (end - first) : 0;
    comets_assert (length < text_bytes);
    memcpy (text, line->text + first, length);
    text[length] = '\0';
}

static mst_err_t table_column_fault (const table_line_t *line, const table_column_t *column,
                                     const char *text)
{
    return table_fault (
        line->table, MST_E_FILE_CORRUPT,
        "line %u: columns %d to %d (%s) hold \"%.20s\", which is not such a number; "
        "take the table from its origin again",
        line->number, column->first, column->last, column->title, text);
}

/*  Digits, a point and a sign only: strtod alone would also take "inf", "nan" and "0x". */
static mst_err_t table_number (const table_line_t *line, const table_column_t *column,
                               double *value)
{
    char text[COMETS_NAME_BYTES];
    char *end = text;
    table_text (line, column, text, sizeof text);
    if (text[0] != '\0' && text[strspn (text, "0123456789.-")] == '\0')
        *value = strtod (text, &end);
    if (end == text || *end != '\0' || !(*value >= column->low && *value <= column->high))
        return table_column_fault (line, column, text);
    return MST_OK;
}

/*  yyyymmdd.ddddd, the year perhaps negative: the sign is the year's. */
static mst_err_t table_passage (const table_line_t *line, double *mjd)
{
    char text[COMETS_NAME_BYTES];
    double packed;
    mst_err_t err = table_number (line, &PASSAGE, &packed);
    if (err)
        return err;
    table_text (line, &PASSAGE, text, sizeof text);
    bool negative = text[0] == '-';
    long date = labs (strtol (text, NULL, 10));
    double fraction = strtod (strchr (text, '.') ? strchr (text, '.') : "0", NULL);
    int year = (int) (date / 10000);
    double day = (double) (date % 100) + fraction;
    if (!comets_calendar_mjd (negative ? -year : year, (int) (date / 100 % 100), day, mjd))
        return table_column_fault (line, &PASSAGE, text);
    return MST_OK;
}

/*  All numbers of a row but the last, which is a date. */
static mst_err_t table_elements (const table_line_t *line, comets_row_t *row)
{
    const struct {
        const table_column_t *column;
        double *value;
    } wanted[] = {
        { &EPOCH, &row->epoch_mjd },
        { &PERIHELION, &row->elements.perihelion_au },
        { &ECCENTRICITY, &row->elements.eccentricity },
        { &INCLINATION, &row->elements.inclination_deg },
        { &ARGUMENT, &row->elements.argument_deg },
        { &NODE, &row->elements.node_deg },
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        mst_err_t err = table_number (line, wanted[i].column, wanted[i].value);
        if (err)
            return err;
    }
    return table_passage (line, &row->elements.perihelion_mjd);
}

/*  Cuts a fragment's suffix off a designation. */
static void table_cut_suffix (char *designation)
{
    char *hyphen = strrchr (designation, '-');
    if (!hyphen)
        return;
    size_t capitals = 0;
    while (isupper ((unsigned char) hyphen[1 + capitals]))
        capitals++;
    size_t digits = isdigit ((unsigned char) hyphen[1 + capitals]) ? 1 : 0;
    if ((capitals == 1 || capitals == 2) && hyphen[1 + capitals + digits] == '\0')
        *hyphen = '\0';
}

void comets_table_designation (const char *name, char designation[COMETS_NAME_BYTES])
{
    comets_assert (name != NULL);
    comets_assert (designation != NULL);
    comets_assert (strlen (name) < COMETS_NAME_BYTES);
    bool numbered = isdigit ((unsigned char) name[0]);
    size_t length = strcspn (name, numbered ? "/" : "(");
    while (length > 0 && name[length - 1] == ' ')
        length--;
    memcpy (designation, name, length);
    designation[length] = '\0';
    if (!numbered)
        table_cut_suffix (designation);
}

/*  Appends a row; the table's counts change only when all of it was read. */
static mst_err_t table_row (table_line_t *line)
{
    comets_table_t *table = line->table;
    char designation[COMETS_NAME_BYTES];
    if (table->count == COMETS_ROW_LIMIT)
        return table_fault (table, MST_E_LIMIT, "line %u: a table has at most %d rows",
                            line->number, COMETS_ROW_LIMIT);
    comets_row_t *row = &table->rows[table->count];
    *row = (comets_row_t){ .number = table->count + 1 };
    table_text (line, &NAME, row->name, sizeof row->name);
    if (row->name[0] == '\0' || memchr (line->text, '\0', (size_t) line->size))
        return table_fault (table, MST_E_FILE_CORRUPT, "line %u: a row without a name",
                            line->number);
    mst_err_t err = table_elements (line, row);
    if (err)
        return err;
    comets_table_designation (row->name, designation);
    row->flies = strcmp (designation, LEFT_OUT) != 0;
    table->count++;
    table->flying += row->flies ? 1 : 0;
    table->left_out += row->flies ? 0 : 1;
    return MST_OK;
}

/*  Sorted by designation, then row, rows of a family are neighbours, the first one in front. */
typedef struct table_key {
    char designation[COMETS_NAME_BYTES];
    uint32_t number;
} table_key_t;

static int table_compare_keys (const void *a, const void *b)
{
    const table_key_t *left = a;
    const table_key_t *right = b;
    int order = strcmp (left->designation, right->designation);
    return order ? order : (left->number > right->number) - (left->number < right->number);
}

/*  Rows of equal designation become a family, named after the first of them. */
static mst_err_t table_find_families (comets_table_t *table)
{
    table_key_t *keys = calloc (table->count + 1, sizeof *keys);
    if (!keys)
        return table_fault (table, MST_E_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < table->count; i++) {
        keys[i].number = table->rows[i].number;
        comets_table_designation (table->rows[i].name, keys[i].designation);
    }
    qsort (keys, table->count, sizeof *keys, table_compare_keys);
    for (uint32_t i = 0, first = 0; i < table->count; i++) {
        if (strcmp (keys[i].designation, keys[first].designation) != 0)
            first = i;
        comets_assert (keys[first].number <= keys[i].number);
        table->rows[keys[i].number - 1].family = keys[first].number;
    }
    free (keys);
    return MST_OK;
}

mst_err_t comets_table_parse (comets_table_t *table, const char *text, size_t size_bytes)
{
    comets_assert (table != NULL && (text != NULL || size_bytes == 0));
    table->count = table->flying = table->left_out = 0;
    table->fault[0] = '\0';
    table_line_t line = { .table = table, .text = text };
    const char *end = text + size_bytes;
    for (const char *next; line.text < end; line.text = next) {
        const char *stop = memchr (line.text, '\n', (size_t) (end - line.text));
        next = stop ? stop + 1 : end;
        ptrdiff_t size = (stop ? stop : end) - line.text;
        if (size > 0 && line.text[size - 1] == '\r')
            size--;
        line.number++;
        line.size = (int) size;
        if (size > LINE_LIMIT)
            return table_fault (table, MST_E_FILE_CORRUPT,
                                "line %u: a row has at most %d characters", line.number,
                                LINE_LIMIT);
        if (line.number <= HEADER_LINES || size == 0)
            continue;
        mst_err_t err = table_row (&line);
        if (err)
            return err;
    }
    return table_find_families (table);
}

/*  The whole file at once: tables are small, and what is larger than the limit is none. */
static mst_err_t table_load (comets_table_t *table, FILE *file, const char *path)
{
    char *text = malloc (FILE_LIMIT_BYTES);
    if (!text)
        return table_fault (table, MST_E_NO_MEMORY, "%s: out of memory", path);
    size_t size_bytes = fread (text, 1, FILE_LIMIT_BYTES, file);
    mst_err_t err;
    if (ferror (file))
        err = table_fault (table, MST_E_IO, "%s: cannot be read", path);
    else if (size_bytes == FILE_LIMIT_BYTES)
        err = table_fault (table, MST_E_LIMIT, "%s: a table has less than %d bytes", path,
                           FILE_LIMIT_BYTES);
    else
        err = comets_table_parse (table, text, size_bytes);
    free (text);
    return err;
}

mst_err_t comets_table_read (comets_table_t *table, const char *path)
{
    comets_assert (table != NULL);
    comets_assert (path != NULL);
    FILE *file = fopen (path, "rb");
    if (!file)
        return table_fault (table, MST_E_IO, "%s: cannot be opened", path);
    mst_err_t err = table_load (table, file, path);
    fclose (file);
    return err;
}

const comets_row_t *comets_table_find (const comets_table_t *table, const char *name)
{
    comets_assert (table != NULL);
    comets_assert (name != NULL);
    for (uint32_t i = 0; i < table->count; i++)
        if (strcmp (table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}
