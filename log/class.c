/*  {"name":"Ball","kind":"object","members":[{"name":"x","type":"HLAfloat64LE"}]}

    Written without blanks and always in this order; so it is any JSON parser's to read, and reading
    it back here takes none. */
#include "log/class.h"
#include "log/bytes.h"
#include "log/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_ESCAPE_BYTES = 8, CLASS_DIGITS = 4, CLASS_TEXT_MAX_BYTES = 1 << 20 };

static mst_err_t class_put (base_buffer_t *out, const char *text)
{
    base_assert (out != NULL);
    base_assert (text != NULL);
    return base_buffer_append (out, text, strlen (text));
}

/*  A JSON string; only what JSON demands is escaped. */
static mst_err_t class_put_string (base_buffer_t *out, const char *text)
{
    base_assert (out != NULL);
    mst_err_t err = class_put (out, "\"");
    for (const char *at = text ? text : ""; *at && !err; at++) {
        char escape[CLASS_ESCAPE_BYTES];
        if (*at == '"' || *at == '\\')
            (void) snprintf (escape, sizeof escape, "\\%c", *at);
        else if ((unsigned char) *at < 0x20)
            (void) snprintf (escape, sizeof escape, "\\u%04x", (unsigned) (unsigned char) *at);
        else
            (void) snprintf (escape, sizeof escape, "%c", *at);
        err = class_put (out, escape);
    }
    return err ? err : class_put (out, "\"");
}

static mst_err_t class_put_member (base_buffer_t *out, const log_member_t *member, bool first)
{
    base_assert (out != NULL);
    base_assert (member != NULL);
    mst_err_t err = class_put (out, first ? "{\"name\":" : ",{\"name\":");
    if (!err)
        err = class_put_string (out, member->name);
    if (!err)
        err = class_put (out, ",\"type\":");
    if (!err)
        err = class_put_string (out, member->type);
    return err ? err : class_put (out, "}");
}

mst_err_t log_class_encode (base_buffer_t *out, const log_class_t *description)
{
    base_assert (out != NULL);
    base_assert (description != NULL);
    base_assert (description->name != NULL);
    if (description->member_count > LOG_VALUES_MAX)
        return base_error (MST_E_LIMIT, "class \"%s\" has %u members; a recording takes %d",
                           description->name, description->member_count, LOG_VALUES_MAX);
    size_t start = out->size_bytes;
    mst_err_t err = class_put (out, "{\"name\":");
    if (!err)
        err = class_put_string (out, description->name);
    if (!err)
        err = class_put (out, description->interaction ? ",\"kind\":\"interaction\",\"members\":["
                                                       : ",\"kind\":\"object\",\"members\":[");
    for (uint32_t i = 0; i < description->member_count && !err; i++)
        err = class_put_member (out, &description->members[i], i == 0);
    if (!err)
        err = class_put (out, "]}");
    if (err)
        out->size_bytes = start;
    return err;
}

static mst_err_t class_malformed (const char *what)
{
    base_assert (what != NULL);
    return base_error (MST_E_MALFORMED, "the description of a recorded class cannot be read: %s",
                       what);
}

/*  Takes the text if it is next. */
static bool class_take (log_cursor_t *from, const char *text)
{
    base_assert (from != NULL);
    base_assert (text != NULL);
    size_t size_bytes = strlen (text);
    if (log_cursor_left (from) < size_bytes || memcmp (from->at, text, size_bytes) != 0)
        return false;
    from->at += size_bytes;
    return true;
}

/*  What stands behind a backslash; 0 for what log_class_encode does not write. */
static char class_unescape (log_cursor_t *from)
{
    base_assert (from != NULL);
    uint8_t mark = log_get_u8 (from);
    if (mark == '"' || mark == '\\')
        return (char) mark;
    const uint8_t *digits = mark == 'u' ? log_get_bytes (from, CLASS_DIGITS) : NULL;
    if (!digits || memcmp (digits, "00", 2) != 0)
        return 0;
    char text[] = { (char) digits[2], (char) digits[3], '\0' }, *end;
    unsigned long value = strtoul (text, &end, 16);
    return *end == '\0' && value < 0x20 ? (char) value : 0;
}

