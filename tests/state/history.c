#include "tests/state/history.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put (char *text, const char *format, ...)
{
    size_t length = strlen (text);
    va_list args;
    va_start (args, format);
    (void) vsnprintf (text + length, HISTORY_TEXT - length, format, args);
    va_end (args);
}

static bool in (const uint64_t *set, uint32_t change)
{
    return set[change / 64] >> (change % 64) & 1;
}

bool history_init (history_t *self, mst_crdt_type_t type, uint64_t seed)
{
    memset (self, 0, sizeof *self);
    self->type = type;
    base_random_init (&self->random, seed);
    for (uint32_t i = 0; i < HISTORY_REPLICAS; i++)
        if (mst_crdt_new (type, 10 + i * 7, &self->objects[i]))
            return false;
    return true;
}

void history_fini (history_t *self)
{
    for (uint32_t i = 0; i < HISTORY_REPLICAS; i++)
        mst_crdt_destroy (&self->objects[i]);
}

/*  Changes ----------------------------------------------------------------------------------- */

static const char *const keys[HISTORY_KEYS] = { "a", "a longer key than sixteen bytes", "" };
static const mst_crdt_type_t inside[] = { MST_CRDT_GCOUNTER, MST_CRDT_PNCOUNTER, MST_CRDT_GSET,
                                          MST_CRDT_2PSET,    MST_CRDT_ORSET,     MST_CRDT_LWW,
                                          MST_CRDT_MV,       MST_CRDT_RGA };

/*  Short ones and long ones. */
static uint32_t element_text (uint32_t element, char *text)
{
    return (uint32_t) sprintf (text, element % 2 ? "%u" : "%u, an element of some length", element);
}

static mst_crdt_place_t place_of (const history_change_t *change)
{
    const char *key = keys[change->key];
    return (
        mst_crdt_place_t){ .key = key, .key_bytes = (uint32_t) strlen (key), .type = change->type };
}

static bool erased (const history_t *self, const uint64_t *seen, uint32_t change)
{
    for (uint32_t e = 0; e < self->count; e++)
        if (in (seen, e) && self->changes[e].verb == HISTORY_ERASE &&
            self->changes[e].key == self->changes[change].key &&
            self->changes[e].type == self->changes[change].type &&
            in (self->changes[e].seen, change))
            return true;
    return false;
}

/*  The insertions that a replica sees in a sequence, in order: laid out by the rule itself, one
   after the other in the order in which they were made, each behind its parent and behind all later
   ones that stand there. What was erased with its key is gone; what stood behind it begins anew. */
static uint32_t sequence_lay (const history_t *self, const uint64_t *seen, mst_crdt_type_t type,
                              uint32_t key, int *order)
{
    uint32_t count = 0;
    for (uint32_t c = 0; c < self->count; c++) {
        const history_change_t *change = &self->changes[c];
        if (!in (seen, c) || change->verb != HISTORY_ADD || change->type != type ||
            change->key != key || erased (self, seen, c))
            continue;
        int parent = change->parent;
        if (parent >= 0 && erased (self, seen, (uint32_t) parent))
            parent = -1;
        uint32_t at = 0;
        while (parent >= 0 && order[at] != parent)
            at++;
        at += parent >= 0;
        while (at < count) {
            const history_change_t *other = &self->changes[order[at]];
            bool later = other->late != change->late ? other->late > change->late
                                                     : other->replica > change->replica;
            if (!later)
                break;
            at++;
        }
        memmove (order + at + 1, order + at, (count - at) * sizeof *order);
        order[at] = (int) c;
        count++;
    }
    return count;
}

static bool deleted (const history_t *self, const uint64_t *seen, int target)
{
    for (uint32_t c = 0; c < self->count; c++)
        if (in (seen, c) && self->changes[c].verb == HISTORY_REMOVE &&
            self->changes[c].type == MST_CRDT_RGA && self->changes[c].target == target)
            return true;
    return false;
}

static uint32_t sequence_visible (const history_t *self, const uint64_t *seen, uint32_t key,
                                  int *order)
{
    uint32_t all = sequence_lay (self, seen, MST_CRDT_RGA, key, order), count = 0;
    for (uint32_t i = 0; i < all; i++)
        if (!deleted (self, seen, order[i]))
            order[count++] = order[i];
    return count;
}

