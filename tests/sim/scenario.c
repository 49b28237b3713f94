/*  From a seed to a scenario, and from a scenario to a verdict. */
#include "tests/sim/scenario.h"
#include "base/error.h"
#include "tests/sim/world.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const theme_names[SIM_THEMES] = { "time",      "order",     "death",
                                                     "migration", "causality", "meeting",
                                                     "optimistic" };

const char *sim_theme_name (sim_theme_t theme)
{
    return theme_names[theme];
}

bool sim_theme_find (const char *name, sim_theme_t *theme)
{
    for (int i = 0; i < SIM_THEMES; i++)
        if (strcmp (name, theme_names[i]) == 0) {
            *theme = (sim_theme_t) i;
            return true;
        }
    return false;
}

/*  Making one -------------------------------------------------------------------------------- */

static bool chance (base_random_t *dice, double probability)
{
    return base_random_chance (dice, probability);
}

static int64_t below (base_random_t *dice, int64_t bound)
{
    return (int64_t) base_random_below (dice, (uint64_t) bound);
}

/*  Names in another order than handles. */
static void name_plans (sim_scenario_t *self, base_random_t *dice)
{
    char letters[SIM_ACTORS];

    for (int i = 0; i < self->count; i++)
        letters[i] = (char) ('a' + i);
    for (int i = self->count; i-- > 1;) {
        int64_t k = below (dice, i + 1);
        char held = letters[i];
        letters[i] = letters[k];
        letters[k] = held;
    }
    for (int i = 0; i < self->count; i++)
        (void) snprintf (self->plans[i].name, sizeof self->plans[i].name, "%cfed", letters[i]);
}

static void choose_declarations (sim_plan_t *plan, base_random_t *dice)
{
    static const uint64_t masks[SIM_CLASSES] = { SIM_PLACE | SIM_MOOD | SIM_FLICKER,
                                                 SIM_PLACE | SIM_MOOD | SIM_FLICKER | SIM_LIGHT };

    for (int i = 0; i < SIM_CLASSES; i++) {
        plan->publish[i] = chance (dice, 0.6) ? masks[i] : 0;
        plan->subscribe[i] =
            chance (dice, 0.5) ? masks[i] & (base_random_next (dice) | SIM_PLACE) : 0;
    }
    for (int i = 0; i < SIM_INTERACTIONS; i++) {
        plan->says[i] = chance (dice, 0.5);
        plan->hears[i] = chance (dice, 0.5);
    }
}

static void choose_time (sim_plan_t *plan, base_random_t *dice)
{
    plan->regulating = chance (dice, 0.75);
    plan->constrained = chance (dice, 0.75);
    plan->lookahead = chance (dice, 0.3) ? 0 : 1 + below (dice, 4);
    plan->step_max = 1 + below (dice, 5);
    for (size_t i = 0; i < sizeof plan->kinds; i++)
        plan->kinds[i] = (uint8_t) (WIRE_ADVANCE_TAR + below (dice, 4));
}

static void choose_plan (sim_scenario_t *self, int index, base_random_t *dice)
{
    sim_plan_t *plan = &self->plans[index];

    choose_declarations (plan, dice);
    choose_time (plan, dice);
    plan->join_ns = below (dice, 30000000);
    plan->chatter = 1 + (uint32_t) below (dice, 4);
    plan->value_bytes = (uint32_t) below (dice, 60);
    plan->bundle_bytes = chance (dice, 0.5) ? 0 : 100 + (uint32_t) below (dice, 1000);
    plan->relay = chance (dice, 0.15);
    plan->resign_action = MST_RESIGN_DIVEST;
}

/*  Requests whose grants are the same on every run. */
static void only_repeatable (sim_plan_t *plan, base_random_t *dice)
{
    bool by_message = chance (dice, 0.5);
    for (size_t i = 0; i < sizeof plan->kinds; i++)
        plan->kinds[i] = by_message && chance (dice, 0.7) ? WIRE_ADVANCE_NMR : WIRE_ADVANCE_TAR;
}

