/* loadgen attack: from flags to a plan and targets, to a run, to results and a report. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cgroup.h"
#include "common/file_limit.h"
#include "loadgen/command/address_flags.h"
#include "loadgen/command/aim.h"
#include "loadgen/command/command.h"
#include "loadgen/command/exporter.h"
#include "loadgen/command/interrupt.h"
#include "loadgen/command/judge.h"
#include "loadgen/command/progress.h"
#include "loadgen/command/size.h"
#include "loadgen/command/tls_flags.h"
#include "loadgen/pace/duration.h"
#include "loadgen/pace/schedule_text.h"
#include "loadgen/report/report.h"
#include "loadgen/run/run.h"
#include "loadgen/target/utf8.h"

enum { BLOCKS_SPARE = 8, FILES_SPARE = 32 };

struct options {
    struct schedule_flags schedule;
    struct tls_flags secure;
    uint64_t timeout_ns;
    uint64_t progress_ns;
    uint64_t warmup_ns;
    uint64_t max_workers;
    uint64_t max_connections;
    uint64_t max_idle;
    int max_redirects;
    const char *unix_socket;
    struct address_flags address;
    bool keepalive;
    bool is_chunked;
    bool is_lazy;
    uint64_t workers; /* taken and checked, and of no use here */
    unsigned cpus;
    const struct format *format;
    struct aim_headers headers;
    struct size max_body;
    const char *body;
    const char *name;
    const char *targets;
    const char *output;
    const char *encoding;
    const char *report;
    const char *prometheus_addr; /* "": nobody listens */
    const char *slo;             /* NULL: none */
    bool aborts_on_slo;
};

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

#define FIELD(name) offsetof(struct options, name)

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
     "offer HTTP/2 to https servers, which may choose it"},
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

