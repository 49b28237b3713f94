/*  Joining, declaring, and the loop that reads lines until something ends it. */
#include "tools/join_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/nearest.h"

#include <errno.h>
#include <float.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*  Waiting ---------------------------------------------------------------------------------------
 */

static int64_t now_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_late (const join_t *self)
{
    return self->deadline_ms > 0 && now_ms () >= self->deadline_ms;
}

/*  With the mutex held. */
static bool is_over (const join_t *self)
{
    return self->done || self->lost || self->closed || *self->options->stop || is_late (self);
}

bool join_over (join_t *self)
{
    pthread_mutex_lock (&self->mutex);
    bool over = is_over (self);
    pthread_mutex_unlock (&self->mutex);
    return over;
}

/*  A signal does not wake a condition: it is looked at now and then. flag NULL: until anything
    changes. */
bool join_wait (join_t *self, const bool *flag, bool wanted)
{
    struct timespec until;
    if (is_over (self))
        return false;
    if (flag && *flag == wanted)
        return true;
    clock_gettime (CLOCK_REALTIME, &until);
    until.tv_nsec += JOIN_LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void) pthread_cond_timedwait (&self->changed, &self->mutex, &until);
    return !is_over (self);
}

/*  Time ------------------------------------------------------------------------------------------
 */

/*  Whoever only listens goes on by itself; whoever holds others back is told when. */
bool join_steps_itself (const tools_join_options_t *options)
{
    return options->step > 0 || (options->constrained && !options->regulating);
}

static mst_time_t time_last (const join_t *self)
{
    return self->time_type == MST_TIME_FLOAT64 ? mst_time_from_double (DBL_MAX)
                                               : MST_TIME_NEVER - 1;
}

/*  A step further, at most `until`. */
static mst_time_t time_after (const join_t *self, mst_time_t until)
{
    mst_time_t to = until;
    if (self->time_type == MST_TIME_FLOAT64)
        to = mst_time_from_double (mst_time_to_double (self->now) + (double) self->options->step);
    else if (self->now < until - self->options->step)
        to = self->now + self->options->step;
    return to == MST_TIME_NONE || to > until ? until : to;
}

/*  From a callback, too. What fails here is told as a line: nobody waits for it. */
void join_next_time (join_t *self)
{
    const tools_join_options_t *options = self->options;
    mst_time_t until = self->until == MST_TIME_NONE ? time_last (self) : self->until;
    mst_err_t err;

    pthread_mutex_lock (&self->mutex);
    mst_time_t to = options->step > 0 ? time_after (self, until) : until;
    pthread_mutex_unlock (&self->mutex);
    err = options->step > 0 ? mst_time_advance_request (self->fed, to)
                            : mst_next_message_request (self->fed, to);
    if (err)
        join_tell (self, "refused", "reason", mst_error_text ());
}

static int64_t look_ms (const join_t *self)
{
    int64_t left_ms = self->deadline_ms > 0 ? self->deadline_ms - now_ms () : JOIN_LOOK_MS;
    return left_ms < 0 ? 0 : left_ms < JOIN_LOOK_MS ? left_ms : JOIN_LOOK_MS;
}

mst_err_t join_synchronize (join_t *self, const char *point, size_t federates)
{
    mst_err_t err;
    do
        err = mst_synchronize (self->fed, point, federates, look_ms (self));
    while (err == MST_E_TIMEOUT && !join_over (self));
    if (err == MST_E_TIMEOUT && is_late (self))
        return base_error (err,
                           "synchronization point \"%s\": %zu federates have not passed it within "
                           "the time limit",
                           point, federates);
    return join_over (self) ? MST_OK : err;
}

/*  Requests a time service and waits until it is on; one at a time, as the standard has it. */
static mst_err_t enable (join_t *self, bool regulation)
{
    pthread_mutex_lock (&self->mutex);
    self->pending++;
    pthread_mutex_unlock (&self->mutex);
    mst_err_t err = regulation ? mst_enable_regulation (self->fed, self->lookahead)
                               : mst_enable_constrained (self->fed);
    pthread_mutex_lock (&self->mutex);
    while (!err && self->pending > 0 && join_wait (self, NULL, false))
        continue;
    pthread_mutex_unlock (&self->mutex);
    return err;
}

