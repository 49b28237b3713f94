/*  Looks for an executable file, place by place. */
#include "tools/program.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

mst_err_t tools_program_own (char **path)
{
    char own[PATH_MAX];
    ssize_t length = readlink ("/proc/self/exe", own, sizeof own);
    if (length <= 0 || (size_t) length == sizeof own)
        return base_error (MST_E_IO, "/proc/self/exe cannot be read: %s", strerror (errno));
    *path = base_strndup (own, (size_t) length);
    return *path ? MST_OK : base_alloc_error ();
}

static bool program_runs (const char *path)
{
    struct stat stat_of;
    return stat (path, &stat_of) == 0 && S_ISREG (stat_of.st_mode) && access (path, X_OK) == 0;
}

/*  folder/name when it is a program. An absolute path comes out, since the program may run in
   another folder. *found stays NULL when it is none. */
static mst_err_t program_try (const char *folder, const char *name, char **found)
{
    char *path = tools_path (folder, name);
    if (!path)
        return base_alloc_error ();
    bool runs = program_runs (path);
    if (runs) {
        char whole[PATH_MAX];
        *found = base_strdup (realpath (path, whole) ? whole : path);
    }
    base_free (path);
    return runs && !*found ? base_alloc_error () : MST_OK;
}

static mst_err_t program_on_path (const char *name, char **found)
{
    const char *at = getenv ("PATH");
    mst_err_t err = MST_OK;
    while (at && *at && !err && !*found) {
        size_t length = strcspn (at, ":");
        char *folder = length > 0 ? base_strndup (at, length) : base_strdup (".");
        err = folder ? program_try (folder, name, found) : base_alloc_error ();
        base_free (folder);
        at += length + (at[length] == ':');
    }
    return err;
}

static mst_err_t program_beside_us (const char *name, char **found)
{
    char *own = NULL;
    mst_err_t err = tools_program_own (&own);
    if (err)
        return err;
    char *folder = tools_path_folder (own);
    err = folder ? program_try (folder, name, found) : base_alloc_error ();
    base_free (folder);
    base_free (own);
    return err;
}

mst_err_t tools_program_find (const char *name, const char *scenario_folder, char **path)
{
    *path = NULL;
    mst_err_t err = program_try (scenario_folder, name, path);
    if (err || *path)
        return err;
    if (strchr (name, '/'))
        return base_error (MST_E_IO,
                           "%s: no such program (a path counts from the scenario's "
                           "folder, %s)",
                           name, scenario_folder);
    err = program_beside_us (name, path);
    if (!err && !*path)
        err = program_on_path (name, path);
    if (err || *path)
        return err;
    return base_error (MST_E_IO,
                       "%s: no such program beside the scenario (%s), beside the muster "
                       "command or on PATH",
                       name, scenario_folder);
}