static const struct cli cli = {
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

/* What an attack holds while it runs. */
struct attack {
    struct options options;
    struct report_choice choice; /* its report is NULL when none is asked for */
    bool keeps_results;
    int output_fd;
    struct aim aim;
    struct exporter *exporter; /* NULL: none is asked for */
    struct slo *slo;           /* NULL: none is asked for */
    struct err judgement;      /* of the slo; anything else that goes wrong comes first */
    struct interrupt interrupt;
};

static bool decide_outputs(struct attack *attack, struct err *err)
{
    const struct options *options = &attack->options;
    bool keeps = strcmp(options->encoding, "none") != 0;
    bool to_stdout = !options->output || strcmp(options->output, "stdout") == 0;
    bool is_terminal = isatty(STDOUT_FILENO);
    if (options->report && keeps && options->output && to_stdout) {
        return err_set(err, ERR_USAGE,
                       "-output stdout and -report cannot share stdout; give -output a file");
    }
    /* Without results on stdout the report has it: the run would say nothing otherwise. */
    bool results_own_stdout = keeps && to_stdout && !is_terminal && !options->report;
    attack->keeps_results = keeps && (!to_stdout || results_own_stdout);
    if (options->max_body.is_given && !attack->keeps_results) {
        return err_set(err, ERR_USAGE,
                       "-max-body keeps answers in the results, and no results are kept; give "
                       "-output a file");
    }
    if (options->report || is_terminal || (!keeps && !options->output)) {
        return report_choose(&attack->choice, "-report", options->report ? options->report : "text",
                             "", err);
    }
    return true;
}

static bool read_slo(struct attack *attack, struct err *err)
{
    const struct options *options = &attack->options;
    if (options->aborts_on_slo && !options->slo) {
        return err_set(err, ERR_USAGE,
                       "-abort-on-slo needs a -slo: what the attack is given up for");
    }
    return judge_read(options->slo, &attack->slo, err);
}

static bool take_aim(struct attack *attack, const char *url, struct err *err)
{
    const struct options *options = &attack->options;
    const struct aim_options aim = {
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
    return aim_open(&attack->aim, &aim, err);
}

static bool open_output(struct attack *attack, struct err *err)
{
    const char *path = attack->options.output;
    if (!attack->keeps_results) {
        return true;
    }
    if (!path || strcmp(path, "stdout") == 0) {
        attack->output_fd = STDOUT_FILENO;
        return true;
    }
    attack->output_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return attack->output_fd >= 0 ||
           err_set(err, ERR_FAILED, "-output: cannot open %s: %s", path, strerror(errno));
}

/* Those who watch a run. */
struct watchers {
    struct progress progress;
    struct exporter *exporter;
    struct judge_watch watch;
};

static bool on_second(void *context, const struct second *second)
{
    struct watchers *watchers = context;
    progress_show(&watchers->progress, second);
    exporter_show_second(watchers->exporter, second);
    return judge_may_be_met(&watchers->watch, second);
}

static bool start_exporter(struct attack *attack, const struct summary *summary, struct err *err)
{
    const struct options *options = &attack->options;
    if (options->prometheus_addr[0] == '\0') {
        return true;
    }
    attack->exporter = exporter_start(options->prometheus_addr, options->name,
                                      &attack->aim.targets.rows, summary, err);
    return attack->exporter || err_prefix(err, "-prometheus-addr");
}

static bool measure(struct attack *attack, const struct plan *plan, struct summary *summary,
                    struct err *err)
{
    if (!interrupt_start(&attack->interrupt, err)) {
        return false;
    }
    struct result_writer *writer = NULL;
    bool ok = true;
    if (attack->keeps_results) {
        const char *name = attack->options.output ? attack->options.output : "stdout";
        size_t blocks = 4 * (size_t)plan->threads + BLOCKS_SPARE;
        writer = result_writer_create(attack->output_fd, name, blocks, err);
        ok = writer != NULL;
    }
    if (ok) {
        struct aim *aim = &attack->aim;
        const struct slo *watched = attack->options.aborts_on_slo ? attack->slo : NULL;
        struct watchers watchers = {
            .progress = progress_begin(plan->schedule.duration_ns, attack->options.progress_ns),
            .exporter = attack->exporter,
            .watch = judge_watch_begin(watched, &aim->targets, !aim->lazy, &plan->schedule),
        };
        const struct observer observer = {on_second, &watchers};
        const struct control control = {attack->interrupt.stop_fd};
        ok = run(plan, &aim->targets, &aim->source, &control, &observer, writer, summary, err);
        progress_end(&watchers.progress);
    }
    return result_writer_close(writer, err) && ok;
}

/* Every connection is a file. With a cap it is known beforehand how many there may be. */
static bool has_files(const struct plan *plan, struct err *err)
{
    uint64_t limit = file_limit_raise();
    uint64_t cap = plan_cap(plan);
    return cap == UINT64_MAX || cap + FILES_SPARE <= limit ||
           err_set(err, ERR_FAILED,
                   "%" PRIu64 " connections need as many open files, and the limit is %" PRIu64
                   "; raise it (ulimit -Hn) or lower -max-workers or -max-connections",
                   cap, limit);
}

/* What was measured is worth reporting even when the results could not be written. */
static bool conclude(struct attack *attack, const struct summary *summary, struct err *err)
{
    if (!summary->has_plan) {
        return true;
    }
    struct slo_verdict verdict = slo_judge(attack->slo, summary);
    judge_end(&verdict, summary, &attack->judgement);
    const struct report *report = attack->choice.report;
    if (report && !report->write(summary, &verdict, stdout)) {
        return err_set(err, ERR_FAILED, "cannot write the report to stdout: %s", strerror(errno));
    }
    return true;
}

static bool run_attack(struct attack *attack, struct err *err)
{
    const struct options *options = &attack->options;
    struct plan plan = {
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
    address_flags_apply(&options->address, &plan);
    if (!schedule_from_flags(&options->schedule, &plan.schedule, err) ||
        !tls_flags_apply(&options->secure, &plan, err) ||
        !judge_check(attack->slo, attack->aim.lazy ? NULL : &attack->aim.targets, &plan.schedule,
                     err)) {
        return false;
    }
    plan.warmup = schedule_warmup(&plan.schedule, options->warmup_ns);
    if (options->cpus && options->cpus < plan.threads) {
        plan.threads = options->cpus;
    }
    struct summary *summary = summary_create();
    if (!summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    tally_count_by(summary->tally, &attack->choice.buckets);
    bool ok = plan_check(&plan, err) && has_files(&plan, err) &&
              start_exporter(attack, summary, err) && open_output(attack, err) &&
              measure(attack, &plan, summary, err);
    exporter_show(attack->exporter, summary);
    ok = conclude(attack, summary, err) && ok;
    exporter_stop(attack->exporter);
    summary_destroy(summary);
    return ok;
}

static bool attack_main(const struct command_globals *globals, int argc, char **argv,
                        struct err *err)
{
    struct attack attack = {.output_fd = -1, .aim.fd = -1};
    int operands = 0;
    enum cli_result result = cli_parse(&cli, argc, argv, &attack.options, &operands, err);
    if (result != CLI_OK) {
        return result == CLI_DONE;
    }
    bool ok = true;
    if (attack.options.cpus == 0) {
        attack.options.cpus = globals->cpus;
    }
    if (operands > 1) {
        ok = err_set(err, ERR_USAGE,
                     "one URL at most, not \"%s\" and \"%s\"; put several into a file for -targets",
                     argv[1], argv[2]);
    }
    ok = ok && read_slo(&attack, err) && decide_outputs(&attack, err) &&
         take_aim(&attack, operands ? argv[1] : NULL, err) && run_attack(&attack, err);
    ok = aim_close(&attack.aim, err) && ok;
    if (attack.output_fd > STDERR_FILENO && close(attack.output_fd) != 0 && ok) {
        ok = err_set(err, ERR_FAILED, "-output: cannot close %s: %s", attack.options.output,
                     strerror(errno));
    }
    interrupt_stop(&attack.interrupt);
    slo_destroy(attack.slo);
    if (ok && attack.judgement.code != ERR_NONE) {
        *err = attack.judgement;
        ok = false;
    }
    return ok;
}

const struct command command_attack = {
    .name = "attack",
    .help = "send requests at a rate, and measure",
    .cli = &cli,
    .run = attack_main,
};