static void theme_time (sim_scenario_t *self, base_random_t *dice)
{
    self->settled = true;
    self->objects = 0.05;
    self->lookaheads = 0.1;
    self->toggles = chance (dice, 0.3) ? 0.05 : 0;
    self->plans[below (dice, self->count)].pauses_after =
        chance (dice, 0.3) ? 20 + (uint32_t) below (dice, 150) : 0;
    for (int i = 0; i < self->count; i++)
        if (chance (dice, 0.1)) {
            self->plans[i].late = true;
            self->plans[i].join_ns = 50000000 + below (dice, 400000000);
        }
}

static void theme_order (sim_scenario_t *self, base_random_t *dice)
{
    self->settled = self->repeatable = true;
    self->objects = 0.08;
    self->deletes = chance (dice, 0.5) ? 0.05 : 0;
    self->lookaheads = 0.05;
    self->route_failure = chance (dice, 0.4) ? 0.3 : 0;
    self->loss = chance (dice, 0.5) ? 0.2 : 0;
    for (int i = 0; i < self->count; i++)
        only_repeatable (&self->plans[i], dice);
}

/*  Everybody waits for everybody, and much is on its way when somebody dies. */
static void tighten (sim_scenario_t *self, base_random_t *dice)
{
    for (int i = 0; i < self->count; i++) {
        sim_plan_t *plan = &self->plans[i];
        plan->regulating = plan->constrained = true;
        plan->lookahead = below (dice, 3);
        plan->step_max = 4;
        plan->chatter = 6;
        if (chance (dice,
                    0.6)) /* it owns nothing, so that nothing but its messages is left of it */
            plan->publish[0] = plan->publish[1] = 0;
        for (int k = 0; k < SIM_INTERACTIONS; k++)
            plan->says[k] = plan->hears[k] = true;
        only_repeatable (plan, dice);
    }
}

static void theme_death (sim_scenario_t *self, base_random_t *dice)
{
    static const uint32_t actions[] = { MST_RESIGN_DIVEST, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST,
                                        MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST };
    self->settled = true;
    self->objects = 0.1;
    self->loss = chance (dice, 0.3) ? 0.2 : 0;
    self->route_failure = chance (dice, 0.3) ? 0.3 : 0;
    self->delete_on_loss = chance (dice, 0.3);
    if (chance (dice, 0.4))
        tighten (self, dice);
    for (int i = 0; i < self->count; i++) {
        sim_plan_t *plan = &self->plans[i];
        if (chance (dice, 0.35)) {
            plan->dies_after =
                3 + (uint32_t) below (dice, chance (dice, 0.3) ? 30 : 30 + 25 * self->count);
            plan->dies_dirty = chance (dice, 0.4);
            plan->dies_asking = !plan->dies_dirty && chance (dice, 0.6);
        } else if (chance (dice, 0.3)) {
            plan->resigns_at = 2 + below (dice, 15);
            plan->resign_action = actions[below (dice, self->delete_on_loss ? 3 : 1)];
            plan->dies_lingering = chance (dice, 0.2);
        }
        if (chance (dice, 0.15))
            plan->pauses_after = 10 + (uint32_t) below (dice, 200);
        if (chance (dice, 0.1)) {
            plan->late = true;
            plan->join_ns = 50000000 + below (dice, 400000000);
        }
    }
}

/*  All step by one and know all entities, so that each can be a home. */
static void theme_migration (sim_scenario_t *self, base_random_t *dice)
{
    self->settled = self->homes = true;
    self->objects = 0.05;
    self->migrations = 0.2;
    self->end = 12 + below (dice, 12);
    for (int i = 0; i < self->count; i++) {
        sim_plan_t *plan = &self->plans[i];
        plan->regulating = plan->constrained = true;
        plan->lookahead = 1;
        plan->step_max = 1;
        memset (plan->kinds, WIRE_ADVANCE_TAR, sizeof plan->kinds);
        plan->publish[0] = plan->subscribe[0] = SIM_PLACE | SIM_MOOD | SIM_FLICKER;
        plan->publish[1] = plan->subscribe[1] = 0;
        if (chance (dice, 0.2))
            plan->publish[0] = 0; /* cannot be a home: it refuses */
        if (chance (dice, 0.25)) {
            plan->dies_after = 15 + (uint32_t) below (dice, 300);
            plan->dies_dirty = chance (dice, 0.4);
            plan->dies_asking = !plan->dies_dirty && chance (dice, 0.6);
        } else if (chance (dice, 0.1))
            plan->resigns_at = 3 + below (dice, 12);
    }
}

