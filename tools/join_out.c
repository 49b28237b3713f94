/*  What the runtime tells, as JSON lines. A line of up to 4 KiB is one write, so that several
   federates may share a pipe; when nobody reads any more, the federate leaves. */
#include "tools/join_own.h"
#include "base/alloc.h"
#include "tools/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*  Text ------------------------------------------------------------------------------------------
 */

/*  Without memory a line is left out; the loss is told at the end by the library's next error. */
static void add (join_t *self, const char *text)
{
    (void) base_buffer_append (&self->line, text, strlen (text));
}

static void add_string (join_t *self, const char *text)
{
    add (self, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char) *text;
        if (c == '"' || c == '\\')
            (void) tools_text_append (&self->line, "\\%c", c);
        else if (c < ' ')
            (void) tools_text_append (&self->line, "\\u%04x", c);
        else
            (void) base_buffer_append (&self->line, text, 1);
    }
    add (self, "\"");
}

static void add_key (join_t *self, const char *key)
{
    add (self, ",\"");
    add (self, key);
    add (self, "\":");
}

static void add_pair (join_t *self, const char *key, const char *text)
{
    add_key (self, key);
    if (text)
        add_string (self, text);
    else
        add (self, "null");
}

static void add_number (join_t *self, const char *key, int64_t number)
{
    add_key (self, key);
    (void) tools_text_append (&self->line, "%" PRId64, number);
}

/*  A time as people write it: of HLAfloat64Time the number, in as many digits as tell it from its
    neighbours. */
static void add_time (join_t *self, mst_time_t time)
{
    char text[32];
    double number = mst_time_to_double (time);
    if (self->time_type != MST_TIME_FLOAT64) {
        add_number (self, "time", time);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void) snprintf (text, sizeof text, "%.*g", digits, number);
        if (strtod (text, NULL) == number)
            break;
    }
    add_key (self, "time");
    add (self, isfinite (number) ? text : "null");
}

static void add_truth (join_t *self, const char *key, bool truth)
{
    add_key (self, key);
    add (self, truth ? "true" : "false");
}

static void add_hex (join_t *self, const void *data, size_t size_bytes)
{
    const unsigned char *bytes = data;
    add (self, "\"");
    for (size_t i = 0; i < size_bytes; i++)
        (void) tools_text_append (&self->line, "%02x", bytes[i]);
    add (self, "\"");
}

/*  Lines -----------------------------------------------------------------------------------------
 */

static void begin (join_t *self, const char *event)
{
    pthread_mutex_lock (&self->mutex);
    base_buffer_clear (&self->line);
    add (self, "{\"event\":");
    add_string (self, event);
}

static void wake (join_t *self)
{
    pthread_cond_broadcast (&self->changed);
    ssize_t written = write (self->alarm, "", 1); /* full: it is awake anyway */
    (void) written;
}

/*  With the mutex held. A reader that is slow holds everything up, but not the signal that is to
   end it: so it is asked first whether a piece that pipes take whole can be written. */
static void put_line (join_t *self)
{
    const uint8_t *at = self->line.data;
    size_t left = self->line.size_bytes;
    while (left > 0 && !self->closed) {
        struct pollfd room = { self->options->out, POLLOUT, 0 };
        int ready = poll (&room, 1, JOIN_LOOK_MS);
        if (ready == 0 && *self->options->stop)
            self->closed = true;
        if (ready <= 0)
            continue;
        ssize_t written = write (self->options->out, at, left < PIPE_BUF ? left : PIPE_BUF);
        if (written >= 0) {
            at += written;
            left -= (size_t) written;
        } else if (errno != EINTR && errno != EAGAIN) {
            self->broken = errno == EPIPE ? 0 : errno;
            self->closed = true;
        }
    }
    if (self->closed)
        wake (self);
}

static void end (join_t *self)
{
    add (self, "}\n");
    put_line (self);
    pthread_mutex_unlock (&self->mutex);
}

void join_tell (join_t *self, const char *event, const char *key, const char *name)
{
    begin (self, event);
    if (strcmp (event, "joined") == 0)
        add_pair (self, "federation", self->options->federation);
    if (key)
        add_pair (self, key, name);
    end (self);
}

/*  Values ----------------------------------------------------------------------------------------
 */

/*  Room for the text grows to the largest seen. */
static bool decode (join_t *self, const char *type, const mst_value_t *value)
{
    size_t needed = 0;
    if (!type || type[0] == '\0')
        return false;
    for (int tries = 0; tries < 2; tries++) {
        mst_err_t err = mst_decode (self->fed, type, value->data, value->size_bytes,
                                    (char *) self->text.data, self->text.capacity_bytes, &needed);
        if (!err)
            return true;
        if (err != MST_E_LIMIT || base_buffer_reserve (&self->text, needed))
            return false;
    }
    return false;
}

