/*  What plot_read.c finds in a recording and plot_draw.c draws. */
#ifndef TOOLS_PLOT_OWN_H
#define TOOLS_PLOT_OWN_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/list.h"
#include "base/map.h"
#include "tools/plot.h"

enum { PLOT_AXES = 3, PLOT_TEXT_SIZE = 128, PLOT_CUT_SIZE = 1024 };

typedef struct plot_object {
    double point[PLOT_AXES];
    uint32_t home;       /* place in homes */
    uint64_t deleted_ns; /* UINT64_MAX: never */
    bool placed;         /* has a point */
} plot_object_t;

typedef struct plot_home {
    const char *name;
    uint32_t objects; /* drawn */
} plot_home_t;

/*  One moment. */
typedef struct plot_scene {
    char title[PLOT_TEXT_SIZE]; /* the scenario's name, or the file's */
    char what[PLOT_TEXT_SIZE];  /* "Comet.State" */
    char unit[PLOT_TEXT_SIZE];  /* of lengths; "" when nobody says */
    char cut[PLOT_CUT_SIZE];    /* why the recording is not complete; "": it is */
    uint64_t time_ns;
    bool space;               /* the scenario says which cube it is */
    double centre[PLOT_AXES]; /* of the cube, or of what is drawn */
    double half_width;
    int axes[2]; /* that the picture shows, across and up */
    BASE_LIST (plot_object_t) objects;
    BASE_LIST (plot_home_t) homes;
    base_names_t object_names, home_names; /* to their places */
} plot_scene_t;

void plot_scene_fini (plot_scene_t *self);

/*  The scene of a recording at the moment asked for. Homes are in the order of their names. */
mst_err_t plot_read (plot_scene_t *self, const tools_plot_options_t *options);

/*  The picture. *drawn: objects in it; *leaves: of the octree. */
mst_err_t plot_draw (plot_scene_t *self, base_buffer_t *svg, uint32_t *drawn, uint32_t *leaves);

#endif
