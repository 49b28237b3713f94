/*  Stands in for libFuzzer in an ordinary build: every file of a corpus, then a few thousand seeded
    mutations of them, so that each test run tries bad bytes with any compiler.

        fuzz_NAME CORPUS_FOLDER [MUTATIONS] [SEED]

    A corpus that is missing counts as one empty file. Before an input is tried, it stands in the
    file named by MUSTER_FUZZ_LAST (when set), so that a crash leaves its cause. */
#include "base/random.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX_BYTES = 1 << 16, FILES_MAX = 4096, MUTATIONS = 4000, EDITS_MAX = 6 };

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

typedef struct input {
    uint8_t *data; /* exactly size_bytes long: a read past the end is one past the block */
    size_t size_bytes;
} input_t;

static input_t files[FILES_MAX];
static size_t file_count;

static void input_try (const uint8_t *data, size_t size_bytes)
{
    const char *last = getenv ("MUSTER_FUZZ_LAST");
    if (last) {
        FILE *file = fopen (last, "wb");
        if (file) {
            (void) fwrite (data, 1, size_bytes, file);
            (void) fclose (file);
        }
    }
    uint8_t *exact = malloc (size_bytes ? size_bytes : 1);
    if (!exact)
        return;
    if (size_bytes > 0)
        memcpy (exact, data, size_bytes);
    (void) LLVMFuzzerTestOneInput (exact, size_bytes);
    free (exact);
}

static void file_add (const uint8_t *data, size_t size_bytes)
{
    uint8_t *copy = malloc (size_bytes ? size_bytes : 1);
    if (!copy)
        return;
    if (size_bytes > 0)
        memcpy (copy, data, size_bytes);
    files[file_count++] = (input_t){ copy, size_bytes };
}

static void file_load (const char *path)
{
    static uint8_t bytes[INPUT_MAX_BYTES];
    FILE *file = fopen (path, "rb");
    if (!file)
        return;
    size_t size_bytes = fread (bytes, 1, sizeof bytes, file);
    (void) fclose (file);
    file_add (bytes, size_bytes);
}

/*  In name order, so that a seed means the same on every file system. */
static void corpus_load (const char *folder)
{
    struct dirent **names = NULL;
    int count = scandir (folder, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        int length = snprintf (path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && length < (int) sizeof path && file_count < FILES_MAX - 1)
            file_load (path);
        free (names[i]);
    }
    free (names);
    if (file_count == 0)
        file_add (NULL, 0);
}

/*  Numbers at which decoders break: the ends of each width. */
static uint8_t byte_awkward (base_random_t *random)
{
    static const uint8_t awkward[] = { 0x00, 0x01, 0x7f, 0x80, 0xc0, 0xc1, 0xd9, 0xdb, 0xdf, 0xff };
    if (base_random_chance (random, 0.5))
        return awkward[base_random_below (random, sizeof awkward)];
    return (uint8_t) base_random_below (random, 256);
}

/*  One edit in place; gives the new size. */
static size_t edit (base_random_t *random, uint8_t *data, size_t size_bytes)
{
    size_t at = (size_t) base_random_below (random, size_bytes + 1);
    size_t tail = size_bytes - at;
    size_t run = (size_t) base_random_below (random, 16) + 1;
    switch (base_random_below (random, 6)) {
    case 0: /* flip a bit */
        if (tail > 0)
            data[at] ^= (uint8_t) (1u << base_random_below (random, 8));
        return size_bytes;
    case 1: /* overwrite a byte */
        if (tail > 0)
            data[at] = byte_awkward (random);
        return size_bytes;
    case 2: /* cut off the end */ return at;
    case 3: /* insert a byte */
        if (size_bytes == INPUT_MAX_BYTES)
            return size_bytes;
        memmove (data + at + 1, data + at, tail);
        data[at] = byte_awkward (random);
        return size_bytes + 1;
    case 4: /* take a run out */
        run = run < tail ? run : tail;
        memmove (data + at, data + at + run, tail - run);
        return size_bytes - run;
    default: /* join with the tail of another file */
    {
        const input_t *other = &files[base_random_below (random, file_count)];
        size_t from = (size_t) base_random_below (random, other->size_bytes + 1);
        size_t more = other->size_bytes - from;
        more = more < INPUT_MAX_BYTES - at ? more : INPUT_MAX_BYTES - at;
        memcpy (data + at, other->data + from, more);
        return at + more;
    }
    }
}

static void mutations_try (uint64_t seed, long count)
{
    static uint8_t data[INPUT_MAX_BYTES];
    base_random_t random;
    base_random_init (&random, seed);
    for (long i = 0; i < count; i++) {
        const input_t *origin = &files[base_random_below (&random, file_count)];
        size_t size_bytes = origin->size_bytes;
        memcpy (data, origin->data, size_bytes);
        for (uint64_t edits = base_random_below (&random, EDITS_MAX) + 1; edits > 0; edits--)
            size_bytes = edit (&random, data, size_bytes);
        input_try (data, size_bytes);
    }
}

int main (int argc, char **argv)
{
    if (argc < 2) {
        fprintf (stderr, "usage: %s CORPUS_FOLDER [MUTATIONS] [SEED]\n", argv[0]);
        return 2;
    }
    long mutations = argc > 2 ? atol (argv[2]) : MUTATIONS;
    uint64_t seed = argc > 3 ? strtoull (argv[3], NULL, 10) : 1;

    corpus_load (argv[1]);
    for (size_t i = 0; i < file_count; i++)
        input_try (files[i].data, files[i].size_bytes);
    mutations_try (seed, mutations);
    printf ("%zu files and %ld mutations (seed %llu) tried\n", file_count, mutations,
            (unsigned long long) seed);
    for (size_t i = 0; i < file_count; i++)
        free (files[i].data);
    return 0;
}