/*  When this returns, time services are on and what is to be waited for has come. */
static mst_err_t begin (join_t *self)
{
    const tools_join_options_t *options = self->options;
    mst_err_t err = options->regulating ? enable (self, true) : MST_OK;
    if (!err && options->constrained && !join_over (self))
        err = enable (self, false);
    if (!err && options->point && !join_over (self))
        err = join_synchronize (self, options->point, options->federates);
    if (!err && join_steps_itself (options) && !join_over (self))
        join_next_time (self);
    return err;
}

/*  Declaring -------------------------------------------------------------------------------------
 */

/*  A class by its short and its full name. */
static void consider (base_nearest_t *nearest, const char *name)
{
    const char *dot = strrchr (name, '.');
    base_nearest_consider (nearest, dot ? dot + 1 : name);
    base_nearest_consider (nearest, name);
}

/*  Neither of objects nor of interactions: with the nearest of both. */
static mst_err_t unknown (join_t *self, const char *name)
{
    base_nearest_t nearest;
    base_nearest_init (&nearest, name);
    for (uint32_t id = 1; id <= mst_class_count (self->fed); id++)
        consider (&nearest, mst_class_name (self->fed, (mst_class_t){ id }));
    for (uint32_t id = 1; id <= mst_interaction_count (self->fed); id++)
        consider (&nearest, mst_interaction_name (self->fed, (mst_interaction_class_t){ id }));
    return base_nearest_suggest (
        &nearest,
        base_error (MST_E_CLASS_UNKNOWN, "there is no object or interaction class \"%s\"", name));
}

/*  "Says.Text" of an interaction class, or a class that is not there: `before` stands before the
    last dot. */
static mst_err_t not_an_object (join_t *self, const char *text, const char *before)
{
    mst_interaction_class_t of;
    if (mst_interaction_find (self->fed, before, &of) != MST_OK)
        return unknown (self, before);
    if (strcmp (before, "HLAinteractionRoot") == 0)
        return unknown (self, text);
    return base_error (MST_E_CLASS_UNKNOWN,
                       "%s: \"%s\" is an interaction class, of which no parameters are chosen: "
                       "give the class alone",
                       text, before);
}

typedef mst_err_t declare_objects_t (mst_federate_t, mst_class_t, const mst_attribute_t *, size_t);
typedef mst_err_t declare_interaction_t (mst_federate_t, mst_interaction_class_t);

/*  "Class.A,B" at its last dot before the first comma. */
static mst_err_t declare_some (join_t *self, const char *text, declare_objects_t *objects)
{
    char name[1024], *comma, *dot;
    mst_attribute_t attributes[64];
    mst_class_t of;
    size_t count = 0;

    (void) snprintf (name, sizeof name, "%s", text);
    comma = strchr (name, ',');
    if (comma)
        *comma = '\0';
    dot = strrchr (name, '.');
    if (!dot)
        return unknown (self, name);
    *dot = '\0';
    if (mst_class_find (self->fed, name, &of) != MST_OK)
        return not_an_object (self, text, name);
    mst_err_t err = MST_OK;
    if (comma)
        *comma = ',';
    char *rest = dot + 1;
    for (char *word = strtok_r (rest, ",", &rest); !err && word;
         word = strtok_r (NULL, ",", &rest)) {
        if (count == 64)
            return base_error (MST_E_LIMIT, "more than 64 attributes: %s", text);
        err = mst_attribute_find (self->fed, of, word, &attributes[count++]);
    }
    return err ? err : objects (self->fed, of, attributes, count);
}

/*  All classes but the standard's own. */
static mst_err_t declare_all (join_t *self, declare_objects_t *objects,
                              declare_interaction_t *interaction)
{
    mst_err_t err = MST_OK;
    for (uint32_t id = 1; !err && id <= mst_class_count (self->fed); id++)
        if (!strstr (mst_class_name (self->fed, (mst_class_t){ id }), ".HLA") && id > 1)
            err = objects (self->fed, (mst_class_t){ id }, NULL, 0);
    for (uint32_t id = 2; !err && id <= mst_interaction_count (self->fed); id++) {
        mst_interaction_class_t of = { id };
        if (!strstr (mst_interaction_name (self->fed, of), ".HLA"))
            err = interaction (self->fed, of);
    }
    return err;
}

