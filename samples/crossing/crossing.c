/*  crossing: how federates wait for each other without logical time. Three walkers meet twice.

      synchronization point    all of the federation; who joins while it stands takes part, too; it
                               waits for as long as it takes
      named barrier            those who are named and nobody else; it may have a deadline, and
                               when that passes it breaks and says who is missing

    At the mill all arrive. At the bridge cid does not: he strays. The others go on without him
    after three seconds, and know whom to look for. At the inn, a synchronization point, all end. */
#include <muster/muster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 3000, NAMES_SIZE = 200 };

static const char *const walkers[] = { "ann", "bob", "cid" };
enum { WALKERS = sizeof walkers / sizeof walkers[0] };

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "%s\n", mst_error_text ());
    exit (1);
}

/*  Comes before mst_barrier returns. The names are ours until we return, so they are copied. */
static void barrier_broken (void *user, mst_federate_t fed, const char *name, const char *missing)
{
    (void) fed;
    printf ("at the %s we miss %s\n", name, missing);
    snprintf (user, NAMES_SIZE, "%s", missing);
}

int main (int argc, char **argv)
{
    char missing[NAMES_SIZE] = "", result[NAMES_SIZE];
    bool strays = argc > 1 && strcmp (argv[1], "strays") == 0;
    const mst_module_t fom = { .name = "crossing.xml" };
    const mst_join_options_t options = { .federation = "crossing",
                                         .modules = &fom,
                                         .module_count = 1,
                                         .user = missing,
                                         .callbacks.barrier_broken = barrier_broken };
    mst_federate_t fed;

    must (mst_join (&options, &fed));

    /* The first who comes says who is expected; the others must say the same. 0: no deadline. */
    must (mst_barrier (fed, "mill", walkers, WALKERS, 0));

    if (!strays) {
        mst_err_t err = mst_barrier (fed, "bridge", walkers, WALKERS, PATIENCE_MS);
        if (err == MST_E_BARRIER_BROKEN) { /* no mistake of ours: an answer */
            puts (mst_error_text ());
            snprintf (result, sizeof result, "%s misses at the bridge",
                      mst_federate_name (fed, mst_self (fed)));
            must (mst_report (fed, result, missing));
        } else
            must (err);
    }
    must (mst_synchronize (fed, "inn", WALKERS, -1));
    must (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    return 0;
}
