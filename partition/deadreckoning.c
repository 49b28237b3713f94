/*  The nine models, writer and reader. In body axes a frame that turns with the rate carries
   velocity and acceleration along: the path is R0^T times the integral of the turned velocity,
   which has closed forms (IEEE 1278.1-2012, annex E, matrices R1 and R2). */
#include <muster/deadreckoning.h>
#include "base/error.h"
#include "partition/rotation.h"

#include <math.h>
#include <string.h>

enum { AXES = 3 };

static bool dr_rotates (mst_dr_model_t model)
{
    base_assert (model >= MST_DR_STATIC && model <= MST_DR_FVB);
    return model == MST_DR_RPW || model == MST_DR_RVW || model == MST_DR_RPB || model == MST_DR_RVB;
}

static bool dr_accelerates (mst_dr_model_t model)
{
    base_assert (model >= MST_DR_STATIC && model <= MST_DR_FVB);
    return model == MST_DR_RVW || model == MST_DR_FVW || model == MST_DR_RVB || model == MST_DR_FVB;
}

static bool dr_finite (const double vector[3])
{
    base_assert (vector != NULL);
    return isfinite (vector[0]) && isfinite (vector[1]) && isfinite (vector[2]);
}

static mst_err_t dr_check_model (mst_dr_model_t model)
{
    if (model >= MST_DR_STATIC && model <= MST_DR_FVB)
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT,
                       "there is no dead reckoning model %d: they go from %d (MST_DR_STATIC) to %d "
                       "(MST_DR_FVB)",
                       (int) model, MST_DR_STATIC, MST_DR_FVB);
}

static mst_err_t dr_check_state (const mst_dr_state_t *state)
{
    const struct {
        const char *name;
        const double *vector;
    } parts[] = { { "position", state->position },
                  { "velocity", state->velocity },
                  { "acceleration", state->acceleration },
                  { "orientation", state->orientation },
                  { "rate", state->rate } };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!dr_finite (parts[i].vector))
            return base_error (MST_E_INVALID_ARGUMENT,
                               "dead reckoning: the %s (%g, %g, %g) is not finite", parts[i].name,
                               parts[i].vector[0], parts[i].vector[1], parts[i].vector[2]);
    return MST_OK;
}

static mst_err_t dr_check_time (double time_s)
{
    if (isfinite (time_s))
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT, "dead reckoning: a time of %g s is not finite",
                       time_s);
}

/*  World axes: no rotation has a part in the path. */
static void dr_along_world (const mst_dr_state_t *from, bool accelerates, double t,
                            mst_dr_state_t *to)
{
    base_assert (from != to);
    base_assert (isfinite (t));
    for (int axis = 0; axis < AXES; axis++) {
        double acceleration = accelerates ? from->acceleration[axis] : 0.0;
        to->position[axis] += t * (from->velocity[axis] + 0.5 * t * acceleration);
        to->velocity[axis] += t * acceleration;
    }
}

/*  Body axes. The acceleration is the inertial one, so in the turning frame the velocity changes by
   it less rate x velocity; annex E holds that difference constant. */
static void dr_along_body (const mst_dr_state_t *from, bool accelerates, bool rotates, double t,
                           mst_dr_state_t *to)
{
    partition_matrix_t integral = partition_rotation_integral (from->rate, t), turn;
    double change[3] = { 0.0 }, path[3], more[3], carried[3];

    base_assert (from != to);
    if (accelerates) {
        partition_cross (from->rate, from->velocity, carried);
        for (int axis = 0; axis < AXES; axis++)
            change[axis] = from->acceleration[axis] - carried[axis];
    }
    partition_matrix_apply (&integral, from->velocity, path);
    turn = partition_rotation_moment (from->rate, t);
    partition_matrix_apply (&turn, change, more);
    for (int axis = 0; axis < AXES; axis++)
        path[axis] += more[axis];
    mst_dr_to_world (from->orientation, path, path);
    for (int axis = 0; axis < AXES; axis++) {
        to->position[axis] += path[axis];
        to->velocity[axis] += t * change[axis];
    }
    if (accelerates) {
        partition_cross (from->rate, to->velocity, carried);
        for (int axis = 0; axis < AXES; axis++)
            to->acceleration[axis] = change[axis] + carried[axis];
    }
    if (rotates)
        return;
    /*  The axes stayed behind: what turned with the path is told in them. */
    turn = partition_rotation_by (from->rate, t);
    partition_matrix_apply (&turn, to->velocity, to->velocity);
    partition_matrix_apply (&turn, to->acceleration, to->acceleration);
}

