#include "loadgen/command/flags/attack_flags.h"

#include <stdlib.h>
#include <string.h>

#include "common/process/cgroup.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/text/utf8.h"

const char attack_flags_no_profile[] = "not supported; to profile loadgen, use perf record";

/* The name becomes a header of every request and part of the results. */
static bool set_name(void *field, const char *text, struct err *err)
{
    if (!utf8_is_text(text)) {
        return err_set(err, ERR_USAGE, "the name contains control characters or invalid UTF-8");
    }
    return cli_set_text(field, text, err);
}

static bool set_encoding(void *field, const char *text, struct err *err)
{
    if (strcmp(text, "bin") != 0 && strcmp(text, "none") != 0) {
        return err_set(err, ERR_USAGE,
                       "unsupported encoding \"%s\"; expected \"bin\" or \"none\"%s", text,
                       strcmp(text, "gob") == 0 ? " (gob can be read only by Go programs)" : "");
    }
    return cli_set_string(field, text, err);
}

bool attack_set_redirects(void *field, const char *text, struct err *err)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < -1 || number > 1000) {
        return err_set(err, ERR_USAGE, "\"%s\" is not a number from -1 (do not follow) to 1000",
                       text);
    }
    *(int *)field = (int)number;
    return true;
}

#define FIELD(name) offsetof(struct attack_options, name)

static const struct cli_flag flags[] = {
    {.help = "What to send"},
#include "loadgen/command/flags/what_to_send.def"
    {"lazy", NULL, cli_set_bool, FIELD(is_lazy), "false",
     "read targets during the attack and use each once; the attack ends after the last target; not "
     "with -nats"},
    {"name", "TEXT", set_name, FIELD(name), NULL,
     "name of the attack, sent with every request as X-Vegeta-Attack"},

    {.help = "When to send"},
    {"rate", "N[/TIME]", rate_set, FIELD(schedule.rate), NULL,
     "requests per TIME: 50, 50/1s, 3000/m; 0: as fast as -max-workers allows "
     "(default " SCHEDULE_RATE_DEFAULT ")"},
    {"duration", "TIME", duration_set, FIELD(schedule.duration_ns), "0s",
     "how long to send; 0: until interrupted (Ctrl-C); required with -ramp and -sine, refused with "
     "-stages"},
    {"arrival", "KIND", schedule_set_arrival, FIELD(schedule.arrival), "constant",
     "arrivals with -rate: constant (evenly spaced) or poisson (random, independent)"},
    {"seed", "N", cli_set_u64, FIELD(schedule.seed), "1",
     "seed of -arrival poisson; the same seed gives the same schedule"},
    {"ramp", "FROM:TO", schedule_set_ramp, FIELD(schedule), NULL,
     "change the rate linearly from FROM to TO requests per second over -duration; example: "
     "10:500"},
    {"sine", "MEAN:AMPLITUDE:PERIOD[:START]", schedule_set_sine, FIELD(schedule.sine), NULL,
     "vary the rate as a sine wave around MEAN requests per second; START is up, peak, down or "
     "trough (default up); example: 100:50:1m"},
    {"stages", "TIME:RATE,...", schedule_set_stages, FIELD(schedule.stages), NULL,
     "ramp linearly to each RATE in turn, over its TIME, starting from 0; example: 30s:100,1m:500"},
    {"warmup", "TIME", duration_set, FIELD(warmup_ns), "0s",
     "send uncounted requests for TIME before the measurement, at -rate, MEAN of -sine, or the "
     "first nonzero number of -ramp or -stages"},

    {.help = "Limits"},
    {"max-workers", "N", cli_set_u64, FIELD(max_workers), CLI_NO_LIMIT,
     "maximum requests in flight; required with -rate 0, then at most 1000000"},
#include "loadgen/command/flags/limits.def"
    {"workers", "N", cli_set_u64, FIELD(workers), "10",
     "accepted for compatibility with vegeta; has no effect"},

    {.help = "Connections"},
    {"max-connections", "N", cli_set_u64, FIELD(max_connections), "0",
     "maximum connections per host and port; 0: no limit"},
#include "loadgen/command/flags/connections.def"

    {.help = "Output"},
    {"output", "FILE", cli_set_string, FIELD(output), NULL,
     "file for the results (default stdout; none if a report is printed there)"},
    {"encoding", "bin|none", set_encoding, FIELD(encoding), "bin",
     "format of the results; none (always with -nats): write only per-second counts and "
     "histograms, no individual results"},
    {"max-body", "SIZE", size_set, FIELD(max_body), NULL,
     "record response headers, and at most SIZE of each response body, such as 64KB; 0: headers "
     "only; -1: whole bodies (default: neither); not with -nats"},
    {"report", "TYPE", cli_set_string, FIELD(report), NULL,
     "print a report on stdout: text, json, hist[0,10ms,100ms], hdrplot or hdrlog (default: "
     "text if stdout is a terminal or no results are written)"},
#include "loadgen/command/flags/session.def"

#include "loadgen/command/flags/cluster.def"

    {"profile", NULL, NULL, 0, NULL, attack_flags_no_profile},
    {0},
};

