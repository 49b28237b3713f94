/*  Random federations in virtual time, against an oracle that is slow and obvious.

    A seed chooses federates (kinds of requests, lookahead, regulating or not, constrained or not),
   a network (control and data have their own delays; each channel keeps its order) and what happens
    to them: late joiners, deaths, resigns, changes of lookahead, of regulation, of constraint,
    migrations that hold two homes. Checked at every step:

      safety     nothing comes to a constrained federate in its past; grants never fall, never
   exceed what was asked; NMR is not granted past a message; the RTI accepts what an honest federate
   reports; nobody is granted past a hold liveness   when nothing moves any more, everybody has
   reached the end, left, and is gone exactness  the grants of each record are those of the oracle,
   which keeps every entry of every ledger and computes GALT as a greatest fixed point; bounds and
   GALT never fall

    MUSTER_SIM_SEEDS: how many seeds; MUSTER_SIM_SEED: only this one. */
#include "timemgmt/bounds.h"
#include "tests/unit/bounds_world.inc"

/*  The RTI ----------------------------------------------------------------------------------- */

static void rti_send_grant (world_t *self, const timemgmt_grant_t *grant)
{
    uint32_t slot = grant->slot;
    event_t *down = post (self, AT_FEDERATE_GRANT, slot, channel (self, &self->down_free[slot], 8));
    down->kind = grant->kind;
    down->time = grant->time;
    down->floor = grant->floor;
    down->number = grant->number;
    for (uint32_t i = 0; i < grant->need_count; i++) {
        timemgmt_mark_t need = self->grants.needs.items[grant->need_first + i];
        if (self->rows[need.slot].dead)
            fail (self, "a need of a dead one", slot, need.slot, 0);
        down->marks[down->mark_count++] =
            (mark_t){ need.slot, self->lives[need.slot], need.sequence };
    }
    self->grant_total++;
}

static void rti_gone (world_t *self, uint32_t slot)
{
    row_t *row = &self->rows[slot];
    if (!row->ghost)
        fail (self, "gone, and was no ghost", slot, 0, 0);
    for (uint32_t i = 0; i < FEDERATES; i++)
        if (row->to[i].reported > row->to[i].acknowledged && self->rows[i].joined)
            fail (self, "gone before its messages", slot, i, 0);
    memset (row, 0, sizeof *row);
    if (self->rejoins && percent (self, 30))
        post (self, AT_FEDERATE_START, slot, self->now + 1 + below (self, 60));
}

/*  Holds: no grant of a held federate reaches the cut. */
static void rti_check_holds (world_t *self, const timemgmt_grant_t *grant)
{
    for (size_t i = 0; i < self->hold_count; i++)
        for (int k = 0; k < 2; k++)
            if (self->holds[i].slots[k] == grant->slot &&
                self->holds[i].lives[k] == self->lives[grant->slot] &&
                grant->kind <= TIMEMGMT_REGULATION && grant->time >= self->holds[i].time)
                fail (self, "granted past a hold", grant->slot, grant->time, self->holds[i].time);
}

static void rti_result (world_t *self, bool newcomer)
{
    oracle_check_grants (self);
    for (size_t i = 0; i < self->grants.grants.count; i++) {
        const timemgmt_grant_t *grant = &self->grants.grants.items[i];
        if (grant->kind == TIMEMGMT_GONE) {
            rti_gone (self, grant->slot);
            continue;
        }
        rti_check_holds (self, grant);
        rti_send_grant (self, grant);
    }
    oracle_check_shown (self, newcomer);
}

static void rti_drop_row (world_t *self, uint32_t slot, bool dead)
{
    row_t *row = &self->rows[slot];
    row->joined = row->waiting = row->regulating = row->regulation_pending = false;
    row->constrained = row->constraint_pending = false;
    row->ghost = true;
    row->dead = dead;
    row->held = TIMEMGMT_KEY_MAX;
    for (uint32_t i = 0; i < FEDERATES; i++)
        self->rows[i].to[slot].count = self->rows[i].to[slot].acknowledged =
            self->rows[i].to[slot].reported = 0;
}

