/*  Why a federate waits, and for whom: in numbers, and in a sentence that says what to do. */
#include "rti/core/state.h"

#include <inttypes.h>
#include <stdio.h>

const char *rti_time_text (timemgmt_type_t type, int64_t key, char out[RTI_TIME_TEXT_BYTES])
{
    base_assert (out != NULL);
    if (key == TIMEMGMT_KEY_NONE)
        (void) snprintf (out, RTI_TIME_TEXT_BYTES, "none");
    else if (key == TIMEMGMT_KEY_MAX)
        (void) snprintf (out, RTI_TIME_TEXT_BYTES, "never");
    else if (type == TIMEMGMT_FLOAT64)
        (void) snprintf (out, RTI_TIME_TEXT_BYTES, "%.15g", timemgmt_key_to_double (key));
    else
        (void) snprintf (out, RTI_TIME_TEXT_BYTES, "%" PRId64, key);
    return out;
}

static const char *rti_slot_name (const rti_federation_t *self, uint32_t slot)
{
    base_assert (self->core != NULL);
    if (slot >= self->slots.count || !self->slots.items[slot].federate)
        return "a federate that left, whose messages are on their way";
    return self->slots.items[slot].federate->name;
}

/*  A sentence that grows; what does not fit is cut off. */
typedef struct rti_sentence {
    char *out;
    size_t size_bytes;
    size_t used;
    timemgmt_type_t type;
} rti_sentence_t;

