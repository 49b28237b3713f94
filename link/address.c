/*  Connecting a datagram socket sends nothing but chooses the route, and with it the local address.
 */
#include "link/address.h"
#include "base/error.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static mst_err_t split (const char *endpoint, char *host, size_t host_size, char *port,
                        size_t port_size)
{
    const char *begin = endpoint + strlen ("tcp://");
    const char *colon = strrchr (begin, ':');
    if (!colon || (size_t) (colon - begin) >= host_size)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%s names no host and port: write tcp://host:port", endpoint);
    bool bracketed = *begin == '[' && colon[-1] == ']';
    (void) snprintf (host, host_size, "%.*s", (int) (colon - begin) - (bracketed ? 2 : 0),
                     begin + (bracketed ? 1 : 0));
    (void) snprintf (port, port_size, "%s", colon + 1);
    return MST_OK;
}

static bool local_name (const struct addrinfo *to, char *address, size_t size_bytes)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;

    int fd = socket (to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool good = connect (fd, to->ai_addr, to->ai_addrlen) == 0 &&
                getsockname (fd, (struct sockaddr *) &from, &length) == 0 &&
                getnameinfo ((struct sockaddr *) &from, length, address, (socklen_t) size_bytes,
                             NULL, 0, NI_NUMERICHOST) == 0;
    close (fd);
    return good;
}

mst_err_t link_address_towards (const char *endpoint, char *address, size_t size_bytes)
{
    char host[256], port[32];
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found;

    base_assert (endpoint != NULL && address != NULL);
    (void) snprintf (address, size_bytes, "127.0.0.1");
    if (strncmp (endpoint, "tcp://", 6) != 0)
        return MST_OK;
    mst_err_t err = split (endpoint, host, sizeof host, port, sizeof port);
    if (err)
        return err;
    int failed = getaddrinfo (host, port, &hints, &found);
    if (failed)
        return base_error (MST_E_IO, "cannot resolve the host of %s: %s", endpoint,
                           gai_strerror (failed));
    bool good = local_name (found, address, size_bytes);
    freeaddrinfo (found);
    if (!good)
        return base_error (MST_E_IO,
                           "this host has no address that leads to %s: name one with advertise",
                           endpoint);
    return MST_OK;
}
