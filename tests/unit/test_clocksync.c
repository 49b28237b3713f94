/*  Clock synchronisation over a network that loses, delays one way more than the other, and between
    clocks that are off, drift and jump. The network knows the truth: every estimate must lie within
    its own bound of it, and the bound must be the method's.

    MUSTER_CLOCK_SEEDS: how many networks (300). MUSTER_CLOCK_TABLE: prints errors and bounds. */
#include "tests/support/check.h"
#include "base/random.h"
#include "timemgmt/clocksync.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXCHANGES = 40, MEMBERS = 5, DEFAULT_SEEDS = 300 };

static const int64_t second = 1000000000;

/*  A member's clock, the RTI's clock, and the road between. */
typedef struct net {
    base_random_t random;
    double rate;       /* of the own clock: 1 + drift */
    int64_t offset_ns; /* the own clock at true time 0 */
    int64_t rti_ns;    /* the RTI's clock less true time */
    int64_t min_ns;    /* of a way */
    double out, back;  /* means of what comes on top */
    double loss;
    int64_t out_delay, back_delay; /* of the last exchange */
    timemgmt_clocksync_t sync;
    int64_t now;   /* true time */
    int64_t began; /* … at the beginning of the last exchange */
} net_t;

static int64_t own (const net_t *net)
{
    return (int64_t) llround ((double) net->now * net->rate) + net->offset_ns;
}

static int64_t rti (const net_t *net)
{
    return net->now + net->rti_ns;
}

static int64_t truth (const net_t *net)
{
    return rti (net) - own (net);
}

static double uniform (net_t *net)
{
    return base_random_unit (&net->random);
}

static int64_t delay (net_t *net, double mean)
{
    return net->min_ns + (int64_t) (-log (1.0 - uniform (net)) * mean);
}

static void net_init (net_t *net, uint64_t seed, timemgmt_clock_method_t method, bool knows_min)
{
    *net = (net_t){ 0 };
    base_random_init (&net->random, seed);
    net->rate = 1.0 + (uniform (net) - 0.5) * 180e-6; /* within 90 ppm */
    net->offset_ns = (int64_t) (uniform (net) * 1e17);
    net->rti_ns = INT64_C (1700000000) * second + (int64_t) (uniform (net) * 1e9);
    net->min_ns = (int64_t) (uniform (net) * 200e3);
    net->out = 10e3 + uniform (net) * 1e6;
    net->back = net->out * (0.1 + uniform (net) * 3.0); /* up to thrice as slow */
    net->loss = uniform (net) < 0.5 ? 0.0 : uniform (net) * 0.3;
    timemgmt_clock_options_t options = { method, second, knows_min ? net->min_ns : 0 };
    timemgmt_clocksync_init (&net->sync, &options, own (net));
}

/*  Own time that passes until the machine wants something. */
static void sleep_until_due (net_t *net)
{
    int64_t left = timemgmt_clocksync_next_ns (&net->sync) - own (net);
    if (left > 0)
        net->now += (int64_t) ((double) left / net->rate) + 1;
}

/*  The RTI answers one message. */
static timemgmt_clock_message_t answer (net_t *net, const timemgmt_clock_message_t *to,
                                        const timemgmt_clock_average_t *average)
{
    timemgmt_clock_message_t reply = { .number = to->number, .kind = TIMEMGMT_CLOCK_TELL };
    reply.received_ns = rti (net);
    net->now += (int64_t) (uniform (net) * 50e3); /* it has other things to do */
    reply.sent_ns = rti (net);
    if (to->kind == TIMEMGMT_CLOCK_SYNC_WANTED)
        reply.kind = TIMEMGMT_CLOCK_SYNC;
    if (to->kind == TIMEMGMT_CLOCK_DELAY_REQUEST)
        reply.kind = TIMEMGMT_CLOCK_DELAY_RESPONSE;
    if (average) {
        reply.average_ns = average->offset_ns;
        reply.average_bound_ns = average->bound_ns;
        reply.members = average->members;
    }
    return reply;
}

static bool lost (net_t *net)
{
    return uniform (net) < net->loss;
}

