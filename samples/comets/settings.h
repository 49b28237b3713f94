/*  What a federate of the comets is told: by `muster run` through the environment, or by hand
    through options, which win.

    Thread rule: one thread. */
#ifndef COMETS_SETTINGS_H
#define COMETS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum { COMETS_FAULT_TEXT_BYTES = 200, COMETS_STEPS_MAX = 36520 };

typedef struct comets_settings {
    const char *table; /* path; NULL: the one it was built with */
    const char *rti;   /* this and the next two: NULL: as the environment says */
    const char *federation;
    const char *name;
    const char *fom;    /* NULL: the federation execution exists */
    uint32_t rank;      /* 0 … count - 1; 0 puts the result together */
    uint32_t count;     /* of federates that share the comets, 1 … 64 */
    uint32_t steps;     /* of a day */
    bool compare_plain; /* rank 0 runs the plain loop, too, and compares */
    bool help;
    char fault[COMETS_FAULT_TEXT_BYTES]; /* why they could not be read */
} comets_settings_t;

extern const char comets_usage[];

/*  Texts are argv's and the environment's own. False: see fault. */
bool comets_settings_read (comets_settings_t *self, int argc, char **argv);

#endif
