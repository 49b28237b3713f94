/*  Unpacking writes to a buffer of the claimed size and never past it, so that a small chunk that
    would unfold to gigabytes is stopped at its claim. */
#include "log/codec.h"
#include "log/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <lz4frame.h>
#include <zstd.h>
#include <zstd_errors.h>

void log_codec_init (log_codec_t *self)
{
    base_assert (self != NULL);
    *self = (log_codec_t){ 0 };
}

void log_codec_fini (log_codec_t *self)
{
    base_assert (self != NULL);
    (void) ZSTD_freeCCtx (self->zstd_packer);
    (void) ZSTD_freeDCtx (self->zstd_unpacker);
    *self = (log_codec_t){ 0 };
}

log_span_t log_compression_name (log_compression_t compression)
{
    switch (compression) {
    case LOG_COMPRESSION_ZSTD: return log_text ("zstd");
    case LOG_COMPRESSION_LZ4: return log_text ("lz4");
    case LOG_COMPRESSION_NONE: break;
    }
    return log_text ("");
}

static mst_err_t codec_pack_zstd (log_codec_t *self, int level, base_buffer_t *out,
                                  log_span_t plain)
{
    base_assert (self != NULL);
    base_assert (out != NULL);
    if (!self->zstd_packer)
        self->zstd_packer = ZSTD_createCCtx ();
    if (!self->zstd_packer)
        return base_alloc_error ();
    mst_err_t err = base_buffer_reserve (out, ZSTD_compressBound (plain.size_bytes));
    if (err)
        return err;
    size_t packed = ZSTD_compressCCtx (self->zstd_packer, out->data, out->capacity_bytes,
                                       plain.data, plain.size_bytes, level);
    if (ZSTD_isError (packed)) /* the room is enough, so only memory can be short */
        return base_alloc_error ();
    out->size_bytes = packed;
    return MST_OK;
}

static mst_err_t codec_pack_lz4 (int level, base_buffer_t *out, log_span_t plain)
{
    base_assert (out != NULL);
    LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
    preferences.compressionLevel = level;
    preferences.frameInfo.contentSize = plain.size_bytes;
    mst_err_t err =
        base_buffer_reserve (out, LZ4F_compressFrameBound (plain.size_bytes, &preferences));
    if (err)
        return err;
    size_t packed = LZ4F_compressFrame (out->data, out->capacity_bytes, plain.data,
                                        plain.size_bytes, &preferences);
    if (LZ4F_isError (packed))
        return base_alloc_error ();
    out->size_bytes = packed;
    return MST_OK;
}

mst_err_t log_codec_pack (log_codec_t *self, log_compression_t compression, int level,
                          base_buffer_t *out, log_span_t plain)
{
    base_assert (self != NULL);
    base_assert (out != NULL);
    base_assert (plain.size_bytes <= LOG_CHUNK_MAX_BYTES);
    base_buffer_clear (out);
    switch (compression) {
    case LOG_COMPRESSION_ZSTD: return codec_pack_zstd (self, level, out, plain);
    case LOG_COMPRESSION_LZ4: return codec_pack_lz4 (level, out, plain);
    case LOG_COMPRESSION_NONE: break;
    }
    return base_buffer_append (out, plain.data, plain.size_bytes);
}

static mst_err_t codec_corrupt (const char *what)
{
    base_assert (what != NULL);
    return base_error (MST_E_FILE_CORRUPT, "a chunk cannot be unpacked: %s", what);
}

static mst_err_t codec_unpack_zstd (log_codec_t *self, base_buffer_t *out, log_span_t packed,
                                    size_t plain_bytes)
{
    base_assert (self != NULL);
    base_assert (out != NULL);
    if (!self->zstd_unpacker)
        self->zstd_unpacker = ZSTD_createDCtx ();
    if (!self->zstd_unpacker)
        return base_alloc_error ();
    size_t plain = ZSTD_decompressDCtx (self->zstd_unpacker, out->data, plain_bytes, packed.data,
                                        packed.size_bytes);
    if (ZSTD_isError (plain)) {
        if (ZSTD_getErrorCode (plain) == ZSTD_error_memory_allocation)
            return base_alloc_error ();
        return codec_corrupt (ZSTD_getErrorName (plain));
    }
    if (plain != plain_bytes)
        return codec_corrupt ("it holds less than it claims");
    return MST_OK;
}

static mst_err_t codec_unpack_lz4 (base_buffer_t *out, log_span_t packed, size_t plain_bytes)
{
    base_assert (out != NULL);
    LZ4F_dctx *unpacker;
    if (LZ4F_isError (LZ4F_createDecompressionContext (&unpacker, LZ4F_VERSION)))
        return base_alloc_error ();
    size_t written = 0, taken = 0, more = 1;
    while (more != 0 && taken < packed.size_bytes) {
        size_t room = plain_bytes - written, step = packed.size_bytes - taken;
        more = LZ4F_decompress (unpacker, out->data + written, &room, packed.data + taken, &step,
                                NULL);
        written += room;
        taken += step;
        if (LZ4F_isError (more) || (room == 0 && step == 0))
            break;
    }
    (void) LZ4F_freeDecompressionContext (unpacker);
    if (more != 0 || written != plain_bytes || taken != packed.size_bytes)
        return codec_corrupt (LZ4F_isError (more) ? LZ4F_getErrorName (more)
                                                  : "its size is not what it claims");
    return MST_OK;
}

mst_err_t log_codec_unpack (log_codec_t *self, log_span_t compression, base_buffer_t *out,
                            log_span_t packed, size_t plain_bytes)
{
    base_assert (self != NULL);
    base_assert (out != NULL);
    base_assert (plain_bytes <= LOG_CHUNK_MAX_BYTES);
    base_buffer_clear (out);
    mst_err_t err = base_buffer_reserve (out, plain_bytes + 1); /* so that there are bytes at all */
    if (err)
        return err;
    if (compression.size_bytes == 0) {
        if (packed.size_bytes != plain_bytes)
            return codec_corrupt ("its size is not what it claims");
        memcpy (out->data, packed.data, plain_bytes);
    } else if (log_span_is (compression, log_text ("zstd")))
        err = codec_unpack_zstd (self, out, packed, plain_bytes);
    else if (log_span_is (compression, log_text ("lz4")))
        err = codec_unpack_lz4 (out, packed, plain_bytes);
    else
        err = base_error (MST_E_NOT_SUPPORTED,
                          "a chunk is compressed by \"%.*s\"; known are zstd, lz4",
                          (int) (compression.size_bytes & 0xff), compression.data);
    if (!err)
        out->size_bytes = plain_bytes;
    return err;
}