static void exchange_ptp (net_t *net, const timemgmt_clock_message_t *wanted)
{
    timemgmt_clock_message_t request, none;

    net->now += delay (net, net->out);
    timemgmt_clock_message_t sync = answer (net, wanted, NULL);
    timemgmt_clock_message_t follow = {
        TIMEMGMT_CLOCK_FOLLOW_UP, sync.number, 0, rti (net), 0, 0, 0
    };
    net->back_delay = delay (net, net->back);
    net->now += net->back_delay;
    if (lost (net))
        return;
    CHECK (!timemgmt_clocksync_take (&net->sync, &sync, own (net), &none));
    net->now += (int64_t) (uniform (net) * 1e5);
    CHECK (timemgmt_clocksync_take (&net->sync, &follow, own (net), &request));
    net->out_delay = delay (net, net->out);
    net->now += net->out_delay;
    timemgmt_clock_message_t response = answer (net, &request, NULL);
    net->now += delay (net, net->back);
    if (!lost (net))
        CHECK (!timemgmt_clocksync_take (&net->sync, &response, own (net), &none));
}

/*  One exchange. True: a sample was taken. */
static bool exchange (net_t *net, const timemgmt_clock_average_t *average)
{
    timemgmt_clock_message_t ask, none;
    uint64_t before = net->sync.counts.exchanges;

    sleep_until_due (net);
    net->began = net->now;
    CHECK (timemgmt_clocksync_due (&net->sync, own (net), &ask));
    if (ask.kind == TIMEMGMT_CLOCK_SYNC_WANTED) {
        exchange_ptp (net, &ask);
        return net->sync.counts.exchanges > before;
    }
    int64_t left = net->now;
    net->out_delay = delay (net, net->out);
    net->now += net->out_delay;
    timemgmt_clock_message_t reply = answer (net, &ask, average);
    if (net->sync.options.method == TIMEMGMT_CLOCK_CRISTIAN) /* its one time is that of leaving */
        net->out_delay = net->now - left;
    net->back_delay = delay (net, net->back);
    net->now += net->back_delay;
    if (!lost (net))
        CHECK (!timemgmt_clocksync_take (&net->sync, &reply, own (net), &none));
    return net->sync.counts.exchanges > before;
}

static uint64_t seeds (void)
{
    const char *text = getenv ("MUSTER_CLOCK_SEEDS");
    return text ? strtoull (text, NULL, 10) : DEFAULT_SEEDS;
}

static uint64_t away (int64_t a, int64_t b)
{
    return (uint64_t) (a > b ? a - b : b - a);
}

/*  For the table of docs/clocks.md. */
typedef struct tally {
    double error, bound, worst;
    uint64_t count;
} tally_t;

static void count (tally_t *tally, int64_t error, int64_t bound)
{
    double size = fabs ((double) error);
    tally->error += size;
    tally->bound += (double) bound;
    tally->worst = fmax (tally->worst, size / (double) bound);
    tally->count++;
}

static void print (const char *what, const tally_t *tally)
{
    if (getenv ("MUSTER_CLOCK_TABLE"))
        printf ("| %s | %.0f | %.0f | %.2f |\n", what, tally->error / (double) tally->count / 1e3,
                tally->bound / (double) tally->count / 1e3, tally->worst);
}

/*  The estimate now; its error is within its bound, and so is the drift's. */
static bool check_estimate (net_t *net, uint64_t seed, timemgmt_clock_estimate_t *now)
{
    if (!timemgmt_clocksync_estimate (&net->sync, own (net), now))
        return false;
    double drift_ppb = (1.0 / net->rate - 1.0) * 1e9;
    bool good = away (now->rti_base_ns, truth (net)) <= (uint64_t) now->rti_bound_ns &&
                fabs (drift_ppb - (double) now->drift_ppb) <= (double) now->drift_bound_ppb + 1.0;
    if (!CHECK (good))
        printf ("seed %llu: off by %lld of %lld ns\n", (unsigned long long) seed,
                (long long) (now->rti_base_ns - truth (net)), (long long) now->rti_bound_ns);
    return true;
}

/*  The theory: a sample is wrong by half of what one way took more than the other, plus what the
    clocks drifted meanwhile; and its bound is half the round trip less the smallest delay. */
