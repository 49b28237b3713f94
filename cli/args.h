/*  A verb's command line: what it takes is one table, from which the help and the parsing come. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLI_GOOD = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_LOST = 3 }; /* exit codes */

typedef struct cli_option {
    const char *name;  /* "--record"; ends the table when NULL */
    const char *value; /* what its value is called in the help; NULL: it has none */
    const char *help;  /* lines end with \n but the last; further ones are set in */
} cli_option_t;

typedef struct cli_verb {
    const char *name;      /* "run" */
    const char *arguments; /* "SCENARIO"; "" when there are none */
    const char *about;     /* a sentence or more, lines of at most 80 columns */
    const cli_option_t *options;
} cli_verb_t;

/*  What cli_args_next found. */
typedef enum cli_found {
    CLI_END,      /* nothing is left */
    CLI_OPTION,   /* args->option, args->value */
    CLI_ARGUMENT, /* args->value */
    CLI_STOP      /* --help was answered, or what is wrong was said: return args->exit_code */
} cli_found_t;

typedef struct cli_args {
    const cli_verb_t *verb;
    int argc;
    char **argv;
    int at;
    bool plain; /* "--" came: the rest are arguments */
    int option; /* index into the verb's options */
    const char *value;
    int exit_code;
} cli_args_t;

/*  argv[0] is the verb itself. */
void cli_args_init (cli_args_t *self, const cli_verb_t *verb, int argc, char **argv);

/*  --help and mistakes it answers by itself. */
cli_found_t cli_args_next (cli_args_t *self);

/*  Says what is wrong with the use of the verb; returns CLI_USAGE. */
int cli_usage (const cli_verb_t *verb, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/*  The help text of a verb on standard output; returns CLI_GOOD. */
int cli_help (const cli_verb_t *verb);

/*  A whole number in a range; false when the text is none. */
bool cli_number (const char *text, long long smallest, long long largest, long long *number);

/*  "5 s", "250 ms"; a number alone is seconds. False when the text is neither. */
bool cli_duration (const char *text, int64_t *duration_ns);

/*  "muster run: …" and the error's whole text on standard error; returns the exit code for it. */
int cli_failed (const char *verb, int err);

#endif
