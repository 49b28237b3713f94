/*  Class inheritance from end to end: random class trees, random declarations and random owners,
   each step settled, against a small slow model of IEEE 1516.1's rules:

      - an object is discovered as the closest class, from the registered one upwards, that its
        receiver subscribes to; that stays so until it is forgotten;
      - an update reaches whoever knows the object, with the values of the attributes that he
        subscribes to at the class by which he knows it, whatever class its sender knows;
      - an attribute can be owned by who knows it and publishes it at the class by which he knows
        the object;
      - an interaction is received as the closest class subscribed to, with the parameters of that.

    MUSTER_CLASS_SEEDS sets how many trees are tried. */
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "base/error.h"
#include "base/random.h"
#include "federate/core/core.h"
#include "rti/core/core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLASSES_MAX = 8,
    OBJECTS_MAX = 12,
    STEPS = 300,
    SEEDS = 400,
    LINES_MAX = 64,
    LINE_BYTES = 160
};

static const char *const names[FEDERATION_MEMBERS] = { "ann", "bob", "cid", "dot" };

/*  The model ----------------------------------------------------------------------------------- */

typedef struct tree {
    int count;
    int parent[CLASSES_MAX];  /* of class 0, the root: -1; else a lower number */
    int members[CLASSES_MAX]; /* attributes or parameters, inherited ones included */
    uint32_t handle[CLASSES_MAX];
} tree_t;

typedef struct thing {
    mst_object_t id;
    int class; /* that it was registered as; -1: it is gone */
    int registrar, number;
    int known[FEDERATION_MEMBERS]; /* class; -1: not known */
    int owner[64];                 /* by attribute handle - 1; -1: nobody */
} thing_t;

typedef struct model {
    base_random_t dice;
    tree_t objects, interactions;
    bool
        best_effort[64]; /* by attribute handle - 1: those of one number are alike in all classes */
    bool timed[64];
    uint64_t publishes[FEDERATION_MEMBERS][CLASSES_MAX];
    uint64_t subscribes[FEDERATION_MEMBERS][CLASSES_MAX];
    bool says[FEDERATION_MEMBERS][CLASSES_MAX], hears[FEDERATION_MEMBERS][CLASSES_MAX];
    bool regulating[FEDERATION_MEMBERS];
    thing_t things[OBJECTS_MAX];
    int thing_count, registered[FEDERATION_MEMBERS];
    char lines[LINES_MAX][LINE_BYTES]; /* what the members are to be told; with "?" at the end: may
                                          be, as best effort does not wait for control */
    int line_count;
} model_t;

static model_t model;
static federation_t world;
static char story[STEPS * 128];

static int roll (int below)
{
    return (int) base_random_below (&model.dice, (uint64_t) below);
}

static uint64_t mask_of (int count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C (1) << count) - 1;
}

static int nearest (const tree_t *tree, int class, const uint64_t *subscribed)
{
    while (class >= 0 && subscribed[class] == 0)
        class = tree->parent[class];
    return class;
}

static int nearest_heard (int class, const bool *heard)
{
    while (class >= 0 && !heard[class])
        class = model.interactions.parent[class];
    return class;
}

static bool is_a (const tree_t *tree, int class, int ancestor)
{
    while (class > ancestor)
        class = tree->parent[class];
    return class == ancestor;
}

