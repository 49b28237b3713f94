/*  The exchanges and the estimate: stamps to samples, samples to what is held. */
#include "timemgmt/clocksync.h"
#include "base/check.h"

#include <math.h>
#include <string.h>

/*  A stamp beyond is no moment: it lies more than a century from 1970. */
static const int64_t stamp_limit_ns = INT64_C (1) << 62;

/*  RFC 5905: MAXDISP, what a stage of the filter without a sample counts. */
static const int64_t missing_ns = INT64_C (16000000000);

/*  Of older points nobody says that the rate is still the same. */
static const int64_t drift_window_ns = INT64_C (1800000000000);

static const char *const method_names[TIMEMGMT_CLOCK_METHODS] = { "off", "cristian", "berkeley",
                                                                  "ntp", "ptp" };

const char *timemgmt_clock_method_name (uint64_t method)
{
    base_assert (method_names[TIMEMGMT_CLOCK_PTP] != NULL);
    return method < TIMEMGMT_CLOCK_METHODS ? method_names[method] : NULL;
}

bool timemgmt_clock_method_parse (const char *name, timemgmt_clock_method_t *method)
{
    base_assert (name != NULL && method != NULL);
    for (int i = 0; i < TIMEMGMT_CLOCK_METHODS; i++) {
        if (strcmp (name, method_names[i]) != 0)
            continue;
        *method = (timemgmt_clock_method_t) i;
        return true;
    }
    return false;
}

int64_t timemgmt_clock_aged (int64_t bound_ns, int64_t age_ns)
{
    base_assert (bound_ns >= 0);
    if (age_ns <= 0)
        return bound_ns;
    /*  A thousandth at a time, so that no age overflows; rounded up. */
    int64_t drift_ns = (age_ns / 1000 + 1) * TIMEMGMT_CLOCK_DRIFT_PPM / 1000 + 1;
    return bound_ns < INT64_MAX - drift_ns ? bound_ns + drift_ns : INT64_MAX;
}

void timemgmt_clocksync_init (timemgmt_clocksync_t *self, const timemgmt_clock_options_t *options,
                              int64_t now_ns)
{
    base_assert (self != NULL && options != NULL);
    base_assert (options->method == TIMEMGMT_CLOCK_OFF || options->interval_ns > 0);
    base_assert (options->min_delay_ns >= 0);
    *self = (timemgmt_clocksync_t){ .options = *options,
                                    .burst = TIMEMGMT_CLOCK_SAMPLES,
                                    .next_ns = now_ns };
}

/*  Asking -------------------------------------------------------------------------------------- */

static int64_t patience_ns (const timemgmt_clocksync_t *self)
{
    int64_t patience = INT64_MAX;
    base_assert (self->options.interval_ns > 0);
    if (self->options.interval_ns < INT64_MAX / TIMEMGMT_CLOCK_PATIENCE)
        patience = self->options.interval_ns * TIMEMGMT_CLOCK_PATIENCE;
    return patience > TIMEMGMT_CLOCK_PATIENCE_NS ? patience : TIMEMGMT_CLOCK_PATIENCE_NS;
}

static int64_t later (int64_t now_ns, int64_t wait_ns)
{
    base_assert (wait_ns >= 0);
    return now_ns < INT64_MAX - wait_ns ? now_ns + wait_ns : INT64_MAX;
}

int64_t timemgmt_clocksync_next_ns (const timemgmt_clocksync_t *self)
{
    base_assert (self != NULL);
    if (self->options.method == TIMEMGMT_CLOCK_OFF)
        return INT64_MAX;
    if (self->state == TIMEMGMT_CLOCK_IDLE)
        return self->next_ns;
    return later (self->asked_ns, patience_ns (self));
}

bool timemgmt_clocksync_due (timemgmt_clocksync_t *self, int64_t now_ns,
                             timemgmt_clock_message_t *out)
{
    base_assert (self != NULL && out != NULL);
    if (now_ns < timemgmt_clocksync_next_ns (self) || self->options.method == TIMEMGMT_CLOCK_OFF)
        return false;
    if (self->state != TIMEMGMT_CLOCK_IDLE)
        self->counts.lost++;
    bool ptp = self->options.method == TIMEMGMT_CLOCK_PTP;
    self->state = ptp ? TIMEMGMT_CLOCK_SYNC_ASKED : TIMEMGMT_CLOCK_ASKED;
    self->number++;
    self->asked_ns = now_ns;
    *out =
        (timemgmt_clock_message_t){ .kind = ptp ? TIMEMGMT_CLOCK_SYNC_WANTED : TIMEMGMT_CLOCK_ASK,
                                    .number = self->number };
    base_assert (timemgmt_clocksync_next_ns (self) > now_ns);
    return true;
}