static void oracle_report (world_t *self, const event_t *up, timemgmt_sent_t *sent, size_t *sent_n,
                           timemgmt_mark_t *marks, size_t *mark_n)
{
    row_t *row = &self->rows[up->slot];
    row->queue_min = timemgmt_time_max (up->queue_min, oracle_reach (self, up->slot));
    for (size_t i = 0; i < up->sent_count; i++) {
        uint32_t receiver = up->sent[i].entry.receiver;
        if (up->sent[i].life != self->lives[receiver])
            continue;
        sent[(*sent_n)++] = up->sent[i].entry;
        if (!self->rows[receiver].joined)
            continue;
        entries_t *entries = &row->to[receiver];
        if (entries->count < ENTRIES_MAX)
            entries->items[entries->count++] =
                (timemgmt_ledger_entry_t){ up->sent[i].entry.sequence, up->sent[i].entry.stamp };
        entries->reported = up->sent[i].entry.sequence;
    }
    for (size_t i = 0; i < up->mark_count; i++) {
        mark_t mark = up->marks[i];
        if (mark.life != self->lives[mark.slot])
            continue;
        marks[(*mark_n)++] = (timemgmt_mark_t){ mark.slot, mark.sequence };
        if (self->rows[mark.slot].to[up->slot].acknowledged < mark.sequence)
            self->rows[mark.slot].to[up->slot].acknowledged = mark.sequence;
    }
}

static mst_err_t rti_call (world_t *self, const event_t *up, const timemgmt_report_t *report)
{
    timemgmt_bounds_t *bounds = self->bounds;
    timemgmt_grants_t *out = &self->grants;
    row_t *row = &self->rows[up->slot];
    switch (up->record) {
    case RECORD_REQUEST:
        row->waiting = true;
        row->kind = up->kind;
        row->requested = up->time;
        return timemgmt_bounds_request (bounds, up->slot, up->kind, up->number, up->time, report,
                                        out);
    case RECORD_REPORT: return timemgmt_bounds_report (bounds, up->slot, report, out);
    case RECORD_REGULATE:
        return timemgmt_bounds_enable_regulation (bounds, up->slot, up->number, up->time, report,
                                                  out);
    case RECORD_CONSTRAIN:
        row->constraint_pending = true;
        return timemgmt_bounds_enable_constraint (bounds, up->slot, up->number, report, out);
    case RECORD_UNREGULATE:
        row->regulating = false;
        return timemgmt_bounds_disable_regulation (bounds, up->slot, report, out);
    case RECORD_UNCONSTRAIN:
        row->constrained = false;
        return timemgmt_bounds_disable_constraint (bounds, up->slot, report, out);
    case RECORD_LOOKAHEAD:
        timemgmt_floor_modify (&row->floor, row->now, up->time);
        return timemgmt_bounds_modify_lookahead (bounds, up->slot, up->time, report, out);
    case RECORD_RESIGN: return timemgmt_bounds_resign (bounds, up->slot, report, out);
    }
    return MST_E_INTERNAL;
}

/*  A new regulator's floor is checked by its effects (the past of others); the oracle takes it
   over, after seeing that it is not too small for a federate without lookahead. */
static void rti_take_floor (world_t *self, uint32_t slot, int64_t lookahead)
{
    timemgmt_state_t state;
    timemgmt_bounds_state (self->bounds, slot, &state);
    row_t *row = &self->rows[slot];
    row->regulation_pending = true;
    row->shown_bound = TIMEMGMT_KEY_NONE;
    timemgmt_floor_init (&row->floor, self->type, state.bound, lookahead);
}

static void rti_record (world_t *self, event_t *up)
{
    if (up->life != self->lives[up->slot] || !self->rows[up->slot].joined)
        return;
    timemgmt_sent_t sent[SENT_MAX];
    timemgmt_mark_t marks[FEDERATES];
    timemgmt_report_t report = { .sent = sent, .received = marks, .queue_min = up->queue_min };
    oracle_report (self, up, sent, &report.sent_count, marks, &report.received_count);
    mst_err_t err = rti_call (self, up, &report);
    if (err) {
        fail (self, mst_error_text (), up->slot, up->record, err);
        return;
    }
    if (up->record == RECORD_REGULATE)
        rti_take_floor (self, up->slot, up->time);
    if (up->record == RECORD_UNREGULATE)
        self->rows[up->slot].shown_bound = TIMEMGMT_KEY_NONE;
    if (up->record == RECORD_RESIGN) {
        for (uint32_t i = 0; i < self->count; i++) {
            if (!self->rows[i].joined || i == up->slot)
                continue;
            event_t *down =
                post (self, AT_FEDERATE_LEFT, i, channel (self, &self->down_free[i], 8));
            down->from = up->slot;
            down->from_life = self->lives[up->slot];
            down->sequence = self->rows[up->slot].to[i].reported;
        }
        rti_drop_row (self, up->slot, false);
    }
    rti_result (self, up->record == RECORD_REGULATE);
}