static void tell (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

static void tell (const char *format, ...)
{
    va_list args;
    base_assert (model.line_count < LINES_MAX);
    va_start (args, format);
    (void) vsnprintf (model.lines[model.line_count++], LINE_BYTES, format, args);
    va_end (args);
}

static void did (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

static void did (const char *format, ...)
{
    size_t length = strlen (story);
    va_list args;
    va_start (args, format);
    (void) vsnprintf (story + length, sizeof story - length, format, args);
    va_end (args);
}

/*  An object model of random trees ---------------------------------------------------------------
 */

static void grow (tree_t *tree, int root_members)
{
    *tree = (tree_t){ .count = 3 + roll (CLASSES_MAX - 2), .parent = { -1 } };
    tree->members[0] = root_members;
    for (int i = 1; i < tree->count; i++) { /* rather deep than wide */
        tree->parent[i] = roll (3) == 0 ? roll (i) : i - 1;
        tree->members[i] = tree->members[tree->parent[i]] + 1 + roll (2);
    }
}

static void write_class (char *xml, size_t size, const tree_t *tree, int class, bool objects)
{
    const char *kind = objects ? "object" : "interaction";
    size_t at = strlen (xml);

#define PUT(...) at += (size_t) snprintf (xml + at, size - at, __VA_ARGS__)
    if (class == 0)
        PUT ("<%sClass><name>HLA%sRoot</name>", kind, kind);
    else
        PUT ("<%sClass><name>%c%d</name>", kind, objects ? 'O' : 'I', class);
    if (!objects)
        PUT ("<transportation>HLAreliable</transportation><order>Receive</order>");
    int first = class == 0 ? tree->members[0] : tree->members[tree->parent[class]];
    for (int i = first; i < tree->members[class]; i++)
        if (objects)
            PUT ("<attribute><name>a%d</name><transportation>%s</transportation><order>%s</order>"
                 "</attribute>",
                 class * 10 + i, model.best_effort[i] ? "HLAbestEffort" : "HLAreliable",
                 model.timed[i] ? "TimeStamp" : "Receive");
        else
            PUT ("<parameter><name>p%d</name></parameter>", class * 10 + i);
    for (int i = class + 1; i < tree->count; i++)
        if (tree->parent[i] == class) {
            write_class (xml, size, tree, i, objects);
            at = strlen (xml);
        }
    PUT ("</%sClass>", kind);
#undef PUT
}

static void find_handles (tree_t *tree, const fom_tree_t *in, char letter)
{
    tree->handle[0] = 1;
    for (int i = 1; i < tree->count; i++) {
        char name[16];
        uint32_t index = 0;
        (void) snprintf (name, sizeof name, "%c%d", letter, i);
        CHECK_OK (fom_class_find (in, name, &index));
        CHECK_INT (fom_class (in, index)->member_count, tree->members[i]);
        tree->handle[i] = index + 1;
    }
}

static void begin (uint64_t seed)
{
    static char xml[16384];

    memset (&model, 0, sizeof model);
    story[0] = '\0';
    base_random_init (&model.dice, seed);
    for (int i = 1; i < 64; i++) {
        model.best_effort[i] = roll (4) == 0;
        model.timed[i] = !model.best_effort[i] && roll (2) == 0;
    }
    grow (&model.objects, 1); /* the privilege to delete */
    grow (&model.interactions, 0);
    (void) snprintf (xml, sizeof xml, "<objectModel><objects>");
    write_class (xml, sizeof xml, &model.objects, 0, true);
    (void) snprintf (xml + strlen (xml), sizeof xml - strlen (xml), "</objects><interactions>");
    write_class (xml, sizeof xml, &model.interactions, 0, false);
    (void) snprintf (xml + strlen (xml), sizeof xml - strlen (xml),
                     "</interactions></objectModel>");
    CHECK_OK (federation_init_model (&world, NULL, xml));
    for (int i = 0; i < FEDERATION_MEMBERS; i++)
        CHECK_OK (federation_join (&world, names[i], NULL));
    federation_pump (&world);
    for (int i = 0; i < 2; i++) { /* they may send in the order of time */
        CHECK_OK (federate_core_enable_regulation (federation_core (&world, names[i]), 1));
        model.regulating[i] = true;
    }
    federation_pump (&world);
    federation_forget (&world);
    const fom_model_t *read = federate_core_model (federation_core (&world, names[0]));
    find_handles (&model.objects, &read->objects, 'O');
    find_handles (&model.interactions, &read->interactions, 'I');
}

/*  What happens ----------------------------------------------------------------------------------
 */

static federate_core_t *core_of (int member)
{
    return federation_core (&world, names[member]);
}

static void publish (int member)
{
    int class = roll (model.objects.count);
    uint64_t mask = base_random_next (&model.dice) & mask_of (model.objects.members[class]);
    bool on = roll (5) != 0;
    uint64_t *published = &model.publishes[member][class];

    did ("%s %spublishes O%d %llx\n", names[member], on ? "" : "un", class,
         (unsigned long long) mask);
    CHECK_OK (
        federate_core_publish (core_of (member), model.objects.handle[class], mask, on, NULL));
    if (on) {
        *published |= mask ? mask | 1 : 0;
        return;
    }
    mask &= *published;
    if (mask != 0) /* the privilege goes with the last other one */
        mask = (*published & ~mask & ~1u) == 0 ? mask | 1 : mask & ~1u;
    *published &= ~mask;
    for (int i = 0; i < model.thing_count; i++)
        for (int a = 0; a < 64; a++)
            if (model.things[i].owner[a] == member && model.things[i].known[member] == class &&
                (mask >> a & 1u))
                model.things[i].owner[a] = -1;
}

static void discover (int member, int class)
{
    for (int i = 0; i < model.thing_count; i++) {
        thing_t *thing = &model.things[i];
        if (thing->class < 0 || thing->known[member] >= 0 ||
            !is_a (&model.objects, thing->class, class))
            continue;
        int as = nearest (&model.objects, thing->class, model.subscribes[member]);
        thing->known[member] = as;
        tell ("%s: discovered %s.%d of %u\n", names[member], names[thing->registrar], thing->number,
              model.objects.handle[as]);
    }
}

static void subscribe (int member)
{
    int class = roll (model.objects.count);
    uint64_t mask = base_random_next (&model.dice) & mask_of (model.objects.members[class]);
    bool on = roll (3) != 0;

    if (!on && roll (2) == 0)
        mask = mask_of (model.objects.members[class]);
    did ("%s %ssubscribes to O%d %llx\n", names[member], on ? "" : "un", class,
         (unsigned long long) mask);
    CHECK_OK (
        federate_core_subscribe (core_of (member), model.objects.handle[class], mask, on, NULL));
    if (on)
        model.subscribes[member][class] |= mask;
    else
        model.subscribes[member][class] &= ~mask;
    if (on && mask != 0)
        discover (member, class);
}

static void declare_interaction (int member)
{
    int class = roll (model.interactions.count);
    uint32_t handle = model.interactions.handle[class];
    bool on = roll (3) != 0, says = roll (2) == 0;

    did ("%s %s%s I%d\n", names[member], on ? "" : "no longer ", says ? "says" : "hears", class);
    CHECK_OK (says ? federate_core_publish_interaction (core_of (member), handle, on, NULL)
                   : federate_core_subscribe_interaction (core_of (member), handle, on, NULL));
    (says ? model.says : model.hears)[member][class] = on;
}

static void enroll (int member)
{
    int class = roll (model.objects.count);
    mst_object_t id = { 0 };
    thing_t *thing = &model.things[model.thing_count];

    if (model.thing_count == OBJECTS_MAX)
        return;
    for (int tries = 0; tries < 4 && model.publishes[member][class] == 0; tries++)
        class = roll (model.objects.count);
    did ("%s registers an O%d\n", names[member], class);
    mst_err_t err =
        federate_core_register (core_of (member), model.objects.handle[class], NULL, &id);
    if (model.publishes[member][class] == 0) {
        CHECK_ERR (err, MST_E_CLASS_NOT_PUBLISHED);
        return;
    }
    CHECK_OK (err);
    model.thing_count++;
    *thing = (thing_t){
        .id = id, .class = class, .registrar = member, .number = ++model.registered[member]
    };
    for (int a = 0; a < 64; a++)
        thing->owner[a] = model.publishes[member][class] >> a & 1u ? member : -1;
    for (int i = 0; i < FEDERATION_MEMBERS; i++) {
        int as = nearest (&model.objects, class, model.subscribes[i]);
        thing->known[i] = i == member ? class : as;
        if (i != member && as >= 0)
            tell ("%s: discovered %s.%d of %u\n", names[i], names[member], thing->number,
                  model.objects.handle[as]);
    }
}

/*  One of the existing ones; NULL: there is none. */
static thing_t *some_thing (void)
{
    for (int tries = 0; tries < 8 && model.thing_count > 0; tries++) {
        thing_t *thing = &model.things[roll (model.thing_count)];
        if (thing->class >= 0)
            return thing;
    }
    return NULL;
}

static uint64_t owned_by (const thing_t *thing, int member)
{
    uint64_t mask = 0;
    for (int a = 0; a < 64; a++)
        if (thing->owner[a] == member)
            mask |= UINT64_C (1) << a;
    return mask;
}

static void acquire (int member)
{
    thing_t *thing = some_thing ();
    uint64_t mask = base_random_next (&model.dice);

    if (!thing || thing->known[member] < 0)
        return;
    int as = thing->known[member];
    mask &= model.publishes[member][as] & ~owned_by (thing, member);
    if (mask == 0)
        return;
    did ("%s takes %llx of %s.%d\n", names[member], (unsigned long long) mask,
         names[thing->registrar], thing->number);
    CHECK_OK (federate_core_acquire (core_of (member), thing->id, mask, "", 0, true));
    for (int a = 0; a < 64; a++)
        if ((mask >> a & 1u) && thing->owner[a] < 0)
            thing->owner[a] = member;
}

static void divest (int member)
{
    thing_t *thing = some_thing ();

    if (!thing)
        return;
    uint64_t mask = base_random_next (&model.dice) & owned_by (thing, member);
    if (mask == 0)
        return;
    did ("%s gives up %llx of %s.%d\n", names[member], (unsigned long long) mask,
         names[thing->registrar], thing->number);
    CHECK_OK (federate_core_divest (core_of (member), thing->id, mask, "", 0));
    for (int a = 0; a < 64; a++)
        if (mask >> a & 1u)
            thing->owner[a] = -1;
}

static void expect_values (const char *who, const char *what, uint64_t mask, mst_time_t time,
                           bool optional)
{
    char line[LINE_BYTES];
    size_t at = (size_t) snprintf (line, sizeof line, "%s: %s", who, what);

    if (mask == 0)
        return;
    for (int a = 0; a < 64; a++)
        if (mask >> a & 1u)
            at += (size_t) snprintf (line + at, sizeof line - at, " %d=v", a + 1);
    if (time != MST_TIME_NONE)
        (void) snprintf (line + at, sizeof line - at, " @%lld RO", (long long) time);
    tell ("%s\n%s", line, optional ? "?" : "");
}

/*  A call goes out in up to three parts: in the order of time, reliably, and with best effort. */
static void expect_reflections (const thing_t *thing, int sender, uint64_t mask, mst_time_t time)
{
    for (int i = 0; i < FEDERATION_MEMBERS; i++) {
        uint64_t parts[3] = { 0 };
        char what[64];
        if (i == sender || thing->known[i] < 0)
            continue;
        uint64_t shown = mask & model.subscribes[i][thing->known[i]];
        for (int a = 0; a < 64; a++)
            if (shown >> a & 1u) {
                bool stamped = time != MST_TIME_NONE && model.regulating[sender] && model.timed[a];
                parts[stamped ? 0 : model.best_effort[a] ? 2 : 1] |= UINT64_C (1) << a;
            }
        (void) snprintf (what, sizeof what, "reflected %s.%d", names[thing->registrar],
                         thing->number);
        for (int k = 0; k < 3; k++)
            expect_values (names[i], what, parts[k], time, k == 2);
    }
}

static void update (int member)
{
    thing_t *thing = some_thing ();
    mst_value_t values[64];
    size_t count = 0;
    mst_time_t time = roll (2) == 0 ? MST_TIME_NONE : 5;

    if (!thing)
        return;
    uint64_t mask = owned_by (thing, member) & ~1u & base_random_next (&model.dice);
    for (uint32_t a = 0; a < 64; a++)
        if (mask >> a & 1u)
            values[count++] = (mst_value_t){ a + 1, 1, "v" };
    if (count == 0)
        return;
    did ("%s updates %llx of %s.%d\n", names[member], (unsigned long long) mask,
         names[thing->registrar], thing->number);
    CHECK_OK (federate_core_update (core_of (member), thing->id, values, count, time, NULL));
    expect_reflections (thing, member, mask, time);
}

static void interact (int member)
{
    int class = roll (model.interactions.count);
    mst_value_t values[64];
    int count = model.interactions.members[class];

    for (int p = 0; p < count; p++)
        values[p] = (mst_value_t){ (uint32_t) p + 1, 1, "v" };
    did ("%s sends I%d\n", names[member], class);
    mst_err_t err = federate_core_send (
        core_of (member), (mst_interaction_class_t){ model.interactions.handle[class] }, values,
        (size_t) count, MST_TIME_NONE, NULL);
    if (!model.says[member][class]) {
        CHECK_ERR (err, MST_E_INTERACTION_NOT_PUBLISHED);
        return;
    }
    CHECK_OK (err);
    for (int i = 0; i < FEDERATION_MEMBERS; i++) {
        char line[LINE_BYTES];
        int as = nearest_heard (class, model.hears[i]);
        if (i == member || as < 0)
            continue;
        size_t at = (size_t) snprintf (line, sizeof line, "%s: received %u", names[i],
                                       model.interactions.handle[as]);
        for (int p = 0; p < model.interactions.members[as]; p++)
            at += (size_t) snprintf (line + at, sizeof line - at, " %d=v", p + 1);
        tell ("%s\n", line);
    }
}

static void forget (int member)
{
    thing_t *thing = some_thing ();

    if (!thing || thing->known[member] < 0 || owned_by (thing, member) != 0)
        return;
    did ("%s forgets %s.%d\n", names[member], names[thing->registrar], thing->number);
    CHECK_OK (federate_core_forget (core_of (member), thing->id));
    thing->known[member] = -1;
}

static void delete_one (int member)
{
    thing_t *thing = some_thing ();
    mst_time_t time = roll (2) == 0 ? MST_TIME_NONE : 5;

    if (!thing || thing->owner[0] != member)
        return;
    did ("%s deletes %s.%d\n", names[member], names[thing->registrar], thing->number);
    CHECK_OK (federate_core_delete (core_of (member), thing->id, time, NULL));
    for (int i = 0; i < FEDERATION_MEMBERS; i++)
        if (i != member && thing->known[i] >= 0)
            tell ("%s: removed %s.%d\n", names[i], names[thing->registrar], thing->number);
    thing->class = -1;
}

/*  The comparison ------------------------------------------------------------------------------ */

static int by_text (const void *a, const void *b)
{
    return strcmp (a, b);
}

/*  What was said, without what this is not about; sorted, as nothing is said of the order between
   members. A removal's time is left out: one who subscribes no longer is told without. */
static int heard_lines (char lines[LINES_MAX][LINE_BYTES])
{
    static const char *const kinds[] = { ": discovered", ": reflected", ": received",
                                         ": removed",    "refused",     "!" };
    int count = 0;

    for (char *line = world.trace, *next; line && *line; line = next) {
        next = strchr (line, '\n') + 1;
        bool about = false;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            const char *found = strstr (line, kinds[k]);
            about = about || (found && found < next);
        }
        if (!about)
            continue;
        base_assert (count < LINES_MAX);
        (void) snprintf (lines[count], LINE_BYTES, "%.*s", (int) (next - line), line);
        char *at = strstr (lines[count], ": removed") ? strstr (lines[count], " @") : NULL;
        if (at)
            (void) snprintf (at, 2, "\n");
        count++;
    }
    qsort (lines, (size_t) count, LINE_BYTES, by_text);
    return count;
}

/*  Both are sorted. */
static bool is_as_expected (char heard[LINES_MAX][LINE_BYTES], int count)
{
    int at = 0;

    for (int i = 0; i < model.line_count; i++) {
        const char *line = model.lines[i];
        size_t length = strcspn (line, "\n");
        bool there = at < count && strcspn (heard[at], "\n") == length &&
                     strncmp (heard[at], line, length) == 0;
        if (!there && line[length + 1] != '?')
            return false;
        at += there;
    }
    return at == count;
}

static bool same_lines (uint64_t seed)
{
    static char heard[LINES_MAX][LINE_BYTES];
    int count = heard_lines (heard);

    qsort (model.lines, (size_t) model.line_count, LINE_BYTES, by_text);
    bool same = is_as_expected (heard, count);
    if (same)
        return true;
    printf ("\nseed %llu:\n%sexpected:\n", (unsigned long long) seed, story);
    for (int i = 0; i < model.line_count; i++)
        printf ("  %s", model.lines[i]);
    printf ("heard:\n");
    for (int i = 0; i < count; i++)
        printf ("  %s", heard[i]);
    return false;
}

static bool same_owners (uint64_t seed)
{
    for (int i = 0; i < model.thing_count; i++)
        for (int k = 0; k < FEDERATION_MEMBERS && model.things[i].class >= 0; k++) {
            uint64_t owned = federate_core_owned (core_of (k), model.things[i].id);
            uint64_t expected = owned_by (&model.things[i], k);
            if (owned == expected)
                continue;
            printf ("\nseed %llu:\n%s%s owns %llx of %s.%d, not %llx\n", (unsigned long long) seed,
                    story, names[k], (unsigned long long) owned, names[model.things[i].registrar],
                    model.things[i].number, (unsigned long long) expected);
            return false;
        }
    return true;
}

static bool step (uint64_t seed)
{
    static void (*const deeds[]) (int) = { publish,
                                           publish,
                                           subscribe,
                                           subscribe,
                                           subscribe,
                                           declare_interaction,
                                           declare_interaction,
                                           enroll,
                                           enroll,
                                           update,
                                           update,
                                           update,
                                           update,
                                           interact,
                                           interact,
                                           acquire,
                                           acquire,
                                           acquire,
                                           divest,
                                           forget,
                                           delete_one };

    model.line_count = 0;
    deeds[roll (sizeof deeds / sizeof *deeds)](roll (FEDERATION_MEMBERS));
    federation_pump (&world);
    bool same = same_lines (seed) && same_owners (seed);
    federation_forget (&world);
    CHECK_OK (rti_core_check (world.rti));
    return same;
}

static void test_random (void)
{
    const char *many = getenv ("MUSTER_CLASS_SEEDS");
    uint64_t seeds = many ? strtoull (many, NULL, 10) : SEEDS;
    bool good = true;

    for (uint64_t seed = 1; good && seed <= seeds; seed++) {
        begin (seed);
        for (int i = 0; good && i < STEPS; i++)
            good = step (seed);
        federation_fini (&world);
    }
    CHECK (good);
}

/*  By hand ------------------------------------------------------------------------------------- */

/*  The moon knows bodies, owns a comet's mass, and the eye sees comets alone. */
static void test_superclass_owner (void)
{
    CHECK_OK (federation_init (&world, NULL));
    CHECK_OK (federation_join (&world, "sun", NULL));
    CHECK_OK (federation_join (&world, "moon", NULL));
    CHECK_OK (federation_join (&world, "eye", NULL));
    federation_pump (&world);
    CHECK_OK (federate_core_publish (federation_core (&world, "sun"), FED_COMET,
                                     FED_MASK_PLACE | FED_MASK_MASS, true, NULL));
    federation_declare (&world, "moon", FED_MASK_BODY, FED_MASK_BODY);
    CHECK_OK (federate_core_subscribe (federation_core (&world, "eye"), FED_COMET, FED_MASK_MASS,
                                       true, NULL));
    federation_pump (&world);
    federation_forget (&world);
    mst_object_t comet = federation_register (&world, "sun", FED_COMET);
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "moon: discovered sun.1 of 2\neye: discovered sun.1 of 3\n");
    CHECK_OK (federate_core_divest (federation_core (&world, "sun"), comet, FED_MASK_MASS, "", 0));
    CHECK_OK (federate_core_acquire (federation_core (&world, "moon"), comet, FED_MASK_MASS, "", 0,
                                     false));
    federation_pump (&world);
    federation_forget (&world);
    CHECK_OK (federation_update (&world, "moon", comet, FED_MASS, "9", MST_TIME_NONE));
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "eye: reflected sun.1 3=9\n");
    CHECK_INT (federate_core_object_class (federation_core (&world, "moon"), comet), FED_BODY);
    federation_fini (&world);
}