static void check_sample (const net_t *net, int64_t floor_ns)
{
    const timemgmt_clock_sample_t *sample = &net->sync.samples[0];
    int64_t both = net->out_delay + net->back_delay;
    int64_t slack = (net->now - net->began) / 5000 + 300;
    int64_t error = sample->base_ns - truth (net);
    CHECK (away (error, (net->out_delay - net->back_delay) / 2) <= (uint64_t) slack);
    CHECK (away (sample->bound_ns, both / 2 - floor_ns) <= (uint64_t) slack);
}

static void run_method (timemgmt_clock_method_t method, bool knows_min, const char *what)
{
    tally_t tally = { 0 };
    for (uint64_t seed = 1; seed <= seeds (); seed++) {
        net_t net;
        timemgmt_clock_estimate_t now;
        net_init (&net, seed, method, knows_min);
        for (int i = 0; i < EXCHANGES; i++) {
            if (exchange (&net, NULL))
                check_sample (&net, net.sync.options.min_delay_ns);
            net.now += (int64_t) (uniform (&net) * 0.3e9);
            if (check_estimate (&net, seed, &now) && i >= EXCHANGES / 2)
                count (&tally, now.rti_base_ns - truth (&net), now.rti_bound_ns);
        }
        CHECK (net.sync.counts.exchanges > EXCHANGES / 8);
        CHECK_INT (net.sync.counts.jumped + net.sync.counts.restarts, 0);
        CHECK_INT (net.sync.counts.negative + net.sync.counts.future, 0);
        CHECK_INT (net.sync.counts.unasked, 0);
    }
    print (what, &tally);
}

static void test_cristian (void)
{
    run_method (TIMEMGMT_CLOCK_CRISTIAN, false, "`cristian`");
    run_method (TIMEMGMT_CLOCK_CRISTIAN, true, "`cristian`, smallest delay known");
}

static void test_ptp (void)
{
    run_method (TIMEMGMT_CLOCK_PTP, false, "`ptp`");
    run_method (TIMEMGMT_CLOCK_PTP, true, "`ptp`, smallest delay known");
}

/*  RFC 5905, sections 8, 10 and 11.2.1, from the log of all samples: the eight last ones. */
static double rfc_distance (const timemgmt_clock_sample_t *log, int logged, int64_t held_at,
                            int64_t now)
{
    const double phi = TIMEMGMT_CLOCK_DRIFT_PPM * 1e-6;
    double sum = 0.0, squares = 0.0;
    int first = logged > 8 ? logged - 8 : 0, used = logged - first, held = first;
    bool taken[8] = { false };
    for (int i = first; i < logged; i++)
        if (log[i].at_ns == held_at)
            held = i;
    for (int rank = 0; rank < 8; rank++) {
        int least = -1;
        for (int i = first; i < logged; i++)
            if (!taken[i - first] && (least < 0 || log[i].round_trip_ns < log[least].round_trip_ns))
                least = i;
        double one = 16e9; /* a stage without a sample */
        if (least >= 0) {
            taken[least - first] = true;
            one = phi * (double) (now - log[least].at_ns);
            squares += pow ((double) (log[least].base_ns - log[held].base_ns), 2.0);
        }
        sum += one / pow (2.0, rank + 1);
    }
    return (double) log[held].round_trip_ns / 2.0 + sum + phi * (double) (now - log[held].at_ns) +
           sqrt (squares / (used > 1 ? used - 1 : 1));
}

/*  The newest sample is the one of least delay of the filter's eight. */
static bool newest_is_best (const timemgmt_clock_sample_t *log, int logged)
{
    const timemgmt_clock_sample_t *newest = &log[logged - 1];
    for (int i = logged > 8 ? logged - 8 : 0; i < logged - 1; i++)
        if (log[i].round_trip_ns <= newest->round_trip_ns)
            return false;
    return true;
}

