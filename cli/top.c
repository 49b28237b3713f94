/*  muster top: looks at the RTI again and again, and shows it: live on a terminal, page by page
   into a pipe, once, or as JSON. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/config_units.h"
#include "tools/crew.h"
#include "tools/metadata.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/top.h"
#include "tools/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOP_RTI, TOP_ONCE, TOP_WHY, TOP_JSON, TOP_INTERVAL, TOP_SORT, TOP_METADATA };
enum {
    INTERVAL_MS = 1000,
    INTERVAL_MIN_MS = 50,
    INTERVAL_MAX_MS = 3600000,
    LOOK_AGAIN_MS = 20, /* --once: for the counters that the first look asked for */
    LOOKS_MS = 2000,    /* so long at most */
    YOUNG_MS = 50,      /* counters that the RTI does not ask for again */
    OBSERVE_MS = 100,   /* how long messages of the store wait here */
    FILL_MS = 3000,     /* until who carries a store has answered */
    QUIET_MS = 2000     /* an RTI that says nothing for so long is mentioned */
};

static const char default_rti[] = "tcp://127.0.0.1:15000";
static const int64_t ms_ns = 1000000;

static const cli_option_t top_options[] = {
    [TOP_RTI] = { "--rti", "ENDPOINT",
                  "the RTI; otherwise MUSTER_RTI, or the one of this machine" },
    [TOP_ONCE] = { "--once", NULL, "looks once; shares and rates are those since the join" },
    [TOP_WHY] = { "--why", NULL,
                  "says for each federate that waits who holds it back, by\nwhat, and for how "
                  "long" },
    [TOP_JSON] = { "--json", NULL, "one JSON object per look, on a line of its own" },
    [TOP_INTERVAL] = { "--interval", "DURATION", "looks so often: \"500 ms\"; 1 s by default" },
    [TOP_SORT] = { "--sort", "COLUMN", "name, state, time, waiting or rate" },
    [TOP_METADATA] = { "--metadata", NULL,
                       "joins FEDERATION as an observer, and shows the metadata\n"
                       "that its federates share" },
    { NULL, NULL, NULL },
};

static const cli_verb_t top_verb = {
    "top", "[FEDERATION]",
    "Shows who is in a federation, or in all of an RTI: state, time, who holds whom\n"
    "back, where the time goes (computing, waiting, messaging), rates.\n"
    "On a terminal it is live: q ends it, w says why who waits, s sorts otherwise.",
    top_options
};

typedef struct top {
    const char *rti, *federation; /* "": all */
    bool once, json, metadata;
    int64_t interval_ms;
    bool seen; /* the federation was there */
    tools_top_t looks;
    tools_top_view_t view;
    tools_observer_t *observer; /* NULL: none, or it has left */
    cJSON *shared;              /* the metadata, as last seen */
    base_buffer_t status, page;
    int64_t heard_ns;
} top_t;

/*  Arguments ---------------------------------------------------------------------------------- */

/*  False: it is wrong, and was said. */
static bool top_option (top_t *self, const cli_args_t *args)
{
    int64_t interval_ns;
    switch (args->option) {
    case TOP_RTI: self->rti = args->value; return true;
    case TOP_ONCE: self->once = true; return true;
    case TOP_WHY: self->view.why = true; return true;
    case TOP_JSON: self->json = true; return true;
    case TOP_METADATA: self->metadata = true; return true;
    case TOP_SORT:
        if (tools_top_sort_find (args->value, &self->view.sort))
            return true;
        (void) cli_usage (&top_verb,
                          "--sort must be name, state, time, waiting or rate, found \"%s\"",
                          args->value);
        return false;
    default: break;
    }
    if (config_parse_duration_ns (args->value, &interval_ns) == MST_OK &&
        interval_ns >= INTERVAL_MIN_MS * ms_ns && interval_ns <= INTERVAL_MAX_MS * ms_ns) {
        self->interval_ms = interval_ns / ms_ns;
        return true;
    }
    (void) cli_usage (&top_verb, "--interval must be a duration from 50 ms to 1 h, found \"%s\"",
                      args->value);
    return false;
}

