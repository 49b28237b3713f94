/*  <muster/error.h>: every error that Muster returns, and its story.

    Every function that can fail returns an mst_err_t. mst_error_text () then tells, for the
    calling thread, what failed, where, and what to do about it.

    Thread rule: the text belongs to the calling thread and lives until its next failing call. */
#ifndef MUSTER_ERROR_H
#define MUSTER_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MST_EXPORT
#define MST_EXPORT __attribute__ ((visibility ("default")))
#endif

/*  X (name, number, short text). Numbers travel between federate and RTI: never reuse one. */
#define MST_ERRORS(X)                                                                              \
    X (OK, 0, "good")                                                                              \
    X (E_NO_MEMORY, 1, "out of memory")                                                            \
    X (E_INVALID_ARGUMENT, 2, "an argument is out of range")                                       \
    X (E_LIMIT, 3, "a named limit is reached")                                                     \
    X (E_NOT_SUPPORTED, 4, "the service is not supported")                                         \
    X (E_MALFORMED, 5, "received bytes that do not decode")                                        \
    X (E_VERSION, 6, "the other side speaks another protocol version")                             \
    X (E_IO, 7, "the operating system refused an input or output")                                 \
    X (E_TIMEOUT, 8, "nothing came within the time allowed")                                       \
    X (E_NOT_CONNECTED, 9, "not connected to an RTI")                                              \
    X (E_CONNECTION_LOST, 10, "the connection to the RTI is lost")                                 \
    X (E_FILE_CORRUPT, 11, "a file is damaged")                                                    \
    X (E_CONFIG, 12, "a configuration or scenario file is wrong")                                  \
    X (E_STALE_HANDLE, 13, "a handle of something that is gone, or of another federate")           \
    X (E_DIFFERS, 14, "two runs or two recordings differ")                                         \
    X (E_INTERNAL, 15, "Muster broke one of its own rules")                                        \
    X (E_NOT_INTRODUCED, 16, "a peer that the RTI did not introduce")                              \
    X (E_CALL_NOT_ALLOWED, 17, "not allowed from within a callback")                               \
    X (E_WOULD_BLOCK, 18, "a receiver is slow: the call would have to wait")                       \
    X (E_FEDERATION_EXISTS, 20, "the federation execution exists already")                         \
    X (E_FEDERATION_UNKNOWN, 21, "no such federation execution")                                   \
    X (E_FEDERATES_JOINED, 22, "federates are still joined")                                       \
    X (E_FEDERATE_NAME_IN_USE, 23, "the federate name is in use")                                  \
    X (E_ALREADY_JOINED, 24, "already joined")                                                     \
    X (E_NOT_JOINED, 25, "not joined to a federation execution")                                   \
    X (E_FOM_INVALID, 26, "the object model cannot be read")                                       \
    X (E_FOM_INCONSISTENT, 27, "object models do not fit together")                                \
    X (E_OWNS_ATTRIBUTES, 28, "the federate still owns attributes")                                \
    X (E_OWNERSHIP_PENDING, 29, "an ownership acquisition is pending")                             \
    X (E_CLASS_UNKNOWN, 40, "no such object class")                                                \
    X (E_ATTRIBUTE_UNKNOWN, 41, "no such attribute")                                               \
    X (E_INTERACTION_UNKNOWN, 42, "no such interaction class")                                     \
    X (E_PARAMETER_UNKNOWN, 43, "no such parameter")                                               \
    X (E_CLASS_NOT_PUBLISHED, 44, "the object class or attribute is not published")                \
    X (E_INTERACTION_NOT_PUBLISHED, 45, "the interaction class is not published")                  \
    X (E_OBJECT_UNKNOWN, 46, "no such object instance")                                            \
    X (E_NAME_IN_USE, 47, "the name is in use")                                                    \
    X (E_NAME_NOT_RESERVED, 48, "the object name is not reserved")                                 \
    X (E_ILLEGAL_NAME, 49, "not a legal name")                                                     \
    X (E_NOT_OWNED, 50, "the attribute is not owned")                                              \
    X (E_ALREADY_OWNED, 51, "the attribute is owned already")                                      \
    X (E_DELETE_PRIVILEGE_NOT_HELD, 52, "the privilege to delete is not held")                     \
    X (E_ATTRIBUTE_NOT_PUBLISHED, 53, "the attribute is not published")                            \
    X (E_INVALID_TIME, 60, "not a legal logical time")                                             \
    X (E_TIME_PASSED, 61, "the logical time has passed")                                           \
    X (E_INVALID_LOOKAHEAD, 62, "not a legal lookahead")                                           \
    X (E_REGULATION_ON, 63, "time regulation is on already")                                       \
    X (E_REGULATION_OFF, 64, "time regulation is not on")                                          \
    X (E_REGULATION_PENDING, 65, "a request for time regulation is pending")                       \
    X (E_CONSTRAINED_ON, 66, "the federate is time constrained already")                           \
    X (E_CONSTRAINED_OFF, 67, "the federate is not time constrained")                              \
    X (E_CONSTRAINED_PENDING, 68, "a request for time constraint is pending")                      \
    X (E_ADVANCE_PENDING, 69, "a time advance is pending")                                         \
    X (E_RETRACTION_INVALID, 70, "not a message that can be retracted")                            \
    X (E_RETRACTION_LATE, 71, "the message can no longer be retracted")                            \
    X (E_SYNC_LABEL_UNKNOWN, 80, "the synchronization point is not announced")                     \
    X (E_SYNC_LABEL_IN_USE, 81, "the synchronization label is in use")                             \
    X (E_BARRIER_BROKEN, 82, "a barrier passed its deadline or lost a member")                     \
    X (E_MIGRATION_REFUSED, 90, "the migration cannot be prepared")                                \
    X (E_EPOCH_STALE, 91, "the owner's epoch has ended")                                           \
    X (E_STATE_GAP, 100, "a delta builds on changes that are not here")                            \
    X (E_STATE_DIFFERS, 101, "two replicas mean different things by one object")                   \
    X (E_CLOCK_AHEAD, 102, "a stamp lies further ahead than clocks may drift")                     \
    X (E_TYPE_UNKNOWN, 110, "no such data type")                                                   \
    X (E_VALUE_MISFIT, 111, "a value does not fit its data type")

typedef enum mst_err {
#define MST_ERROR_ENUM(name, number, text) MST_##name = number,
    MST_ERRORS (MST_ERROR_ENUM)
#undef MST_ERROR_ENUM
} mst_err_t;

/*  The whole story of the last error of this thread: what failed, where, what to do. Never NULL;
    "" when nothing failed yet. Owned by Muster. */
MST_EXPORT const char *mst_error_text (void);

/*  The name of an error ("MST_E_TIME_PASSED") and its short text. A number that is no error gives
    "MST_E_?" and "unknown error". Static strings. */
MST_EXPORT const char *mst_error_name (mst_err_t err);
MST_EXPORT const char *mst_error_summary (mst_err_t err);

#ifdef __cplusplus
}
#endif
#endif
