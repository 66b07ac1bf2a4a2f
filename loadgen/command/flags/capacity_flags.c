#include "loadgen/command/flags/capacity_flags.h"

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/command/flags/run_flags.h"

#define OWN(name) offsetof(struct capacity_options, name)
#define FIELD(name) offsetof(struct capacity_options, attack.name)

bool capacity_set_trial(void *field, const char *text, struct err *err)
{
    return duration_set(field, text, err) &&
           (*(const uint64_t *)field > 0 ||
            err_set(err, ERR_USAGE, "expected a duration above 0, such as 10s"));
}

static const struct cli_flag flags[] = {
    {.help = "What to send"},
#include "loadgen/command/flags/what_to_send.def"

    {.help = "Scenarios"},
    {"scenario", "FILE", cli_set_string, OWN(scenario), NULL,
     "Lua scenario, as for loadgen run; rates are then iterations (one task of one user each) per "
     "second"},
#include "loadgen/command/flags/users.def"
    {"spawn-rate", "N", run_set_spawn_rate, OWN(spawn_per_s), "100",
     "number of users started per second at the start of each trial; also -r"},
    {"r", "N", run_set_spawn_rate, OWN(spawn_per_s), NULL, "short for -spawn-rate"},

    {.help = "What to find"},
    {"slo", "EXPR", cli_set_string, OWN(slo), NULL,
     "SLO that the target must meet, such as p99<100ms,errors<0.1%; required"},
    {"quick", NULL, cli_set_bool, OWN(is_quick), "false",
     "find the capacity to within 5% instead of 2%, with shorter trials"},
    {"min-rate", "N[/TIME]", rate_set, OWN(min_rate), NULL,
     "lowest rate to try (default: the lowest that gives -slo enough requests in 60s)"},
    {"max-rate", "N[/TIME]", rate_set, OWN(max_rate), NULL,
     "highest rate to try (default no limit)"},
    {"generator-rate", "N[/TIME]", rate_set, OWN(generator_rate), NULL,
     "highest rate at which this generator can be trusted (default: measured before a search of "
     "targets, unless -nats is given)"},
    {"trial", "TIME", capacity_set_trial, OWN(trial_ns), NULL,
     "minimum length of a trial, extended if -slo needs more requests (default 10s, with -quick "
     "5s)"},
    {"arrival", "KIND", schedule_set_arrival, FIELD(schedule.arrival), "constant",
     "arrivals: constant (evenly spaced) or poisson (random, independent), which lowers the "
     "capacity"},
    {"seed", "N", cli_set_u64, FIELD(schedule.seed), "1",
     "base seed of -arrival poisson; each trial derives its own seed"},
    {"repeat", "N", cli_set_u64, OWN(repeat), "1",
     "search N times, at most 100, and report median, range and coefficient of variation"},

    {.help = "Limits"},
    {"time-limit", "TIME", duration_set, OWN(time_limit_ns), "0s",
     "maximum total time of a search's trials; the search then reports the interval found so far; "
     "0: no limit"},
#include "loadgen/command/flags/limits.def"

    {.help = "Connections"},
    {"max-connections", "N", cli_set_u64, FIELD(max_connections), "1024",
     "maximum connections per host and port; in total, at most half of the local ports and half "
     "of the open-file limit"},
#include "loadgen/command/flags/connections.def"

#include "loadgen/command/flags/cluster.def"

    {.help = "Metrics of the target"},
    {"target-metrics", "URL", scrape_add_url, OWN(metrics), NULL,
     "read the target's Prometheus metrics from every address of the URL's host, before and after "
     "each trial; may be repeated"},

    {.help = "Output"},
    {"output", "FILE", cli_set_string, OWN(output), NULL,
     "file for the result in JSON, with all trials"},
    {"html", "FILE", cli_set_string, OWN(html), NULL,
     "file for a self-contained HTML page with the result and charts"},
    {"journal", "FILE", cli_set_string, OWN(journal), NULL,
     "append each completed trial to this file, which must be new unless -resume is given"},
    {"resume", NULL, cli_set_bool, OWN(resumes), "false",
     "continue the search of -journal after it was stopped or killed"},
    {"termination-log", "FILE", cli_set_string, OWN(termination_log), NULL,
     "file for a one-sentence verdict or error; in a pod, use /dev/termination-log"},
    {0},
};

const struct cli capacity_cli = {
    .program = "loadgen capacity",
    .operands = "[URL]",
    .about =
        "Searches for the highest rate at which the target meets -slo. It runs trials at "
        "different\n"
        "rates, repeats noisy trials, verifies the result, and reports whether the generator was\n"
        "the limit. A search takes about 5 minutes, or about 1 minute with -quick.\n\n"
        "The exit status is 0 if the capacity was found or -max-rate meets the SLO, 99 if\n"
        "-min-rate misses it, 98 if the generator was the limit, and 1 if the search stopped\n"
        "before it was complete.\n\n"
        "  loadgen capacity -slo 'p99<100ms,errors<0.1%' -html c.html "
        "http://127.0.0.1:5000/health\n"
        "  loadgen capacity -targets targets.txt -slo 'p99<50ms' -journal c.journal -output "
        "c.json\n"
        "  loadgen capacity -targets targets.txt -slo 'p99<50ms' -journal c.journal -resume\n"
        "  loadgen capacity -scenario shopper.lua -u 500 -H http://127.0.0.1:5000 -slo "
        "'p99<50ms'\n",
    .flags = flags,
};

bool capacity_plan(struct capacity_options *options, struct plan *plan, struct err *err)
{
    struct attack_options *attack = &options->attack;
    attack->schedule.rate = (struct rate){1, NS_PER_S};
    attack->schedule.duration_ns = NS_PER_S;
    attack->max_workers = UINT64_MAX;
    if (options->scenario) { /* the users are a closed loop */
        attack->schedule = (struct schedule_flags){.rate = {0, NS_PER_S}};
        attack->max_workers = options->users;
    }
    attack->name = NULL;
    attack->encoding = "none";
    return attack_plan(attack, plan, err);
}