/*  The exchange is over, whatever came of it. */
static void rest (timemgmt_clocksync_t *self, int64_t now_ns)
{
    int64_t wait_ns = self->options.interval_ns;
    base_assert (self->state != TIMEMGMT_CLOCK_IDLE);
    if (self->burst > 0 && wait_ns > TIMEMGMT_CLOCK_BURST_NS)
        wait_ns = TIMEMGMT_CLOCK_BURST_NS;
    self->burst -= self->burst > 0;
    self->state = TIMEMGMT_CLOCK_IDLE;
    self->next_ns = later (now_ns, wait_ns);
}

/*  Unsigned: stamps from outside may lie further apart than an int64_t says. */
static uint64_t distance (int64_t a, int64_t b)
{
    return a > b ? (uint64_t) a - (uint64_t) b : (uint64_t) b - (uint64_t) a;
}

static double between (int64_t from, int64_t to)
{
    double length = (double) distance (from, to);
    base_assert (length >= 0.0);
    return to > from ? length : -length;
}

/*  Drift --------------------------------------------------------------------------------------- */

/*  The rates that all points from `first` on allow, in 1e-9; false: none does. Each pair of points
    allows what leads from somewhere in the one's bound to somewhere in the other's. */
static bool rates (const timemgmt_clocksync_t *self, size_t first, double *low, double *high)
{
    *low = -1000.0 * TIMEMGMT_CLOCK_DRIFT_PPM;
    *high = -*low;
    base_assert (first <= self->point_count);
    for (size_t j = first + 1; j < self->point_count; j++) {
        for (size_t i = first; i < j; i++) {
            const timemgmt_clock_sample_t *a = &self->points[i], *b = &self->points[j];
            double passed = (double) (b->at_ns - a->at_ns);
            double gained = between (a->base_ns, b->base_ns);
            double unsure = (double) a->bound_ns + (double) b->bound_ns;
            base_assert (passed > 0.0);
            *low = fmax (*low, (gained - unsure) * 1e9 / passed);
            *high = fmin (*high, (gained + unsure) * 1e9 / passed);
        }
    }
    return *low <= *high;
}

static void drop_points (timemgmt_clocksync_t *self, size_t count)
{
    base_assert (count <= self->point_count);
    self->point_count -= count;
    memmove (self->points, self->points + count, self->point_count * sizeof self->points[0]);
}

/*  When there is no room every second point goes, but the oldest stays: so they reach back far,
    and stand the closer the newer they are. */
static void add_point (timemgmt_clocksync_t *self, const timemgmt_clock_sample_t *sample)
{
    double low, high;
    size_t kept = 0;

    if (self->point_count > 0 && self->points[self->point_count - 1].at_ns >= sample->at_ns)
        return;
    while (self->point_count > 0 && sample->at_ns - self->points[0].at_ns > drift_window_ns)
        drop_points (self, 1);
    if (self->point_count == TIMEMGMT_CLOCK_POINTS) {
        for (size_t i = 0; i < self->point_count; i += 2)
            self->points[kept++] = self->points[i];
        self->point_count = kept;
    }
    base_assert (self->point_count < TIMEMGMT_CLOCK_POINTS);
    self->points[self->point_count++] = *sample;
    /*  The rate has changed: the older half tells of another one. */
    while (self->point_count > 1 && !rates (self, 0, &low, &high))
        drop_points (self, (self->point_count + 1) / 2);
    base_assert (self->point_count > 0);
}

/*  Samples ------------------------------------------------------------------------------------- */

static bool agree (const timemgmt_clock_sample_t *a, const timemgmt_clock_sample_t *b,
                   int64_t now_ns)
{
    int64_t left = timemgmt_clock_aged (a->bound_ns, now_ns - a->at_ns);
    int64_t right = timemgmt_clock_aged (b->bound_ns, now_ns - b->at_ns);
    base_assert (left >= 0 && right >= 0);
    return distance (a->base_ns, b->base_ns) <= (uint64_t) left + (uint64_t) right;
}