static void rti_say (rti_sentence_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void rti_say (rti_sentence_t *self, const char *format, ...)
{
    va_list args;

    base_assert (self != NULL);
    base_assert (self->used < self->size_bytes);
    va_start (args, format);
    int length = vsnprintf (self->out + self->used, self->size_bytes - self->used, format, args);
    va_end (args);
    if (length > 0)
        self->used += (size_t) length;
    if (self->used >= self->size_bytes)
        self->used = self->size_bytes - 1;
}

static void rti_say_time (rti_sentence_t *self, const char *before, int64_t key, const char *after)
{
    char text[RTI_TIME_TEXT_BYTES];
    base_assert (self != NULL);
    base_assert (before != NULL);
    rti_say (self, "%s%s%s", before, rti_time_text (self->type, key, text), after);
}

static void rti_say_process (rti_sentence_t *self, const rti_federation_t *federation,
                             uint32_t slot)
{
    base_assert (self != NULL);
    base_assert (federation->core != NULL);
    const rti_federate_t *federate =
        slot < federation->slots.count ? federation->slots.items[slot].federate : NULL;
    if (federate && federate->link->state)
        rti_say (self, " Its process is %s.", federate->link->state);
}

static void rti_say_holder (rti_sentence_t *self, const rti_federation_t *federation,
                            const timemgmt_reason_t *reason)
{
    base_assert (self != NULL);
    base_assert (federation->core != NULL);
    rti_say (self, "held by \"%s\"", rti_slot_name (federation, reason->holder));
    rti_say_time (self, " (granted ", reason->holder_now, "");
    if (reason->holder_requested != TIMEMGMT_KEY_NONE)
        rti_say_time (self, ", asks for ", reason->holder_requested, "");
    rti_say_time (self, ", lookahead ", reason->holder_lookahead, ").");
    if (reason->term == TIMEMGMT_BY_MESSAGE)
        rti_say_time (self, " A message for ", reason->message_stamp, " stands before it.");
    rti_say_process (self, federation, reason->holder);
}

void rti_explain_text (const rti_federation_t *self, const timemgmt_reason_t *reason, char *out,
                       size_t size_bytes)
{
    static const char *const holds[] = { "a migration", "a save", "a barrier" };
    rti_sentence_t say = { out, size_bytes, 0, self->time_type };

    base_assert (self->core != NULL);
    base_assert (size_bytes > 0);
    out[0] = '\0';
    switch (reason->term) {
    case TIMEMGMT_BY_NOTHING: rti_say (&say, "it does not wait."); return;
    case TIMEMGMT_BY_HOLD:
        rti_say (&say, "withheld by %s", holds[reason->hold_reason]);
        rti_say_time (&say, " from ", reason->hold_from, " on, until it is decided.");
        return;
    case TIMEMGMT_BY_NO_REGULATION:
        rti_say (&say, "nobody else regulates time, and the object model's switch "
                       "nonRegulatedGrant says to wait.");
        return;
    case TIMEMGMT_BY_REGULATION:
        rti_say (&say, "the time regulation of \"%s\" is being enabled.",
                 rti_slot_name (self, reason->holder));
        return;
    case TIMEMGMT_BY_DELIVERY:
        rti_say_time (&say, "granted ", reason->wants, ", and waits");
        rti_say (&say, " for messages of \"%s\" (up to bundle %" PRIu64 ") that have not come.",
                 rti_slot_name (self, reason->holder), reason->message_sequence);
        rti_say_process (&say, self, reason->holder);
        return;
    case TIMEMGMT_BY_GRANTED_TIME:
    case TIMEMGMT_BY_LOOKAHEAD:
    case TIMEMGMT_BY_MESSAGE: rti_say_holder (&say, self, reason); break;
    }
    if (reason->deadlock) {
        rti_say (&say, " They wait for each other: a lookahead above 0 is needed.");
        return;
    }
    if (reason->root != reason->holder && reason->root != TIMEMGMT_SLOT_NONE) {
        rti_say (&say,
                 reason->root_term == TIMEMGMT_BY_DELIVERY
                     ? " In the end all wait for messages of \"%s\" that have not come."
                     : " In the end all wait for \"%s\".",
                 rti_slot_name (self, reason->root));
        rti_say_process (&say, self, reason->root);
    }
}

/*  Who is asked about: the caller, one by its handle, or one by its names. */
static mst_err_t rti_explain_whom (const rti_call_t *call, const rti_federate_t **of)
{
    const wire_explain_t *args = call->args;
    const rti_federation_t *federation = call->federation;

    base_assert (args != NULL && of != NULL);
    *of = call->federate;
    if (args->federation.data) {
        federation = rti_federation_find (call->core, args->federation);
        if (!federation)
            return base_error (MST_E_FEDERATION_UNKNOWN,
                               "there is no federation execution \"%.*s\"",
                               RTI_SHOW (args->federation));
        *of =
            args->federate_name.data ? rti_federate_named (federation, args->federate_name) : NULL;
        return *of ? MST_OK
                   : base_error (MST_E_INVALID_ARGUMENT, "there is no federate \"%.*s\" in \"%s\"",
                                 RTI_SHOW (args->federate_name), federation->name);
    }
    if (!federation)
        return base_error (MST_E_NOT_JOINED, "this connection has not joined: name a federation "
                                             "execution and a federate of it");
    if (args->federate != WIRE_HANDLE_NONE)
        *of = rti_federate_find (federation, args->federate);
    return *of ? MST_OK
               : base_error (MST_E_STALE_HANDLE,
                             "there is no federate %" PRIu64 " in \"%s\" (any more)",
                             args->federate, federation->name);
}

static mst_err_t rti_explain_fill (rti_call_t *call, const rti_federate_t *of, const rti_why_t *why)
{
    enum { TEXT_BYTES = 2048 };
    wire_explain_result_t *result = call->result;
    char *text = base_arena_alloc (&call->core->arena, TEXT_BYTES, 1);
    wire_wait_link_t *links = base_arena_alloc (&call->core->arena, RTI_WHY_LINKS, sizeof *links);

    base_assert (why->states != NULL && result != NULL);
    if (!text || !links)
        return base_alloc_error ();
    rti_why_text (why, of, text, TEXT_BYTES);
    *result = (wire_explain_result_t){ .granted = WIRE_TIME_NONE,
                                       .bound = WIRE_TIME_NONE,
                                       .lookahead = WIRE_TIME_NONE,
                                       .text = rti_text (text),
                                       .time_type = (wire_number_t) of->federation->time_type };
    bool deadlock;
    uint32_t count = rti_why_chain (why, of, links, &deadlock);
    result->deadlock = deadlock;
    result->chain.items = links;
    result->chain.count = count;
    if (count == 0)
        return MST_OK;
    result->term = links[0].term;
    result->holder = links[0].federate;
    result->name = links[0].name;
    result->granted = links[0].granted;
    result->bound = links[0].bound;
    result->lookahead = links[0].lookahead;
    result->silent_ns = links[0].silent_ns;
    return MST_OK;
}

mst_err_t rti_explain (rti_call_t *call)
{
    const rti_federate_t *of;
    rti_why_t why;

    base_assert (call->core != NULL && call->args != NULL);
    mst_err_t err = rti_explain_whom (call, &of);
    if (err)
        return err;
    err = rti_why_init (&why, of->federation);
    if (!err)
        err = rti_explain_fill (call, of, &why);
    base_assert (err || call->result != NULL);
    rti_why_fini (&why);
    return err;
}
