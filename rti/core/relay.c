/*  Data that goes through the RTI, as it is; and PROBE, which asks how far it has come with
 * somebody. */
#include "rti/core/state.h"

#include <inttypes.h>
#include <stdio.h>

static void rti_refused_tell (rti_core_t *core, rti_link_t *link, uint32_t from, uint32_t to)
{
    base_buffer_t frame;
    char text[RTI_NAME_BYTES + 64];

    base_assert (core != NULL);
    base_assert (link->federate != NULL);
    int length = snprintf (text, sizeof text, "there is no federate %u in \"%s\" (any more)", to,
                           link->federate->federation->name);
    if (length > (int) sizeof text - 1)
        length = (int) sizeof text - 1;
    wire_route_talk_t talk = { .from = to,
                               .to = from,
                               .number = MST_E_STALE_HANDLE,
                               .text = (const uint8_t *) text,
                               .text_size_bytes = (uint32_t) length };
    base_buffer_init (&frame);
    if (wire_route_talk_write (&frame, WIRE_KIND_REFUSED, &talk))
        rti_close (core, link, "there is no memory left for what it must be told");
    else
        rti_relay_bytes (core, link, frame.data, frame.size_bytes);
    base_buffer_fini (&frame);
}

/*  Is an answer to it of use? What only answers gets none, or two would answer each other for ever.
 */
static bool rti_wants_refusal (uint16_t kind)
{
    return kind == WIRE_KIND_HELLO || kind == WIRE_KIND_BUNDLE ||
           kind == WIRE_KIND_BUNDLE_BEST_EFFORT;
}

mst_err_t rti_relay (rti_core_t *core, rti_link_t *link, const wire_frame_t *frame)
{
    uint32_t from, to;

    base_assert (core != NULL);
    base_assert (wire_kind_is_data (frame->kind));
    mst_err_t err = wire_data_addresses (frame, &from, &to);
    if (!err && !link->federate)
        err = base_error (MST_E_NOT_JOINED,
                          "data came from a connection that has not joined: send JOIN first");
    if (!err && from != link->federate->handle)
        err = base_error (MST_E_NOT_INTRODUCED,
                          "data of federate %u came from federate \"%s\", which is %u", from,
                          link->federate->name, link->federate->handle);
    if (err) {
        rti_reply (core, link, frame->request, err, NULL, 0);
        return err;
    }
    const rti_federate_t *receiver = rti_federate_find (link->federate->federation, to);
    if (receiver)
        rti_relay_bytes (core, receiver->link, frame->body - WIRE_HEADER_BYTES,
                         WIRE_HEADER_BYTES + (size_t) frame->body_size_bytes);
    else if (rti_wants_refusal (frame->kind))
        rti_refused_tell (core, link, from, to);
    return MST_OK;
}

mst_err_t rti_routed (rti_call_t *call)
{
    const wire_routed_t *args = call->args;
    const rti_federate_t *to = rti_federate_find (call->federation, args->federate);
    wire_text_t why = args->text.data ? args->text : rti_text ("as configured");

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (!to) /* it left meanwhile: the two crossed on the way */
        return MST_OK;
    rti_log (call->core, "data of \"%s\" to \"%s\" goes through the RTI: %.*s",
             call->federate->name, to->name, RTI_SHOW (why));
    return MST_OK;
}

/*  PROBE ------------------------------------------------------------------------------------- */

mst_err_t rti_probe_ask (rti_call_t *call)
{
    const wire_probe_t *args = call->args;
    rti_federate_t *origin = rti_federate_find (call->federation, args->origin);
    rti_probe_t probe = { call->link->connection, args->origin_sequence, call->frame->request };

    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if (args->global > call->core->global)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a PROBE asks for event %" PRIu64 ", but this RTI has told of %" PRIu64,
                           args->global, call->core->global);
    if (!origin || origin->link->sequence >= args->origin_sequence)
        return MST_OK;
    if (origin->probes.count >= RTI_PROBES)
        return base_error (MST_E_LIMIT, "limits.probes (%d) for federate \"%s\" is reached",
                           RTI_PROBES, origin->name);
    mst_err_t err = BASE_LIST_PUSH (&origin->probes, probe);
    call->answered = !err;
    return err;
}

void rti_probes_answer (rti_federate_t *self, bool all)
{
    rti_core_t *core = self->federation->core;
    size_t kept = 0;

    base_assert (self->federation != NULL);
    if (self->probes.count == 0)
        return;
    for (size_t i = 0; i < self->probes.count; i++) {
        rti_probe_t probe = self->probes.items[i];
        if (!all && probe.sequence > self->link->sequence) {
            self->probes.items[kept++] = probe;
            continue;
        }
        rti_link_t *link = base_map_pointer (&core->links, probe.connection);
        if (link)
            rti_reply (core, link, probe.request, MST_OK, NULL, WIRE_SERVICE_PROBE);
    }
    base_assert (kept <= self->probes.count);
    self->probes.count = kept;
}
