/* loadgen attack: from a plan and targets to a run, to results and a report. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/file_limit.h"
#include "loadgen/command/attack_flags.h"
#include "loadgen/command/command.h"
#include "loadgen/command/exporter.h"
#include "loadgen/command/interrupt.h"
#include "loadgen/command/judge.h"
#include "loadgen/command/output.h"
#include "loadgen/command/progress.h"
#include "loadgen/report/report.h"
#include "loadgen/run/run.h"

enum { BLOCKS_SPARE = 8, FILES_SPARE = 32 };

/* What an attack holds while it runs. */
struct attack {
    struct attack_options options;
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
    const struct attack_options *options = &attack->options;
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
    const struct attack_options *options = &attack->options;
    if (options->aborts_on_slo && !options->slo) {
        return err_set(err, ERR_USAGE,
                       "-abort-on-slo needs a -slo: what the attack is given up for");
    }
    return judge_read(options->slo, &attack->slo, err);
}

static bool take_aim(struct attack *attack, const char *url, struct err *err)
{
    const struct attack_options *options = &attack->options;
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
    char file[PATH_MAX];
    char *const targets[] = {file};
    snprintf(file, sizeof file, "%s", attack->options.targets);
    if (strcmp(file, "stdin") != 0 && !output_is_apart(path, targets, 1, err)) {
        return false;
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
    const struct attack_options *options = &attack->options;
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
    struct plan plan;
    if (!attack_plan(&attack->options, &plan, err) ||
        !judge_check(attack->slo, attack->aim.lazy ? NULL : &attack->aim.targets, &plan.schedule,
                     err)) {
        return false;
    }
    struct summary *summary = summary_create();
    if (!summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    tally_count_by(summary->tally, &attack->choice.buckets);
    bool ok = has_files(&plan, err) && start_exporter(attack, summary, err) &&
              open_output(attack, err) && measure(attack, &plan, summary, err);
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
    enum cli_result result = cli_parse(&attack_cli, argc, argv, &attack.options, &operands, err);
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
    .cli = &attack_cli,
    .run = attack_main,
};
