/*
 * serve_flags - the command line of `loadgen serve`: the address, access, the users of a scenario
 * or the requests to targets, and settings of searches.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_FLAGS_SERVE_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_SERVE_FLAGS_H

#include "common/cli.h"
#include "loadgen/command/flags/run_flags.h"
#include "loadgen/command/flags/size.h"
#include "loadgen/scrape/scrape.h"

struct serve_options {
    struct run_options run; /* defaults of every run; a client may change some */
    const char *web;        /* HOST:PORT */
    const char *token_file; /* NULL: none */
    bool has_no_token;
    const char *allowed_hosts; /* NULL: none */
    bool is_compat;            /* clients of Locust's routes expect version 0.8 */
    const char *data;          /* folder of the tests that are kept; NULL: none */
    uint64_t data_runs;        /* maximum number of tests in it */
    struct size data_size;     /* maximum size of all of them */
    /* Settings of searches; the SLO is run.attack.slo. */
    bool is_quick;
    struct rate min_rate; /* per_ns 0: not given */
    struct rate max_rate;
    struct rate generator_rate;
    uint64_t trial_ns;          /* 0: not given */
    uint64_t time_limit_ns;     /* 0: none */
    struct scrape_urls metrics; /* of the target */
};

/* The options are a struct serve_options. */
extern const struct cli serve_cli;

/*
 * Sets the defaults of flags that were not given. ERR_USAGE names a flag that would have no effect.
 */
bool serve_flags_check(struct serve_options *options, struct err *err);

#endif
