/*
 * offer - the kinds of runs that a web server offers, according to its command line:
 *
 *     a scenario         users
 *     targets or a URL   a rate
 *     with an SLO        also capacity searches, unless the scenario has a Shape, or a feeder that
 *                        can run out
 *
 * Threads: set-up only. Memory: borrows options and operands. Call offer_close even on failure. An
 * offer must not move.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_OFFER_H
#define LOADGEN_COMMAND_RUNNERS_OFFER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/command/flags/capacity_flags.h"
#include "loadgen/command/flags/serve_flags.h"
#include "loadgen/command/runners/rate_runner.h"
#include "loadgen/command/runners/search_runner.h"
#include "loadgen/command/runners/users_runner.h"
#include "loadgen/web/board/runner.h"

struct order_runner;
struct slo;

struct offer {
    const struct runner *runners[RUN_KINDS]; /* by kind; NULL: not offered */
    struct slo *slo;                         /* of all runs; NULL: none */
    /* private */
    const struct order_runner *place;
    const char *scenario; /* NULL: targets */
    const char *url;      /* instead of targets; NULL: none */
    struct users_runner users;
    struct rate_runner rate;
    struct search_runner search;
    struct capacity_options search_options;
};

/*
 * Opens a run of each kind once, so that errors are found at the start. Fills in the options that
 * were not given. ERR_USAGE names flags that cannot be combined.
 */
bool offer_open(struct offer *offer, struct serve_options *options, char **operands, int count,
                const struct order_runner *place, struct err *err);
void offer_close(struct offer *offer);

#endif