static void theme_causality (sim_scenario_t *self, base_random_t *dice)
{
    self->settled = chance (dice, 0.4);
    self->objects = 0.3;
    self->deletes = 0.15;
    self->points = 0.08;
    self->churn = self->settled ? 0 : chance (dice, 0.7) ? 0.2 : 0;
    self->ownership = chance (dice, 0.6) ? 0.3 : 0;
    self->route_failure = chance (dice, 0.3) ? 0.3 : 0;
    for (int i = 0; i < self->count; i++) {
        sim_plan_t *plan = &self->plans[i];
        if (chance (dice, 0.3))
            plan->regulating = plan->constrained = false;
        if (!self->settled && chance (dice, 0.1))
            plan->dies_after = 15 + (uint32_t) below (dice, 300);
        if (chance (dice, 0.1)) {
            plan->late = true;
            plan->join_ns = 50000000 + below (dice, 200000000);
        }
    }
}

static void theme_meeting (sim_scenario_t *self, base_random_t *dice)
{
    self->settled = true;
    self->barriers = 0.3;
    self->points = 0.05;
    for (int i = 0; i < self->count; i++) {
        sim_plan_t *plan = &self->plans[i];
        plan->resign_action = MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST;
        if (chance (dice, 0.15))
            plan->dies_after = 15 + (uint32_t) below (dice, 200);
        else if (chance (dice, 0.15))
            plan->resigns_at = 2 + below (dice, 15);
    }
}

/*  Some flush their queues, some are conservative, all take back some of what they say. A quarter
   is without flushes and deaths: there all that is given must repeat, whatever was retracted when.
 */
static void theme_optimistic (sim_scenario_t *self, base_random_t *dice)
{
    self->settled = true;
    self->repeatable = chance (dice, 0.25);
    self->objects = 0.1;
    self->deletes = chance (dice, 0.6) ? 0.15 : 0;
    self->lookaheads = 0.05;
    self->retractions = 0.3 + 0.1 * (double) below (dice, 6);
    self->route_failure = chance (dice, 0.2) ? 0.3 : 0;
    self->delete_on_loss = chance (dice, 0.3);
    for (int i = 0; i < self->count; i++) {
        sim_plan_t *plan = &self->plans[i];
        bool flushes = chance (dice, 0.5);
        plan->says[0] = plan->hears[0] = true;
        plan->chatter = 2 + (uint32_t) below (dice, 5);
        for (size_t k = 0; k < sizeof plan->kinds; k++)
            if (flushes && chance (dice, 0.8))
                plan->kinds[k] = WIRE_ADVANCE_FQR;
        if (self->repeatable) {
            only_repeatable (plan, dice);
            continue;
        }
        if (chance (dice, 0.2)) {
            plan->dies_after = 10 + (uint32_t) below (dice, 30 + 25 * self->count);
            plan->dies_dirty = chance (dice, 0.4);
            plan->dies_asking = !plan->dies_dirty && chance (dice, 0.6);
        } else if (chance (dice, 0.15))
            plan->resigns_at = 2 + below (dice, 15);
        if (chance (dice, 0.1))
            plan->pauses_after = 10 + (uint32_t) below (dice, 200);
        if (chance (dice, 0.1)) {
            plan->late = true;
            plan->join_ns = 50000000 + below (dice, 400000000);
        }
    }
}

void sim_scenario_make (sim_scenario_t *self, sim_theme_t theme, uint64_t seed)
{
    static void (*const make[SIM_THEMES]) (sim_scenario_t *, base_random_t *) = {
        theme_time,      theme_order,   theme_death,     theme_migration,
        theme_causality, theme_meeting, theme_optimistic
    };
    base_random_t dice;

    *self = (sim_scenario_t){ .seed = seed, .theme = theme };
    base_random_init (&dice, seed * 31 + (uint64_t) theme);
    self->count = 2 + (int) below (&dice, 7);
    self->end = 10 + below (&dice, 30);
    name_plans (self, &dice);
    for (int i = 0; i < self->count; i++)
        choose_plan (self, i, &dice);
    make[theme](self, &dice);
    self->causal = seed % 3 == 0; /* drawn from the seed alone: the other dice stay as they were */
    self->plans[0].late = false;  /* somebody begins */
    if (self->plans[0].join_ns > 30000000)
        self->plans[0].join_ns = 0;
}

