/*  One pass over the text, without recursion: the brackets that are open are a short list. */
#include "fom/json.h"
#include "base/error.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_NUMBER_BYTES_MAX = 320 }; /* one that long says nothing that a double could hold */

typedef struct json_parser {
    fom_json_t *json;
    size_t at;
    uint32_t open[2 * FOM_JSON_DEPTH_MAX]; /* objects, their keys and arrays that are not closed */
    uint32_t last[2 * FOM_JSON_DEPTH_MAX]; /* the newest node in each */
    uint32_t depth;
} json_parser_t;

static mst_err_t json_bad (const json_parser_t *self, const char *what)
{
    base_assert (what != NULL);
    base_assert (self->at <= self->json->size_bytes);
    return base_error (MST_E_INVALID_ARGUMENT, "JSON, byte %zu: %s", self->at + 1, what);
}

static int json_peek (const json_parser_t *self)
{
    return self->at < self->json->size_bytes ? (unsigned char) self->json->text[self->at] : -1;
}

static void json_skip_space (json_parser_t *self)
{
    int c = json_peek (self);
    while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        self->at++;
        c = json_peek (self);
    }
}

/*  Nodes -----------------------------------------------------------------------------------------
 */

/*  Appends a node to what is open; what can hold others is opened. */
static mst_err_t json_add (json_parser_t *self, fom_json_kind_t kind, size_t start, size_t end)
{
    fom_json_t *json = self->json;
    base_assert (start <= end && end <= json->size_bytes);
    base_assert (json->nodes.count < FOM_JSON_NO_NODE);
    uint32_t index = (uint32_t) json->nodes.count;
    const fom_json_node_t node = {
        kind, (uint32_t) start, (uint32_t) (end - start), FOM_JSON_NO_NODE, FOM_JSON_NO_NODE, 0
    };
    if (BASE_LIST_PUSH (&json->nodes, node))
        return MST_E_NO_MEMORY;
    if (self->depth > 0) {
        uint32_t outer = self->open[self->depth - 1], before = self->last[self->depth - 1];
        if (before == FOM_JSON_NO_NODE)
            json->nodes.items[outer].first = index;
        else
            json->nodes.items[before].next = index;
        json->nodes.items[outer].count++;
        self->last[self->depth - 1] = index;
    }
    if (kind < FOM_JSON_ARRAY)
        return MST_OK;
    if (self->depth == 2 * FOM_JSON_DEPTH_MAX)
        return base_error (MST_E_LIMIT,
                           "JSON, byte %zu: nested deeper than FOM_JSON_DEPTH_MAX (%d)",
                           self->at + 1, FOM_JSON_DEPTH_MAX);
    self->open[self->depth] = index;
    self->last[self->depth++] = FOM_JSON_NO_NODE;
    return MST_OK;
}

/*  A value ends the key before it. */
static void json_close (json_parser_t *self)
{
    base_assert (self->depth > 0);
    fom_json_node_t *node = &self->json->nodes.items[self->open[--self->depth]];
    if (node->kind != FOM_JSON_KEY)
        node->size_bytes = (uint32_t) (self->at - node->start);
}

static fom_json_kind_t json_outer (const json_parser_t *self)
{
    return self->depth == 0 ? FOM_JSON_NULL
                            : self->json->nodes.items[self->open[self->depth - 1]].kind;
}

/*  Scalars ---------------------------------------------------------------------------------------
 */

