/*
 * run_flags - the command line of `loadgen run`: Locust's flags, long and short, Locust's
 * environment variables (LOCUST_USERS and so on), and flags shared with `attack`.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_FLAGS_RUN_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_RUN_FLAGS_H

#include "common/cli.h"
#include "loadgen/command/flags/argument_flag.h"
#include "loadgen/command/flags/attack_flags.h"

struct run_options {
    struct attack_options attack; /* how to send, and what to write */
    const char *file;             /* of the scenario; NULL: the operand names it */
    const char *host;             /* NULL: the hosts in the scenario */
    uint64_t users;
    bool shares_connections;
    double spawn_per_s;
    uint64_t run_time_ns;    /* 0: until interrupted */
    uint64_t max_requests;   /* UINT64_MAX: no limit */
    uint64_t max_iterations; /* UINT64_MAX: no limit */
    uint64_t stop_timeout_ns;
    struct size max_memory;
    uint64_t seed;
    const char *tags;          /* NULL: all tasks */
    const char *excluded_tags; /* NULL: none */
    struct argument_flags arguments;
    bool is_check;
    bool is_list;
    bool shows_ratios;
    bool is_headless; /* same effect as prints_stats */
    bool prints_stats;
    bool only_summary; /* overrides the two flags above */
    const char *csv;   /* prefix of the files' names; NULL: none */
    bool has_full_history;
    uint64_t exit_code_on_error;
};

cli_set_fn run_set_users;      /* uint64_t */
cli_set_fn run_set_spawn_rate; /* double */
cli_set_fn run_set_time;       /* uint64_t of nanoseconds; a bare number is seconds */

/* The options are a struct run_options. */
extern const struct cli run_cli;

/*
 * The schedule of iterations; a closed loop if no rate is given. ERR_USAGE names the flags to
 * change.
 */
bool run_schedule(const struct run_options *options, struct schedule *schedule, struct err *err);

/*
 * Fills and checks the plan, a closed loop of the users; it borrows from the options. Overwrites
 * the schedule in the options, so call run_schedule first. ERR_USAGE names the flags to change.
 */
bool run_plan(struct run_options *options, struct plan *plan, struct err *err);

#endif
