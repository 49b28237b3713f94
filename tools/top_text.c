/*  The table of muster top. Columns stand in the order of their worth: what does not fit into the
    width is left out from the end of that order, the name and the state never. */
#include "tools/top.h"
#include "base/check.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>

enum { CELL_SIZE = 320, NAME_MAX_COLUMNS = 24, WIDTH_MAX = 4096 };

typedef enum column {
    COLUMN_NAME,
    COLUMN_STATE,
    COLUMN_NOW,
    COLUMN_REQUESTED,
    COLUMN_HELD_BY,
    COLUMN_SHARES,
    COLUMN_UPDATES_OUT,
    COLUMN_UPDATES_IN,
    COLUMN_BYTES_OUT,
    COLUMN_BYTES_IN,
    COLUMN_QUEUE,
    COLUMNS
} column_t;

static const struct {
    const char *title;
    bool right;
} columns[COLUMNS] = {
    [COLUMN_NAME] = { "name", false },        [COLUMN_STATE] = { "state", false },
    [COLUMN_NOW] = { "now", true },           [COLUMN_REQUESTED] = { "requested", true },
    [COLUMN_HELD_BY] = { "held by", false },  [COLUMN_SHARES] = { "comp/wait/msg %", true },
    [COLUMN_UPDATES_OUT] = { "out/s", true }, [COLUMN_UPDATES_IN] = { "in/s", true },
    [COLUMN_BYTES_OUT] = { "B out/s", true }, [COLUMN_BYTES_IN] = { "B in/s", true },
    [COLUMN_QUEUE] = { "queue", true },
};

static const column_t worth[COLUMNS] = { COLUMN_NAME,        COLUMN_STATE,      COLUMN_NOW,
                                         COLUMN_HELD_BY,     COLUMN_SHARES,     COLUMN_REQUESTED,
                                         COLUMN_UPDATES_OUT, COLUMN_UPDATES_IN, COLUMN_BYTES_OUT,
                                         COLUMN_BYTES_IN,    COLUMN_QUEUE };

/*  Texts from afar ---------------------------------------------------------------------------- */

/*  Appends at most `most` columns of a text; what a terminal might obey becomes "?". A character is
    one column. Gives how many were used. */
static size_t put_text (base_buffer_t *out, const char *text, size_t most, mst_err_t *err)
{
    size_t used = 0;
    for (const char *at = text; *at && used < most && !*err; used++) {
        unsigned char first = (unsigned char) *at;
        size_t length = 1;
        while (first >= 0xc0 && ((unsigned char) at[length] & 0xc0) == 0x80 && length < 4)
            length++;
        bool control = first < 0x20 || first == 0x7f || (first >= 0x80 && first < 0xc0) ||
                       (first == 0xc2 && (unsigned char) at[1] < 0xa0);
        *err = control ? base_buffer_append (out, "?", 1) : base_buffer_append (out, at, length);
        at += length;
    }
    return used;
}

static size_t text_columns (const char *text)
{
    size_t used = 0;
    for (; *text; text++)
        used += ((unsigned char) *text & 0xc0) != 0x80;
    return used;
}

/*  Cells -------------------------------------------------------------------------------------- */

static void cell_shares (char cell[CELL_SIZE], const tools_top_row_t *row)
{
    int computing = (int) (row->computing * 100 + 0.5), waiting = (int) (row->waiting * 100 + 0.5);
    if (computing + waiting > 100)
        waiting = 100 - computing;
    (void) snprintf (cell, CELL_SIZE, "%d/%d/%d", computing, waiting, 100 - computing - waiting);
}

static void cell_rate (char cell[CELL_SIZE], const tools_top_row_t *row, double rate, bool bytes)
{
    char text[TOOLS_NUMBER_SIZE];
    if (!row->rated)
        (void) snprintf (cell, CELL_SIZE, "-");
    else if (bytes)
        (void) snprintf (cell, CELL_SIZE, "%s", tools_size_text (text, (uint64_t) rate));
    else
        (void) snprintf (cell, CELL_SIZE, "%.0f", rate);
}

static void cell_text (char cell[CELL_SIZE], const tools_top_row_t *row, column_t column)
{
    switch (column) {
    case COLUMN_NAME: (void) snprintf (cell, CELL_SIZE, "%s", row->name); break;
    case COLUMN_STATE: (void) snprintf (cell, CELL_SIZE, "%s", row->state); break;
    case COLUMN_NOW: (void) snprintf (cell, CELL_SIZE, "%s", row->now); break;
    case COLUMN_REQUESTED: (void) snprintf (cell, CELL_SIZE, "%s", row->requested); break;
    case COLUMN_HELD_BY:
        (void) snprintf (cell, CELL_SIZE, "%s%s", row->held_by ? row->held_by : "",
                         row->deadlock ? " (deadlock)" : "");
        break;
    case COLUMN_SHARES:
        if (row->rated)
            cell_shares (cell, row);
        else
            (void) snprintf (cell, CELL_SIZE, "-");
        break;
    case COLUMN_UPDATES_OUT: cell_rate (cell, row, row->updates_out, false); break;
    case COLUMN_UPDATES_IN: cell_rate (cell, row, row->updates_in, false); break;
    case COLUMN_BYTES_OUT: cell_rate (cell, row, row->bytes_out, true); break;
    case COLUMN_BYTES_IN: cell_rate (cell, row, row->bytes_in, true); break;
    case COLUMN_QUEUE:
        if (row->counts.known)
            (void) snprintf (cell, CELL_SIZE, "%llu", (unsigned long long) row->queue);
        else
            (void) snprintf (cell, CELL_SIZE, "-");
        break;
    case COLUMNS: cell[0] = '\0'; break;
    }
}

