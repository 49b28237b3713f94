/*  The reference: bare libzmq between two processes. */
#include "bench/bench.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void *bound (bench_shared_t *shared, void *context, int type, const char *transport)
{
    size_t size = sizeof shared->endpoint;
    void *socket = zmq_socket (context, type);
    if (zmq_bind (socket, strcmp (transport, "ipc") == 0 ? "ipc://*" : "tcp://127.0.0.1:*"))
        bench_fail (shared, "zmq_bind failed");
    (void) zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, shared->endpoint, &size);
    bench_say_ready (shared);
    return socket;
}

static void *connected (bench_shared_t *shared, void *context, int type)
{
    bench_wait_ready (shared, 1);
    void *socket = zmq_socket (context, type);
    if (zmq_connect (socket, shared->endpoint))
        bench_fail (shared, "zmq_connect failed");
    return socket;
}

static void pull (const bench_case_t *self, bench_shared_t *shared, int index)
{
    (void) index;
    void *context = zmq_ctx_new ();
    void *socket = bound (shared, context, ZMQ_PULL, self->transport);
    char *buffer = malloc (self->size_bytes);
    (void) zmq_recv (socket, buffer, self->size_bytes, 0);
    double began = bench_seconds ();
    for (uint64_t i = 1; i < self->count; i++)
        (void) zmq_recv (socket, buffer, self->size_bytes, 0);
    shared->result = (double) (self->count - 1) / (bench_seconds () - began);
    zmq_close (socket);
    zmq_ctx_term (context);
    free (buffer);
}

static void push (const bench_case_t *self, bench_shared_t *shared, int index)
{
    (void) index;
    void *context = zmq_ctx_new ();
    void *socket = connected (shared, context, ZMQ_PUSH);
    char *buffer = calloc (1, self->size_bytes);
    for (uint64_t i = 0; i < self->count; i++)
        (void) zmq_send (socket, buffer, self->size_bytes, 0);
    zmq_close (socket);
    zmq_ctx_term (context);
    free (buffer);
}

double bench_raw_stream (const bench_case_t *self)
{
    bench_member_t *const members[] = { push, pull };
    return bench_crew (self, members, 2);
}

double bench_raw_megabytes (const bench_case_t *self)
{
    return bench_raw_stream (self) * (double) self->size_bytes * 1e-6;
}

/*  Where it yields, it looks again and again as Muster's waits do, instead of sleeping at once. */
static void receive (const bench_case_t *self, void *socket, char *buffer)
{
    double until = self->yields ? bench_seconds () + 30e-6 : 0;
    while (self->yields && bench_seconds () < until) {
        if (zmq_recv (socket, buffer, self->size_bytes, ZMQ_DONTWAIT) >= 0)
            return;
        (void) sched_yield ();
    }
    (void) zmq_recv (socket, buffer, self->size_bytes, 0);
}

static void reply (const bench_case_t *self, bench_shared_t *shared, int index)
{
    (void) index;
    void *context = zmq_ctx_new ();
    void *socket = bound (shared, context, ZMQ_REP, self->transport);
    char *buffer = calloc (1, self->size_bytes);
    for (uint64_t i = 0; i < self->count; i++) {
        receive (self, socket, buffer);
        (void) zmq_send (socket, buffer, self->size_bytes, 0);
    }
    zmq_close (socket);
    zmq_ctx_term (context);
    free (buffer);
}

static void request (const bench_case_t *self, bench_shared_t *shared, int index)
{
    (void) index;
    void *context = zmq_ctx_new ();
    void *socket = connected (shared, context, ZMQ_REQ);
    char *buffer = calloc (1, self->size_bytes);
    double began = 0;
    for (uint64_t i = 0; i < self->count; i++) {
        if (i == self->count / 10) /* the first tenth warms up */
            began = bench_seconds ();
        (void) zmq_send (socket, buffer, self->size_bytes, 0);
        receive (self, socket, buffer);
    }
    shared->result = (bench_seconds () - began) * 1e6 / (double) (self->count - self->count / 10);
    zmq_close (socket);
    zmq_ctx_term (context);
    free (buffer);
}

static double exchange (const bench_case_t *self)
{
    bench_member_t *const members[] = { request, reply };
    return bench_crew (self, members, 2);
}

double bench_raw_round (const bench_case_t *self)
{
    bench_case_t blocking = *self; /* the reference sleeps, whatever the work does */
    blocking.yields = false;
    return exchange (&blocking);
}

double bench_bare_round (const bench_case_t *self)
{
    return exchange (self);
}

/*  A star without a runtime, the least that a step by ZeroMQ takes: each member tells the centre
   that it is ready, and the centre answers all when all have.
   ---------------------------------------- */

static void centre (const bench_case_t *self, bench_shared_t *shared, int index)
{
    char identities[BENCH_CREW_MAX][16], data[16];
    int sizes[BENCH_CREW_MAX];

    (void) index;
    void *context = zmq_ctx_new ();
    void *socket = bound (shared, context, ZMQ_ROUTER, self->transport);
    for (uint64_t i = 0; i < self->count; i++) {
        for (int member = 0; member < self->federates; member++) {
            sizes[member] = zmq_recv (socket, identities[member], sizeof identities[member], 0);
            (void) zmq_recv (socket, data, sizeof data, 0);
        }
        for (int member = 0; member < self->federates; member++) {
            (void) zmq_send (socket, identities[member], (size_t) sizes[member], ZMQ_SNDMORE);
            (void) zmq_send (socket, data, sizeof data, 0);
        }
    }
    bench_wait_ready (shared, 1 + (uint32_t) self->federates);
    zmq_close (socket);
    zmq_ctx_term (context);
}

static void point (const bench_case_t *self, bench_shared_t *shared, int index)
{
    char data[16] = { 0 };
    double began = 0;

    void *context = zmq_ctx_new ();
    void *socket = connected (shared, context, ZMQ_DEALER);
    for (uint64_t i = 0; i < self->count; i++) {
        if (i == self->count / 10)
            began = bench_seconds ();
        (void) zmq_send (socket, data, sizeof data, 0);
        (void) zmq_recv (socket, data, sizeof data, 0);
    }
    if (index == 0)
        shared->result =
            (bench_seconds () - began) * 1e6 / (double) (self->count - self->count / 10);
    bench_say_ready (shared);
    zmq_close (socket);
    zmq_ctx_term (context);
}

double bench_star (const bench_case_t *self)
{
    bench_member_t *members[BENCH_CREW_MAX];
    for (int i = 0; i < self->federates; i++)
        members[i] = point;
    members[self->federates] = centre;
    return bench_crew (self, members, self->federates + 1);
}
