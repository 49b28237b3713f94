/*  muster state: shared state by the command line: a serving process, and those who ask it. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/alloc.h"
#include "base/error.h"
#include "link/process.h"
#include "tools/config.h"
#include "tools/state_ask.h"
#include "tools/state_serve.h"
#include <muster/crdt.h>

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATE_ARGUMENTS_MAX = 3, STATE_PEERS_MAX = 64 };
enum {
    STATE_LISTEN,
    STATE_PEER,
    STATE_FILE,
    STATE_QUIET,
    STATE_AT,
    STATE_ALL,
    STATE_ADD,
    STATE_REMOVE,
    STATE_BY,
    STATE_KIND,
    STATE_COUNT,
    STATE_TIMEOUT,
    STATE_JSON
};

static const cli_option_t state_options[] = {
    [STATE_LISTEN] = { "--listen", "ENDPOINT",
                       "serve: listens there; port 0: a free one.\n"
                       "Default: the key state.endpoint, tcp://127.0.0.1:15100" },
    [STATE_PEER] = { "--peer", "ENDPOINT",
                     "serve: another process to share with; may be repeated, and\n"
                     "need not be there yet" },
    [STATE_FILE] = { "--file", "FILE", "serve: kept there between a clean end and the next start" },
    [STATE_QUIET] = { "--quiet", NULL, "serve: no log on standard error" },
    [STATE_AT] = { "--at", "ENDPOINT", "the process to ask. Default: the key state.endpoint" },
    [STATE_ALL] = { "--all", NULL, "get: all paths that begin with PATH" },
    [STATE_ADD] = { "--add", "ELEMENT", "put: an element into a set; no VALUE" },
    [STATE_REMOVE] = { "--remove", "ELEMENT", "put: an element out of a set; no VALUE" },
    [STATE_BY] = { "--by", "N", "put: a counter up, or down by a negative N; no VALUE" },
    [STATE_KIND] = { "--kind", "KIND",
                     "put: the kind of change; how consistent it is, the key\n"
                     "state.consistency of the serving process says" },
    [STATE_COUNT] = { "--count", "N", "watch: ends after N lines" },
    [STATE_TIMEOUT] = { "--timeout", "DURATION",
                        "how long to wait for a process that answers: \"500 ms\", or\nseconds. "
                        "Default: 5" },
    [STATE_JSON] = { "--json", NULL, "one JSON object a line" },
    { NULL, NULL, NULL },
};

static const cli_verb_t state_verb = {
    "state", "serve|get|put|watch|status [PATH [VALUE]]",
    "Shares small state between processes, without a centre. Each serving process\n"
    "holds a copy; changes spread by gossip, and copies that have seen the same\n"
    "changes are the same. Parted processes go on and agree when they meet again.\n\n"
    "  serve           holds a copy and answers; prints one line when it is ready.\n"
    "                  SIGTERM or Ctrl-C ends it\n"
    "  get [PATH]      prints the value; without PATH all of them; 1 when there is\n"
    "                  none\n"
    "  put PATH VALUE  writes a text, of which the last one written wins; or changes\n"
    "                  a set (--add, --remove) or a counter (--by)\n"
    "  watch [PREFIX]  prints what is there, then what changes\n"
    "  status          prints the process's counters\n\n"
    "The keys of the configuration are options, too: --state.gossip_interval 1s,\n"
    "--state.gossip_fanout N, --state.consistency TABLE, --config FILE, ...",
    state_options
};

typedef struct state_args {
    const char *arguments[STATE_ARGUMENTS_MAX + 1];
    size_t count;
    const char *peers[STATE_PEERS_MAX];
    size_t peer_count;
    const char *listen, *file, *at, *kind;
    const char *element; /* --add, --remove */
    tools_state_put_t put;
    long long by, lines;
    int64_t timeout_ns;
    bool quiet, all, json;
    bool found; /* an item came */
} state_args_t;

static tools_state_serve_t *state_serving;
static volatile bool state_stopped;

static void state_on_signal (int number)
{
    int before = errno;
    (void) number;
    state_stopped = true;
    tools_state_serve_stop (state_serving);
    errno = before;
}

static void state_catch_signals (void)
{
    struct sigaction action = { .sa_handler = state_on_signal };
    sigemptyset (&action.sa_mask);
    (void) sigaction (SIGTERM, &action, NULL);
    (void) sigaction (SIGINT, &action, NULL);
}

/*  Options ------------------------------------------------------------------------------------- */

