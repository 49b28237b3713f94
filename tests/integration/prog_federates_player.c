/*  A federate as a process that a test may stop or kill.

        prog_federates_player RTI NAME step    keeps time with lookahead 1: registers a Body, says
                                               "ready", then updates and steps by 1 for ever
        prog_federates_player RTI NAME until T     the same up to time T; there it is granted and
   waits prog_federates_player RTI NAME idle    joins, says "ready", waits for callbacks
        prog_federates_player RTI NAME retracts  as step; sends an update for 20 and takes it back
                                               when somebody updates a Body; then goes on to 50
        prog_federates_player RTI NAME flood   sends notes of 64 KiB for ever
        prog_federates_player RTI NAME threads says how many threads the join has made, without
   libzmq's */
#include <muster/muster.h>
#include "tests/integration/federates.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  A flood is many times what one route may have on its way. */
enum { NOTE_BYTES = 64 * 1024, WINDOW_BYTES = 4 * 1024 * 1024 };

static int failed (const char *what)
{
    printf ("failed %s: %s\n", what, mst_error_text ());
    fflush (stdout);
    return 1;
}

static int ready (const char *words)
{
    printf ("ready%s\n", words);
    fflush (stdout);
    return 0;
}

static int step (mst_federate_t fed, mst_time_t until)
{
    mst_class_t body;
    mst_attribute_t position;
    mst_object_t object;

    if (mst_class_find (fed, "Body", &body) ||
        mst_attribute_find (fed, body, "Position", &position) || mst_publish (fed, body, NULL, 0) ||
        mst_subscribe (fed, body, NULL, 0) || mst_register (fed, body, NULL, &object) ||
        mst_enable_time (fed, 1))
        return failed ("to begin");
    (void) ready ("");
    for (mst_time_t now = 0; now < until; now++) {
        char text[32];
        int size = snprintf (text, sizeof text, "%lld", (long long) now + 1);
        mst_value_t value = { position.id, (uint32_t) size, text };
        if (mst_update (fed, object, &value, 1, now + 1, NULL) || mst_advance (fed, now + 1, -1))
            return failed ("to step");
    }
    (void) ready (" and there");
    while (mst_evoke (fed, -1, NULL) == MST_OK)
        ;
    return 0;
}

static bool heard;

static void on_reflected (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    (void) user, (void) fed, (void) update;
    heard = true;
}

static int retracts (mst_federate_t fed)
{
    mst_class_t body;
    mst_attribute_t position;
    mst_object_t object;
    mst_retraction_t handle;
    mst_send_options_t options = { .retraction = &handle };

    if (mst_class_find (fed, "Body", &body) ||
        mst_attribute_find (fed, body, "Position", &position) || mst_publish (fed, body, NULL, 0) ||
        mst_subscribe (fed, body, NULL, 0) || mst_register (fed, body, NULL, &object) ||
        mst_enable_time (fed, 1))
        return failed ("to begin");
    mst_value_t value = { position.id, 5, "wrong" };
    (void) ready ("");
    if (mst_update (fed, object, &value, 1, 20, &options) || mst_flush (fed))
        return failed ("to send");
    while (!heard) { /* what the others say of the future comes by a flush */
        if (mst_flush_queue_request (fed, 1) || mst_await_grant (fed, -1, NULL) ||
            mst_evoke (fed, 10, NULL))
            return failed ("to flush");
    }
    value.data = "right";
    if (mst_retract (fed, handle) || mst_update (fed, object, &value, 1, 21, NULL) ||
        mst_advance (fed, 50, -1))
        return failed ("to retract");
    return ready (" and there");
}

static int idle (mst_federate_t fed)
{
    (void) ready ("");
    while (mst_evoke (fed, -1, NULL) == MST_OK)
        ;
    return 0;
}

static int flood (mst_federate_t fed)
{
    static char text[NOTE_BYTES];
    mst_interaction_class_t note;
    mst_parameter_t parameter;

    if (mst_interaction_find (fed, "Note", &note) ||
        mst_parameter_find (fed, note, "Text", &parameter) || mst_publish_interaction (fed, note))
        return failed ("to begin");
    (void) ready ("");
    mst_value_t value = { parameter.id, sizeof text, text };
    while (mst_send (fed, note, &value, 1, MST_TIME_NONE, NULL) == MST_OK)
        ;
    return 0;
}

/*  libzmq calls its threads ZMQbg/… */
static int count_threads (void)
{
    int ours = 0;
    struct dirent *entry;
    DIR *tasks = opendir ("/proc/self/task");

    while (tasks && (entry = readdir (tasks)) != NULL) {
        char path[300], name[32] = "";
        if (entry->d_name[0] == '.')
            continue;
        (void) snprintf (path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen (path, "r");
        if (file && fgets (name, sizeof name, file) && strncmp (name, "ZMQbg", 5) != 0)
            ours++;
        if (file)
            (void) fclose (file);
    }
    if (tasks)
        (void) closedir (tasks);
#ifdef __SANITIZE_THREAD__
    ours -= ours > 1; /* with the first other thread it starts one of its own */
#endif
    return ours;
}

int main (int argc, char **argv)
{
    mst_federate_t fed;
    static const mst_module_t module = { "federates.xml", NULL, 0 };
    mst_module_t fom = module;

    if (argc < 4)
        return 2;
    fom.data = federates_fom;
    fom.size_bytes = strlen (federates_fom);
    mst_join_options_t options = { .rti = argv[1],
                                   .federation = "world",
                                   .name = argv[2],
                                   .modules = &fom,
                                   .module_count = 1,
                                   .route_window_bytes = WINDOW_BYTES };
    if (strcmp (argv[3], "retracts") == 0)
        options.callbacks.reflected = on_reflected;
    int before = count_threads ();
    if (mst_join (&options, &fed))
        return failed ("to join");
    if (strcmp (argv[3], "threads") == 0)
        return printf ("threads %d\n", count_threads () - before) < 0;
    if (strcmp (argv[3], "step") == 0)
        return step (fed, MST_TIME_NEVER);
    if (strcmp (argv[3], "until") == 0 && argc > 4)
        return step (fed, atoll (argv[4]));
    if (strcmp (argv[3], "retracts") == 0)
        return retracts (fed);
    if (strcmp (argv[3], "flood") == 0)
        return flood (fed);
    return idle (fed);
}
