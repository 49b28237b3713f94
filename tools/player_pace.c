/*  When a message goes: at its time of a clock that runs `speed` times as fast as ours and stands
    still while it is paused; or when the next step is asked for. Time of the federation goes along,
    so that who is constrained lives through the time between two messages, too. */
#include "tools/player_own.h"
#include "base/error.h"
#include "tools/crew.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

static const int64_t millisecond_ns = 1000000;
static const double fastest = 1e12;

void player_pace_init (player_t *self)
{
    const tools_player_options_t *options = self->options;
    bool flat = self->times.last_ns == self->times.first_ns;
    self->pace = (player_pace_t){ .speed = options->speed,
                                  .by_wall = options->by_wall || flat,
                                  .by_message = flat,
                                  .stepping = options->step };
}

static void pace_tell (player_t *self, uint64_t log_time_ns, const char *what)
{
    char text[PLAYER_TEXT_SIZE], when[TOOLS_TIME_SIZE];
    if (!self->options->told)
        return;
    (void) snprintf (text, sizeof text, "time %s: %s",
                     tools_time_text (when, &self->times, log_time_ns), what);
    self->options->told (self->options->user, text);
}

mst_err_t player_advance (player_t *self, mst_time_t to)
{
    mst_time_t granted = to;
    mst_err_t err = mst_time_advance_request_available (self->fed, to);
    if (!err)
        err = mst_await_grant (self->fed, -1, &granted);
    if (!err)
        self->now = self->played->last = granted;
    return err;
}

/*  Commands ----------------------------------------------------------------------------------- */

/*  The clock goes on from where it stands. */
static void pace_restart (player_t *self)
{
    self->pace.begun = false;
}

static void pace_speed (player_t *self, double factor, uint64_t log_time_ns)
{
    char text[PLAYER_TEXT_SIZE];
    double speed = self->pace.speed * factor;
    if (speed <= 0 || !isfinite (speed) || speed > fastest)
        return;
    self->pace.speed = speed;
    pace_restart (self);
    (void) snprintf (text, sizeof text, "speed %g", speed);
    pace_tell (self, log_time_ns, text);
}

static void pace_obey (player_t *self, tools_command_t command, uint32_t count,
                       uint64_t log_time_ns)
{
    player_pace_t *pace = &self->pace;
    switch (command) {
    case TOOLS_COMMAND_STEP:
        if (pace->paused)
            pace->stepping = true; /* from a pause on step by step */
        pace->paused = false;
        pace->steps += pace->stepping ? count : 0;
        break;
    case TOOLS_COMMAND_PAUSE:
        pace->paused = !pace->paused;
        pace_restart (self);
        pace_tell (self, log_time_ns, pace->paused ? "paused" : "goes on");
        break;
    case TOOLS_COMMAND_GO:
        pace->paused = pace->stepping = false;
        pace_restart (self);
        break;
    case TOOLS_COMMAND_FASTER: pace_speed (self, 2, log_time_ns); break;
    case TOOLS_COMMAND_SLOWER: pace_speed (self, 0.5, log_time_ns); break;
    case TOOLS_COMMAND_END: pace->over = pace->stepping || pace->paused; break;
    case TOOLS_COMMAND_UNKNOWN:
        pace_tell (self, log_time_ns,
                   "commands: Enter or n (a step), 12 (steps), p (pause), g (go), + and - "
                   "(speed), q (end)");
        break;
    case TOOLS_COMMAND_NONE: break;
    }
}

static void pace_hear (player_t *self, uint64_t log_time_ns)
{
    uint32_t count;
    tools_control_t *control = self->options->control;
    if (!control)
        return;
    bool ended = control->ended;
    tools_command_t command = tools_control_take (control, &count);
    if (command == TOOLS_COMMAND_END && !control->ended)
        self->pace.over = true; /* it was said, and is not only the end of the input */
    else if (command != TOOLS_COMMAND_END || !ended || self->pace.stepping || self->pace.paused)
        pace_obey (self, command, count, log_time_ns);
}

