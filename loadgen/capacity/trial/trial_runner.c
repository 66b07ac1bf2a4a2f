#include "loadgen/capacity/trial/trial_runner.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "loadgen/base/random.h"
#include "loadgen/capacity/trial/over_time.h"
#include "loadgen/capacity/trial/reason.h"
#include "loadgen/capacity/trial/trial_record.h"
#include "loadgen/scrape/account.h"
#include "loadgen/selftest/calibrate.h"
#include "loadgen/verdict/slo_watch.h"

enum {
    WARMUP_WORKERS = 4,
    PROBE_WORKERS = 16,
    PING_REQUESTS = 10,
    PING_RATE = 20,      /* per second */
    PING_RATE_PART = 10, /* at most the probed rate divided by this */
    CALIBRATE_STEPS = 6,
};
#define WARMUP_NS NS_PER_S
#define PROBE_NS (3 * NS_PER_S)
#define PROBE_QUICK_NS (2 * NS_PER_S)
#define RECOVERED_SLACK_NS NS_PER_MS
#define CALIBRATE_STEP_NS (NS_PER_S / 2)
static const double BUSY_SHARE = 0.25; /* of its CPU */

/* A different seed for each trial; 52 bits are exact in JSON, where readers have doubles. */
static uint64_t seed_of_trial(uint64_t base, unsigned number)
{
    return random_at(base, number) >> 12;
}

static bool ping(struct trial_runner *runner, struct glance *seen, struct err *err)
{
    return glance_at(&runner->target, runner->ping_rate, PING_REQUESTS, seen, err);
}

static bool warm_up(struct trial_runner *runner, struct glance *seen, struct err *err)
{
    if (!glance_closed(&runner->target, WARMUP_NS, WARMUP_WORKERS, seen, err)) {
        return false;
    }
    runner->ping_rate = fmin(fmax(seen->answers_per_s / PING_RATE_PART, 1), PING_RATE);
    if (!ping(runner, seen, err)) {
        return false;
    }
    runner->baseline_ns = seen->response_ns;
    runner->had_errors = seen->has_errors;
    return true;
}

static double tightest_limit_ns(const struct slo *slo)
{
    double tightest_ns = INFINITY;
    for (size_t i = 0; i < slo->count; i++) {
        const struct slo_criterion *criterion = &slo->list[i];
        tightest_ns = criterion->unit == SLO_NS ? fmin(tightest_ns, criterion->limit) : tightest_ns;
    }
    return tightest_ns;
}

static bool is_calibrated(const struct trial_runner *runner)
{
    return runner->generator_rate == 0 && !runner->iterations && runner->target.runner->is_here;
}

static bool calibrate_for(const struct trial_runner *runner, struct calibration *calibration,
                          struct err *err)
{
    const struct calibrate_options options = {
        .threads = plan_threads(runner->order->plan),
        .tightest_ns = tightest_limit_ns(runner->slo),
        .step_ns = CALIBRATE_STEP_NS,
        .steps = CALIBRATE_STEPS,
        .control = runner->control,
    };
    return calibrate(&options, calibration, err) || err_prefix(err, "measuring the generator");
}

/*
 * The measured cost of a request is used only if the generator was busy: on an idle generator,
 * requests cost more.
 */
static json_t *describe_generator(const struct trial_runner *runner,
                                  const struct calibration *calibration, const struct glance *seen)
{
    uint64_t request_ns = seen->cpu_share > BUSY_SHARE ? seen->request_ns : 0;
    if (runner->generator_rate > 0) {
        return json_pack("{s:f}", "rate", runner->generator_rate);
    }
    return is_calibrated(runner) ? calibrate_to_json(calibration, request_ns) : NULL;
}

static bool probe(void *context, struct capacity_start *start, struct err *err)
{
    struct trial_runner *runner = context;
    struct calibration calibration = {0};
    struct glance seen;
    uint64_t duration_ns = runner->is_quick ? PROBE_QUICK_NS : PROBE_NS;
    if (!warm_up(runner, &seen, err) ||
        (is_calibrated(runner) && !calibrate_for(runner, &calibration, err)) ||
        !glance_closed(&runner->target, duration_ns, PROBE_WORKERS, &seen, err)) {
        return false;
    }
    start->first_rate = seen.successes_per_s > 0 ? seen.successes_per_s : seen.answers_per_s;
    start->generator = describe_generator(runner, &calibration, &seen);
    start->baseline = json_pack("{s:I, s:f, s:b}", "response", (json_int_t)runner->baseline_ns,
                                "rate", runner->ping_rate, "failed", runner->had_errors);
    return true;
}