/*  The RTI notices a death. What the dead one had on its way to the RTI is lost. */
static void rti_death (world_t *self, const event_t *event)
{
    uint32_t slot = event->slot;
    if (event->life != self->lives[slot] || !self->rows[slot].joined)
        return;
    timemgmt_cut_t cut = { 0 };
    if (!CHECK_OK (timemgmt_bounds_kill (self->bounds, slot, &cut, &self->grants)))
        fail (self, "kill", slot, 0, 0);
    if (cut.bound != self->rows[slot].shown_bound)
        fail (self, "the cut's bound", slot, cut.bound, self->rows[slot].shown_bound);
    for (uint32_t i = 0; i < self->count; i++) {
        if (!self->rows[i].joined || i == slot)
            continue;
        event_t *down = post (self, AT_FEDERATE_CUT, i, channel (self, &self->down_free[i], 8));
        down->from = slot;
        down->from_life = self->lives[slot];
        for (size_t k = 0; k < cut.marks.count; k++)
            if (cut.marks.items[k].slot == i)
                down->sequence = cut.marks.items[k].sequence;
        if (down->sequence != self->rows[slot].to[i].reported)
            fail (self, "the cut's mark", slot, i, (long long) down->sequence);
    }
    timemgmt_cut_fini (&cut);
    rti_drop_row (self, slot, true);
    rti_result (self, false);
}

static void rti_refresh_holds (world_t *self)
{
    for (uint32_t i = 0; i < FEDERATES; i++)
        self->rows[i].held = TIMEMGMT_KEY_MAX;
    for (size_t k = 0; k < self->hold_count; k++)
        for (int i = 0; i < 2; i++) {
            uint32_t slot = self->holds[k].slots[i];
            if (self->rows[slot].joined && self->holds[k].lives[i] == self->lives[slot])
                self->rows[slot].held =
                    timemgmt_time_min (self->rows[slot].held, self->holds[k].time);
        }
}

static void rti_migrate (world_t *self)
{
    uint32_t a = (uint32_t) below (self, self->count), b = (uint32_t) below (self, self->count);
    if (a == b || !self->rows[a].joined || !self->rows[b].joined || self->hold_count == 16)
        return;
    int64_t time = later (self, timemgmt_time_max (self->rows[a].now, self->rows[b].now), 8);
    bool possible = self->rows[a].now < time && self->rows[b].now < time;
    mst_err_t err = timemgmt_bounds_prepare_cut (self->bounds, ++self->hold_next, a, b, time);
    if (!err && !possible)
        fail (self, "a cut in the past was prepared", a, time, b);
    if (err)
        return;
    if (self->rows[a].regulating && self->rows[a].floor.bound > time)
        fail (self, "a cut below the old home's bound", a, time, self->rows[a].floor.bound);
    self->holds[self->hold_count].id = self->hold_next;
    self->holds[self->hold_count].slots[0] = a;
    self->holds[self->hold_count].slots[1] = b;
    self->holds[self->hold_count].lives[0] = self->lives[a];
    self->holds[self->hold_count].lives[1] = self->lives[b];
    self->holds[self->hold_count++].time = time;
    rti_refresh_holds (self);
    post (self, AT_RTI_RELEASE, a, self->now + 1 + below (self, 80))->number = self->hold_next;
}

static void rti_release (world_t *self, uint64_t id)
{
    for (size_t i = 0; i < self->hold_count; i++)
        if (self->holds[i].id == id)
            self->holds[i--] = self->holds[--self->hold_count];
    rti_refresh_holds (self);
    if (timemgmt_bounds_release (self->bounds, id, &self->grants))
        fail (self, "release", 0, 0, 0);
    rti_result (self, false);
}