/*  Waiting ------------------------------------------------------------------------------------ */

/*  Steps and pauses: waits for a word. */
static mst_err_t pace_gate (player_t *self, uint64_t log_time_ns)
{
    player_pace_t *pace = &self->pace;
    mst_err_t err = MST_OK;
    bool told = false;
    if (!pace->stepping || pace->steps == 0) /* steps that were asked for come first */
        pace_hear (self, log_time_ns);
    while (!err && !pace->over && (pace->paused || (pace->stepping && pace->steps == 0))) {
        if (!told && !pace->paused)
            pace_tell (self, log_time_ns, "next");
        told = true;
        err = player_turn (self, PLAYER_TURN_MS);
        pace_hear (self, log_time_ns);
    }
    if (pace->stepping && pace->steps > 0)
        pace->steps--;
    return err;
}

/*  Time passes for who is constrained, though nothing is sent. */
static mst_err_t pace_drift (player_t *self, int64_t passed_ns, mst_time_t time)
{
    const player_pace_t *pace = &self->pace;
    if (pace->by_wall || !self->times.known || time == MST_TIME_NONE)
        return MST_OK;
    double recorded = (double) (int64_t) (pace->recorded_ns - (uint64_t) self->times.start_ns) +
                      (double) passed_ns * pace->speed;
    double counts = recorded / (double) self->times.unit_ns;
    if (!(counts < (double) (time - self->shift)))
        return MST_OK;
    mst_time_t to = (mst_time_t) counts + self->shift;
    return to > self->now && to < time ? player_advance (self, to) : MST_OK;
}

static void pace_sleep (int64_t wait_ns)
{
    struct timespec time = { 0, wait_ns };
    (void) nanosleep (&time, NULL);
}

static mst_err_t pace_real_time (player_t *self, const log_envelope_t *envelope, mst_time_t time)
{
    player_pace_t *pace = &self->pace;
    uint64_t recorded_ns = pace->by_wall ? envelope->publish_time_ns : envelope->log_time_ns;
    mst_err_t err = MST_OK;
    while (!err && !pace->over && !pace->paused && !pace->stepping) {
        int64_t now_ns = tools_now_ns ();
        if (!pace->begun || recorded_ns < pace->recorded_ns) {
            pace->begun = true;
            pace->origin_ns = now_ns;
            pace->recorded_ns = recorded_ns;
        }
        int64_t passed_ns = now_ns - pace->origin_ns;
        double due = (double) (recorded_ns - pace->recorded_ns) / pace->speed;
        double left_ns = due - (double) passed_ns;
        if (left_ns <= 0) {
            if (-left_ns > (double) self->played->late_ns)
                self->played->late_ns = (int64_t) -left_ns;
            break;
        }
        err = pace_drift (self, passed_ns, time);
        if (!err && left_ns < (double) millisecond_ns)
            pace_sleep ((int64_t) left_ns);
        else if (!err)
            err = player_turn (self, left_ns < PLAYER_TURN_MS * (double) millisecond_ns
                                         ? (int64_t) (left_ns / (double) millisecond_ns)
                                         : PLAYER_TURN_MS);
        if (!err)
            pace_hear (self, envelope->log_time_ns);
    }
    return err;
}

mst_err_t player_pace (player_t *self, const log_envelope_t *envelope, mst_time_t time, bool *go)
{
    player_pace_t *pace = &self->pace;
    bool instant = pace->by_message || envelope->log_time_ns != pace->instant_ns;
    mst_err_t err = MST_OK;
    if (pace->speed > 0 && !pace->stepping)
        err = pace_real_time (self, envelope, time);
    /* the others live up to this instant before it is waited for */
    if (!err && (pace->stepping || pace->paused) && time != MST_TIME_NONE && time > self->now)
        err = player_advance (self, time);
    if (!err && (instant || pace->paused))
        err = pace_gate (self, envelope->log_time_ns);
    pace->instant_ns = envelope->log_time_ns;
    *go = !pace->over;
    return err;
}
