/*  Any bytes as a record of `muster state`: what is read writes to a record that reads the same. */
#include "tools/state_talk.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    tools_state_talk_t talk, again;
    base_buffer_t out = { 0 };
    if (tools_state_talk_read (&talk, data, size_bytes))
        return 0;
    base_assert (tools_state_talk_write (&talk, &out) == MST_OK);
    base_assert (tools_state_talk_read (&again, out.data, out.size_bytes) == MST_OK);
    base_assert (again.kind == talk.kind && again.operation == talk.operation &&
                 again.number == talk.number && log_span_is (again.path, talk.path) &&
                 log_span_is (again.value, talk.value) && log_span_is (again.more, talk.more));
    base_buffer_fini (&out);
    return 0;
}
