#include "tools/watch.h"
#include "base/alloc.h"
#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_FIRST_BYTES = 16384, STATUS_TRIES = 4, ERROR_TEXT_SIZE = 512 };

struct tools_watch {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    base_buffer_t latest;
    bool fresh;
    bool ending;
    bool hurry;
    mst_err_t err; /* of the last answer */
    char text[ERROR_TEXT_SIZE];
    int64_t period_ms;
    int news; /* an eventfd; these three never change */
    char *rti;
    char *federation;
};

mst_err_t tools_watch_ask (const char *rti, const char *federation, base_buffer_t *json)
{
    size_t room =
        json->capacity_bytes > STATUS_FIRST_BYTES ? json->capacity_bytes : STATUS_FIRST_BYTES;
    mst_err_t err = MST_E_LIMIT;
    for (int i = 0; i < STATUS_TRIES && err == MST_E_LIMIT; i++) { /* it may grow in between */
        size_t needed = 0;
        base_buffer_clear (json);
        if (base_buffer_reserve (json, room))
            return base_alloc_error ();
        err = mst_status (rti, federation, (char *) json->data, json->capacity_bytes, &needed);
        if (!err)
            json->size_bytes = needed;
        room = needed + needed / 4 + 1;
    }
    return err;
}

/*  Sleeps for a period, or until the end. True: go on. The mutex is held. */
static bool watch_pause (tools_watch_t *self)
{
    struct timespec until;
    base_assert (clock_gettime (CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += self->period_ms / 1000;
    until.tv_nsec += self->period_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!self->ending && !self->hurry &&
           pthread_cond_timedwait (&self->changed, &self->mutex, &until) != ETIMEDOUT)
        ;
    self->hurry = false;
    return !self->ending;
}

static void watch_tell (tools_watch_t *self)
{
    uint64_t one = 1;
    (void) !write (self->news, &one, sizeof one);
}

static void *watch_run (void *user)
{
    tools_watch_t *self = user;
    base_buffer_t json;
    base_buffer_init (&json);
    (void) pthread_mutex_lock (&self->mutex);
    while (watch_pause (self)) {
        (void) pthread_mutex_unlock (&self->mutex);
        mst_err_t err = tools_watch_ask (self->rti, self->federation, &json);
        (void) pthread_mutex_lock (&self->mutex);
        self->err = err;
        (void) snprintf (self->text, sizeof self->text, "%s", err ? mst_error_text () : "");
        watch_tell (self);
        if (!err) {
            base_buffer_t old = self->latest;
            self->latest = json;
            self->fresh = true;
            json = old;
        }
    }
    (void) pthread_mutex_unlock (&self->mutex);
    base_buffer_fini (&json);
    return NULL;
}

static void watch_free (tools_watch_t *self)
{
    (void) pthread_cond_destroy (&self->changed);
    (void) pthread_mutex_destroy (&self->mutex);
    base_buffer_fini (&self->latest);
    if (self->news >= 0)
        (void) close (self->news);
    base_free (self->rti);
    base_free (self->federation);
    base_free (self);
}

/*  The thread takes no signals: they are for the crew. */
static int watch_start (tools_watch_t *self)
{
    sigset_t all, before;
    (void) sigfillset (&all);
    (void) pthread_sigmask (SIG_SETMASK, &all, &before);
    int failed = pthread_create (&self->thread, NULL, watch_run, self);
    (void) pthread_sigmask (SIG_SETMASK, &before, NULL);
    return failed;
}

mst_err_t tools_watch_new (const char *rti, const char *federation, int64_t period_ms,
                           tools_watch_t **self_p)
{
    pthread_condattr_t clock;
    tools_watch_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    (void) pthread_mutex_init (&self->mutex, NULL);
    (void) pthread_condattr_init (&clock);
    (void) pthread_condattr_setclock (&clock, CLOCK_MONOTONIC);
    (void) pthread_cond_init (&self->changed, &clock);
    (void) pthread_condattr_destroy (&clock);
    base_buffer_init (&self->latest);
    self->rti = base_strdup (rti);
    self->federation = base_strdup (federation);
    self->period_ms = period_ms;
    self->news = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    mst_err_t err = self->rti && self->federation ? MST_OK : base_alloc_error ();
    if (!err && (self->news < 0 || watch_start (self) != 0))
        err = base_error (MST_E_IO, "no thread could be started to watch the run");
    if (err)
        watch_free (self);
    else
        *self_p = self;
    return err;
}

void tools_watch_destroy (tools_watch_t **self_p)
{
    tools_watch_t *self = *self_p;
    if (!self)
        return;
    (void) pthread_mutex_lock (&self->mutex);
    self->ending = true;
    (void) pthread_cond_signal (&self->changed);
    (void) pthread_mutex_unlock (&self->mutex);
    (void) pthread_join (self->thread, NULL);
    watch_free (self);
    *self_p = NULL;
}

bool tools_watch_take (tools_watch_t *self, base_buffer_t *json)
{
    (void) pthread_mutex_lock (&self->mutex);
    bool fresh = self->fresh;
    if (fresh) {
        base_buffer_t old = *json;
        *json = self->latest;
        self->latest = old;
        self->fresh = false;
    }
    (void) pthread_mutex_unlock (&self->mutex);
    return fresh;
}

mst_err_t tools_watch_error (tools_watch_t *self)
{
    char text[ERROR_TEXT_SIZE];
    (void) pthread_mutex_lock (&self->mutex);
    mst_err_t err = self->err;
    (void) snprintf (text, sizeof text, "%s", self->text);
    (void) pthread_mutex_unlock (&self->mutex);
    return err ? base_error (err, "%s", text) : MST_OK;
}

int tools_watch_fd (const tools_watch_t *self)
{
    return self->news;
}

void tools_watch_quiet (tools_watch_t *self)
{
    uint64_t count;
    (void) !read (self->news, &count, sizeof count);
}

void tools_watch_period (tools_watch_t *self, int64_t period_ms)
{
    (void) pthread_mutex_lock (&self->mutex);
    self->period_ms = period_ms;
    self->hurry = true;
    (void) pthread_cond_signal (&self->changed);
    (void) pthread_mutex_unlock (&self->mutex);
}
