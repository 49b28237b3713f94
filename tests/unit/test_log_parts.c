/*  Parts of recordings: the world at any moment, slices, merges, counts, against a list of all
    messages that the test keeps itself. The seed of a failure stands in its text. */
#include "tests/support/check.h"
#include "tests/support/log_memory.h"
#include "tests/support/sweep.h"

#include "base/alloc.h"
#include "base/random.h"
#include "log/count.h"
#include "log/merge.h"
#include "log/moment.h"
#include "log/slice.h"
#include "log/verify.h"

#include <stdio.h>
#include <string.h>

enum {
    TIMES = 24,
    OBJECTS = 6,
    MEMBERS = 3,
    SENDERS = 3,
    EVENTS_MAX = 1000,
    NS = 1000,
    STATE_EVERY = 7 /* times between two states in the file */
};

static const char *const senders[SENDERS] = { "ann", "bob", "cleo" };

/*  One message of the test's list. */
typedef struct event {
    int64_t time;
    log_kind_t kind;
    int class_of, object, member, value, sender;
    uint64_t sequence;
    log_order_t order;
} event_t;

typedef struct story {
    event_t events[EVENTS_MAX];
    int count;
    uint64_t sequences[SENDERS][2];
} story_t;

/*  What a story comes to: the oracle. */
typedef struct world {
    bool there[OBJECTS];
    int values[OBJECTS][MEMBERS]; /* 0: none */
} world_t;

static void world_fold (world_t *world, const story_t *story, int64_t before)
{
    memset (world, 0, sizeof *world);
    for (int i = 0; i < story->count; i++) {
        const event_t *event = &story->events[i];
        if (event->time >= before || event->kind == LOG_KIND_INTERACTION)
            continue;
        if (event->kind == LOG_KIND_REGISTER || event->kind == LOG_KIND_DELETE)
            memset (world->values[event->object], 0, sizeof world->values[0]);
        world->there[event->object] = event->kind != LOG_KIND_DELETE;
        if (event->kind == LOG_KIND_UPDATE)
            world->values[event->object][event->member] = event->value;
    }
}

static void story_add (story_t *self, event_t event)
{
    if (self->count == EVENTS_MAX)
        return;
    event.order = event.kind == LOG_KIND_UPDATE || event.kind == LOG_KIND_INTERACTION
                      ? LOG_ORDER_TIME_STAMP
                      : LOG_ORDER_RECEIVE;
    event.sequence = ++self->sequences[event.sender][event.order];
    event.class_of = event.kind == LOG_KIND_INTERACTION ? 2 : event.object % 2;
    self->events[self->count++] = event;
}

/*  Objects come, change and go, at each time a few of them. */
static void story_make (story_t *self, uint64_t seed)
{
    base_random_t dice;
    bool there[OBJECTS] = { false };
    memset (self, 0, sizeof *self);
    base_random_init (&dice, seed);
    for (int64_t time = 1; time <= TIMES; time++)
        for (int i = 0; i < 8; i++) {
            event_t event = { .time = time,
                              .object = (int) base_random_below (&dice, OBJECTS),
                              .member = (int) base_random_below (&dice, MEMBERS),
                              .value = 1 + (int) base_random_below (&dice, 1000000),
                              .sender = (int) base_random_below (&dice, SENDERS) };
            bool *here = &there[event.object];
            if (base_random_below (&dice, 5) == 0)
                event.kind = LOG_KIND_INTERACTION;
            else if (!*here)
                event.kind = LOG_KIND_REGISTER;
            else
                event.kind = base_random_below (&dice, 10) == 0 ? LOG_KIND_DELETE : LOG_KIND_UPDATE;
            if (event.kind == LOG_KIND_REGISTER || event.kind == LOG_KIND_DELETE)
                *here = event.kind == LOG_KIND_REGISTER;
            story_add (self, event);
        }
}

/*  Writing ------------------------------------------------------------------------------------ */