static void test_ntp (void)
{
    run_method (TIMEMGMT_CLOCK_NTP, false, "`ntp`");
    for (uint64_t seed = 1; seed <= seeds () / 10; seed++) {
        net_t net;
        timemgmt_clock_sample_t log[EXCHANGES];
        timemgmt_clock_estimate_t now;
        int logged = 0;
        net_init (&net, seed, TIMEMGMT_CLOCK_NTP, false);
        for (int i = 0; i < EXCHANGES; i++) {
            bool fresh = exchange (&net, NULL);
            if (fresh)
                log[logged++] = net.sync.samples[0];
            if (fresh && newest_is_best (log, logged))
                CHECK_INT (net.sync.held.at_ns, log[logged - 1].at_ns);
            bool known = timemgmt_clocksync_estimate (&net.sync, own (&net), &now);
            bool in_filter = logged > 0 && now.at_ns >= log[logged > 8 ? logged - 8 : 0].at_ns;
            if (!in_filter) /* the held one is older than the filter's: RFC 5905 keeps it, too */
                continue;
            double theory = rfc_distance (log, logged, now.at_ns, own (&net));
            CHECK (fabs ((double) now.rti_bound_ns - theory) < 2000.0 + theory / 1000.0);
            CHECK_INT (known, now.rti_bound_ns < TIMEMGMT_CLOCK_DISTANCE_NS);
        }
        CHECK (logged > 4 && now.rti_bound_ns < TIMEMGMT_CLOCK_DISTANCE_NS);
    }
}

/*  Berkeley ------------------------------------------------------------------------------------ */

typedef struct group {
    net_t nets[MEMBERS];
    int64_t wall_ns[MEMBERS]; /* a member's wall clock less its own clock */
    timemgmt_clock_reading_t readings[MEMBERS + 1];
    bool known[MEMBERS];
} group_t;

static int64_t wall_offset (const group_t *group, int i)
{
    return group->wall_ns[i] - truth (&group->nets[i]); /* wall less RTI */
}

static void group_init (group_t *group, uint64_t seed)
{
    *group = (group_t){ 0 };
    for (int i = 0; i < MEMBERS; i++) {
        net_t *net = &group->nets[i];
        net_init (net, seed * 100 + (uint64_t) i, TIMEMGMT_CLOCK_BERKELEY, false);
        /*  Close together, but for one that is an hour off. */
        int64_t off = (int64_t) ((uniform (net) - 0.5) * 200e6);
        group->wall_ns[i] = truth (net) + off + (i == 0 ? 3600 * second : 0);
    }
}

/*  The average over who is known, as the RTI makes it. */
static timemgmt_clock_average_t group_average (const group_t *group)
{
    timemgmt_clock_reading_t readings[MEMBERS + 1] = { { 0, 0 } };
    size_t used = 1;
    for (int i = 0; i < MEMBERS; i++)
        if (group->known[i])
            readings[used++] = group->readings[i];
    return timemgmt_clock_average (readings, used);
}

static void group_round (group_t *group)
{
    for (int i = 0; i < MEMBERS; i++) {
        net_t *net = &group->nets[i];
        timemgmt_clock_estimate_t now;
        timemgmt_clock_average_t average = group_average (group);
        (void) exchange (net, &average);
        (void) timemgmt_clocksync_estimate (&net->sync, own (net), &now);
        if (!net->sync.has_held)
            continue;
        group->known[i] = true;
        group->readings[i] =
            (timemgmt_clock_reading_t){ group->wall_ns[i] - now.rti_base_ns, now.rti_bound_ns };
    }
}

static void test_berkeley (void)
{
    tally_t tally = { 0 };
    for (uint64_t seed = 1; seed <= seeds (); seed++) {
        group_t group;
        group_init (&group, seed);
        for (int round = 0; round < EXCHANGES / 2; round++)
            group_round (&group);
        timemgmt_clock_average_t average = group_average (&group);
        double expected = 0.0, spread = 0.0;
        CHECK_INT (average.members, MEMBERS); /* the RTI, and all but the outlier */
        for (int i = 1; i < MEMBERS; i++) {
            expected += (double) wall_offset (&group, i) / MEMBERS;
            spread += (double) group.readings[i].bound_ns / MEMBERS;
        }
        double error = (double) average.offset_ns - expected;
        /*  Readings age until now: that is drift, at most. */
        double slack = 1e3 + 100e-6 * 40e9 / EXCHANGES;
        CHECK (fabs (error) <= spread + slack);
        CHECK (fabs ((double) average.bound_ns - spread) < 10.0);
        timemgmt_clock_estimate_t now;
        net_t *net = &group.nets[1];
        CHECK (timemgmt_clocksync_estimate (&net->sync, own (net), &now));
        CHECK_INT (now.members, MEMBERS);
        int64_t off = now.base_ns - truth (net) - (int64_t) expected;
        CHECK (away (off, 0) <= (uint64_t) now.bound_ns + (uint64_t) slack);
        count (&tally, off, now.bound_ns);
    }
    print ("`berkeley`, 5 members, one an hour off", &tally);
}

