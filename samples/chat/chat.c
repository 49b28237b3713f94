/*  chat: receive order. What is said has no time stamp; nobody regulates time or is constrained.

    A message in receive order arrives as soon as it can. From one speaker the lines come in the
    order in which they were said; how the lines of two speakers mix, nobody promises.

        chat "LINE" "LINE"     says these; ends when all of the run have said theirs
        chat                   says what is typed, and ends with the input */
#include <muster/muster.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 1000, LOOK_MS = 20 };

static mst_interaction_class_t says;
static mst_parameter_t text;
static int heard;

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "%s\n", mst_error_text ());
    exit (1);
}

/*  Called from mst_evoke and from every call that waits. The bytes are ours until we return; the
    object model says that they are an HLAunicodeString, so anybody can read them. */
static void received (void *user, mst_federate_t fed, const mst_reception_t *message)
{
    mst_reader_t from = mst_reader (message->values[0].data, message->values[0].size_bytes);
    char line[LINE_SIZE];
    (void) user;
    (void) fed;
    mst_get_unicode (&from, line, sizeof line);
    printf ("%s: %s\n", message->sender_name, line);
    heard++;
}

/*  MST_TIME_NONE: without a time stamp, which makes it receive ordered. A federate does not hear
   itself. */
static void say (mst_federate_t fed, const char *line)
{
    unsigned char bytes[4 + 2 * LINE_SIZE]; /* a count, then two bytes a character */
    mst_writer_t to = mst_writer (bytes, sizeof bytes);
    size_t size;
    mst_put_unicode (&to, line);
    must (mst_writer_end (&to, &size));
    const mst_value_t value = { text.id, (uint32_t) size, bytes };
    must (mst_send (fed, says, &value, 1, MST_TIME_NONE, NULL));
}

/*  Waits for the keyboard and lets callbacks run between two looks. */
static void talk (mst_federate_t fed)
{
    char line[LINE_SIZE];
    struct pollfd keyboard = { .fd = STDIN_FILENO, .events = POLLIN };
    setvbuf (stdin, NULL, _IONBF, 0); /* or poll would not know of lines that stdio holds */
    for (;;) {
        must (mst_evoke (fed, 0, NULL));
        fflush (stdout);
        if (poll (&keyboard, 1, LOOK_MS) <= 0)
            continue;
        if (!fgets (line, sizeof line, stdin))
            return;
        line[strcspn (line, "\n")] = '\0';
        say (fed, line);
    }
}

/*  Under `muster run`: everybody is there before the first line. The second point does more than
   wait: what was sent before it is delivered before it, so that nobody leaves in mid-sentence. */
static void recite (mst_federate_t fed, char **lines, int count, size_t federates)
{
    char result[LINE_SIZE], number[16];
    must (mst_synchronize (fed, "all here", federates, -1));
    for (int i = 0; i < count; i++)
        say (fed, lines[i]);
    must (mst_synchronize (fed, "all said", federates, -1));
    snprintf (result, sizeof result, "%s heard", mst_federate_name (fed, mst_self (fed)));
    snprintf (number, sizeof number, "%d", heard);
    must (mst_report (fed, result, number));
}

int main (int argc, char **argv)
{
    const char *federates = getenv ("MUSTER_FEDERATES"); /* how many; only `muster run` says so */
    const mst_module_t fom = { .name = "chat.xml" };
    const mst_join_options_t options = {
        .federation = "chat", .modules = &fom, .module_count = 1, .callbacks.received = received
    };
    mst_federate_t fed;

    must (mst_join (&options, &fed));
    must (mst_interaction_find (fed, "Says", &says));
    must (mst_parameter_find (fed, says, "Text", &text));
    must (mst_publish_interaction (fed, says));
    must (mst_subscribe_interaction (fed, says));
    if (federates)
        recite (fed, argv + 1, argc - 1, (size_t) atoi (federates));
    else
        talk (fed);
    must (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    return 0;
}
