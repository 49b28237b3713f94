/*  state.c: replicated state; nanoseconds, bytes, seconds of virtual time. */
#ifndef BENCH_STATE_H
#define BENCH_STATE_H

#include "bench/bench.h"

double bench_state_increment (const bench_case_t *self);
double bench_state_bare_increment (const bench_case_t *self);
double bench_state_add (const bench_case_t *self);
double bench_state_add_new (const bench_case_t *self);
double bench_state_bare_map (const bench_case_t *self);
double bench_state_bare_map_new (const bench_case_t *self);
double bench_state_lww (const bench_case_t *self);
double bench_state_bare_copy (const bench_case_t *self);
double bench_state_map_set (const bench_case_t *self);
double bench_state_encode (const bench_case_t *self);
double bench_state_decode (const bench_case_t *self);
double bench_state_bare_bytes (const bench_case_t *self);
double bench_state_set_memory (const bench_case_t *self);
double bench_state_map_memory (const bench_case_t *self);
double bench_state_converge (const bench_case_t *self);      /* the slowest of `count` seeds */
double bench_state_converge_half (const bench_case_t *self); /* … with half the messages lost */

#define STATE_ROW(work_, raw_, bare, n)                                                            \
    .unit = "ns", .reference = (bare), .count = (n), .work = (work_), .raw = (raw_)

/*  The rows, for the table in main.c. */
#define BENCH_STATE_ROWS                                                                           \
    { .name = "state_gcounter_add",                                                                \
      STATE_ROW (bench_state_increment, bench_state_bare_increment, "bare increment",              \
                 100000000) },                                                                     \
        { .name = "state_orset_add",                                                               \
          STATE_ROW (bench_state_add, bench_state_bare_map, "hash map, set", 10000000) },          \
        { .name = "state_orset_new",                                                               \
          STATE_ROW (bench_state_add_new, bench_state_bare_map_new, "hash map, insert",            \
                     10000000) },                                                                  \
        { .name = "state_lww_set",                                                                 \
          STATE_ROW (bench_state_lww, bench_state_bare_copy, "bare copy", 100000000) },            \
        { .name = "state_ormap_set",                                                               \
          STATE_ROW (bench_state_map_set, bench_state_bare_map, "hash map, set", 20000000) },      \
        { .name = "state_encode_8",                                                                \
          STATE_ROW (bench_state_encode, bench_state_bare_bytes, "bare copy", 20000000) },         \
        { .name = "state_decode_8",                                                                \
          STATE_ROW (bench_state_decode, bench_state_bare_bytes, "bare copy", 20000000) },         \
        { .name = "state_orset_memory",                                                            \
          .unit = "bytes",                                                                         \
          .count = 1000000,                                                                        \
          .work = bench_state_set_memory },                                                        \
        { .name = "state_ormap_memory",                                                            \
          .unit = "bytes",                                                                         \
          .count = 1000000,                                                                        \
          .work = bench_state_map_memory },                                                        \
        { .name = "state_converge", .unit = "s", .count = 20, .work = bench_state_converge },      \
    {                                                                                              \
        .name = "state_converge_half", .unit = "s", .count = 20, .work = bench_state_converge_half \
    }

#endif