static void check_average (const timemgmt_clock_reading_t *given, size_t many, int64_t offset,
                           size_t members)
{
    timemgmt_clock_reading_t readings[8];
    for (size_t i = 0; i < many; i++)
        readings[i] = given[i];
    timemgmt_clock_average_t average = timemgmt_clock_average (readings, many);
    CHECK (away (average.offset_ns, offset) <= 1);
    CHECK_INT (average.members, members);
}

static void test_average (void)
{
    const timemgmt_clock_reading_t alone[] = { { 0, 0 } };
    const timemgmt_clock_reading_t three[] = { { 900, 5 }, { 0, 0 }, { -300, 5 } };
    const timemgmt_clock_reading_t far[] = { { 10 * second, 1 }, { 0, 0 }, { -20 * second, 1 } };
    const timemgmt_clock_reading_t most[] = {
        { 10 * second, 1 }, { 0, 0 }, { 10 * second + 100, 1 }, { 10 * second - 100, 1 }, { 3, 3 }
    };
    const timemgmt_clock_reading_t tie[] = {
        { 10 * second, 1 }, { 10 * second + 2, 1 }, { 0, 0 }, { 1000, 9 }
    };
    const timemgmt_clock_reading_t ends[] = { { INT64_MAX, INT64_MAX },
                                              { 0, 0 },
                                              { INT64_MIN, 1 } };
    check_average (alone, 1, 0, 1);
    check_average (three, 3, 200, 3);
    check_average (far, 3, 0, 1); /* nobody agrees: the RTI's own clock */
    check_average (most, 5, 10 * second, 3);
    check_average (tie, 4, 500, 2); /* the set that has the RTI's */
    check_average (ends, 3, 0, 1);
}

/*  What does not fit --------------------------------------------------------------------------- */

typedef struct story {
    timemgmt_clocksync_t sync;
    timemgmt_clock_message_t ask;
    timemgmt_clock_estimate_t before;
} story_t;

/*  Own clock 0, RTI 1,000 s ahead, ways of 10 us: known after one exchange. */
static void begin (story_t *story, timemgmt_clock_method_t method, int64_t min_delay)
{
    timemgmt_clock_options_t options = { method, second, min_delay };
    timemgmt_clock_message_t none;
    timemgmt_clocksync_init (&story->sync, &options, 0);
    CHECK (timemgmt_clocksync_due (&story->sync, 0, &story->ask));
    timemgmt_clock_message_t tell = { .kind = TIMEMGMT_CLOCK_TELL,
                                      .number = story->ask.number,
                                      .received_ns = 1000 * second + 10000,
                                      .sent_ns = 1000 * second + 10000 };
    CHECK (!timemgmt_clocksync_take (&story->sync, &tell, 20000, &none));
    CHECK_INT (story->sync.counts.exchanges, 1);
    CHECK (timemgmt_clocksync_estimate (&story->sync, 5 * second, &story->before));
    CHECK_INT (story->before.base_ns, 1000 * second);
}

static void same_as_before (const story_t *story)
{
    timemgmt_clock_estimate_t now;
    CHECK (timemgmt_clocksync_estimate (&story->sync, 5 * second, &now));
    CHECK_BYTES (&now, &story->before, sizeof now);
}

static void tell_at (story_t *story, int64_t asked, int64_t received, int64_t sent, int64_t back)
{
    timemgmt_clock_message_t none;
    CHECK (timemgmt_clocksync_due (&story->sync, asked, &story->ask));
    timemgmt_clock_message_t tell = { .kind = TIMEMGMT_CLOCK_TELL,
                                      .number = story->ask.number,
                                      .received_ns = received,
                                      .sent_ns = sent };
    CHECK (!timemgmt_clocksync_take (&story->sync, &tell, back, &none));
}

