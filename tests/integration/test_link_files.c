/*  link/ without sockets: files, processes, clocks, randomness. */
#include "link/clock.h"
#include "link/file.h"
#include "link/process.h"
#include "link/random.h"
#include "link/thread.h"
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/*  Files ------------------------------------------------------------------------------------- */

static void test_whole_files (void)
{
    enum { LARGE_BYTES = 200000 };
    static uint8_t large[LARGE_BYTES];
    test_temp_t temp;
    base_buffer_t bytes;

    test_temp_init (&temp);
    base_buffer_init (&bytes);
    const char *path = test_temp_path (&temp, "file");
    CHECK (!link_file_exists (path));
    CHECK_ERR (link_file_read (path, 10, &bytes), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "No such file");
    CHECK_OK (link_file_write (path, "first", 5));
    CHECK_OK (link_file_write (path, "second", 6));
    CHECK (link_file_exists (path));
    CHECK_OK (base_buffer_append (&bytes, ">", 1));
    CHECK_OK (link_file_read (path, 6, &bytes));
    CHECK_INT (bytes.size_bytes, 7);
    CHECK_BYTES (bytes.data, ">second", 7);
    CHECK_ERR (link_file_read (path, 5, &bytes), MST_E_LIMIT);
    CHECK_INT (bytes.size_bytes, 7); /* as before */

    memset (large, 'y', sizeof large);
    CHECK_OK (link_file_write (path, large, sizeof large));
    base_buffer_clear (&bytes);
    CHECK_OK (link_file_read (path, sizeof large, &bytes));
    CHECK_INT (bytes.size_bytes, sizeof large);
    CHECK_ERR (link_file_write ("/nowhere/at/all", "x", 1), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "/nowhere/at/all");
    base_buffer_fini (&bytes);
    test_temp_fini (&temp);
}

static void test_growing_file (void)
{
    test_temp_t temp;
    link_file_t file;
    char back[16] = "";

    test_temp_init (&temp);
    const char *path = test_temp_path (&temp, "log");
    CHECK_ERR (link_file_open (&file, path, LINK_FILE_READ), MST_E_IO);
    CHECK_OK (link_file_open (&file, path, LINK_FILE_CREATE));
    CHECK_OK (link_file_append (&file, "0123456789", 10));
    CHECK_OK (link_file_append (&file, "abc", 3));
    CHECK_OK (link_file_write_at (&file, 2, "XY", 2));
    CHECK_OK (link_file_sync (&file));
    CHECK_INT (file.size_bytes, 13);
    link_file_close (&file);
    link_file_close (&file);

    CHECK_OK (link_file_open (&file, path, LINK_FILE_WRITE)); /* keeps what is there */
    CHECK_INT (file.size_bytes, 13);
    CHECK_OK (link_file_read_at (&file, 1, back, 12));
    CHECK_BYTES (back, "1XY456789abc", 12);
    CHECK_ERR (link_file_read_at (&file, 10, back, 4), MST_E_FILE_CORRUPT);
    CHECK_CONTAINS (mst_error_text (), "ends at byte 13: 1 more are missing");
    CHECK_OK (link_file_truncate (&file, 4));
    CHECK_OK (link_file_append (&file, "!", 1));
    CHECK_OK (link_file_read_at (&file, 0, back, 5));
    CHECK_BYTES (back, "01XY!", 5);
    link_file_close (&file);
    test_temp_fini (&temp);
}

static void test_full_disk (void)
{
    link_file_t file;
    CHECK_OK (link_file_open (&file, "/dev/full", LINK_FILE_WRITE));
    CHECK_ERR (link_file_append (&file, "x", 1), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "/dev/full at byte 0: No space left");
    CHECK_INT (file.size_bytes, 0);
    link_file_close (&file);
}

/*  Processes --------------------------------------------------------------------------------- */

