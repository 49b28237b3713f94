/*  Threads, thinly: what the library needs of pthreads and no more. The calls below cannot fail but
    by our own mistake (which is asserted), except the start of a thread. */
#ifndef LINK_THREAD_H
#define LINK_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <muster/error.h>

typedef pthread_mutex_t link_mutex_t;
typedef pthread_cond_t link_condition_t;
typedef pthread_t link_thread_t;

#define LINK_MUTEX_INIT PTHREAD_MUTEX_INITIALIZER

void link_mutex_init (link_mutex_t *self); /* not recursive */
void link_mutex_fini (link_mutex_t *self);
void link_mutex_lock (link_mutex_t *self);
void link_mutex_unlock (link_mutex_t *self);

void link_condition_init (link_condition_t *self); /* waits by the clock of link_clock_ns */
void link_condition_fini (link_condition_t *self);
void link_condition_signal (link_condition_t *self);
void link_condition_broadcast (link_condition_t *self);
/*  The mutex is held before and after. INT64_MAX: no deadline. False: the deadline passed. */
bool link_condition_wait (link_condition_t *self, link_mutex_t *mutex, int64_t deadline_ns);

/*  Starts `run (argument)`; the new thread takes no signals. `name`: up to 15 characters, for the
    debugger. Errors: MST_E_IO when the system has no more threads. */
mst_err_t link_thread_start (link_thread_t *self, const char *name, void (*run) (void *),
                             void *argument);
void link_thread_join (link_thread_t *self);
void link_thread_yield (void); /* the processor to another thread, if one waits for it */

#endif
