/*  A terminal that shows one page which changes: its size, its keys, and its state, which is given
    back whatever ends the program (but SIGKILL).

    Thread rule: one per process, in the main thread. */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <muster/error.h>
#include "base/buffer.h"

typedef struct tools_size {
    size_t columns, lines;
} tools_size_t;

/*  Of the terminal behind a descriptor; 80 by 24 when it does not say. */
tools_size_t tools_terminal_size (int fd);

/*  Takes standard input's keys one by one and shows the second screen on standard output. From here
    on SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT and SIGWINCH come by tools_terminal_signal.
    Errors: MST_E_IO. */
mst_err_t tools_terminal_open (void);
void tools_terminal_close (void);

/*  Readable when a signal has come. */
int tools_terminal_signals (void);
/*  The next signal; 0: none. SIGTSTP has stopped the program already, with its terminal given back,
    when it is told. */
int tools_terminal_signal (void);

/*  Puts a page of lines in the place of the one before, in one go. Errors: MST_E_IO. */
mst_err_t tools_terminal_show (const base_buffer_t *page);

/*  All bytes to a descriptor. Errors: MST_E_IO; a closed pipe is MST_E_CONNECTION_LOST. */
mst_err_t tools_write_all (int fd, const char *what, const void *data, size_t size_bytes);

#endif
