/*
 * command - the commands of loadgen: one descriptor each, listed in command.c.
 *
 * The program behaves the same when it is installed under the name vegeta.
 *
 * Exit statuses:
 *     0        success
 *     1        failure; capacity: the search ended early (time limit, number of trials), or a
 *              script failed; run: a script or a request failed
 *     2        bad command line
 *     98       an SLO was missed, but the generator was the limit; capacity: the generator was the
 *              limit; selftest: the generator was disturbed
 *     99       an SLO was missed; capacity: even at the lowest rate; compare: the change is below
 *              -fail-below
 *     128 + N  a second or third signal, N, ended the program (interrupt.h)
 *
 * run: with quit(), the scenario can set another status, up to 125. A failed request counts only
 * without -slo. -exit-code-on-error replaces status 1 for scripts and requests.
 */
#ifndef LOADGEN_COMMAND_COMMAND_H
#define LOADGEN_COMMAND_COMMAND_H

#include "common/cli.h"
#include "common/err.h"

/* The command line of a command, parsed. */
struct command_line {
    void *options; /* the struct that its flags fill; freed after `run` */
    char **operands;
    int operand_count;
    unsigned cpus; /* value of -cpus if given before the command; 0: not given */
};

struct command {
    const char *name;
    const char *help;
    const struct cli *cli; /* NULL: the command is rejected, with `help` as the reason */
    size_t options_size;
    bool (*run)(const struct command_line *line, struct err *err);
};

extern const struct command command_attack;
extern const struct command command_capacity;
extern const struct command command_encode;
extern const struct command command_compare;
extern const struct command command_plan;
extern const struct command command_report;
extern const struct command command_plot;
extern const struct command command_idle;
extern const struct command command_run;
extern const struct command command_selftest;
extern const struct command command_serve;
extern const struct command command_stop;
extern const struct command command_worker;

/* Runs loadgen and prints its error, if any. Returns the exit status. */
int command_main(int argc, char **argv);

#endif