static mst_err_t event_write (log_writer_t *writer, const uint16_t *channels, const event_t *event,
                              log_state_t *state)
{
    char object[24], value[16];
    (void) snprintf (object, sizeof object, "body-%d", event->object);
    (void) snprintf (value, sizeof value, "%d", event->value);
    bool valued = event->kind == LOG_KIND_UPDATE || event->kind == LOG_KIND_INTERACTION;
    log_value_t values = { event->kind == LOG_KIND_UPDATE ? (uint32_t) event->member : 0,
                           log_text (value) };
    log_message_t message = { .kind = event->kind,
                              .order = event->order,
                              .has_time = event->order == LOG_ORDER_TIME_STAMP,
                              .time = event->order == LOG_ORDER_TIME_STAMP ? event->time : 0,
                              .sequence = event->sequence,
                              .sender = log_text (senders[event->sender]),
                              .object =
                                  log_text (event->kind == LOG_KIND_INTERACTION ? "" : object),
                              .values = valued ? &values : NULL,
                              .value_count = valued ? 1 : 0 };
    mst_err_t err = log_writer_message (writer, channels[event->class_of], &message,
                                        (uint64_t) event->time * NS, 1);
    return err ? err : log_state_apply (state, channels[event->class_of], &message);
}

static mst_err_t classes_write (log_writer_t *writer, uint16_t *channels, unsigned classes)
{
    static const log_member_t members[MEMBERS] = { { "X", "" }, { "Y", "" }, { "Z", "" } };
    static const log_class_t all[] = { { "HLAobjectRoot.Even", false, members, MEMBERS },
                                       { "HLAobjectRoot.Odd", false, members, MEMBERS },
                                       { "HLAinteractionRoot.Call", true, members, 1 } };
    mst_err_t err = MST_OK;
    for (int i = 0; i < 3 && !err; i++)
        if (classes >> i & 1)
            err = log_writer_add_class (writer, &all[i], &channels[i]);
    return err;
}

/*  The events of some classes (a mask), with a state in the file now and then. */
static mst_err_t story_write (const story_t *story, unsigned classes, bool states,
                              log_memory_t *memory)
{
    log_writer_options_t options = { .chain_interval = 1 };
    uint16_t channels[3] = { 0, 0, 0 };
    log_writer_t *writer;
    log_state_t state;
    int64_t time = 0;
    log_state_init (&state);
    mst_err_t err = log_writer_new (&writer, &options, log_memory_sink (memory));
    if (!err)
        err = classes_write (writer, channels, classes);
    for (int i = 0; i < story->count && !err; i++) {
        const event_t *event = &story->events[i];
        if (event->time > time && time > 0) { /* a chunk a time */
            err = log_writer_close_below (writer, event->time);
            if (!err)
                err = log_writer_flush (writer);
            if (!err && states && time % STATE_EVERY == 0)
                err = log_writer_state (writer, &state, NULL, NULL, (uint64_t) time * NS);
        }
        time = event->time;
        if (!err && (classes >> event->class_of & 1))
            err = event_write (writer, channels, event, &state);
    }
    if (!err)
        err = log_writer_finish (writer);
    log_writer_destroy (&writer);
    log_state_fini (&state);
    return err;
}

/*  Looking ------------------------------------------------------------------------------------ */

static bool world_is (const world_t *world, const log_state_t *state)
{
    size_t there = 0;
    for (int i = 0; i < OBJECTS; i++) {
        char name[24], value[16];
        (void) snprintf (name, sizeof name, "body-%d", i);
        const log_state_object_t *object = log_state_find (state, log_text (name));
        there += world->there[i];
        if (world->there[i] != (object != NULL))
            return false;
        for (uint32_t k = 0; object && k < MEMBERS; k++) {
            const log_state_value_t *is = k < object->value_count ? &object->values[k] : NULL;
            (void) snprintf (value, sizeof value, "%d", world->values[i][k]);
            bool present = is && is->present;
            if (present != (world->values[i][k] != 0) ||
                (present && !log_span_is (log_span (is->data, is->size_bytes), log_text (value))))
                return false;
        }
    }
    return there == log_state_count (state);
}

static log_reader_t *open_memory (log_memory_t *memory)
{
    log_source_t source = log_memory_source (memory);
    log_reader_t *reader = NULL;
    CHECK_OK (log_reader_new (&reader, &source));
    return reader;
}

static void check_good (log_memory_t *memory)
{
    log_source_t source = log_memory_source (memory);
    log_report_t report;
    log_report_init (&report);
    CHECK_OK (log_verify (&source, &report));
    log_report_fini (&report);
}

/*  Moments ------------------------------------------------------------------------------------ */