static void wait_for_state (uint32_t process, link_process_state_t state)
{
    int64_t end_ns = link_clock_ns () + INT64_C (5000000000);
    while (link_process_state (process) != state && link_clock_ns () < end_ns)
        continue;
    CHECK_INT (link_process_state (process), state);
}

static void test_processes (void)
{
    char name[LINK_PROCESS_NAME_SIZE];
    test_process_t child;

    CHECK_INT (link_process_id (), getpid ());
    CHECK (strlen (link_process_host ()) > 1);
    CHECK (link_process_host () == link_process_host ());
    link_process_name (name);
    CHECK_CONTAINS ("test_link_files", name); /* the system keeps 15 characters of it */
    CHECK (link_process_cores () >= 1);

    CHECK_INT (link_process_state (link_process_id ()), LINK_PROCESS_RUNNING);
    PROCESS_START (&child, "/bin/sleep", "1000");
    uint32_t process = (uint32_t) child.pid;
    wait_for_state (process, LINK_PROCESS_RUNNING);
    test_process_signal (&child, SIGSTOP);
    wait_for_state (process, LINK_PROCESS_STOPPED);
    test_process_signal (&child, SIGCONT);
    wait_for_state (process, LINK_PROCESS_RUNNING);
    test_process_signal (&child, SIGKILL);
    wait_for_state (process, LINK_PROCESS_GONE); /* before anybody collects it, too */
    test_process_fini (&child);
    CHECK_INT (link_process_state (process), LINK_PROCESS_GONE);
}

/*  Clocks, randomness, threads --------------------------------------------------------------- */

static void test_clocks (void)
{
    int64_t before_ns = link_clock_ns ();
    for (int i = 0; i < 1000; i++) {
        int64_t now_ns = link_clock_ns ();
        CHECK (now_ns >= before_ns);
        before_ns = now_ns;
    }
    CHECK (link_clock_wall_ns () > INT64_C (1600000000) * 1000000000);
}

static void test_random (void)
{
    uint8_t bytes[600] = { 0 };
    size_t zeros = 0;

    CHECK (link_random_u64 () != link_random_u64 ());
    link_random_bytes (bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        zeros += bytes[i] == 0;
    CHECK (zeros < 60); /* 2.3 are expected */
}

/*  Two threads take turns. */
typedef struct turns {
    link_mutex_t mutex;
    link_condition_t changed;
    int count;
} turns_t;

static void take_turns (turns_t *turns, int parity)
{
    link_mutex_lock (&turns->mutex);
    while (turns->count < 1000) {
        if (turns->count % 2 == parity) {
            turns->count++;
            link_condition_signal (&turns->changed);
        } else {
            (void) link_condition_wait (&turns->changed, &turns->mutex, INT64_MAX);
        }
    }
    link_mutex_unlock (&turns->mutex);
}

static void odd_turns (void *turns)
{
    take_turns (turns, 1);
}

static void test_threads (void)
{
    turns_t turns = { .count = 0 };
    link_thread_t thread;

    link_mutex_init (&turns.mutex);
    link_condition_init (&turns.changed);
    CHECK_OK (link_thread_start (&thread, "a name longer than allowed", odd_turns, &turns));
    take_turns (&turns, 0);
    link_thread_join (&thread);
    CHECK_INT (turns.count, 1000);

    int64_t deadline_ns = link_clock_ns () + 2000000;
    link_mutex_lock (&turns.mutex);
    while (link_condition_wait (&turns.changed, &turns.mutex, deadline_ns))
        continue;
    link_mutex_unlock (&turns.mutex);
    CHECK (link_clock_ns () >= deadline_ns);
    link_condition_fini (&turns.changed);
    link_mutex_fini (&turns.mutex);
}

static CU_TestInfo link_files_tests[] = {
    { "whole files", test_whole_files },
    { "a growing file", test_growing_file },
    { "a full disk", test_full_disk },
    { "processes", test_processes },
    { "clocks", test_clocks },
    { "randomness", test_random },
    { "threads take turns", test_threads },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "link_files", NULL, NULL, NULL, NULL, link_files_tests })