static void push_sample (timemgmt_clocksync_t *self, const timemgmt_clock_sample_t *sample)
{
    base_assert (sample->bound_ns >= 0 && sample->round_trip_ns >= 0);
    if (self->sample_count < TIMEMGMT_CLOCK_SAMPLES)
        self->sample_count++;
    memmove (self->samples + 1, self->samples, (self->sample_count - 1) * sizeof self->samples[0]);
    self->samples[0] = *sample;
    base_assert (self->sample_count <= TIMEMGMT_CLOCK_SAMPLES);
}

/*  The one whose bound is the smallest now. NTP: of the least delay, and never one older than what
    was used before (RFC 5905, section 10). */
static void choose (timemgmt_clocksync_t *self, int64_t now_ns)
{
    bool ntp = self->options.method == TIMEMGMT_CLOCK_NTP;
    const timemgmt_clock_sample_t *best = &self->samples[0];

    base_assert (self->sample_count > 0);
    for (size_t i = 1; i < self->sample_count; i++) {
        const timemgmt_clock_sample_t *one = &self->samples[i];
        int64_t value = timemgmt_clock_aged (one->bound_ns, now_ns - one->at_ns);
        int64_t least = timemgmt_clock_aged (best->bound_ns, now_ns - best->at_ns);
        if (ntp ? one->round_trip_ns < best->round_trip_ns : value < least)
            best = one;
    }
    if (!ntp || !self->has_held || best->at_ns > self->held.at_ns)
        self->held = *best;
    self->has_held = true;
    base_assert (self->held.bound_ns >= 0);
}

/*  True: a clock has jumped, or this sample lies; it is not taken. */
static bool contradicts (timemgmt_clocksync_t *self, const timemgmt_clock_sample_t *sample)
{
    bool jumped = self->has_held && !agree (&self->held, sample, sample->at_ns);
    base_assert (self->doubts < TIMEMGMT_CLOCK_DOUBTS);
    if (!jumped) {
        self->doubts = 0;
        return false;
    }
    bool again = self->doubts > 0 && agree (&self->doubt, sample, sample->at_ns);
    self->doubts = again ? self->doubts + 1 : 1;
    self->doubt = *sample;
    if (self->doubts < TIMEMGMT_CLOCK_DOUBTS) {
        self->counts.jumped++;
        return true;
    }
    self->counts.restarts++;
    self->doubts = 0;
    self->sample_count = self->point_count = 0;
    self->has_held = false;
    self->members = 0;
    self->burst = TIMEMGMT_CLOCK_SAMPLES;
    return false;
}

/*  Four stamps: out and back by one's own clock, in and out by the RTI's. Which message went first
    does not matter to the sums: base = ((in - out) + (out' - back)) / 2. False: refused. */
typedef struct stamps {
    int64_t own_sent, rti_received, rti_sent, own_received;
    int64_t began_ns, ended_ns; /* by one's own clock: the clocks drift meanwhile */
} stamps_t;

static bool sample_of (timemgmt_clocksync_t *self, const stamps_t *stamps,
                       timemgmt_clock_sample_t *sample)
{
    int64_t out_ns = stamps->rti_received - stamps->own_sent;
    int64_t back_ns = stamps->own_received - stamps->rti_sent;
    int64_t floor_ns = 0;

    base_assert (stamps->ended_ns >= stamps->began_ns);
    /*  Each way alone means nothing, since the clocks differ; together the difference is gone. */
    int64_t round_ns;
    if (__builtin_add_overflow (out_ns, back_ns, &round_ns) || round_ns < 0) {
        self->counts.negative++;
        return false;
    }
    if (self->options.method != TIMEMGMT_CLOCK_NTP)
        floor_ns = self->options.min_delay_ns;
    if (round_ns / 2 < floor_ns) {
        self->counts.negative++;
        return false;
    }
    *sample = (timemgmt_clock_sample_t){ .at_ns = stamps->ended_ns,
                                         .base_ns = out_ns / 2 - back_ns / 2,
                                         .round_trip_ns = round_ns };
    /*  2: for what the halves lost. */
    sample->bound_ns =
        timemgmt_clock_aged (round_ns / 2 - floor_ns + 2, stamps->ended_ns - stamps->began_ns);
    return true;
}

