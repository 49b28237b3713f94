/*  Any bytes as a scenario file. What is read must read again from its own text, and take a change.
   A first line that begins with # is not part of the file but an assignment, as after --set. */
#include "base/check.h"
#include "tools/scenario.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

static void scenario_again (const scenario_t *scenario)
{
    scenario_t *again;
    mst_err_t err = scenario_read ("again.json", scenario->text, strlen (scenario->text), &again);
    base_assert (err == MST_OK);
    base_assert (again->federate_count == scenario->federate_count);
    base_assert (again->time.end == scenario->time.end);
    base_assert (strcmp (again->text, scenario->text) == 0);
    scenario_destroy (&again);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    char assignment[256] = "";
    scenario_t *scenario;
    const uint8_t *line = size_bytes > 0 && data[0] == '#' ? memchr (data, '\n', size_bytes) : NULL;
    size_t skipped = line ? (size_t) (line - data) + 1 : 0;
    if (skipped > 1 && skipped < sizeof assignment)
        memcpy (assignment, data + 1, skipped - 2);
    if (scenario_read ("fuzz.json", data + skipped, size_bytes - skipped, &scenario))
        return 0;
    scenario_again (scenario);
    if (assignment[0] && scenario_assign (scenario, assignment) == MST_OK)
        scenario_again (scenario);
    scenario_destroy (&scenario);
    return 0;
}
