/* loadgen capacity: searches for the highest rate that meets an SLO, and reports it. */
#include <stdio.h>

#include "loadgen/capacity/capacity_report.h"
#include "loadgen/command/capacity_output.h"
#include "loadgen/command/cluster/place.h"
#include "loadgen/command/command.h"
#include "loadgen/command/exceptions_output.h"
#include "loadgen/command/flags/capacity_flags.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/command/process/stdio_watch.h"
#include "loadgen/command/progress/capacity_progress.h"
#include "loadgen/command/search/search_job.h"

static bool is_zero(const struct rate *rate)
{
    return rate->per_ns > 0 && rate->count == 0;
}

static bool check_options(const struct capacity_options *options, struct err *err)
{
    const struct rate *min = &options->min_rate, *max = &options->max_rate;
    const struct rate *generator = &options->generator_rate;
    if (!options->slo) {
        return err_set(err, ERR_USAGE,
                       "-slo is missing; the capacity is the highest rate that meets an SLO, such "
                       "as -slo 'p99<100ms,errors<0.1%%'");
    }
    if (is_zero(min) || is_zero(max) || is_zero(generator)) {
        return err_set(err, ERR_USAGE,
                       "-min-rate, -max-rate and -generator-rate must be greater than 0");
    }
    if (options->repeat == 0 || options->repeat > CAPACITY_REPEAT_MAX) {
        return err_set(err, ERR_USAGE, "-repeat: expected 1 to %d", CAPACITY_REPEAT_MAX);
    }
    if (options->resumes && !options->journal) {
        return err_set(err, ERR_USAGE, "-resume needs the journal of the search: -journal FILE");
    }
    return capacity_output_begin(options, err);
}

/* Modules that are called every second of a trial. */
struct watchers {
    struct capacity_progress progress;
    struct stdio_watch stdio;
};

static void on_second(void *context, const struct second *second)
{
    struct watchers *watchers = context;
    stdio_watch_stop_abandoned(&watchers->stdio);
    capacity_progress_second(&watchers->progress, second);
}

/* False with ERR_NONE if it was interrupted. */
static bool search(struct search_job *job, const struct interrupt *interrupt, struct err *err)
{
    struct watchers watchers = {capacity_progress_begin(), stdio_watch_begin()};
    const struct search_watch watch = {
        .watcher = capacity_progress_watcher(&watchers.progress),
        .on_second = on_second,
        .context = &watchers,
    };
    bool ok = search_job_run(job, interrupt->stop_fd, &watch, err);
    capacity_progress_end(&watchers.progress);
    return ok;
}

static bool search_and_report(struct search_job *job, struct interrupt *interrupt, struct err *err)
{
    const struct capacity_options *options = job->options;
    if (!trial_journal_open(&job->journal, options->journal, options->resumes, job->settings,
                            err) ||
        !interrupt_start(interrupt, err)) {
        return false;
    }
    if (job->journal.torn_bytes > 0) {
        fprintf(stderr,
                "%s ends with an incomplete line: %zu bytes were dropped, and its trial will be "
                "repeated\n",
                options->journal, job->journal.torn_bytes);
    }
    if (search(job, interrupt, err)) {
        const struct capacity_searches searches = search_job_result(job);
        return capacity_output_write(options, &searches, err);
    }
    return err_set(err, ERR_FAILED, "the search was interrupted%s",
                   options->journal ? "; -resume continues it" : "");
}

static bool capacity_main(const struct command_line *line, struct err *err)
{
    struct capacity_options *options = line->options;
    struct search_job job = {.options = options, .workload.fd = -1, .journal.fd = -1};
    struct interrupt interrupt = {.stop_fd = -1};
    struct place place = {0};
    if (options->attack.cpus == 0) {
        options->attack.cpus = line->cpus;
    }
    bool ok = line->operand_count <= 1 ||
              err_set(err, ERR_USAGE,
                      "more than one URL: \"%s\" and \"%s\"; put them in a file for -targets",
                      line->operands[0], line->operands[1]);
    ok = ok && check_options(options, err) &&
         (job.place = place_open(&place, &options->attack.cluster, err)) != NULL &&
         search_job_open(&job, line->operand_count ? line->operands[0] : NULL, err) &&
         search_and_report(&job, &interrupt, err);
    const struct capacity_searches searches = search_job_result(&job);
    ok = capacity_output_terminate(options, &searches, err) && ok;
    interrupt_stop(&interrupt);
    place_close(&place); /* may take long; after two signals, everything before it is in a hurry */
    ok = exceptions_output_print(&job.users.exceptions, false, err) && ok;
    return search_job_close(&job, err) && ok;
}

const struct command command_capacity = {
    .name = "capacity",
    .help = "find the highest rate that meets an SLO",
    .cli = &capacity_cli,
    .options_size = sizeof(struct capacity_options),
    .run = capacity_main,
};
