/*  What the operating system knows of this process and of others on its host. Any thread. */
#ifndef LINK_PROCESS_H
#define LINK_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINK_HOST_TEXT_SIZE = 64, LINK_PROCESS_NAME_SIZE = 32 };

/*  A text that two processes share exactly when process numbers mean the same to both and ipc://
    can join them: the boot's id and the namespace of processes. Falls back to the host's name. */
const char *link_process_host (void);

uint32_t link_process_id (void);

/*  The program's short name (/proc/self/comm), into `name`; "?" when unknown. */
void link_process_name (char name[LINK_PROCESS_NAME_SIZE]);

typedef enum link_process_state {
    LINK_PROCESS_RUNNING, /* or sleeping: the system would let it run */
    LINK_PROCESS_STOPPED, /* by a signal or a debugger */
    LINK_PROCESS_GONE     /* no such process, or one that has ended and is not yet collected */
} link_process_state_t;

link_process_state_t link_process_state (uint32_t process);

/*  Processor cores that this process may use, at least 1. */
int link_process_cores (void);

/*  Would a line (of up to 4 KB) written to the descriptor go out at once? A pipe whose reader does
   not read would keep the writer waiting. */
bool link_process_may_write (int fd);

/*  Raises the limit on open files as far as the system lets it: for the commands, which own their
    process; the library leaves it alone. */
void link_process_raise_files (void);

#endif
