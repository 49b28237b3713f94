/*  <muster/version.h>: which Muster this is.   Thread rule: any thread. */
#ifndef MUSTER_VERSION_H
#define MUSTER_VERSION_H

#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MST_VERSION_MAJOR 0
#define MST_VERSION_MINOR 1
#define MST_VERSION_PATCH 0
#define MST_VERSION_TEXT  "0.1.0"

/*  The version of the library that runs, "0.1.0". A static string. */
MST_EXPORT const char *mst_version (void);

#ifdef __cplusplus
}
#endif
#endif
