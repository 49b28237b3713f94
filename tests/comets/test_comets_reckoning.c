/*  What dead reckoning spares of the comets' daily updates. Orbits come from their elements;
   readers must never be further off than the threshold. */
#include <muster/deadreckoning.h>
#include "samples/comets/kepler.h"
#include "samples/comets/table.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>

enum { DAYS = 1000, EVERY = 10 };

static const double START_MJD = 49400.0;

/*  Time in days, so velocity in AU a day. */
static mst_dr_state_t comet (const comets_row_t *row, double day)
{
    comets_state_t at;
    mst_dr_state_t state = { .position = { 0.0 } };
    comets_kepler_state (&row->elements, START_MJD + day, &at);
    double r2 = 0.0;
    for (int axis = 0; axis < 3; axis++)
        r2 += at.position[axis] * at.position[axis];
    for (int axis = 0; axis < 3; axis++) {
        state.position[axis] = at.position[axis];
        state.velocity[axis] = at.velocity[axis];
        state.acceleration[axis] = -COMETS_SUN_GM * at.position[axis] / (r2 * sqrt (r2));
    }
    return state;
}

/*  Sends of all comets looked at; *asked: how many there would be without dead reckoning. */
static unsigned long long fly (const comets_table_t *table, mst_dr_model_t model, double au,
                               unsigned long long *asked)
{
    const mst_dr_options_t options = { model, au, INFINITY, 0.0 };
    unsigned long long sends = 0;
    *asked = 0;
    for (uint32_t i = 0; i < table->count; i += EVERY) {
        mst_dr_writer_t writer;
        CHECK_OK (mst_dr_writer_init (&writer, &options));
        for (int day = 0; day < DAYS; day++) {
            mst_dr_state_t truth = comet (&table->rows[i], day), believed;
            bool due;
            CHECK_OK (mst_dr_writer_due (&writer, &truth, day, &due));
            CHECK_OK (mst_dr_extrapolate (model, &writer.sent, day - writer.sent_s, &believed));
            double off = 0.0;
            for (int axis = 0; axis < 3; axis++)
                off = hypot (off, believed.position[axis] - truth.position[axis]);
            CHECK (off <= au * (1.0 + 1e-12));
        }
        sends += writer.sends;
        *asked += writer.asked;
    }
    return sends;
}

static void test_comets (void)
{
    static const double thresholds[] = { 1e-5, 1e-4, 1e-3 };
    static comets_table_t table;
    unsigned long long asked;
    CHECK_OK (comets_table_read (&table, TEST_SOURCE_DIR "/samples/comets/comets.table"));
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
        unsigned long long first = fly (&table, MST_DR_FPW, thresholds[i], &asked);
        unsigned long long second = fly (&table, MST_DR_FVW, thresholds[i], &asked);
        printf ("    threshold %g AU: of %llu updates %llu by first order, %llu by second\n",
                thresholds[i], asked, first, second);
        CHECK (second < first && first < asked);
        CHECK (thresholds[i] < 1e-4 || second * 10 < asked);
    }
}

static CU_TestInfo reckoning_tests[] = {
    { "the comets' updates", test_comets },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "comets: dead reckoning", NULL, NULL, NULL, NULL, reckoning_tests })
