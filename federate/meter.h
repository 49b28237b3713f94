/*  Where a federate's time goes: waiting, messaging (inside the library), computing (the rest).

    Waiting is measured whole, by the waits themselves. Messaging is a sample: to read the clock
    around every update would cost more than the update. Of calls, one in so many is measured and
    stands for all: a call that leaves counts down, and arms the next one. Of turns (what a wait
    brought in) likewise, and after one in so many turns the making of each callback is measured.
    The gaps are random, so that no rhythm of the federate's meets them.

    Thread rule: that of the federate, whose lock is held. */
#ifndef FEDERATE_METER_H
#define FEDERATE_METER_H

#include <stdbool.h>
#include <stdint.h>

enum { FEDERATE_METER_CALLS = 1024, FEDERATE_METER_TURNS = 16, FEDERATE_METER_WATCHES = 256 };

typedef struct federate_meter {
    uint32_t calls;  /* that leave before the next one is armed, or has been measured */
    bool armed;      /* the next call is measured, or the one under way is */
    int32_t turns;   /* before one is measured; 0 or less: it is */
    int32_t watches; /* turns before the callbacks of one are measured */
    bool watching;   /* those of the last turn are */
    uint32_t noise;
    int64_t began_ns; /* of the section at hand; 0: none is measured */
    int64_t waited_then_ns;
    int64_t joined_ns;
    int64_t waited_before_ns; /* by the poll set, when it joined */
    int64_t waited_ns;        /* by callers, while a thread of ours works */
    int64_t messaging_ns;
    uint8_t doing; /* wire_doing_t */
    const char *place;
} federate_meter_t;

typedef struct federate_shell federate_shell_t;

void federate_meter_join (federate_shell_t *shell);
/*  A section begins, if none is under way; and ends, standing for `weight` of its kind. */
void federate_meter_start (federate_shell_t *shell);
void federate_meter_stop (federate_shell_t *shell, int32_t weight);
/*  A call leaves whose turn it is: it arms the next one, or was measured. */
void federate_meter_call (federate_shell_t *shell);
/*  A waiting call was armed: its parts are measured, not the whole; the next one is armed. */
void federate_meter_cancel (federate_shell_t *shell);
/*  A turn ends. */
void federate_meter_turn (federate_shell_t *shell);
int64_t federate_meter_waited_ns (const federate_shell_t *shell);

/*  The thread begins to wait at a place that has a name, which the RTI is told at once; and has
   ended: the RTI knows when all had come, and is told when this one has given up. The text lives
   until then. Without memory nothing is told. */
void federate_meter_at (federate_shell_t *shell, uint8_t doing, const char *place);
void federate_meter_left (federate_shell_t *shell, bool gave_up);

/*  Tells the RTI the counters, if it asked for them. */
void federate_meter_tell (federate_shell_t *shell);

#endif