static bool json_is_hex (int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/*  One well-formed sequence of UTF-8 (RFC 3629, section 4): its bytes, 0 when there is none. */
static size_t json_utf8 (const char *at, const char *end)
{
    const uint8_t *text = (const uint8_t *) at;
    base_assert (at < end);
    uint8_t first = text[0];
    size_t size_bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || size_bytes > (size_t) (end - at))
        return 0;
    for (size_t i = 1; i < size_bytes; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (first == 0xe0 && text[1] < 0xa0) || (first == 0xf0 && text[1] < 0x90);
    bool outside = (first == 0xed && text[1] > 0x9f) || (first == 0xf4 && text[1] > 0x8f);
    return overlong || outside ? 0 : size_bytes;
}

static mst_err_t json_escape (json_parser_t *self)
{
    self->at++;
    int c = json_peek (self);
    if (c == -1 || !strchr ("\"\\/bfnrtu", c))
        return json_bad (self, "an escape that JSON does not have");
    self->at++;
    for (int i = 0; c == 'u' && i < 4; i++, self->at++)
        if (!json_is_hex (json_peek (self)))
            return json_bad (self, "\\u wants four hexadecimal digits");
    return MST_OK;
}

/*  At the opening quote; afterwards behind the closing one. */
static mst_err_t json_string (json_parser_t *self, fom_json_kind_t kind)
{
    const char *text = self->json->text, *end = text + self->json->size_bytes;
    size_t start = ++self->at;
    mst_err_t err = MST_OK;

    base_assert (kind == FOM_JSON_STRING || kind == FOM_JSON_KEY);
    while (!err && json_peek (self) != '"') {
        int c = json_peek (self);
        if (c == -1)
            return json_bad (self, "the text ends within a string");
        if (c < ' ')
            return json_bad (self, "a control character in a string: write it as \\u00…");
        if (c == '\\') {
            err = json_escape (self);
            continue;
        }
        size_t size_bytes = json_utf8 (text + self->at, end);
        if (size_bytes == 0)
            return json_bad (self, "a string that is not UTF-8");
        self->at += size_bytes;
    }
    if (err)
        return err;
    self->at++;
    return json_add (self, kind, start, self->at - 1);
}

static size_t json_digits (json_parser_t *self)
{
    size_t start = self->at;
    while (json_peek (self) >= '0' && json_peek (self) <= '9')
        self->at++;
    return self->at - start;
}

static mst_err_t json_number (json_parser_t *self)
{
    size_t start = self->at;
    if (json_peek (self) == '-')
        self->at++;
    bool zero = json_peek (self) == '0';
    size_t digits = json_digits (self);
    if (digits == 0 || (zero && digits > 1))
        return json_bad (self, "this is no number as JSON writes it");
    if (json_peek (self) == '.') {
        self->at++;
        if (json_digits (self) == 0)
            return json_bad (self, "a digit is missing behind the point");
    }
    if (json_peek (self) == 'e' || json_peek (self) == 'E') {
        self->at++;
        if (json_peek (self) == '+' || json_peek (self) == '-')
            self->at++;
        if (json_digits (self) == 0)
            return json_bad (self, "a digit is missing in the exponent");
    }
    return json_add (self, FOM_JSON_NUMBER, start, self->at);
}

static mst_err_t json_word (json_parser_t *self)
{
    static const char *const words[] = { "null", "false", "true" };
    const char *text = self->json->text + self->at;
    size_t left = self->json->size_bytes - self->at;
    for (int i = 0; i < 3; i++) {
        size_t size_bytes = strlen (words[i]);
        if (left < size_bytes || memcmp (text, words[i], size_bytes) != 0)
            continue;
        self->at += size_bytes;
        return json_add (self, (fom_json_kind_t) i, self->at - size_bytes, self->at);
    }
    return json_bad (self, "a value is missing: a number, a string, true, false, null, [ or {");
}

/*  The grammar -----------------------------------------------------------------------------------
 */

/*  A value begins; what holds others stays open. */
static mst_err_t json_value (json_parser_t *self)
{
    int c = json_peek (self);
    if (c == '"')
        return json_string (self, FOM_JSON_STRING);
    if (c == '-' || (c >= '0' && c <= '9'))
        return json_number (self);
    if (c != '[' && c != '{')
        return json_word (self);
    mst_err_t err =
        json_add (self, c == '[' ? FOM_JSON_ARRAY : FOM_JSON_OBJECT, self->at, self->at);
    self->at++;
    return err;
}

static mst_err_t json_key (json_parser_t *self)
{
    if (json_peek (self) != '"')
        return json_bad (self, "a key in quotes is missing");
    mst_err_t err = json_string (self, FOM_JSON_KEY);
    if (err)
        return err;
    json_skip_space (self);
    if (json_peek (self) != ':')
        return json_bad (self, "a colon is missing behind the key");
    self->at++;
    return MST_OK;
}

/*  Behind a value: closes what ends here, and passes the comma. */
static mst_err_t json_after (json_parser_t *self)
{
    for (;;) {
        if (json_outer (self) == FOM_JSON_KEY)
            json_close (self);
        if (self->depth == 0)
            return MST_OK;
        json_skip_space (self);
        int c = json_peek (self);
        bool array = json_outer (self) == FOM_JSON_ARRAY;
        base_assert (array || json_outer (self) == FOM_JSON_OBJECT);
        if (c == ',') {
            self->at++;
            json_skip_space (self);
            return array ? MST_OK : json_key (self);
        }
        if (c != (array ? ']' : '}'))
            return json_bad (self, array ? "a comma or ] is missing" : "a comma or } is missing");
        self->at++;
        json_close (self);
    }
}

/*  Behind an opening bracket: empty, or the first key. True when the value is complete. */
static mst_err_t json_inside (json_parser_t *self, bool *complete)
{
    bool array = json_outer (self) == FOM_JSON_ARRAY;
    json_skip_space (self);
    *complete = json_peek (self) == (array ? ']' : '}');
    if (*complete) {
        self->at++;
        json_close (self);
        return MST_OK;
    }
    return array ? MST_OK : json_key (self);
}

mst_err_t fom_json_read (fom_json_t *self, const char *text, size_t size_bytes)
{
    json_parser_t parser = { .json = self };
    mst_err_t err = MST_OK;

    base_assert (self != NULL);
    base_assert (text != NULL || size_bytes == 0);
    *self = (fom_json_t){ .text = text, .size_bytes = size_bytes };
    if (size_bytes > FOM_JSON_BYTES_MAX)
        return base_error (MST_E_LIMIT, "JSON of %zu bytes exceeds FOM_JSON_BYTES_MAX (%d)",
                           size_bytes, FOM_JSON_BYTES_MAX);
    do {
        json_skip_space (&parser);
        uint32_t depth = parser.depth;
        err = json_value (&parser);
        bool complete = !err && parser.depth == depth;
        if (!err && !complete)
            err = json_inside (&parser, &complete);
        if (!err && complete)
            err = json_after (&parser);
    } while (!err && parser.depth > 0);
    json_skip_space (&parser);
    if (!err && parser.at < size_bytes)
        return json_bad (&parser, "something follows the value");
    return err;
}

void fom_json_fini (fom_json_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->nodes);
}

