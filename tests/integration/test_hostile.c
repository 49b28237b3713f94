/*  Whoever does the worst that a connection to the RTI allows, while a federation beside it steps:
   strangers that come and go by the thousand, noise, messages larger than any, requests without end
   whose answers nobody reads. The federation goes on, and the RTI keeps its memory and its files.
 */
#include "tests/integration/federates.h"
#include "link/clock.h"
#include "tests/integration/raw.h"
#include "tests/support/process.h"
#include "wire/limits.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C (1000000000)

enum {
    STEPPERS = 2,
    READY_MS = 10000,
    STRANGERS = 2000,
    NOISY = 100,
    NOISE_BYTES = 3000,
    STEP_MS_MAX = 5000, /* nobody's step takes longer; also on a busy machine */
    GROWTH_KB_MAX = 64 * 1024
};

/*  A federate in a thread of its own. */
typedef struct stepper {
    char rti[160], name[16];
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stepped;
    int steps; /* under the mutex */
    atomic_int longest_ms;
    atomic_bool stop;
    mst_err_t err;
} stepper_t;

typedef struct scene {
    test_process_t rti;
    char endpoint[160];
    stepper_t steppers[STEPPERS];
    long memory_kb;
    int files;
} scene_t;

/*  The federation ------------------------------------------------------------------------------ */

static mst_err_t step (stepper_t *self, mst_federate_t fed, mst_object_t object,
                       mst_attribute_t position, mst_time_t to)
{
    mst_value_t value = { position.id, 4, "here" };
    long long before_ms = test_now_ms ();

    mst_err_t err = mst_update (fed, object, &value, 1, to, NULL);
    if (!err)
        err = mst_advance (fed, to, -1);
    int took_ms = (int) (test_now_ms () - before_ms);
    if (took_ms > atomic_load (&self->longest_ms))
        atomic_store (&self->longest_ms, took_ms);
    (void) pthread_mutex_lock (&self->mutex);
    self->steps++;
    (void) pthread_cond_signal (&self->stepped);
    (void) pthread_mutex_unlock (&self->mutex);
    return err;
}

static mst_err_t take_part (stepper_t *self, mst_federate_t fed)
{
    mst_class_t body;
    mst_attribute_t position;
    mst_object_t object;

    mst_err_t err = mst_class_find (fed, "Body", &body);
    if (!err)
        err = mst_attribute_find (fed, body, "Position", &position);
    if (!err)
        err = mst_publish (fed, body, &position, 1);
    if (!err)
        err = mst_subscribe (fed, body, &position, 1);
    if (!err)
        err = mst_enable_time (fed, 1);
    if (!err)
        err = mst_register (fed, body, NULL, &object);
    if (!err)
        err = mst_synchronize (fed, "start", STEPPERS, -1);
    for (mst_time_t time = 1; !err && !atomic_load (&self->stop); time++)
        err = step (self, fed, object, position, time);
    return err;
}

static void *stepper_run (void *argument)
{
    stepper_t *self = argument;
    mst_federate_t fed;
    mst_module_t module = { "federates.xml", federates_fom, strlen (federates_fom) };
    mst_join_options_t options = { .rti = self->rti,
                                   .federation = "stepping",
                                   .name = self->name,
                                   .modules = &module,
                                   .module_count = 1 };

    self->err = mst_join (&options, &fed);
    if (!self->err) {
        self->err = take_part (self, fed);
        if (self->err)
            fprintf (stderr, "%s: %s\n", self->name, mst_error_text ());
        (void) mst_resign (&fed, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST);
    }
    return NULL;
}

static long memory_kb (const scene_t *self)
{
    char path[64], line[128];
    long size_kb = 0;

    (void) snprintf (path, sizeof path, "/proc/%d/status", (int) self->rti.pid);
    FILE *file = fopen (path, "r");
    while (file && fgets (line, sizeof line, file))
        if (strncmp (line, "VmRSS:", 6) == 0)
            size_kb = strtol (line + 6, NULL, 10);
    if (file)
        (void) fclose (file);
    return size_kb;
}

