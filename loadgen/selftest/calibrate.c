#include "loadgen/selftest/calibrate.h"

#include <math.h>

#include "common/clock.h"
#include "loadgen/null_server/null_server.h"
#include "loadgen/report/json/json_parts.h"
#include "loadgen/run/usage.h"
#include "loadgen/selftest/client.h"
#include "loadgen/verdict/generator.h"

static const double CLOSE_ENOUGH = 0.9;  /* of CALIBRATE_UTILISATION: no higher rate is tried */
static const double NARROW_ENOUGH = 1.1; /* highest and lowest of what is left, as a ratio */
enum { WORKERS_PER_THREAD = 32, LAG_PART = 10 };
#define LIMIT_NS (10 * NS_PER_MS) /* without a limit on a time */
#define CLOSED_NS (NS_PER_S / 2)

static const struct calibrate_step *find_highest_on_time(const struct calibrate_step *steps,
                                                         size_t count)
{
    const struct calibrate_step *best = NULL;
    for (size_t i = 0; i < count; i++) {
        best = steps[i].is_on_time && (!best || steps[i].rate > best->rate) ? &steps[i] : best;
    }
    return best;
}

/* Late without using up the CPU: another program may have been the cause. */
static bool is_in_doubt(const struct calibrate_step *step)
{
    return !step->is_on_time && step->utilisation < CALIBRATE_UTILISATION;
}

/* The lowest rate, above this one, that is late; 0: none. */
static double find_late(const struct calibrate_step *steps, size_t count, double above)
{
    double lowest = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_again = i > 0 && steps[i - 1].rate == steps[i].rate;
        bool is_late = !steps[i].is_on_time && (is_again || !is_in_doubt(&steps[i]));
        if (is_late && steps[i].rate > above && (lowest == 0 || steps[i].rate < lowest)) {
            lowest = steps[i].rate;
        }
    }
    return lowest;
}

/* A rate in doubt changes nothing, so the same one comes again. */
double calibrate_next(const struct calibrate_step *steps, size_t count, double first_rate)
{
    const struct calibrate_step *best = find_highest_on_time(steps, count);
    double late = find_late(steps, count, best ? best->rate : 0);
    if (!best) {
        return late > 0 ? late / 2 : first_rate;
    }
    if (late > 0) {
        return late / best->rate > NARROW_ENOUGH ? sqrt(late * best->rate) : 0;
    }
    bool is_close = best->utilisation >= CLOSE_ENOUGH * CALIBRATE_UTILISATION;
    return is_close || best->utilisation <= 0
               ? 0
               : best->rate * CALIBRATE_UTILISATION / best->utilisation;
}

static const struct calibrate_step *find_lowest(const struct calibration *calibration)
{
    const struct calibrate_step *lowest = NULL;
    for (size_t i = 0; i < calibration->count; i++) {
        const struct calibrate_step *step = &calibration->steps[i];
        lowest = !lowest || step->rate < lowest->rate ? step : lowest;
    }
    return lowest;
}

void calibrate_conclude(struct calibration *calibration)
{
    const struct calibrate_step *best =
        find_highest_on_time(calibration->steps, calibration->count);
    const struct calibrate_step *lowest = find_lowest(calibration);
    const struct calibrate_step *counts = best ? best : lowest;
    calibration->is_on_time = best != NULL;
    calibration->utilisation =
        best ? fmin(best->utilisation, CALIBRATE_UTILISATION) : CALIBRATE_UTILISATION;
    calibration->rate_on_time = best ? best->rate : 0;
    calibration->lag_p99_ns = best ? best->lag_p99_ns : 0;
    if (counts) {
        calibration->request_ns = counts->request_ns;
        calibration->server_ns = counts->server_ns;
    }
}

static uint64_t find_larger_cost(const struct calibration *calibration, uint64_t request_ns)
{
    return request_ns > calibration->request_ns ? request_ns : calibration->request_ns;
}

double calibrate_rate(const struct calibration *calibration, uint64_t request_ns)
{
    uint64_t cost_ns = find_larger_cost(calibration, request_ns);
    double rate = calibration->utilisation * calibration->cpus * NS_PER_S / (double)cost_ns;
    double scale = pow(10, fmax(floor(log10(rate)) - 2, 0));
    return fmax(floor(rate / scale) * scale, 1);
}

