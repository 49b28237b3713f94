/*  Only five forms of msgpack occur: unsigned integers, strings and arrays, each in its shortest
    writing. Encoding and decoding go by the table of kinds (fom/draft.h). */
#include "fom/image.h"
#include "fom/limits.h"
#include "fom/module.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

static const char image_magic[] = "muster-fom";

enum { IMAGE_MAGIC_BYTES = sizeof image_magic - 1 };

uint64_t fom_image_digest (const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a (Fowler, Noll, Vo), then a finaliser */
    base_assert (data != NULL || size_bytes == 0);
    for (size_t i = 0; i < size_bytes; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u; /* splitmix64 (Steele, Lea, Flood 2014) */
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
    return hash ^ (hash >> 31);
}

/*  Writing ------------------------------------------------------------------------------------- */

/*  The ways that msgpack writes a length: in the first byte, or in 1, 2 or 4 bytes behind it. */
typedef struct image_form {
    uint8_t fix;     /* first byte with the value in its low bits */
    uint8_t fix_max; /* the largest value that fits there */
    uint8_t byte1;   /* first byte before a value of 1, 2, 4 bytes; 0 = there is no such form */
    uint8_t byte2;
    uint8_t byte4;
} image_form_t;

static const image_form_t image_uint = { 0x00, 0x7f, 0xcc, 0xcd, 0xce };
static const image_form_t image_text = { 0xa0, 0x1f, 0xd9, 0xda, 0xdb };
static const image_form_t image_array = { 0x90, 0x0f, 0, 0xdc, 0xdd };

/*  The shortest form always: otherwise one model would have many images, and many digests. */
static mst_err_t image_put (base_buffer_t *out, const image_form_t *form, uint32_t value)
{
    uint8_t bytes[5];
    size_t size_bytes;

    base_assert (out != NULL);
    base_assert (form != NULL);
    if (value <= form->fix_max) {
        bytes[0] = (uint8_t) (form->fix | value);
        return base_buffer_append (out, bytes, 1);
    }
    bytes[0] = form->byte4;
    size_bytes = 4;
    if (form->byte1 && value <= UINT8_MAX) {
        bytes[0] = form->byte1;
        size_bytes = 1;
    } else if (value <= UINT16_MAX) {
        bytes[0] = form->byte2;
        size_bytes = 2;
    }
    for (size_t i = 0; i < size_bytes; i++)
        bytes[1 + i] = (uint8_t) (value >> 8 * (size_bytes - 1 - i));
    return base_buffer_append (out, bytes, 1 + size_bytes);
}

static mst_err_t image_put_text (base_buffer_t *out, const char *text)
{
    size_t size_bytes = strlen (text);
    base_assert (size_bytes <= FOM_TEXT_BYTES_MAX);
    base_assert (out != NULL);
    mst_err_t err = image_put (out, &image_text, (uint32_t) size_bytes);
    return err ? err : base_buffer_append (out, text, size_bytes);
}

/*  Depth is that of the draft, which is limited. */
static mst_err_t image_put_items (base_buffer_t *out, const fom_node_t *parent)
{
    mst_err_t err = image_put (out, &image_array, parent->child_count);
    base_assert (parent->child_count <= FOM_NODES_MAX);
    for (const fom_node_t *node = parent->first; !err && node; node = node->next) {
        uint32_t slots = fom_kind (node->kind)->slot_count;
        base_assert (slots > 0);
        err = image_put (out, &image_array, 1 + slots + 1);
        if (!err)
            err = image_put (out, &image_uint, node->kind);
        for (uint32_t slot = 0; !err && slot < slots; slot++)
            err = image_put_text (out, node->texts[slot]);
        if (!err)
            err = image_put_items (out, node);
    }
    return err;
}

/*  A failed encoding leaves the buffer as it was. */
mst_err_t fom_image_encode (const fom_model_t *model, base_buffer_t *out)
{
    base_assert (model != NULL && out != NULL);
    base_assert (model->draft != NULL);
    size_t start = out->size_bytes;
    mst_err_t err = image_put (out, &image_array, 3);
    if (!err)
        err = image_put_text (out, image_magic);
    if (!err)
        err = image_put (out, &image_uint, FOM_IMAGE_VERSION);
    if (!err)
        err = image_put_items (out, model->draft->root);
    if (!err && out->size_bytes - start > FOM_IMAGE_BYTES_MAX)
        err = base_error (MST_E_LIMIT,
                          "the object model takes %zu bytes, more than FOM_IMAGE_BYTES_MAX (%d)",
                          out->size_bytes - start, FOM_IMAGE_BYTES_MAX);
    if (err)
        out->size_bytes = start;
    return err;
}

/*  Reading ------------------------------------------------------------------------------------- */

typedef struct image_reader {
    const uint8_t *data;
    size_t size_bytes;
    size_t at;
    fom_draft_t *draft;
} image_reader_t;

static mst_err_t image_bad (const image_reader_t *self, const char *what)
{
    base_assert (self->at <= self->size_bytes);
    base_assert (what != NULL);
    return base_error (MST_E_MALFORMED, "object model image, byte %zu: %s", self->at, what);
}

/*  Reads what image_put writes, and refuses every other writing of the same number. */
static mst_err_t image_take (image_reader_t *self, const image_form_t *form, uint32_t *value)
{
    size_t more = 0;
    uint32_t smallest = (uint32_t) form->fix_max + 1;

    base_assert (value != NULL);
    base_assert (self->at <= self->size_bytes);
    if (self->at == self->size_bytes)
        return image_bad (self, "it ends too early");
    uint8_t first = self->data[self->at];
    if ((first & (uint8_t) ~form->fix_max) == form->fix) {
        *value = first & form->fix_max;
        self->at++;
        return MST_OK;
    }
    if (form->byte1 && first == form->byte1)
        more = 1;
    else if (first == form->byte2) {
        more = 2;
        smallest = form->byte1 ? UINT8_MAX + 1 : smallest;
    } else if (first == form->byte4) {
        more = 4;
        smallest = UINT16_MAX + 1;
    }
    if (more == 0)
        return image_bad (self, "something of another type was expected");
    if (self->size_bytes - self->at < 1 + more)
        return image_bad (self, "it ends too early");
    *value = 0;
    for (size_t i = 1; i <= more; i++)
        *value = *value << 8 | self->data[self->at + i];
    if (*value < smallest)
        return image_bad (self, "a number is not in its shortest writing");
    self->at += 1 + more;
    return MST_OK;
}

/*  Well-formed UTF-8, without zero bytes (RFC 3629, section 4). */
static bool image_is_utf8 (const uint8_t *text, size_t size_bytes)
{
    base_assert (text != NULL);
    for (size_t i = 0; i < size_bytes;) {
        uint8_t first = text[i];
        size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        if (first == 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4 || more >= size_bytes - i)
            return false;
        for (size_t k = 1; k <= more; k++)
            if ((text[i + k] & 0xc0) != 0x80)
                return false;
        bool overlong =
            (first == 0xe0 && text[i + 1] < 0xa0) || (first == 0xf0 && text[i + 1] < 0x90);
        bool outside =
            (first == 0xed && text[i + 1] > 0x9f) || (first == 0xf4 && text[i + 1] > 0x8f);
        if (overlong || outside)
            return false;
        i += 1 + more;
    }
    return true;
}

/*  Sizes are checked against what is left before anything is touched. */
static mst_err_t image_take_text (image_reader_t *self, const char **text, size_t *size_bytes)
{
    uint32_t length;
    base_assert (text != NULL && size_bytes != NULL);
    mst_err_t err = image_take (self, &image_text, &length);
    if (err)
        return err;
    if (length > FOM_TEXT_BYTES_MAX)
        return image_bad (self, "a text is longer than FOM_TEXT_BYTES_MAX");
    if (length > self->size_bytes - self->at)
        return image_bad (self, "it ends within a text");
    if (!image_is_utf8 (self->data + self->at, length))
        return image_bad (self, "a text is not UTF-8");
    *text = (const char *) self->data + self->at;
    *size_bytes = length;
    self->at += length;
    return MST_OK;
}

/*  Words with choices must be written as the standard writes them: the reader of XML saw to that,
    and the image must stay the only one. */
static mst_err_t image_take_texts (image_reader_t *self, fom_node_t *node)
{
    const fom_kind_row_t *kind = fom_kind (node->kind);
    mst_err_t err = MST_OK;

    base_assert (kind->slot_count > 0);
    for (uint32_t slot = 0; !err && slot < kind->slot_count; slot++) {
        const char *text;
        size_t size_bytes;
        err = image_take_text (self, &text, &size_bytes);
        if (err || size_bytes == 0)
            continue;
        const char *const *choices = kind->slots[slot].choices;
        int choice = choices ? fom_choice (choices, text, size_bytes) : 0;
        if (choice < 0 || (choices && memcmp (choices[choice], text, size_bytes) != 0))
            return image_bad (self, "a word is none of those allowed");
        err = fom_draft_set (self->draft, node, slot, text, size_bytes);
    }
    if (!err && node->texts[FOM_NAME][0] == '\0' && node->kind < FOM_KIND_ENUMERATOR)
        return image_bad (self, "an item has no name");
    return err;
}

static mst_err_t image_take_items (image_reader_t *self, fom_node_t *parent, uint32_t depth)
{
    const fom_place_t place = { .label = "object model image" };
    uint32_t count, parts, kind;

    base_assert (parent != NULL);
    base_assert (depth <= FOM_DEPTH_MAX);
    mst_err_t err = image_take (self, &image_array, &count);
    if (!err && count > 0 && depth == FOM_DEPTH_MAX)
        return image_bad (self, "items are nested deeper than FOM_DEPTH_MAX");
    for (uint32_t i = 0; !err && i < count; i++) {
        fom_node_t *node;
        err = image_take (self, &image_array, &parts);
        if (!err)
            err = image_take (self, &image_uint, &kind);
        if (err)
            return err;
        if (kind >= FOM_KINDS || !fom_kind_holds (parent->kind, (fom_kind_t) kind))
            return image_bad (self, "an item that cannot stand here");
        if (parts != 1 + fom_kind ((fom_kind_t) kind)->slot_count + 1)
            return image_bad (self, "an item with too many or too few parts");
        err = fom_draft_add (self->draft, parent, (fom_kind_t) kind, &place, &node);
        if (!err)
            err = image_take_texts (self, node);
        if (!err)
            err = image_take_items (self, node, depth + 1);
    }
    return err;
}

/*  The magic word first: a user who gives the wrong file should read that, not a msgpack error. */
static mst_err_t image_take_header (image_reader_t *self)
{
    uint32_t parts, version;
    const char *magic;
    size_t magic_bytes;

    base_assert (self->at == 0);
    mst_err_t err = image_take (self, &image_array, &parts);
    if (!err)
        err = image_take_text (self, &magic, &magic_bytes);
    if (!err && (parts != 3 || magic_bytes != IMAGE_MAGIC_BYTES ||
                 memcmp (magic, image_magic, IMAGE_MAGIC_BYTES) != 0))
        return image_bad (self, "this is no object model image");
    if (!err)
        err = image_take (self, &image_uint, &version);
    if (!err && version != FOM_IMAGE_VERSION)
        return base_error (
            MST_E_VERSION,
            "the object model image has version %u, this Muster reads version %d: use "
            "the same Muster on both sides",
            version, FOM_IMAGE_VERSION);
    base_assert (err || self->at > IMAGE_MAGIC_BYTES);
    return err;
}

static mst_err_t image_take_all (image_reader_t *self)
{
    base_assert (self->draft->root != NULL);
    if (self->size_bytes > FOM_IMAGE_BYTES_MAX)
        return base_error (MST_E_LIMIT,
                           "an object model image of %zu bytes exceeds "
                           "FOM_IMAGE_BYTES_MAX (%d)",
                           self->size_bytes, FOM_IMAGE_BYTES_MAX);
    mst_err_t err = image_take_header (self);
    if (!err)
        err = image_take_items (self, self->draft->root, 1);
    if (!err && self->at != self->size_bytes)
        return image_bad (self, "bytes follow its end");
    return err;
}

/*  The bytes become a draft, and the draft goes the way of a module: every rule that holds for a
   file holds for an image, without being written twice. */
mst_err_t fom_image_decode (const void *data, size_t size_bytes, fom_model_t **model)
{
    fom_draft_t draft;
    fom_merger_t merger = { 0 };

    base_assert (data != NULL || size_bytes == 0);
    base_assert (model != NULL);
    *model = NULL;
    mst_err_t err = fom_draft_init (&draft);
    if (!err) {
        image_reader_t reader = { data, size_bytes, 0, &draft };
        err = image_take_all (&reader);
    }
    if (!err)
        err = fom_merger_init (&merger);
    if (!err)
        err = fom_merger_absorb (&merger, &draft, "object model image", 1);
    fom_draft_fini (&draft);
    if (!err)
        err = fom_compile (&merger.draft, model);
    fom_merger_fini (&merger);
    return err;
}
