/*  fom/grammar.h: which XML element may stand where, and what it means. Only for fom/. */
#ifndef FOM_GRAMMAR_H
#define FOM_GRAMMAR_H

#include "fom/draft.h"

typedef enum fom_meaning {
    FOM_MEANS_NOTHING,  /* unknown here */
    FOM_MEANS_ITEM,     /* a new item of `kind` */
    FOM_MEANS_TEXT,     /* text `slot` of the item that it stands in */
    FOM_MEANS_GROUP,    /* only a bracket around items or texts */
    FOM_MEANS_SWITCHES, /* a bracket in which every element is a switch */
    FOM_MEANS_NOTES,    /* a bracket around notes, and a note */
    FOM_MEANS_NOTE,     /* a note's label (slot 0) or words (slot 1) */
    FOM_MEANS_SKIPPED   /* known, and of no use to a runtime: descriptions */
} fom_meaning_t;

typedef struct fom_element {
    fom_meaning_t meaning;
    fom_kind_t kind;
    uint32_t slot;
} fom_element_t;

/*  What an element (its local name) means within an item of kind `parent`. */
fom_element_t fom_grammar (fom_kind_t parent, const char *element);

/*  Is it a namespace of the standard, or none? */
bool fom_grammar_namespace (const char *uri, size_t size_bytes);

#endif