/*  A comet moves to the moon, which knows bodies, and back; the eye, which sees comets alone, gets
   every update, the last one at the second cut, after the decision, included. */
static void test_superclass_home (void)
{
    CHECK_OK (federation_init (&world, NULL));
    CHECK_OK (federation_join (&world, "sun", NULL));
    CHECK_OK (federation_join (&world, "moon", NULL));
    CHECK_OK (federation_join (&world, "eye", NULL));
    federation_pump (&world);
    federate_core_t *sun = federation_core (&world, "sun"),
                    *moon = federation_core (&world, "moon");
    CHECK_OK (federate_core_publish (sun, FED_COMET, FED_MASK_PLACE, true, NULL));
    CHECK_OK (federate_core_publish (moon, FED_BODY, FED_MASK_PLACE, true, NULL));
    CHECK_OK (federate_core_subscribe (moon, FED_BODY, FED_MASK_PLACE, true, NULL));
    CHECK_OK (federate_core_subscribe (federation_core (&world, "eye"), FED_COMET, FED_MASK_PLACE,
                                       true, NULL));
    federation_pump (&world);
    federation_time_on (&world, "sun", 1);
    federation_time_on (&world, "moon", 1);
    mst_object_t comet = federation_register (&world, "sun", FED_COMET);
    federation_pump (&world);
    federation_forget (&world);

    mst_federate_id_t to = { federation_state (&world, "moon").self };
    CHECK_OK (federate_core_migrate (sun, comet, to, 1, "s", 1));
    CHECK_OK (federation_update (&world, "sun", comet, FED_PLACE, "one", 1));
    CHECK_OK (federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 1));
    CHECK_OK (federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 1));
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "eye: reflected sun.1 2=one @1 RO\n");
    CHECK_CONTAINS (world.trace, "moon: migrated in sun.1 @1 epoch 2 s\n");
    federation_forget (&world);

    to.id = federation_state (&world, "sun").self;
    CHECK_OK (federate_core_subscribe (sun, FED_COMET, FED_MASK_PLACE, true, NULL));
    federation_pump (&world);
    CHECK_OK (federation_update (&world, "moon", comet, FED_PLACE, "two", 2));
    CHECK_OK (federate_core_migrate (moon, comet, to, 3, "t", 1));
    CHECK_OK (federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 2));
    CHECK_OK (federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 2));
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: migrated out sun.1 @3");
    CHECK_OK (federation_update (&world, "moon", comet, FED_PLACE, "three", 3));
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "eye: reflected sun.1 2=two @2 RO\n");
    CHECK_CONTAINS (world.trace, "eye: reflected sun.1 2=three @3 RO\n");
    CHECK_OK (rti_core_check (world.rti));
    federation_fini (&world);
}

static CU_TestInfo class_tests[] = {
    { "random trees and declarations", test_random },
    { "an owner that knows a superclass", test_superclass_owner },
    { "a home that knows a superclass", test_superclass_home },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "federate: classes", NULL, NULL, NULL, NULL, class_tests })
