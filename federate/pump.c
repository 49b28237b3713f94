/*  Carries out what the core wants done, and brings it what came in. */
#include "federate/shell.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/trace.h"
#include "link/clock.h"

#include <string.h>

/*  Roads ------------------------------------------------------------------------------------------
 */

static federate_road_t *road_find (const federate_shell_t *shell, uint32_t peer)
{
    return base_map_pointer (&shell->roads, peer);
}

static bool endpoint_fits (const federate_shell_t *shell, const federate_road_t *road,
                           const char *endpoint)
{
    const char *wanted = shell->transport;
    size_t length = strlen (wanted);

    if (strcmp (wanted, "auto") != 0 && strncmp (endpoint, wanted, length) != 0)
        return false;
    if (strncmp (endpoint, "ipc:", 4) == 0)
        return road->same_host;
    return true;
}

/*  The next endpoint that may be tried; false: there is none left. */
static bool road_try (federate_shell_t *shell, federate_road_t *road)
{
    while (road->next_endpoint < road->endpoint_count) {
        const char *endpoint = road->endpoints[road->next_endpoint++];
        if (!endpoint_fits (shell, road, endpoint))
            continue;
        link_dealer_options_t options = { .endpoint = endpoint };
        if (link_dealer_new (shell->poll, &options, &road->dealer) == MST_OK)
            return true;
    }
    return false;
}

static mst_err_t road_open (federate_shell_t *shell, const federate_effect_t *effect)
{
    federate_road_t *road = base_calloc (1, sizeof *road);
    if (!road)
        return base_alloc_error ();
    road->peer = effect->peer;
    road->endpoints = effect->endpoints;
    road->endpoint_count = effect->endpoint_count;
    road->same_host = effect->same_host;
    mst_err_t err = base_map_set_pointer (&shell->roads, effect->peer, road);
    if (err) {
        base_free (road);
        return err;
    }
    if (road_try (shell, road))
        return MST_OK;
    road->dead = true;
    return federate_core_route_failed (shell->core, effect->peer,
                                       "none of its endpoints can be reached from here");
}

static void road_forget_waiting (federate_road_t *road)
{
    for (size_t i = road->first_waiting; i < road->waiting.count; i++)
        base_buffer_fini (&road->waiting.items[i]);
    road->first_waiting = road->waiting.count = 0;
}

static void road_free (federate_shell_t *shell, federate_road_t *road, int linger_ms)
{
    base_map_remove (&shell->roads, road->peer);
    if (road->dealer)
        link_dealer_destroy (&road->dealer, linger_ms);
    road_forget_waiting (road);
    BASE_LIST_FINI (&road->waiting);
    base_free (road);
}

/*  What came back is filled anew. */
static void road_reuse (federate_shell_t *shell, federate_road_t *road)
{
    base_buffer_t bytes;
    while (federate_core_wants_blocks (shell->core) &&
           link_dealer_take_block (road->dealer, &bytes))
        federate_core_give_block (shell->core, &bytes);
}

/*  Sends what waits; stops at the first frame that the connection does not take. */
static void road_send_waiting (federate_shell_t *shell, federate_road_t *road)
{
    while (road->dealer && road->first_waiting < road->waiting.count) {
        bool sent = false;
        base_buffer_t *bytes = &road->waiting.items[road->first_waiting];
        if (link_dealer_send_buffer (road->dealer, bytes, &sent) || !sent)
            break;
        base_buffer_fini (bytes);
        road->first_waiting++;
    }
    if (road->first_waiting == road->waiting.count)
        road->first_waiting = road->waiting.count = 0;
    if (road->dealer)
        link_dealer_want_room (road->dealer, road->waiting.count > 0);
    if (road->closing && road->waiting.count == 0)
        road_free (shell, road, FEDERATE_LINGER_MS);
}

