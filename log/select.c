#include "log/select.h"
#include "base/check.h"

/*  "Ball" in "HLAobjectRoot.Ball.Foot": it begins at a part's beginning and ends at a part's end.
 */
bool log_class_within (log_span_t name, const char *chosen)
{
    base_assert (chosen != NULL);
    size_t length = strlen (chosen);
    for (size_t at = 0; at + length <= name.size_bytes; at++) {
        bool begins = at == 0 || name.data[at - 1] == '.';
        bool ends = at + length == name.size_bytes || name.data[at + length] == '.';
        if (begins && ends && memcmp (name.data + at, chosen, length) == 0)
            return length > 0;
    }
    return false;
}

bool log_select_class (const log_select_t *self, log_span_t name)
{
    base_assert (name.data != NULL || name.size_bytes == 0);
    if (!self || self->class_count == 0)
        return true;
    base_assert (self->classes != NULL);
    for (size_t i = 0; i < self->class_count; i++)
        if (log_class_within (name, self->classes[i]))
            return true;
    return false;
}

bool log_select_sender (const log_select_t *self, log_span_t name)
{
    base_assert (name.data != NULL || name.size_bytes == 0);
    if (!self || self->sender_count == 0)
        return true;
    base_assert (self->senders != NULL);
    for (size_t i = 0; i < self->sender_count; i++)
        if (log_span_is (name, log_text (self->senders[i])))
            return true;
    return false;
}

bool log_select_time (const log_select_t *self, uint64_t log_time_ns)
{
    if (!self)
        return true;
    base_assert (self->until_ns == 0 || self->from_ns <= self->until_ns);
    return log_time_ns >= self->from_ns && (self->until_ns == 0 || log_time_ns < self->until_ns);
}
