#include "tools/replay.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/crew.h"
#include "tools/file.h"
#include "tools/host.h"
#include "tools/text.h"

#include <stdio.h>

enum { GRACE_MS = 3000, REPLAY_TEXT_SIZE = 1024 };

/*  While it plays, somebody must drain the RTI's pipe and hear Ctrl-C. */
static bool replay_stopped (void *user)
{
    tools_crew_t *crew = user;
    tools_crew_wait (crew, 0);
    return crew->interrupt != 0;
}

static mst_err_t replay_say (const tools_replay_options_t *options, const tools_played_t *played,
                             base_buffer_t *out)
{
    char wall[TOOLS_NUMBER_SIZE];
    unsigned long long counts[] = { played->objects, played->updates, played->interactions,
                                    played->deletes, played->skipped };
    if (options->json)
        return tools_text_append (out,
                                  "{\"objects\":%llu,\"updates\":%llu,\"interactions\":%llu,"
                                  "\"deletes\":%llu,\"skipped\":%llu,\"wall_s\":%.6f}\n",
                                  counts[0], counts[1], counts[2], counts[3], counts[4],
                                  (double) played->wall_ns / 1e9);
    return tools_text_append (out,
                              "objects: %llu\nupdates: %llu\ninteractions: %llu\ndeletes: %llu\n"
                              "skipped: %llu\nwall time: %s\n",
                              counts[0], counts[1], counts[2], counts[3], counts[4],
                              tools_wall_text (wall, played->wall_ns));
}

static mst_err_t replay_play (const tools_replay_options_t *options, tools_crew_t *crew,
                              const char *endpoint, base_buffer_t *out)
{
    tools_played_t played;
    tools_player_options_t player = { .file = options->file,
                                      .rti = endpoint,
                                      .federation = options->federation,
                                      .wait = options->wait,
                                      .stopped = replay_stopped,
                                      .user = crew };
    mst_err_t err = tools_play (&player, &played);
    return err ? err : replay_say (options, &played, out);
}

mst_err_t tools_replay (const tools_replay_options_t *options, base_buffer_t *out)
{
    char text[REPLAY_TEXT_SIZE];
    char *folder = NULL, *endpoint = NULL;
    tools_crew_t crew;
    mst_err_t err = tools_crew_init (&crew);
    if (!err && !options->rti)
        err = tools_folder_new ("muster-replay", &folder);
    if (!err && !options->rti)
        err = tools_host_start (&crew, folder, NULL, &endpoint);
    if (!err && !options->rti && options->ready)
        options->ready (options->user, endpoint);
    if (!err)
        err = replay_play (options, &crew, options->rti ? options->rti : endpoint, out);
    (void) snprintf (text, sizeof text, "%s", mst_error_text ());
    tools_crew_stop (&crew, TOOLS_RTI, GRACE_MS);
    tools_crew_fini (&crew);
    if (folder)
        tools_folder_remove (folder);
    base_free (folder);
    base_free (endpoint);
    return err ? base_error (err, "%s", text) : MST_OK;
}
