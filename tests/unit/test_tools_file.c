/*  Files that are there whole or not at all: what stands in their folder while they grow, when they
    are given up, and when they are finished. */
#include "tests/support/check.h"
#include "tests/support/temp.h"
#include "base/error.h"
#include "tools/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int files_in (const char *folder)
{
    int count = 0;
    DIR *open = opendir (folder);
    for (struct dirent *each = open ? readdir (open) : NULL; each; each = readdir (open))
        count += each->d_name[0] != '.';
    if (open)
        (void) closedir (open);
    return count;
}

static bool has_nameless (const char *folder)
{
    int fd = open (folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (fd >= 0)
        (void) close (fd);
    return fd >= 0;
}

static void grow (tools_sink_t *sink, const char *path)
{
    CHECK_OK (tools_sink_open_part (sink, path));
    log_sink_t to = tools_sink (sink);
    CHECK_OK (to.write (to.context, "new", 3));
}

static void test_whole_or_not (void)
{
    test_temp_t temp;
    tools_sink_t sink;
    char path[600];
    test_temp_init (&temp);
    (void) snprintf (path, sizeof path, "%s", test_temp_write (&temp, "file", "old", 3));
    grow (&sink, path);
    CHECK_INT (files_in (temp.folder), has_nameless (temp.folder) ? 1 : 2);
    CHECK_ERR (tools_sink_finish (&sink, base_error (MST_E_IO, "the disk is full")), MST_E_IO);
    CHECK_TEXT (mst_error_text (), "the disk is full");
    CHECK_INT (files_in (temp.folder), 1);
    char *text = test_file_read (path, NULL);
    CHECK_TEXT (text ? text : "", "old");
    free (text);
    grow (&sink, path);
    CHECK_OK (tools_sink_finish (&sink, MST_OK));
    CHECK_INT (files_in (temp.folder), 1);
    text = test_file_read (path, NULL);
    CHECK_TEXT (text ? text : "", "new");
    free (text);
    test_temp_fini (&temp);
}

static void test_no_folder (void)
{
    tools_sink_t sink;
    CHECK_ERR (tools_sink_open_part (&sink, "/no/such/folder/file"), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "/no/such/folder/file");
    CHECK_CONTAINS (mst_error_text (), "No such file or directory");
}

static CU_TestInfo file_tests[] = {
    { "whole or not at all", test_whole_or_not },
    { "a folder that is not there", test_no_folder },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "files", NULL, NULL, NULL, NULL, file_tests })