static void check_moments (uint64_t seed, bool states)
{
    story_t story;
    world_t world;
    log_memory_t memory;
    log_moment_t moment;
    story_make (&story, seed);
    log_memory_init (&memory);
    log_moment_init (&moment);
    CHECK_OK (story_write (&story, 7, states, &memory));
    check_good (&memory);
    log_reader_t *reader = open_memory (&memory);
    for (int64_t before = 0; before <= TIMES + 2; before++) {
        world_fold (&world, &story, before);
        CHECK_OK (log_moment_at (&moment, reader, (uint64_t) before * NS));
        if (!CHECK (world_is (&world, &moment.state)))
            fprintf (stderr, "seed %llu, before %lld\n", (unsigned long long) seed,
                     (long long) before);
        if (states && before > STATE_EVERY) /* it does not begin at the beginning */
            CHECK (moment.since_ns >= (uint64_t) (before - 1 - STATE_EVERY) * NS);
        CHECK (states || moment.since_ns == 0);
    }
    log_reader_destroy (&reader);
    log_moment_fini (&moment);
    log_memory_fini (&memory);
}

static void test_moments (void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        check_moments (seed, true);
        check_moments (seed, false);
    }
}

/*  A state that cannot be read costs time, not truth. */
static void test_damaged_state (void)
{
    story_t story;
    world_t world;
    log_memory_t memory;
    log_moment_t moment;
    story_make (&story, 3);
    log_memory_init (&memory);
    log_moment_init (&moment);
    CHECK_OK (story_write (&story, 7, true, &memory));
    log_reader_t *reader = open_memory (&memory);
    size_t last = log_reader_attachment_count (reader) - 1;
    memory.bytes.data[log_reader_attachment_at (reader, last)->offset + 80] ^= 0x55;
    log_reader_destroy (&reader);
    reader = open_memory (&memory);
    world_fold (&world, &story, TIMES);
    CHECK_OK (log_moment_at (&moment, reader, TIMES * NS));
    CHECK (world_is (&world, &moment.state));
    CHECK_INT (moment.since_ns, 2 * STATE_EVERY * NS);
    log_reader_destroy (&reader);
    log_moment_fini (&moment);
    log_memory_fini (&memory);
}

/*  Slices ------------------------------------------------------------------------------------- */

static mst_err_t slice_memory (log_memory_t *from, int64_t low, int64_t high, const char *class_of,
                               const char *sender, log_memory_t *to, log_slice_t *report)
{
    log_source_t source = log_memory_source (from);
    log_reader_t *reader = NULL;
    const char *classes[1] = { class_of }, *who[1] = { sender };
    log_select_t select = { .classes = classes,
                            .class_count = class_of ? 1 : 0,
                            .senders = who,
                            .sender_count = sender ? 1 : 0,
                            .from_ns = (uint64_t) low * NS,
                            .until_ns = (uint64_t) high * NS };
    mst_err_t err = log_reader_new (&reader, &source);
    if (!err)
        err = log_slice (reader, &select, NULL, 0, log_memory_sink (to), report);
    log_reader_destroy (&reader);
    return err;
}

static int story_between (const story_t *story, int64_t low, int64_t high, int class_of, int sender)
{
    int count = 0;
    for (int i = 0; i < story->count; i++) {
        const event_t *event = &story->events[i];
        count += event->time >= low && event->time < high &&
                 (class_of < 0 || event->class_of == class_of) &&
                 (sender < 0 || event->sender == sender);
    }
    return count;
}

static void test_slices (void)
{
    story_t story;
    world_t world;
    log_memory_t memory, part;
    log_slice_t report;
    log_moment_t moment;
    story_make (&story, 7);
    log_memory_init (&memory);
    CHECK_OK (story_write (&story, 7, true, &memory));
    for (int64_t low = 1; low < TIMES; low += 5)
        for (int64_t high = low + 1; high <= TIMES + 1; high += 4) {
            log_memory_init (&part);
            log_moment_init (&moment);
            CHECK_OK (slice_memory (&memory, low, high, NULL, NULL, &part, &report));
            CHECK_INT (report.messages, story_between (&story, low, high, -1, -1));
            CHECK_INT (sample_count (&part), story_between (&story, low, high, -1, -1));
            check_good (&part);
            log_reader_t *reader = open_memory (&part);
            world_fold (&world, &story, low);
            CHECK_OK (log_moment_at (&moment, reader, (uint64_t) low * NS));
            CHECK (world_is (&world, &moment.state));
            world_fold (&world, &story, high);
            CHECK_OK (log_moment_at (&moment, reader, (uint64_t) high * NS));
            CHECK (world_is (&world, &moment.state));
            log_reader_destroy (&reader);
            log_moment_fini (&moment);
            log_memory_fini (&part);
        }
    log_memory_init (&part);
    CHECK_OK (slice_memory (&memory, 5, 20, "Odd", "bob", &part, &report));
    CHECK_INT (sample_count (&part), story_between (&story, 5, 20, 1, 1));
    check_good (&part);
    log_memory_fini (&part);
    log_memory_fini (&memory);
}

