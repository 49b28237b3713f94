/*  muster log plot: objects with positions at one moment of a recording, as a picture (SVG): seen
    along one axis, coloured by home, which is who updated them last, over the leaves of the
    octree that their positions make. */
#ifndef TOOLS_PLOT_H
#define TOOLS_PLOT_H

#include <muster/error.h>
#include "base/buffer.h"

enum {
    TOOLS_PLOT_OBJECTS_MAX = 1000000, /* in one picture */
    TOOLS_PLOT_HOMES_MAX = 1024
};

typedef struct tools_plot_options {
    const char *file;
    const char *output;   /* the SVG file */
    const char *position; /* "Comet.State": an attribute that begins with two or three doubles;
                             "Ball.X,Y" or "Ball.X,Y,Z": attributes of one double each. NULL: as
                             the recorded scenario's space.position says */
    const char *at;       /* a date, or a duration since the start; NULL: the end */
    const char *plane;    /* "xy", "xz", "yz"; NULL: "xy" */
} tools_plot_options_t;

/*  Appends to `out` what was drawn. Errors: MST_E_CONFIG (no such class, attribute, moment or
    plane; nothing says where positions stand), MST_E_LIMIT (TOOLS_PLOT_OBJECTS_MAX,
    TOOLS_PLOT_HOMES_MAX), MST_E_FILE_CORRUPT, MST_E_IO, MST_E_NO_MEMORY. */
mst_err_t tools_plot (const tools_plot_options_t *options, base_buffer_t *out);

#endif
