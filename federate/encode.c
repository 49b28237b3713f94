/*  <muster/encoding.h>, the part with a federate: values by the data types of its object model. The
    codec is made when the first value needs it. */
#include "federate/shell.h"
#include "base/error.h"

static mst_err_t find_codec (federate_shell_t *shell, const char *type_name, uint32_t *type)
{
    mst_err_t err = MST_OK;
    base_assert (shell != NULL && type_name != NULL);
    if (!shell->codec)
        err = fom_codec_new (federate_core_model (shell->core), &shell->codec);
    return err ? err : fom_codec_find (shell->codec, type_name, type);
}

static mst_err_t give_bytes (const base_buffer_t *bytes, void *buffer, size_t *size_bytes)
{
    size_t room = buffer ? *size_bytes : 0;
    *size_bytes = bytes->size_bytes;
    if (bytes->size_bytes > room)
        return base_error (MST_E_LIMIT, "the value takes %zu bytes, the buffer has %zu",
                           bytes->size_bytes, room);
    if (bytes->size_bytes > 0)
        memcpy (buffer, bytes->data, bytes->size_bytes);
    return MST_OK;
}

mst_err_t mst_encode (mst_federate_t fed, const char *type_name, const char *json, void *buffer,
                      size_t *size_bytes)
{
    federate_shell_t *shell;
    base_buffer_t bytes;
    uint32_t type = FOM_NONE;

    if (!type_name || !json || !size_bytes)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a data type, a JSON text and the buffer's size are needed");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    base_buffer_init (&bytes);
    err = find_codec (shell, type_name, &type);
    if (!err)
        err = fom_codec_from_json (shell->codec, type, json, strlen (json), &bytes);
    if (!err)
        err = give_bytes (&bytes, buffer, size_bytes);
    base_buffer_fini (&bytes);
    return federate_leave (shell, err);
}

static mst_err_t give_text (const base_buffer_t *text, char *json, size_t json_size_bytes,
                            size_t *needed_bytes)
{
    size_t room = json ? json_size_bytes : 0;
    if (needed_bytes)
        *needed_bytes = text->size_bytes + 1;
    if (text->size_bytes >= room)
        return base_error (MST_E_LIMIT,
                           "the text takes %zu bytes with its zero, the buffer has %zu",
                           text->size_bytes + 1, room);
    memcpy (json, text->data, text->size_bytes);
    json[text->size_bytes] = '\0';
    return MST_OK;
}

mst_err_t mst_decode (mst_federate_t fed, const char *type_name, const void *data,
                      size_t size_bytes, char *json, size_t json_size_bytes, size_t *needed_bytes)
{
    federate_shell_t *shell;
    base_buffer_t text;
    uint32_t type = FOM_NONE;

    if (json && json_size_bytes > 0)
        json[0] = '\0';
    if (!type_name || (!data && size_bytes > 0))
        return base_error (MST_E_INVALID_ARGUMENT, "a data type and the value's bytes are needed");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    base_buffer_init (&text);
    err = find_codec (shell, type_name, &type);
    if (!err)
        err = fom_codec_to_json (shell->codec, type, data, size_bytes, &text);
    if (!err)
        err = give_text (&text, json, json_size_bytes, needed_bytes);
    base_buffer_fini (&text);
    return federate_leave (shell, err);
}
