/*  Sine and cosine of our own, made of sums and products only, so that the result of the sample
    does not depend on which mathematical library a machine has. Within 2 units in the last
    place.

    Thread rule: any thread. */
#ifndef COMETS_TRIG_H
#define COMETS_TRIG_H

#define COMETS_PI     3.14159265358979323846
#define COMETS_DEGREE (COMETS_PI / 180.0) /* in radians */

/*  Both of an angle in radians, |angle| <= 1e6, or in degrees, |angle| <= 1e9. */
void comets_sin_cos (double angle_rad, double *sine, double *cosine);
void comets_sin_cos_degrees (double angle_deg, double *sine, double *cosine);

#endif