/*  A class of objects, of interactions, or some attributes of one. */
static mst_err_t declare (join_t *self, const char *text, declare_objects_t *objects,
                          declare_interaction_t *interaction)
{
    mst_class_t of;
    mst_interaction_class_t sent;

    if (strcmp (text, "*") == 0)
        return declare_all (self, objects, interaction);
    mst_err_t err = mst_class_find (self->fed, text, &of);
    if (!err)
        err = objects (self->fed, of, NULL, 0);
    if (err && err != MST_E_CLASS_UNKNOWN)
        return err;
    if (mst_interaction_find (self->fed, text, &sent) == MST_OK)
        return interaction (self->fed, sent);
    if (!err)
        return MST_OK;
    return strchr (text, '.') || strchr (text, ',') ? declare_some (self, text, objects)
                                                    : unknown (self, text);
}

static mst_err_t declare_names (join_t *self, const tools_join_names_t *names,
                                declare_objects_t *objects, declare_interaction_t *interaction)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; !err && i < names->count; i++)
        err = declare (self, names->items[i], objects, interaction);
    return err;
}

/*  Input -----------------------------------------------------------------------------------------
 */

static bool reads_lines (const tools_join_options_t *options)
{
    return options->input || options->publish.count > 0 ||
           (options->regulating && options->step == 0);
}

/*  Does the end of the input end it? Not when something else was asked to. */
static bool ends_with_input (const tools_join_options_t *options)
{
    return options->until == MST_TIME_NONE && options->count == 0 && options->timeout_ms == 0;
}

static mst_err_t one_line (join_t *self, const char *text, size_t size_bytes)
{
    char complaint[1200];
    self->joined.lines++;
    mst_err_t err = join_line (self, text, size_bytes);
    if (!err)
        return MST_OK;
    self->joined.refused++;
    (void) snprintf (complaint, sizeof complaint, "line %llu: %s",
                     (unsigned long long) self->line_number, mst_error_text ());
    if (err == MST_E_CONNECTION_LOST)
        return base_error (err, "%s", complaint);
    if (self->options->strict) /* a line that is refused, not a command that is used wrongly */
        return base_error (MST_E_VALUE_MISFIT, "%s", complaint);
    self->options->complain (self->options->user, complaint);
    return MST_OK;
}

static bool is_blank (const char *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    return true;
}

/*  All whole lines that are there; at the end also what stands behind the last line end. */
static mst_err_t lines_of (join_t *self, bool at_end)
{
    size_t done = 0;
    mst_err_t err = MST_OK;
    while (!err && done < self->input.size_bytes && !join_over (self)) {
        const char *text = (const char *) self->input.data + done;
        size_t left = self->input.size_bytes - done;
        const char *end = memchr (text, '\n', left);
        if (!end && !at_end)
            break;
        size_t size_bytes = end ? (size_t) (end - text) : left;
        self->line_number++;
        if (!is_blank (text, size_bytes))
            err = one_line (self, text, size_bytes);
        done += size_bytes + (end != NULL);
    }
    if (done > 0) {
        memmove (self->input.data, self->input.data + done, self->input.size_bytes - done);
        self->input.size_bytes -= done;
    }
    if (!err && self->input.size_bytes > JOIN_LINE_BYTES_MAX)
        return base_error (MST_E_LIMIT, "line %llu is longer than JOIN_LINE_BYTES_MAX (%d)",
                           (unsigned long long) self->line_number + 1, JOIN_LINE_BYTES_MAX);
    return err;
}

static mst_err_t read_some (join_t *self, bool *at_end)
{
    enum { CHUNK = 1 << 16 };
    if (base_buffer_reserve (&self->input, CHUNK))
        return MST_E_NO_MEMORY;
    ssize_t got = read (self->options->in, self->input.data + self->input.size_bytes, CHUNK);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return MST_OK;
    *at_end = got <= 0;
    if (got > 0)
        self->input.size_bytes += (size_t) got;
    return lines_of (self, *at_end);
}

/*  The loop --------------------------------------------------------------------------------------
 */

static void drain (int fd)
{
    char bytes[64];
    ssize_t got = read (fd, bytes, sizeof bytes);
    (void) got;
}

static mst_err_t loop (join_t *self)
{
    const tools_join_options_t *options = self->options;
    bool reading = reads_lines (options);
    mst_err_t err = MST_OK;

    while (!err && !join_over (self)) {
        struct pollfd waits[] = { { self->alarmed, POLLIN, 0 },
                                  { options->wake, POLLIN, 0 },
                                  { reading ? options->in : -1, POLLIN, 0 } };
        int64_t left = self->deadline_ms > 0 ? self->deadline_ms - now_ms () : -1;
        if (self->deadline_ms > 0 && left <= 0)
            break;
        (void) poll (waits, 3, left < 0 ? -1 : left > 1000000 ? 1000000 : (int) left);
        if (waits[0].revents)
            drain (self->alarmed);
        if (waits[2].revents && reading) {
            bool at_end = false;
            err = read_some (self, &at_end);
            reading = !at_end;
            if (at_end && ends_with_input (options))
                break;
        }
    }
    self->joined.short_of = is_late (self) && self->joined.messages < options->count;
    if (!err && self->lost)
        err = base_error (MST_E_CONNECTION_LOST, "the connection to the RTI is lost");
    return err;
}

