/*  fom/limits.h: how large an object model may be. RPR FOM 2.0, a large one, has 231 classes, 55
    attributes in its fullest class, 339 data types and 0.6 MB in its longest module. */
#ifndef FOM_LIMITS_H
#define FOM_LIMITS_H

enum {
    FOM_MODULES_MAX = 64,            /* merged into one model */
    FOM_MODULE_BYTES_MAX = 16 << 20, /* one XML file */
    FOM_IMAGE_BYTES_MAX = 32 << 20,  /* one encoded model */
    FOM_DEPTH_MAX = 64,              /* elements inside elements */
    FOM_NODES_MAX = 1 << 18,         /* items of one model: classes, attributes, enumerators … */
    FOM_NAME_BYTES_MAX = 255,        /* of one item */
    FOM_FULL_NAME_BYTES_MAX = 1023,  /* "HLAobjectRoot.….Comet" */
    FOM_TEXT_BYTES_MAX = 4095,       /* any other text that is kept */
    FOM_ALL_TEXTS_BYTES_MAX = 64 << 20, /* of one model */
    FOM_CLASSES_MAX = 4096,             /* object classes; as many interaction classes again */
    FOM_ATTRIBUTES_PER_CLASS_MAX = 256, /* inherited ones included; parameters alike */
    FOM_ATTRIBUTES_FAST = 64,           /* a class with no more than these fits one 64-bit mask */
    FOM_ATTRIBUTE_MASK_WORDS = 4, /* 64-bit words that hold a bit per attribute of any class */
    FOM_TYPES_MAX = 16384,
    FOM_DIMENSIONS_MAX = 1024,
    FOM_DIMENSIONS_PER_ITEM_MAX = 64,
    FOM_TRANSPORTS_MAX = 64,
    FOM_WARNINGS_MAX = 100 /* kept; further ones are counted */
};

_Static_assert(FOM_ATTRIBUTES_FAST *FOM_ATTRIBUTE_MASK_WORDS == FOM_ATTRIBUTES_PER_CLASS_MAX,
               "the mask has a bit for every attribute");
_Static_assert(FOM_FULL_NAME_BYTES_MAX > FOM_NAME_BYTES_MAX, "a full name holds any name");
_Static_assert(FOM_FULL_NAME_BYTES_MAX < FOM_TEXT_BYTES_MAX, "a full name is a text");

#endif