static mst_err_t sequence_change (history_t *self, mst_crdt_t *object,
                                  const mst_crdt_place_t *place, history_change_t *change)
{
    static int order[HISTORY_CHANGES];
    char text[64];
    uint32_t size = sequence_visible (self, self->seen[change->replica], change->key, order);
    uint32_t text_bytes = element_text (change->element, text);
    if (size == 0 && change->verb == HISTORY_REMOVE)
        change->verb = HISTORY_ADD;
    if (change->verb == HISTORY_REMOVE) {
        uint32_t at = (uint32_t) base_random_below (&self->random, size);
        change->target = order[at];
        return mst_crdt_delete (object, place, at);
    }
    /* often at one place: that is where it is hard */
    uint32_t at = base_random_chance (&self->random, 0.5)
                      ? size / 2
                      : (uint32_t) base_random_below (&self->random, size + 1);
    change->parent = at > 0 ? order[at - 1] : -1;
    return mst_crdt_insert (object, place, at, text, text_bytes);
}

static mst_err_t other_change (mst_crdt_t *object, const mst_crdt_place_t *place,
                               const history_change_t *change)
{
    char text[64];
    uint32_t text_bytes = element_text (change->element, text);
    bool add = change->verb == HISTORY_ADD;
    switch ((int) change->type) {
    case MST_CRDT_GCOUNTER: return mst_crdt_increment (object, place, change->element + 1);
    case MST_CRDT_PNCOUNTER:
        return add ? mst_crdt_increment (object, place, change->element + 1)
                   : mst_crdt_decrement (object, place, change->element + 1);
    case MST_CRDT_LWW:
    case MST_CRDT_MV: return mst_crdt_set (object, place, change->stamp, text, text_bytes);
    default:
        return add ? mst_crdt_add (object, place, text, text_bytes)
                   : mst_crdt_remove (object, place, text, text_bytes);
    }
}

static bool grows_only (mst_crdt_type_t type)
{
    return type == MST_CRDT_GCOUNTER || type == MST_CRDT_GSET || type == MST_CRDT_LWW ||
           type == MST_CRDT_MV;
}

static bool stamp_taken (const history_t *self, uint32_t replica, uint64_t stamp)
{
    for (uint32_t c = 0; c < self->count; c++)
        if (self->changes[c].replica == replica && self->changes[c].stamp == stamp)
            return true;
    return false;
}

static history_change_t change_draw (history_t *self, uint32_t replica)
{
    base_random_t *random = &self->random;
    history_change_t change = {
        .replica = replica, .type = self->type, .parent = -1, .target = -1
    };
    if (self->type == MST_CRDT_ORMAP) {
        change.type = inside[base_random_below (random, sizeof inside / sizeof inside[0])];
        change.key = (uint32_t) base_random_below (random, HISTORY_KEYS);
    }
    change.verb = base_random_chance (random, 0.6) ? HISTORY_ADD : HISTORY_REMOVE;
    if (grows_only (change.type))
        change.verb = HISTORY_ADD;
    if (self->type == MST_CRDT_ORMAP && base_random_chance (random, 0.15))
        change.verb = HISTORY_ERASE;
    change.element = (uint32_t) base_random_below (random, HISTORY_ELEMENTS);
    do { /* stamps out of order, and the same ones by several replicas */
        self->clock += base_random_below (random, 3) + 1;
        change.stamp = self->clock - base_random_below (random, self->clock < 9 ? 1 : 8);
    } while (stamp_taken (self, replica, change.stamp));
    return change;
}

static uint64_t hash_of (const mst_crdt_t *object)
{
    uint64_t hash = 0;
    (void) mst_crdt_hash (object, &hash);
    return hash;
}

/*  What leaves the object as it is (a lower stamp, an element that is there) is no change. */
void history_change (history_t *self, uint32_t replica)
{
    if (self->count == HISTORY_CHANGES)
        return;
    history_change_t change = change_draw (self, replica);
    mst_crdt_t *object = self->objects[replica];
    mst_crdt_place_t place = place_of (&change);
    const mst_crdt_place_t *at = self->type == MST_CRDT_ORMAP ? &place : NULL;
    uint64_t before = hash_of (object);
    for (uint32_t i = 0; i < HISTORY_WORDS; i++)
        change.late += (uint32_t) __builtin_popcountll (self->seen[replica][i]);
    change.late++;
    mst_err_t err = change.verb == HISTORY_ERASE  ? mst_crdt_erase (object, at)
                    : change.type == MST_CRDT_RGA ? sequence_change (self, object, at, &change)
                                                  : other_change (object, at, &change);
    if (err) {
        printf ("\n    %s\n", mst_error_text ());
        self->failed = true;
    }
    if (err || hash_of (object) == before)
        return;
    self->seen[replica][self->count / 64] |= (uint64_t) 1 << (self->count % 64);
    memcpy (change.seen, self->seen[replica], sizeof change.seen);
    self->changes[self->count++] = change;
}