static mst_err_t road_send (federate_shell_t *shell, federate_effect_t *effect)
{
    bool sent = false;

    federate_road_t *road = road_find (shell, effect->peer);
    if (!road || road->dead)
        return MST_OK; /* the peer is gone; the core knows or will */
    if (road->waiting.count == 0 && road->dealer)
        (void) link_dealer_send_buffer (road->dealer, &effect->bytes, &sent);
    if (road->dealer)
        road_reuse (shell, road);
    if (sent)
        return MST_OK;
    mst_err_t err = BASE_LIST_ROOM (&road->waiting);
    if (err)
        return err;
    BASE_LIST_PUT (&road->waiting, effect->bytes);
    effect->bytes = (base_buffer_t){ 0 };
    return MST_OK;
}

static void road_close (federate_shell_t *shell, uint32_t peer)
{
    federate_road_t *road = road_find (shell, peer);
    if (!road)
        return;
    road->closing = true;
    road_send_waiting (shell, road);
    road = road_find (shell, peer);
    if (road) /* the peer is gone: nobody will take it */
        road_free (shell, road, 0);
}

/*  Effects
 * ------------------------------------------------------------------------------------------ */

static mst_err_t carry_out_one (federate_shell_t *shell, federate_effect_t *effect)
{
    bool sent;
    link_message_t *message;

    switch (effect->kind) {
    case FEDERATE_OPEN_ROUTE: return road_open (shell, effect);
    case FEDERATE_SEND_ROUTE:
        base_trace ("federate/pump.c: carry_out_one");
        return road_send (shell, effect);
    case FEDERATE_CLOSE_ROUTE: road_close (shell, effect->peer); return MST_OK;
    case FEDERATE_ANSWER: /* to one that is gone: nothing to do */
        (void) link_router_send (shell->router, effect->connection, effect->bytes.data,
                                 effect->bytes.size_bytes, &sent);
        if (effect->close)
            link_router_close (shell->router, effect->connection);
        return MST_OK;
    case FEDERATE_GIVE_UP:
        return base_map_set (
            &shell->doomed, effect->connection,
            (uint64_t) (link_clock_ns () + FEDERATE_GIVE_UP_MS * INT64_C (1000000)));
    case FEDERATE_RELEASE:
        message = effect->owner;
        link_message_release (message);
        base_free (message);
        return MST_OK;
    default: return MST_OK;
    }
}

static mst_err_t send_outbox (federate_shell_t *shell)
{
    bool sent = false;

    federate_state_t state;
    federate_core_state (shell->core, &state);
    if (state.lost && shell->rti)
        link_dealer_destroy (&shell->rti,
                             0); /* so that the RTI and the others know, whoever lost it */
    base_buffer_t *outbox = federate_core_outbox (shell->core);
    if (outbox->size_bytes == 0 || !shell->rti)
        return MST_OK;
    mst_err_t err = link_dealer_send (shell->rti, outbox->data, outbox->size_bytes, &sent);
    if (err) {
        federate_core_rti_lost (shell->core, mst_error_text ());
        return MST_OK;
    }
    if (sent)
        base_buffer_clear (outbox);
    return MST_OK;
}

mst_err_t federate_carry_out (federate_shell_t *shell, bool flush)
{
    base_assert (shell != NULL);
    if (flush) {
        mst_err_t err = federate_core_flush (shell->core);
        if (err)
            return err;
    }
    mst_err_t first = MST_OK;
    federate_effects_t *effects = federate_core_effects (shell->core);
    for (size_t i = 0; i < effects->count; i++) { /* carrying out may append */
        federate_effect_t effect = effects->items[i];
        effects->items[i].bytes = (base_buffer_t){ 0 };
        mst_err_t err = carry_out_one (shell, &effect);
        base_buffer_fini (&effect.bytes);
        if (err && !first)
            federate_core_rti_lost (shell->core,
                                    mst_error_text ()); /* what did not leave is missed for ever */
        first = first ? first : err;
    }
    federate_core_effects_done (shell->core);
    if (first)
        return first;
    return flush || federate_core_urgent (shell->core) ? send_outbox (shell) : MST_OK;
}

/*  What came in
 * -------------------------------------------------------------------------------------- */

