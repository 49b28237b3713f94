/*  Which Muster this is. */
#include <muster/version.h>

const char *mst_version (void)
{
    return MST_VERSION_TEXT;
}
