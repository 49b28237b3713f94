/*  JPL's table of comets, read by columns: names contain spaces.

    Thread rule: any number of threads may read one table. */
#ifndef COMETS_TABLE_H
#define COMETS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "samples/comets/kepler.h"

enum {
    COMETS_ROW_LIMIT = 4096, /* rows of a table */
    COMETS_NAME_BYTES = 44,
    COMETS_FAULT_BYTES = 160
};

typedef struct comets_row {
    comets_elements_t elements;
    double epoch_mjd;
    uint32_t number;              /* in the table; the first is 1 */
    uint32_t family;              /* the first row among fragments of one comet */
    bool flies;                   /* false: left out by name */
    char name[COMETS_NAME_BYTES]; /* without the blanks around it */
} comets_row_t;

typedef struct comets_table {
    comets_row_t rows[COMETS_ROW_LIMIT]; /* row n stands at n - 1 */
    uint32_t count;
    uint32_t flying;
    uint32_t left_out;              /* the fragments of D/1993 F2: they orbit Jupiter */
    char fault[COMETS_FAULT_BYTES]; /* after an error: what, where, and what to do */
} comets_table_t;

/*  Reads a table from text, or from a file, into *table, which is the caller's (it is large: not
    for the stack). Errors: MST_E_FILE_CORRUPT (a row that is none), MST_E_LIMIT
    (COMETS_ROW_LIMIT), MST_E_IO, MST_E_NO_MEMORY; the table's fault then tells the story. */
mst_err_t comets_table_parse (comets_table_t *table, const char *text, size_t size_bytes);
mst_err_t comets_table_read (comets_table_t *table, const char *path);

/*  The designation of a name less its fragment's suffix: "73P/Schwassmann-Wachmann 3-BC" gives
    "73P", "C/1996 J1-A (Evans-Drinkwater)" gives "C/1996 J1". */
void comets_table_designation (const char *name, char designation[COMETS_NAME_BYTES]);

/*  The row of a name, or NULL. */
const comets_row_t *comets_table_find (const comets_table_t *table, const char *name);

#endif