static mst_err_t drain_rti (federate_shell_t *shell)
{
    link_event_t event;

    while (shell->rti && link_dealer_ready (shell->rti)) {
        mst_err_t err = MST_OK;
        link_dealer_next (shell->rti, &event);
        if (event.kind == LINK_EVENT_NONE)
            break;
        if (event.kind == LINK_EVENT_MESSAGE) {
            err =
                federate_core_from_rti (shell->core, event.message.data, event.message.size_bytes);
            link_message_release (&event.message);
            if (!err && shell->clock.options.method != TIMEMGMT_CLOCK_OFF)
                err = federate_clock_take (shell);
        }
        if (event.kind == LINK_EVENT_LOST || event.kind == LINK_EVENT_FAILED)
            federate_core_rti_lost (shell->core, event.text);
        if (err)
            return err;
    }
    return MST_OK;
}

static mst_err_t peer_message (federate_shell_t *shell, link_event_t *event)
{
    link_message_t *message = base_calloc (1, sizeof *message);
    if (!message) {
        mst_err_t failed = base_alloc_error ();
        link_message_release (&event->message);
        federate_core_rti_lost (shell->core, mst_error_text ());
        return failed;
    }
    link_message_move (message, &event->message);
    mst_err_t err = federate_core_from_peer (shell->core, event->connection, message->data,
                                             message->size_bytes, message);
    if (err == MST_E_NO_MEMORY) { /* not taken */
        link_message_release (message);
        base_free (message);
    }
    return err;
}

/*  Not all at once: what is taken in is best delivered while it is in the processor's caches, and
   its senders' credit goes out between the turns. */
static mst_err_t drain_router (federate_shell_t *shell)
{
    link_event_t event;
    size_t taken_bytes = 0;

    while (shell->router && link_router_ready (shell->router) &&
           taken_bytes < FEDERATE_TURN_BYTES) {
        mst_err_t err = MST_OK;
        link_router_next (shell->router, &event);
        if (event.kind == LINK_EVENT_NONE)
            break;
        if (event.kind == LINK_EVENT_MESSAGE) {
            taken_bytes += event.message.size_bytes;
            err = peer_message (shell, &event);
        }
        if (event.kind == LINK_EVENT_LOST)
            err = federate_core_connection_closed (shell->core, event.connection);
        if (err)
            return err;
    }
    shell->turn_bytes = taken_bytes;
    return MST_OK;
}

static mst_err_t road_failed (federate_shell_t *shell, federate_road_t *road, const char *why)
{
    uint32_t peer = road->peer;

    bool was_connected = link_dealer_connected (road->dealer);
    link_dealer_destroy (&road->dealer, 0);
    if (!was_connected && road->next_endpoint > 0 && road_try (shell, road))
        return MST_OK;
    road_forget_waiting (road); /* only HELLO can wait before WELCOME; after it the data is lost */
    road->dead = true;
    return federate_core_route_failed (shell->core, peer, why);
}

static mst_err_t drain_road (federate_shell_t *shell, federate_road_t *road)
{
    link_event_t event;

    while (road->dealer && link_dealer_ready (road->dealer)) {
        mst_err_t err = MST_OK;
        link_dealer_next (road->dealer, &event);
        if (event.kind == LINK_EVENT_NONE)
            break;
        if (event.kind == LINK_EVENT_MESSAGE) {
            err = federate_core_from_route (shell->core, road->peer, event.message.data,
                                            event.message.size_bytes);
            link_message_release (&event.message);
        }
        if (event.kind == LINK_EVENT_FAILED || event.kind == LINK_EVENT_LOST)
            return road_failed (shell, road, event.text);
        if (err)
            return err;
    }
    if (road->waiting.count > 0)
        road_send_waiting (shell, road);
    return MST_OK;
}

static mst_err_t drain_roads (federate_shell_t *shell)
{
    for (uint32_t i = shell->roads.count; i-- > 0;) { /* backward: a road may be removed */
        mst_err_t err =
            drain_road (shell, (federate_road_t *) (uintptr_t) shell->roads.entries[i].value);
        if (err)
            return err;
    }
    return MST_OK;
}