static int state_take_put (state_args_t *self, tools_state_put_t put, const char *element)
{
    if (self->put != TOOLS_STATE_PUT_SET)
        return cli_usage (&state_verb, "one of --add, --remove and --by at a time");
    self->put = put;
    self->element = element;
    return CLI_GOOD;
}

static int state_take_option (state_args_t *self, const cli_args_t *args)
{
    switch (args->option) {
    case STATE_LISTEN: self->listen = args->value; break;
    case STATE_PEER:
        if (self->peer_count == STATE_PEERS_MAX)
            return cli_usage (&state_verb, "at most %d peers", STATE_PEERS_MAX);
        self->peers[self->peer_count++] = args->value;
        break;
    case STATE_FILE: self->file = args->value; break;
    case STATE_QUIET: self->quiet = true; break;
    case STATE_AT: self->at = args->value; break;
    case STATE_ALL: self->all = true; break;
    case STATE_ADD: return state_take_put (self, TOOLS_STATE_PUT_ADD, args->value);
    case STATE_REMOVE: return state_take_put (self, TOOLS_STATE_PUT_REMOVE, args->value);
    case STATE_BY:
        if (!cli_number (args->value, -INT32_MAX, INT32_MAX, &self->by))
            return cli_usage (&state_verb, "--by takes a whole number, not \"%s\"", args->value);
        return state_take_put (self, TOOLS_STATE_PUT_COUNT, NULL);
    case STATE_KIND: self->kind = args->value; break;
    case STATE_COUNT:
        if (!cli_number (args->value, 1, INT32_MAX, &self->lines))
            return cli_usage (&state_verb, "--count takes a number from 1, not \"%s\"",
                              args->value);
        break;
    case STATE_TIMEOUT:
        if (!cli_duration (args->value, &self->timeout_ns) ||
            self->timeout_ns > 86400 * CONFIG_SECOND)
            return cli_usage (&state_verb,
                              "--timeout takes a duration up to 1 d like \"500 ms\", or seconds, "
                              "not \"%s\"",
                              args->value);
        break;
    default: self->json = true;
    }
    return CLI_GOOD;
}

/*  False: return *exit_code. */
static bool state_parse (state_args_t *self, int argc, char **argv, int *exit_code)
{
    cli_args_t args;
    cli_args_init (&args, &state_verb, argc, argv);
    for (;;) {
        switch (cli_args_next (&args)) {
        case CLI_END: return true;
        case CLI_STOP: *exit_code = args.exit_code; return false;
        case CLI_ARGUMENT:
            if (self->count == STATE_ARGUMENTS_MAX) {
                *exit_code = cli_usage (&state_verb, "%s is one too many", args.value);
                return false;
            }
            self->arguments[self->count++] = args.value;
            break;
        case CLI_OPTION:
            *exit_code = state_take_option (self, &args);
            if (*exit_code != CLI_GOOD)
                return false;
            break;
        }
    }
}

/*  Verbs --------------------------------------------------------------------------------------- */

static int state_serve (const state_args_t *self, const config_t *config)
{
    const char *listen = self->listen ? self->listen : config_text (config, CONFIG_STATE_ENDPOINT);
    mst_err_t err = tools_state_serve_new (config, listen, self->peers, self->peer_count,
                                           self->file, !self->quiet, &state_serving);
    if (err)
        return cli_failed ("state", err);
    state_catch_signals ();
    printf ("muster state: ready at %s\n", tools_state_serve_endpoint (state_serving));
    (void) fflush (stdout);
    err = tools_state_serve_run (state_serving);
    (void) signal (SIGTERM, SIG_IGN);
    (void) signal (SIGINT, SIG_IGN);
    tools_state_serve_destroy (&state_serving);
    return err ? cli_failed ("state", err) : CLI_GOOD;
}

/*  A text as a JSON string. */
static void state_print_json (const char *key, log_span_t text)
{
    char *copy = base_strndup (text.data, text.size_bytes);
    cJSON *item = copy ? cJSON_CreateString (copy) : NULL;
    char *printed = item ? cJSON_PrintUnformatted (item) : NULL;
    printf ("\"%s\":%s", key, printed ? printed : "null");
    cJSON_free (printed);
    cJSON_Delete (item);
    base_free (copy);
}

