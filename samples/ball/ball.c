/*  ball: time. A ball flies between two walls; one federate has the left half, one the right.

    Both are regulating and constrained:

      regulating    I send messages with time stamps, so the others wait for me. My lookahead is
                    a promise: nothing from me less than this ahead of my time.
      constrained   I want messages in the order of their time stamps, so I wait for the others:
                    a grant to t says that nothing up to t can come any more.

    Here time jumps from event to event: mst_next_message_request asks for the end, and the grant
    comes earlier, at the time of the next message, if there is one. (hello goes in steps instead.)

    When the ball crosses the middle into my half I know already when it is back: I send that at
    once, into the future. That is where the lookahead comes from: the ball is never back sooner
    than after 0.5 s, the time that it needs at full speed. */
#include <muster/muster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKAHEAD_MS = 500, END_MS = 60000 };
static const double half_m = 5.0, full_speed = 20.0, kept = 0.8, slowest = 2.0; /* m, m/s */

typedef struct half {
    const char *name;
    mst_interaction_class_t crosses;
    mst_parameter_t speed;
    double incoming; /* m/s; 0: the ball is not here */
    int crossings;
} half_t;

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "%s\n", mst_error_text ());
    exit (1);
}

/*  Comes before the grant to the message's time, so this runs inside mst_await_grant. It may not
   wait there; it notes what happened, and the loop acts on it. */
static void received (void *user, mst_federate_t fed, const mst_reception_t *message)
{
    half_t *half = user;
    (void) fed;
    memcpy (&half->incoming, message->values[0].data, sizeof half->incoming);
    half->crossings++;
}

static void report (mst_federate_t fed, const char *name, const char *what, const char *value)
{
    char result[64];
    snprintf (result, sizeof result, "%s %s", name, what);
    must (mst_report (fed, result, value));
}

/*  The ball came into this half: to the wall, where it loses speed, and back to the middle. */
static void play (mst_federate_t fed, half_t *half, mst_time_t now)
{
    double out = half->incoming * kept;
    double flight_s = half_m / half->incoming + half_m / out;
    mst_time_t back = now + (mst_time_t) (flight_s * 1000.0);
    const mst_value_t value = { half->speed.id, sizeof out, &out };
    char text[32];

    half->incoming = 0.0;
    snprintf (text, sizeof text, "%.1f s", (double) now / 1000.0);
    printf ("%s: the ball comes in with %.1f m/s\n", text, out / kept);
    if (out < slowest)
        report (fed, half->name, "rests at", text);
    else
        must (mst_send (fed, half->crosses, &value, 1, back, NULL));
}

int main (int argc, char **argv)
{
    half_t half = { .name = getenv ("MUSTER_NAME") };
    const mst_module_t fom = { .name = "ball.xml" };
    const mst_join_options_t options = { .federation = "ball",
                                         .modules = &fom,
                                         .module_count = 1,
                                         .user = &half,
                                         .callbacks.received = received };
    mst_federate_t fed;
    mst_time_t now = 0;
    char number[16];

    must (mst_join (&options, &fed));
    must (mst_interaction_find (fed, "Crosses", &half.crosses));
    must (mst_parameter_find (fed, half.crosses, "Speed", &half.speed));
    must (mst_publish_interaction (fed, half.crosses));
    must (mst_subscribe_interaction (fed, half.crosses));
    must (mst_enable_time (fed, LOOKAHEAD_MS));
    must (mst_synchronize (fed, "on court", 2, -1)); /* nobody plays before both can hear */
    if (argc > 1 && strcmp (argv[1], "serves") == 0)
        half.incoming = full_speed;
    do {
        if (half.incoming > 0.0)
            play (fed, &half, now);
        must (mst_next_message_request (fed, END_MS));
        must (mst_await_grant (fed, -1, &now));
    } while (now < END_MS);
    snprintf (number, sizeof number, "%d", half.crossings);
    report (fed, half.name ? half.name : "a half", "crossings", number);
    must (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    return 0;
}