static bool top_parse (top_t *self, int argc, char **argv, int *exit_code)
{
    cli_args_t args;
    cli_found_t found;
    cli_args_init (&args, &top_verb, argc, argv);
    *exit_code = CLI_USAGE;
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP) {
            *exit_code = args.exit_code;
            return false;
        }
        if (found == CLI_OPTION && !top_option (self, &args))
            return false;
        if (found == CLI_ARGUMENT && self->federation[0]) {
            (void) cli_usage (&top_verb, "one federation at a time: %s or %s?", self->federation,
                              args.value);
            return false;
        }
        if (found == CLI_ARGUMENT)
            self->federation = args.value;
    }
    if (self->metadata && !self->federation[0]) {
        (void) cli_usage (&top_verb, "--metadata needs FEDERATION: whose?");
        return false;
    }
    return true;
}

/*  Observing ---------------------------------------------------------------------------------- */

static mst_err_t top_shared (top_t *self)
{
    cJSON *shared;
    mst_err_t err = tools_observer_json (self->observer, &shared);
    if (err)
        return err;
    cJSON_Delete (self->shared);
    self->view.metadata = self->shared = shared;
    return MST_OK;
}

static mst_err_t top_observe (top_t *self)
{
    if (!self->metadata)
        return MST_OK;
    mst_err_t err = tools_observer_new (self->rti, self->federation, &self->observer);
    if (!err)
        err = tools_observer_fill (self->observer, FILL_MS);
    return err ? err : top_shared (self);
}

/*  It leaves with those whom it observed; what is wrong otherwise, the RTI's status tells, too. */
static mst_err_t top_observed (top_t *self)
{
    if (!self->observer)
        return MST_OK;
    mst_err_t err = tools_observer_turn (self->observer, 0);
    if (err || tools_observer_alone (self->observer))
        tools_observer_destroy (&self->observer);
    else
        err = top_shared (self);
    return err == MST_E_NO_MEMORY ? err : MST_OK;
}

/*  Looking ------------------------------------------------------------------------------------ */

static mst_err_t top_took (top_t *self)
{
    mst_err_t err =
        tools_top_take (&self->looks, (const char *) self->status.data, self->status.size_bytes);
    self->heard_ns = tools_now_ns ();
    if (!err && self->federation[0])
        self->seen = true;
    return err;
}

static mst_err_t top_page (top_t *self)
{
    base_buffer_clear (&self->page);
    return self->json ? tools_top_json (&self->looks, &self->view, &self->page)
                      : tools_top_text (&self->looks, &self->view, &self->page);
}

static mst_err_t top_print (top_t *self)
{
    mst_err_t err = top_page (self);
    return err ? err
               : tools_write_all (STDOUT_FILENO, "standard output", self->page.data,
                                  self->page.size_bytes);
}

/*  A closed pipe wants no more: that is no failure. A federation that was there has ended. */
static int top_end (const top_t *self, mst_err_t err, bool writing)
{
    if (!err || (writing && err == MST_E_CONNECTION_LOST))
        return CLI_GOOD;
    if (err == MST_E_FEDERATION_UNKNOWN && self->seen) {
        fprintf (stderr, "muster top: the federation \"%s\" has ended\n", self->federation);
        return CLI_GOOD;
    }
    return cli_failed ("top", err);
}

/*  Once ---------------------------------------------------------------------------------------- */

/*  The first look makes the RTI ask for counters; those who answer at all answer soon. */
static int top_once (top_t *self)
{
    mst_err_t err = top_observe (self);
    int64_t started_ns = tools_now_ns ();
    self->view.since_join = true;
    do {
        err = tools_watch_ask (self->rti, self->federation, &self->status);
        if (!err)
            err = top_took (self);
        self->view.fresh_ns = tools_now_ns () - started_ns + YOUNG_MS * ms_ns;
        if (err || tools_top_complete (&self->looks, self->view.fresh_ns))
            break;
        (void) poll (NULL, 0, LOOK_AGAIN_MS);
    } while (tools_now_ns () - started_ns < LOOKS_MS * ms_ns);
    if (err)
        return top_end (self, err, false);
    return top_end (self, top_print (self), true);
}

/*  Again and again ------------------------------------------------------------------------------
 */

