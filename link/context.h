/*  libzmq's context: one per process, because inproc:// joins only sockets of one context. Created
    with the first socket, ended with the last. One I/O thread.

    After a fork the child must not use what its parent opened.

    libzmq ends the process itself when memory runs out inside it (its own allocations do not go
    through base/alloc): sweeps of failing allocations cover Muster's part of these calls only.

    Thread rule: any thread. */
#ifndef LINK_CONTEXT_H
#define LINK_CONTEXT_H

#include <stdint.h>
#include <muster/error.h>

/*  Counts one user more; the context as libzmq's void pointer. Errors: MST_E_IO. */
mst_err_t link_context_acquire (void **context);
/*  The last one ends it and waits until what lingers is sent (see the sockets' linger). */
void link_context_release (void);

/*  Names bound with inproc://, so that connecting to nobody is an error and not an endless wait.
    Errors: MST_E_IO when the name is taken, MST_E_NO_MEMORY. */
mst_err_t link_context_bind_name (const char *endpoint);
void link_context_unbind_name (const char *endpoint);
/*  A number that no other binding has, also not one of the same name; 0: nobody has bound it. */
uint64_t link_context_name_bound (const char *endpoint);

#endif
