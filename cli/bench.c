/*  muster bench: hands over to muster-bench, which lies beside this command. It is a program of its
   own, so that the raw libraries that it compares with stay out of this one. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/program.h"
#include "tools/text.h"

#include <errno.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>

static const cli_option_t bench_options[] = {
    { "--pairs", "N", "measures each row so often, by turns with its reference;\n5 by default" },
    { "--count", "N", "sends, asks or steps so often, instead of the row's own\nnumber" },
    { "--cpu", NULL, "tells what each process used of the processor" },
    { "--json", NULL, "as a JSON array" },
    { NULL, NULL, NULL },
};

static const cli_verb_t bench_verb = {
    "bench", "[GROUP]",
    "Measures Muster, with raw ZeroMQ in the same run: all rows, or those whose names\n"
    "begin with GROUP (updates, pingpong, step, tso, join, objects, rti, record,\n"
    "encode, decode, space, state, phold).",
    bench_options
};

static mst_err_t bench_run (char **argv)
{
    char *own = NULL, *folder = NULL, *program = NULL;
    mst_err_t err = tools_program_own (&own);
    if (!err) {
        folder = tools_path_folder (own);
        program = folder ? tools_path (folder, "muster-bench") : NULL;
        err = program ? MST_OK : base_alloc_error ();
    }
    if (!err) {
        argv[0] = program;
        (void) signal (SIGPIPE, SIG_DFL);
        (void) execv (program, argv); /* comes back only when it failed */
        err = base_error (MST_E_IO,
                          "%s cannot be started: %s (is it built? MUSTER_BENCH=ON builds it)",
                          program, strerror (errno));
    }
    base_free (own);
    base_free (folder);
    base_free (program);
    return err;
}

int cli_bench (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    int groups = 0;
    cli_args_init (&args, &bench_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_ARGUMENT && ++groups > 1)
            return cli_usage (&bench_verb, "one group at a time, found %s", args.value);
    }
    (void) cli_failed ("bench", bench_run (argv));
    return CLI_USAGE;
}
