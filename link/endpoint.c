/*  What libzmq leaves to its user: a name of one's own for ipc and inproc, "localhost", a file that
   is in use by a living process (libzmq takes it away), and why binding failed. */
#include "link/endpoint_private.h"
#include "link/context.h"
#include "link/random.h"
#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

static const char endpoint_ipc[] = "ipc://";
static const char endpoint_localhost[] = "tcp://localhost:";

mst_err_t link_endpoint_parse (const char *text, link_endpoint_kind_t *kind)
{
    static const char *const schemes[] = {
        [LINK_TCP] = "tcp://", [LINK_IPC] = endpoint_ipc, [LINK_INPROC] = "inproc://"
    };

    base_assert (text != NULL && kind != NULL);
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen (schemes[i]);
        if (strncmp (text, schemes[i], length) == 0 && text[length] != '\0') {
            *kind = (link_endpoint_kind_t) i;
            return MST_OK;
        }
    }
    return base_error (MST_E_INVALID_ARGUMENT,
                       "\"%s\" is not an endpoint: write tcp://host:port, ipc://path or "
                       "inproc://name",
                       text);
}

static mst_err_t link_endpoint_print (link_endpoint_t *self, const char *format, const char *text,
                                      unsigned long long number)
{
    int length = snprintf (self->text, sizeof self->text, format, text, number);
    if (length >= 0 && (size_t) length < sizeof self->text)
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT,
                       "an endpoint is longer than the %d characters "
                       "allowed: %.40s…",
                       LINK_ENDPOINT_SIZE - 1, text);
}

/*  Why, and what to do about it. */
static mst_err_t link_endpoint_failed (const char *wanted, int why)
{
    switch (why) {
    case EADDRINUSE:
        return base_error (MST_E_IO,
                           "cannot bind %s: the port is in use: is another RTI running? Choose "
                           "another one, or port 0 for a free one",
                           wanted);
    case EADDRNOTAVAIL:
    case ENODEV:
        return base_error (MST_E_IO,
                           "cannot bind %s: this machine has no such address; * stands "
                           "for all it has",
                           wanted);
    case EACCES:
        return base_error (MST_E_IO,
                           "cannot bind %s: permission denied (ports below 1024 belong "
                           "to the system)",
                           wanted);
    case EINVAL:
        return base_error (MST_E_INVALID_ARGUMENT,
                           "cannot bind %s: not an address of the form tcp://host:port, where "
                           "host is a number or *",
                           wanted);
    default: return base_error (MST_E_IO, "cannot bind %s: %s", wanted, zmq_strerror (why));
    }
}

/*  ipc --------------------------------------------------------------------------------------- */

static const char *endpoint_runtime_directory (void)
{
    const char *directory = getenv ("XDG_RUNTIME_DIR");
    if (!directory || !*directory || access (directory, W_OK) != 0)
        directory = getenv ("TMPDIR");
    return directory && *directory ? directory : "/tmp";
}

/*  Does somebody answer at the path? */
static bool endpoint_path_answers (const struct sockaddr_un *address)
{
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool answers =
        connect (fd, (const struct sockaddr *) address, sizeof *address) == 0 || errno == EAGAIN;
    (void) close (fd);
    return answers;
}

/*  libzmq removes whatever lies at the path before it binds. So what lies there must be the socket
    of a process that is gone. Names that begin with @ are not files. */
static mst_err_t link_endpoint_check_path (const char *endpoint)
{
    const char *path = endpoint + strlen (endpoint_ipc);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat status;

    if (strlen (path) >= sizeof address.sun_path)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "cannot bind %s: a path of a socket has at most %zu characters",
                           endpoint, sizeof address.sun_path - 1);
    if (path[0] == '@' || lstat (path, &status) != 0)
        return MST_OK;
    if (!S_ISSOCK (status.st_mode))
        return base_error (MST_E_IO, "cannot bind %s: a file that is no socket is in the way",
                           endpoint);
    memcpy (address.sun_path, path, strlen (path) + 1);
    if (endpoint_path_answers (&address))
        return base_error (MST_E_IO,
                           "cannot bind %s: a running process listens there: is another "
                           "RTI running?",
                           endpoint);
    return MST_OK;
}

/*  tcp --------------------------------------------------------------------------------------- */