static void dr_rotate (const mst_dr_state_t *from, double t, mst_dr_state_t *to)
{
    partition_matrix_t start = partition_rotation_from_euler (from->orientation);
    partition_matrix_t turn = partition_rotation_by (from->rate, -t);
    partition_matrix_t end = partition_matrix_multiply (&turn, &start);

    base_assert (from != to);
    base_assert (isfinite (t));
    partition_rotation_to_euler (&end, to->orientation);
}

/*  For a model, state and time that were checked. False: the result is beyond the range of numbers.
 */
static bool dr_extrapolate (mst_dr_model_t model, const mst_dr_state_t *state, double t,
                            mst_dr_state_t *later)
{
    mst_dr_state_t from = *state;

    base_assert (later != NULL);
    base_assert (model >= MST_DR_STATIC && model <= MST_DR_FVB);
    *later = from;
    if (model == MST_DR_STATIC)
        return true;
    if (model >= MST_DR_FPB)
        dr_along_body (&from, dr_accelerates (model), dr_rotates (model), t, later);
    else
        dr_along_world (&from, dr_accelerates (model), t, later);
    if (dr_rotates (model))
        dr_rotate (&from, t, later);
    return dr_finite (later->position) && dr_finite (later->velocity) &&
           dr_finite (later->acceleration) && dr_finite (later->orientation);
}

static mst_err_t dr_beyond (double t)
{
    return base_error (MST_E_INVALID_ARGUMENT,
                       "dead reckoning over %g s leads beyond the range of numbers", t);
}

mst_err_t mst_dr_extrapolate (mst_dr_model_t model, const mst_dr_state_t *state, double seconds,
                              mst_dr_state_t *later)
{
    mst_dr_state_t result;

    base_assert (state != NULL);
    base_assert (later != NULL);
    mst_err_t err = dr_check_model (model);
    if (!err)
        err = dr_check_state (state);
    if (!err)
        err = dr_check_time (seconds);
    if (!err && !dr_extrapolate (model, state, seconds, &result))
        err = dr_beyond (seconds);
    if (!err)
        *later = result;
    return err;
}

double mst_dr_angle (const double a[3], const double b[3])
{
    base_assert (a != NULL);
    base_assert (b != NULL);
    partition_matrix_t left = partition_rotation_from_euler (a);
    partition_matrix_t right = partition_rotation_from_euler (b);
    return partition_rotation_angle (&left, &right);
}

void mst_dr_to_body (const double orientation[3], const double from[3], double to[3])
{
    partition_matrix_t body = partition_rotation_from_euler (orientation);
    base_assert (from != NULL);
    base_assert (to != NULL);
    partition_matrix_apply (&body, from, to);
}

void mst_dr_to_world (const double orientation[3], const double from[3], double to[3])
{
    partition_matrix_t body = partition_rotation_from_euler (orientation);
    partition_matrix_t world = partition_matrix_transpose (&body);
    base_assert (from != NULL);
    base_assert (to != NULL);
    partition_matrix_apply (&world, from, to);
}

mst_err_t mst_dr_writer_init (mst_dr_writer_t *writer, const mst_dr_options_t *options)
{
    base_assert (writer != NULL);
    base_assert (options != NULL);
    mst_err_t err = dr_check_model (options->model);
    if (err)
        return err;
    if (!(options->position_threshold > 0.0) || !(options->orientation_threshold > 0.0))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "dead reckoning thresholds are above 0, not %g (position) and %g "
                           "(orientation); INFINITY switches one off",
                           options->position_threshold, options->orientation_threshold);
    if (!(options->heartbeat_s >= 0.0) || !isfinite (options->heartbeat_s))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a heartbeat of %g s: 0 switches it off, otherwise it is a time",
                           options->heartbeat_s);
    *writer = (mst_dr_writer_t){ .options = *options };
    return MST_OK;
}

/*  Whether readers are further from the truth than they may be. */
static bool dr_strayed (const mst_dr_writer_t *writer, const mst_dr_state_t *truth, double time_s)
{
    const mst_dr_options_t *options = &writer->options;
    mst_dr_state_t believed;
    double distance2 = 0.0;

    base_assert (writer->any);
    base_assert (time_s >= writer->sent_s);
    if (!dr_extrapolate (options->model, &writer->sent, time_s - writer->sent_s, &believed))
        return true;
    for (int axis = 0; axis < AXES; axis++) {
        double error = believed.position[axis] - truth->position[axis];
        distance2 += error * error;
    }
    if (!(sqrt (distance2) <= options->position_threshold))
        return true;
    return isfinite (options->orientation_threshold) &&
           mst_dr_angle (believed.orientation, truth->orientation) > options->orientation_threshold;
}

