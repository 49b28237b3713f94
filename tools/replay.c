#include "tools/replay.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/crew.h"
#include "tools/facts.h"
#include "tools/file.h"
#include "tools/host.h"
#include "tools/text.h"

#include <stdio.h>

enum { GRACE_MS = 3000, REPLAY_TEXT_SIZE = 1024 };

typedef struct replay {
    const tools_replay_options_t *options;
    tools_crew_t crew;
} replay_t;

/*  While it plays, somebody must drain the RTI's pipe and hear Ctrl-C. */
static bool replay_stopped (void *user)
{
    replay_t *self = user;
    tools_crew_wait (&self->crew, 0);
    return self->crew.interrupt != 0;
}

static mst_err_t replay_say (const tools_replay_options_t *options, const tools_played_t *played,
                             base_buffer_t *out)
{
    char wall[TOOLS_NUMBER_SIZE];
    tools_facts_t facts;
    tools_facts_begin (&facts, options->json, out);
    tools_facts_number (&facts, "objects", played->objects);
    tools_facts_number (&facts, "updates", played->updates);
    tools_facts_number (&facts, "interactions", played->interactions);
    tools_facts_number (&facts, "deletes", played->deletes);
    tools_facts_number (&facts, "skipped", played->skipped);
    tools_facts_number (&facts, "passes", played->passes);
    if (played->last != MST_TIME_NONE)
        tools_facts_number (&facts, "time", (uint64_t) played->last);
    if (options->json) {
        tools_facts_real (&facts, "start_s", (double) played->start_ns / 1e9);
        tools_facts_real (&facts, "late_s", (double) played->late_ns / 1e9);
        tools_facts_real (&facts, "wall_s", (double) played->wall_ns / 1e9);
        return tools_facts_end (&facts);
    }
    tools_facts_text (&facts, "start", tools_wall_text (wall, played->start_ns));
    if (options->player.speed > 0)
        tools_facts_text (&facts, "late at most", tools_wall_text (wall, played->late_ns));
    tools_facts_text (&facts, "wall time", tools_wall_text (wall, played->wall_ns));
    return tools_facts_end (&facts);
}

static void replay_told (void *user, const char *line)
{
    const replay_t *self = user;
    if (self->options->told && !self->options->quiet)
        self->options->told (self->options->user, line);
}

static mst_err_t replay_play (replay_t *self, const char *endpoint, base_buffer_t *out)
{
    tools_played_t played;
    tools_player_options_t player = self->options->player;
    player.rti = endpoint;
    player.stopped = replay_stopped;
    player.told = replay_told;
    player.user = self;
    mst_err_t err = tools_play (&player, &played);
    return err ? err : replay_say (self->options, &played, out);
}

static void replay_ready (const replay_t *self, const char *endpoint)
{
    char line[REPLAY_TEXT_SIZE];
    const tools_player_options_t *player = &self->options->player;
    if (self->options->quiet && player->wait == 0 && !player->point)
        return;
    (void) snprintf (line, sizeof line, "the RTI is at %s", endpoint);
    if (self->options->told)
        self->options->told (self->options->user, line);
}

mst_err_t tools_replay (const tools_replay_options_t *options, base_buffer_t *out)
{
    char text[REPLAY_TEXT_SIZE];
    char *folder = NULL, *endpoint = NULL;
    const char *rti = options->player.rti;
    replay_t self = { .options = options };
    mst_err_t err = tools_crew_init (&self.crew);
    /*  Before an RTI is started for nothing. */
    if (!err && !rti)
        err = tools_play_check (&options->player);
    if (!err && !rti)
        err = tools_folder_new ("muster-replay", &folder);
    if (!err && !rti)
        err = tools_host_start (&self.crew, folder, NULL, &endpoint);
    if (!err && !rti)
        replay_ready (&self, endpoint);
    if (!err)
        err = replay_play (&self, rti ? rti : endpoint, out);
    (void) snprintf (text, sizeof text, "%s", mst_error_text ());
    tools_crew_stop (&self.crew, TOOLS_RTI, GRACE_MS);
    tools_crew_fini (&self.crew);
    if (folder)
        tools_folder_remove (folder);
    base_free (folder);
    base_free (endpoint);
    return err ? base_error (err, "%s", text) : MST_OK;
}