void sim_scenario_print (const sim_scenario_t *self)
{
    printf ("theme %s, seed %llu: %d federates to %lld%s%s; failing routes %.1f, loss %.1f, "
            "objects %.2f, deletes %.2f, churn %.2f, ownership %.2f, migrations %.2f\n",
            sim_theme_name (self->theme), (unsigned long long) self->seed, self->count,
            (long long) self->end, self->settled ? ", settled" : "",
            self->repeatable ? ", repeatable"
            : self->causal   ? ", causal"
                             : "",
            self->route_failure, self->loss, self->objects, self->deletes, self->churn,
            self->ownership, self->migrations);
    for (int i = 0; i < self->count; i++) {
        const sim_plan_t *plan = &self->plans[i];
        printf ("  %s:%s%s%s%s lookahead %lld, step %lld,", plan->name,
                plan->regulating ? " regulating" : "", plan->constrained ? " constrained" : "",
                plan->relay ? " relayed" : "", plan->late ? " late" : "",
                (long long) plan->lookahead, (long long) plan->step_max);
        for (size_t k = 0; k < sizeof plan->kinds; k++)
            printf (" %s", timemgmt_kind_name ((timemgmt_kind_t) (plan->kinds[k] - 1)));
        printf (", publishes %llx %llx, subscribes %llx %llx",
                (unsigned long long) plan->publish[0], (unsigned long long) plan->publish[1],
                (unsigned long long) plan->subscribe[0], (unsigned long long) plan->subscribe[1]);
        if (plan->dies_after)
            printf (", dies after %u inputs%s", plan->dies_after,
                    plan->dies_dirty    ? " in a call"
                    : plan->dies_asking ? " after asking"
                                        : "");
        if (plan->pauses_after)
            printf (", pauses after %u inputs", plan->pauses_after);
        if (plan->resigns_at)
            printf (", resigns at %lld%s", (long long) plan->resigns_at,
                    plan->dies_lingering ? " and dies" : "");
        printf ("\n");
    }
}

/*  Running it -------------------------------------------------------------------------------- */

static const char model_head[] =
    "<objectModel><objects><objectClass><name>HLAobjectRoot</name><objectClass><name>Body</name>"
    "<attribute><name>Place</name><transportation>HLAreliable</transportation>"
    "<order>TimeStamp</order></attribute>"
    "<attribute><name>Mood</name><transportation>HLAreliable</transportation>"
    "<order>Receive</order></attribute>"
    "<attribute><name>Flicker</name><transportation>HLAbestEffort</transportation>"
    "<order>Receive</order></attribute>"
    "<objectClass><name>Star</name>"
    "<attribute><name>Light</name><transportation>HLAreliable</transportation>"
    "<order>TimeStamp</order></attribute>"
    "</objectClass></objectClass></objectClass></objects>"
    "<interactions><interactionClass><name>HLAinteractionRoot</name>"
    "<interactionClass><name>Event</name><transportation>HLAreliable</transportation>"
    "<order>TimeStamp</order><parameter><name>Id</name></parameter>"
    "<interactionClass><name>Loud</name><transportation>HLAreliable</transportation>"
    "<order>TimeStamp</order></interactionClass></interactionClass>"
    "<interactionClass><name>Word</name><transportation>HLAreliable</transportation>"
    "<order>Receive</order><parameter><name>Id</name></parameter></interactionClass>"
    "<interactionClass><name>Noise</name><transportation>HLAbestEffort</transportation>"
    "<order>Receive</order><parameter><name>Id</name></parameter></interactionClass>"
    "</interactionClass></interactions>"
    "<switches><automaticResignAction resignAction=\"";
static const char model_tail[] = "\"/></switches></objectModel>";

