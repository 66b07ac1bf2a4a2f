#include "loadgen/command/attack_flags.h"

#include <stdlib.h>
#include <string.h>

#include "common/cgroup.h"
#include "loadgen/command/command.h"
#include "loadgen/pace/duration.h"
#include "loadgen/target/utf8.h"

/* The name becomes a header of every request, and a part of the results. */
static bool set_name(void *field, const char *text, struct err *err)
{
    if (!utf8_is_text(text)) {
        return err_set(err, ERR_USAGE, "the name has a control character in it, or is no UTF-8");
    }
    return cli_set_string(field, text, err);
}

static bool set_encoding(void *field, const char *text, struct err *err)
{
    if (strcmp(text, "bin") != 0 && strcmp(text, "none") != 0) {
        return err_set(err, ERR_USAGE, "\"%s\" is no encoding of results; use bin or none%s", text,
                       strcmp(text, "gob") == 0 ? " (only Go's own library reads gob)" : "");
    }
    return cli_set_string(field, text, err);
}

static bool set_redirects(void *field, const char *text, struct err *err)
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
    {"abort-on-slo", NULL, cli_set_bool, FIELD(aborts_on_slo), "false",
     "end the attack when its -slo cannot be met any more"},
    {"arrival", "KIND", schedule_set_arrival, FIELD(schedule.arrival), "constant",
     "how the requests of -rate are spread: constant, or poisson for independent ones"},
    {"body", "FILE", cli_set_string, FIELD(body), NULL,
     "body of the targets that name none of their own"},
    {"cert", "FILE", cli_set_string, FIELD(secure.tls.cert), "",
     "certificate (PEM) that this client shows to https servers which ask for one"},
    {"chunked", NULL, cli_set_bool, FIELD(is_chunked), "false",
     "send bodies with Transfer-Encoding: chunked"},
    {"connect-to", "FROM:PORT:TO:PORT", address_add_connect_to, FIELD(address), NULL,
     "connect to TO when a URL says FROM; may be given several times, also for several TOs in "
     "turn"},
    {"connections", "N", cli_set_u64, FIELD(max_idle), "10000",
     "connections to each host and port that are kept open without a request, at most"},
    {"cpus", "N", cli_set_threads, FIELD(cpus), NULL,
     "threads at most, also before the command; without it as many as CPUs may be used"},
    {"dns-ttl", "TIME", address_set_ttl, FIELD(address.ttl_ns), "0s",
     "ask for a name's addresses again after so long; 0 is never, -1 for each new connection"},
    {"duration", "TIME", duration_set, FIELD(schedule.duration_ns), "0s",
     "how long requests are sent; 0 is until stopped (Ctrl-C); not with -stages"},
    {"encoding", "bin|none", set_encoding, FIELD(encoding), "bin", "how results are kept"},
    {"format", "http|json", aim_set_format, FIELD(format), "http", "how the targets are written"},
    {"h2c", NULL, cli_set_bool, FIELD(secure.h2c), "false",
     "speak HTTP/2 to http:// targets, without asking whether they do"},
    {"header", "\"NAME: VALUE\"", aim_set_header, FIELD(headers), NULL,
     "a header of every request; may be given several times"},
    {"http2", NULL, cli_set_bool, FIELD(secure.http2), "true",
     "offer HTTP/2 to https servers, which may choose it; not through a proxy"},
    {"insecure", NULL, cli_set_bool, FIELD(secure.tls.is_insecure), "false",
     "trust every https server, whatever its certificate"},
    {"keepalive", NULL, cli_set_bool, FIELD(keepalive), "true",
     "use connections again; -keepalive=false opens one for each request"},
    {"key", "FILE", cli_set_string, FIELD(secure.tls.key), "",
     "private key (PEM) of -cert; without it both are in that file"},
    {"laddr", "IP", address_set_local, FIELD(address), "0.0.0.0", "address to connect from"},
    {"lazy", NULL, cli_set_bool, FIELD(is_lazy), "false",
     "read targets as they are needed, each once; the attack ends with them"},
    {"max-body", "SIZE", size_set, FIELD(max_body), NULL,
     "keep headers and so much of each body of the answers in the results: 0, 10 MB, -1 for all; "
     "without it neither is kept"},
    {"max-connections", "N", cli_set_u64, FIELD(max_connections), "0",
     "connections to each host and port at most; 0 is no limit"},
    {"max-workers", "N", cli_set_u64, FIELD(max_workers), "18446744073709551615",
     "requests in flight at most"},
    {"name", "TEXT", set_name, FIELD(name), "", "name of the attack, sent as X-Vegeta-Attack"},
    {"output", "FILE", cli_set_string, FIELD(output), NULL,
     "where results go; without it to stdout, unless a report goes there"},
    {"profile", NULL, NULL, 0, NULL, command_no_profile},
    {"progress", "TIME", duration_set, FIELD(progress_ns), "10s",
     "how often a line tells how far the run is, where stderr is no terminal; 0 is never"},
    {"prometheus-addr", "HOST:PORT", cli_set_string, FIELD(prometheus_addr), "",
     "serve metrics for Prometheus there while the attack runs; port 0 is any free one"},
    {"proxy-header", "\"NAME: VALUE\"", tls_set_proxy_header, FIELD(secure.proxy), NULL,
     "a header for the proxy of https targets (CONNECT); may be given several times"},
    {"ramp", "FROM:TO", schedule_set_ramp, FIELD(schedule), NULL,
     "go evenly from one rate to another in -duration: 10:500"},
    {"rate", "N[/TIME]", rate_set, FIELD(schedule.rate), NULL,
     "requests for each time (50, 50/1s, 3000/m); 0 is as fast as -max-workers can "
     "(default " SCHEDULE_RATE_DEFAULT ")"},
    {"redirects", "N", set_redirects, FIELD(max_redirects), "10",
     "redirects to follow; -1 is none, the answer counts as a success"},
    {"report", "TYPE", cli_set_string, FIELD(report), NULL,
     "print a report of the run on stdout: text, json, hist[0,10ms,100ms], hdrplot or hdrlog "
     "(text when stdout is a terminal)"},
    {"resolvers", "IP[:PORT],...", address_set_resolvers, FIELD(address), NULL,
     "name servers to ask instead of those in /etc/resolv.conf"},
    {"root-certs", "FILE,...", cli_set_string, FIELD(secure.tls.root_certs), "",
     "certificates (PEM) to trust instead of the system's"},
    {"seed", "N", cli_set_u64, FIELD(schedule.seed), "1",
     "where the chance of -arrival poisson begins; the same seed gives the same moments"},
    {"session-tickets", NULL, cli_set_bool, FIELD(secure.tls.has_tickets), "false",
     "resume TLS sessions on new connections"},
    {"sine", "MEAN:AMPLITUDE:PERIOD[:START]", schedule_set_sine, FIELD(schedule.sine), NULL,
     "swing about a rate for -duration: 100:50:1m; START is up, peak, down or trough"},
    {"slo", "EXPR", cli_set_string, FIELD(slo), NULL,
     "what must hold, as p99<20ms,errors<0.1%; end with 99 when it does not (docs/slo.md)"},
    {"stages", "TIME:RATE,...", schedule_set_stages, FIELD(schedule.stages), NULL,
     "in each TIME go evenly to RATE, from 0 at first: 30s:100,1m:500"},
    {"targets", "FILE", cli_set_string, FIELD(targets), "stdin", "what to attack, a target a line"},
    {"timeout", "TIME", duration_set, FIELD(timeout_ns), "30s",
     "how long a request may take from its start; 0 is for ever"},
    {"unix-socket", "PATH", cli_set_string, FIELD(unix_socket), "",
     "a unix socket to connect to, whatever the URLs' hosts"},
    {"warmup", "TIME", duration_set, FIELD(warmup_ns), "0s",
     "send for so long before, at the rate with which the attack begins, without counting"},
    {"workers", "N", cli_set_u64, FIELD(workers), "10",
     "taken for vegeta's sake: a request in flight is no thread here, and none has to be started"},
    {0},
};