static int files (const scene_t *self)
{
    char path[64];
    int count = 0;

    (void) snprintf (path, sizeof path, "/proc/%d/fd", (int) self->rti.pid);
    DIR *folder = opendir (path);
    while (folder && readdir (folder))
        count++;
    if (folder)
        (void) closedir (folder);
    return count;
}

/*  The federate makes a few steps more. */
static bool steps_on (stepper_t *self)
{
    enum { MORE = 3 };
    struct timespec until;

    (void) clock_gettime (CLOCK_REALTIME, &until);
    until.tv_sec += 2 * STEP_MS_MAX / 1000;
    (void) pthread_mutex_lock (&self->mutex);
    int enough = self->steps + MORE;
    while (self->steps < enough &&
           pthread_cond_timedwait (&self->stepped, &self->mutex, &until) == 0)
        ;
    bool good = self->steps >= enough;
    (void) pthread_mutex_unlock (&self->mutex);
    return good;
}

/*  Everybody steps on. */
static bool goes_on (scene_t *self)
{
    bool all = true;

    for (int i = 0; i < STEPPERS; i++)
        all = steps_on (&self->steppers[i]) && all;
    return CHECK (all);
}

static bool scene_open (scene_t *self)
{
    static const char words[] = "muster rti: ready at ";

    memset (self, 0, sizeof *self);
    PROCESS_START (&self->rti, "muster", "rti", "--port", "0");
    const char *line = test_process_line (&self->rti, words, READY_MS);
    if (!CHECK (line != NULL))
        return false;
    (void) snprintf (self->endpoint, sizeof self->endpoint, "%s", line + strlen (words));
    self->endpoint[strcspn (self->endpoint, " ")] = '\0';
    for (int i = 0; i < STEPPERS; i++) {
        stepper_t *stepper = &self->steppers[i];
        (void) snprintf (stepper->rti, sizeof stepper->rti, "%s", self->endpoint);
        (void) snprintf (stepper->name, sizeof stepper->name, "stepper-%d", i);
        CHECK (pthread_mutex_init (&stepper->mutex, NULL) == 0);
        CHECK (pthread_cond_init (&stepper->stepped, NULL) == 0);
        CHECK (pthread_create (&stepper->thread, NULL, stepper_run, stepper) == 0);
    }
    bool good = goes_on (self);
    self->memory_kb = memory_kb (self);
    self->files = files (self);
    return good;
}

static void scene_close (scene_t *self)
{
    (void) goes_on (self);
    long long deadline_ms = test_now_ms () + READY_MS;
    while (files (self) > self->files + 8 && test_now_ms () < deadline_ms)
        (void) usleep (10000);
    CHECK (files (self) <= self->files + 8);
#ifndef __SANITIZE_ADDRESS__ /* it keeps what was freed */
    CHECK (memory_kb (self) <= self->memory_kb + GROWTH_KB_MAX);
#endif
    for (int i = 0; i < STEPPERS; i++)
        atomic_store (&self->steppers[i].stop, true);
    /* whoever sees the flag first resigns, and the other's last step is granted */
    for (int i = 0; i < STEPPERS; i++) {
        CHECK (pthread_join (self->steppers[i].thread, NULL) == 0);
        (void) pthread_cond_destroy (&self->steppers[i].stepped);
        (void) pthread_mutex_destroy (&self->steppers[i].mutex);
        CHECK_OK (self->steppers[i].err);
        CHECK (atomic_load (&self->steppers[i].longest_ms) < STEP_MS_MAX);
    }
    test_process_signal (&self->rti, 15);
    CHECK (test_process_wait (&self->rti, READY_MS));
    CHECK_INT (self->rti.exit_code, 0);
    test_process_fini (&self->rti);
}

/*  Those beside it ------------------------------------------------------------------------------
 */

static int tcp_connect (const scene_t *self)
{
    const char *port = strrchr (self->endpoint, ':') + 1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr = { htonl (INADDR_LOOPBACK) },
                                   .sin_port = htons ((uint16_t) strtoul (port, NULL, 10)) };
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect (fd, (const struct sockaddr *) &address, sizeof address) != 0) {
        (void) close (fd);
        fd = -1;
    }
    return fd;
}

