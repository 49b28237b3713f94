/*  Endpoints as text, and binding a socket to one. */
#ifndef LINK_ENDPOINT_PRIVATE_H
#define LINK_ENDPOINT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <muster/error.h>
#include "link/router.h"
#include "link/socket_private.h"

typedef enum link_endpoint_kind { LINK_TCP, LINK_IPC, LINK_INPROC } link_endpoint_kind_t;

typedef struct link_endpoint {
    link_endpoint_kind_t kind;
    char text[LINK_ENDPOINT_SIZE]; /* as others connect to it */
} link_endpoint_t;

/*  Errors: MST_E_INVALID_ARGUMENT for what is not an endpoint. */
mst_err_t link_endpoint_parse (const char *text, link_endpoint_kind_t *kind);

/*  Binds to the wanted endpoint and tells the actual one.
    Errors: MST_E_IO, MST_E_INVALID_ARGUMENT, MST_E_NO_MEMORY. */
mst_err_t link_endpoint_bind (link_endpoint_t *self, link_socket_t *socket, const char *wanted);
/*  The short way beside a tcp endpoint on loopback: a name that stands for the same port on this
   host (in the same network namespace, as names with @ do). False: the endpoint has none. */
bool link_endpoint_near (const char *endpoint, char *near, size_t size_bytes);
/*  Does the process at the other end of a socket have our rights, or the system's? */
bool link_endpoint_trusts (int fd);
/*  Nobody finds it any more; the rest is done when the socket is closed. */
void link_endpoint_unbind (link_endpoint_t *self);

#endif
