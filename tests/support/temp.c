/*  Folders made by mkdtemp and removed by a walk. */
#include "tests/support/temp.h"
#include "base/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WALK_FILES_OPEN = 16 };

void test_temp_init (test_temp_t *self)
{
    const char *parent = getenv ("TMPDIR");
    int length = snprintf (self->folder, sizeof self->folder, "%s/muster-test-XXXXXX",
                           parent && *parent ? parent : "/tmp");
    base_assert (length > 0 && (size_t) length < sizeof self->folder);
    base_assert (mkdtemp (self->folder) != NULL);
    self->path[0] = '\0';
}

static int entry_remove (const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void) stat;
    (void) kind;
    (void) walk;
    return remove (path);
}

void test_temp_fini (test_temp_t *self)
{
    if (self->folder[0] != '\0')
        (void) nftw (self->folder, entry_remove, WALK_FILES_OPEN, FTW_DEPTH | FTW_PHYS);
    self->folder[0] = '\0';
}

const char *test_temp_path (test_temp_t *self, const char *name)
{
    int length = snprintf (self->path, sizeof self->path, "%s/%s", self->folder, name);
    base_assert (length > 0 && (size_t) length < sizeof self->path);
    return self->path;
}

const char *test_temp_write (test_temp_t *self, const char *name, const void *data,
                             size_t size_bytes)
{
    const char *path = test_temp_path (self, name);
    FILE *file = fopen (path, "wb");
    base_assert (file != NULL);
    base_assert (fwrite (data, 1, size_bytes, file) == size_bytes);
    base_assert (fclose (file) == 0);
    return path;
}

char *test_file_read (const char *path, size_t *size_bytes)
{
    FILE *file = fopen (path, "rb");
    if (!file)
        return NULL;
    size_t size = 0, capacity = 4096;
    char *data = malloc (capacity);
    while (data) {
        size += fread (data + size, 1, capacity - size - 1, file);
        if (size < capacity - 1)
            break;
        capacity *= 2;
        char *larger = realloc (data, capacity);
        if (!larger)
            free (data);
        data = larger;
    }
    (void) fclose (file);
    if (data)
        data[size] = '\0';
    if (data && size_bytes)
        *size_bytes = size;
    return data;
}
