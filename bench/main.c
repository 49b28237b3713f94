/*  muster-bench: runs the rows whose names begin with the given words, alternating work and
 * reference. */
#include "bench/bench.h"
#include "bench/phold.h"
#include "bench/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM(size, n)                                                                            \
    .unit = "messages/s", .higher_is_better = true, .reference = "zmq PUSH/PULL",                  \
    .size_bytes = (size), .count = (n), .federates = 2, .work = bench_updates,                     \
    .raw = bench_raw_stream
#define LARGE(n)                                                                                   \
    .unit = "MB/s", .higher_is_better = true, .reference = "zmq PUSH/PULL", .size_bytes = 65536,   \
    .count = (n), .federates = 2, .work = bench_megabytes, .raw = bench_raw_megabytes
#define ROUND(n, how)                                                                              \
    .reference = "zmq REQ/REP", .size_bytes = 128, .count = (n), .transport = (how),               \
    .raw = bench_raw_round

#define SPACE(entities, question)                                                                  \
    .size_bytes = (entities), .work = bench_space_##question, .raw = bench_space_bare_##question

static const bench_case_t cases[] = {
    { .name = "updates_16_tcp", STREAM (16, 10000000), .transport = "tcp", .bar = 4 },
    { .name = "updates_128_tcp", STREAM (128, 6000000), .transport = "tcp", .bar = 2.5 },
    { .name = "updates_1k_tcp", STREAM (1024, 1500000), .transport = "tcp", .bar = 1.6 },
    { .name = "updates_64k_tcp", LARGE (40000), .transport = "tcp", .bar = 0.9 },
    { .name = "updates_16_ipc", STREAM (16, 10000000), .transport = "ipc" },
    { .name = "updates_128_ipc", STREAM (128, 6000000), .transport = "ipc" },
    { .name = "updates_1k_ipc", STREAM (1024, 1500000), .transport = "ipc" },
    { .name = "updates_64k_ipc", LARGE (40000), .transport = "ipc" },
    { .name = "pingpong_128_tcp",
      .bar = 1.1,
      ROUND (20000, "tcp"),
      .unit = "us",
      .federates = 2,
      .work = bench_pingpong },
    { .name = "pingpong_128_yields",
      .bar = 0.6,
      ROUND (20000, "tcp"),
      .unit = "us",
      .federates = 2,
      .work = bench_pingpong,
      .yields = true },
    { .name = "bare_128_yields",
      ROUND (20000, "tcp"),
      .unit = "us",
      .work = bench_bare_round,
      .yields = true },
    { .name = "step_2_tcp",
      .bar = 1.2,
      ROUND (20000, "tcp"),
      .unit = "us",
      .federates = 2,
      .work = bench_step },
    { .name = "step_2_auto",
      .bar = 1.2,
      ROUND (20000, "auto"),
      .unit = "us",
      .federates = 2,
      .work = bench_step },
    { .name = "step_8_auto",
      .bar = 2.75,
      ROUND (10000, "auto"),
      .unit = "us",
      .federates = 8,
      .work = bench_step },
    { .name = "step_2_yields",
      ROUND (20000, "tcp"),
      .unit = "us",
      .federates = 2,
      .work = bench_step,
      .yields = true },
    { .name = "step_8_tcp",
      .bar = 2.75,
      ROUND (10000, "tcp"),
      .unit = "us",
      .federates = 8,
      .work = bench_step },
    { .name = "star_2_tcp",
      ROUND (20000, "tcp"),
      .unit = "us",
      .federates = 2,
      .work = bench_star },
    { .name = "star_8_tcp",
      ROUND (10000, "tcp"),
      .unit = "us",
      .federates = 8,
      .work = bench_star },
    { .name = "tso_10_step",
      .bar = 1.2,
      .unit = "us",
      .reference = "empty step",
      .size_bytes = 128,
      .count = 20000,
      .transport = "tcp",
      .federates = 2,
      .messages_per_step = 5,
      .work = bench_step,
      .raw = bench_step_bare },
    { .name = "tso_1000_step",
      .bar = 3000000,
      .unit = "messages/s",
      .higher_is_better = true,
      .reference = "zmq PUSH/PULL",
      .size_bytes = 128,
      .count = 3000,
      .transport = "tcp",
      .federates = 2,
      .messages_per_step = 500,
      .work = bench_step_messages },
    { .name = "join",
      .bar = 10,
      .unit = "ms",
      .transport = "tcp",
      .federates = 1,
      .work = bench_join },
    { .name = "objects_10k",
      .bar = 500000,
      .unit = "objects/s",
      .higher_is_better = true,
      .count = 10000,
      .transport = "tcp",
      .federates = 2,
      .work = bench_objects },
    { .name = "rti_memory",
      .bar = 4,
      .unit = "MB",
      .transport = "tcp",
      .federates = 0,
      .work = bench_rti_memory },
    { .name = "rti_memory_8",
      .bar = 6,
      .unit = "MB",
      .transport = "tcp",
      .federates = 8,
      .work = bench_rti_memory },
    { .name = "rti_memory_object",
      .bar = 0.5,
      .unit = "KB",
      .count = 100000,
      .transport = "tcp",
      .federates = 1,
      .work = bench_rti_object },
    { .name = "record_144",
      .unit = "messages/s",
      .higher_is_better = true,
      .size_bytes = 144,
      .count = 10000000,
      .transport = "tcp",
      .federates = 2,
      .work = bench_record },
    { .name = "record_144_random",
      .unit = "messages/s",
      .higher_is_better = true,
      .size_bytes = 144,
      .count = 5000000,
      .transport = "tcp",
      .federates = 2,
      .work = bench_record,
      .random = true },
    { .name = "encode_spatial",
      .unit = "ns",
      .reference = "the fields by hand",
      .count = 10000000,
      .work = bench_encode_spatial,
      .raw = bench_raw_spatial },
    { .name = "decode_spatial",
      .unit = "ns",
      .reference = "the fields by hand",
      .count = 10000000,
      .work = bench_decode_spatial,
      .raw = bench_raw_spatial },
    { .name = "space_move_100k", SPACE (100000, move), .unit = "ns", .reference = "array" },
    { .name = "space_move_1m", SPACE (1000000, move), .unit = "ns", .reference = "array" },
    { .name = "space_box_100k", SPACE (100000, box), .unit = "us", .reference = "fixed grid" },
    { .name = "space_box_1m", SPACE (1000000, box), .unit = "us", .reference = "fixed grid" },
    { .name = "space_pairs_1m", SPACE (1000000, pairs), .unit = "ns", .reference = "fixed grid" },
    { .name = "space_bytes_1m", .unit = "bytes", .size_bytes = 1000000, .work = bench_space_bytes },
    BENCH_PHOLD_ROWS,
    BENCH_STATE_ROWS,

    { .name = "state_sync_source",
      .unit = "GB/s",
      .higher_is_better = true,
      .reference = "XOR and zstd",
      .count = 200,
      .work = bench_sync_source,
      .raw = bench_sync_bare },
    { .name = "state_sync_follower",
      .unit = "GB/s",
      .higher_is_better = true,
      .reference = "XOR and zstd",
      .count = 200,
      .work = bench_sync_follower,
      .raw = bench_sync_bare },
    { .name = "state_sync_smaller",
      .unit = "x",
      .higher_is_better = true,
      .reference = "XOR and zstd",
      .count = 1,
      .work = bench_sync_ratio,
      .raw = bench_sync_bare_ratio },
};