static void test_refused (void)
{
    story_t story;
    timemgmt_clock_message_t ask, none, tell = { .kind = TIMEMGMT_CLOCK_TELL, .number = 1 };

    begin (&story, TIMEMGMT_CLOCK_CRISTIAN, 0);
    CHECK (!timemgmt_clocksync_take (&story.sync, &tell, 30000, &none)); /* nothing was asked */
    CHECK_INT (story.sync.counts.unasked, 1);
    int64_t at = story.sync.next_ns, far = 1000 * second;
    CHECK (timemgmt_clocksync_due (&story.sync, at, &ask));
    CHECK (!timemgmt_clocksync_due (&story.sync, at, &none)); /* one at a time */
    for (uint64_t kind = 0; kind < 20; kind++) {
        timemgmt_clock_message_t other = { .kind = kind, .number = ask.number + (kind == 4) };
        CHECK (!timemgmt_clocksync_take (&story.sync, &other, at + 1, &none));
    }
    CHECK_INT (story.sync.counts.unasked, 21);
    tell =
        (timemgmt_clock_message_t){ TIMEMGMT_CLOCK_TELL, ask.number, far + at, far + at, 0, 0, 0 };
    CHECK (!timemgmt_clocksync_take (&story.sync, &tell, at - 1, &none)); /* before it was asked */
    tell.sent_ns = tell.received_ns - 1;                                  /* sent before it came */
    CHECK (!timemgmt_clocksync_take (&story.sync, &tell, at + 5, &none));
    tell.received_ns = INT64_MIN;
    CHECK (!timemgmt_clocksync_take (&story.sync, &tell, at + 5, &none));
    tell.received_ns = tell.sent_ns = INT64_MAX;
    CHECK (!timemgmt_clocksync_take (&story.sync, &tell, at + 5, &none));
    CHECK_INT (story.sync.counts.future, 4);
    CHECK_INT (story.sync.counts.exchanges, 1);
    same_as_before (&story);
}

static void test_negative (void)
{
    story_t story;
    begin (&story, TIMEMGMT_CLOCK_CRISTIAN, 8000);
    int64_t at = story.sync.next_ns, far = 1000 * second;
    tell_at (&story, at, far + at + 100, far + at + 100, at + 1000); /* faster than any message */
    CHECK_INT (story.sync.counts.negative, 1);
    same_as_before (&story);
    timemgmt_clocksync_init (&story.sync,
                             &(timemgmt_clock_options_t){ TIMEMGMT_CLOCK_NTP, second, 0 }, 0);
    tell_at (&story, 0, far, far + 5000, 1000); /* longer at the RTI than away */
    CHECK_INT (story.sync.counts.negative, 1);
    CHECK_INT (story.sync.counts.exchanges, 0);
    CHECK (!timemgmt_clocksync_estimate (&story.sync, second, &story.before));
}

static void test_jump (void)
{
    story_t story;
    begin (&story, TIMEMGMT_CLOCK_CRISTIAN, 0);
    int64_t far = 1000 * second;
    for (int i = 0; i < 3; i++) { /* each says something else */
        int64_t at = story.sync.next_ns, lie = far + at + (i + 1) * second;
        tell_at (&story, at, lie, lie, at + 20000);
        same_as_before (&story);
    }
    CHECK_INT (story.sync.counts.jumped, 3);
    for (int i = 0; i < 4; i++) { /* all the same: it did jump, a minute back */
        int64_t at = story.sync.next_ns, told = far - 60 * second + at + 10000;
        if (i > 0)
            same_as_before (&story);
        tell_at (&story, at, told, told, at + 20000);
    }
    CHECK_INT (story.sync.counts.jumped, 6);
    CHECK_INT (story.sync.counts.restarts, 1);
    timemgmt_clock_estimate_t now;
    CHECK (timemgmt_clocksync_estimate (&story.sync, story.sync.next_ns, &now));
    CHECK_INT (now.base_ns, far - 60 * second);
}

