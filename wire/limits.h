/*  Limits of what travels. Reaching one is an error that names it. */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

enum {
    WIRE_VERSION = 1,
    WIRE_HEADER_BYTES = 16,
    WIRE_BODY_MAX = 64 * 1024 * 1024,  /* a body; FOM modules and states of entities fit */
    WIRE_LIST_MAX = 1024 * 1024,       /* elements of one list */
    WIRE_TEXT_MAX = 64 * 1024,         /* bytes of one text */
    WIRE_NAME_MAX = 1024,              /* bytes of the name of an object, a federate, a label */
    WIRE_VALUE_MAX = 16 * 1024 * 1024, /* bytes of one attribute or parameter value */
    WIRE_VALUES_MAX = 64,              /* values of one update: one per attribute of a class */
    WIRE_BUNDLE_BYTES = 64 * 1024,     /* a bundle leaves when it is this large */
    WIRE_BUNDLE_OVER_BYTES =
        4 * 1024, /* room for the message that makes it so; larger ones make it grow */
    WIRE_BUNDLE_MESSAGES_MAX = 64 * 1024, /* messages of one bundle */
    WIRE_MESSAGE_OVERHEAD_BYTES = 64      /* a message without tag and values, rounded up */
};

_Static_assert(WIRE_VALUE_MAX < WIRE_BODY_MAX, "a value fits into a body");
_Static_assert(WIRE_BUNDLE_BYTES < WIRE_BODY_MAX, "a bundle fits into a body");

#endif