/*  How many bytes stand before the quotation mark that ends a string. */
static size_t class_string_bytes (const log_cursor_t *from)
{
    base_assert (from != NULL);
    size_t left = log_cursor_left (from), size_bytes = 0;
    while (size_bytes < left && from->at[size_bytes] != '"')
        size_bytes += from->at[size_bytes] == '\\' ? 2 : 1;
    return size_bytes < left ? size_bytes : left;
}

/*  A JSON string, as a copy in the arena. Bad cursor: not one. NULL: no memory. */
static const char *class_take_string (log_cursor_t *from, base_arena_t *arena)
{
    base_assert (from != NULL);
    base_assert (arena != NULL);
    from->bad = from->bad || !class_take (from, "\"");
    if (from->bad)
        return "";
    char *copy = base_arena_alloc (arena, class_string_bytes (from) + 1, 1), *out = copy;
    if (!copy)
        return NULL;
    while (!from->bad) {
        uint8_t byte = log_get_u8 (from);
        if (byte == '"')
            break;
        char letter = byte == '\\' ? class_unescape (from) : (char) byte;
        from->bad = from->bad || letter == '\0';
        if (!from->bad)
            *out++ = letter;
    }
    *out = '\0';
    base_assert (from->at <= from->end);
    return copy;
}

static mst_err_t class_read_members (log_class_t *out, base_arena_t *arena, log_cursor_t *from)
{
    base_assert (out != NULL);
    base_assert (arena != NULL);
    log_member_t *members = base_arena_alloc (arena, LOG_VALUES_MAX, sizeof *members);
    if (!members)
        return base_alloc_error ();
    out->members = members;
    for (uint32_t i = 0; !class_take (from, "]}"); i++) {
        if (i == LOG_VALUES_MAX)
            return base_error (MST_E_LIMIT, "a recorded class has more than %d members",
                               LOG_VALUES_MAX);
        if (!class_take (from, i == 0 ? "{\"name\":" : ",{\"name\":"))
            return class_malformed ("a member does not start with its name");
        members[i].name = class_take_string (from, arena);
        from->bad = from->bad || !class_take (from, ",\"type\":");
        members[i].type = class_take_string (from, arena);
        if (!members[i].name || !members[i].type)
            return base_alloc_error ();
        if (from->bad || !class_take (from, "}"))
            return class_malformed ("a member is not {\"name\":…,\"type\":…}");
        out->member_count = i + 1;
    }
    return from->at == from->end ? MST_OK : class_malformed ("something follows it");
}

mst_err_t log_class_decode (log_class_t *out, base_arena_t *arena, const void *data,
                            size_t size_bytes)
{
    base_assert (out != NULL);
    base_assert (arena != NULL);
    base_assert (data != NULL || size_bytes == 0);
    log_cursor_t from = log_cursor (data, size_bytes);

    *out = (log_class_t){ 0 };
    if (size_bytes > CLASS_TEXT_MAX_BYTES)
        return class_malformed ("it is too long");
    if (!class_take (&from, "{\"name\":"))
        return class_malformed ("it does not start with its name");
    out->name = class_take_string (&from, arena);
    if (!out->name)
        return base_alloc_error ();
    if (from.bad || !class_take (&from, ",\"kind\":\""))
        return class_malformed ("no kind follows its name");
    out->interaction = class_take (&from, "interaction");
    if (!out->interaction && !class_take (&from, "object"))
        return class_malformed ("its kind is neither \"object\" nor \"interaction\"");
    if (!class_take (&from, "\",\"members\":["))
        return class_malformed ("no members follow its kind");
    return class_read_members (out, arena, &from);
}
