#include "loadgen/command/flags/serve_flags.h"

#include <string.h>

#include "loadgen/base/duration.h"
#include "loadgen/command/flags/capacity_flags.h"
#include "loadgen/web/access/access.h"

#define OWN(name) offsetof(struct serve_options, run.name)
#define FIELD(name) offsetof(struct serve_options, run.attack.name)
#define WEB(name) offsetof(struct serve_options, name)

enum { DATA_RUNS_MAX = 100000, DATA_RUNS = 100 };
#define DATA_SIZE ((uint64_t)1 << 30)

static bool set_runs(void *field, const char *text, struct err *err)
{
    return cli_set_u64(field, text, err) &&
           ((*(uint64_t *)field >= 1 && *(uint64_t *)field <= DATA_RUNS_MAX) ||
            err_set(err, ERR_USAGE, "expected 1 to %d", DATA_RUNS_MAX));
}

/* Rejects 0, which looks like no limit but would keep only the last test. */
static bool set_data_size(void *field, const char *text, struct err *err)
{
    return size_set(field, text, err) &&
           (((const struct size *)field)->bytes > 0 ||
            err_set(err, ERR_USAGE, "expected at least 1 byte, or -1 for no limit"));
}

/* Other versions need no flag: their keys are in the same answer. */
static bool set_compat(void *field, const char *text, struct err *err)
{
    *(bool *)field = strcmp(text, "0.8") == 0;
    return *(bool *)field ||
           err_set(err, ERR_USAGE, "expected 0.8; clients of later versions need no -compat");
}

static bool set_hosts(void *field, const char *text, struct err *err)
{
    return access_check_hosts(text, err) && cli_set_text(field, text, err);
}

bool serve_flags_check(struct serve_options *options, struct err *err)
{
    const char *flag = options->data_runs > 0 ? "-data-runs" : "-data-size";
    if (!options->data && (options->data_runs > 0 || options->data_size.is_given)) {
        return err_set(err, ERR_USAGE,
                       "%s is for tests that are kept; set -data, the folder for them", flag);
    }
    options->data_runs = options->data_runs > 0 ? options->data_runs : DATA_RUNS;
    options->data_size.bytes = options->data_size.is_given ? options->data_size.bytes : DATA_SIZE;
    return true;
}

