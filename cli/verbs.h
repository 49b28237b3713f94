/*  The verbs of the muster command: each takes its own arguments (argv[0] is the verb) and returns
   the exit code. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

int cli_rti (int argc, char **argv);
int cli_run (int argc, char **argv);
int cli_replay (int argc, char **argv);
int cli_fom (int argc, char **argv);
int cli_join (int argc, char **argv);
int cli_log (int argc, char **argv);
int cli_new (int argc, char **argv);
int cli_log_plot (int argc, char **argv); /* argv[0] is "plot" */
int cli_top (int argc, char **argv);
int cli_bench (int argc, char **argv);
int cli_state (int argc, char **argv);
int cli_version (int argc, char **argv);

/*  Not for people: `muster run` starts it as the process that records. */
int cli_record (int argc, char **argv);
/*  Likewise: the process that paces. */
int cli_pace (int argc, char **argv);
/*  … and `muster replay --stand-in` this one. */
int cli_play (int argc, char **argv);

#endif
