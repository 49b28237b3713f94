/*  Short reads and writes, interrupted calls and full disks are dealt with here, once. */
#include "link/file.h"
#include "link/random.h"
#include "base/alloc.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_PERMISSIONS = 0666 }; /* the user's umask decides */

static mst_err_t link_file_failed (const char *verb, const char *path)
{
    return base_error (MST_E_IO, "cannot %s %s: %s", verb, path, strerror (errno));
}

/*  Whole files ------------------------------------------------------------------------------- */

/*  Reads to the end: a pipe or a file of /proc does not tell its size beforehand. */
static mst_err_t link_file_drain (int fd, const char *path, size_t max_bytes, base_buffer_t *bytes)
{
    enum { CHUNK_BYTES = 65536 };
    size_t start = bytes->size_bytes;
    for (;;) {
        mst_err_t err = base_buffer_reserve (bytes, CHUNK_BYTES);
        if (err)
            return err;
        ssize_t got = read (fd, bytes->data + bytes->size_bytes, CHUNK_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return link_file_failed ("read", path);
        if (got == 0)
            return MST_OK;
        bytes->size_bytes += (size_t) got;
        if (bytes->size_bytes - start > max_bytes)
            return base_error (MST_E_LIMIT, "%s is larger than the %zu bytes allowed here", path,
                               max_bytes);
    }
}

mst_err_t link_file_read (const char *path, size_t max_bytes, base_buffer_t *bytes)
{
    base_assert (path != NULL && bytes != NULL);
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return link_file_failed ("open", path);
    size_t before = bytes->size_bytes;
    mst_err_t err = link_file_drain (fd, path, max_bytes, bytes);
    if (err)
        bytes->size_bytes = before;
    (void) close (fd);
    return err;
}

static mst_err_t link_file_fill (const char *path, const void *data, size_t size_bytes)
{
    link_file_t file;
    mst_err_t err = link_file_open (&file, path, LINK_FILE_CREATE);
    if (err)
        return err;
    err = link_file_append (&file, data, size_bytes);
    if (!err)
        err = link_file_sync (&file);
    link_file_close (&file);
    return err;
}

mst_err_t link_file_write (const char *path, const void *data, size_t size_bytes)
{
    base_assert (path != NULL);
    char beside[PATH_MAX];
    int length = snprintf (beside, sizeof beside, "%s.%08x.new", path,
                           (unsigned) (link_random_u64 () & UINT32_MAX));
    if (length < 0 || (size_t) length >= sizeof beside)
        return base_error (MST_E_IO, "cannot write %s: the path is too long", path);

    mst_err_t err = link_file_fill (beside, data, size_bytes);
    if (!err && rename (beside, path) != 0)
        err = link_file_failed ("write", path);
    if (err)
        (void) unlink (beside);
    return err;
}

bool link_file_exists (const char *path)
{
    return access (path, F_OK) == 0;
}

/*  Open files -------------------------------------------------------------------------------- */

mst_err_t link_file_open (link_file_t *self, const char *path, link_file_mode_t mode)
{
    static const int flags[] = { [LINK_FILE_READ] = O_RDONLY,
                                 [LINK_FILE_WRITE] = O_RDWR | O_CREAT,
                                 [LINK_FILE_CREATE] = O_RDWR | O_CREAT | O_TRUNC };
    struct stat status;

    base_assert (self != NULL && path != NULL);
    *self = (link_file_t){ .fd = -1 };
    int fd = open (path, flags[mode] | O_CLOEXEC, FILE_PERMISSIONS);
    if (fd < 0)
        return link_file_failed ("open", path);
    mst_err_t err = MST_OK;
    if (fstat (fd, &status) != 0)
        err = link_file_failed ("open", path);
    else if (!(self->path = base_strdup (path)))
        err = base_alloc_error ();
    if (err) {
        (void) close (fd);
        return err;
    }
    self->fd = fd;
    self->size_bytes = (uint64_t) status.st_size;
    return MST_OK;
}

void link_file_close (link_file_t *self)
{
    base_assert (self != NULL);
    if (self->fd >= 0)
        (void) close (self->fd);
    base_free (self->path);
    *self = (link_file_t){ .fd = -1 };
}

/*  The bytes may be there in part when it fails; the size that is kept does not count them. */
static mst_err_t link_file_put (const link_file_t *self, uint64_t offset, const void *data,
                                size_t size_bytes)
{
    const uint8_t *next = data;
    while (size_bytes > 0) {
        ssize_t put = pwrite (self->fd, next, size_bytes, (off_t) offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return base_error (MST_E_IO, "cannot write %s at byte %llu: %s", self->path,
                               (unsigned long long) offset,
                               put < 0 ? strerror (errno) : "nothing was taken");
        next += put;
        offset += (uint64_t) put;
        size_bytes -= (size_t) put;
    }
    return MST_OK;
}

mst_err_t link_file_append (link_file_t *self, const void *data, size_t size_bytes)
{
    base_assert (self != NULL && self->fd >= 0);
    base_assert (data != NULL || size_bytes == 0);
    mst_err_t err = link_file_put (self, self->size_bytes, data, size_bytes);
    if (!err)
        self->size_bytes += size_bytes;
    return err;
}

mst_err_t link_file_write_at (link_file_t *self, uint64_t offset, const void *data,
                              size_t size_bytes)
{
    base_assert (self != NULL && self->fd >= 0);
    base_assert (offset <= self->size_bytes && size_bytes <= self->size_bytes - offset);
    return link_file_put (self, offset, data, size_bytes);
}

mst_err_t link_file_read_at (link_file_t *self, uint64_t offset, void *data, size_t size_bytes)
{
    base_assert (self != NULL && self->fd >= 0);
    uint8_t *next = data;
    while (size_bytes > 0) {
        ssize_t got = pread (self->fd, next, size_bytes, (off_t) offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return base_error (MST_E_IO, "cannot read %s at byte %llu: %s", self->path,
                               (unsigned long long) offset, strerror (errno));
        if (got == 0)
            return base_error (MST_E_FILE_CORRUPT, "%s ends at byte %llu: %zu more are missing",
                               self->path, (unsigned long long) offset, size_bytes);
        next += got;
        offset += (uint64_t) got;
        size_bytes -= (size_t) got;
    }
    return MST_OK;
}

mst_err_t link_file_truncate (link_file_t *self, uint64_t size_bytes)
{
    base_assert (self != NULL && self->fd >= 0);
    base_assert (size_bytes <= self->size_bytes);
    if (ftruncate (self->fd, (off_t) size_bytes) != 0)
        return link_file_failed ("shorten", self->path);
    self->size_bytes = size_bytes;
    return MST_OK;
}

mst_err_t link_file_sync (link_file_t *self)
{
    base_assert (self != NULL && self->fd >= 0);
    if (fdatasync (self->fd) != 0)
        return link_file_failed ("write to disk", self->path);
    return MST_OK;
}