static const struct cli_flag flags[] = {
    {.help = "Web"},
    {"web", "HOST:PORT", cli_set_string, WEB(web), "127.0.0.1:8089",
     "address to listen on; port 0: any free port"},
    {"token-file", "FILE", cli_set_text, WEB(token_file), NULL,
     "file with the token that clients must send (default: environment variable HEADROOM_TOKEN)"},
    {"no-token", NULL, cli_set_bool, WEB(has_no_token), "false",
     "do not require a token from other machines; use it only on a trusted network"},
    {"allow-host", "HOST,...", set_hosts, WEB(allowed_hosts), NULL,
     "additional host names to accept in the Host header, such as locust-master"},

    {"compat", "VERSION", set_compat, WEB(is_compat), NULL,
     "answer /stats/requests in the format of this version of Locust; only 0.8, for old exporters "
     "(default: that of later versions)"},

    {.help = "Kept tests"},
    {"data", "DIR", cli_set_text, WEB(data), NULL,
     "folder for tests and their results (default: keep only the last test, in memory)"},
    {"data-runs", "N", set_runs, WEB(data_runs), NULL,
     "maximum number of tests to keep; the oldest are deleted (default 100)"},
    {"data-size", "SIZE", set_data_size, WEB(data_size), NULL,
     "maximum total size of kept tests; the oldest are deleted (default 1GB)"},

    {.help = "Users of a scenario"},
    {"users", "N", run_set_users, OWN(users), "1",
     "number of users: initial value of the page's form, and value for searches that set none; "
     "also -u"},
    {"u", "N", run_set_users, OWN(users), NULL, "short for -users"},
#include "loadgen/command/flags/scenario.def"
    {"spawn-rate", "N", run_set_spawn_rate, OWN(spawn_per_s), NULL,
     "users started per second: initial value of the page's form (default 1), and value for "
     "searches (default 100); also -r"},
    {"r", "N", run_set_spawn_rate, OWN(spawn_per_s), NULL, "short for -spawn-rate"},
    {"run-time", "TIME", run_set_time, OWN(run_time_ns), "0s",
     "initial run time of the page's form; 0: until stopped; also -t"},
    {"t", "TIME", run_set_time, OWN(run_time_ns), NULL, "short for -run-time"},
    {"stop-timeout", "TIME", run_set_time, OWN(stop_timeout_ns), "0s",
     "how long to wait for running tasks at the end; 0: only for requests in flight; also -s"},
    {"s", "TIME", run_set_time, OWN(stop_timeout_ns), NULL, "short for -stop-timeout"},
    {"locustfile", "FILE", cli_set_string, OWN(file), NULL,
     "scenario file, instead of the argument; also -f"},
    {"f", "FILE", cli_set_string, OWN(file), NULL, "short for -locustfile"},
    {"seed", "N", cli_set_u64, OWN(seed), "1",
     "seed of random numbers, waits, the order of tasks, and -arrival poisson"},
    {"print-stats", NULL, cli_set_bool, OWN(prints_stats), "false",
     "print Locust's tables on stderr every 2 s while a test runs, and when it ends; not in "
     "searches"},

    {.help = "Requests to targets"},
    {"targets", "FILE", cli_set_string, FIELD(targets), NULL,
     "file of targets: methods, URLs, headers and bodies; instead of a scenario"},
#include "loadgen/command/flags/message.def"
    {"rate", "N[/TIME]", rate_set, FIELD(schedule.rate), NULL,
     "requests per TIME, if the client sets no rate (default " SCHEDULE_RATE_DEFAULT ")"},
    {"arrival", "KIND", schedule_set_arrival, FIELD(schedule.arrival), "constant",
     "arrivals: constant (evenly spaced) or poisson (random, independent)"},
    {"max-workers", "N", cli_set_u64, FIELD(max_workers), CLI_NO_LIMIT,
     "maximum requests in flight (not used in searches)"},
    {"max-connections", "N", cli_set_u64, FIELD(max_connections), "0",
     "maximum connections per host and port; 0: no limit, or 1024 in searches"},

    {.help = "SLO and capacity searches"},
    {"slo", "EXPR", cli_set_string, FIELD(slo), NULL,
     "SLO that tests must meet, such as p99<100ms,errors<0.1%; required for searches"},
    {"quick", NULL, cli_set_bool, WEB(is_quick), "false",
     "find capacities to within 5% instead of 2%, with shorter trials"},
    {"min-rate", "N[/TIME]", rate_set, WEB(min_rate), NULL,
     "lowest rate to try, if the client sets none (default: as in loadgen capacity)"},
    {"max-rate", "N[/TIME]", rate_set, WEB(max_rate), NULL,
     "highest rate to try, if the client sets none (default no limit)"},
    {"generator-rate", "N[/TIME]", rate_set, WEB(generator_rate), NULL,
     "highest rate at which this generator can be trusted (default: measured before a search of "
     "targets, unless -nats is given)"},
    {"trial", "TIME", capacity_set_trial, WEB(trial_ns), NULL,
     "minimum length of a trial, extended if -slo needs more requests (default 10s, with -quick "
     "5s)"},
    {"time-limit", "TIME", duration_set, WEB(time_limit_ns), "0s",
     "maximum total time of a search's trials; the search then reports the interval found so far; "
     "0: no limit"},

    {.help = "Limits"},
#include "loadgen/command/flags/limits.def"

    {.help = "Connections"},
#include "loadgen/command/flags/connections.def"

#include "loadgen/command/flags/cluster.def"

    {.help = "Metrics of the target"},
    {"target-metrics", "URL", scrape_add_url, WEB(metrics), NULL,
     "read the target's Prometheus metrics from every address of the URL's host, every second (in "
     "searches: before and after each trial); may be repeated"},
    {0},
};

const struct cli serve_cli = {
    .program = "loadgen serve",
    .operands = "[SCENARIO.lua | URL]",
    .about =
        "Serves a page and Locust's REST interface (docs/serve.md): clients start tests, watch\n"
        "them and stop them. With a scenario, a test runs its users; with -targets or a URL, it\n"
        "sends requests at a rate. With -slo, tests are judged, and clients can also start\n"
        "capacity searches.\n\n"
        "  loadgen serve scenario.lua -H http://127.0.0.1:5000\n"
        "  loadgen serve -targets targets.txt -slo 'p99<100ms,errors<0.1%'\n"
        "  curl -X POST -F user_count=100 -F spawn_rate=10 http://127.0.0.1:8089/swarm\n"
        "  curl http://127.0.0.1:8089/stats/requests\n"
        "  curl http://127.0.0.1:8089/stop\n",
    .flags = flags,
    .env_prefix = "LOCUST_",
};
