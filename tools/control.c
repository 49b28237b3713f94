#include "tools/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS_MAX = 1000000000 };

static volatile sig_atomic_t control_signals; /* SIGUSR1 that came and were not taken */

static void on_signal (int number)
{
    (void) number;
    control_signals = 1;
}

/*  A process in the background would be stopped when it touched its terminal. */
static bool terminal_is_ours (void)
{
    return isatty (STDIN_FILENO) && tcgetpgrp (STDIN_FILENO) == getpgrp ();
}

/*  Keys come one by one and are not shown; Ctrl-C stays a signal. */
static void terminal_keys (tools_control_t *self)
{
    if (tcgetattr (STDIN_FILENO, &self->before) != 0)
        return;
    struct termios keys = self->before;
    keys.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    self->changed = tcsetattr (STDIN_FILENO, TCSANOW, &keys) == 0;
}

void tools_control_init (tools_control_t *self, bool lines)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    *self = (tools_control_t){ .terminal = terminal_is_ours () };
    self->on = self->terminal || lines;
    if (self->terminal)
        terminal_keys (self);
    (void) sigemptyset (&action.sa_mask);
    (void) sigaction (SIGUSR1, &action, NULL);
}

void tools_control_fini (tools_control_t *self)
{
    if (self->changed)
        (void) tcsetattr (STDIN_FILENO, TCSANOW, &self->before);
    self->changed = self->on = false;
}

tools_command_t tools_control_parse (const char *line, uint32_t *count)
{
    static const struct {
        const char *word;
        tools_command_t command;
    } words[] = {
        { "", TOOLS_COMMAND_STEP },     { "n", TOOLS_COMMAND_STEP },
        { "next", TOOLS_COMMAND_STEP }, { "p", TOOLS_COMMAND_PAUSE },
        { " ", TOOLS_COMMAND_PAUSE },   { "pause", TOOLS_COMMAND_PAUSE },
        { "g", TOOLS_COMMAND_GO },      { "go", TOOLS_COMMAND_GO },
        { "+", TOOLS_COMMAND_FASTER },  { "-", TOOLS_COMMAND_SLOWER },
        { "q", TOOLS_COMMAND_END },     { "quit", TOOLS_COMMAND_END },
    };
    char *end;
    *count = 1;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp (line, words[i].word) == 0)
            return words[i].command;
    long number = strtol (line, &end, 10);
    if (*end != '\0' || number < 1 || number > STEPS_MAX)
        return TOOLS_COMMAND_UNKNOWN;
    *count = (uint32_t) number;
    return TOOLS_COMMAND_STEP;
}

/*  One byte, if there is one. False: none by now. */
static bool control_byte (tools_control_t *self, char *byte)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    if (poll (&input, 1, 0) <= 0)
        return false;
    ssize_t got = read (STDIN_FILENO, byte, 1);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
        self->ended = true;
    return got == 1;
}

tools_command_t tools_control_take (tools_control_t *self, uint32_t *count)
{
    char byte;
    *count = 1;
    if (control_signals) {
        control_signals = 0;
        return TOOLS_COMMAND_PAUSE;
    }
    while (self->on && !self->ended && control_byte (self, &byte)) {
        bool end_of_line = byte == '\n' || byte == '\r';
        if (self->terminal) {
            char key[2] = { end_of_line ? '\0' : byte, '\0' };
            return tools_control_parse (key, count);
        }
        if (!end_of_line && self->length < sizeof self->line - 1) {
            self->line[self->length++] = byte;
            continue;
        }
        if (!end_of_line)
            continue; /* of a line that is too long to be a command */
        self->line[self->length] = '\0';
        self->length = 0;
        return tools_control_parse (self->line, count);
    }
    return self->on && self->ended ? TOOLS_COMMAND_END : TOOLS_COMMAND_NONE;
}