/*  Widths ------------------------------------------------------------------------------------- */

/*  0: the column is left out. */
typedef struct widths {
    size_t of[COLUMNS];
} widths_t;

static void widths_find (widths_t *self, const tools_top_rows_t *rows, size_t width)
{
    char cell[CELL_SIZE];
    size_t used = 0;
    for (int i = 0; i < COLUMNS; i++) {
        column_t column = worth[i];
        size_t wide = strlen (columns[column].title);
        bool named = column == COLUMN_NAME || column == COLUMN_HELD_BY;
        for (size_t k = 0; k < rows->count; k++) {
            cell_text (cell, &rows->items[k], column);
            size_t own = text_columns (cell);
            wide = own > wide ? own : wide;
        }
        size_t left = width > used ? width - used : 0;
        if (named && wide > NAME_MAX_COLUMNS)
            wide = NAME_MAX_COLUMNS;
        if (named && wide > left / 2 && left / 2 >= 4)
            wide = left / 2; /* a name may be cut, a number may not */
        self->of[column] = wide <= left ? wide : 0;
        used += self->of[column] ? self->of[column] + 2 : 0;
    }
}

/*  Lines -------------------------------------------------------------------------------------- */

static const char red[] = "\033[31m", bold[] = "\033[1m", plain[] = "\033[0m";

typedef struct page {
    base_buffer_t *out;
    const tools_top_view_t *view;
    size_t lines;
    mst_err_t err;
} page_t;

static void page_raw (page_t *self, const char *text)
{
    if (!self->err)
        self->err = base_buffer_append (self->out, text, strlen (text));
}

static void page_colour (page_t *self, const char *colour)
{
    if (self->view->colours)
        page_raw (self, colour);
}

/*  False: the page is full. */
static bool page_room (const page_t *self)
{
    return self->view->height == 0 || self->lines < self->view->height;
}

static void page_line (page_t *self, const char *text, const char *colour)
{
    if (!page_room (self))
        return;
    page_colour (self, colour);
    (void) put_text (self->out, text, self->view->width ? self->view->width : WIDTH_MAX,
                     &self->err);
    page_colour (self, colour[0] ? plain : "");
    page_raw (self, "\n");
    self->lines++;
}

/*  A cell and the two blanks behind it; none behind the last one. */
static void page_cell (page_t *self, const char *cell, column_t column, const widths_t *widths,
                       bool last)
{
    size_t wide = widths->of[column], own = text_columns (cell);
    size_t blanks = own < wide ? wide - own : 0;
    for (size_t i = 0; columns[column].right && i < blanks; i++)
        page_raw (self, " ");
    (void) put_text (self->out, cell, wide, &self->err);
    for (size_t i = 0; !columns[column].right && !last && i < blanks; i++)
        page_raw (self, " ");
    page_raw (self, last ? "" : "  ");
}

static void page_cells (page_t *self, const tools_top_row_t *row, const widths_t *widths)
{
    char cell[CELL_SIZE];
    int last = COLUMNS - 1;
    if (!page_room (self))
        return;
    while (widths->of[last] == 0 && last > 0)
        last--;
    bool bad = row && (row->deadlock || row->lost || strcmp (row->state, "stopped") == 0);
    page_colour (self, !row ? bold : bad ? red : "");
    for (int i = 0; i <= last; i++) {
        if (widths->of[i] == 0)
            continue;
        if (row)
            cell_text (cell, row, (column_t) i);
        page_cell (self, row ? cell : columns[i].title, (column_t) i, widths, i == last);
    }
    page_colour (self, !row || bad ? plain : "");
    page_raw (self, "\n");
    self->lines++;
}

/*  A text over several lines, broken at blanks. */
static void page_wrapped (page_t *self, const char *text, const char *colour)
{
    size_t width = self->view->width ? self->view->width : WIDTH_MAX;
    char line[WIDTH_MAX + 1];
    size_t indent = 0;
    while (*text) {
        size_t room = width - indent < WIDTH_MAX ? width - indent : WIDTH_MAX;
        size_t length = strlen (text);
        if (length > room) {
            length = room;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0)
                length = room;
            while (length > 1 && ((unsigned char) text[length] & 0xc0) == 0x80)
                length--;
        }
        (void) snprintf (line, sizeof line, "%*s%.*s", (int) indent, "", (int) length, text);
        page_line (self, line, colour);
        text += length;
        text += strspn (text, " ");
        indent = width > 20 ? 4 : 0;
    }
}

