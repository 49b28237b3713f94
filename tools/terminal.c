#include "tools/terminal.h"
#include "base/error.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { USUAL_COLUMNS = 80, USUAL_LINES = 24 };

static const char enter_page[] = "\033[?1049h\033[?25l"; /* second screen, no cursor */
static const char leave_page[] = "\033[?25h\033[?1049l";

static struct {
    bool open;
    int signals;
    struct termios before;
    sigset_t mask, watched;
} terminal = { .signals = -1 };

tools_size_t tools_terminal_size (int fd)
{
    struct winsize size;
    if (ioctl (fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return (tools_size_t){ USUAL_COLUMNS, USUAL_LINES };
    return (tools_size_t){ size.ws_col, size.ws_row };
}

mst_err_t tools_write_all (int fd, const char *what, const void *data, size_t size_bytes)
{
    const char *at = data;
    while (size_bytes > 0) {
        ssize_t put = write (fd, at, size_bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return base_error (errno == EPIPE ? MST_E_CONNECTION_LOST : MST_E_IO,
                               "%s cannot be written: %s", what, strerror (errno));
        at += put;
        size_bytes -= (size_t) put;
    }
    return MST_OK;
}

static void page_enter (void)
{
    struct termios keys = terminal.before;
    keys.c_lflag &= ~(tcflag_t) (ICANON | ECHO); /* signals stay keys' business */
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    (void) tcsetattr (STDIN_FILENO, TCSANOW, &keys);
    (void) tools_write_all (STDOUT_FILENO, "the terminal", enter_page, sizeof enter_page - 1);
}

static void page_leave (void)
{
    (void) tools_write_all (STDOUT_FILENO, "the terminal", leave_page, sizeof leave_page - 1);
    (void) tcsetattr (STDIN_FILENO, TCSANOW, &terminal.before);
}

mst_err_t tools_terminal_open (void)
{
    static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH };
    base_assert (!terminal.open);
    if (tcgetattr (STDIN_FILENO, &terminal.before) != 0)
        return base_error (MST_E_IO, "standard input is no terminal: %s", strerror (errno));
    (void) sigemptyset (&terminal.watched);
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
        (void) sigaddset (&terminal.watched, watched[i]);
    (void) sigprocmask (SIG_BLOCK, &terminal.watched, &terminal.mask);
    terminal.signals = signalfd (-1, &terminal.watched, SFD_NONBLOCK | SFD_CLOEXEC);
    if (terminal.signals < 0) {
        (void) sigprocmask (SIG_SETMASK, &terminal.mask, NULL);
        return base_error (MST_E_IO, "signals cannot be watched: %s", strerror (errno));
    }
    terminal.open = true;
    page_enter ();
    return MST_OK;
}

void tools_terminal_close (void)
{
    if (!terminal.open)
        return;
    page_leave ();
    (void) close (terminal.signals);
    terminal.signals = -1;
    terminal.open = false;
    (void) sigprocmask (SIG_SETMASK, &terminal.mask, NULL);
}

int tools_terminal_signals (void)
{
    return terminal.signals;
}

int tools_terminal_signal (void)
{
    struct signalfd_siginfo info;
    if (read (terminal.signals, &info, sizeof info) != (ssize_t) sizeof info)
        return 0;
    if (info.ssi_signo == SIGTSTP) {
        page_leave ();
        (void) raise (SIGSTOP); /* goes on here */
        page_enter ();
    }
    return (int) info.ssi_signo;
}

/*  Home, each line with its rest wiped, then all below: nothing is cleared before it is written
    again, so nothing flickers. */
mst_err_t tools_terminal_show (const base_buffer_t *page)
{
    base_buffer_t out = { 0 };
    const char *at = (const char *) page->data, *end = at + page->size_bytes;
    mst_err_t err = base_buffer_append (&out, "\033[H", 3);
    while (!err && at < end) {
        const char *stop = memchr (at, '\n', (size_t) (end - at));
        size_t length = (size_t) ((stop ? stop : end) - at);
        err = base_buffer_append (&out, at, length);
        if (!err)
            err = base_buffer_append (&out, "\033[K", 3);
        at += length + (stop != NULL);
        if (!err && at < end)
            err = base_buffer_append (&out, "\r\n", 2);
    }
    if (!err)
        err = base_buffer_append (&out, "\033[J", 3);
    if (!err)
        err = tools_write_all (STDOUT_FILENO, "the terminal", out.data, out.size_bytes);
    base_buffer_fini (&out);
    return err;
}
