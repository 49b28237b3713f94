/*  Logical time as the federate sees it: requests go out with the ledger, a grant lets the queue go
   up to its time, then the federate is told. The send floor is shared with the RTI
   (timemgmt/floor.h). */
#include "federate/core/internal.h"

_Static_assert((int) WIRE_ADVANCE_TAR == (int) TIMEMGMT_TAR + 1 &&
                   (int) WIRE_ADVANCE_FQR == (int) TIMEMGMT_FQR + 1,
               "kinds on the wire are those of timemgmt, from 1");

static mst_err_t check_idle (const federate_core_t *self)
{
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (self->advancing)
        return base_error (MST_E_ADVANCE_PENDING,
                           "%s: an advance to %s is pending: wait for its grant", self->name,
                           FEDERATE_TIME (self, self->requested));
    if (self->regulation_pending)
        return base_error (MST_E_REGULATION_PENDING, "%s: wait for regulation_enabled first",
                           self->name);
    if (self->constrained_pending)
        return base_error (MST_E_CONSTRAINED_PENDING, "%s: wait for constrained_enabled first",
                           self->name);
    return MST_OK;
}

/*  Every change of the time state carries what was sent and received until then. */
static mst_err_t report_then_send (federate_core_t *self, uint16_t service, const void *args)
{
    mst_err_t err = federate_control_send_time (self, WIRE_ADVANCE_NONE, 0, self->now);
    if (!err)
        err = federate_control_send (self, service, args, false, 0);
    self->urgent = true;
    return err;
}

mst_err_t federate_core_enable_regulation (federate_core_t *self, mst_time_t lookahead)
{
    wire_enable_time_regulation_t args = { .lookahead = lookahead };

    base_assert (self != NULL);
    mst_err_t err = check_idle (self);
    if (err)
        return err;
    if (self->regulating)
        return base_error (MST_E_REGULATION_ON, "%s is time regulating already", self->name);
    err = timemgmt_interval_check (self->time_type, lookahead);
    if (!err)
        err = report_then_send (self, WIRE_SERVICE_ENABLE_TIME_REGULATION, &args);
    if (!err) {
        self->regulation_pending = true;
        self->floor.lookahead = lookahead;
    }
    return err;
}

