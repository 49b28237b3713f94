/*  Clocks: a federate asks for the RTI's, and tells what it knows of its own. The moment at which
   an answer leaves is known only then: the daemon gives it (RTI_EVENT_STAMP), and the answer
   follows what is sent. The average of Berkeley's method is made of what the members told last. */
#include "rti/core/state.h"

/*  Of a federate that told its clock within so much time. */
static const int64_t clock_fresh_ns = INT64_C (60000000000);

static bool reading_of (const rti_federate_t *self, timemgmt_clock_reading_t *reading)
{
    const wire_clock_ask_t *latest = &self->clock.latest;
    int64_t age_ns = self->federation->core->now_ns - self->clock.told_ns;

    base_assert (reading != NULL);
    if (latest->method != TIMEMGMT_CLOCK_BERKELEY || latest->offset == WIRE_TIME_NONE ||
        latest->bound_ns > INT64_MAX || age_ns > clock_fresh_ns)
        return false;
    /*  It told how far the RTI's clock is from its own; here it is the other way round. */
    reading->offset_ns = -latest->offset;
    reading->bound_ns = timemgmt_clock_aged ((int64_t) latest->bound_ns, age_ns);
    base_assert (reading->bound_ns >= 0);
    return true;
}

/*  Without memory there is no average, this time. */
static void average (const rti_federation_t *self, wire_clock_tell_t *tell)
{
    size_t count = 0;
    timemgmt_clock_reading_t *readings =
        base_arena_alloc (&self->core->arena, self->members.count + 1, sizeof *readings);

    base_assert (tell != NULL);
    if (!readings)
        return;
    readings[count++] = (timemgmt_clock_reading_t){ 0, 0 }; /* the RTI's own */
    BASE_LIST_EACH (&self->members, i)
        count += reading_of (self->members.items[i], &readings[count]);
    timemgmt_clock_average_t made = timemgmt_clock_average (readings, count);
    base_assert (made.members > 0 && made.members <= count);
    tell->average = made.offset_ns;
    tell->average_bound_ns = (uint64_t) made.bound_ns;
    tell->members = made.members;
}

static void tell (rti_core_t *core, rti_link_t *link, uint64_t kind, uint64_t exchange,
                  int64_t received_ns, int64_t sent_ns)
{
    wire_clock_tell_t args = { .kind = kind,
                               .exchange = exchange,
                               .received = received_ns,
                               .sent = sent_ns,
                               .average = WIRE_TIME_NONE };

    base_assert (kind >= TIMEMGMT_CLOCK_TELL && kind <= TIMEMGMT_CLOCK_DELAY_RESPONSE);
    base_assert (core->effects != NULL);
    if (kind == TIMEMGMT_CLOCK_TELL && link->federate &&
        link->federate->clock.latest.method == TIMEMGMT_CLOCK_BERKELEY)
        average (link->federate->federation, &args);
    rti_tell_link (core, link, WIRE_SERVICE_CLOCK_TELL, &args);
}

static mst_err_t check (const rti_call_t *call, const wire_clock_ask_t *args)
{
    base_assert (call->federate != NULL);
    if (args->kind < TIMEMGMT_CLOCK_ASK || args->kind > TIMEMGMT_CLOCK_DELAY_REQUEST)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "what federate \"%s\" asks of the clock (%llu) is unknown",
                           call->federate->name, (unsigned long long) args->kind);
    if (args->method == TIMEMGMT_CLOCK_OFF || !timemgmt_clock_method_name (args->method))
        return base_error (
            MST_E_INVALID_ARGUMENT,
            "the method of clock synchronisation of federate \"%s\" (%llu) is unknown",
            call->federate->name, (unsigned long long) args->method);
    return MST_OK;
}

mst_err_t rti_clock_ask (rti_call_t *call)
{
    const wire_clock_ask_t *args = call->args;
    rti_core_t *core = call->core;
    rti_link_t *link = call->link;

    base_assert (call->federate != NULL && args != NULL);
    mst_err_t err = check (call, args);
    if (!err && link->clock.kind == 0)
        err = BASE_LIST_ROOM (&core->clock_waiting);
    if (err)
        return err;
    call->federate->clock = (rti_clock_t){ core->now_ns, *args };
    if (args->kind == TIMEMGMT_CLOCK_DELAY_REQUEST) {
        tell (core, link, TIMEMGMT_CLOCK_DELAY_RESPONSE, args->exchange, core->wall_ns, 0);
        return MST_OK;
    }
    bool wanted = args->kind == TIMEMGMT_CLOCK_SYNC_WANTED;
    if (wanted)
        tell (core, link, TIMEMGMT_CLOCK_SYNC, args->exchange, 0, 0);
    if (link->clock.kind == 0)
        BASE_LIST_PUT (&core->clock_waiting, link->connection);
    /*  Who asks twice before anything leaves is answered once, the newer question. */
    link->clock = (rti_clock_answer_t){ wanted ? TIMEMGMT_CLOCK_FOLLOW_UP : TIMEMGMT_CLOCK_TELL,
                                        args->exchange, core->wall_ns };
    return MST_OK;
}

void rti_clock_stamp (rti_core_t *core)
{
    base_assert (core != NULL && core->effects != NULL);
    BASE_LIST_EACH (&core->clock_waiting, i) {
        rti_link_t *link = base_map_pointer (&core->links, core->clock_waiting.items[i]);
        if (!link)
            continue;
        rti_clock_answer_t answer = link->clock;
        base_assert (answer.kind != 0);
        link->clock = (rti_clock_answer_t){ 0 };
        if (!link->closing)
            tell (core, link, answer.kind, answer.exchange,
                  answer.kind == TIMEMGMT_CLOCK_TELL ? answer.received_ns : 0, core->wall_ns);
    }
    core->clock_waiting.count = 0;
}
