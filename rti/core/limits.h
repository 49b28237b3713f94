/*  Limits of the RTI. Reaching one is an error that names it. */
#ifndef RTI_LIMITS_H
#define RTI_LIMITS_H

#include <stdint.h>

enum {
    RTI_FEDERATES = 1024,            /* limits.federates: default, per federation execution */
    RTI_FEDERATIONS = 64,            /* limits.federations: default */
    RTI_OBJECTS = 4 * 1024 * 1024,   /* limits.objects: default, per federation execution */
    RTI_NAME_BYTES = 256,            /* limits.name_bytes: names of whatever kind, and labels */
    RTI_ATTRIBUTES = 64,             /* attributes of a class: one bit each in a mask */
    RTI_ENDPOINTS = 16,              /* limits.endpoints, per federate */
    RTI_POINTS = 4096,               /* limits.synchronization_points, open, per federation */
    RTI_PROBES = 1024,               /* limits.probes: waiting for one federate */
    RTI_MIGRATIONS = 4096,           /* limits.migrations: undecided, per federation */
    RTI_VOTES = 4096,                /* limits.votes: earlier than their MIGRATE, per new home */
    RTI_ACQUISITIONS = 1024,         /* limits.acquisitions: pending, per object */
    RTI_REPORTS = 1024,              /* limits.reports: kept for STATUS, per federation */
    RTI_REPORT_BYTES = 4096,         /* limits.report_bytes: one result of a run */
    RTI_DEPARTED = 2048,             /* limits.departed: remembered for STATUS, per federation */
    RTI_RECORDS_BYTES = 32 * 1024,   /* a recorder gets its records in batches of this size … */
    RTI_RECORDS_DELAY_NS = 50000000, /* … or after this time */
    RTI_OBJECT_COUNTER_BITS = 40     /* of an object's handle; the rest is its registrar's */
};

_Static_assert(RTI_NAME_BYTES <= 256, "names fit into the texts of errors");

#endif