const struct cli attack_cli = {
    .program = "loadgen attack",
    .operands = "[URL]",
    .about =
        "Sends requests when the schedule wants them, whatever the answers do, and measures from\n"
        "the time at which each was due. The schedule is one of -rate (with -arrival), -ramp,\n"
        "-sine and -stages. A URL stands in place of -targets. A URL that is only a path, as in\n"
        "GET /health, is on the host that TARGET_HOST names in the environment, as HOST:PORT or\n"
        "http://HOST:PORT.\n\n"
        "  loadgen attack -rate 100 -duration 10s http://127.0.0.1:5000/health\n"
        "  loadgen attack -targets targets.txt -duration 1m -output results.bin\n"
        "  loadgen attack -stages 30s:100,1m:500,30s:0 http://127.0.0.1:5000/health\n"
        "  loadgen attack -rate 0 -max-workers 64 -duration 10s http://127.0.0.1:5000/health\n"
        "  TARGET_HOST=127.0.0.1:5000 loadgen attack -duration 10s /health\n",
    .flags = flags,
};

bool attack_plan(const struct attack_options *options, struct plan *plan, struct err *err)
{
    *plan = (struct plan){
        .name = options->name,
        .timeout_ns = options->timeout_ns,
        .max_workers = options->max_workers,
        .max_connections = options->max_connections,
        .max_idle = options->max_idle,
        .max_redirects = options->max_redirects,
        .unix_socket = options->unix_socket,
        .keepalive = options->keepalive,
        .keeps_answers = options->max_body.is_given,
        .max_body = options->max_body.bytes,
        .threads = cgroup_usable_cpus(cgroup_read_cpu("").limit_cpus),
    };
    address_flags_apply(&options->address, plan);
    if (!schedule_from_flags(&options->schedule, &plan->schedule, err) ||
        !tls_flags_apply(&options->secure, plan, err)) {
        return false;
    }
    plan->warmup = schedule_warmup(&plan->schedule, options->warmup_ns);
    if (options->cpus && options->cpus < plan->threads) {
        plan->threads = options->cpus;
    }
    return plan_check(plan, err);
}