mst_err_t federate_core_disable_regulation (federate_core_t *self)
{
    wire_disable_time_regulation_t args = { 0 };

    base_assert (self != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (!self->regulating)
        return base_error (MST_E_REGULATION_OFF, "%s is not time regulating", self->name);
    err = federate_retractable_settle (self, WIRE_TIME_NEVER); /* nothing can be retracted then */
    if (!err)
        err = report_then_send (self, WIRE_SERVICE_DISABLE_TIME_REGULATION, &args);
    if (!err) {
        self->regulating = false;
        federate_retractable_fini (self);
    }
    return err;
}

mst_err_t federate_core_enable_constrained (federate_core_t *self)
{
    wire_enable_time_constrained_t args = { 0 };

    base_assert (self != NULL);
    mst_err_t err = check_idle (self);
    if (err)
        return err;
    if (self->constrained)
        return base_error (MST_E_CONSTRAINED_ON, "%s is time constrained already", self->name);
    err = report_then_send (self, WIRE_SERVICE_ENABLE_TIME_CONSTRAINED, &args);
    if (!err)
        self->constrained_pending = true;
    return err;
}

mst_err_t federate_core_disable_constrained (federate_core_t *self)
{
    wire_disable_time_constrained_t args = { 0 };

    base_assert (self != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (!self->constrained)
        return base_error (MST_E_CONSTRAINED_OFF, "%s is not time constrained", self->name);
    err = report_then_send (self, WIRE_SERVICE_DISABLE_TIME_CONSTRAINED, &args);
    if (!err)
        self->constrained = false;
    return err;
}

mst_err_t federate_core_modify_lookahead (federate_core_t *self, mst_time_t lookahead)
{
    wire_modify_lookahead_t args = { .lookahead = lookahead };

    base_assert (self != NULL);
    mst_err_t err = check_idle (self);
    if (err)
        return err;
    if (!self->regulating)
        return base_error (MST_E_REGULATION_OFF, "%s is not time regulating: it has no lookahead",
                           self->name);
    err = timemgmt_interval_check (self->time_type, lookahead);
    if (!err)
        err = report_then_send (self, WIRE_SERVICE_MODIFY_LOOKAHEAD, &args);
    if (!err)
        timemgmt_floor_modify (&self->floor, self->now, lookahead);
    return err;
}

mst_err_t federate_core_advance (federate_core_t *self, uint8_t kind, mst_time_t to)
{
    base_assert (self != NULL);
    base_assert (kind >= WIRE_ADVANCE_TAR && kind <= WIRE_ADVANCE_FQR);
    mst_err_t err = check_idle (self);
    if (!err)
        err = timemgmt_time_check (self->time_type, to);
    if (err)
        return err;
    if (to < self->now)
        return base_error (MST_E_TIME_PASSED, "%s is at time %s and cannot go back to %s",
                           self->name, FEDERATE_TIME (self, self->now), FEDERATE_TIME (self, to));
    err = federate_migration_flush (self);
    if (!err)
        err = federate_control_send_time (self, kind, self->request_number + 1, to);
    if (err)
        return err;
    self->request_number++;
    self->advancing = true;
    self->advance_kind = kind;
    self->requested = to;
    self->thinned = false;
    return MST_OK;
}

mst_err_t federate_core_query (federate_core_t *self, uint16_t service, uint32_t *request)
{
    wire_query_galt_t args = { 0 };

    base_assert (self != NULL && request != NULL);
    base_assert (service == WIRE_SERVICE_QUERY_GALT || service == WIRE_SERVICE_QUERY_LITS);
    mst_err_t err = federate_check_joined (self);
    if (!err) /* LITS counts what is queued here: say so first */
        err = federate_control_send_time (self, WIRE_ADVANCE_NONE, 0, self->now);
    return err ? err : federate_core_request (self, service, &args, request);
}

mst_err_t federate_core_asynchronous (federate_core_t *self, bool on)
{
    wire_enable_asynchronous_delivery_t args = { 0 };

    base_assert (self != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (self->asynchronous == on)
        return base_error (MST_E_INVALID_ARGUMENT, "%s: asynchronous delivery is %s already",
                           self->name, on ? "on" : "off");
    err = federate_control_send (self,
                                 on ? WIRE_SERVICE_ENABLE_ASYNCHRONOUS_DELIVERY
                                    : WIRE_SERVICE_DISABLE_ASYNCHRONOUS_DELIVERY,
                                 &args, false, 0);
    if (!err)
        self->asynchronous = on;
    return err;
}

/*  Answers
 * ------------------------------------------------------------------------------------------ */

static mst_err_t constrained_enabled (federate_core_t *self, const wire_grant_t *grant)
{
    federate_callback_t callback = { .kind = FEDERATE_CONSTRAINED_ENABLED, .time = grant->time };

    self->constrained_pending = false;
    self->constrained = true;
    if (grant->time > self->now)
        self->now = grant->time;
    return federate_control_queue (self, &callback);
}

static bool is_pending (const federate_core_t *self, const wire_grant_t *grant)
{
    if (self->granting)
        return false;
    if (grant->kind == WIRE_ADVANCE_CONSTRAINT)
        return self->constrained_pending;
    if (grant->kind == WIRE_ADVANCE_REGULATION)
        return self->regulation_pending;
    return self->advancing && grant->number == self->request_number &&
           grant->kind == self->advance_kind;
}

mst_err_t federate_time_granted (federate_core_t *self, const wire_grant_t *grant)
{
    base_assert (self != NULL && grant != NULL);
    if (!is_pending (self, grant))
        return base_error (MST_E_INTERNAL,
                           "the RTI granted request %llu of %s, which is not pending",
                           (unsigned long long) grant->number, self->name);
    bool regulation = grant->kind == WIRE_ADVANCE_REGULATION;
    mst_err_t err = timemgmt_time_check (self->time_type, grant->time);
    if (!err && regulation)
        err = timemgmt_time_check (self->time_type, grant->galt);
    if (err)
        return base_error_prefix (err, "the RTI's grant: ");
    if (grant->kind == WIRE_ADVANCE_CONSTRAINT)
        return constrained_enabled (self, grant);
    if (!regulation && grant->time > self->requested)
        return base_error (MST_E_INTERNAL, "the RTI granted %s to %s, which asked for %s only",
                           FEDERATE_TIME (self, grant->time), self->name,
                           FEDERATE_TIME (self, self->requested));
    if (!regulation && grant->time < self->now)
        return base_error (MST_E_INTERNAL, "the RTI granted %s to %s, which is at %s already",
                           FEDERATE_TIME (self, grant->time), self->name,
                           FEDERATE_TIME (self, self->now));
    base_trace ("federate/core/time.c: federate_time_granted");
    self->granting = true;
    self->least_given = TIMEMGMT_KEY_MAX;
    self->grant = *grant;
    self->grant.need = (wire_pairs_t){ NULL, 0 };
    return MST_OK;
}
