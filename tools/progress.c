/*  The bar gives way first when the terminal is narrow, then the end of the line. */
#include "tools/progress.h"
#include "base/check.h"
#include "tools/config_units.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BAR_MAX = 30, BAR_MIN = 5, BAR_FRAME = 3 /* "[", "]" and a blank */ };

static double progress_share (const tools_progress_t *self)
{
    if (self->end <= self->start || self->now <= self->start)
        return 0;
    double share =
        ((double) self->now - (double) self->start) / ((double) self->end - (double) self->start);
    return share > 1 ? 1 : share;
}

static void progress_numbers (char text[TOOLS_PROGRESS_SIZE], const tools_progress_t *self)
{
    char rate[TOOLS_NUMBER_SIZE];
    size_t at = 0;
    long long done = (long long) ((self->now - self->start) / self->step);
    if (!self->timed) {
        (void) snprintf (text, TOOLS_PROGRESS_SIZE, "%zu of %zu federates joined", self->joined,
                         self->federates);
        return;
    }
    if (self->end > self->start) {
        long long all = (long long) ((self->end - self->start) / self->step);
        at = (size_t) snprintf (text, TOOLS_PROGRESS_SIZE, "%3d %%  step %lld of %lld",
                                (int) (100 * progress_share (self)), done < all ? done : all, all);
    } else {
        at = (size_t) snprintf (text, TOOLS_PROGRESS_SIZE, "step %lld", done);
    }
    if (self->when)
        at += (size_t) snprintf (text + at, TOOLS_PROGRESS_SIZE - at, "  %.40s", self->when);
    else
        at += (size_t) snprintf (text + at, TOOLS_PROGRESS_SIZE - at, "  time %lld",
                                 (long long) self->now);
    if (self->steps_per_s > 0) /* known from the second look on */
        at += (size_t) snprintf (text + at, TOOLS_PROGRESS_SIZE - at, "  %s steps/s",
                                 tools_rate_text (rate, self->steps_per_s));
    if (self->migrations > 0)
        (void) snprintf (text + at, TOOLS_PROGRESS_SIZE - at, "  %llu migrations",
                         (unsigned long long) self->migrations);
}

/*  The bar's inside, so that bar and numbers fit; 0: no bar. */
static size_t progress_bar (const tools_progress_t *self, size_t width, size_t numbers)
{
    if (!self->timed || self->end <= self->start || width < numbers + BAR_FRAME + BAR_MIN)
        return 0;
    size_t room = width - numbers - BAR_FRAME;
    return room < BAR_MAX ? room : BAR_MAX;
}

const char *tools_progress_text (char text[TOOLS_PROGRESS_SIZE], const tools_progress_t *self,
                                 size_t width)
{
    char numbers[TOOLS_PROGRESS_SIZE];
    base_assert (self->step > 0);
    progress_numbers (numbers, self);
    size_t bar = progress_bar (self, width, strlen (numbers));
    size_t full = (size_t) (progress_share (self) * (double) bar);
    char inside[BAR_MAX + 1];
    memset (inside, '.', sizeof inside);
    memset (inside, '#', full);
    if (bar > 0)
        (void) snprintf (text, TOOLS_PROGRESS_SIZE, "[%.*s] %.200s", (int) bar, inside, numbers);
    else
        memcpy (text, numbers, sizeof numbers);
    if (width > 0 && strlen (text) > width && width < TOOLS_PROGRESS_SIZE)
        text[width] = '\0';
    return text;
}

const char *tools_when_text (char text[TOOLS_WHEN_SIZE], int64_t start_ns, int64_t unit_ns,
                             int64_t step, int64_t now)
{
    static const int64_t second_ns = 1000000000, day_ns = 86400 * second_ns;
    int64_t length_ns, at_ns, step_ns;
    struct tm date;
    if (__builtin_mul_overflow (now, unit_ns, &length_ns) ||
        __builtin_mul_overflow (step, unit_ns, &step_ns) ||
        __builtin_add_overflow (start_ns, length_ns, &at_ns) || length_ns < 0)
        return NULL;
    if (start_ns == 0) {
        char duration[CONFIG_UNIT_BYTES];
        (void) snprintf (text, TOOLS_WHEN_SIZE, "%s", config_format_duration (length_ns, duration));
        return text;
    }
    time_t seconds = (time_t) (at_ns / second_ns - (at_ns % second_ns < 0));
    const char *format = step_ns % day_ns == 0 ? "%Y-%m-%d" : "%Y-%m-%d %H:%M:%S";
    if (!gmtime_r (&seconds, &date) || strftime (text, TOOLS_WHEN_SIZE, format, &date) == 0)
        return NULL;
    return text;
}

double tools_rate (tools_rate_t *self, int64_t now_ns, int64_t steps)
{
    size_t last = self->count % TOOLS_RATE_POINTS;
    size_t first = self->count < TOOLS_RATE_POINTS ? 0 : (self->count + 1) % TOOLS_RATE_POINTS;
    self->at_ns[last] = now_ns;
    self->steps[last] = steps;
    self->count++;
    int64_t passed_ns = now_ns - self->at_ns[first];
    if (passed_ns <= 0 || steps < self->steps[first])
        return 0;
    return (double) (steps - self->steps[first]) * 1e9 / (double) passed_ns;
}