static void create_federation (sim_world_t *world)
{
    char model[4096];
    base_buffer_t frame;
    size_t start;
    uint64_t connection = ++world->connections;
    wire_up_t up = { .sequence = 1 };

    (void) snprintf (model, sizeof model, "%s%s%s", model_head,
                     world->scenario->delete_on_loss ? "CancelThenDeleteThenDivest"
                                                     : "UnconditionallyDivestAttributes",
                     model_tail);
    wire_module_item_t item = { WIRE_MODULE_FILE,
                                { "sim.xml", 7 },
                                { (const uint8_t *) model, strlen (model) } };
    wire_create_federation_execution_with_modules_t args = { { "sim", 3 }, { &item, 1 } };
    base_buffer_init (&frame);
    mst_err_t err = wire_frame_begin (&frame, &start);
    if (!err)
        err = wire_up_write (&frame, &up);
    if (!err)
        err = wire_service_encode (WIRE_SERVICE_CREATE_FEDERATION_EXECUTION_WITH_MODULES, &args,
                                   &frame);
    if (!err)
        err = wire_frame_end (&frame, start, WIRE_SERVICE_CREATE_FEDERATION_EXECUTION_WITH_MODULES,
                              0, 0);
    rti_event_t event = { .kind = RTI_EVENT_MESSAGE,
                          .connection = connection,
                          .data = frame.data,
                          .size_bytes = frame.size_bytes };
    if (!err)
        err = rti_core_step (world->rti, &event, &world->effects);
    if (!err && world->effects.send_count > 0)
        sim_fail (world, "the federation execution cannot be created");
    rti_effects_clear (&world->effects);
    event = (rti_event_t){ .kind = RTI_EVENT_LOST, .connection = connection, .text = "" };
    if (!err)
        err = rti_core_step (world->rti, &event, &world->effects);
    rti_effects_clear (&world->effects);
    base_buffer_fini (&frame);
    if (err)
        sim_fail (world, "create: %s", mst_error_text ());
}

void sim_fail (sim_world_t *world, const char *format, ...)
{
    va_list args;

    if (world->outcome->failed)
        return;
    world->outcome->failed = true;
    va_start (args, format);
    (void) vsnprintf (world->outcome->failure, sizeof world->outcome->failure, format, args);
    va_end (args);
    SIM_SAY (world, -1, "FAILED: %s", world->outcome->failure);
}

const char *sim_name (const sim_world_t *world, int actor)
{
    return actor < 0 || actor >= world->count ? "RTI" : world->actors[actor].plan->name;
}

static void run (const sim_scenario_t *scenario, uint64_t network_seed, bool keep, bool verbose,
                 sim_outcome_t *outcome)
{
    sim_world_t *world = calloc (1, sizeof *world);
    rti_options_t options = { .seed = scenario->seed + 1 };

    world->scenario = scenario;
    world->outcome = outcome;
    world->count = scenario->count;
    base_random_init (&world->random, network_seed);
    sim_trace_init (&world->trace, keep, verbose);
    for (int i = 0; i < world->count; i++) {
        sim_actor_t *actor = &world->actors[i];
        actor->world = world;
        actor->index = i;
        actor->plan = &scenario->plans[i];
        actor->barrier = -1;
    }
    network_init (world);
    oracle_init (world);
    if (rti_core_new (&options, &world->rti))
        sim_fail (world, "the RTI cannot be made");
    create_federation (world);
    network_run (world);
    if (!outcome->failed)
        oracle_end (world);
    if (outcome->failed)
        sim_trace_tail (&world->trace);
    network_fini (world);
    rti_core_destroy (&world->rti);
    oracle_fini (world);
    sim_trace_fini (&world->trace);
    free (world);
}

void sim_run (const sim_scenario_t *scenario, uint64_t network_seed, bool verbose,
              sim_outcome_t *outcome)
{
    *outcome = (sim_outcome_t){ 0 };
    run (scenario, network_seed, false, verbose, outcome);
}

/*  Trying seeds -------------------------------------------------------------------------------- */