/*  What cannot be decoded is shown as {"hex":"…"}. */
static void add_value (join_t *self, const char *name, const char *type, const mst_value_t *value,
                       bool first)
{
    if (!first)
        add (self, ",");
    add_string (self, name ? name : "?");
    add (self, ":");
    if (decode (self, type, value)) {
        add (self, (const char *) self->text.data);
        return;
    }
    add (self, "{\"hex\":");
    add_hex (self, value->data, value->size_bytes);
    add (self, "}");
}

static void add_values (join_t *self, const mst_reception_t *what, bool interaction)
{
    add_key (self, interaction ? "parameters" : "attributes");
    add (self, "{");
    for (size_t i = 0; i < what->value_count; i++) {
        const mst_value_t *value = &what->values[i];
        mst_attribute_t attribute = { value->handle };
        mst_parameter_t parameter = { value->handle };
        if (interaction)
            add_value (self, mst_parameter_name (self->fed, what->interaction, parameter),
                       mst_parameter_type (self->fed, what->interaction, parameter), value, i == 0);
        else
            add_value (self, mst_attribute_name (self->fed, what->object_class, attribute),
                       mst_attribute_type (self->fed, what->object_class, attribute), value,
                       i == 0);
    }
    add (self, "}");
}

static void add_reception (join_t *self, const mst_reception_t *what)
{
    add_pair (self, "sender", what->sender_name);
    if (what->time != MST_TIME_NONE)
        add_time (self, what->time);
    add_pair (self, "order", what->order == MST_ORDER_TIMESTAMP ? "timestamp" : "receive");
    if (what->tag_size_bytes > 0) {
        add_key (self, "tag");
        add_hex (self, what->tag, what->tag_size_bytes);
    }
}

/*  With the mutex held. */
static void count_message (join_t *self)
{
    self->joined.messages++;
    if (self->options->count == 0 || self->joined.messages < self->options->count)
        return;
    self->done = true;
    wake (self);
}

/*  Beyond the count nothing is shown: `--count 3` prints three. */
static bool enough (const join_t *self)
{
    return self->options->count > 0 && self->joined.messages >= self->options->count;
}

/*  Objects and interactions ----------------------------------------------------------------------
 */

/*  Without memory the name is missing later: null. */
static void remember (join_t *self, mst_object_t object, const char *name)
{
    char *copy = base_strdup (name ? name : "");
    if (copy && base_map_set_pointer (&self->names, object.id, copy))
        base_free (copy);
}

static void forget (join_t *self, mst_object_t object)
{
    base_free (base_map_pointer (&self->names, object.id));
    (void) base_map_remove (&self->names, object.id);
}

static void on_discovered (void *user, mst_federate_t fed, const mst_discovery_t *what)
{
    join_t *self = user;
    begin (self, "discovered");
    remember (self, what->object, what->name);
    add_pair (self, "object", what->name);
    add_pair (self, "class", mst_class_name (fed, what->object_class));
    add_pair (self, "sender", what->producer_name);
    end (self);
}

/*  Ends the line of a message and counts it; one beyond --count is not shown. */
static void end_message (join_t *self)
{
    if (enough (self))
        base_buffer_clear (&self->line);
    else
        add (self, "}\n");
    put_line (self);
    count_message (self);
    pthread_mutex_unlock (&self->mutex);
}

static void on_reflected (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    join_t *self = user;
    begin (self, "reflected");
    add_pair (self, "object", mst_object_name (fed, what->object));
    add_pair (self, "class", mst_class_name (fed, what->object_class));
    add_reception (self, what);
    add_values (self, what, false);
    end_message (self);
}

static void on_received (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    join_t *self = user;
    begin (self, "received");
    add_pair (self, "interaction", mst_interaction_name (fed, what->interaction));
    add_reception (self, what);
    add_values (self, what, true);
    end_message (self);
}

static void on_removed (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    join_t *self = user;
    begin (self, "removed");
    add_pair (self, "object", base_map_pointer (&self->names, what->object.id));
    forget (self, what->object);
    add_pair (self, "class", mst_class_name (fed, what->object_class));
    add_reception (self, what);
    end (self);
}

static void on_provide_update (void *user, mst_federate_t fed, mst_object_t object,
                               uint64_t attributes)
{
    join_t *self = user;
    mst_class_t of = { 0 };
    bool first = true;
    (void) mst_object_class (fed, object, &of);
    begin (self, "update requested");
    add_pair (self, "object", mst_object_name (fed, object));
    add_key (self, "attributes");
    add (self, "[");
    for (uint32_t id = 1; id <= 64; id++) {
        if (!(attributes >> (id - 1) & 1))
            continue;
        const char *name = mst_attribute_name (fed, of, (mst_attribute_t){ id });
        add (self, first ? "" : ",");
        add_string (self, name ? name : "?");
        first = false;
    }
    add (self, "]");
    end (self);
}

/*  Time ------------------------------------------------------------------------------------------
 */

static void time_service (join_t *self, const char *event, mst_time_t time)
{
    begin (self, event);
    add_time (self, time);
    end (self);
    pthread_mutex_lock (&self->mutex);
    self->now = time;
    self->pending--;
    wake (self);
    pthread_mutex_unlock (&self->mutex);
}