/*  Federates --------------------------------------------------------------------------------- */

static int64_t queue_min (const federate_t *self)
{
    int64_t least = TIMEMGMT_KEY_MAX;
    for (size_t i = 0; i < self->queue_count; i++)
        least = timemgmt_time_min (least, self->queue[i].stamp);
    return least;
}

static event_t *send_record (world_t *self, uint32_t slot, record_kind_t record)
{
    federate_t *federate = &self->federates[slot];
    event_t *up = post (self, AT_RTI_RECORD, slot, channel (self, &self->up_free[slot], 8));
    up->life = federate->life;
    up->record = record;
    up->number = ++federate->number;
    up->queue_min = queue_min (federate);
    up->sent_count = federate->sent_count;
    if (federate->sent_count > 0) {
        up->sent = malloc (federate->sent_count * sizeof *up->sent);
        memcpy (up->sent, federate->sent, federate->sent_count * sizeof *up->sent);
    }
    federate->sent_count = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        peer_t *peer = &federate->peers[i];
        if (peer->received <= peer->acknowledged)
            continue;
        peer->acknowledged = peer->received;
        up->marks[up->mark_count++] = (mark_t){ i, peer->life, peer->received };
    }
    return up;
}

static void send_data (world_t *self, uint32_t slot, int64_t floor)
{
    federate_t *federate = &self->federates[slot];
    uint32_t to = (uint32_t) below (self, self->count);
    int64_t stamp = percent (self, 50) ? floor : later (self, floor, 12);
    if (percent (self, 5))
        stamp = timemgmt_time_above (stamp);
    peer_t *peer = &federate->peers[to];
    if (to == slot || !self->federates[to].joined || federate->sent_count == SENT_MAX ||
        !timemgmt_time_valid (self->type, stamp))
        return;
    if (peer->life != self->lives[to]) { /* introduced at the join */
        *peer = (peer_t){ .life = self->lives[to] };
    }
    if (peer->cut || peer->left)
        return;
    uint64_t delay = percent (self, 10) ? 200 : 20;
    event_t *data =
        post (self, AT_FEDERATE_DATA, to, channel (self, &self->data_free[slot][to], delay));
    data->from = slot;
    data->from_life = federate->life;
    data->sequence = ++peer->sent;
    data->time = stamp;
    sent_t *sent = &federate->sent[federate->sent_count++];
    sent->life = self->lives[to];
    sent->entry = (timemgmt_sent_t){ to, peer->sent, stamp };
    federate->sends++;
}

static void send_some (world_t *self, uint32_t slot, int64_t floor)
{
    federate_t *federate = &self->federates[slot];
    while (federate->regulating && federate->sends < SENDS_MAX && percent (self, 55))
        send_data (self, slot, floor);
}

static bool change_something (world_t *self, uint32_t slot)
{
    federate_t *federate = &self->federates[slot];
    if (!federate->regulating && federate->wants_regulation) {
        event_t *up = send_record (self, slot, RECORD_REGULATE);
        up->time = federate->lookahead;
        federate->wants_regulation = false;
        federate->waiting = true;
        return true;
    }
    if (!federate->constrained && federate->wants_constraint) {
        (void) send_record (self, slot, RECORD_CONSTRAIN);
        federate->wants_constraint = false;
        federate->constraint_pending = federate->waiting = true;
        return true;
    }
    if (federate->regulating && self->changes && percent (self, 8)) {
        int64_t lookahead = interval (self, (int64_t) below (self, 6));
        send_record (self, slot, RECORD_LOOKAHEAD)->time = lookahead;
        timemgmt_floor_modify (&federate->floor, federate->now, lookahead);
    }
    if (!self->changes || !percent (self, 5))
        return false;
    self->changed = true;
    if (federate->regulating && percent (self, 50)) {
        (void) send_record (self, slot, RECORD_UNREGULATE);
        federate->regulating = false;
        federate->wants_regulation = percent (self, 70);
    } else if (federate->constrained) {
        (void) send_record (self, slot, RECORD_UNCONSTRAIN);
        federate->constrained = false;
        federate->queue_count = 0;
        federate->wants_constraint = percent (self, 70);
    }
    return false;
}