mst_err_t mst_dr_writer_due (mst_dr_writer_t *writer, const mst_dr_state_t *truth, double time_s,
                             bool *due)
{
    base_assert (writer != NULL);
    base_assert (truth != NULL && due != NULL);
    *due = false;
    mst_err_t err = dr_check_time (time_s);
    if (!err)
        err = dr_check_state (truth);
    if (err)
        return err;
    if (writer->any && time_s < writer->sent_s)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "dead reckoning: %g s is before the last state sent, at %g s", time_s,
                           writer->sent_s);
    double heartbeat_s = writer->options.heartbeat_s;
    *due = !writer->any || (heartbeat_s > 0.0 && time_s - writer->sent_s >= heartbeat_s) ||
           dr_strayed (writer, truth, time_s);
    writer->asked++;
    if (*due) {
        writer->sent = *truth;
        writer->sent_s = time_s;
        writer->any = true;
        writer->sends++;
    }
    return MST_OK;
}

mst_err_t mst_dr_reader_init (mst_dr_reader_t *reader, mst_dr_model_t model, double smooth_s)
{
    base_assert (reader != NULL);
    mst_err_t err = dr_check_model (model);
    if (err)
        return err;
    if (!(smooth_s >= 0.0) || !isfinite (smooth_s))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "smoothing over %g s: 0 switches it off, otherwise it is a time",
                           smooth_s);
    *reader = (mst_dr_reader_t){ .model = model, .smooth_s = smooth_s };
    return MST_OK;
}

/*  What is shown: the extrapolation and the rest of the jump, which shrinks to nothing. False:
   beyond the range of numbers. */
static bool dr_show (const mst_dr_reader_t *reader, double time_s, mst_dr_state_t *state)
{
    double since = time_s - reader->last_s;
    double left = since < reader->smooth_s ? 1.0 - fmax (since, 0.0) / reader->smooth_s : 0.0;

    base_assert (reader->any);
    base_assert (left >= 0.0 && left <= 1.0);
    bool finite = dr_extrapolate (reader->model, &reader->last, since, state);
    if (left == 0.0 || !finite)
        return finite;
    for (int axis = 0; axis < AXES; axis++)
        state->position[axis] += left * reader->offset[axis];
    partition_matrix_t new = partition_rotation_from_euler (state->orientation);
    partition_matrix_t turn = partition_rotation_by (reader->turn, left);
    partition_matrix_t shown = partition_matrix_multiply (&new, &turn);
    partition_rotation_to_euler (&shown, state->orientation);
    return dr_finite (state->position);
}

/*  Keeps how far what is shown lies from what an update says. */
static void dr_keep_jump (mst_dr_reader_t *reader, const mst_dr_state_t *state, double time_s)
{
    mst_dr_state_t shown;

    base_assert (reader->any);
    base_assert (reader->smooth_s > 0.0);
    if (!dr_show (reader, time_s, &shown))
        shown = *state;
    for (int axis = 0; axis < AXES; axis++)
        reader->offset[axis] = shown.position[axis] - state->position[axis];
    partition_matrix_t old = partition_rotation_from_euler (shown.orientation);
    partition_matrix_t new = partition_rotation_from_euler (state->orientation);
    partition_matrix_t back = partition_matrix_transpose (&new);
    partition_matrix_t between = partition_matrix_multiply (&back, &old);
    partition_rotation_axis (&between, reader->turn);
}

mst_err_t mst_dr_reader_update (mst_dr_reader_t *reader, const mst_dr_state_t *state, double time_s)
{
    base_assert (reader != NULL);
    base_assert (state != NULL);
    mst_err_t err = dr_check_time (time_s);
    if (!err)
        err = dr_check_state (state);
    if (err)
        return err;
    if (reader->any && time_s < reader->last_s)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "dead reckoning: an update of %g s came after that of %g s", time_s,
                           reader->last_s);
    if (reader->any && reader->smooth_s > 0.0)
        dr_keep_jump (reader, state, time_s);
    reader->last = *state;
    reader->last_s = time_s;
    reader->any = true;
    return MST_OK;
}

mst_err_t mst_dr_reader_at (const mst_dr_reader_t *reader, double time_s, mst_dr_state_t *state)
{
    base_assert (reader != NULL);
    base_assert (state != NULL);
    mst_err_t err = dr_check_time (time_s);
    if (err)
        return err;
    if (!reader->any)
        return base_error (MST_E_OBJECT_UNKNOWN,
                           "dead reckoning: nothing can be shown at %g s, since no update came",
                           time_s);
    mst_dr_state_t shown;
    if (!dr_show (reader, time_s, &shown))
        return dr_beyond (time_s - reader->last_s);
    *state = shown;
    return MST_OK;
}
