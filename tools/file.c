/*  Plain system calls: a short write is gone on with, an interrupted one begun anew. */
#include "tools/file.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WALK_FILES_OPEN = 16, OUTPUT_BYTES = 1 << 16 };

static mst_err_t file_error (const char *path, const char *what)
{
    return base_error (MST_E_IO, "%s cannot be %s: %s", path, what, strerror (errno));
}

static bool file_put (int fd, const void *data, size_t size_bytes)
{
    const char *at = data;
    while (size_bytes > 0) {
        ssize_t put = write (fd, at, size_bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        size_bytes -= (size_t) put;
    }
    return true;
}

/*  Sink --------------------------------------------------------------------------------------- */

mst_err_t tools_sink_open (tools_sink_t *self, const char *path)
{
    *self = (tools_sink_t){ .fd = -1, .path = base_strdup (path) };
    if (!self->path)
        return base_alloc_error ();
    self->fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (self->fd >= 0)
        return MST_OK;
    mst_err_t err = file_error (path, "written");
    base_free (self->path);
    self->path = NULL;
    return err;
}

/*  A file without a name goes away with us, however we end; it gets its name at the end. Not every
    file system has such. */
static int open_nameless (const char *path)
{
    const char *slash = strrchr (path, '/');
    char *folder = slash ? base_strndup (path, (size_t) (slash - path) + 1) : base_strdup (".");
    int fd = folder && access ("/proc/self/fd", X_OK) == 0
                 ? open (folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666)
                 : -1;
    base_free (folder);
    return fd;
}

static bool give_name (int fd, const char *path)
{
    char self[sizeof "/proc/self/fd/" + 3 * sizeof fd];
    (void) snprintf (self, sizeof self, "/proc/self/fd/%d", fd);
    (void) unlink (path); /* left behind by another process of our number */
    return linkat (AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

mst_err_t tools_sink_open_part (tools_sink_t *self, const char *path)
{
    struct stat stat_of;
    if (stat (path, &stat_of) == 0 && !S_ISREG (stat_of.st_mode))
        return tools_sink_open (self, path);
    char *part = tools_text ("%s.part-%ld", path, (long) getpid ());
    if (!part)
        return base_alloc_error ();
    *self = (tools_sink_t){ .fd = open_nameless (path) };
    self->nameless = self->fd >= 0;
    mst_err_t err = self->nameless ? MST_OK : tools_sink_open (self, part);
    if (err) {
        base_free (part);
        return err;
    }
    self->part = part;
    base_free (self->path);
    self->path = base_strdup (path);
    if (!self->path) {
        (void) base_alloc_error ();
        err = tools_sink_finish (self, MST_E_NO_MEMORY);
    }
    return err;
}

mst_err_t tools_sink_finish (tools_sink_t *self, mst_err_t err)
{
    char *why = err ? base_strdup (mst_error_text ()) : NULL;
    char *path = self->path, *part = self->part;
    self->path = self->part = NULL;
    bool named = !self->nameless || (!err && give_name (self->fd, part));
    if (!err && !named)
        err = file_error (path, "written");
    else if (err)
        err = base_error (err, "%s", why ? why : "out of memory");
    if (self->fd >= 0 && close (self->fd) != 0 && errno != EINTR && !err)
        err = file_error (path, "written");
    if (!err && part && rename (part, path) != 0)
        err = file_error (path, "written");
    if (err && part && named)
        (void) unlink (part);
    *self = (tools_sink_t){ .fd = -1 };
    base_free (path);
    base_free (part);
    base_free (why);
    return err;
}

mst_err_t tools_sink_close (tools_sink_t *self)
{
    mst_err_t err = MST_OK;
    if (self->fd >= 0 && close (self->fd) != 0 && errno != EINTR)
        err = file_error (self->path, "written");
    base_free (self->path);
    *self = (tools_sink_t){ .fd = -1 };
    return err;
}

static mst_err_t sink_write (void *context, const void *data, size_t size_bytes)
{
    tools_sink_t *self = context;
    if (!file_put (self->fd, data, size_bytes))
        return base_error (MST_E_IO, "%s cannot be written at byte %llu: %s", self->path,
                           (unsigned long long) self->size_bytes, strerror (errno));
    self->size_bytes += size_bytes;
    return MST_OK;
}

log_sink_t tools_sink (tools_sink_t *self)
{
    return (log_sink_t){ sink_write, self };
}

void tools_sink_mark (tools_sink_t *self)
{
    self->good_bytes = self->size_bytes;
}

void tools_sink_cut (tools_sink_t *self)
{
    if (self->fd >= 0 && ftruncate (self->fd, (off_t) self->good_bytes) == 0)
        self->size_bytes = self->good_bytes;
}

bool tools_file_is_same (const char *a, const char *b)
{
    struct stat first, second;
    return stat (a, &first) == 0 && stat (b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/*  Output ------------------------------------------------------------------------------------- */

mst_err_t tools_output_open (tools_output_t *self, const char *path)
{
    *self = (tools_output_t){ .sink = { .fd = -1 } };
    return path ? tools_sink_open_part (&self->sink, path) : MST_OK;
}

static mst_err_t output_write (tools_output_t *self)
{
    mst_err_t err = MST_OK;
    int fd = self->sink.fd >= 0 ? self->sink.fd : STDOUT_FILENO;
    const char *path = self->sink.path ? self->sink.path : "standard output";
    if (!file_put (fd, self->text.data, self->text.size_bytes)) {
        self->closed = errno == EPIPE;
        err = file_error (path, "written");
    }
    base_buffer_clear (&self->text);
    return err;
}

mst_err_t tools_output_flow (tools_output_t *self)
{
    return self->text.size_bytes < OUTPUT_BYTES ? MST_OK : output_write (self);
}

mst_err_t tools_output_close (tools_output_t *self, mst_err_t err)
{
    if (!err)
        err = output_write (self);
    base_buffer_fini (&self->text);
    return self->sink.fd >= 0 ? tools_sink_finish (&self->sink, err) : err;
}

/*  Source ------------------------------------------------------------------------------------- */

static mst_err_t source_read (void *context, uint64_t offset, void *data, size_t size_bytes)
{
    tools_source_t *self = context;
    char *at = data;
    while (size_bytes > 0) {
        ssize_t got = pread (self->fd, at, size_bytes, (off_t) offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_error (self->path, "read");
        if (got == 0)
            return base_error (MST_E_IO, "%s became shorter while it was read", self->path);
        at += got;
        offset += (uint64_t) got;
        size_bytes -= (size_t) got;
    }
    return MST_OK;
}

mst_err_t tools_source_open (tools_source_t *self, const char *path)
{
    struct stat stat_of;
    *self = (tools_source_t){ .fd = -1, .path = base_strdup (path) };
    if (!self->path)
        return base_alloc_error ();
    self->fd = open (path, O_RDONLY | O_CLOEXEC);
    if (self->fd < 0 || fstat (self->fd, &stat_of) != 0) {
        mst_err_t err = file_error (path, "read");
        tools_source_close (self);
        return err;
    }
    if (!S_ISREG (stat_of.st_mode)) {
        tools_source_close (self);
        return base_error (MST_E_IO, "%s cannot be read: it is not a file", path);
    }
    self->source = (log_source_t){ source_read, self, (uint64_t) stat_of.st_size };
    return MST_OK;
}

void tools_source_close (tools_source_t *self)
{
    if (self->fd >= 0)
        (void) close (self->fd);
    base_free (self->path);
    *self = (tools_source_t){ .fd = -1 };
}

/*  Whole files -------------------------------------------------------------------------------- */

mst_err_t tools_file_read (const char *path, size_t max_bytes, base_buffer_t *out)
{
    tools_source_t file;
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    size_t size_bytes = (size_t) file.source.size_bytes;
    if (file.source.size_bytes > max_bytes)
        err = base_error (MST_E_LIMIT, "%s has %llu bytes, more than the %zu that it may have",
                          path, (unsigned long long) file.source.size_bytes, max_bytes);
    else if (!(err = base_buffer_reserve (out, size_bytes + 1)))
        err = source_read (&file, 0, out->data + out->size_bytes, size_bytes);
    if (!err)
        out->size_bytes += size_bytes;
    tools_source_close (&file);
    return err;
}

mst_err_t tools_file_write (const char *path, const void *data, size_t size_bytes)
{
    int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = fd >= 0 && file_put (fd, data, size_bytes);
    if (fd >= 0 && close (fd) != 0)
        good = false;
    return good ? MST_OK : file_error (path, "written");
}

uint64_t tools_file_size (const char *path)
{
    struct stat stat_of;
    return stat (path, &stat_of) == 0 ? (uint64_t) stat_of.st_size : 0;
}

/*  Folders ------------------------------------------------------------------------------------ */

mst_err_t tools_folder_new (const char *prefix, char **path)
{
    const char *parent = getenv ("TMPDIR");
    char *name = tools_text ("%s/%s-XXXXXX", parent && *parent ? parent : "/tmp", prefix);
    if (!name)
        return base_alloc_error ();
    if (!mkdtemp (name)) {
        mst_err_t err = file_error (name, "made");
        base_free (name);
        return err;
    }
    *path = name;
    return MST_OK;
}

static int entry_remove (const char *path, const struct stat *stat_of, int kind, struct FTW *walk)
{
    (void) stat_of;
    (void) kind;
    (void) walk;
    return remove (path);
}

mst_err_t tools_folder_make (const char *path)
{
    struct stat found;
    char *part = base_strdup (path);
    if (!part)
        return base_alloc_error ();
    int why = 0;
    for (char *at = part + 1; at[-1] && !why; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char was = *at;
        *at = '\0';
        if (mkdir (part, 0777) != 0 && errno != EEXIST)
            why = errno;
        *at = was;
    }
    base_free (part);
    if (stat (path, &found) == 0 && S_ISDIR (found.st_mode))
        return MST_OK;
    if (why && why != ENOTDIR)
        return base_error (MST_E_IO, "%s cannot be made: %s", path, strerror (why));
    return base_error (MST_E_IO, "%s is no folder", path);
}

void tools_folder_remove (const char *path)
{
    (void) nftw (path, entry_remove, WALK_FILES_OPEN, FTW_DEPTH | FTW_PHYS);
}
