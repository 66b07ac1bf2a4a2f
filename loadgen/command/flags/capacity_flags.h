/*
 * capacity_flags - the command line of `loadgen capacity`.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_FLAGS_CAPACITY_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_CAPACITY_FLAGS_H

#include "common/cli.h"
#include "loadgen/command/flags/argument_flag.h"
#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/scrape/scrape.h"

struct capacity_options {
    struct attack_options attack; /* what to send and how; each trial sets the rest */
    const char *scenario;         /* file; NULL: targets are sent */
    const char *host;             /* this and the fields up to arguments: as in run_flags.h */
    uint64_t users;
    bool shares_connections;
    double spawn_per_s;
    struct size max_memory;
    const char *tags;
    const char *excluded_tags;
    struct argument_flags arguments;
    const char *slo; /* NULL: not given */
    bool is_quick;
    struct rate min_rate; /* per_ns 0: not given */
    struct rate max_rate;
    struct rate generator_rate;
    uint64_t trial_ns;      /* 0: not given */
    uint64_t time_limit_ns; /* 0: none */
    uint64_t repeat;
    struct scrape_urls metrics; /* of the target */
    const char *output;         /* NULL: none */
    const char *html;           /* NULL: none */
    const char *journal;        /* NULL: none */
    bool resumes;
    const char *termination_log; /* NULL: none */
};

/* The options are a struct capacity_options. */
extern const struct cli capacity_cli;

/* A cli_set_fn of -trial: a duration above 0. */
bool capacity_set_trial(void *field, const char *text, struct err *err);

/*
 * The plan of every trial, except for its schedule. Borrows from the options, and sets the options
 * that have no flag in this command. ERR_USAGE names the flags to change.
 */
bool capacity_plan(struct capacity_options *options, struct plan *plan, struct err *err);

#endif
