/*  The picture: the cube's near half and its far half side by side, since leaves that lie behind
   each other would hide one another; below them the middle, where most of the objects are. Points
   of a colour are one path of strokes without length, which is the shortest way to write many dots.
 */
#include "tools/plot_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <muster/partition.h>

enum {
    MARGIN = 64,
    PANEL = 480,
    GAP = 88,
    TOP = 112,
    LEGEND_ROW = 24,
    LEGEND_COLUMN = 190,
    LEGEND_MAX = 36, /* homes that the legend names */
    SLICES = 8,      /* the homes' points are laid over each other in turns */
    TICKS = 6
};

static const double zoom_share = 0.5; /* of the objects stand in the second panel, at least */
static const double zoom_least = 3.0; /* times closer, or there is none */

/*  Told apart by people who see few colours, too: after Okabe and Ito, Color Universal Design. */
static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                       "#e69f00", "#56b4e9", "#6a3d9a", "#8c6d31" };
enum { COLOURS = sizeof colours / sizeof colours[0], COLOUR_SIZE = 40 };

typedef struct plot_panel {
    double x, y;   /* its upper left corner on paper */
    double low[2]; /* of what it shows */
    double width;
    bool far; /* the half below the middle */
} plot_panel_t;

enum { HALVES = 2 };

typedef struct plot_drawing {
    plot_scene_t *scene;
    base_buffer_t *svg;
    mst_err_t err; /* the first */
    mst_leaf_t *leaves;
    uint32_t leaf_count;
    uint32_t *counts;       /* objects by leaf and home */
    uint32_t drawn[HALVES]; /* objects, near and far */
    uint32_t outside;
    int panels; /* so far */
} plot_drawing_t;