static timemgmt_kind_t choose_kind (world_t *self, const federate_t *federate)
{
    timemgmt_kind_t kind;
    do
        kind = (timemgmt_kind_t) below (self, 5);
    while (!(federate->kinds & 1 << kind));
    return kind;
}

static void resign (world_t *self, uint32_t slot)
{
    federate_t *federate = &self->federates[slot];
    (void) send_record (self, slot, RECORD_RESIGN);
    federate->joined = false;
}

/*  A granted federate goes on: changes, sends, asks for more. */
static void act (world_t *self, uint32_t slot)
{
    federate_t *federate = &self->federates[slot];
    if (!federate->alive || !federate->joined || federate->waiting)
        return;
    if (federate->now >= interval (self, END) || ++federate->steps > STEPS_MAX) {
        resign (self, slot);
        return;
    }
    if (change_something (self, slot))
        return;
    send_some (self, slot, federate->floor.bound);
    if (percent (self, 10))
        (void) send_record (self, slot, RECORD_REPORT);
    federate->kind = choose_kind (self, federate);
    bool far = timemgmt_kind_by_message (federate->kind) && percent (self, 50);
    federate->requested = later (self, federate->now, far ? END : 6);
    federate->flushed = federate->flushed || federate->kind == TIMEMGMT_FQR;
    event_t *up = send_record (self, slot, RECORD_REQUEST);
    up->kind = federate->kind;
    up->time = federate->requested;
    federate->waiting = federate->advancing = true;
    if (federate->regulating && percent (self, 40)) {
        send_some (self, slot,
                   timemgmt_floor_at (&federate->floor, federate->kind, federate->requested));
        if (percent (self, 50))
            (void) send_record (self, slot, RECORD_REPORT);
    }
}

/*  Takes the next message up to `until`, in order; false: none. */
static bool queue_take (federate_t *self, int64_t until, message_t *message)
{
    size_t best = self->queue_count;
    for (size_t i = 0; i < self->queue_count; i++)
        if (self->queue[i].stamp <= until &&
            (best == self->queue_count || self->queue[i].stamp < self->queue[best].stamp))
            best = i;
    if (best == self->queue_count)
        return false;
    *message = self->queue[best];
    self->queue[best] = self->queue[--self->queue_count];
    return true;
}

static void deliver (world_t *self, uint32_t slot, int64_t until)
{
    federate_t *federate = &self->federates[slot];
    message_t message;
    while (queue_take (federate, until, &message)) {
        if (message.stamp < federate->delivered && !federate->flushed)
            fail (self, "delivered out of order", slot, message.stamp, federate->delivered);
        federate->delivered = timemgmt_time_max (federate->delivered, message.stamp);
    }
}

static void check_by_message (world_t *self, uint32_t slot, const event_t *grant)
{
    federate_t *federate = &self->federates[slot];
    int64_t least = queue_min (federate);
    if (!federate->constrained || (grant->kind != TIMEMGMT_NMR && grant->kind != TIMEMGMT_NMRA))
        return;
    if (least < grant->time)
        fail (self, "granted past a message", slot, grant->time, least);
    if (grant->time < federate->requested && least != grant->time && !self->died && !self->changed)
        fail (self, "granted early without a message", slot, grant->time, least);
}

static void callback_advance (world_t *self, uint32_t slot, const event_t *grant)
{
    federate_t *federate = &self->federates[slot];
    if (!federate->advancing || grant->time < federate->now || grant->time > federate->requested)
        fail (self, "a grant that was not asked for", slot, grant->time, federate->requested);
    if ((grant->kind == TIMEMGMT_TAR || grant->kind == TIMEMGMT_TARA) &&
        grant->time != federate->requested)
        fail (self, "TAR to another time", slot, grant->time, federate->requested);
    check_by_message (self, slot, grant);
    deliver (self, slot, grant->kind == TIMEMGMT_FQR ? TIMEMGMT_KEY_MAX : grant->time);
    federate->now = grant->time;
    if (federate->constrained)
        federate->horizon = timemgmt_time_max (
            federate->horizon,
            timemgmt_kind_strict (grant->kind) ? timemgmt_time_above (grant->time) : grant->time);
    if (federate->regulating) {
        timemgmt_floor_raise (&federate->floor, grant->kind, grant->time);
        if (federate->floor.bound != grant->floor)
            fail (self, "two floors", slot, federate->floor.bound, grant->floor);
    }
    federate->advancing = false;
}