/*  Merges ------------------------------------------------------------------------------------- */

static mst_err_t merge_memory (log_memory_t *const *from, size_t count, log_memory_t *to,
                               log_merge_t *report)
{
    log_merge_input_t inputs[4] = { { 0 } };
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < count && !err; i++) {
        inputs[i].source = log_memory_source (from[i]);
        inputs[i].name = "a part";
        err = log_reader_new (&inputs[i].reader, &inputs[i].source);
    }
    if (!err)
        err = log_merge (inputs, count, NULL, 0, log_memory_sink (to), report);
    for (size_t i = 0; i < count; i++)
        log_reader_destroy (&inputs[i].reader);
    return err;
}

static void count_memory (log_memory_t *one, log_memory_t *other, log_counts_t *counts)
{
    log_reader_t *first = open_memory (one), *second = open_memory (other);
    CHECK_OK (log_count_differences (first, second, 0, 0, counts));
    log_reader_destroy (&first);
    log_reader_destroy (&second);
}

static int story_timed (const story_t *story)
{
    int timed = 0;
    for (int i = 0; i < story->count; i++)
        timed += story->events[i].order == LOG_ORDER_TIME_STAMP;
    return timed;
}

/*  Whatever the cut, and however far the parts overlap, they make the whole again. */
static void test_merged_slices (void)
{
    story_t story;
    log_memory_t memory, parts[2], whole;
    log_memory_t *const both[] = { &parts[1], &parts[0] };
    log_slice_t slice;
    log_merge_t report;
    log_counts_t counts;
    story_make (&story, 11);
    log_memory_init (&memory);
    CHECK_OK (story_write (&story, 7, false, &memory));
    for (int64_t cut = 2; cut < TIMES; cut += 7)
        for (int64_t over = 0; over <= 4; over += 2) {
            log_memory_init (&parts[0]);
            log_memory_init (&parts[1]);
            log_memory_init (&whole);
            CHECK_OK (slice_memory (&memory, 1, cut + over, NULL, NULL, &parts[0], &slice));
            CHECK_OK (slice_memory (&memory, cut, TIMES + 1, NULL, NULL, &parts[1], &slice));
            CHECK_OK (merge_memory (both, 2, &whole, &report));
            CHECK_INT (report.duplicates, story_between (&story, cut, cut + over, -1, -1));
            CHECK_INT (sample_count (&whole), story.count);
            check_good (&whole);
            count_memory (&memory, &whole, &counts);
            CHECK_INT (counts.same, story_timed (&story));
            CHECK_INT (counts.only_first + counts.only_second, 0);
            CHECK_INT (counts.received[1], counts.received[0]);
            log_memory_fini (&parts[0]);
            log_memory_fini (&parts[1]);
            log_memory_fini (&whole);
        }
    log_memory_fini (&memory);
}

/*  Recordings of different classes; and the same twice. */
static void test_merged_classes (void)
{
    story_t story;
    log_memory_t parts[2], whole, all;
    log_memory_t *const both[] = { &parts[0], &parts[1] };
    log_memory_t *const twice[] = { &all, &all };
    log_merge_t report;
    log_counts_t counts;
    story_make (&story, 13);
    log_memory_init (&parts[0]);
    log_memory_init (&parts[1]);
    log_memory_init (&whole);
    log_memory_init (&all);
    CHECK_OK (story_write (&story, 1, false, &parts[0]));
    CHECK_OK (story_write (&story, 6, true, &parts[1]));
    CHECK_OK (story_write (&story, 7, false, &all));
    CHECK_OK (merge_memory (both, 2, &whole, &report));
    CHECK_INT (report.duplicates, 0);
    CHECK_INT (sample_count (&whole), story.count);
    check_good (&whole);
    count_memory (&all, &whole, &counts);
    CHECK_INT (counts.same, story_timed (&story));
    CHECK_INT (counts.only_first + counts.only_second, 0);
    log_memory_fini (&whole);
    log_memory_init (&whole);
    CHECK_OK (merge_memory (twice, 2, &whole, &report));
    CHECK_INT (report.duplicates, story.count);
    CHECK_INT (sample_count (&whole), story.count);
    log_memory_fini (&parts[0]);
    log_memory_fini (&parts[1]);
    log_memory_fini (&whole);
    log_memory_fini (&all);
}