typedef struct options {
    bool json, markdown;
    int pairs;
    uint64_t count; /* instead of the row's; 0: the row's */
    const char *group;
} options_t;

static int by_value (const void *a, const void *b)
{
    double left = *(const double *) a, right = *(const double *) b;
    return left < right ? -1 : left > right;
}

static double median (double *values, int count)
{
    qsort (values, (size_t) count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static bool is_met (const bench_case_t *row, double reached)
{
    return row->higher_is_better ? reached >= row->bar : reached <= row->bar;
}

/*  A row of the table in docs/performance.md. */
static void print_markdown (const bench_case_t *row, double value, double reference, double ratio)
{
    printf ("| `%s` | %.4g %s | ", row->name, value, row->unit);
    if (row->raw)
        printf ("%.4g (%s) | %.2f x | ", reference, row->reference, ratio);
    else
        printf ("| | ");
    bool by_ratio = row->raw && !row->bar_of_value;
    if (row->bar > 0)
        printf ("%s %.7g%s: %s |\n", row->higher_is_better ? "≥" : "≤", row->bar,
                by_ratio ? " x" : "", is_met (row, by_ratio ? ratio : value) ? "met" : "missed");
    else
        printf ("|\n");
    fflush (stdout);
}

static void print_row (const options_t *options, const bench_case_t *row, double value,
                       double reference, double ratio, bool first)
{
    if (!options->json) {
        printf ("%-21s %11.2f %-11s", row->name, value, row->unit);
        if (row->raw)
            printf (" %14.2f %-18s %7.2f x", reference, row->reference, ratio);
        printf ("\n");
    } else {
        printf ("%s\n  { \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"", first ? "[" : ",",
                row->name, value, row->unit);
        if (row->raw)
            printf (", \"reference\": \"%s\", \"reference_value\": %.6g, \"ratio\": %.4g",
                    row->reference, reference, ratio);
        printf (" }");
    }
    fflush (stdout);
}

/*  The ratio is the median of the ratios of neighbours in time, which drift together. */
static bool run_row (const options_t *options, const bench_case_t *row, bool first)
{
    double work[BENCH_PAIRS_MAX], raw[BENCH_PAIRS_MAX], ratio[BENCH_PAIRS_MAX];

    bench_case_t sized = *row;
    if (options->count > 0)
        sized.count = options->count;
    for (int i = 0; i < options->pairs; i++) {
        raw[i] = row->raw ? row->raw (&sized) : 1;
        work[i] = row->work (&sized);
        ratio[i] = work[i] / raw[i];
        if (isnan (work[i]) || isnan (raw[i]))
            return false;
    }
    if (options->markdown)
        print_markdown (row, median (work, options->pairs), median (raw, options->pairs),
                        median (ratio, options->pairs));
    else
        print_row (options, row, median (work, options->pairs), median (raw, options->pairs),
                   median (ratio, options->pairs), first);
    return true;
}

static bool parse (int argc, char **argv, options_t *options)
{
    *options = (options_t){ .pairs = 5, .group = "" };
    for (int i = 1; i < argc; i++) {
        if (strcmp (argv[i], "--json") == 0)
            options->json = true;
        else if (strcmp (argv[i], "--markdown") == 0)
            options->markdown = true;
        else if (strcmp (argv[i], "--cpu") == 0)
            bench_show_cpu = true;
        else if (strcmp (argv[i], "--pairs") == 0 && i + 1 < argc)
            options->pairs = atoi (argv[++i]);
        else if (strcmp (argv[i], "--count") == 0 && i + 1 < argc)
            options->count = strtoull (argv[++i], NULL, 10);
        else if (argv[i][0] != '-')
            options->group = argv[i];
        else
            return false;
    }
    return options->pairs >= 1 && options->pairs <= BENCH_PAIRS_MAX;
}

int main (int argc, char **argv)
{
    options_t options;
    bool good = true, first = true, known = false;

    if (!parse (argc, argv, &options)) {
        fprintf (stderr,
                 "usage: muster-bench [--json | --markdown] [--cpu] [--pairs 1…%d] [--count N] "
                 "[NAME or its "
                 "beginning]\n",
                 BENCH_PAIRS_MAX);
        return 2;
    }
    if (!options.json && !options.markdown)
        printf ("%-21s %11s %-11s %14s %-18s %9s\n", "name", "value", "unit", "reference", "",
                "ratio");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strncmp (cases[i].name, options.group, strlen (options.group)) != 0)
            continue;
        known = true;
        bool row_good = run_row (&options, &cases[i], first);
        first = first && !row_good;
        good = good && row_good;
    }
    if (options.json)
        printf ("%s\n", first ? "[]" : "\n]");
    if (!known)
        fprintf (stderr, "muster-bench: no row is named \"%s…\"\n", options.group);
    return good && !first ? 0 : 1;
}