static void test_silence (void)
{
    timemgmt_clocksync_t sync;
    timemgmt_clock_message_t ask, tell = { .kind = TIMEMGMT_CLOCK_TELL, .number = 1 };
    timemgmt_clock_options_t options = { TIMEMGMT_CLOCK_NTP, second, 0 };
    timemgmt_clocksync_init (&sync, &options, 0);
    CHECK (timemgmt_clocksync_due (&sync, 0, &ask));
    CHECK_INT (timemgmt_clocksync_next_ns (&sync), 4 * second);
    CHECK (!timemgmt_clocksync_due (&sync, 4 * second - 1, &ask));
    CHECK (timemgmt_clocksync_due (&sync, 4 * second, &ask));
    CHECK_INT (sync.counts.lost, 1);
    CHECK (!timemgmt_clocksync_take (&sync, &tell, 4 * second + 1, &ask)); /* to the first */
    CHECK_INT (sync.counts.unasked, 1);
    options.method = TIMEMGMT_CLOCK_OFF;
    timemgmt_clocksync_init (&sync, &options, 0);
    CHECK (!timemgmt_clocksync_due (&sync, INT64_MAX, &ask));
    CHECK_INT (timemgmt_clocksync_next_ns (&sync), INT64_MAX);
}

/*  Any stamps at all: nothing overflows, and the bound is never negative. */
static void test_garbage (void)
{
    base_random_t random;
    base_random_init (&random, 7);
    for (int method = 1; method < TIMEMGMT_CLOCK_METHODS; method++) {
        timemgmt_clocksync_t sync;
        timemgmt_clock_options_t options = { (timemgmt_clock_method_t) method, 1, 0 };
        int64_t now = 0;
        timemgmt_clocksync_init (&sync, &options, 0);
        for (int i = 0; i < 20000; i++) {
            timemgmt_clock_message_t in, out;
            timemgmt_clock_estimate_t estimate;
            now += (int64_t) base_random_below (&random, 3000000000);
            (void) timemgmt_clocksync_due (&sync, now, &out);
            in = (timemgmt_clock_message_t){
                base_random_below (&random, 8),       sync.number,
                (int64_t) base_random_next (&random), (int64_t) base_random_next (&random),
                (int64_t) base_random_next (&random), (int64_t) base_random_next (&random),
                base_random_below (&random, 3)
            };
            if (base_random_chance (&random, 0.5))
                in.sent_ns = in.received_ns;
            (void) timemgmt_clocksync_take (&sync, &in, now, &out);
            if (timemgmt_clocksync_estimate (&sync, now, &estimate))
                CHECK (estimate.bound_ns >= 0 && estimate.drift_bound_ppb >= 0);
        }
        CHECK (sync.counts.unasked > 0 && sync.counts.future > 0);
    }
}

static void test_names (void)
{
    timemgmt_clock_method_t method = TIMEMGMT_CLOCK_OFF;
    CHECK (timemgmt_clock_method_parse ("ptp", &method));
    CHECK_INT (method, TIMEMGMT_CLOCK_PTP);
    CHECK (!timemgmt_clock_method_parse ("sundial", &method));
    CHECK_INT (method, TIMEMGMT_CLOCK_PTP);
    CHECK_TEXT (timemgmt_clock_method_name (TIMEMGMT_CLOCK_BERKELEY), "berkeley");
    CHECK (timemgmt_clock_method_name (TIMEMGMT_CLOCK_METHODS) == NULL);
}

static CU_TestInfo clocksync_tests[] = {
    { "Cristian's error is within half the round trip less the minimum", test_cristian },
    { "NTP's error is within the root distance", test_ntp },
    { "PTP's error is half the asymmetry", test_ptp },
    { "Berkeley's average is within the spread of the readings", test_berkeley },
    { "outliers are left out of an average", test_average },
    { "what does not fit changes nothing", test_refused },
    { "a round trip below nothing is refused", test_negative },
    { "a jump is refused until it is believed", test_jump },
    { "who gets no answer asks again", test_silence },
    { "any stamps at all", test_garbage },
    { "methods have names", test_names },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "clocksync", NULL, NULL, NULL, NULL, clocksync_tests })
