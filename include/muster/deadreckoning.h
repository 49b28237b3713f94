/*  <muster/deadreckoning.h>: positions and orientations extrapolated between updates, so that an
    entity that moves as expected sends nothing. Usable without a federation.

    The models are the nine of IEEE 1278.1-2012 (DIS), annex E, with the numbers that DIS and the
    RPR FOM give them. Three letters tell what a model does: orientation fixed or rotating (F, R);
    position by a constant velocity, or with an acceleration (P, V); velocity and acceleration in
    world or in body axes (W, B).

    A writer keeps its true state and a copy of what readers believe. It sends when belief and truth
    are further apart than a threshold, or when the heartbeat is due. A reader extrapolates what
   came last, and may blend the jump of an update over a while.

    Units: lengths in the caller's unit, times in seconds, angles in radians, per second where they
    are rates. Orientation is DIS's psi, theta, phi: a rotation about z, then about the new y, then
    the new x, from world axes to body axes. The rate is the angular velocity about the body's axes.
    Everything is a plain struct of the caller; nothing here allocates or reads a clock.

    Thread rule: a writer or reader belongs to one thread at a time; the rest is any thread's. */
#ifndef MUSTER_DEADRECKONING_H
#define MUSTER_DEADRECKONING_H

#include <stdbool.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mst_dr_model {
    MST_DR_STATIC = 1, /* stands still */
    MST_DR_FPW = 2,    /* constant velocity */
    MST_DR_RPW = 3,    /* and rotating */
    MST_DR_RVW = 4,    /* accelerated, rotating */
    MST_DR_FVW = 5,    /* accelerated */
    MST_DR_FPB = 6,    /* the same four in body axes, which turn with the rate: with a rate the */
    MST_DR_RPB = 7,    /* path is a curve. With F the path turns, as annex E has it, and the */
    MST_DR_RVB = 8,    /* orientation stays; RPR's records for F carry no rate, which is 0 */
    MST_DR_FVB = 9
} mst_dr_model_t;

/*  What an update carries. Velocity and acceleration are in world axes for the models that end in
   W, in body axes for those that end in B. In body axes the acceleration is the inertial one, seen
    along the body's axes: an aircraft in a steady turn has one, though its velocity in body axes
    stays the same. What a model does not use is ignored. */
typedef struct mst_dr_state {
    double position[3];
    double velocity[3];
    double acceleration[3];
    double orientation[3]; /* psi, theta, phi */
    double rate[3];
} mst_dr_state_t;

/*  The state `seconds` later (or, below 0, earlier): position and orientation; velocity,
    acceleration and rate as an update at that moment would carry them if the model were the truth.
    `later` may be `state`. Errors: MST_E_INVALID_ARGUMENT (no such model; a number of the state, or
    the seconds, not finite, or the result beyond the range of numbers); *later is unchanged then.
 */
MST_EXPORT mst_err_t mst_dr_extrapolate (mst_dr_model_t model, const mst_dr_state_t *state,
                                         double seconds, mst_dr_state_t *later);

/*  The angle between two orientations, 0 to pi: the one rotation that leads from a to b. */
MST_EXPORT double mst_dr_angle (const double a[3], const double b[3]);

/*  A vector from body axes to world axes, and back. `to` may be `from`. */
MST_EXPORT void mst_dr_to_world (const double orientation[3], const double from[3], double to[3]);
MST_EXPORT void mst_dr_to_body (const double orientation[3], const double from[3], double to[3]);

/*  How one entity is sent. Readers use the same model. */
typedef struct mst_dr_options {
    mst_dr_model_t model;
    double position_threshold;    /* length, above 0; INFINITY: positions never make it send */
    double orientation_threshold; /* radians, above 0; INFINITY: orientations never do */
    double heartbeat_s;           /* sent at least so often; 0: never for that alone */
} mst_dr_options_t;

typedef struct mst_dr_writer {
    mst_dr_options_t options;
    mst_dr_state_t sent;
    double sent_s;
    bool any; /* something was sent */
    unsigned long long asked;
    unsigned long long sends;
} mst_dr_writer_t;

/*  Errors: MST_E_INVALID_ARGUMENT (no such model; a threshold not above 0; a heartbeat below 0 or
    not finite). */
MST_EXPORT mst_err_t mst_dr_writer_init (mst_dr_writer_t *writer, const mst_dr_options_t *options);

/*  Whether the true state must be sent at time_s. If *due, the writer takes it for sent: send this
    very state with this time. The first is always due. time_s: finite, not before the last one
   sent. Errors: MST_E_INVALID_ARGUMENT (time or state not finite, a time in the past); the writer
   is unchanged then, and *due false. */
MST_EXPORT mst_err_t mst_dr_writer_due (mst_dr_writer_t *writer, const mst_dr_state_t *truth,
                                        double time_s, bool *due);

typedef struct mst_dr_reader {
    mst_dr_model_t model;
    double smooth_s; /* an update's jump is blended over so long; 0: shown at once */
    mst_dr_state_t last;
    double last_s;
    bool any;
    double offset[3]; /* what was shown less what the update says */
    double turn[3];   /* the same of the orientation: axis times angle, world axes */
} mst_dr_reader_t;

/*  smooth_s: finite, at least 0. Errors: MST_E_INVALID_ARGUMENT. */
MST_EXPORT mst_err_t mst_dr_reader_init (mst_dr_reader_t *reader, mst_dr_model_t model,
                                         double smooth_s);

/*  An update came: the state as it was at time_s. One older than the last is an error and changes
    nothing. Errors: MST_E_INVALID_ARGUMENT (older, or not finite). */
MST_EXPORT mst_err_t mst_dr_reader_update (mst_dr_reader_t *reader, const mst_dr_state_t *state,
                                           double time_s);

/*  The state to show at time_s, which may lie before the last update. Errors: MST_E_OBJECT_UNKNOWN
    (no update came yet), MST_E_INVALID_ARGUMENT (time not finite, or the result). */
MST_EXPORT mst_err_t mst_dr_reader_at (const mst_dr_reader_t *reader, double time_s,
                                       mst_dr_state_t *state);

#ifdef __cplusplus
}
#endif
#endif