static void put (plot_drawing_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void put (plot_drawing_t *self, const char *format, ...)
{
    char text[512];
    va_list args;
    if (self->err)
        return;
    va_start (args, format);
    int size = vsnprintf (text, sizeof text, format, args);
    va_end (args);
    base_assert (size >= 0 && (size_t) size < sizeof text);
    self->err = base_buffer_append (self->svg, text, (size_t) size);
}

/*  A text that others chose, as XML: cut to what a line of the picture takes. */
static void put_text (plot_drawing_t *self, const char *text)
{
    enum { TEXT_MAX = 80 };
    for (size_t i = 0; text[i] && i < TEXT_MAX; i++) {
        unsigned char c = (unsigned char) text[i];
        if (c == '<' || c == '>' || c == '&' || c < 0x20)
            put (self, "&#%d;", c < 0x20 ? '?' : c);
        else
            put (self, "%c", c);
    }
}

static const char *colour_of (uint32_t home, char out[COLOUR_SIZE])
{
    if (home < COLOURS)
        return colours[home];
    /* the golden angle: neighbours in number are far apart in hue */
    (void) snprintf (out, COLOUR_SIZE, "hsl(%u,60%%,%u%%)", home * 137u % 360u,
                     36u + 8u * (home / COLOURS % 3));
    return out;
}

/*  "3,310" */
static const char *number_text (char out[TOOLS_NUMBER_SIZE], uint64_t number)
{
    char digits[TOOLS_NUMBER_SIZE];
    size_t size = (size_t) snprintf (digits, sizeof digits, "%llu", (unsigned long long) number);
    size_t at = 0;
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/*  Leaves ---------------------------------------------------------------------------------------
 */

static bool in_cube (const plot_scene_t *self, const double point[PLOT_AXES])
{
    for (int axis = 0; axis < PLOT_AXES; axis++)
        if (!(point[axis] >= self->centre[axis] - self->half_width &&
              point[axis] < self->centre[axis] + self->half_width))
            return false;
    return true;
}

/*  The axis along which the picture is seen. */
static int depth_of (const plot_scene_t *self)
{
    return 3 - self->axes[0] - self->axes[1];
}

static bool is_far (const plot_scene_t *self, const double point[PLOT_AXES])
{
    return point[depth_of (self)] < self->centre[depth_of (self)];
}

/*  How many of the leaves from `first` on lie in octants below one; x is bit 0, z is bit 2. */
static uint32_t leaves_below (const plot_drawing_t *self, const double middle[PLOT_AXES],
                              uint32_t octant, uint32_t first, uint32_t end)
{
    while (first < end) {
        uint32_t half = first + (end - first) / 2, at = 0;
        for (int axis = 0; axis < PLOT_AXES; axis++)
            at |= (uint32_t) (self->leaves[half].low[axis] >= middle[axis]) << axis;
        if (at < octant)
            first = half + 1;
        else
            end = half;
    }
    return first;
}

/*  The leaf of a point in the cube. Leaves come in Morton order, so those of an octant are
    neighbours: from level to level fewer are left, until it is one. */
static uint32_t leaf_of (const plot_drawing_t *self, const double point[PLOT_AXES])
{
    const plot_scene_t *scene = self->scene;
    double low[PLOT_AXES], high[PLOT_AXES], middle[PLOT_AXES];
    uint32_t first = 0, end = self->leaf_count;
    for (int axis = 0; axis < PLOT_AXES; axis++) {
        low[axis] = scene->centre[axis] - scene->half_width;
        high[axis] = scene->centre[axis] + scene->half_width;
    }
    while (end - first > 1) {
        uint32_t octant = 0;
        for (int axis = 0; axis < PLOT_AXES; axis++) {
            middle[axis] = 0.5 * (low[axis] + high[axis]);
            octant |= (uint32_t) (point[axis] >= middle[axis]) << axis;
            *(point[axis] >= middle[axis] ? &low[axis] : &high[axis]) = middle[axis];
        }
        first = leaves_below (self, middle, octant, first, end);
        end = leaves_below (self, middle, octant + 1, first, end);
        base_assert (first < end);
    }
    return first;
}

/*  The leaves, and how many objects of each home stand in each. */
static mst_err_t leaves_take (plot_drawing_t *self, const mst_territory_t *territory)
{
    const plot_scene_t *scene = self->scene;
    self->leaf_count = mst_territory_leaf_count (territory);
    self->leaves = base_calloc (self->leaf_count, sizeof *self->leaves);
    self->counts =
        base_calloc ((size_t) self->leaf_count * scene->homes.count, sizeof *self->counts);
    if (!self->leaves || !self->counts)
        return base_alloc_error ();
    for (uint32_t i = 0; i < self->leaf_count; i++) {
        mst_err_t err = mst_territory_leaf (territory, i, &self->leaves[i]);
        if (err)
            return err;
    }
    BASE_LIST_EACH (&scene->objects, i) {
        const plot_object_t *object = &scene->objects.items[i];
        if (object->placed && in_cube (scene, object->point))
            self->counts[leaf_of (self, object->point) * scene->homes.count + object->home]++;
    }
    return MST_OK;
}

static void leaves_make (plot_drawing_t *self)
{
    plot_scene_t *scene = self->scene;
    mst_territory_t *territory = NULL;
    size_t count = 0;
    double *points = base_calloc (scene->objects.count + 1, PLOT_AXES * sizeof *points);
    BASE_LIST_EACH (&scene->objects, i) {
        plot_object_t *object = &scene->objects.items[i];
        if (!object->placed || !points)
            continue;
        bool inside = in_cube (scene, object->point);
        self->outside += !inside;
        if (!inside)
            continue;
        self->drawn[is_far (scene, object->point)]++;
        scene->homes.items[object->home].objects++;
        memcpy (points + PLOT_AXES * count++, object->point, sizeof object->point);
    }
    self->err =
        points ? mst_territory_new (scene->centre, scene->half_width, points, count, 1, &territory)
               : base_alloc_error ();
    if (!self->err)
        self->err = leaves_take (self, territory);
    mst_territory_destroy (&territory);
    base_free (points);
}

/*  The home of most of a leaf's objects; homes.count: it is empty. */
static uint32_t leaf_home (const plot_drawing_t *self, uint32_t leaf)
{
    uint32_t homes = (uint32_t) self->scene->homes.count, best = homes, most = 0;
    for (uint32_t home = 0; home < homes; home++)
        if (self->counts[(size_t) leaf * homes + home] > most) {
            most = self->counts[(size_t) leaf * homes + home];
            best = home;
        }
    return best;
}

/*  Paper ----------------------------------------------------------------------------------------
 */

static double paper_x (const plot_panel_t *self, double across)
{
    return self->x + (across - self->low[0]) / self->width * PANEL;
}

static double paper_y (const plot_panel_t *self, double up)
{
    return self->y + PANEL - (up - self->low[1]) / self->width * PANEL;
}

static bool panel_has (const plot_panel_t *self, const plot_scene_t *scene,
                       const plot_object_t *object)
{
    for (int i = 0; i < 2; i++) {
        double value = object->point[scene->axes[i]];
        if (!(value >= self->low[i] && value < self->low[i] + self->width))
            return false;
    }
    return object->placed && in_cube (scene, object->point) &&
           is_far (scene, object->point) == self->far;
}

/*  Does the leaf touch the plane through the cube's middle, from the panel's side? Such leaves
    cover the panel without overlap. */
static bool leaf_cut (const plot_drawing_t *self, const plot_panel_t *panel, const mst_leaf_t *box)
{
    const plot_scene_t *scene = self->scene;
    int across = scene->axes[0], up = scene->axes[1], depth = depth_of (scene);
    double middle = scene->centre[depth];
    bool touches = panel->far ? box->low[depth] < middle && middle <= box->high[depth]
                              : box->low[depth] <= middle && middle < box->high[depth];
    return touches && box->low[across] < panel->low[0] + panel->width &&
           box->high[across] > panel->low[0] && box->low[up] < panel->low[1] + panel->width &&
           box->high[up] > panel->low[1];
}

static void draw_leaves (plot_drawing_t *self, const plot_panel_t *panel, uint32_t home)
{
    const plot_scene_t *scene = self->scene;
    char colour[COLOUR_SIZE];
    bool empty = home == scene->homes.count;
    put (self, "<path stroke=\"#b8b8b8\" stroke-width=\"0.6\" fill=\"%s\" fill-opacity=\"%s\" d=\"",
         empty ? "#ffffff" : colour_of (home, colour), empty ? "0" : "0.13");
    for (uint32_t i = 0; i < self->leaf_count; i++) {
        const mst_leaf_t *box = &self->leaves[i];
        if (leaf_home (self, i) != home || !leaf_cut (self, panel, box))
            continue;
        double x = paper_x (panel, box->low[scene->axes[0]]);
        double y = paper_y (panel, box->high[scene->axes[1]]);
        double side = (box->high[scene->axes[0]] - box->low[scene->axes[0]]) / panel->width * PANEL;
        put (self, "M%.2f %.2fh%.2fv%.2fh%.2fz", x, y, side, side, -side);
    }
    put (self, "\"/>\n");
}

static void draw_points (plot_drawing_t *self, const plot_panel_t *panel, uint32_t home,
                         size_t slice)
{
    const plot_scene_t *scene = self->scene;
    char colour[COLOUR_SIZE];
    bool begun = false;
    for (size_t i = slice; i < scene->objects.count; i += SLICES) {
        const plot_object_t *object = &scene->objects.items[i];
        if (object->home != home || !panel_has (panel, scene, object))
            continue;
        if (!begun)
            put (self, "<path stroke=\"%s\" d=\"", colour_of (home, colour));
        begun = true;
        put (self, "M%.1f %.1fh0", paper_x (panel, object->point[scene->axes[0]]),
             paper_y (panel, object->point[scene->axes[1]]));
    }
    if (begun)
        put (self, "\"/>\n");
}

/*  1, 2 or 5 times a power of ten, so that there are about TICKS of them. */
static double tick_step (double width)
{
    double rough = width / TICKS, power = pow (10.0, floor (log10 (rough)));
    return power * (rough > 5.0 * power   ? 10.0
                    : rough > 2.0 * power ? 5.0
                    : rough > power       ? 2.0
                                          : 1.0);
}

static void draw_ticks (plot_drawing_t *self, const plot_panel_t *panel)
{
    double step = tick_step (panel->width);
    for (int i = 0; i < 2; i++)
        for (double k = ceil (panel->low[i] / step);
             k * step <= panel->low[i] + panel->width * 1.0001; k++) {
            double value = k * step + 0.0; /* no -0 */
            double x = i == 0 ? paper_x (panel, value) : panel->x;
            double y = i == 0 ? panel->y + PANEL : paper_y (panel, value);
            put (self, "<path stroke=\"#333\" d=\"M%.1f %.1f%s\"/>", x, y, i == 0 ? "v5" : "h-5");
            put (self, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%.6g</text>\n",
                 i == 0 ? x : x - 9.0, i == 0 ? y + 19.0 : y + 4.0, i == 0 ? "middle" : "end",
                 value);
        }
}

static void draw_axes (plot_drawing_t *self, const plot_panel_t *panel)
{
    static const char letters[] = "xyz";
    const plot_scene_t *scene = self->scene;
    put (self,
         "<rect x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#333\"/>\n",
         panel->x, panel->y, PANEL, PANEL);
    draw_ticks (self, panel);
    put (self, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">%c", panel->x + PANEL / 2.0,
         panel->y + PANEL + 40, letters[scene->axes[0]]);
    if (scene->unit[0])
        put (self, ", ");
    put_text (self, scene->unit);
    put (self, "</text>\n<text x=\"%.0f\" y=\"%.0f\">%c", panel->x - 44, panel->y - 12,
         letters[scene->axes[1]]);
    if (scene->unit[0])
        put (self, ", ");
    put_text (self, scene->unit);
    put (self, "</text>\n");
}

static void draw_panel (plot_drawing_t *self, const plot_panel_t *panel, double inner_width)
{
    const plot_scene_t *scene = self->scene;
    uint32_t homes = (uint32_t) scene->homes.count;
    double dot = fmin (5.0, fmax (2.2, 120.0 / sqrt (self->drawn[0] + self->drawn[1] + 1.0)));
    int clip = self->panels++;
    put (self,
         "<clipPath id=\"p%d\"><rect x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\"/>"
         "</clipPath>\n<g clip-path=\"url(#p%d)\">\n",
         clip, panel->x, panel->y, PANEL, PANEL, clip);
    for (uint32_t home = 0; home <= homes; home++)
        draw_leaves (self, panel, homes - home);
    put (self, "<g fill=\"none\" stroke-linecap=\"round\" stroke-width=\"%.1f\">\n", dot);
    for (size_t slice = 0; slice < SLICES; slice++)
        for (uint32_t home = 0; home < homes; home++)
            draw_points (self, panel, home, slice);
    put (self, "</g></g>\n");
    double side = inner_width / panel->width * PANEL;
    if (inner_width > 0.0)
        put (self,
             "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" "
             "stroke=\"#000\" stroke-dasharray=\"4 3\"/>\n",
             panel->x + (PANEL - side) / 2.0, panel->y + (PANEL - side) / 2.0, side, side);
    draw_axes (self, panel);
}

/*  What stands above a panel: its half, and how many objects that has. */
static void draw_half (plot_drawing_t *self, const plot_panel_t *panel)
{
    const plot_scene_t *scene = self->scene;
    char number[TOOLS_NUMBER_SIZE];
    int depth = depth_of (scene);
    put (self,
         "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\" font-weight=\"bold\">%c %s "
         "%.6g: %s objects</text>\n",
         panel->x + PANEL / 2.0, panel->y - 12, "xyz"[depth], panel -> far ? "&lt;" : "≥",
         scene->centre[depth], number_text (number, self->drawn[panel->far]));
}

/*  The middle -----------------------------------------------------------------------------------
 */

static int compare_doubles (const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/*  The second panel's width: so that it has its share of the objects; 0: there is none. */
static double zoom_width (plot_drawing_t *self)
{
    const plot_scene_t *scene = self->scene;
    double *distances = base_calloc (scene->objects.count + 1, sizeof *distances), half = 0.0;
    uint32_t count = 0;
    if (!distances) {
        self->err = base_alloc_error ();
        return 0.0;
    }
    BASE_LIST_EACH (&scene->objects, i) {
        const plot_object_t *object = &scene->objects.items[i];
        if (!object->placed || !in_cube (scene, object->point))
            continue;
        for (int axis = 0; axis < 2; axis++)
            distances[count] = fmax (distances[count], fabs (object->point[scene->axes[axis]] -
                                                             scene->centre[scene->axes[axis]]));
        count++;
    }
    qsort (distances, count, sizeof *distances, compare_doubles);
    double wanted = count ? distances[(uint32_t) (zoom_share * (count - 1))] : 0.0;
    if (wanted > 0.0)
        half = tick_step (1.001 * wanted * TICKS); /* the share is inside, not on the edge */
    base_free (distances);
    return half > 0.0 && half * zoom_least <= scene->half_width ? 2.0 * half : 0.0;
}

/*  The whole ------------------------------------------------------------------------------------
 */

static void draw_head (plot_drawing_t *self, bool zoomed)
{
    const plot_scene_t *scene = self->scene;
    char number[TOOLS_NUMBER_SIZE], date[64] = "";
    time_t seconds = (time_t) (scene->time_ns / 1000000000u);
    struct tm utc;
    if (gmtime_r (&seconds, &utc))
        (void) strftime (date, sizeof date, seconds % 86400 ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d",
                         &utc);
    put (self, "<text x=\"%d\" y=\"34\" font-size=\"20\" font-weight=\"bold\">", MARGIN);
    put_text (self, scene->title);
    put (self, "</text>\n<text x=\"%d\" y=\"58\">%s: ", MARGIN, date);
    put (self, "%s objects by ", number_text (number, (uint64_t) self->drawn[0] + self->drawn[1]));
    put_text (self, scene->what);
    put (self, ", in the colour of their home");
    if (self->outside)
        put (self, "; %s more are outside the cube", number_text (number, self->outside));
    put (self, "%s</text>\n", zoomed ? ". Below: what the dashed square holds." : ".");
}

static void draw_legend (plot_drawing_t *self, int columns, int top)
{
    const plot_scene_t *scene = self->scene;
    char colour[COLOUR_SIZE], number[TOOLS_NUMBER_SIZE];
    size_t shown = scene->homes.count > LEGEND_MAX ? LEGEND_MAX : scene->homes.count;
    for (size_t i = 0; i < shown; i++) {
        double x = MARGIN + (double) (i % (size_t) columns) * LEGEND_COLUMN;
        double y = top + (double) (i / (size_t) columns) * LEGEND_ROW;
        put (self, "<rect x=\"%.0f\" y=\"%.0f\" width=\"14\" height=\"14\" fill=\"%s\"/>", x,
             y - 12, colour_of ((uint32_t) i, colour));
        put (self, "<text x=\"%.0f\" y=\"%.0f\">", x + 22, y);
        put_text (self, scene->homes.items[i].name);
        put (self, ": %s</text>\n", number_text (number, scene->homes.items[i].objects));
    }
    double y = top + (double) ((shown - 1) / (size_t) columns + 1) * LEGEND_ROW;
    put (self, "<text x=\"%d\" y=\"%.0f\" fill=\"#555\">", MARGIN, y);
    if (shown < scene->homes.count)
        put (self, "and %zu more homes. ", scene->homes.count - shown);
    put (self,
         "Squares: leaves of the octree over these positions that touch the plane "
         "%c = %.6g, in the colour of most objects in them; white: none.</text>\n",
         "xyz"[depth_of (scene)], scene -> centre[depth_of (scene)]);
}

/*  All panels: a column for each half that has objects, a second row for the middle. */
static void draw_panels (plot_drawing_t *self, double inner_width)
{
    const plot_scene_t *scene = self->scene;
    bool both = self->drawn[0] > 0 && self->drawn[1] > 0;
    for (int half = 0, column = 0; half < HALVES; half++) {
        plot_panel_t panel = { .x = MARGIN + 20 + column * (PANEL + GAP),
                               .y = TOP,
                               .width = 2.0 * scene->half_width,
                               .far = half == 1 };
        if (self->drawn[half] == 0)
            continue;
        column++;
        for (int i = 0; i < 2; i++)
            panel.low[i] = scene->centre[scene->axes[i]] - scene->half_width;
        draw_panel (self, &panel, inner_width);
        if (both)
            draw_half (self, &panel);
        panel.y += PANEL + GAP;
        panel.width = inner_width;
        for (int i = 0; i < 2; i++)
            panel.low[i] = scene->centre[scene->axes[i]] - inner_width / 2.0;
        if (inner_width > 0.0)
            draw_panel (self, &panel, 0.0);
    }
}

static void draw_all (plot_drawing_t *self)
{
    const plot_scene_t *scene = self->scene;
    double inner_width = zoom_width (self);
    bool zoomed = inner_width > 0.0, both = self->drawn[0] > 0 && self->drawn[1] > 0;
    int width = 2 * MARGIN + 20 + (both ? 2 * PANEL + GAP : PANEL + GAP + 100);
    int top = TOP + PANEL + (zoomed ? PANEL + GAP : 0) + 76;
    int columns = (width - 2 * MARGIN) / LEGEND_COLUMN;
    size_t shown = scene->homes.count > LEGEND_MAX ? LEGEND_MAX : scene->homes.count;
    int height = top + LEGEND_ROW * (int) ((shown - 1) / (size_t) columns + 1) + 24;
    put (self,
         "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
         "height=\"%d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n"
         "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
         width, height, width, height, width, height);
    draw_head (self, zoomed);
    draw_panels (self, inner_width);
    draw_legend (self, columns, top);
    put (self, "</svg>\n");
}

mst_err_t plot_draw (plot_scene_t *self, base_buffer_t *svg, uint32_t *drawn, uint32_t *leaves)
{
    plot_drawing_t drawing = { .scene = self, .svg = svg };
    leaves_make (&drawing);
    if (!drawing.err)
        draw_all (&drawing);
    *drawn = drawing.drawn[0] + drawing.drawn[1];
    *leaves = drawing.leaf_count;
    base_free (drawing.leaves);
    base_free (drawing.counts);
    return drawing.err;
}
