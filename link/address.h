/*  Addresses of this host, as others see them.   Thread rule: any thread. */
#ifndef LINK_ADDRESS_H
#define LINK_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <muster/error.h>

/*  The address of this host from which it reaches an endpoint: 127.0.0.1 for ipc://, inproc:// and
    loopback, else the address of the interface that leads there. Sends nothing.
    Errors: MST_E_INVALID_ARGUMENT (no host in the endpoint), MST_E_IO (it cannot be resolved). */
mst_err_t link_address_towards (const char *endpoint, char *address, size_t size_bytes);

#endif
