#include "loadgen/command/session/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/command/files/output.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/command/process/stdio_watch.h"
#include "loadgen/command/progress/progress.h"
#include "loadgen/command/session/slo_flag.h"
#include "loadgen/drive/driver.h"
#include "loadgen/run/runner.h"
#include "loadgen/verdict/slo_watch.h"

enum { BLOCKS_SPARE = 8 };

static bool decide_outputs(struct session *session, struct err *err)
{
    const struct attack_options *options = session->options;
    bool counts_only = attack_counts_only(options);
    bool keeps = !counts_only || options->output;
    bool to_stdout = !options->output || strcmp(options->output, "stdout") == 0;
    bool is_terminal = isatty(STDOUT_FILENO);
    if (options->report && keeps && options->output && to_stdout) {
        return err_set(err, ERR_USAGE,
                       "-output stdout and -report cannot share stdout; name a file for -output");
    }
    /* Without results on stdout, a report is printed there, so that there is some output. */
    bool results_own_stdout = keeps && to_stdout && !is_terminal && !options->report;
    session->writes_results = keeps && (!to_stdout || results_own_stdout);
    if (options->max_body.is_given && counts_only) {
        return err_set(err, ERR_USAGE,
                       "-max-body records responses, but -encoding none writes none; remove one of "
                       "these flags");
    }
    if (options->max_body.is_given && !session->writes_results) {
        return err_set(err, ERR_USAGE,
                       "-max-body records responses, but no results are written; add -output FILE");
    }
    if (options->report || is_terminal || (!keeps && !options->output)) {
        return report_choose(&session->choice, options->report ? options->report : "text", false,
                             err) ||
               err_prefix(err, "-report");
    }
    return true;
}

static bool read_slo(struct session *session, struct err *err)
{
    const struct attack_options *options = session->options;
    if (options->aborts_on_slo && !options->slo) {
        return err_set(err, ERR_USAGE, "-abort-on-slo requires -slo, for example -slo 'p99<20ms'");
    }
    return slo_flag_parse(options->slo, &session->slo, err);
}

static bool open_output(struct session *session, struct err *err)
{
    const char *path = session->options->output;
    if (!session->writes_results) {
        return true;
    }
    if (!path || strcmp(path, "stdout") == 0) {
        session->output_fd = STDOUT_FILENO;
        return true;
    }
    char file[PATH_MAX];
    char *const inputs[] = {file};
    snprintf(file, sizeof file, "%s", session->input);
    if (strcmp(file, "stdin") != 0 && !output_check_distinct(path, inputs, 1, err)) {
        return false;
    }
    session->output_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return session->output_fd >= 0 ||
           err_set(err, ERR_FAILED, "-output: cannot open %s: %s", path, strerror(errno));
}

/* Modules that are called every second of a run. */
struct watchers {
    const struct session *session;
    const struct summary *summary;
    struct progress progress;
    struct exporter *exporter;
    struct slo_watch watch;
    struct stdio_watch stdio;
};

static bool on_second(void *context, const struct second *second)
{
    struct watchers *watchers = context;
    const struct session_view *view = &watchers->session->view;
    stdio_watch_stop_abandoned(&watchers->stdio);
    if (!watchers->session->hides_progress) {
        progress_show(&watchers->progress, second);
    }
    exporter_update_second(watchers->exporter, second);
    if (view->begin) {
        view->on_second(view->context, second, watchers->summary);
    }
    return slo_watch_can_be_met(&watchers->watch, second->total, second->rows);
}

static bool start_exporter(struct session *session, const struct order *order,
                           const struct summary *summary, struct err *err)
{
    const struct attack_options *options = session->options;
    if (!options->prometheus_addr) {
        return true;
    }
    session->exporter = exporter_start(options->prometheus_addr, options->name,
                                       &order->targets->rows, summary, err);
    return session->exporter || err_prefix(err, "-prometheus-addr");
}

/* True if no further names can occur during the run. */
static bool are_names_known(const struct order *order, const struct driver_type *driver_type)
{
    return !order->source->live && !driver_type->adds_targets;
}

