/*  The part of msgpack that a recording uses, in its shortest form: nil, integers, text, bytes,
    arrays and maps. Writing goes to room that the caller has made (LOG_PACK_HEAD_BYTES and the
    payload for each item); reading trusts nothing. */
#ifndef LOG_PACK_H
#define LOG_PACK_H

#include "log/bytes.h"

enum { LOG_PACK_HEAD_BYTES = 9 }; /* the longest head of any item; a number is all head */

uint8_t *log_pack_nil (uint8_t *at);
uint8_t *log_pack_uint (uint8_t *at, uint64_t value);
uint8_t *log_pack_int (uint8_t *at, int64_t value);
uint8_t *log_pack_text (uint8_t *at, log_span_t text);
uint8_t *log_pack_bytes (uint8_t *at, log_span_t bytes);
uint8_t *log_pack_array (uint8_t *at, uint32_t count);
uint8_t *log_pack_map (uint8_t *at, uint32_t count);

/*  Each takes the next item when it has the right type and fits, in any of msgpack's widths; else
    the cursor goes bad. */
uint64_t log_unpack_uint (log_cursor_t *from);
int64_t log_unpack_int (log_cursor_t *from);
log_span_t log_unpack_text (log_cursor_t *from);
log_span_t log_unpack_bytes (log_cursor_t *from);
uint32_t log_unpack_array (log_cursor_t *from);
uint32_t log_unpack_map (log_cursor_t *from);

/*  True, and nil is taken, when nil is next. */
bool log_unpack_nil (log_cursor_t *from);

#endif
