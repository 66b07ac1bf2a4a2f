/*
 * command - what a user can ask loadgen to do; a const descriptor each, listed in command.c.
 *
 * Exit statuses: 0 done, 1 failed, 2 the command line was wrong.
 */
#ifndef LOADGEN_COMMAND_COMMAND_H
#define LOADGEN_COMMAND_COMMAND_H

#include "common/cli.h"
#include "common/err.h"

struct command {
    const char *name;
    const char *help;
    const struct cli *cli; /* its flags; NULL: a command of vegeta's that is
                              not there yet */
    bool (*run)(int argc, char **argv, struct err *err); /* argv[0] is the command's name */
};

extern const struct command command_attack;
extern const struct command command_report;

/* Runs the command line of loadgen; prints errors. Returns the exit status. */
int command_main(int argc, char **argv);

#endif