static void take_sample (timemgmt_clocksync_t *self, const stamps_t *stamps, int64_t now_ns)
{
    timemgmt_clock_sample_t sample;

    base_assert (now_ns >= stamps->ended_ns);
    if (sample_of (self, stamps, &sample) && !contradicts (self, &sample)) {
        self->counts.exchanges++;
        push_sample (self, &sample);
        choose (self, now_ns);
        add_point (self, &sample);
    }
    rest (self, now_ns);
}

/*  What came ----------------------------------------------------------------------------------- */

static bool is_moment (int64_t stamp_ns)
{
    base_assert (stamp_limit_ns > 0);
    return stamp_ns > -stamp_limit_ns && stamp_ns < stamp_limit_ns;
}

typedef bool taker_t (timemgmt_clocksync_t *self, const timemgmt_clock_message_t *in,
                      int64_t now_ns, timemgmt_clock_message_t *out);

static bool take_tell (timemgmt_clocksync_t *self, const timemgmt_clock_message_t *in,
                       int64_t now_ns, timemgmt_clock_message_t *out)
{
    /*  Cristian's time server tells one time; it may be of any moment of the round trip. */
    bool one = self->options.method == TIMEMGMT_CLOCK_CRISTIAN;
    stamps_t stamps = { self->asked_ns, one ? in->sent_ns : in->received_ns,
                        in->sent_ns,    now_ns,
                        self->asked_ns, now_ns };

    base_assert (out != NULL);
    uint64_t taken = self->counts.exchanges;
    take_sample (self, &stamps, now_ns);
    bool averaged = in->members > 0 && in->average_bound_ns >= 0 && is_moment (in->average_ns);
    if (self->counts.exchanges > taken && averaged) {
        self->members = in->members;
        self->average_ns = in->average_ns;
        self->average_bound_ns = in->average_bound_ns;
        self->average_at_ns = now_ns;
    }
    return false;
}

static bool take_sync (timemgmt_clocksync_t *self, const timemgmt_clock_message_t *in,
                       int64_t now_ns, timemgmt_clock_message_t *out)
{
    base_assert (in != NULL && out != NULL);
    self->reached_ns = now_ns;
    self->state = TIMEMGMT_CLOCK_SYNCED;
    return false;
}

static bool take_follow_up (timemgmt_clocksync_t *self, const timemgmt_clock_message_t *in,
                            int64_t now_ns, timemgmt_clock_message_t *out)
{
    base_assert (now_ns >= self->reached_ns);
    self->left_ns = in->sent_ns;
    self->request_ns = now_ns;
    self->state = TIMEMGMT_CLOCK_DELAY_ASKED;
    *out =
        (timemgmt_clock_message_t){ .kind = TIMEMGMT_CLOCK_DELAY_REQUEST, .number = self->number };
    base_assert (out->number > 0);
    return true;
}

static bool take_response (timemgmt_clocksync_t *self, const timemgmt_clock_message_t *in,
                           int64_t now_ns, timemgmt_clock_message_t *out)
{
    /*  The way back is the first one here; what the response itself took does not count. */
    stamps_t stamps = { self->request_ns, in->received_ns, self->left_ns,
                        self->reached_ns, self->asked_ns,  now_ns };
    base_assert (out != NULL);
    take_sample (self, &stamps, now_ns);
    return false;
}

/*  Everything that is not here is a reply to nothing. */
static taker_t *const takers[TIMEMGMT_CLOCK_STATES][TIMEMGMT_CLOCK_DELAY_RESPONSE + 1] = {
    [TIMEMGMT_CLOCK_ASKED] = { [TIMEMGMT_CLOCK_TELL] = take_tell },
    [TIMEMGMT_CLOCK_SYNC_ASKED] = { [TIMEMGMT_CLOCK_SYNC] = take_sync },
    [TIMEMGMT_CLOCK_SYNCED] = { [TIMEMGMT_CLOCK_FOLLOW_UP] = take_follow_up },
    [TIMEMGMT_CLOCK_DELAY_ASKED] = { [TIMEMGMT_CLOCK_DELAY_RESPONSE] = take_response },
};