static void on_regulation (void *user, mst_federate_t fed, mst_time_t time)
{
    (void) fed;
    time_service (user, "regulating", time);
}

static void on_constrained (void *user, mst_federate_t fed, mst_time_t time)
{
    (void) fed;
    time_service (user, "constrained", time);
}

static void on_granted (void *user, mst_federate_t fed, mst_time_t time)
{
    join_t *self = user;
    (void) fed;
    begin (self, "granted");
    add_time (self, time);
    end (self);
    pthread_mutex_lock (&self->mutex);
    self->now = time;
    self->advancing = false;
    mst_time_t until = self->until;
    self->done = self->done || (until != MST_TIME_NONE && time >= until);
    bool goes_on = !self->done && join_steps_itself (self->options);
    wake (self);
    pthread_mutex_unlock (&self->mutex);
    if (goes_on)
        join_next_time (self);
}

/*  The federation --------------------------------------------------------------------------------
 */

static void on_point_registered (void *user, mst_federate_t fed, const char *label, bool succeeded,
                                 const char *reason)
{
    join_t *self = user;
    (void) fed;
    begin (self, "point registered");
    add_pair (self, "point", label);
    add_truth (self, "succeeded", succeeded);
    if (!succeeded)
        add_pair (self, "reason", reason);
    end (self);
}

static void on_announced (void *user, mst_federate_t fed, const char *label, const void *tag,
                          size_t tag_size_bytes)
{
    join_t *self = user;
    (void) fed;
    begin (self, "point announced");
    add_pair (self, "point", label);
    if (tag_size_bytes > 0) {
        add_key (self, "tag");
        add_hex (self, tag, tag_size_bytes);
    }
    end (self);
}

static void on_synchronized (void *user, mst_federate_t fed, const char *label,
                             const mst_federate_id_t *failed, size_t failed_count)
{
    join_t *self = user;
    begin (self, "synchronized");
    add_pair (self, "point", label);
    add_key (self, "failed");
    add (self, "[");
    for (size_t i = 0; i < failed_count; i++) {
        const char *name = mst_federate_name (fed, failed[i]);
        add (self, i > 0 ? "," : "");
        add_string (self, name ? name : "?");
    }
    add (self, "]");
    end (self);
}

static void on_name_reserved (void *user, mst_federate_t fed, const char *name, bool succeeded)
{
    join_t *self = user;
    (void) fed;
    pthread_mutex_lock (&self->mutex);
    if (self->reserving && strcmp (self->reserving, name) == 0) {
        self->reserving = NULL;
        self->reserved = succeeded;
        wake (self);
    }
    pthread_mutex_unlock (&self->mutex);
}

static void federate_line (join_t *self, const char *event, const char *name, mst_time_t time,
                           const char *reason)
{
    begin (self, event);
    add_pair (self, "federate", name);
    if (time != MST_TIME_NONE && time != MST_TIME_NEVER) /* never: it had no time */
        add_time (self, time);
    if (reason)
        add_pair (self, "reason", reason);
    end (self);
}

static void on_federate_joined (void *user, mst_federate_t fed, mst_federate_id_t id,
                                const char *name)
{
    (void) fed, (void) id;
    federate_line (user, "federate joined", name, MST_TIME_NONE, NULL);
}

static void on_federate_resigned (void *user, mst_federate_t fed, mst_federate_id_t id,
                                  const char *name)
{
    (void) fed, (void) id;
    federate_line (user, "federate resigned", name, MST_TIME_NONE, NULL);
}

static void on_federate_lost (void *user, mst_federate_t fed, mst_federate_id_t id,
                              const char *name, mst_time_t time, const char *reason)
{
    (void) fed, (void) id;
    federate_line (user, "federate lost", name, time, reason);
}

static void on_refused (void *user, mst_federate_t fed, mst_err_t err, const char *text)
{
    join_t *self = user;
    (void) fed;
    begin (self, "refused");
    add_pair (self, "error", mst_error_name (err));
    add_pair (self, "reason", text);
    end (self);
}

static void on_connection_lost (void *user, mst_federate_t fed, const char *reason)
{
    join_t *self = user;
    (void) fed;
    join_tell (self, "connection lost", "reason", reason);
    pthread_mutex_lock (&self->mutex);
    self->lost = true;
    wake (self);
    pthread_mutex_unlock (&self->mutex);
}

void join_callbacks (mst_callbacks_t *callbacks)
{
    *callbacks = (mst_callbacks_t){
        .discovered = on_discovered,
        .reflected = on_reflected,
        .received = on_received,
        .removed = on_removed,
        .provide_update = on_provide_update,
        .regulation_enabled = on_regulation,
        .constrained_enabled = on_constrained,
        .granted = on_granted,
        .point_registered = on_point_registered,
        .point_announced = on_announced,
        .synchronized = on_synchronized,
        .name_reserved = on_name_reserved,
        .federate_joined = on_federate_joined,
        .federate_resigned = on_federate_resigned,
        .federate_lost = on_federate_lost,
        .refused = on_refused,
        .connection_lost = on_connection_lost,
    };
}
