/*  The real table with its oddities, and tables that are none. */
#include "samples/comets/calendar.h"
#include "samples/comets/table.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static comets_table_t table;
static comets_table_t other;

static int suite_init (void)
{
    return comets_table_read (&table, COMETS_DATA_DIR "/comets.table") ? 1 : 0;
}

static const comets_row_t *row_of (const char *name)
{
    const comets_row_t *row = comets_table_find (&table, name);
    if (!row)
        printf ("no row %s … ", name);
    CHECK (row != NULL);
    return row ? row : &table.rows[0];
}

static double mjd_of (int year, int month, double day)
{
    double mjd = NAN;
    CHECK (comets_calendar_mjd (year, month, day, &mjd));
    return mjd;
}

static void test_numbers (void)
{
    CHECK_INT (table.count, 3771);
    CHECK_INT (table.left_out, 21);
    CHECK_INT (table.flying, 3750);
    for (uint32_t i = 0; i < table.count; i++)
        CHECK (table.rows[i].number == i + 1);
}

static void test_halley (void)
{
    const comets_row_t *row = row_of ("1P/Halley");
    CHECK_INT (row->number, 1);
    CHECK (row->epoch_mjd == 49400.0);
    CHECK (row->elements.perihelion_au == 0.58597811);
    CHECK (row->elements.eccentricity == 0.96714291);
    CHECK (row->elements.inclination_deg == 162.26269);
    CHECK (row->elements.argument_deg == 111.33249);
    CHECK (row->elements.node_deg == 58.42008);
    CHECK (fabs (row->elements.perihelion_mjd - mjd_of (1986, 2, 5.89532)) < 1e-9);
}

static void test_old_dates (void)
{
    CHECK (row_of ("3D/Biela")->epoch_mjd == -9480.0);
    CHECK (fabs (row_of ("C/1577 V1")->elements.perihelion_mjd - mjd_of (1577, 10, 27.448)) < 1e-6);
    const comets_row_t *caesar = NULL;
    for (uint32_t i = 0; i < table.count && !caesar; i++)
        if (strncmp (table.rows[i].name, "C/-43 K1", 8) == 0)
            caesar = &table.rows[i];
    CHECK_OR_RETURN (caesar != NULL);
    CHECK (caesar->elements.perihelion_mjd == mjd_of (-43, 5, 25.0));
}

/*  The older rows' epochs were chosen at the perihelion, so they tell in which calendar Tp is:
    with the wrong one every row before 1582 would be days off, not C/1580 T1 alone (by a month). */
static void test_epochs_agree_with_the_calendar (void)
{
    unsigned rows = 0;
    unsigned off = 0;
    for (uint32_t i = 0; i < table.count; i++) {
        const comets_row_t *row = &table.rows[i];
        if (row->elements.perihelion_mjd > -100840.0 || row->elements.eccentricity != 1.0)
            continue;
        rows++;
        off += fabs (row->epoch_mjd - row->elements.perihelion_mjd) > 1.0 ? 1 : 0;
    }
    CHECK (rows > 50);
    CHECK_INT (off, 1);
}

static void check_designation (const char *name, const char *expected)
{
    char designation[COMETS_NAME_BYTES];
    comets_table_designation (name, designation);
    CHECK_TEXT (designation, expected);
}

static void test_designations (void)
{
    check_designation ("1P/Halley", "1P");
    check_designation ("73P/Schwassmann-Wachmann 3", "73P");
    check_designation ("73P/Schwassmann-Wachmann 3-BC", "73P");
    check_designation ("57P/duToit-Neujmin-Delporte-A", "57P");
    check_designation ("395P/Catalina-NEAT", "395P");
    check_designation ("C/1996 J1-A (Evans-Drinkwater)", "C/1996 J1");
    check_designation ("C/2020 P4-C", "C/2020 P4");
    check_designation ("D/1993 F2-P1 (Shoemaker-Levy 9)", "D/1993 F2");
    check_designation ("C/1577 V1", "C/1577 V1");
    check_designation ("C/-43 K1", "C/-43 K1");
    check_designation ("P/2013 R3 (Catalina-PANSTARRS)", "P/2013 R3");
    check_designation ("C/1999 A1-ABC (X)", "C/1999 A1-ABC");
    check_designation ("", "");
}

static unsigned family_size (uint32_t family)
{
    unsigned size = 0;
    for (uint32_t i = 0; i < table.count; i++)
        size += table.rows[i].family == family ? 1 : 0;
    return size;
}