static mst_err_t top_redraw (top_t *self, bool live)
{
    if (!live)
        return top_print (self);
    tools_size_t size = tools_terminal_size (STDOUT_FILENO);
    self->view.width = size.columns;
    self->view.height = size.lines;
    mst_err_t err = top_page (self);
    int64_t quiet_ms = (tools_now_ns () - self->heard_ns) / ms_ns;
    if (!err && quiet_ms > self->interval_ms + QUIET_MS)
        err = tools_text_append (&self->page, "the RTI has not answered for %lld s\n",
                                 (long long) (quiet_ms / 1000));
    return err ? err : tools_terminal_show (&self->page);
}

/*  False: the end. */
static bool top_keys (top_t *self)
{
    char keys[64];
    ssize_t count = read (STDIN_FILENO, keys, sizeof keys);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        return false; /* the terminal is gone */
    for (ssize_t i = 0; i < count; i++) {
        if (keys[i] == 'q' || keys[i] == 'Q')
            return false;
        if (keys[i] == 'w')
            self->view.why = !self->view.why;
        if (keys[i] == 's')
            self->view.sort = (self->view.sort + 1) % TOOLS_TOP_SORTS;
    }
    return true;
}

static bool top_signals (void)
{
    for (int signal; (signal = tools_terminal_signal ()) != 0;)
        if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP)
            return false;
    return true;
}

static int top_loop (top_t *self, tools_watch_t *watch, bool live)
{
    struct pollfd polls[] = { { .fd = tools_watch_fd (watch), .events = POLLIN },
                              { .fd = live ? STDIN_FILENO : -1, .events = POLLIN },
                              { .fd = live ? tools_terminal_signals () : -1, .events = POLLIN } };
    for (;;) {
        (void) poll (polls, sizeof polls / sizeof polls[0],
                     self->observer ? OBSERVE_MS
                     : live         ? INTERVAL_MS
                                    : -1);
        if ((polls[1].revents && !top_keys (self)) || (polls[2].revents && !top_signals ()))
            return CLI_GOOD;
        bool news = (polls[0].revents & POLLIN) != 0;
        if (news) {
            tools_watch_quiet (watch);
            mst_err_t err = tools_watch_error (watch);
            if (!err && tools_watch_take (watch, &self->status))
                err = top_took (self);
            if (err == MST_E_TIMEOUT) /* stopped, perhaps: it may go on */
                continue;
            if (err) {
                tools_terminal_close (); /* what is said now is to stay */
                return top_end (self, err, false);
            }
        }
        mst_err_t err = top_observed (self);
        if (!err && (!self->looks.root || (!news && !live)))
            continue;
        if (!err)
            err = top_redraw (self, live);
        if (err)
            return top_end (self, err, true);
    }
}

static int top_watch (top_t *self)
{
    bool live = !self->json && isatty (STDOUT_FILENO) && isatty (STDIN_FILENO);
    tools_watch_t *watch = NULL;
    mst_err_t err = tools_watch_ask (self->rti, self->federation, &self->status);
    if (!err)
        err = top_took (self);
    if (!err)
        err = top_observe (self);
    if (!err) /* the second look comes soon, with the counters that the first one asked for */
        err = tools_watch_new (self->rti, self->federation, INTERVAL_MIN_MS, &watch);
    if (!err && live)
        err = tools_terminal_open ();
    if (err) {
        tools_watch_destroy (&watch);
        return top_end (self, err, false);
    }
    if (live) {
        self->view.colours = !getenv ("NO_COLOR");
        self->view.rti = self->rti;
        (void) top_redraw (self, live);
    }
    tools_watch_period (watch, self->interval_ms);
    int exit_code = top_loop (self, watch, live);
    tools_terminal_close ();
    tools_watch_destroy (&watch);
    return exit_code;
}

int cli_top (int argc, char **argv)
{
    top_t self = { .federation = "", .interval_ms = INTERVAL_MS };
    int exit_code;
    const char *rti = getenv ("MUSTER_RTI");
    self.rti = rti && rti[0] ? rti : default_rti;
    if (!top_parse (&self, argc, argv, &exit_code))
        return exit_code;
    if (self.once && isatty (STDOUT_FILENO)) {
        self.view.width = tools_terminal_size (STDOUT_FILENO).columns;
        self.view.colours = !getenv ("NO_COLOR");
    }
    exit_code = self.once ? top_once (&self) : top_watch (&self);
    tools_observer_destroy (&self.observer);
    cJSON_Delete (self.shared);
    tools_top_fini (&self.looks);
    base_buffer_fini (&self.status);
    base_buffer_fini (&self.page);
    return exit_code;
}