static bool measure(struct session *session, const struct order *order,
                    const struct driver_type *driver_type, const struct control *control,
                    struct summary *summary, struct err *err)
{
    const struct plan *plan = order->plan;
    struct result_writer *writer = NULL;
    bool ok = true;
    if (session->writes_results) {
        const char *name = session->options->output ? session->options->output : "stdout";
        size_t blocks = 4 * (size_t)plan->threads + BLOCKS_SPARE;
        writer = result_writer_create(session->output_fd, name, blocks, err);
        ok = writer != NULL;
    }
    if (ok) {
        const struct slo *watched = session->options->aborts_on_slo ? session->slo : NULL;
        struct watchers watchers = {
            .session = session,
            .summary = summary,
            .progress = progress_begin(plan->schedule.duration_ns, session->options->progress_ns),
            .exporter = session->exporter,
            .watch = slo_watch_begin(watched, order->targets, are_names_known(order, driver_type),
                                     &plan->schedule),
            .stdio = stdio_watch_begin(),
        };
        const struct observer observer = {.on_second = on_second, .context = &watchers};
        const struct order_runner *runner = session->runner;
        ok = runner->run(runner->context, order, driver_type, control, &observer, writer, summary,
                         err);
        if (!session->hides_progress) {
            progress_end(&watchers.progress);
        }
    }
    return result_writer_close(writer, err) && ok;
}

/* Performs the run, with the command's steps before and after it. */
static bool perform(struct session *session, const struct order *order,
                    const struct driver_type *driver_type, struct summary *summary, struct err *err)
{
    const struct session_parts *parts = session->parts;
    if (!interrupt_start(&session->interrupt, err)) {
        return false;
    }
    const struct control control = {.stop_fd = session->interrupt.stop_fd};
    if (parts && !parts->before(session->context, order, &control, err)) {
        return err->code == ERR_NONE;
    }
    bool ok = measure(session, order, driver_type, &control, summary, err);
    if (parts && interrupt_count(&session->interrupt) < 2) {
        ok = parts->after(session->context, order, &control, summary, err) && ok;
    }
    return ok;
}

/* Each connection is an open file, here or of a worker. With a cap, their maximum number is known
 * in advance. */
static bool has_files(const struct session *session, const struct order *order, struct err *err)
{
    uint64_t cap = plan_cap(order->plan);
    bool is_proxied = session->has_own && tls_needs_proxy(order->plan, order->targets);
    return !session->runner->is_here || cap == UINT64_MAX || !session->cap_flags ||
           open_files_check(cap, is_proxied ? OPEN_FILES_PROXIED : 1, 0, session->cap_flags, err);
}

static bool begin_view(struct session *session, struct err *err)
{
    const struct session_view *view = &session->view;
    session->is_viewed = view->begin != NULL;
    return !view->begin || view->begin(view->context, err);
}

static bool end_view(const struct session *session, const struct summary *summary, struct err *err)
{
    const struct session_view *view = &session->view;
    return !session->is_viewed || view->end(view->context, summary, err);
}

/* Reports the run, even if its results could not be written. */
static bool conclude(struct session *session, const struct summary *summary, struct err *err)
{
    if (!summary->has_plan) {
        return true;
    }
    session->requests = summary->tally->counters.ended;
    session->failed = session->requests - tally_successes(summary->tally);
    struct slo_verdict verdict = slo_judge(session->slo, summary);
    slo_flag_conclude(&verdict, summary, &session->judgement);
    const struct report *report = session->choice.report;
    if (report && !report->write(summary, &verdict, stdout)) {
        return err_set(err, ERR_FAILED, "cannot write the report to stdout: %s", strerror(errno));
    }
    return true;
}

bool session_open(struct session *session, struct err *err)
{
    session->output_fd = -1;
    return read_slo(session, err) && decide_outputs(session, err);
}

bool session_run(struct session *session, const struct order *order,
                 const struct driver_type *driver_type, struct err *err)
{
    const struct plan *plan = order->plan;
    if (!tls_check_proxies(plan, order->targets, err) ||
        !address_check_allowed(plan, order->targets, NULL, err) ||
        !slo_flag_check(session->slo, are_names_known(order, driver_type) ? order->targets : NULL,
                        &plan->schedule, err)) {
        return false;
    }
    struct summary *summary = summary_create();
    if (!summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    tally_count_by(summary->tally, &session->choice.buckets);
    bool ok = has_files(session, order, err) && start_exporter(session, order, summary, err) &&
              open_output(session, err) && begin_view(session, err) &&
              perform(session, order, driver_type, summary, err);
    exporter_update(session->exporter, summary);
    ok = end_view(session, summary, err) && ok;
    ok = conclude(session, summary, err) && ok;
    ok = (summary->abandoned == 0 || interrupt_check(&session->interrupt, err)) && ok;
    exporter_stop(session->exporter);
    summary_destroy(summary);
    return ok;
}

bool session_close(struct session *session, bool ok, struct err *err)
{
    if (session->output_fd > STDERR_FILENO && close(session->output_fd) != 0 && ok) {
        ok = err_set(err, ERR_FAILED, "-output: cannot close %s: %s", session->options->output,
                     strerror(errno));
    }
    interrupt_stop(&session->interrupt);
    slo_destroy(session->slo);
    if (ok && session->judgement.code != ERR_NONE) {
        *err = session->judgement;
        ok = false;
    }
    return ok;
}