/* Uses the recorded baseline, because the target may still suffer from the last trial. */
static void resume(void *context, const json_t *baseline)
{
    struct trial_runner *runner = context;
    runner->baseline_ns = (uint64_t)json_integer_value(json_object_get(baseline, "response"));
    runner->ping_rate = json_number_value(json_object_get(baseline, "rate"));
    runner->had_errors = json_is_true(json_object_get(baseline, "failed"));
}

/* Sleeps, unless it is interrupted. */
static void rest(struct trial_runner *runner, uint64_t rest_ns)
{
    struct pollfd wait = {.fd = runner->control->stop_fd, .events = POLLIN};
    if (rest_ns > 0 && poll(&wait, 1, (int)(rest_ns / NS_PER_MS)) > 0) {
        runner->target.is_interrupted = true;
    }
}

static bool has_recovered(const struct trial_runner *runner, const struct glance *seen)
{
    return (runner->had_errors || !seen->has_errors) &&
           seen->response_ns <= 2 * runner->baseline_ns + RECOVERED_SLACK_NS;
}

/* False if the target did not recover in time, or if the run was interrupted. */
static bool await_recovery(struct trial_runner *runner)
{
    uint64_t begin_ns = clock_now_ns();
    bool is_recovered = runner->was_good;
    while (!is_recovered && !runner->target.is_interrupted &&
           clock_now_ns() - begin_ns < TRIAL_RUNNER_RECOVERY_MAX_NS) {
        struct err ignored = {.code = ERR_NONE}; /* a target that is silent has not recovered */
        struct glance seen;
        is_recovered = ping(runner, &seen, &ignored) && has_recovered(runner, &seen);
    }
    return is_recovered;
}

/* Notes latency over time, and ends a trial that can only be bad. */
struct watch {
    struct trial_runner *runner;
    struct over_time *over_time;
    struct slo_watch slo;
};

static bool on_second(void *context, const struct second *second)
{
    const struct watch *watch = context;
    struct trial_runner *runner = watch->runner;
    runner->was_seen = true;
    over_time_add(watch->over_time, second);
    if (runner->on_second) {
        runner->on_second(runner->context, second);
    }
    return slo_watch_can_be_met(&watch->slo, second->total, second->rows);
}

static bool measure(struct trial_runner *runner, const struct schedule *schedule,
                    struct over_time *over_time, struct summary *summary, struct err *err)
{
    bool is_planned = !runner->iterations; /* how many requests users send is not known */
    struct watch watch = {
        .runner = runner,
        .over_time = over_time,
        .slo = slo_watch_begin(runner->slo, runner->order->targets, is_planned,
                               is_planned ? schedule : &runner->order->plan->schedule),
    };
    over_time_begin(over_time, schedule->duration_ns);
    const struct observer observer = {on_second, &watch, runner->counts_targets};
    return glance_run(&runner->target, schedule, UINT64_MAX, &observer, summary, err);
}

/* False with ERR_NONE if it was interrupted. */
static bool prepare(struct trial_runner *runner, const struct search_move *move, bool *is_recovered,
                    struct err *err)
{
    struct glance seen;
    if (runner->baseline_ns == 0 && !warm_up(runner, &seen, err)) {
        return false; /* the search was resumed from a journal without a baseline */
    }
    rest(runner, move->rest_ns);
    *is_recovered = await_recovery(runner);
    return !runner->target.is_interrupted;
}

static json_t *judge(struct trial_runner *runner, const struct trial_context *told,
                     const struct summary *summary, struct trial *trial)
{
    char reason[REASON_TEXT];
    struct trial_context context = *told;
    struct slo_verdict verdict = slo_judge(runner->slo, summary);
    struct trial_finding finding = classify_trial(&verdict, summary);
    const struct reason_cap cap = {runner->order->plan->max_connections, runner->cap_flag};
    trial->outcome = finding.outcome;
    trial->workers_changed = summary->workers_changed;
    runner->was_good = trial->outcome == TRIAL_GOOD;
    context.reason = reason_print(&finding, &verdict, summary, &cap, context.is_recovered, reason);
    return trial_record_make(trial, &context, &verdict, summary);
}

