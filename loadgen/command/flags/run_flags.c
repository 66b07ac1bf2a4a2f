#include "loadgen/command/flags/run_flags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"

#define USERS_MAX 1000000 /* as workers of a closed loop */
#define EXIT_CODE_MAX 125 /* as of quit() */

bool run_set_users(void *field, const char *text, struct err *err)
{
    uint64_t users = 0;
    if (!cli_set_u64(&users, text, NULL) || users == 0 || users > USERS_MAX) {
        return err_set(err, ERR_USAGE, "\"%s\" is not a number of users from 1 to %d", text,
                       USERS_MAX);
    }
    *(uint64_t *)field = users;
    return true;
}

bool run_set_spawn_rate(void *field, const char *text, struct err *err)
{
    char *end = NULL;
    double rate = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(rate) || rate <= 0) {
        return err_set(err, ERR_USAGE, "\"%s\" is not a number of users per second above 0", text);
    }
    *(double *)field = rate;
    return true;
}

static bool set_count(void *field, const char *text, struct err *err)
{
    uint64_t count = 0;
    if (!cli_set_u64(&count, text, NULL) || count == 0) {
        return err_set(err, ERR_USAGE, "\"%s\" is not a count; expected a whole number, at least 1",
                       text);
    }
    *(uint64_t *)field = count;
    return true;
}

/* As in Locust, a bare number is seconds: 90, 20s, 1h30m. */
bool run_set_time(void *field, const char *text, struct err *err)
{
    char seconds[32];
    bool is_bare = text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
    if (!is_bare || strlen(text) + 2 > sizeof seconds) {
        return duration_set(field, text, err);
    }
    snprintf(seconds, sizeof seconds, "%ss", text);
    return duration_set(field, seconds, err);
}

static bool set_exit_code(void *field, const char *text, struct err *err)
{
    uint64_t code = 0;
    if (!cli_set_u64(&code, text, NULL) || code > EXIT_CODE_MAX) {
        return err_set(err, ERR_USAGE, "\"%s\" is not an exit status from 0 to %d", text,
                       EXIT_CODE_MAX);
    }
    *(uint64_t *)field = code;
    return true;
}

#define OWN(name) offsetof(struct run_options, name)
#define FIELD(name) offsetof(struct run_options, attack.name)