static void test_families (void)
{
    uint32_t schwassmann = row_of ("73P/Schwassmann-Wachmann 3-B")->family;
    CHECK_INT (family_size (schwassmann), 69);
    CHECK_INT (row_of ("73P/Schwassmann-Wachmann 3-BT")->family, schwassmann);
    CHECK_INT (family_size (row_of ("C/1882 R1-A (Great September comet)")->family), 4);
    CHECK_INT (family_size (row_of ("1P/Halley")->family), 1);
    CHECK_INT (family_size (row_of ("D/1993 F2-A (Shoemaker-Levy 9)")->family), 21);
    for (uint32_t i = 0; i < table.count; i++)
        CHECK (table.rows[i].family >= 1 && table.rows[i].family <= table.rows[i].number);
}

static void test_left_out_by_name (void)
{
    for (uint32_t i = 0; i < table.count; i++)
        CHECK (table.rows[i].flies == (strncmp (table.rows[i].name, "D/1993 F2", 9) != 0));
}

static const char *const ROW =
    "  1P/Halley                                   49400  0.58597811 0.96714291 162.26269 111.33249"
    "  58.42008 19860205.89532 JPL J863/77";

/*  A table of the one row, with the text from a column (counted from 1) on replaced. */
static mst_err_t parse_with (int column, const char *text)
{
    char lines[512];
    int size = snprintf (lines, sizeof lines, "Num  Name\n---------\n%s\n", ROW);
    char *row = strchr (strchr (lines, '\n') + 1, '\n') + 1;
    memcpy (row + column - 1, text, strlen (text));
    return comets_table_parse (&other, lines, (size_t) size);
}

static void test_rows_that_are_none (void)
{
    CHECK_OK (parse_with (1, " "));
    CHECK_INT (other.count, 1);
    static const struct {
        int column;
        const char *text, *fault;
    } bad[] = {
        { 45, "  xx400", "columns 45 to 51 (Epoch)" },
        { 45, "       ", "columns 45 to 51 (Epoch)" },
        { 53, " 0.00000000", "(q)" },
        { 53, "-0.58597811", "(q)" },
        { 53, "        nan", "(q)" },
        { 53, "        inf", "(q)" },
        { 53, "      1.5e0", "(q)" },
        { 65, "0.9671.291", "(e)" },
        { 76, "181.26269", "(i)" },
        { 106, "19861305.89532", "(Tp)" },
        { 106, "19860230.89532", "(Tp)" },
        { 106, "1986 205.89532", "(Tp)" },
        { 1, "                                           ", "without a name" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_ERR (parse_with (bad[i].column, bad[i].text), MST_E_FILE_CORRUPT);
        CHECK_CONTAINS (other.fault, bad[i].fault);
        CHECK_CONTAINS (other.fault, "line 3");
    }
}

/*  Cut after every byte: an error or fewer rows, never a crash; run under the sanitizers. */
static void test_cut_anywhere (void)
{
    char lines[512];
    int size = snprintf (lines, sizeof lines, "Num\n---\n%s\n%s\n", ROW, ROW);
    for (int cut = 0; cut <= size; cut++) {
        mst_err_t err = comets_table_parse (&other, lines, (size_t) cut);
        CHECK (err == MST_OK || err == MST_E_FILE_CORRUPT);
        CHECK (err == MST_OK || other.fault[0] != '\0');
    }
    CHECK_INT (other.count, 2);
    CHECK_INT (other.rows[1].family, 1);
}

static void test_limits (void)
{
    enum { LINES = COMETS_ROW_LIMIT + 3 };
    static char lines[LINES * 160];
    size_t size = 0;
    size += (size_t) sprintf (lines, "Num\n---\n");
    for (int i = 0; i < COMETS_ROW_LIMIT + 1; i++)
        size += (size_t) sprintf (lines + size, "%s\n", ROW);
    CHECK_ERR (comets_table_parse (&other, lines, size), MST_E_LIMIT);
    CHECK_CONTAINS (other.fault, "4096");
    memset (lines, 'x', sizeof lines);
    CHECK_ERR (comets_table_parse (&other, lines, sizeof lines), MST_E_FILE_CORRUPT);
    CHECK_ERR (comets_table_read (&other, COMETS_DATA_DIR "/no such table"), MST_E_IO);
    CHECK_CONTAINS (other.fault, "no such table");
}

static CU_TestInfo table_tests[] = {
    { "3,771 rows, 21 left out", test_numbers },
    { "Halley by columns", test_halley },
    { "negative epochs and years", test_old_dates },
    { "epochs agree with the Julian calendar", test_epochs_agree_with_the_calendar },
    { "designations", test_designations },
    { "families", test_families },
    { "left out by name", test_left_out_by_name },
    { "rows that are none", test_rows_that_are_none },
    { "a table cut anywhere", test_cut_anywhere },
    { "limits", test_limits },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets table", suite_init, NULL, NULL, NULL, table_tests })