static void callback (world_t *self, uint32_t slot, const event_t *grant)
{
    federate_t *federate = &self->federates[slot];
    federate->waiting = false;
    if (grant->kind == TIMEMGMT_REGULATION) {
        deliver (self, slot, grant->time);
        federate->now = timemgmt_time_max (federate->now, grant->time);
        federate->horizon = timemgmt_time_max (federate->horizon, federate->now);
        federate->regulating = true;
        timemgmt_floor_init (&federate->floor, self->type, grant->floor, federate->lookahead);
    } else if (grant->kind == TIMEMGMT_CONSTRAINT) {
        federate->constrained = true;
        federate->constraint_pending = false;
        federate->horizon = federate->now;
        federate->delivered = TIMEMGMT_KEY_NONE;
    } else
        callback_advance (self, slot, grant);
    if (percent (self, 30))
        post (self, AT_FEDERATE_START, slot, self->now + 1 + below (self, 20));
    else
        act (self, slot);
}

static void meet (federate_t *self, uint32_t slot, uint32_t life)
{
    if (self->peers[slot].life < life)
        self->peers[slot] = (peer_t){ .life = life };
}

/*  Has it in hand what its grant needs? */
static void try_grant (world_t *self, uint32_t slot)
{
    federate_t *federate = &self->federates[slot];
    if (!federate->granted)
        return;
    for (size_t i = 0; i < federate->grant.mark_count && federate->grant.kind != TIMEMGMT_FQR;
         i++) {
        mark_t need = federate->grant.marks[i];
        peer_t *peer = &federate->peers[need.slot];
        meet (federate, need.slot, need.life);
        if (peer->life == need.life && !peer->cut && peer->received < need.sequence)
            return;
    }
    federate->granted = false;
    event_t grant = federate->grant;
    callback (self, slot, &grant);
}

static void take_data (world_t *self, const event_t *data)
{
    uint32_t slot = data->slot;
    federate_t *federate = &self->federates[slot];
    meet (federate, data->from, data->from_life);
    peer_t *peer = &federate->peers[data->from];
    if (peer->life != data->from_life || peer->cut)
        return;
    if (data->sequence != peer->received + 1)
        fail (self, "the test's network lost a message", slot, (long long) data->sequence, 0);
    peer->received = data->sequence;
    if (federate->constrained && data->time < federate->horizon)
        fail (self, "a message in the past", slot, data->time, federate->horizon);
    bool queue =
        federate->constrained || (federate->constraint_pending && data->time >= federate->now);
    if (queue && federate->queue_count < QUEUE_MAX)
        federate->queue[federate->queue_count++] =
            (message_t){ data->time, data->from, data->from_life, data->sequence };
    if (peer->left && peer->received >= peer->last)
        (void) send_record (self, slot, RECORD_REPORT);
    try_grant (self, slot);
}

/*  A resign: acknowledge as soon as all is here. */
static void take_left (world_t *self, const event_t *event)
{
    federate_t *federate = &self->federates[event->slot];
    meet (federate, event->from, event->from_life);
    peer_t *peer = &federate->peers[event->from];
    if (peer->life != event->from_life)
        return;
    peer->left = true;
    peer->last = event->sequence;
    if (peer->received >= peer->last)
        (void) send_record (self, event->slot, RECORD_REPORT);
}

/*  A death: what is above the cut goes, what has not come is waited for no longer, and the RTI is
    told that the cut is applied. */
static void take_cut (world_t *self, const event_t *event)
{
    federate_t *federate = &self->federates[event->slot];
    meet (federate, event->from, event->from_life);
    peer_t *peer = &federate->peers[event->from];
    if (peer->life != event->from_life)
        return;
    peer->cut = true;
    size_t kept = 0;
    for (size_t i = 0; i < federate->queue_count; i++) {
        message_t message = federate->queue[i];
        if (message.from != event->from || message.life != event->from_life ||
            message.sequence <= event->sequence)
            federate->queue[kept++] = message;
    }
    federate->queue_count = kept;
    if (peer->received < event->sequence)
        peer->received = event->sequence;
    (void) send_record (self, event->slot, RECORD_REPORT);
    try_grant (self, event->slot);
}