/*  Federations -------------------------------------------------------------------------------- */

static void page_head (page_t *self, const cJSON *federation, const tools_top_rows_t *rows)
{
    const cJSON *objects = cJSON_GetObjectItemCaseSensitive (federation, "objects");
    char line[CELL_SIZE + 160];
    size_t waiting = 0, federates = 0, lost = 0;
    char losses[32] = "";
    for (size_t i = 0; i < rows->count; i++) {
        waiting += rows->items[i].held_by != NULL;
        federates += !rows->items[i].recorder && !rows->items[i].lost;
        lost += rows->items[i].lost != NULL;
    }
    if (lost > 0)
        (void) snprintf (losses, sizeof losses, ", %zu lost", lost);
    (void) snprintf (line, sizeof line, "%.256s: %zu federate%s, %zu waiting%s, %.0f object%s",
                     tools_top_word (federation, "name"), federates, federates == 1 ? "" : "s",
                     waiting, losses, cJSON_IsNumber (objects) ? objects->valuedouble : 0.0,
                     cJSON_IsNumber (objects) && objects->valuedouble == 1 ? "" : "s");
    page_line (self, line, "");
}

static void page_deadlocks (page_t *self, const cJSON *federation)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive (federation, "deadlocks");
    for (const cJSON *circle = list ? list->child : NULL; circle; circle = circle->next) {
        base_buffer_t line = { 0 };
        mst_err_t err = tools_text_append (&line, "deadlock:");
        for (const cJSON *each = circle->child; each && !err; each = each->next)
            err = tools_text_append (&line, "%s %s", each == circle->child ? "" : ",",
                                     cJSON_IsString (each) ? each->valuestring : "?");
        if (err)
            self->err = err;
        else
            page_wrapped (self, tools_text_of (&line), red);
        base_buffer_fini (&line);
    }
}

static void page_whys (page_t *self, const tools_top_rows_t *rows)
{
    char wall[TOOLS_NUMBER_SIZE];
    for (size_t i = 0; i < rows->count && !self->err; i++) {
        const tools_top_row_t *row = &rows->items[i];
        base_buffer_t line = { 0 };
        if (!row->why && !row->lost)
            continue;
        if (row->lost)
            self->err = tools_text_append (&line, "%s was lost: %s", row->name, row->lost);
        else
            self->err =
                tools_text_append (&line, "%s, for %s: %s", row->name,
                                   tools_wall_text (wall, (int64_t) (row->for_s * 1e9)), row->why);
        if (!self->err)
            page_wrapped (self, tools_text_of (&line), row->deadlock || row->lost ? red : "");
        base_buffer_fini (&line);
    }
}

/*  A line for each name, topic by topic. */
static void page_metadata (page_t *self)
{
    const cJSON *topic = self->view->metadata ? self->view->metadata->child : NULL;
    for (; topic && !self->err; topic = topic->next)
        for (const cJSON *each = topic->child; each && !self->err; each = each->next) {
            base_buffer_t line = { 0 };
            self->err = cJSON_IsNumber (each)
                            ? tools_text_append (&line, "%s: %s: %.0f", topic->string, each->string,
                                                 each->valuedouble)
                            : tools_text_append (&line, "%s: %s: %s", topic->string, each->string,
                                                 cJSON_GetStringValue (each));
            if (!self->err)
                page_wrapped (self, tools_text_of (&line), "");
            base_buffer_fini (&line);
        }
}

static void page_federation (page_t *self, const tools_top_t *top, const cJSON *federation)
{
    tools_top_rows_t rows = { 0 };
    widths_t widths;
    self->err = tools_top_rows (top, federation, self->view, &rows);
    if (!self->err) {
        widths_find (&widths, &rows, self->view->width ? self->view->width : WIDTH_MAX);
        page_head (self, federation, &rows);
        page_deadlocks (self, federation);
        if (rows.count > 0)
            page_cells (self, NULL, &widths);
        for (size_t i = 0; i < rows.count; i++)
            page_cells (self, &rows.items[i], &widths);
        if (self->view->why)
            page_whys (self, &rows);
        page_metadata (self);
    }
    BASE_LIST_FINI (&rows);
}

mst_err_t tools_top_text (const tools_top_t *self, const tools_top_view_t *view, base_buffer_t *out)
{
    page_t page = { .out = out, .view = view };
    base_assert (out != NULL);
    const cJSON *first = tools_top_federations (self);
    if (view->rti) {
        char line[CELL_SIZE];
        (void) snprintf (line, sizeof line, "muster top  %s  sorted by %s  (q, w, s)", view->rti,
                         tools_top_sort_name (view->sort));
        page_line (&page, line, "");
    }
    if (!first)
        page_line (&page, "no federation executions", "");
    for (const cJSON *each = first; each && !page.err; each = each->next) {
        if (each != first)
            page_line (&page, "", "");
        page_federation (&page, self, each);
    }
    return page.err;
}
