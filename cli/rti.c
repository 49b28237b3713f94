/*  muster rti: the RTI as a process: options in, one ready line out, a clean end on SIGTERM. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/error.h"
#include "link/process.h"
#include "rti/daemon.h"
#include "tools/config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RTI_PORT = 15000, RTI_ENDPOINTS_MAX = 8, RTI_TEXT_SIZE = 256 };
enum { RTI_OPTION_PORT, RTI_OPTION_HOST, RTI_OPTION_ENDPOINT, RTI_OPTION_IPC, RTI_OPTION_QUIET };

static const cli_option_t rti_options[] = {
    [RTI_OPTION_PORT] = { "--port", "N", "port to listen at; 0: a free one. Default: 15000" },
    [RTI_OPTION_HOST] = { "--host", "ADDRESS",
                          "address to listen at; *: every one. Default: 127.0.0.1,\n"
                          "which only this machine reaches" },
    [RTI_OPTION_ENDPOINT] = { "--endpoint", "ENDPOINT",
                              "listens there instead: tcp://host:port, ipc://path; may be\n"
                              "repeated" },
    [RTI_OPTION_IPC] = { "--ipc", "PATH",
                         "listens at a local path, too; *: a new one in the runtime\n"
                         "directory" },
    [RTI_OPTION_QUIET] = { "--quiet", NULL, "no log on standard error" },
    { NULL, NULL, NULL },
};

static const cli_verb_t rti_verb = {
    "rti", "",
    "Runs the run-time infrastructure, which federates join. When it listens it\n"
    "prints one line with its endpoint. SIGTERM or Ctrl-C ends it.\n\n"
    "The keys of the configuration are options, too: --limits.federates N,\n"
    "--limits.objects N, --silence_limit_s DURATION, --trace, --config FILE, and\n"
    "--rti ENDPOINT, where it listens unless another option says otherwise.",
    rti_options
};

typedef struct rti_args {
    const char *host;
    long long port; /* -1: not given */
    const char *endpoints[RTI_ENDPOINTS_MAX];
    size_t endpoint_count;
    const char *ipc;
    bool quiet;
    char tcp_text[RTI_TEXT_SIZE];
    char ipc_text[RTI_TEXT_SIZE];
} rti_args_t;

static rti_daemon_t *rti_running;

static void rti_on_signal (int number)
{
    int before = errno;
    (void) number;
    rti_daemon_stop (rti_running);
    errno = before;
}

/*  CLI_GOOD, or the exit code. */
static int rti_take_option (rti_args_t *self, const cli_args_t *args)
{
    switch (args->option) {
    case RTI_OPTION_PORT:
        if (!cli_number (args->value, 0, UINT16_MAX, &self->port))
            return cli_usage (&rti_verb, "--port takes a number from 0 to 65535, not \"%s\"",
                              args->value);
        break;
    case RTI_OPTION_HOST: self->host = args->value; break;
    case RTI_OPTION_IPC: self->ipc = args->value; break;
    case RTI_OPTION_QUIET: self->quiet = true; break;
    default:
        if (self->endpoint_count == RTI_ENDPOINTS_MAX - 1)
            return cli_usage (&rti_verb, "at most %d endpoints", RTI_ENDPOINTS_MAX - 1);
        self->endpoints[self->endpoint_count++] = args->value;
    }
    return CLI_GOOD;
}

/*  False: return *exit_code. */
static bool rti_parse (rti_args_t *self, int argc, char **argv, int *exit_code)
{
    cli_args_t args;
    cli_args_init (&args, &rti_verb, argc, argv);
    for (;;) {
        switch (cli_args_next (&args)) {
        case CLI_END: return true;
        case CLI_STOP: *exit_code = args.exit_code; return false;
        case CLI_ARGUMENT:
            *exit_code = cli_usage (&rti_verb, "it takes no arguments, found %s", args.value);
            return false;
        case CLI_OPTION:
            *exit_code = rti_take_option (self, &args);
            if (*exit_code != CLI_GOOD)
                return false;
            break;
        }
    }
}

/*  Without a word about it the RTI listens where federates look for it. A path or address that is
   too long is cut here, and refused when it is bound. */
static void rti_endpoints (rti_args_t *self, const config_t *config)
{
    const char *host = self->host ? self->host : "127.0.0.1";
    long long port = self->port >= 0 ? self->port : RTI_PORT;
    bool six = strchr (host, ':') && host[0] != '[';

    if (self->endpoint_count == 0 && !self->host && self->port < 0)
        self->endpoints[self->endpoint_count++] = config_text (config, CONFIG_RTI);
    else if (self->endpoint_count == 0) {
        (void) snprintf (self->tcp_text, sizeof self->tcp_text,
                         six ? "tcp://[%s]:%lld" : "tcp://%s:%lld", host, port);
        self->endpoints[self->endpoint_count++] = self->tcp_text;
    }
    if (self->ipc) {
        (void) snprintf (self->ipc_text, sizeof self->ipc_text, "ipc://%s", self->ipc);
        self->endpoints[self->endpoint_count++] = self->ipc_text;
    }
}

static void rti_catch_signals (void (*handler) (int))
{
    struct sigaction action = { .sa_handler = handler };
    sigemptyset (&action.sa_mask);
    (void) sigaction (SIGTERM, &action, NULL);
    (void) sigaction (SIGINT, &action, NULL);
}

static void rti_say_ready (const rti_daemon_t *daemon)
{
    printf ("muster rti: ready at");
    for (size_t i = 0; i < rti_daemon_endpoint_count (daemon); i++)
        printf (" %s", rti_daemon_endpoint (daemon, i));
    printf ("\n");
    (void) fflush (stdout);
}

static int rti_run (rti_args_t *self, const config_t *config)
{
    rti_daemon_options_t options = {
        .core = { .federates_max = (uint32_t) config_number (config, CONFIG_FEDERATES),
                  .objects_max = (uint64_t) config_number (config, CONFIG_OBJECTS),
                  .federations_max = (uint32_t) config_number (config, CONFIG_FEDERATIONS),
                  .silence_limit_ns = config_number (config, CONFIG_SILENCE) },
        .endpoints = self->endpoints,
        .endpoint_count = self->endpoint_count,
        .backlog_bytes = (size_t) config_number (config, CONFIG_BACKLOG),
        .connections_max = (uint32_t) config_number (config, CONFIG_CONNECTIONS),
        .log = !self->quiet,
        .trace = config_on (config, CONFIG_TRACE),
        .yield = config_text (config, CONFIG_YIELD),
    };

    mst_err_t err = rti_daemon_new (&options, &rti_running);
    if (err)
        return cli_failed ("rti", err);
    rti_catch_signals (rti_on_signal);
    rti_say_ready (rti_running);
    rti_daemon_run (rti_running);
    rti_catch_signals (SIG_IGN); /* it ends already */
    rti_daemon_destroy (&rti_running);
    return CLI_GOOD;
}

int cli_rti (int argc, char **argv)
{
    rti_args_t self = { .port = -1 };
    int exit_code = CLI_GOOD;
    config_t config;

    mst_err_t err = config_load (&config, &argc, argv, environ);
    if (err) {
        (void) cli_failed ("rti", err);
        return CLI_USAGE;
    }
    if (!rti_parse (&self, argc, argv, &exit_code))
        return exit_code;
    rti_endpoints (&self, &config);
    link_process_raise_files ();
    return rti_run (&self, &config);
}
