/*  pthreads with their errors asserted away: each of them would be a mistake of ours. */
#include "link/thread.h"
#include "base/alloc.h"
#include "base/error.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { THREAD_NAME_SIZE = 16, THREAD_NS_PER_S = 1000000000 };

void link_mutex_init (link_mutex_t *self)
{
    base_assert (pthread_mutex_init (self, NULL) == 0);
}

void link_mutex_fini (link_mutex_t *self)
{
    base_assert (pthread_mutex_destroy (self) == 0);
}

void link_mutex_lock (link_mutex_t *self)
{
    base_assert (pthread_mutex_lock (self) == 0);
}

void link_mutex_unlock (link_mutex_t *self)
{
    base_assert (pthread_mutex_unlock (self) == 0);
}

void link_condition_init (link_condition_t *self)
{
    pthread_condattr_t attributes;
    base_assert (pthread_condattr_init (&attributes) == 0);
    base_assert (pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC) == 0);
    base_assert (pthread_cond_init (self, &attributes) == 0);
    base_assert (pthread_condattr_destroy (&attributes) == 0);
}

void link_condition_fini (link_condition_t *self)
{
    base_assert (pthread_cond_destroy (self) == 0);
}

void link_condition_signal (link_condition_t *self)
{
    base_assert (pthread_cond_signal (self) == 0);
}

void link_condition_broadcast (link_condition_t *self)
{
    base_assert (pthread_cond_broadcast (self) == 0);
}

bool link_condition_wait (link_condition_t *self, link_mutex_t *mutex, int64_t deadline_ns)
{
    if (deadline_ns == INT64_MAX) {
        base_assert (pthread_cond_wait (self, mutex) == 0);
        return true;
    }
    if (deadline_ns < 0)
        deadline_ns = 0;
    struct timespec deadline = { .tv_sec = deadline_ns / THREAD_NS_PER_S,
                                 .tv_nsec = deadline_ns % THREAD_NS_PER_S };
    int rc = pthread_cond_timedwait (self, mutex, &deadline);
    base_assert (rc == 0 || rc == ETIMEDOUT);
    return rc == 0;
}

/*  What the new thread needs; it frees this. */
typedef struct thread_start {
    void (*run) (void *);
    void *argument;
    char name[THREAD_NAME_SIZE];
} thread_start_t;

static void *link_thread_main (void *argument)
{
    thread_start_t start = *(thread_start_t *) argument;
    base_free (argument);
    (void) pthread_setname_np (pthread_self (), start.name);
    start.run (start.argument);
    return NULL;
}

mst_err_t link_thread_start (link_thread_t *self, const char *name, void (*run) (void *),
                             void *argument)
{
    base_assert (self != NULL && name != NULL && run != NULL);
    thread_start_t *start = base_calloc (1, sizeof *start);
    if (!start)
        return base_alloc_error ();
    start->run = run;
    start->argument = argument;
    (void) snprintf (start->name, sizeof start->name, "%s", name);

    /*  Signals are for the program's own threads: the new one inherits a full mask. */
    sigset_t all, before;
    sigfillset (&all);
    base_assert (pthread_sigmask (SIG_SETMASK, &all, &before) == 0);
    int rc = pthread_create (self, NULL, link_thread_main, start);
    base_assert (pthread_sigmask (SIG_SETMASK, &before, NULL) == 0);
    if (rc == 0)
        return MST_OK;
    base_free (start);
    return base_error (MST_E_IO, "cannot start the thread \"%s\": %s", name, strerror (rc));
}

void link_thread_join (link_thread_t *self)
{
    base_assert (pthread_join (*self, NULL) == 0);
}

void link_thread_yield (void)
{
    (void) sched_yield ();
}