bool timemgmt_clocksync_take (timemgmt_clocksync_t *self, const timemgmt_clock_message_t *in,
                              int64_t now_ns, timemgmt_clock_message_t *out)
{
    base_assert (self != NULL && in != NULL && out != NULL);
    taker_t *taker =
        in->kind <= TIMEMGMT_CLOCK_DELAY_RESPONSE ? takers[self->state][in->kind] : NULL;
    if (!taker || in->number != self->number) {
        self->counts.unasked++;
        return false;
    }
    /*  What came before it was asked for, and what the RTI sent before it had the question. */
    bool tells = in->kind == TIMEMGMT_CLOCK_TELL;
    int64_t since_ns =
        in->kind == TIMEMGMT_CLOCK_DELAY_RESPONSE ? self->request_ns : self->asked_ns;
    bool good = now_ns >= since_ns && is_moment (now_ns) && is_moment (in->received_ns) &&
                is_moment (in->sent_ns) && (!tells || in->sent_ns >= in->received_ns);
    if (!good) {
        self->counts.future++;
        return false;
    }
    return taker (self, in, now_ns, out);
}

/*  The estimate -------------------------------------------------------------------------------- */

/*  What NTP adds to the bound of a sample: the dispersion of the filter, each stage half as much as
    the one before, in the order of delay, and the jitter about the one of least delay
    (RFC 5905, section 10). */
static int64_t ntp_extra (const timemgmt_clocksync_t *self, int64_t now_ns)
{
    timemgmt_clock_sample_t sorted[TIMEMGMT_CLOCK_SAMPLES];
    double dispersion = 0.0, squares = 0.0, weight = 0.5;

    base_assert (self->sample_count > 0);
    for (size_t i = 0; i < self->sample_count; i++) {
        size_t j = i;
        for (; j > 0 && sorted[j - 1].round_trip_ns > self->samples[i].round_trip_ns; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = self->samples[i];
    }
    for (size_t i = 0; i < TIMEMGMT_CLOCK_SAMPLES; i++, weight /= 2.0) {
        bool there = i < self->sample_count;
        int64_t one = there ? timemgmt_clock_aged (0, now_ns - sorted[i].at_ns) : missing_ns;
        double away = there ? between (self->held.base_ns, sorted[i].base_ns) : 0.0;
        dispersion += weight * (double) one;
        squares += away * away;
    }
    size_t others = self->sample_count > 1 ? self->sample_count - 1 : 1;
    double extra = dispersion + sqrt (squares / (double) others);
    base_assert (extra >= 0.0);
    return extra < 9e18 ? (int64_t) extra : INT64_MAX;
}

static int64_t sum (int64_t a, int64_t b)
{
    base_assert (a >= 0 && b >= 0);
    return a < INT64_MAX - b ? a + b : INT64_MAX;
}

static bool add_average (const timemgmt_clocksync_t *self, int64_t now_ns,
                         timemgmt_clock_estimate_t *estimate)
{
    base_assert (self->average_bound_ns >= 0);
    if (self->members == 0 ||
        __builtin_add_overflow (self->average_ns, estimate->base_ns, &estimate->base_ns))
        return false;
    estimate->members = self->members;
    estimate->bound_ns =
        sum (estimate->bound_ns,
             timemgmt_clock_aged (self->average_bound_ns, now_ns - self->average_at_ns));
    return true;
}

bool timemgmt_clocksync_estimate (const timemgmt_clocksync_t *self, int64_t now_ns,
                                  timemgmt_clock_estimate_t *estimate)
{
    double low, high;

    base_assert (self != NULL && estimate != NULL);
    *estimate = (timemgmt_clock_estimate_t){ 0 };
    if (!self->has_held)
        return false;
    (void) rates (self, 0, &low, &high);
    *estimate = (timemgmt_clock_estimate_t){
        .base_ns = self->held.base_ns,
        .rti_base_ns = self->held.base_ns,
        .at_ns = self->held.at_ns,
        .round_trip_ns = self->held.round_trip_ns,
        .drift_ppb = (int64_t) ((low + high) / 2.0),
        .drift_bound_ppb = (int64_t) ((high - low) / 2.0) + 1,
    };
    estimate->rti_bound_ns = timemgmt_clock_aged (self->held.bound_ns, now_ns - self->held.at_ns);
    if (self->options.method == TIMEMGMT_CLOCK_NTP)
        estimate->rti_bound_ns = sum (estimate->rti_bound_ns, ntp_extra (self, now_ns));
    estimate->bound_ns = estimate->rti_bound_ns;
    if (self->options.method == TIMEMGMT_CLOCK_NTP)
        return estimate->bound_ns < TIMEMGMT_CLOCK_DISTANCE_NS;
    return self->options.method != TIMEMGMT_CLOCK_BERKELEY || add_average (self, now_ns, estimate);
}