void history_merge (history_t *self, uint32_t from, uint32_t to, bool delta)
{
    mst_bytes_t bytes = { 0 };
    mst_dot_t dots[HISTORY_REPLICAS];
    size_t count = mst_crdt_version (self->objects[to], dots, HISTORY_REPLICAS);
    mst_err_t err = delta ? mst_crdt_encode_since (self->objects[from], dots, count, &bytes, NULL)
                          : mst_crdt_encode (self->objects[from], &bytes);
    if (!err)
        err = mst_crdt_merge_bytes (self->objects[to], bytes.data, bytes.size_bytes, 0, NULL);
    if (err) {
        printf ("\n    %s\n", mst_error_text ());
        self->failed = true;
    }
    mst_bytes_free (&bytes);
    for (uint32_t i = 0; i < HISTORY_WORDS; i++)
        self->seen[to][i] |= self->seen[from][i];
}

/*  The value by definition ------------------------------------------------------------------- */

typedef struct view {
    const history_t *history;
    const uint64_t *seen;
    mst_crdt_type_t type;
    uint32_t key;
} view_t;

static bool counts (const view_t *view, uint32_t change)
{
    const history_change_t *c = &view->history->changes[change];
    return in (view->seen, change) && c->type == view->type && c->key == view->key &&
           c->verb != HISTORY_ERASE;
}

/*  A replica's tally is one thing: it goes when its last change was erased, and begins anew when
   its author finds it gone. */
static void counter_text (const view_t *view, char *text)
{
    const history_t *self = view->history;
    long long sum = 0;
    bool any = false;
    for (uint32_t r = 0; r < HISTORY_REPLICAS; r++) {
        long long tally = 0;
        int last = -1;
        for (uint32_t c = 0; c < self->count; c++) {
            const history_change_t *change = &self->changes[c];
            if (!counts (view, c) || change->replica != r)
                continue;
            if (last >= 0 && erased (self, change->seen, (uint32_t) last))
                tally = 0;
            tally += change->verb == HISTORY_ADD ? (long long) change->element + 1
                                                 : -(long long) change->element - 1;
            last = (int) c;
        }
        if (last < 0 || erased (self, view->seen, (uint32_t) last))
            continue;
        any = true;
        sum += tally;
    }
    if (any)
        put (text, "%lld ", sum);
}

static bool removed_later (const view_t *view, uint32_t add)
{
    const history_t *self = view->history;
    for (uint32_t c = 0; c < self->count; c++)
        if (counts (view, c) && self->changes[c].verb == HISTORY_REMOVE &&
            self->changes[c].element == self->changes[add].element &&
            (view->type == MST_CRDT_2PSET ? !erased (self, view->seen, c)
                                          : in (self->changes[c].seen, add)))
            return true;
    return false;
}

static int text_compare (uint32_t a, uint32_t b)
{
    char left[64], right[64];
    (void) element_text (a, left);
    (void) element_text (b, right);
    return strcmp (left, right);
}

static void elements_text (const uint32_t *elements, uint32_t count, char *text)
{
    uint32_t sorted[HISTORY_CHANGES];
    char one[64];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && text_compare (sorted[at - 1], elements[i]) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = elements[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        (void) element_text (sorted[i], one);
        put (text, "%s|", one);
    }
}

static void set_text (const view_t *view, char *text)
{
    const history_t *self = view->history;
    uint32_t elements[HISTORY_ELEMENTS], count = 0;
    for (uint32_t e = 0; e < HISTORY_ELEMENTS; e++) {
        bool there = false;
        for (uint32_t c = 0; c < self->count && !there; c++)
            there = counts (view, c) && self->changes[c].verb == HISTORY_ADD &&
                    self->changes[c].element == e && !erased (self, view->seen, c) &&
                    !removed_later (view, c);
        if (there)
            elements[count++] = e;
    }
    elements_text (elements, count, text);
}