static bool read_metrics(const struct trial_runner *runner, struct scrape *scrape, bool is_after,
                         struct err *err)
{
    *scrape = (struct scrape){0};
    if (!runner->metrics) {
        return true;
    }
    bool ok =
        scrape_take(scrape, runner->metrics, runner->order->plan, runner->control->stop_fd, err);
    if (ok && runner->on_scrape) {
        runner->on_scrape(runner->context, scrape, is_after);
    }
    return ok;
}

/*
 * Reads the metrics after the trial. *target becomes their difference as JSON, or stays NULL
 * without metrics.
 */
static bool ask_target(const struct trial_runner *runner, const struct scrape *before,
                       const struct summary *summary, json_t **target, struct err *err)
{
    const struct counters *counters = &summary->tally->counters;
    const struct account_sent sent = {
        .answered = counters->answered,
        .tried = summary->started - counters->fired + counters->retried + counters->redirected,
    };
    struct scrape after = {0};
    bool ok = before->read == 0 || read_metrics(runner, &after, true, err);
    if (ok && runner->metrics) {
        *target = account_make(before, before->read > 0 ? &after : before, &sent);
        ok = *target || err_set(err, ERR_FAILED, "not enough memory for the target's metrics");
    }
    scrape_free(&after);
    return ok;
}

/* on_second may keep texts of a trial until a later trial calls it. */
static void keep_last(struct trial_runner *runner, struct summary *summary)
{
    if (!runner->was_seen) {
        summary_destroy(summary);
        return;
    }
    summary_destroy(runner->last);
    runner->last = summary;
}

static bool run_trial(void *context, const struct search_move *move, unsigned serial,
                      struct trial *trial, json_t **record, struct err *err)
{
    struct trial_runner *runner = context;
    uint64_t begin_ns = clock_now_ns();
    struct trial_context told = {.step = move->step,
                                 .seed = seed_of_trial(runner->base_seed, serial)};
    const struct schedule schedule = {
        .type = runner->arrival,
        .duration_ns = move->duration_ns,
        .rate = glance_rate(move->rate),
        .seed = told.seed,
    };
    if (!prepare(runner, move, &told.is_recovered, err)) {
        return false;
    }
    told.rest_ns = clock_now_ns() - begin_ns;
    runner->was_seen = false;
    struct scrape before = {0};
    struct summary *summary = summary_create();
    struct over_time *over_time = calloc(1, sizeof *over_time);
    if (!summary || !over_time) {
        free(over_time);
        summary_destroy(summary);
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    bool ok = read_metrics(runner, &before, false, err) &&
              measure(runner, &schedule, over_time, summary, err) &&
              ask_target(runner, &before, summary, &told.target, err);
    if (ok) {
        told.over_time = over_time;
        *trial = (struct trial){
            .rate = move->rate,
            .duration_ns = move->duration_ns,
            .took_ns = clock_now_ns() - begin_ns,
        };
        *record = judge(runner, &told, summary, trial);
        ok = *record || err_set(err, ERR_FAILED, "not enough memory for the record of a trial");
    }
    json_decref(told.target);
    scrape_free(&before);
    histogram_fini(&over_time->latency);
    free(over_time);
    keep_last(runner, summary);
    return ok;
}

struct capacity_runner trial_runner_make(struct trial_runner *runner)
{
    runner->baseline_ns = 0;
    runner->was_good = false;
    runner->target = (struct glance_target){
        .runner = runner->runner ? runner->runner : &runner_here,
        .order = runner->order,
        .driver_type = runner->driver_type,
        .iterations = runner->iterations,
        .control = runner->control,
    };
    return (struct capacity_runner){
        .probe = probe, .resume = resume, .run = run_trial, .context = runner};
}

void trial_runner_close(struct trial_runner *runner)
{
    summary_destroy(runner->last);
    runner->last = NULL;
}