static const struct cli_flag flags[] = {
    {.help = "Users"},
#include "loadgen/command/flags/users.def"
    {"spawn-rate", "N", run_set_spawn_rate, OWN(spawn_per_s), "1",
     "number of users started per second; also -r"},
    {"r", "N", run_set_spawn_rate, OWN(spawn_per_s), NULL, "short for -spawn-rate"},
    {"run-time", "TIME", run_set_time, OWN(run_time_ns), "0s",
     "how long to run, spawning included, such as 300 (seconds), 5m or 1h30m; 0: until "
     "interrupted; also -t"},
    {"t", "TIME", run_set_time, OWN(run_time_ns), NULL, "short for -run-time"},
    {"rate", "N[/TIME]", rate_set, FIELD(schedule.rate), NULL,
     "start iterations (one task each, run by a free user) at this rate, such as 200/s "
     "(default: each user waits between tasks)"},
    {"arrival", "KIND", schedule_set_arrival, FIELD(schedule.arrival), "constant",
     "arrivals with -rate: constant (evenly spaced) or poisson (random, independent)"},
    {"requests", "N", set_count, OWN(max_requests), CLI_NO_LIMIT,
     "end after exactly N requests, including those of on_start and on_stop"},
    {"iterations", "N", set_count, OWN(max_iterations), CLI_NO_LIMIT,
     "end after exactly N iterations; an iteration is one task"},
    {"stop-timeout", "TIME", run_set_time, OWN(stop_timeout_ns), "0s",
     "how long to wait for running tasks at the end; 0: only for requests in flight; also -s"},
    {"s", "TIME", run_set_time, OWN(stop_timeout_ns), NULL, "short for -stop-timeout"},
    {"locustfile", "FILE", cli_set_string, OWN(file), NULL,
     "scenario file, instead of the argument; also -f"},
    {"f", "FILE", cli_set_string, OWN(file), NULL, "short for -locustfile"},
    {"check", NULL, cli_set_bool, OWN(is_check), "false",
     "run each task once, and print the requests and responses"},
    {"list", NULL, cli_set_bool, OWN(is_list), "false",
     "list the classes and arguments of the scenario; also -l"},
    {"l", NULL, cli_set_bool, OWN(is_list), NULL, "short for -list"},
    {"show-task-ratio", NULL, cli_set_bool, OWN(shows_ratios), "false",
     "print the share of each class and task, without running the scenario"},
    {"headless", NULL, cli_set_bool, OWN(is_headless), "false", "same as -print-stats"},
    {"seed", "N", cli_set_u64, OWN(seed), "1",
     "seed of random numbers, waits, the order of tasks, and -arrival poisson"},

    {.help = "Limits"},
#include "loadgen/command/flags/limits.def"

    {.help = "Connections"},
#include "loadgen/command/flags/connections.def"

    {.help = "Output"},
    {"output", "FILE", cli_set_string, FIELD(output), NULL, "file for the results (default none)"},
    {"report", "TYPE", cli_set_string, FIELD(report), NULL,
     "report on stdout: text, json, hist[0,10ms,100ms], hdrplot or hdrlog (default text, "
     "or none with -output stdout)"},
    {"csv", "PREFIX", cli_set_text, OWN(csv), NULL,
     "write Locust's files PREFIX_stats.csv, PREFIX_stats_history.csv, PREFIX_failures.csv and "
     "PREFIX_exceptions.csv"},
    {"csv-full-history", NULL, cli_set_bool, OWN(has_full_history), "false",
     "with -csv: add a history row for each method and name every second; percentiles are those of "
     "the last 10 s"},
    {"print-stats", NULL, cli_set_bool, OWN(prints_stats), "false",
     "print Locust's table on stderr every 2 s instead of the progress line"},
    {"only-summary", NULL, cli_set_bool, OWN(only_summary), "false",
     "with -print-stats or -headless: print Locust's tables only at the end"},
    {"exit-code-on-error", "N", set_exit_code, OWN(exit_code_on_error), "1",
     "exit status, 0 to 125, if a script raised an error or, without -slo, a request failed"},
#include "loadgen/command/flags/session.def"

#include "loadgen/command/flags/cluster.def"
    {0},
};

const struct cli run_cli = {
    .program = "loadgen run",
    .operands = "SCENARIO.lua",
    .about =
        "Simulates the users of a Lua scenario, which is written like a locustfile\n"
        "(docs/scenarios.md). Flags and environment variables, such as LOCUST_USERS, are named as\n"
        "in Locust.\n"
        "\n"
        "  loadgen run scenario.lua -u 100 -r 10 -t 5m -H http://127.0.0.1:5000\n"
        "  loadgen run scenario.lua -users 100 -spawn-rate 10 -run-time 60 -slo 'p99<100ms'\n",
    .flags = flags,
    .env_prefix = "LOCUST_",
};

bool run_schedule(const struct run_options *options, struct schedule *schedule, struct err *err)
{
    struct schedule_flags given = options->attack.schedule;
    bool has_rate = given.rate.count > 0;
    if (given.rate.per_ns > 0 && !has_rate) {
        return err_set(err, ERR_USAGE,
                       "-rate must be greater than 0; without -rate, users start tasks by "
                       "themselves, as fast as their waits allow");
    }
    given.rate = has_rate ? given.rate : (struct rate){0, NS_PER_S};
    given.duration_ns = has_rate ? options->run_time_ns : 0;
    given.seed = options->seed;
    return schedule_from_flags(&given, schedule, err);
}

bool run_plan(struct run_options *options, struct plan *plan, struct err *err)
{
    struct attack_options *attack = &options->attack;
    bool has_rate = attack->schedule.rate.count > 0; /* then the users end the run */
    attack->schedule = (struct schedule_flags){
        .rate = {0, NS_PER_S},
        .duration_ns = has_rate ? 0 : options->run_time_ns,
    };
    attack->max_workers = options->users;
    attack->name = NULL;
    attack->encoding = "bin";
    return attack_plan(attack, plan, err);
}
