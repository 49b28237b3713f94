/*  Federation metadata as a monitoring user sees it: muster top --metadata while settlers run, and
    muster log info after. Players 1 to 3 of samples/settlement wait for the fourth, and exchange
    meanwhile. No wait but for a line or an end. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 60000, PLAYERS = 4, NAME_SIZE = 32 };

#define SETTLEMENT TEST_BUILD_DIR "/settlement"
#define SCENARIO   TEST_SOURCE_DIR "/samples/settlement/scenario.json"

typedef struct stage {
    test_process_t rti, players[PLAYERS];
    int count;
} stage_t;

static void stage_player (stage_t *self)
{
    char name[NAME_SIZE], rank[NAME_SIZE];
    (void) snprintf (name, sizeof name, "player-%d", self->count + 1);
    (void) snprintf (rank, sizeof rank, "%d", self->count);
    (void) setenv ("MUSTER_NAME", name, 1);
    (void) setenv ("MUSTER_RANK", rank, 1);
    PROCESS_START (&self->players[self->count++], SETTLEMENT);
    (void) unsetenv ("MUSTER_NAME");
    (void) unsetenv ("MUSTER_RANK");
}

/*  Runs muster to its end; the caller ends the process. */
static int run (test_process_t *process, const char *const *argv)
{
    test_process_start (process, argv);
    return CHECK (test_process_wait (process, LONG_MS)) ? process->exit_code : -1000;
}
#define RUN(process, ...) run ((process), (const char *const[]){ "muster", __VA_ARGS__, NULL })

/*  All but one, of whom muster top has seen each. */
static void stage_open (stage_t *self)
{
    long long deadline_ms = test_now_ms () + LONG_MS;
    test_process_t top;
    bool seen = false;
    self->count = 0;
    PROCESS_START (&self->rti, "muster", "rti", "--port", "0", "--quiet");
    const char *line = test_process_line (&self->rti, "tcp://", LONG_MS);
    char *endpoint = strdup (line ? strstr (line, "tcp://") : "");
    endpoint[strcspn (endpoint, " \n")] = '\0';
    (void) setenv ("MUSTER_RTI", endpoint, 1);
    free (endpoint);
    while (self->count < PLAYERS - 1)
        stage_player (self);
    while (!seen && test_now_ms () < deadline_ms) {
        seen = RUN (&top, "top", "--once", "settlement") == 0 &&
               strstr (top.out.text, "settlement: 3 federates") != NULL;
        test_process_fini (&top);
    }
    CHECK (seen);
}

static void stage_close (stage_t *self)
{
    for (int i = 0; i < self->count; i++)
        test_process_fini (&self->players[i]);
    test_process_fini (&self->rti);
    (void) unsetenv ("MUSTER_RTI");
}

/*  Who is there, who left without a word, and that the run goes on beside the observer. */
static void test_top (void)
{
    stage_t stage;
    test_process_t top;
    stage_open (&stage);
    PROCESS_START (&top, "muster", "top", "--metadata", "--interval", "50 ms", "settlement");
    CHECK (test_process_line (&top, "federates: player-1: joined, 0 objects", LONG_MS) != NULL);
    CHECK (test_process_line (&top, "federates: player-3: joined, 0 objects", LONG_MS) != NULL);
    stage_player (&stage);
    for (int i = 0; i < PLAYERS; i++) {
        CHECK (test_process_wait (&stage.players[i], LONG_MS));
        CHECK_INT (stage.players[i].exit_code, 0);
    }
    CHECK_CONTAINS (stage.players[0].out.text, "4 of 4 players agree");
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "--metadata", "--once"), 2);
    CHECK_CONTAINS (top.err.text, "--metadata needs FEDERATION");
    test_process_fini (&top);
    stage_close (&stage);
}

static void test_top_sees_who_is_lost (void)
{
    stage_t stage;
    test_process_t top;
    stage_open (&stage);
    PROCESS_START (&top, "muster", "top", "--metadata", "--interval", "50 ms", "settlement");
    CHECK (test_process_line (&top, "federates: player-3: joined", LONG_MS) != NULL);
    test_process_signal (&stage.players[2], SIGKILL);
    CHECK (test_process_line (&top, "federates: player-3: gone", LONG_MS) != NULL);
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "--metadata", "--once", "--json", "settlement"), 0);
    CHECK_CONTAINS (top.out.text, "\"federates\":{\"player-1\":\"joined, 0 objects\",");
    CHECK_CONTAINS (top.out.text, "\"player-3\":\"gone\"}");
    test_process_fini (&top);
    stage_close (&stage);
}

/*  Each claim is counted once, whoever heard of it how often: 36, as the scenario expects. */
static void test_log_info (void)
{
    test_temp_t temp;
    test_process_t process;
    test_temp_init (&temp);
    const char *file = test_temp_path (&temp, "settlement.mcap");
    char path[512];
    (void) snprintf (path, sizeof path, "%s", file);
    CHECK_INT (RUN (&process, "run", "--quiet", "--record", path, SCENARIO), 0);
    test_process_fini (&process);
    CHECK_INT (RUN (&process, "log", "info", path), 0);
    CHECK_CONTAINS (process.out.text, "\nmetadata:\n");
    CHECK_CONTAINS (process.out.text, "\n  entities/land of player-4: ");
    CHECK_CONTAINS (process.out.text, "\n  federates/player-1: ");
    CHECK_CONTAINS (process.out.text, "\n  counters/claims: 36\n");
    test_process_fini (&process);
    CHECK_INT (RUN (&process, "log", "--json", "info", path), 0);
    CHECK_CONTAINS (process.out.text, "\"counters/claims\":36");
    test_process_fini (&process);
    test_temp_fini (&temp);
}

static CU_TestInfo metadata_tests[] = {
    { "muster top, and the run goes on", test_top },
    { "who is lost is gone", test_top_sees_who_is_lost },
    { "muster log info", test_log_info },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "metadata", NULL, NULL, NULL, NULL, metadata_tests })