/* What a run says about its rate. */
static struct calibrate_step judge(const struct client_run *run, double rate, double tightest_ns)
{
    const struct summary *summary = run->summary;
    const struct generator *g = &summary->generator;
    const struct slo_verdict limit = {.is_met = true, .tightest_ns = tightest_ns};
    struct generator_verdict verdict = generator_judge(summary, &limit);
    double ended = fmax((double)summary->tally->counters.ended, 1);
    double server_s = (double)run->server_ns / NS_PER_S;
    double wall_s = fmax(g->wall_seconds, 1e-3);
    struct calibrate_step step = {
        .rate = rate,
        .utilisation = fmax((g->cpu_seconds + server_s) / (wall_s * g->cpu_limit),
                            g->cpu_seconds / (wall_s * g->threads)),
        .lag_p99_ns = histogram_percentile(&summary->tally->lag, 990000),
        .request_ns = (uint64_t)(g->cpu_seconds * NS_PER_S / ended),
        .server_ns = (uint64_t)((double)run->server_ns / ended),
    };
    step.is_on_time = summary->not_started == 0 && verdict.signs == 0 &&
                      tally_successes(summary->tally) == summary->intended &&
                      (double)step.lag_p99_ns <= tightest_ns / LAG_PART;
    return step;
}

/* The rate that would make the CPUs as busy as may be, from what a closed loop cost. */
static double guess_rate(const struct calibration *calibration, double cpu_limit, unsigned threads)
{
    double both_ns = (double)(calibration->request_ns + calibration->server_ns);
    double alone_ns = (double)calibration->request_ns;
    return CALIBRATE_UTILISATION * NS_PER_S * fmin(cpu_limit / both_ns, threads / alone_ns);
}

static bool find_cost(struct client *client, struct calibration *calibration, double *first_rate,
                      struct err *err)
{
    struct client_run run;
    unsigned workers = WORKERS_PER_THREAD * client->threads;
    if (!client_send_closed(client, workers, CLOSED_NS, &run, err)) {
        return false;
    }
    const struct calibrate_step closed = judge(&run, 1, LIMIT_NS);
    const struct generator *g = &run.summary->generator;
    calibration->request_ns = closed.request_ns;
    calibration->server_ns = closed.server_ns;
    calibration->cpus = fmin(g->cpu_limit, g->threads);
    *first_rate = guess_rate(calibration, g->cpu_limit, g->threads);
    bool ok = tally_successes(run.summary->tally) > 0 && closed.request_ns > 0;
    summary_destroy(run.summary);
    return ok || err_set(err, ERR_FAILED, "the null server on 127.0.0.1 does not answer");
}

static bool measure(struct client *client, const struct calibrate_options *options,
                    struct calibration *calibration, struct err *err)
{
    double tightest_ns = isfinite(options->tightest_ns) ? options->tightest_ns : LIMIT_NS;
    double first_rate = 0;
    if (!find_cost(client, calibration, &first_rate, err)) {
        return false;
    }
    while (calibration->count < options->steps) {
        double rate = calibrate_next(calibration->steps, calibration->count, first_rate);
        struct client_run run;
        if (rate == 0) {
            break;
        }
        if (!client_send(client, rate, options->step_ns, &run, err)) {
            return false;
        }
        calibration->steps[calibration->count++] = judge(&run, rate, tightest_ns);
        summary_destroy(run.summary);
    }
    calibrate_conclude(calibration);
    return true;
}

bool calibrate(const struct calibrate_options *options, struct calibration *calibration,
               struct err *err)
{
    struct null_server server;
    struct client client;
    *calibration = (struct calibration){0};
    if (!null_server_start(&server, options->threads, err)) {
        return false;
    }
    bool ok = client_open(&client, &server, options->threads, options->control, err) &&
              measure(&client, options, calibration, err);
    client_close(&client);
    null_server_stop(&server);
    return ok;
}

json_t *calibrate_to_json(const struct calibration *calibration, uint64_t request_ns)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < calibration->count; i++) {
        const struct calibrate_step *step = &calibration->steps[i];
        json_array_append_new(
            steps, json_pack("{s:f, s:b, s:f, s:o, s:o, s:o}", "rate", step->rate, "on_time",
                             step->is_on_time, "utilisation", step->utilisation, "lag_p99",
                             integer_to_json(step->lag_p99_ns), "cpu_per_request",
                             integer_to_json(step->request_ns), "server_cpu_per_request",
                             integer_to_json(step->server_ns)));
    }
    return json_pack(
        "{s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o}", "rate", calibrate_rate(calibration, request_ns),
        "rate_on_time", calibration->rate_on_time, "cpus", calibration->cpus, "utilisation",
        calibration->utilisation, "lag_p99", integer_to_json(calibration->lag_p99_ns),
        "cpu_per_request", integer_to_json(find_larger_cost(calibration, request_ns)),
        "server_cpu_per_request", integer_to_json(calibration->server_ns), "steps", steps);
}