/*  libzmq takes the port modulo 65536 and stops at the first character that is no digit. */
static mst_err_t link_endpoint_check_port (const char *wanted)
{
    const char *colon = strrchr (wanted, ':');
    const char *port = colon + 1;
    size_t length = strlen (port);

    base_assert (colon != NULL);
    bool digits = length > 0 && length <= 5 && strspn (port, "0123456789") == length;
    if (strcmp (port, "*") == 0 || (digits && strtol (port, NULL, 10) <= UINT16_MAX))
        return MST_OK;
    return link_endpoint_failed (wanted, EINVAL);
}

/*  The actual endpoint, as far as it can be told before binding. */
static mst_err_t link_endpoint_prepare (link_endpoint_t *self, const char *wanted)
{
    unsigned long long number = link_random_u64 ();
    size_t local = strlen (endpoint_localhost);
    mst_err_t err;

    if (strcmp (wanted, "inproc://*") == 0)
        return link_endpoint_print (self, "%smuster.%016llx", "inproc://", number);
    if (strncmp (wanted, endpoint_localhost, local) == 0)
        err = link_endpoint_print (self, "tcp://127.0.0.1:%s", wanted + local, 0);
    else if (strcmp (wanted, "ipc://*") == 0)
        err = link_endpoint_print (self, "ipc://%s/muster-%016llx", endpoint_runtime_directory (),
                                   number);
    else
        err = link_endpoint_print (self, "%s", wanted, 0);
    if (!err && self->kind == LINK_IPC)
        err = link_endpoint_check_path (self->text);
    if (!err && self->kind == LINK_TCP)
        err = link_endpoint_check_port (self->text);
    return err;
}

/*  The short way ----------------------------------------------------------------------------- */

bool link_endpoint_near (const char *endpoint, char *near, size_t size_bytes)
{
    static const char *const hosts[] = { "tcp://127.0.0.1:", endpoint_localhost, "tcp://0.0.0.0:" };

    base_assert (endpoint != NULL && near != NULL);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        size_t length = strlen (hosts[i]);
        if (strncmp (endpoint, hosts[i], length) != 0)
            continue;
        int written = snprintf (near, size_bytes, "ipc://@muster/127.0.0.1:%s", endpoint + length);
        return written > 0 && (size_t) written < size_bytes;
    }
    return false;
}

/*  Anybody may take a name: who is not of our user, nor the system's, is not believed. */
bool link_endpoint_trusts (int fd)
{
    struct ucred other;
    socklen_t size = sizeof other;

    if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0)
        return false;
    return other.uid == geteuid () || other.uid == 0;
}

/*  Binding ----------------------------------------------------------------------------------- */

/*  Telling the monitor spoils errno; but the monitor was told the reason. */
static int endpoint_bind_error (link_socket_t *socket)
{
    int why = zmq_errno (), value, news;
    while ((news = link_socket_news (socket, &value)))
        if (news == ZMQ_EVENT_BIND_FAILED)
            why = value;
    return why;
}

mst_err_t link_endpoint_bind (link_endpoint_t *self, link_socket_t *socket, const char *wanted)
{
    base_assert (self != NULL && socket != NULL && wanted != NULL);
    mst_err_t err = link_endpoint_parse (wanted, &self->kind);
    if (!err)
        err = link_endpoint_prepare (self, wanted);
    if (!err && self->kind == LINK_INPROC)
        err = link_context_bind_name (self->text);
    if (err)
        return err;

    if (zmq_bind (socket->data.socket, self->text) != 0) {
        int why = endpoint_bind_error (socket);
        if (self->kind == LINK_INPROC)
            link_context_unbind_name (self->text);
        return link_endpoint_failed (wanted, why);
    }
    size_t size = sizeof self->text;
    base_assert (zmq_getsockopt (socket->data.socket, ZMQ_LAST_ENDPOINT, self->text, &size) == 0);
    return MST_OK;
}

void link_endpoint_unbind (link_endpoint_t *self)
{
    base_assert (self != NULL);
    if (self->kind == LINK_INPROC)
        link_context_unbind_name (self->text);
    if (self->kind == LINK_IPC && self->text[strlen (endpoint_ipc)] != '@')
        (void) unlink (self->text + strlen (endpoint_ipc)); /* libzmq leaves it */
}