static bool state_item (void *user, const tools_state_talk_t *item)
{
    state_args_t *self = user;
    bool one = strcmp (self->arguments[0], "get") == 0 && self->count == 2 && !self->all;
    self->found = true;
    if (self->json) {
        (void) putchar ('{');
        state_print_json ("path", item->path);
        printf (",\"type\":\"%s\",\"value\":%.*s}\n",
                mst_crdt_type_name ((mst_crdt_type_t) item->operation),
                (int) item->value.size_bytes, item->value.data);
    } else if (one)
        printf ("%.*s\n", (int) item->more.size_bytes, item->more.data);
    else
        printf ("%.*s = %.*s\n", (int) item->path.size_bytes, item->path.data,
                (int) item->more.size_bytes, item->more.data);
    (void) fflush (stdout);
    return !ferror (stdout);
}

static void state_reply (void *user, log_span_t text)
{
    const state_args_t *self = user;
    if (text.size_bytes == 0)
        return;
    if (self->json) {
        printf ("%.*s\n", (int) text.size_bytes, text.data);
        return;
    }
    for (size_t i = 0; i < text.size_bytes; i++) { /* flat and without spaces: a line a member */
        char c = text.data[i];
        if (c == ',')
            (void) putchar ('\n');
        else if (c == ':')
            fputs (": ", stdout);
        else if (!strchr ("{}\"", c))
            (void) putchar (c);
    }
    (void) putchar ('\n');
}

static int state_ask (state_args_t *self, const config_t *config, const tools_state_talk_t *talk,
                      bool watch)
{
    const tools_state_ask_t ask = {
        .endpoint = self->at ? self->at : config_text (config, CONFIG_STATE_ENDPOINT),
        .talk = *talk,
        .connect_timeout_ns = self->timeout_ns,
        .items_max = (uint64_t) self->lines,
        .watch = watch,
        .item = state_item,
        .reply = state_reply,
        .user = self,
        .stop = &state_stopped,
    };
    state_catch_signals ();
    mst_err_t err = tools_state_ask (&ask);
    return err ? cli_failed ("state", err) : CLI_GOOD;
}

static int state_get (state_args_t *self, const config_t *config)
{
    const char *path = self->count == 2 ? self->arguments[1] : "";
    bool all = self->all || self->count == 1;
    const tools_state_talk_t talk = { .kind = TOOLS_STATE_GET,
                                      .operation = all ? 1 : 0,
                                      .path = log_text (path) };
    int exit_code = state_ask (self, config, &talk, false);
    return exit_code == CLI_GOOD && !self->found ? CLI_NO : exit_code;
}

static int state_put (state_args_t *self, const config_t *config)
{
    bool value = self->count == 3;
    if (self->count < 2 || (self->put == TOOLS_STATE_PUT_SET) != value)
        return cli_usage (&state_verb, "put takes a path and either a value or one of --add, "
                                       "--remove and --by");
    const tools_state_talk_t talk = { .kind = TOOLS_STATE_PUT,
                                      .operation = self->put,
                                      .number = self->by,
                                      .path = log_text (self->arguments[1]),
                                      .value =
                                          log_text (value ? self->arguments[2] : self->element),
                                      .more = log_text (self->kind) };
    return state_ask (self, config, &talk, false);
}

static int state_do (state_args_t *self, const config_t *config)
{
    const char *what = self->count > 0 ? self->arguments[0] : "";
    if (strcmp (what, "serve") == 0 && self->count == 1)
        return state_serve (self, config);
    if (strcmp (what, "get") == 0 && self->count <= 2)
        return state_get (self, config);
    if (strcmp (what, "put") == 0)
        return state_put (self, config);
    if (strcmp (what, "watch") == 0 && self->count <= 2) {
        const tools_state_talk_t talk = { .kind = TOOLS_STATE_WATCH,
                                          .path = log_text (self->arguments[1]) };
        return state_ask (self, config, &talk, true);
    }
    if (strcmp (what, "status") == 0 && self->count == 1) {
        const tools_state_talk_t talk = { .kind = TOOLS_STATE_STATUS };
        return state_ask (self, config, &talk, false);
    }
    return self->count == 0
               ? cli_usage (&state_verb, "serve, get, put, watch or status?")
               : cli_usage (&state_verb, "%s with %zu arguments is not among what it does", what,
                            self->count - 1);
}

int cli_state (int argc, char **argv)
{
    state_args_t self = { .put = TOOLS_STATE_PUT_SET, .timeout_ns = 5 * CONFIG_SECOND };
    int exit_code = CLI_GOOD;
    config_t config;

    mst_err_t err = config_load (&config, &argc, argv, environ);
    if (err) {
        (void) cli_failed ("state", err);
        return CLI_USAGE;
    }
    if (!state_parse (&self, argc, argv, &exit_code))
        return exit_code;
    link_process_raise_files ();
    return state_do (&self, &config);
}
