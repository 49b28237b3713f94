/*  What a user chooses of a recording, in a user's words: classes and senders by name, times as
    counts, durations or dates. Checked against what the recording holds. */
#ifndef TOOLS_CHOICE_H
#define TOOLS_CHOICE_H

#include <stdbool.h>
#include "base/list.h"
#include "log/reader.h"
#include "log/select.h"

/*  How logical time counts in a recording, and how far it reaches. */
typedef struct tools_times {
    bool known;       /* unit and start are */
    int64_t start_ns; /* of logical time 0, from 1970 */
    int64_t unit_ns;  /* one count */
    int64_t step;     /* counts; 1 when it is not known */
    bool any;         /* there are messages: the next two count */
    uint64_t first_ns;
    uint64_t last_ns;
} tools_times_t;

/*  From the recording's metadata, or from its scenario. Errors: the reader's. */
mst_err_t tools_times_read (log_reader_t *reader, tools_times_t *times);

enum { TOOLS_TIME_SIZE = 64 };

/*  "12 (1994-02-17T00:00:12)", "12" when the scenario has no date, the date alone when the unit is
    not known. */
const char *tools_time_text (char text[TOOLS_TIME_SIZE], const tools_times_t *times,
                             uint64_t log_time_ns);
/*  "1994-02-17T00:00:12.5": what config_parse_date_ns takes. */
const char *tools_date_text (char text[TOOLS_TIME_SIZE], uint64_t unix_ns);

/*  "12": counts of the unit. "3 d": so long after time 0. "1994-02-17": a date. `option` is named
   in messages. Errors: MST_E_INVALID_ARGUMENT. */
mst_err_t tools_time_parse (const tools_times_t *times, const char *option, const char *text,
                            uint64_t *log_time_ns);

typedef struct tools_choice {
    BASE_LIST (const char *) classes;
    BASE_LIST (const char *) senders;
    const char *from; /* NULL: from the beginning */
    const char *to;   /* NULL: to the end; what stands at `to` is no part of it */
} tools_choice_t;

void tools_choice_fini (tools_choice_t *self);

/*  The same for log/. The lists stay the choice's. Errors: MST_E_INVALID_ARGUMENT (a class or a
    sender that the recording does not have, a time outside it), the reader's. */
mst_err_t tools_choice_resolve (const tools_choice_t *self, log_reader_t *reader,
                                const tools_times_t *times, log_select_t *select);

#endif