static void join (world_t *self, uint32_t slot)
{
    federate_t *federate = &self->federates[slot];
    uint32_t life = ++self->lives[slot];
    memset (federate, 0, sizeof *federate);
    federate->alive = federate->joined = true;
    federate->life = life;
    federate->horizon = federate->delivered = TIMEMGMT_KEY_NONE;
    federate->wants_regulation = percent (self, 80);
    federate->wants_constraint = percent (self, 80);
    federate->lookahead = interval (self, percent (self, 40) ? 0 : (int64_t) below (self, 7));
    federate->kinds = 1 + (int) below (self, 31);
    if (federate->kinds == 1 << TIMEMGMT_FQR)
        federate->kinds |= 1 << TIMEMGMT_NMR;
    row_t *row = &self->rows[slot];
    memset (row, 0, sizeof *row);
    row->joined = true;
    row->queue_min = row->held = TIMEMGMT_KEY_MAX;
    row->shown_bound = row->shown_galt = TIMEMGMT_KEY_NONE;
    for (uint32_t i = 0; i < FEDERATES; i++)
        memset (&self->rows[i].to[slot], 0, sizeof self->rows[i].to[slot]);
    if (timemgmt_bounds_add (self->bounds, slot, 0))
        fail (self, "join", slot, 0, 0);
    if (self->deaths && percent (self, 25))
        post (self, AT_RTI_DEATH, slot, self->now + 1 + below (self, 600))->sequence = 1;
}

/*  It dies: its records on the way never come, and of its data only a first part, per receiver. The
    RTI sees it some time later. */
static void die (world_t *self, uint32_t slot)
{
    federate_t *federate = &self->federates[slot];
    if (!federate->alive || !federate->joined)
        return;
    self->died = true;
    federate->alive = false;
    uint64_t lost_from[FEDERATES];
    for (uint32_t i = 0; i < FEDERATES; i++)
        lost_from[i] = percent (self, 50) ? UINT64_MAX : self->now + below (self, 20);
    size_t kept = 0;
    for (size_t i = 0; i < self->event_count; i++) {
        event_t *event = &self->events[i];
        bool record = event->what == AT_RTI_RECORD && event->slot == slot;
        bool data = event->what == AT_FEDERATE_DATA && event->from == slot &&
                    event->at >= lost_from[event->slot];
        if (record || data)
            free (event->sent);
        else
            self->events[kept++] = *event;
    }
    self->event_count = kept;
    post (self, AT_RTI_DEATH, slot, self->now + 1 + below (self, 30));
}

/*  The world --------------------------------------------------------------------------------- */

static void at_federate (world_t *self, event_t *event)
{
    federate_t *federate = &self->federates[event->slot];
    if (event->what == AT_FEDERATE_START && !self->rows[event->slot].joined &&
        !self->rows[event->slot].ghost)
        join (self, event->slot);
    if (event->life != federate->life && event->what != AT_FEDERATE_START)
        return;
    if (!federate->alive || !federate->joined)
        return;
    switch (event->what) {
    case AT_FEDERATE_START: act (self, event->slot); break;
    case AT_FEDERATE_GRANT:
        federate->granted = true;
        federate->grant = *event;
        try_grant (self, event->slot);
        break;
    case AT_FEDERATE_CUT: take_cut (self, event); break;
    case AT_FEDERATE_LEFT: take_left (self, event); break;
    case AT_FEDERATE_DATA: take_data (self, event); break;
    case AT_RTI_RECORD:
    case AT_RTI_DEATH:
    case AT_RTI_MIGRATE:
    case AT_RTI_RELEASE: break;
    }
}