static bool overwritten (const view_t *view, uint32_t write)
{
    for (uint32_t c = 0; c < view->history->count; c++)
        if (c != write && counts (view, c) && in (view->history->changes[c].seen, write))
            return true;
    return false;
}

static void register_text (const view_t *view, char *text)
{
    const history_t *self = view->history;
    uint32_t values[HISTORY_CHANGES], count = 0;
    int best = -1;
    for (uint32_t c = 0; c < self->count; c++) {
        if (!counts (view, c) || erased (self, view->seen, c))
            continue;
        if (view->type == MST_CRDT_MV && !overwritten (view, c))
            values[count++] = self->changes[c].element;
        if (best < 0 || self->changes[c].stamp > self->changes[best].stamp ||
            (self->changes[c].stamp == self->changes[best].stamp &&
             self->changes[c].replica > self->changes[best].replica))
            best = (int) c;
    }
    if (view->type == MST_CRDT_LWW && best >= 0)
        values[count++] = self->changes[best].element;
    elements_text (values, count, text);
}

static void sequence_text (const view_t *view, char *text)
{
    static int order[HISTORY_CHANGES];
    char one[64];
    uint32_t count = sequence_visible (view->history, view->seen, view->key, order);
    for (uint32_t i = 0; i < count; i++) {
        (void) element_text (view->history->changes[order[i]].element, one);
        put (text, "%s|", one);
    }
}

static void place_text (const view_t *view, char *text)
{
    if (view->type == MST_CRDT_GCOUNTER || view->type == MST_CRDT_PNCOUNTER)
        counter_text (view, text);
    else if (view->type == MST_CRDT_LWW || view->type == MST_CRDT_MV)
        register_text (view, text);
    else if (view->type == MST_CRDT_RGA)
        sequence_text (view, text);
    else
        set_text (view, text);
}

void history_expected (const history_t *self, uint32_t replica, char *text)
{
    view_t view = { .history = self, .seen = self->seen[replica], .type = self->type };
    text[0] = 0;
    if (self->type != MST_CRDT_ORMAP) {
        place_text (&view, text);
        return;
    }
    static const uint32_t sorted[HISTORY_KEYS] = { 2, 0, 1 };
    for (uint32_t k = 0; k < HISTORY_KEYS; k++)
        for (uint32_t t = 0; t < sizeof inside / sizeof inside[0]; t++) {
            char one[HISTORY_TEXT] = "";
            view.key = sorted[k];
            view.type = inside[t];
            place_text (&view, one);
            if (one[0])
                put (text, "%s[%d]=%s ", keys[view.key], (int) view.type, one);
        }
}

/*  The object's ------------------------------------------------------------------------------ */

typedef struct teller {
    mst_crdt_t *object;
    char *text;
} teller_t;

static bool tell_element (void *context, const void *data, uint32_t size_bytes,
                          mst_crdt_type_t type)
{
    (void) type;
    put (context, "%.*s|", (int) size_bytes, (const char *) data);
    return true;
}

static void tell_place (mst_crdt_t *object, const mst_crdt_place_t *place, mst_crdt_type_t type,
                        char *text)
{
    int64_t sum = 0;
    if (type != MST_CRDT_GCOUNTER && type != MST_CRDT_PNCOUNTER)
        (void) mst_crdt_each (object, place, tell_element, text);
    else if (mst_crdt_size (object, place) > 0 && !mst_crdt_count (object, place, &sum))
        put (text, "%lld ", (long long) sum);
}

static bool tell_key (void *context, const void *data, uint32_t size_bytes, mst_crdt_type_t type)
{
    teller_t *teller = context;
    mst_crdt_place_t place = { .key = data, .key_bytes = size_bytes, .type = type };
    put (teller->text, "%.*s[%d]=", (int) size_bytes, (const char *) data, (int) type);
    tell_place (teller->object, &place, type, teller->text);
    put (teller->text, " ");
    return true;
}

void history_value (mst_crdt_t *crdt, char *text)
{
    text[0] = 0;
    teller_t teller = { .object = crdt, .text = text };
    if (mst_crdt_type (crdt) == MST_CRDT_ORMAP)
        (void) mst_crdt_each (crdt, NULL, tell_key, &teller);
    else
        tell_place (crdt, NULL, mst_crdt_type (crdt), text);
}
