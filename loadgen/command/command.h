/*
 * command - what a user can ask loadgen to do; a const descriptor each, listed in command.c.
 *
 * Started under the name vegeta, by a link, the program is the same.
 *
 * Exit statuses: 0 done, 1 failed, 2 the command line was wrong; with -slo 99 when it was missed,
 * and 98 when it was missed while the generator was the limit.
 */
#ifndef LOADGEN_COMMAND_COMMAND_H
#define LOADGEN_COMMAND_COMMAND_H

#include "common/cli.h"
#include "common/err.h"

/* What stands before the command. */
struct command_globals {
    unsigned cpus; /* threads at most; 0: as many as CPUs may be used */
};

struct command {
    const char *name;
    const char *help;
    const struct cli *cli; /* its flags; NULL: a command of vegeta's that is refused, with `help` as
                              the reason */
    bool (*run)(const struct command_globals *globals, int argc, char **argv,
                struct err *err); /* argv[0] is the command's name */
};

/* Why -profile is refused. */
extern const char command_no_profile[];

extern const struct command command_attack;
extern const struct command command_encode;
extern const struct command command_report;
extern const struct command command_plot;
extern const struct command command_idle;

/* Runs the command line of loadgen; prints errors. Returns the exit status. */
int command_main(int argc, char **argv);

#endif