static void add_up (sim_outcome_t *sum, const sim_outcome_t *one)
{
    sum->events += one->events;
    sum->messages += one->messages;
    sum->delivered += one->delivered;
    sum->grants += one->grants;
    sum->kills += one->kills;
    sum->commits += one->commits;
    sum->aborts += one->aborts;
    sum->gaps += one->gaps;
    sum->flushes += one->flushes;
    sum->retractions += one->retractions;
    sum->recalls += one->recalls;
}

static bool tell (const sim_scenario_t *scenario, uint64_t network_seed,
                  const sim_outcome_t *outcome)
{
    sim_outcome_t again = { 0 };

    printf ("\n");
    sim_scenario_print (scenario);
    run (scenario, network_seed, true, false, &again);
    printf (
        "FAILED: %s\n(replay: MUSTER_SIM_SEED=%llu test_sim_%s, or sim --theme %s --seed %llu)\n",
        outcome->failure, (unsigned long long) scenario->seed, sim_theme_name (scenario->theme),
        sim_theme_name (scenario->theme), (unsigned long long) scenario->seed);
    return false;
}

static bool same_digests (const sim_scenario_t *scenario, const sim_outcome_t *a, sim_outcome_t *b)
{
    for (int i = 0; i < scenario->count; i++) {
        if (a->digests[i] == b->digests[i] || scenario->plans[i].late)
            continue;
        b->failed = true;
        (void) snprintf (b->failure, sizeof b->failure,
                         "%s was given something else in time with another network",
                         scenario->plans[i].name);
        return false;
    }
    return true;
}

bool sim_try (sim_theme_t theme, uint64_t seed, bool verbose, sim_outcome_t *sum)
{
    sim_scenario_t scenario;
    sim_outcome_t first, second;
    char story[128];

    (void) snprintf (story, sizeof story, "MUSTER_SIM_SEED=%llu test_sim_%s ended the process",
                     (unsigned long long) seed, sim_theme_name (theme));
    sim_trace_abort_story (story);
    sim_scenario_make (&scenario, theme, seed);
    if (verbose)
        sim_scenario_print (&scenario);
    base_alloc_count (true);
    int64_t before = base_alloc_live ();
    sim_run (&scenario, seed, verbose, &first);
    if (!first.failed && base_alloc_live () != before) {
        first.failed = true;
        (void) snprintf (first.failure, sizeof first.failure, "%lld blocks are left in memory",
                         (long long) (base_alloc_live () - before));
    }
    if (first.failed)
        return tell (&scenario, seed, &first);
    if (sum)
        add_up (sum, &first);
    if (!scenario.repeatable)
        return true;
    sim_run (&scenario, seed + 1000003, verbose, &second);
    if (!second.failed)
        (void) same_digests (&scenario, &first, &second);
    if (second.failed)
        return tell (&scenario, seed + 1000003, &second);
    if (sum)
        add_up (sum, &second);
    return true;
}

int sim_try_all (sim_theme_t theme)
{
    enum { SEEDS = 1000, FAILURES_MAX = 3 };
    const char *one = getenv ("MUSTER_SIM_SEED"), *many = getenv ("MUSTER_SIM_SEEDS");
    sim_outcome_t sum = { 0 };
    uint64_t first = 1, count = many ? strtoull (many, NULL, 10) : SEEDS;
    int failures = 0;

    if (one) {
        first = strtoull (one, NULL, 10);
        count = 1;
    }
    for (uint64_t seed = first; seed < first + count && failures < FAILURES_MAX; seed++)
        failures += !sim_try (theme, seed, one != NULL, &sum);
    printf ("%s: %llu seeds, %llu events, %llu messages, %llu deliveries, %llu grants, %llu kills, "
            "%llu hand-overs (%llu aborted, %llu with a gap), %llu flushes, %llu retractions "
            "(%llu of what was given)\n",
            sim_theme_name (theme), (unsigned long long) count, (unsigned long long) sum.events,
            (unsigned long long) sum.messages, (unsigned long long) sum.delivered,
            (unsigned long long) sum.grants, (unsigned long long) sum.kills,
            (unsigned long long) sum.commits, (unsigned long long) sum.aborts,
            (unsigned long long) sum.gaps, (unsigned long long) sum.flushes,
            (unsigned long long) sum.retractions, (unsigned long long) sum.recalls);
    return failures;
}
