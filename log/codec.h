/*  Compression of chunks: zstd, lz4 (frame format) and none. The contexts are kept between chunks.
 */
#ifndef LOG_CODEC_H
#define LOG_CODEC_H

#include "base/buffer.h"
#include "log/bytes.h"

typedef enum log_compression {
    LOG_COMPRESSION_ZSTD,
    LOG_COMPRESSION_LZ4,
    LOG_COMPRESSION_NONE
} log_compression_t;

typedef struct log_codec {
    struct ZSTD_CCtx_s *zstd_packer; /* made when first needed */
    struct ZSTD_DCtx_s *zstd_unpacker;
} log_codec_t;

void log_codec_init (log_codec_t *self);
void log_codec_fini (log_codec_t *self);

/*  The format's name for it: "zstd", "lz4", "". */
log_span_t log_compression_name (log_compression_t compression);

/*  Replaces what `out` holds. Errors: MST_E_NO_MEMORY. */
mst_err_t log_codec_pack (log_codec_t *self, log_compression_t compression, int level,
                          base_buffer_t *out, log_span_t plain);

/*  Replaces what `out` holds by exactly plain_bytes, which the caller has checked against a limit.
    Errors: MST_E_NO_MEMORY, MST_E_NOT_SUPPORTED (another compression), MST_E_FILE_CORRUPT. */
mst_err_t log_codec_unpack (log_codec_t *self, log_span_t compression, base_buffer_t *out,
                            log_span_t packed, size_t plain_bytes);

#endif