/*  The whole -------------------------------------------------------------------------------------
 */

/*  What the options say in numbers, in the federation execution's kind of time. */
static mst_time_t time_of (const join_t *self, mst_time_t number)
{
    return self->time_type == MST_TIME_FLOAT64 ? mst_time_from_double ((double) number) : number;
}

static mst_err_t learn_time (join_t *self)
{
    const tools_join_options_t *options = self->options;
    mst_wait_t wait;
    mst_err_t err = mst_time_explain (self->fed, &wait, NULL, 0);
    if (err)
        return err;
    self->time_type = wait.time_type;
    self->lookahead = time_of (self, options->lookahead);
    self->until = options->until == MST_TIME_NONE ? MST_TIME_NONE : time_of (self, options->until);
    return MST_OK;
}

static mst_err_t enter (join_t *self)
{
    const tools_join_options_t *options = self->options;
    mst_module_t modules[TOOLS_JOIN_NAMES_MAX];
    for (size_t i = 0; i < options->modules.count; i++)
        modules[i] = (mst_module_t){ .name = options->modules.items[i] };
    mst_join_options_t join = { .rti = options->rti,
                                .federation = options->federation,
                                .name = options->name,
                                .type = "muster-join",
                                .modules = modules,
                                .module_count = options->modules.count,
                                .user = self,
                                .model = MST_IMMEDIATE };
    join_callbacks (&join.callbacks);
    return mst_join (&join, &self->fed);
}

static mst_err_t stay (join_t *self)
{
    const tools_join_options_t *options = self->options;
    self->deadline_ms = options->timeout_ms > 0 ? now_ms () + options->timeout_ms : 0;
    mst_err_t err = declare_names (self, &options->publish, mst_publish, mst_publish_interaction);
    if (!err)
        err = declare_names (self, &options->subscribe, mst_subscribe, mst_subscribe_interaction);
    if (!err) {
        self->told = true;
        join_tell (self, "joined", "federate", mst_federate_name (self->fed, mst_self (self->fed)));
    }
    if (!err)
        err = begin (self);
    return err ? err : loop (self);
}

/*  Its objects go with it. A lost RTI is no second error. */
static mst_err_t leave (join_t *self, mst_err_t err)
{
    char first[1200];
    (void) snprintf (first, sizeof first, "%s", mst_error_text ());
    mst_err_t left = mst_resign (&self->fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST);
    if (!left && self->told && err != MST_E_CONNECTION_LOST)
        join_tell (self, "resigned", NULL, NULL);
    if (!err && self->broken)
        return base_error (MST_E_IO, "standard output cannot be written: %s",
                           strerror (self->broken));
    if (err)
        return base_error (err, "%s", first);
    return left;
}

static mst_err_t prepare (join_t *self, int ends[2])
{
    if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return base_error (MST_E_IO, "no pipe: %s", strerror (errno));
    self->alarmed = ends[0];
    self->alarm = ends[1];
    (void) pthread_mutex_init (&self->mutex, NULL);
    (void) pthread_cond_init (&self->changed, NULL);
    return base_buffer_reserve (&self->text, 4096);
}

mst_err_t tools_join (const tools_join_options_t *options, tools_joined_t *joined)
{
    join_t self = { .options = options };
    int ends[2];

    mst_err_t err = prepare (&self, ends);
    if (err)
        return err;
    err = enter (&self);
    if (!err)
        err = learn_time (&self);
    if (self.fed.generation != 0)
        err = leave (&self, err ? err : stay (&self));
    *joined = self.joined;
    BASE_MAP_EACH (&self.names, entry)
        base_free ((void *) (uintptr_t) entry->value);
    base_map_fini (&self.names);
    base_buffer_fini (&self.line);
    base_buffer_fini (&self.text);
    base_buffer_fini (&self.input);
    base_buffer_fini (&self.values);
    (void) pthread_mutex_destroy (&self.mutex);
    (void) pthread_cond_destroy (&self.changed);
    (void) close (ends[0]);
    (void) close (ends[1]);
    return err;
}