/*  Looking ---------------------------------------------------------------------------------------
 */

const fom_json_node_t *fom_json_node (const fom_json_t *self, uint32_t index)
{
    base_assert (self != NULL);
    base_assert (index < self->nodes.count);
    return &self->nodes.items[index];
}

fom_json_text_t fom_json_text (const fom_json_t *self, uint32_t index)
{
    const fom_json_node_t *node = fom_json_node (self, index);
    base_assert (node->kind == FOM_JSON_STRING || node->kind == FOM_JSON_KEY);
    return (fom_json_text_t){ self->text + node->start,
                              self->text + node->start + node->size_bytes };
}

static uint32_t json_hex4 (const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int c = (unsigned char) at[i] | 0x20;
        value = value << 4 | (uint32_t) (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/*  Behind the backslash. */
static uint32_t json_unescape (fom_json_text_t *text)
{
    static const char letters[] = "bfnrt", codes[] = "\b\f\n\r\t";
    char c = *text->at++;
    const char *found = strchr (letters, c);
    if (c != 'u')
        return found ? (uint32_t) codes[found - letters] : (uint32_t) (unsigned char) c;
    uint32_t code = json_hex4 (text->at);
    text->at += 4;
    bool high = code >= 0xd800 && code < 0xdc00;
    if (!high || text->end - text->at < 6 || text->at[0] != '\\' || text->at[1] != 'u')
        return code;
    uint32_t low = json_hex4 (text->at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return code;
    text->at += 6;
    return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

bool fom_json_next (fom_json_text_t *text, uint32_t *code)
{
    base_assert (text != NULL && code != NULL);
    if (text->at == text->end)
        return false;
    if (*text->at == '\\') {
        text->at++;
        *code = json_unescape (text);
        return true;
    }
    size_t size_bytes = json_utf8 (text->at, text->end);
    base_assert (size_bytes > 0); /* fom_json_read saw to it */
    *code = (uint8_t) text->at[0] & (size_bytes == 1 ? 0x7fu : 0xffu >> (size_bytes + 1));
    for (size_t i = 1; i < size_bytes; i++)
        *code = *code << 6 | ((uint8_t) text->at[i] & 0x3f);
    text->at += size_bytes;
    return true;
}

static size_t json_put_utf8 (uint32_t code, char out[4])
{
    size_t size_bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    base_assert (code < 0x110000);
    for (size_t i = size_bytes; i-- > 1; code >>= 6)
        out[i] = (char) (0x80 | (code & 0x3f));
    out[0] = (char) (size_bytes == 1 ? code : code | (0xff00u >> size_bytes & 0xffu));
    return size_bytes;
}

size_t fom_json_copy (const fom_json_t *self, uint32_t index, char *out, size_t size_bytes)
{
    fom_json_text_t text = fom_json_text (self, index);
    size_t whole = 0, kept = 0;
    bool full = size_bytes == 0;
    uint32_t code;

    base_assert (out != NULL || size_bytes == 0);
    while (fom_json_next (&text, &code)) {
        char bytes[4];
        size_t more = json_put_utf8 (code, bytes);
        full = full || kept + more >= size_bytes;
        if (!full) {
            memcpy (out + kept, bytes, more);
            kept += more;
        }
        whole += more;
    }
    if (size_bytes > 0)
        out[kept] = '\0';
    return whole;
}

bool fom_json_is (const fom_json_t *self, uint32_t index, const char *wanted)
{
    fom_json_text_t text = fom_json_text (self, index);
    uint32_t code;
    base_assert (wanted != NULL);
    while (fom_json_next (&text, &code)) {
        char bytes[4];
        size_t size_bytes = json_put_utf8 (code, bytes);
        if (strncmp (wanted, bytes, size_bytes) != 0 || bytes[0] == '\0')
            return false;
        wanted += size_bytes;
    }
    return *wanted == '\0';
}

uint32_t fom_json_member (const fom_json_t *self, uint32_t object, const char *key)
{
    const fom_json_node_t *node = fom_json_node (self, object);
    base_assert (key != NULL);
    if (node->kind != FOM_JSON_OBJECT)
        return FOM_JSON_NO_NODE;
    for (uint32_t i = node->first; i != FOM_JSON_NO_NODE; i = fom_json_node (self, i)->next)
        if (fom_json_is (self, i, key))
            return fom_json_node (self, i)->first;
    return FOM_JSON_NO_NODE;
}

/*  Numbers ---------------------------------------------------------------------------------------
 */

bool fom_json_uint64 (const fom_json_t *self, uint32_t index, uint64_t *value)
{
    const fom_json_node_t *node = fom_json_node (self, index);
    const char *text = self->text + node->start;
    uint64_t sum = 0;

    base_assert (value != NULL);
    if (node->kind != FOM_JSON_NUMBER)
        return false;
    for (uint32_t i = 0; i < node->size_bytes; i++) {
        uint64_t digit = (uint64_t) (text[i] - '0');
        if (text[i] < '0' || text[i] > '9' || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool fom_json_int64 (const fom_json_t *self, uint32_t index, int64_t *value)
{
    fom_json_node_t node = *fom_json_node (self, index);
    uint64_t sum = 0;

    base_assert (value != NULL);
    bool negative = node.kind == FOM_JSON_NUMBER && self->text[node.start] == '-';
    const char *text = self->text + node.start + negative;
    for (uint32_t i = 0; node.kind == FOM_JSON_NUMBER && i + negative < node.size_bytes; i++) {
        uint64_t digit = (uint64_t) (text[i] - '0');
        if (text[i] < '0' || text[i] > '9' || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    if (node.kind != FOM_JSON_NUMBER || sum > (uint64_t) INT64_MAX + negative)
        return false;
    *value = negative ? (int64_t) (0 - sum) : (int64_t) sum;
    return true;
}

/*  strtod reads the point as the program's locale has it. */
static double json_strtod (const char *text, size_t size_bytes)
{
    char copy[JSON_NUMBER_BYTES_MAX + 8];
    const char *point = localeconv ()->decimal_point;
    size_t used = 0;
    base_assert (size_bytes <= JSON_NUMBER_BYTES_MAX);
    for (size_t i = 0; i < size_bytes; i++)
        if (text[i] != '.')
            copy[used++] = text[i];
        else
            for (size_t k = 0; point[k] && k < 4; k++)
                copy[used++] = point[k];
    copy[used] = '\0';
    return strtod (copy, NULL);
}

bool fom_json_double (const fom_json_t *self, uint32_t index, double *value)
{
    const fom_json_node_t *node = fom_json_node (self, index);
    base_assert (value != NULL);
    if (node->kind == FOM_JSON_NUMBER) {
        if (node->size_bytes > JSON_NUMBER_BYTES_MAX)
            return false;
        *value = json_strtod (self->text + node->start, node->size_bytes);
        return isfinite (*value);
    }
    if (node->kind != FOM_JSON_STRING)
        return false;
    if (fom_json_is (self, index, "NaN"))
        *value = NAN;
    else if (fom_json_is (self, index, "Infinity"))
        *value = INFINITY;
    else if (fom_json_is (self, index, "-Infinity"))
        *value = -INFINITY;
    else
        return false;
    return true;
}
