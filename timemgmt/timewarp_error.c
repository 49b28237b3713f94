/*  What is wrong with a model, in words that name process, event and time. */
#include "timemgmt/timewarp_own.h"
#include "base/error.h"

#include <math.h>
#include <stdio.h>

enum { ERROR_WHERE_SIZE = 192 };

static const char *error_name (const mst_timewarp_model_t *model)
{
    return model->name ? model->name : "model";
}

static void error_where (const timewarp_failure_t *failure, char where[ERROR_WHERE_SIZE])
{
    if (failure->init)
        (void) snprintf (where, ERROR_WHERE_SIZE, "in an init");
    else
        (void) snprintf (where, ERROR_WHERE_SIZE, "process %u, event %u of process %u, time %.17g",
                         failure->process, failure->key.sequence, (uint32_t) failure->key.tie,
                         timewarp_time (failure->key.time));
}

static mst_err_t error_time (const timewarp_t *run, const timewarp_failure_t *failure,
                             const char *name, const char *where)
{
    if (failure->wrong == TIMEWARP_WRONG_NUMBER)
        return base_error (MST_E_INVALID_TIME,
                           "%s: %s: sends to process %u after a delay that is not a number", name,
                           where, failure->target);
    if (failure->wrong == TIMEWARP_WRONG_PAST)
        return base_error (MST_E_INVALID_TIME,
                           "%s: %s: sends to process %u into the past, by a delay of %.17g; a "
                           "delay is 0 or more",
                           name, where, failure->target, failure->delay);
    if (failure->wrong == TIMEWARP_WRONG_NEAR)
        return base_error (MST_E_INVALID_TIME,
                           "%s: %s: sends to process %u after %.17g, less than the model's "
                           "lookahead of %.17g",
                           name, where, failure->target, failure->delay, run->model.lookahead);
    base_assert (failure->wrong == TIMEWARP_WRONG_FAR);
    return base_error (MST_E_INVALID_TIME,
                       "%s: %s: sends to process %u after %.17g, which is a time beyond all "
                       "numbers",
                       name, where, failure->target, failure->delay);
}

mst_err_t timewarp_tell_failure (const timewarp_t *run, const timewarp_failure_t *failure)
{
    const char *name = error_name (&run->model);
    char where[ERROR_WHERE_SIZE];
    base_assert (failure->wrong != TIMEWARP_FINE);
    error_where (failure, where);
    switch (failure->wrong) {
    case TIMEWARP_WRONG_TARGET:
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%s: %s: sends to process %u; the model has processes 0 to %u", name,
                           where, failure->target, run->model.processes - 1);
    case TIMEWARP_WRONG_SIZE:
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%s: %s: sends %u bytes to process %u; the model's data_bytes is %u",
                           name, where, failure->size_bytes, failure->target,
                           run->model.data_bytes);
    case TIMEWARP_WRONG_GENERATION:
        return base_error (MST_E_LIMIT,
                           "%s: %s: events that cause each other without time passing reached "
                           "MST_TIMEWARP_GENERATIONS_MAX (%d): does the model run in a circle?",
                           name, where, MST_TIMEWARP_GENERATIONS_MAX);
    case TIMEWARP_WRONG_SEQUENCE:
        return base_error (MST_E_LIMIT, "%s: %s: has sent 2^32 events, the most", name, where);
    case TIMEWARP_WRONG_MEMORY:
        return base_error (MST_E_LIMIT,
                           "%s: %s: the pending events do not fit into memory_bytes (%zu): room "
                           "for %u events of %zu bytes",
                           name, where, run->options.memory_bytes, run->events.capacity,
                           run->events.stride_bytes);
    case TIMEWARP_FINE:
    case TIMEWARP_WRONG_NUMBER:
    case TIMEWARP_WRONG_PAST:
    case TIMEWARP_WRONG_NEAR:
    case TIMEWARP_WRONG_FAR: break;
    }
    return error_time (run, failure, name, where);
}

/*  Model and options ------------------------------------------------------------------------------
 */

static mst_err_t error_range (const char *name, const char *what, uint64_t value, uint64_t most)
{
    return base_error (MST_E_INVALID_ARGUMENT, "%s: %s is %llu; at most %llu", name, what,
                       (unsigned long long) value, (unsigned long long) most);
}

mst_err_t timewarp_check_model (const mst_timewarp_model_t *model)
{
    const char *name = error_name (model);
    if (!model->forward)
        return base_error (MST_E_INVALID_ARGUMENT, "%s: a model needs a forward handler", name);
    if (model->processes == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "%s: a model needs a process", name);
    if (model->processes > MST_TIMEWARP_PROCESSES_MAX)
        return error_range (name, "processes", model->processes, MST_TIMEWARP_PROCESSES_MAX);
    if (model->state_bytes > MST_TIMEWARP_STATE_MAX)
        return error_range (name, "state_bytes", model->state_bytes, MST_TIMEWARP_STATE_MAX);
    if (model->data_bytes > MST_TIMEWARP_DATA_MAX)
        return error_range (name, "data_bytes", model->data_bytes, MST_TIMEWARP_DATA_MAX);
    if (model->undo_bytes > MST_TIMEWARP_UNDO_MAX)
        return error_range (name, "undo_bytes", model->undo_bytes, MST_TIMEWARP_UNDO_MAX);
    if (!(model->lookahead >= 0.0 && isfinite (model->lookahead)))
        return base_error (MST_E_INVALID_LOOKAHEAD, "%s: a lookahead is a number from 0 up, not %g",
                           name, model->lookahead);
    return MST_OK;
}

mst_err_t timewarp_check_options (const mst_timewarp_options_t *options)
{
    if (options->scheduler < MST_TIMEWARP_SEQUENTIAL || options->scheduler > MST_TIMEWARP_BOUNDED)
        return base_error (MST_E_INVALID_ARGUMENT, "there is no scheduler %d",
                           (int) options->scheduler);
    if (options->workers > MST_TIMEWARP_WORKERS_MAX)
        return error_range ("options", "workers", options->workers, MST_TIMEWARP_WORKERS_MAX);
    if (options->scheduler == MST_TIMEWARP_SEQUENTIAL && options->workers > 1)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a sequential run has one worker, not %u; choose another scheduler",
                           options->workers);
    if (!(options->end > 0.0))
        return base_error (MST_E_INVALID_TIME, "a run's end is a time above 0, or INFINITY, not %g",
                           options->end);
    if (options->scheduler == MST_TIMEWARP_BOUNDED && !(options->window > 0.0))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a window of %g lets nobody run ahead: give one above 0, or choose the "
                           "conservative scheduler",
                           options->window);
    return MST_OK;
}