static void test_merge_refuses (void)
{
    story_t one, other;
    log_memory_t first, second, some, out;
    log_memory_t *const runs[] = { &first, &second };
    log_memory_t *const common[] = { &first, &some };
    log_merge_t report;
    story_make (&one, 17);
    other = one;
    log_memory_init (&first);
    log_memory_init (&second);
    log_memory_init (&some);
    log_memory_init (&out);
    for (int i = other.count; i-- > 0;)
        if (other.events[i].order == LOG_ORDER_TIME_STAMP) {
            other.events[i].value = one.events[i].value + 1;
            break;
        }
    CHECK_OK (story_write (&one, 7, false, &first));
    CHECK_OK (story_write (&other, 7, false, &second));
    CHECK_OK (story_write (&one, 3, false, &some));
    CHECK_ERR (merge_memory (runs, 2, &out, &report), MST_E_DIFFERS);
    CHECK_ERR (merge_memory (common, 2, &out, &report), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "muster log slice --class");
    log_memory_fini (&first);
    log_memory_fini (&second);
    log_memory_fini (&some);
    log_memory_fini (&out);
}

/*  One message less shifts all later sequences, and is one difference all the same. */
static void test_counts (void)
{
    story_t story, less;
    log_memory_t first, second;
    log_counts_t counts;
    story_make (&story, 19);
    memset (&less, 0, sizeof less);
    int dropped = 0;
    for (int i = 0; i < story.count; i++) {
        event_t event = story.events[i];
        if (event.order == LOG_ORDER_TIME_STAMP && event.time == 9 && dropped++ == 0)
            continue;
        story_add (&less, event);
    }
    log_memory_init (&first);
    log_memory_init (&second);
    CHECK_OK (story_write (&story, 7, false, &first));
    CHECK_OK (story_write (&less, 7, false, &second));
    count_memory (&first, &second, &counts);
    CHECK_INT (counts.only_first, 1);
    CHECK_INT (counts.only_second, 0);
    CHECK_INT (counts.same, story_timed (&story) - 1);
    log_memory_fini (&first);
    log_memory_fini (&second);
}

static void test_classes_by_name (void)
{
    static const struct {
        const char *name, *chosen;
        bool within;
    } rows[] = {
        { "HLAobjectRoot.Ball", "Ball", true },
        { "HLAobjectRoot.Ball", "HLAobjectRoot.Ball", true },
        { "HLAobjectRoot.Ball.Foot", "Ball", true },
        { "HLAobjectRoot.Ball.Foot", "Foot", true },
        { "HLAobjectRoot.Ball.Foot", "Ball.Foot", true },
        { "HLAobjectRoot.Ball", "Ball.Foot", false },
        { "HLAobjectRoot.Football", "Ball", false },
        { "HLAobjectRoot.Ballast", "Ball", false },
        { "HLAobjectRoot.Ball", "", false },
        { "HLAobjectRoot.Ball", "HLAobjectRoot", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT (log_class_within (log_text (rows[i].name), rows[i].chosen), rows[i].within);
}

/*  Memory ------------------------------------------------------------------------------------- */

static void sweep_all (void *user)
{
    const story_t *story = user;
    log_memory_t memory, part, whole;
    log_memory_t *const both[] = { &memory, &part };
    log_slice_t slice;
    log_merge_t merge;
    log_memory_init (&memory);
    log_memory_init (&part);
    log_memory_init (&whole);
    mst_err_t err = story_write (story, 7, true, &memory);
    if (!err)
        err = slice_memory (&memory, 2, 4, NULL, "ann", &part, &slice);
    if (!err)
        (void) merge_memory (both, 2, &whole, &merge);
    log_memory_fini (&memory);
    log_memory_fini (&part);
    log_memory_fini (&whole);
}

static void test_memory (void)
{
    story_t story;
    story_make (&story, 23);
    story.count = 40;
    CHECK (sweep_allocations (sweep_all, &story) > 0);
}

static CU_TestInfo parts_tests[] = {
    { "the world at every moment, with states in the file and without", test_moments },
    { "a damaged state is passed over", test_damaged_state },
    { "slices hold their messages and begin with their world", test_slices },
    { "slices make the whole again", test_merged_slices },
    { "different classes become one recording", test_merged_classes },
    { "what does not belong together is refused", test_merge_refuses },
    { "differences are counted", test_counts },
    { "classes by name", test_classes_by_name },
    { "no memory leaves nothing behind", test_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "log parts", NULL, NULL, NULL, NULL, parts_tests })
