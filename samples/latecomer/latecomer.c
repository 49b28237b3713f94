/*  latecomer: state on request. A keeper of a score board writes it only when it changes. Who comes
    later discovers the board, but its score was told before: so it asks, and the keeper tells it
    again.

      the visitor    discovered: mst_request_update     (request attribute value update)
      the keeper     provide_update: mst_update         (provide attribute value update)

    To make sure that the visitor is late, it subscribes only after the point "game over". */
#include <muster/muster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCORE_SIZE = 16 };

typedef struct place {
    mst_class_t board_class;
    mst_attribute_t score;
    mst_object_t board; /* the keeper's own, or the one discovered */
    char shown[SCORE_SIZE];
    bool seen;
    int requests;
} place_t;

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "%s\n", mst_error_text ());
    exit (1);
}

/*  The visitor: there is a board. What stands on it is not in this message. */
static void discovered (void *user, mst_federate_t fed, const mst_discovery_t *discovery)
{
    place_t *place = user;
    printf ("there is a board, %s; asking for its score\n", discovery->name);
    place->board = discovery->object;
    must (mst_request_update (fed, discovery->object, &place->score, 1));
}

/*  The keeper: somebody asks. An update from within a callback is allowed, as it does not wait. */
static void provide_update (void *user, mst_federate_t fed, mst_object_t object,
                            uint64_t attributes)
{
    place_t *place = user;
    const mst_value_t value = { place->score.id, (uint32_t) strlen (place->shown), place->shown };
    (void) attributes; /* bit (attribute id - 1): there is but one */
    printf ("somebody asks; telling %s again\n", place->shown);
    place->requests++;
    must (mst_update (fed, object, &value, 1, MST_TIME_NONE, NULL));
}

static void reflected (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    place_t *place = user;
    (void) fed;
    snprintf (place->shown, sizeof place->shown, "%.*s", (int) update->values[0].size_bytes,
              (const char *) update->values[0].data);
    printf ("the board says %s\n", place->shown);
    place->seen = true;
}

static void keep (mst_federate_t fed, place_t *place)
{
    static const char *const scores[] = { "0 : 0", "1 : 0", "1 : 1", "2 : 1", "3 : 1" };
    char number[16];
    must (mst_publish (fed, place->board_class, &place->score, 1));
    must (mst_register (fed, place->board_class, NULL, &place->board));
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        const mst_value_t value = { place->score.id, (uint32_t) strlen (scores[i]), scores[i] };
        snprintf (place->shown, sizeof place->shown, "%s", scores[i]);
        must (mst_update (fed, place->board, &value, 1, MST_TIME_NONE, NULL));
    }
    must (mst_synchronize (fed, "game over", 2, -1));
    must (mst_synchronize (fed, "going home", 2, -1)); /* answers whoever asks meanwhile */
    snprintf (number, sizeof number, "%d", place->requests);
    must (mst_report (fed, "the keeper was asked", number));
}

static void visit (mst_federate_t fed, place_t *place)
{
    must (mst_synchronize (fed, "game over", 2, -1));
    must (mst_subscribe (fed, place->board_class, &place->score, 1));
    while (!place->seen)
        must (mst_evoke (fed, -1, NULL));
    must (mst_report (fed, "the visitor saw", place->shown));
    must (mst_synchronize (fed, "going home", 2, -1));
}

int main (int argc, char **argv)
{
    place_t place = { .requests = 0 };
    const mst_module_t fom = { .name = "latecomer.xml" };
    const mst_join_options_t options = { .federation = "latecomer",
                                         .modules = &fom,
                                         .module_count = 1,
                                         .user = &place,
                                         .callbacks = { .discovered = discovered,
                                                        .reflected = reflected,
                                                        .provide_update = provide_update } };
    mst_federate_t fed;

    must (mst_join (&options, &fed));
    must (mst_class_find (fed, "Board", &place.board_class));
    must (mst_attribute_find (fed, place.board_class, "Score", &place.score));
    if (argc > 1 && strcmp (argv[1], "keeps") == 0)
        keep (fed, &place);
    else
        visit (fed, &place);
    must (mst_resign (&fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST));
    return 0;
}
