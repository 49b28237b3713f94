/*  hello: two federates; each throws a ball and sees the other's. */
#include <muster/muster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reflected (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    double height = 0.0;
    (void) user;
    memcpy (&height, update->values[0].data, sizeof height);
    printf ("%lld s: %s is %.1f m high\n", (long long) update->time,
            mst_object_name (fed, update->object), height);
}

static void must (mst_err_t err)
{
    if (err) {
        fprintf (stderr, "%s\n", mst_error_text ());
        exit (1);
    }
}

int main (void)
{
    mst_federate_t fed;
    mst_class_t ball_class;
    mst_attribute_t height;
    mst_object_t ball;
    const mst_module_t fom = { .name = "hello.xml" };
    const mst_join_options_t options = {
        .federation = "hello", .modules = &fom, .module_count = 1, .callbacks.reflected = reflected
    };
    must (mst_join (&options, &fed));
    must (mst_class_find (fed, "Ball", &ball_class));
    must (mst_attribute_find (fed, ball_class, "Height", &height));
    must (mst_publish (fed, ball_class, &height, 1));
    must (mst_subscribe (fed, ball_class, &height, 1));
    must (mst_register (fed, ball_class, NULL, &ball));
    must (mst_enable_time (fed, 1));
    must (mst_synchronize (fed, "ready", 2, -1));
    for (mst_time_t now = 1; now <= 4; now++) {
        double t = (double) now, metres = 20.0 * t - 4.9 * t * t;
        const mst_value_t value = { height.id, sizeof metres, &metres };
        must (mst_update (fed, ball, &value, 1, now, NULL));
        must (mst_advance (fed, now, -1));
    }
    must (mst_resign (&fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST));
    return 0;
}