const struct cli attack_cli = {
    .program = "loadgen attack",
    .operands = "[URL]",
    .about =
        "Sends requests on a schedule, whether or not the server keeps up, and measures latency\n"
        "from the time at which each request was due. The schedule is one of -rate (with\n"
        "-arrival), -ramp, -sine and -stages. A URL replaces -targets. Targets without a host,\n"
        "such as GET /health, go to the host in the environment variable TARGET_HOST.\n\n"
        "TIME is a number with a unit: 500us, 50ms, 10s, 1m30s, 1h.\n\n"
        "  loadgen attack -rate 100 -duration 10s http://127.0.0.1:5000/health\n"
        "  loadgen attack -targets targets.txt -duration 1m -output results.bin\n"
        "  loadgen attack -stages 30s:100,1m:500,30s:0 http://127.0.0.1:5000/health\n"
        "  loadgen attack -rate 0 -max-workers 64 -duration 10s http://127.0.0.1:5000/health\n"
        "  TARGET_HOST=127.0.0.1:5000 loadgen attack -duration 10s /health\n",
    .flags = flags,
};

bool attack_counts_only(const struct attack_options *options)
{
    return strcmp(options->encoding, "none") == 0;
}

struct workload_options attack_workload(const struct attack_options *options, const char *url)
{
    return (struct workload_options){
        .url = url,
        .targets = options->targets,
        .format = options->format,
        .is_lazy = options->is_lazy,
        .body_file = options->body,
        .defaults =
            {
                .headers = options->headers.list,
                .header_count = options->headers.count,
                .attack_name = options->name,
                .keepalive = options->keepalive,
                .is_chunked = options->is_chunked,
                .is_numbered = true,
            },
    };
}

bool attack_plan(const struct attack_options *options, struct plan *plan, struct err *err)
{
    *plan = (struct plan){
        .name = options->name,
        .timeout_ns = options->timeout_ns,
        .max_workers = options->max_workers,
        .max_connections = options->max_connections ? options->max_connections : UINT64_MAX,
        .max_idle = options->max_idle,
        .max_redirects = options->max_redirects,
        .unix_socket = options->unix_socket,
        .keepalive = options->keepalive,
        .counts_only = attack_counts_only(options),
        .keeps_answers = options->max_body.is_given,
        .max_body = options->max_body.bytes,
        .threads = cgroup_usable_cpus(cgroup_read_cpu("").limit_cpus),
    };
    address_flags_apply(&options->address, plan);
    tls_flags_apply(&options->secure, plan);
    if (!schedule_from_flags(&options->schedule, &plan->schedule, err)) {
        return false;
    }
    plan->warmup = schedule_warmup(&plan->schedule, options->warmup_ns);
    if (options->cpus && options->cpus < plan->threads) {
        plan->threads = options->cpus;
    }
    return plan_check(plan, err);
}
