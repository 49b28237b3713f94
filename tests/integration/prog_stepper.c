/*  A small federate for the tests of muster run: registers one object, updates it and sends an
    interaction at every step, and makes a digest of what it received in time-stamp order. What it
    needs it finds in the environment that muster run gives.

        prog_stepper STEPS [crash STEP | exit STEP | wait STEP | stop STEP | slow STEP | drift]...

    crash: is killed at that step; exit: ends there with code 3; wait: stays there; stop: stays
    there and hears what the RTI says; slow: computes for 300 ms; drift: its values differ from run
   to run. */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <muster/muster.h>

typedef struct stepper {
    mst_federate_t fed;
    uint64_t digest;
    long steps, crash, leave, wait, stop, slow;
    bool drift;
} stepper_t;

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "%s\n", mst_error_text ());
    exit (1);
}

/*  FNV-1a, Fowler, Noll and Vo. */
static void digest_add (stepper_t *self, const void *data, size_t size_bytes)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < size_bytes; i++)
        self->digest = (self->digest ^ at[i]) * 1099511628211u;
}

static void on_message (void *user, mst_federate_t fed, const mst_reception_t *message)
{
    stepper_t *self = user;
    (void) fed;
    digest_add (self, &message->time, sizeof message->time);
    digest_add (self, message->sender_name, strlen (message->sender_name));
    for (size_t i = 0; i < message->value_count; i++)
        digest_add (self, message->values[i].data, message->values[i].size_bytes);
}

static long number_of (const char *text)
{
    return text ? strtol (text, NULL, 10) : 0;
}

static void stepper_arguments (stepper_t *self, int argc, char **argv)
{
    self->steps = argc > 1 ? number_of (argv[1]) : 1;
    for (int i = 2; i < argc; i++) {
        long value = i + 1 < argc ? number_of (argv[i + 1]) : 0;
        if (strcmp (argv[i], "crash") == 0)
            self->crash = value;
        else if (strcmp (argv[i], "exit") == 0)
            self->leave = value;
        else if (strcmp (argv[i], "wait") == 0)
            self->wait = value;
        else if (strcmp (argv[i], "stop") == 0)
            self->stop = value;
        else if (strcmp (argv[i], "slow") == 0)
            self->slow = value;
        else if (strcmp (argv[i], "drift") == 0)
            self->drift = true;
    }
}

static void compute (long duration_ms)
{
    struct timespec began, now;
    (void) clock_gettime (CLOCK_MONOTONIC, &began);
    do
        (void) clock_gettime (CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000 <
           duration_ms);
}

static void stepper_misbehave (const stepper_t *self, long step)
{
    if (step == self->leave) {
        fprintf (stderr, "giving up at step %ld\n", step);
        exit (3);
    }
    if (step == self->crash)
        (void) raise (SIGKILL);
    if (step == self->wait)
        (void) pause ();
    if (step == self->slow)
        compute (300);
    while (step == self->stop)
        must (mst_evoke (self->fed, -1, NULL));
}

static void stepper_run (stepper_t *self)
{
    mst_class_t ball;
    mst_attribute_t place;
    mst_interaction_class_t bounce;
    mst_parameter_t at;
    mst_object_t object;
    must (mst_class_find (self->fed, "Ball", &ball));
    must (mst_attribute_find (self->fed, ball, "Place", &place));
    must (mst_interaction_find (self->fed, "Bounce", &bounce));
    must (mst_parameter_find (self->fed, bounce, "At", &at));
    must (mst_publish (self->fed, ball, &place, 1));
    must (mst_subscribe (self->fed, ball, &place, 1));
    must (mst_publish_interaction (self->fed, bounce));
    must (mst_subscribe_interaction (self->fed, bounce));
    must (mst_enable_time (self->fed, 1));
    must (mst_register (self->fed, ball, NULL, &object));
    must (
        mst_synchronize (self->fed, "start", (size_t) number_of (getenv ("MUSTER_FEDERATES")), -1));
    for (long step = 1; step <= self->steps; step++) {
        uint64_t value = self->drift && step > 1 ? (uint64_t) getpid () : (uint64_t) step;
        mst_value_t state = { place.id, sizeof value, &value };
        mst_value_t bounced = { at.id, sizeof value, &value };
        stepper_misbehave (self, step);
        must (mst_update (self->fed, object, &state, 1, step, NULL));
        must (mst_send (self->fed, bounce, &bounced, 1, step, NULL));
        must (mst_advance (self->fed, step, -1));
    }
    must (mst_delete (self->fed, object, self->steps + 1, NULL));
}

int main (int argc, char **argv)
{
    char text[32];
    stepper_t self = { .digest = 14695981039346656037u };
    stepper_arguments (&self, argc, argv);
    must (mst_join (
        &(mst_join_options_t){ .callbacks = { .reflected = on_message, .received = on_message },
                               .user = &self },
        &self.fed));
    printf ("%s joined\n", getenv ("MUSTER_NAME"));
    (void) fflush (stdout);
    stepper_run (&self);
    (void) snprintf (text, sizeof text, "%ld", self.steps);
    must (mst_report (self.fed, "steps", text));
    if (number_of (getenv ("MUSTER_RANK")) == 0) {
        (void) snprintf (text, sizeof text, "%016llx", (unsigned long long) self.digest);
        must (mst_report (self.fed, "digest", text));
    }
    must (mst_resign (&self.fed, MST_RESIGN_DIVEST));
    return EXIT_SUCCESS;
}