static void happen (world_t *self, event_t *event)
{
    self->now = event->at;
    self->event_total++;
    switch (event->what) {
    case AT_RTI_RECORD: rti_record (self, event); break;
    case AT_RTI_DEATH:
        if (event->sequence == 0)
            rti_death (self, event);
        else if (event->life == self->lives[event->slot])
            die (self, event->slot);
        break;
    case AT_RTI_MIGRATE: rti_migrate (self); break;
    case AT_RTI_RELEASE: rti_release (self, event->number); break;
    case AT_FEDERATE_GRANT:
    case AT_FEDERATE_CUT:
    case AT_FEDERATE_LEFT:
    case AT_FEDERATE_DATA:
    case AT_FEDERATE_START: at_federate (self, event); break;
    }
    free (event->sent);
}

static bool next_event (world_t *self, event_t *event)
{
    size_t best = 0;
    for (size_t i = 1; i < self->event_count; i++) {
        const event_t *a = &self->events[i], *b = &self->events[best];
        if (a->at < b->at || (a->at == b->at && a->order < b->order))
            best = i;
    }
    if (self->event_count == 0)
        return false;
    *event = self->events[best];
    self->events[best] = self->events[--self->event_count];
    return true;
}

/*  Nothing moves any more: is everybody where it should be? */
static void check_end (world_t *self)
{
    for (uint32_t i = 0; i < self->count; i++) {
        timemgmt_state_t state;
        timemgmt_bounds_state (self->bounds, i, &state);
        if (state.present)
            fail (self, state.waiting ? "waits for ever" : "never left", i, state.kind,
                  state.requested);
        else if (state.ghost)
            fail (self, "a ghost for ever", i, 0, 0);
    }
}

static void world_run (world_t *self, uint64_t seed)
{
    timemgmt_bounds_options_t options = TIMEMGMT_BOUNDS_OPTIONS;
    event_t *events = self->events;
    memset (self, 0, sizeof *self);
    self->events = events;
    self->seed = seed;
    base_random_init (&self->random, seed);
    self->type = options.type = percent (self, 25) ? TIMEMGMT_FLOAT64 : TIMEMGMT_INTEGER64;
    self->count = 2 + (uint32_t) below (self, FEDERATES - 1);
    self->deaths = percent (self, 40);
    self->changes = percent (self, 40);
    self->migrations = percent (self, 40);
    self->rejoins = percent (self, 30);
    self->bounds = timemgmt_bounds_new (&options);
    for (uint32_t i = 0; i < self->count; i++)
        post (self, AT_FEDERATE_START, i, percent (self, 25) ? below (self, 300) : 0);
    for (int i = 0; self->migrations && i < 10; i++)
        post (self, AT_RTI_MIGRATE, 0, below (self, 1000));
    event_t event;
    while (!self->failed && next_event (self, &event)) {
        happen (self, &event);
        if (self->event_total > EVENTS_IN_ALL)
            fail (self, "no end", 0, 0, 0);
    }
    if (!self->failed)
        check_end (self);
    for (size_t i = 0; i < self->event_count; i++)
        free (self->events[i].sent);
    timemgmt_grants_fini (&self->grants);
    timemgmt_bounds_destroy (&self->bounds);
}

static uint64_t from_environment (const char *name, uint64_t otherwise)
{
    const char *text = getenv (name);
    return text && *text ? strtoull (text, NULL, 10) : otherwise;
}

static void test_random_federations (void)
{
    world_t *world = calloc (1, sizeof *world);
    CHECK_OR_RETURN (world != NULL);
    world->events = calloc (EVENTS_MAX, sizeof *world->events);
    uint64_t only = from_environment ("MUSTER_SIM_SEED", 0);
    uint64_t last = only ? only : from_environment ("MUSTER_SIM_SEEDS", SEEDS);
    uint64_t grants = 0, events = 0, failures = 0;
    for (uint64_t seed = only ? only : 1; seed <= last && failures < 5; seed++) {
        world_run (world, seed);
        grants += world->grant_total;
        events += world->event_total;
        failures += world->failed;
    }
    printf ("%llu federations, %llu events, %llu grants ... ",
            (unsigned long long) (only ? 1 : last), (unsigned long long) events,
            (unsigned long long) grants);
    CHECK_INT (failures, 0);
    free (world->events);
    free (world);
}

static CU_TestInfo random_tests[] = {
    { "random federations against an oracle", test_random_federations },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/bounds, by seed", NULL, NULL, NULL, NULL, random_tests })
