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

mst_err_t rti_explain (rti_call_t *call)
{
    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    enum { TEXT_BYTES = 1024 };
    const wire_explain_t *args = call->args;
    wire_explain_result_t *result = call->result;
    const rti_federation_t *federation = call->federation;
    const rti_federate_t *of = args->federate == WIRE_HANDLE_NONE
                                   ? call->federate
                                   : rti_federate_find (federation, args->federate);
    timemgmt_reason_t reason;

    if (!of)
        return base_error (MST_E_STALE_HANDLE,
                           "there is no federate %" PRIu64 " in \"%s\" (any more)", args->federate,
                           federation->name);
    char *text = base_arena_alloc (&call->core->arena, TEXT_BYTES, 1);
    if (!text)
        return base_alloc_error ();
    timemgmt_bounds_explain (federation->bounds, of->slot, &reason);
    rti_explain_text (federation, &reason, text, TEXT_BYTES);
    *result = (wire_explain_result_t){ .term = reason.term,
                                       .granted = WIRE_TIME_NONE,
                                       .bound = WIRE_TIME_NONE,
                                       .lookahead = WIRE_TIME_NONE,
                                       .text = rti_text (text) };
    const rti_federate_t *holder =
        reason.term != TIMEMGMT_BY_NOTHING && reason.holder < federation->slots.count
            ? federation->slots.items[reason.holder].federate
            : NULL;
    if (!holder)
        return MST_OK;
    result->holder = holder->handle;
    result->name = rti_text (holder->name);
    result->granted = reason.holder_now;
    result->bound = reason.holder_bound;
    result->lookahead = reason.holder_lookahead;
    result->silent_ns = (wire_number_t) (call->core->now_ns - holder->link->heard_ns);
    return MST_OK;
}
