/*  Long options only: "--name value" and "--name=value". */
#include "cli/args.h"
#include "tools/config_json.h"
#include "tools/config_units.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <muster/error.h>

enum { HELP_COLUMN = 22, OPTIONS_MAX = 32 };

void cli_args_init (cli_args_t *self, const cli_verb_t *verb, int argc, char **argv)
{
    *self = (cli_args_t){ .verb = verb, .argc = argc, .argv = argv, .at = 1, .option = -1 };
}

/*  Help --------------------------------------------------------------------------------------- */

static void help_option (const cli_option_t *option)
{
    int width = printf ("  %s%s%s", option->name, option->value ? " " : "",
                        option->value ? option->value : "");
    const char *line = option->help;
    if (width >= HELP_COLUMN) {
        (void) putchar ('\n');
        width = 0;
    }
    while (line) {
        const char *end = strchr (line, '\n');
        int length = end ? (int) (end - line) : (int) strlen (line);
        printf ("%*s%.*s\n", HELP_COLUMN - width, "", length, line);
        line = end ? end + 1 : NULL;
        width = 0;
    }
}

int cli_help (const cli_verb_t *verb)
{
    printf ("Usage: muster %s%s%s%s\n\n%s\n", verb->name, verb->options->name ? " [OPTION]..." : "",
            verb->arguments[0] ? " " : "", verb->arguments, verb->about);
    (void) putchar ('\n');
    for (const cli_option_t *option = verb->options; option->name; option++)
        help_option (option);
    help_option (&(cli_option_t){ "--help", NULL, "this text" });
    return CLI_GOOD;
}

int cli_usage (const cli_verb_t *verb, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fprintf (stderr, "muster %s: ", verb->name);
    vfprintf (stderr, format, args);
    fprintf (stderr, "\nmuster %s --help says how it is used.\n", verb->name);
    va_end (args);
    return CLI_USAGE;
}

int cli_failed (const char *verb, int err)
{
    fprintf (stderr, "muster %s: %s\n", verb, mst_error_text ());
    switch (err) {
    case MST_E_CONFIG:
    case MST_E_INVALID_ARGUMENT:
    case MST_E_NOT_SUPPORTED: return CLI_USAGE;
    case MST_E_CONNECTION_LOST:
    case MST_E_NOT_CONNECTED:
    case MST_E_FEDERATION_UNKNOWN: return CLI_LOST;
    default: return CLI_NO;
    }
}

/*  Mistakes ----------------------------------------------------------------------------------- */

static cli_found_t args_unknown (cli_args_t *self, const char *name)
{
    const char *words[OPTIONS_MAX];
    size_t count = 0;
    for (const cli_option_t *option = self->verb->options; option->name && count < OPTIONS_MAX;
         option++)
        words[count++] = option->name;
    const char *nearest = config_nearest (name, words, count);
    self->exit_code =
        nearest ? cli_usage (self->verb, "there is no option %s; did you mean %s?", name, nearest)
                : cli_usage (self->verb, "there is no option %s", name);
    return CLI_STOP;
}

/*  Parsing ------------------------------------------------------------------------------------ */

static const cli_option_t *args_find (const cli_verb_t *verb, const char *text, size_t length)
{
    for (const cli_option_t *option = verb->options; option->name; option++)
        if (strlen (option->name) == length && memcmp (option->name, text, length) == 0)
            return option;
    return NULL;
}

/*  What follows an option without its value is the next option; --name=--value says otherwise. */
static bool is_option (const char *text)
{
    return text[0] == '-' && text[1] == '-' && text[2] != '\0';
}

static cli_found_t args_option (cli_args_t *self, char *text)
{
    char *equals = strchr (text, '=');
    size_t length = equals ? (size_t) (equals - text) : strlen (text);
    const cli_option_t *option = args_find (self->verb, text, length);
    if (!option) {
        if (equals)
            *equals = '\0';
        return args_unknown (self, text);
    }
    self->option = (int) (option - self->verb->options);
    self->value = equals ? equals + 1 : NULL;
    if (option->value && !self->value && self->at < self->argc && !is_option (self->argv[self->at]))
        self->value = self->argv[self->at++];
    if (!option->value == !self->value)
        return CLI_OPTION;
    self->exit_code =
        option->value ? cli_usage (self->verb, "%s needs a value: %s", option->name, option->value)
                      : cli_usage (self->verb, "%s takes no value", option->name);
    return CLI_STOP;
}

cli_found_t cli_args_next (cli_args_t *self)
{
    if (self->at >= self->argc)
        return CLI_END;
    char *text = self->argv[self->at++];
    if (self->plain || text[0] != '-' || text[1] == '\0') {
        self->value = text;
        return CLI_ARGUMENT;
    }
    if (strcmp (text, "--") == 0) {
        self->plain = true;
        return cli_args_next (self);
    }
    if (strcmp (text, "--help") == 0 || strcmp (text, "-h") == 0) {
        self->exit_code = cli_help (self->verb);
        return CLI_STOP;
    }
    return args_option (self, text);
}

bool cli_duration (const char *text, int64_t *duration_ns)
{
    char seconds[64];
    size_t length = strlen (text);
    if (config_parse_duration_ns (text, duration_ns) == MST_OK)
        return true;
    if (length == 0 || length > sizeof seconds - 3 || !strchr ("0123456789", text[length - 1]))
        return false;
    (void) snprintf (seconds, sizeof seconds, "%s s", text);
    return config_parse_duration_ns (seconds, duration_ns) == MST_OK;
}

bool cli_number (const char *text, long long smallest, long long largest, long long *number)
{
    char *end;
    errno = 0;
    long long value = strtoll (text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < smallest || value > largest)
        return false;
    *number = value;
    return true;
}
