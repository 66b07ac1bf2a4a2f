#include "loadgen/command/runners/search_runner.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/command/runners/order_arguments.h"
#include "loadgen/command/runners/order_rate.h"
#include "loadgen/command/runners/runner_error.h"
#include "loadgen/command/search/search_job.h"
#include "loadgen/command/search/search_show.h"

/* A search, from the request that starts it until the next run. */
struct search_run {
    struct capacity_options options;
    struct run_arguments arguments;
    char *host;
    struct search_job job;
    const struct run_watch *watch;
};

static void close_run(void *opened)
{
    struct search_run *run = opened;
    if (run) {
        search_job_close(&run->job, NULL);
        free(run->host);
        free(run);
    }
}

/* Values that the client does not set are those of the command line. */
static bool choose_rate(const char *field, double per_s, struct rate *rate, struct err *err)
{
    return per_s == 0 || order_rate(field, per_s, rate, err);
}

static bool choose(struct search_run *run, const struct run_order *order, struct err *err)
{
    struct capacity_options *options = &run->options;
    options->is_quick = options->is_quick || order->is_quick;
    options->users = order->users > 0 ? order->users : options->users;
    if (order->host) {
        options->host = run->host = memory_of(strdup(order->host));
    }
    return order_arguments(order, &run->arguments, &options->arguments, err) &&
           choose_rate("min_rate", order->min_rate_per_s, &options->min_rate, err) &&
           choose_rate("max_rate", order->max_rate_per_s, &options->max_rate, err);
}

static struct search_run *open_search(const struct search_runner *runner,
                                      const struct run_order *order, struct err *err)
{
    struct search_run *run = memory_of(calloc(1, sizeof *run));
    run->options = *runner->options;
    run->job = (struct search_job){
        .options = &run->options,
        .place = runner->place,
        .workload.fd = -1,
        .journal.fd = -1,
        .is_served = true,
    };
    if (!choose(run, order, err) || !search_job_open(&run->job, runner->url, err)) {
        close_run(run);
        return NULL;
    }
    return run;
}

static void *open_run(void *context, const struct run_order *order, struct err *err)
{
    void *run = open_search(context, order, err);
    if (!run) {
        runner_error_name(err);
    }
    return run;
}

/* Shows the search to the web server. */

static void show(const struct search_run *run, const struct capacity_search *search,
                 enum search_stage stage)
{
    run->watch->on_search(run->watch->context, search_show(search, stage));
}

static void on_probe(void *context, const struct capacity_search *search)
{
    show(context, search, SEARCH_WARMS_UP);
}

static void on_move(void *context, const struct capacity_search *search)
{
    show(context, search, SEARCH_IN_TRIAL);
}

static void on_trial(void *context, const struct capacity_search *search)
{
    show(context, search, SEARCH_BETWEEN_TRIALS);
}

/* Ends a trial when its SLO can no longer be met. */
static void on_second(void *context, const struct second *second)
{
    const struct search_run *run = context;
    const struct observer *observer = run->watch->observer;
    (void)observer->on_second(observer->context, second);
}

static void on_load(void *context, const struct target_load *load, bool is_after)
{
    const struct search_run *run = context;
    run->watch->on_target(run->watch->context, load, is_after);
}

/* The journal. */

/* Removes the field from the error, because clients do not set it. */
static void on_lost_journal(void *context, const struct err *why)
{
    static const char field[] = "search.journal: ";
    const struct search_run *run = context;
    struct err own = {.code = why->code};
    bool is_named = strncmp(why->text, field, strlen(field)) == 0;
    memcpy(own.text, why->text, sizeof own.text);
    if (is_named) {
        memmove(own.text, own.text + strlen(field), sizeof own.text - strlen(field));
    }
    run->watch->on_unkept(run->watch->context, &own);
}

/* The search continues without the journal. */
static bool open_journal(struct search_run *run, struct err *err)
{
    struct search_job *job = &run->job;
    struct err why = {.code = ERR_NONE};
    if (!trial_journal_open(&job->journal, run->watch->file, false, job->settings, &why)) {
        on_lost_journal(run, &why);
        trial_journal_close(&job->journal);
        return trial_journal_open(&job->journal, NULL, false, job->settings, err);
    }
    job->journal.on_failure = on_lost_journal;
    job->journal.context = run;
    return true;
}

static const struct capacity_search *find_last(const struct search_job *job)
{
    return job->count > 0 ? &job->list[job->count - 1] : NULL;
}

/* A stopped search is not an error: it reports its results so far. */
static bool run_it(void *opened, const struct run_watch *watch, struct summary *summary,
                   struct err *err)
{
    struct search_run *run = opened;
    struct search_job *job = &run->job;
    const struct search_watch own = {
        .watcher = {on_probe, NULL, on_move, on_trial, run},
        .on_second = on_second,
        .on_load = on_load,
        .context = run,
        .counts_targets = watch->observer->counts_targets,
    };
    (void)summary;
    run->watch = watch;
    job->users.log_reader = (struct log_reader){watch->on_lines, watch->context};
    show(run, NULL, SEARCH_WARMS_UP);
    bool ok = open_journal(run, err) && search_job_run(job, watch->control->stop_fd, &own, err);
    bool has_failed = !ok && err->code != ERR_NONE;
    show(run, find_last(job), has_failed ? SEARCH_FAILED : SEARCH_ENDED);
    if (ok) {
        const struct capacity_searches searches = search_job_result(job);
        watch->on_result(watch->context, capacity_make_json(&searches));
    }
    return !has_failed;
}

static bool change_run(void *opened, const struct run_order *order, struct err *err)
{
    (void)opened, (void)order;
    return err_set(err, ERR_USAGE, "a search sets its own rates; stop it, and start another one");
}

bool search_runner_open(struct search_runner *runner, const struct capacity_options *options,
                        const char *url, const struct order_runner *place, struct err *err)
{
    *runner = (struct search_runner){
        .runner =
            {
                .kind = RUN_CAPACITY,
                .context = runner,
                .host = options->host,
                .defaults =
                    {
                        .kind = RUN_CAPACITY,
                        .users = options->scenario ? options->users : 0,
                        .min_rate_per_s = order_rate_per_s(&options->min_rate),
                        .max_rate_per_s = order_rate_per_s(&options->max_rate),
                        .is_quick = options->is_quick,
                    },
                .open = open_run,
                .run = run_it,
                .change = change_run,
                .close = close_run,
            },
        .options = options,
        .url = url,
        .place = place,
    };
    struct search_run *run = open_search(runner, &runner->runner.defaults, err);
    bool ok = run != NULL;
    close_run(run);
    return ok;
}