/*  Programs that do not speak ZeroMQ, by the thousand; some say something first. */
static void test_strangers (void)
{
    static const char *const words[] = { "", "GET / HTTP/1.1\r\n\r\n", "\xff\0\0\0\0\0\0\0\1\x7f\3",
                                         "\xff" };
    scene_t scene;
    int came = 0;

    CHECK_OR_RETURN (scene_open (&scene));
    for (int i = 0; i < STRANGERS; i++) {
        int fd = tcp_connect (&scene);
        if (fd < 0)
            continue;
        came++;
        (void) send (fd, words[i % 4], i % 4 == 2 ? 11 : strlen (words[i % 4]), MSG_NOSIGNAL);
        (void) close (fd);
    }
    CHECK (came > STRANGERS / 2);
    scene_close (&scene);
}

/*  Connections that say nonsense and go. */
static void test_noise (void)
{
    uint8_t noise[NOISE_BYTES];
    uint32_t state = 1;
    scene_t scene;

    CHECK_OR_RETURN (scene_open (&scene));
    for (int i = 0; i < NOISY; i++) {
        raw_t raw;
        for (size_t k = 0; k < sizeof noise; k++)
            noise[k] = (uint8_t) ((state = state * 1664525 + 1013904223) >> 24);
        raw_connect (&raw, scene.endpoint);
        raw_send (&raw, noise, (size_t) (1 + i * 29 % NOISE_BYTES));
        if (i % 10 == 0)
            CHECK (raw_lost (&raw));
        raw_close (&raw);
    }
    scene_close (&scene);
}

/*  The log is a pipe that nobody reads here: it is soon full. */
static void test_unread_log (void)
{
    enum { LINES = 800 };
    static const uint8_t noise[40] = { 1 };
    scene_t scene;

    CHECK_OR_RETURN (scene_open (&scene));
    for (int i = 0; i < LINES; i++) {
        raw_t raw;
        raw_connect (&raw, scene.endpoint);
        raw_send (&raw, noise, sizeof noise);
        if (i % 100 == 99)
            CHECK (raw_lost (&raw));
        raw_close (&raw);
    }
    scene_close (&scene);
}

/*  Larger than any message of ours: the connection is closed before it is all there. */
static void test_oversized (void)
{
    enum { HUGE_BYTES = WIRE_BODY_MAX + 4096 };
    scene_t scene;
    raw_t raw;
    uint8_t *bytes = calloc (1, HUGE_BYTES);

    CHECK_OR_RETURN (scene_open (&scene));
    raw_connect (&raw, scene.endpoint);
    raw_send (&raw, bytes, HUGE_BYTES);
    CHECK (raw_lost (&raw));
    raw_close (&raw);
    free (bytes);
    scene_close (&scene);
}

/*  Asks for two seconds and reads nothing. */
static void test_deaf_flood (void)
{
    enum { REQUESTS = 32 };
    wire_status_t status = { .federation = { "", 0 } };
    scene_t scene;
    raw_t raw;
    base_buffer_t frames;

    CHECK_OR_RETURN (scene_open (&scene));
    raw_connect (&raw, scene.endpoint);
    base_buffer_init (&frames);
    int64_t end_ns = link_clock_ns () + 2 * SECOND;
    mst_err_t err = MST_OK;
    while (!err && link_clock_ns () < end_ns) {
        bool sent = false;
        base_buffer_clear (&frames);
        for (int i = 0; i < REQUESTS; i++)
            raw_frame (&raw, WIRE_SERVICE_STATUS, &status, true, &frames);
        while (!err && !sent && link_clock_ns () < end_ns) {
            err = link_dealer_send (raw.dealer, frames.data, frames.size_bytes, &sent);
            link_dealer_want_room (raw.dealer, !sent);
            if (!sent)
                (void) link_poll_wait (raw.poll, SECOND / 50);
        }
    }
    (void) goes_on (&scene);
    base_buffer_fini (&frames);
    raw_close (&raw);
    scene_close (&scene);
}

static CU_TestInfo hostile_tests[] = {
    { "strangers by the thousand", test_strangers },
    { "noise", test_noise },
    { "a log that nobody reads", test_unread_log },
    { "a message larger than any", test_oversized },
    { "a flood from one that never reads", test_deaf_flood },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "hostile", NULL, NULL, NULL, NULL, hostile_tests })
