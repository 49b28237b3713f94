/*  Defaults, then MUSTER_RANK, MUSTER_COUNT and MUSTER_PARAMETERS, then options. A key or option
    that is not known is an error: a typing mistake must not become another run. */
#include "samples/comets/settings.h"
#include "samples/comets/check.h"
#include "samples/comets/motion.h"

#include <cjson/cJSON.h>
#include <muster/partition.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char comets_usage[] =
    "usage: comets [options]      one federate of the comets; `muster run scenario.json` starts "
    "them\n"
    "  --table FILE               JPL's table of comets\n"
    "  --rank N --count N         which of how many federates this is, from 0 (MUSTER_RANK, "
    "_COUNT)\n"
    "  --steps N                  days to fly (parameter steps; 3652)\n"
    "  --no-plain                 do not compare with the plain loop (parameter compare_plain)\n"
    "  --rti ENDPOINT, --federation NAME, --name NAME     (MUSTER_RTI, _FEDERATION, _NAME)\n"
    "  --fom FILE                 creates the federation execution when it does not exist\n";

static bool settings_fault (comets_settings_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static bool settings_fault (comets_settings_t *self, const char *format, ...)
{
    va_list args;
    comets_assert (self != NULL);
    va_start (args, format);
    vsnprintf (self->fault, sizeof self->fault, format, args);
    va_end (args);
    return false;
}

static bool settings_number (comets_settings_t *self, const char *what, const char *text,
                             uint32_t least, uint32_t most, uint32_t *value)
{
    char *end;
    comets_assert (text != NULL);
    comets_assert (least <= most);
    unsigned long read = strtoul (text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || read < least || read > most)
        return settings_fault (self, "%s must be a whole number from %u to %u, found \"%.32s\"",
                               what, least, most, text);
    *value = (uint32_t) read;
    return true;
}

static bool settings_parameter (comets_settings_t *self, const cJSON *item)
{
    comets_assert (item->string != NULL);
    if (strcmp (item->string, "steps") == 0) {
        double steps = cJSON_IsNumber (item) ? item->valuedouble : 0.0;
        if (!(steps >= 1.0 && steps <= COMETS_STEPS_MAX) || steps != (double) (uint32_t) steps)
            return settings_fault (self, "the parameter steps must be a whole number from 1 to %d",
                                   COMETS_STEPS_MAX);
        self->steps = (uint32_t) steps;
        return true;
    }
    if (strcmp (item->string, "compare_plain") == 0) {
        if (!cJSON_IsBool (item))
            return settings_fault (self, "the parameter compare_plain must be true or false");
        self->compare_plain = cJSON_IsTrue (item);
        return true;
    }
    return settings_fault (
        self, "there is no parameter \"%.64s\": the comets know steps and compare_plain",
        item->string);
}

static bool settings_parameters (comets_settings_t *self, const char *text)
{
    bool good = true;
    cJSON *root = cJSON_Parse (text);
    if (!cJSON_IsObject (root))
        good = settings_fault (self, "MUSTER_PARAMETERS is not a JSON object");
    for (const cJSON *item = good ? root->child : NULL; item && good; item = item->next)
        good = settings_parameter (self, item);
    cJSON_Delete (root);
    return good;
}

static bool settings_environment (comets_settings_t *self)
{
    const char *rank = getenv ("MUSTER_RANK");
    const char *count = getenv ("MUSTER_COUNT");
    const char *parameters = getenv ("MUSTER_PARAMETERS");
    return (!rank ||
            settings_number (self, "MUSTER_RANK", rank, 0, MST_OWNERS_MAX - 1, &self->rank)) &&
           (!count ||
            settings_number (self, "MUSTER_COUNT", count, 1, MST_OWNERS_MAX, &self->count)) &&
           (!parameters || settings_parameters (self, parameters));
}

/*  An option with a value. */
static bool settings_option (comets_settings_t *self, const char *option, const char *value)
{
    const struct {
        const char *option;
        const char **text;
        uint32_t *number;
        uint32_t least, most;
    } rows[] = {
        { "--table", &self->table, NULL, 0, 0 },
        { "--rti", &self->rti, NULL, 0, 0 },
        { "--federation", &self->federation, NULL, 0, 0 },
        { "--name", &self->name, NULL, 0, 0 },
        { "--fom", &self->fom, NULL, 0, 0 },
        { "--rank", NULL, &self->rank, 0, MST_OWNERS_MAX - 1 },
        { "--count", NULL, &self->count, 1, MST_OWNERS_MAX },
        { "--steps", NULL, &self->steps, 1, COMETS_STEPS_MAX },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp (rows[i].option, option) != 0)
            continue;
        if (!value)
            return settings_fault (self, "%s needs a value", option);
        if (rows[i].number)
            return settings_number (self, option, value, rows[i].least, rows[i].most,
                                    rows[i].number);
        *rows[i].text = value;
        return true;
    }
    return settings_fault (self, "there is no option %.64s: see comets --help", option);
}

static bool settings_options (comets_settings_t *self, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp (argv[i], "--help") == 0)
            self->help = true;
        else if (strcmp (argv[i], "--no-plain") == 0)
            self->compare_plain = false;
        else if (!settings_option (self, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    return true;
}

bool comets_settings_read (comets_settings_t *self, int argc, char **argv)
{
    comets_assert (self != NULL);
    comets_assert (argv != NULL);
    *self = (comets_settings_t){ .count = 1, .steps = COMETS_STEPS, .compare_plain = true };
    if (!settings_environment (self) || !settings_options (self, argc, argv))
        return false;
    if (self->rank >= self->count)
        return settings_fault (self, "the rank is %u, but there are %u federates, counted from 0",
                               self->rank, self->count);
    return true;
}
