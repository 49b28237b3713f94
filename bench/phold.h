/*  phold.c: events between logical processes; million committed events a second. */
#ifndef BENCH_PHOLD_H
#define BENCH_PHOLD_H

#include "bench/bench.h"

double bench_phold_seq (const bench_case_t *row);
double bench_phold_cons (const bench_case_t *row);
double bench_phold_opt (const bench_case_t *row);
double bench_phold_memory (const bench_case_t *row); /* MB */
double bench_phold_bare (const bench_case_t *row);

#define PHOLD_ROW(name_, work_, processes, workers, bar_)                                          \
    {                                                                                              \
        .name = (name_), .unit = "million/s", .higher_is_better = true, .bar = (bar_),             \
        .bar_of_value = true, .reference = "bare heap", .size_bytes = (processes),                 \
        .federates = (workers), .count = 24000000, .work = (work_), .raw = bench_phold_bare        \
    }

/*  The rows, for the table in main.c. */
#define BENCH_PHOLD_ROWS                                                                           \
    PHOLD_ROW ("phold_seq_1024", bench_phold_seq, 1024, 1, 9),                                     \
        PHOLD_ROW ("phold_seq_16384", bench_phold_seq, 16384, 1, 6),                               \
        PHOLD_ROW ("phold_seq_65536", bench_phold_seq, 65536, 1, 5),                               \
        PHOLD_ROW ("phold_cons_1024_2w", bench_phold_cons, 1024, 2, 12),                           \
        PHOLD_ROW ("phold_cons_16384_2w", bench_phold_cons, 16384, 2, 11),                         \
        PHOLD_ROW ("phold_cons_65536_2w", bench_phold_cons, 65536, 2, 9),                          \
        PHOLD_ROW ("phold_opt_1024_2w", bench_phold_opt, 1024, 2, 12),                             \
        PHOLD_ROW ("phold_opt_16384_1w", bench_phold_opt, 16384, 1, 0),                            \
        PHOLD_ROW ("phold_opt_16384_2w", bench_phold_opt, 16384, 2, 8),                            \
        PHOLD_ROW ("phold_opt_65536_2w", bench_phold_opt, 65536, 2, 6),                            \
        { .name = "phold_storm_16384_2w",                                                          \
          .unit = "million/s",                                                                     \
          .higher_is_better = true,                                                                \
          .bar = 2,                                                                                \
          .bar_of_value = true,                                                                    \
          .reference = "bare heap",                                                                \
          .size_bytes = 16384,                                                                     \
          .federates = 2,                                                                          \
          .count = 12000000,                                                                       \
          .random = true,                                                                          \
          .work = bench_phold_opt,                                                                 \
          .raw = bench_phold_bare },                                                               \
    {                                                                                              \
        .name = "phold_memory_16384_2w", .unit = "MB", .bar = 60, .size_bytes = 16384,             \
        .federates = 2, .count = 12000000, .work = bench_phold_memory                              \
    }

#endif
