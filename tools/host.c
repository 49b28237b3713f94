#include "tools/host.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/program.h"
#include "tools/text.h"

#include <string.h>

enum { READY_MS = 10000 };

char *tools_host_endpoint (const char *line)
{
    static const char blanks[] = " \t\r\n,;\"'()";
    const char *mark = strstr (line, "://");
    if (!mark)
        return NULL;
    const char *start = mark;
    while (start > line && !strchr (blanks, start[-1]))
        start--;
    return base_strndup (start, (size_t) (mark - start) + strcspn (mark, blanks));
}

static mst_err_t host_ready (tools_crew_t *crew, tools_member_t *rti, char **endpoint)
{
    base_buffer_t tail = { 0 };
    mst_err_t err = tools_crew_ready (crew, rti, READY_MS);
    if (err) {
        char *why = base_strdup (mst_error_text ());
        if (!tools_crew_tail (rti, 3, &tail) && tail.size_bytes > 0)
            (void) base_error (err, "%s: %s", why ? why : "the RTI failed", tools_text_of (&tail));
        base_free (why);
        base_buffer_fini (&tail);
        return err;
    }
    *endpoint = tools_host_endpoint (rti->ready);
    return *endpoint ? MST_OK
                     : base_error (MST_E_INTERNAL, "the RTI's first line names no endpoint: %s",
                                   rti->ready);
}

mst_err_t tools_host_start (tools_crew_t *crew, const char *folder, const char *listen,
                            char **endpoint)
{
    char *program = NULL, *output = tools_path (folder, "rti.txt");
    tools_member_t *rti = NULL;
    const char *const argv[] = { "muster", "rti", listen ? "--endpoint" : "--port",
                                 listen ? listen : "0", NULL };
    mst_err_t err = output ? tools_program_own (&program) : base_alloc_error ();
    if (!err)
        err = tools_crew_start (crew,
                                &(tools_enlist_t){ .role = TOOLS_RTI,
                                                   .name = "rti",
                                                   .output = output,
                                                   .program = program,
                                                   .argv = argv,
                                                   .piped = true,
                                                   .required = true },
                                &rti);
    if (!err)
        err = host_ready (crew, rti, endpoint);
    base_free (program);
    base_free (output);
    return err;
}
