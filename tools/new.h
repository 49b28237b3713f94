/*  A federate to begin with: files that build and run as they are. */
#ifndef TOOLS_NEW_H
#define TOOLS_NEW_H

#include <muster/error.h>

/*  Makes the folder `name` in the current one and writes the files into it. name: a letter, then
    letters, digits, - and _; up to 40 bytes. Errors: MST_E_INVALID_ARGUMENT (no such name),
   MST_E_IO (it exists, it cannot be written: what was written is taken away again),
   MST_E_NO_MEMORY. */
mst_err_t tools_new (const char *name);

#endif
