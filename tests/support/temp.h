/*  A temporary folder of a test, and small files in it. */
#ifndef TESTS_TEMP_H
#define TESTS_TEMP_H

#include <stdbool.h>
#include <stddef.h>

typedef struct test_temp {
    char folder[256];
    char path[512]; /* the last one that test_temp_path made */
} test_temp_t;

/*  Makes it, under TMPDIR or /tmp; a failure ends the test program. */
void test_temp_init (test_temp_t *self);

/*  Removes it with all that is in it. */
void test_temp_fini (test_temp_t *self);

/*  "FOLDER/name"; valid until the next call. */
const char *test_temp_path (test_temp_t *self, const char *name);

/*  Writes a file, or ends the test program; gives its path as above. */
const char *test_temp_write (test_temp_t *self, const char *name, const void *data,
                             size_t size_bytes);

/*  A whole file with a zero byte behind it, to be given to free (); NULL when it cannot be read.
    size_bytes may be NULL. */
char *test_file_read (const char *path, size_t *size_bytes);

#endif