static mst_err_t take_in (federate_shell_t *shell)
{
    mst_err_t err = drain_rti (shell);
    if (!err)
        err = drain_router (shell);
    if (!err)
        err = drain_roads (shell);
    federate_meter_tell (shell);
    return err ? err : federate_carry_out (shell, false);
}

int64_t federate_patience (const federate_shell_t *shell, int64_t timeout_ns)
{
    base_assert (shell != NULL);
    bool lacks = shell->lacks_sender != 0 && !shell->lacks_told;
    int64_t clock_ns = timemgmt_clocksync_next_ns (&shell->clock);
    if (shell->doomed.count == 0 && !lacks && clock_ns == INT64_MAX)
        return timeout_ns;
    int64_t now = link_clock_ns ();
    if (clock_ns != INT64_MAX && clock_ns - now < timeout_ns)
        timeout_ns = clock_ns > now ? clock_ns - now : 0;
    if (lacks) {
        int64_t left = shell->lacks_since_ns + FEDERATE_LACKS_MS * INT64_C (1000000) - now;
        if (left < timeout_ns)
            timeout_ns = left > 0 ? left : 0;
    }
    BASE_MAP_EACH (&shell->doomed, entry) {
        int64_t left = (int64_t) entry->value - now;
        if (left < timeout_ns)
            timeout_ns = left > 0 ? left : 0;
    }
    return timeout_ns;
}

/*  What has come by a lost peer's connection is taken in first, in as many turns as it needs: the
   rest is given up. */
static mst_err_t close_doomed (federate_shell_t *shell)
{
    for (uint32_t i = shell->doomed.count; i-- > 0;) {
        uint64_t connection = shell->doomed.entries[i].key;
        if ((int64_t) shell->doomed.entries[i].value > link_clock_ns () ||
            !link_router_silent (shell->router, connection))
            continue;
        base_map_remove (&shell->doomed, connection);
        link_router_close (shell->router, connection);
        mst_err_t err = federate_core_connection_closed (shell->core, connection);
        if (err)
            return err;
    }
    return MST_OK;
}

/*  A grant that waits for bundles is no grant to its federate, and to the RTI it is: so who waits
   for this federate would be told of it, not of who keeps it waiting. After a while the RTI is
   told. */
static mst_err_t watch_lacks (federate_shell_t *shell)
{
    uint32_t sender;
    uint64_t sequence;

    if (!federate_core_lacks (shell->core, &sender, &sequence)) {
        shell->lacks_sender = 0;
        return MST_OK;
    }
    int64_t now = link_clock_ns ();
    if (sender != shell->lacks_sender || sequence != shell->lacks_sequence) {
        shell->lacks_sender = sender;
        shell->lacks_sequence = sequence;
        shell->lacks_since_ns = now;
        shell->lacks_told = false;
    }
    if (shell->lacks_told || now - shell->lacks_since_ns < FEDERATE_LACKS_MS * INT64_C (1000000))
        return MST_OK;
    shell->lacks_told = true;
    return federate_core_tell_lacks (shell->core);
}

static mst_err_t pump (federate_shell_t *shell, int64_t timeout_ns)
{
    base_assert (shell != NULL);
    shell->turn_bytes = 0;
    mst_err_t err = watch_lacks (shell);
    if (!err && shell->clock.options.method != TIMEMGMT_CLOCK_OFF)
        err = federate_clock_turn (shell);
    if (!err)
        err = federate_carry_out (shell, true);
    if (err)
        return err;
    bool something = link_poll_wait (shell->poll, federate_patience (shell, timeout_ns));
    if (something)
        err = take_in (shell);
    if (err || shell->doomed.count == 0)
        return err;
    err = close_doomed (shell);
    return err ? err : federate_carry_out (shell, false);
}

mst_err_t federate_pump (federate_shell_t *shell, int64_t timeout_ns)
{
    if (--shell->meter.turns <= 0)
        federate_meter_start (shell);
    mst_err_t err = pump (shell, timeout_ns);
    federate_meter_turn (shell);
    return err;
}
