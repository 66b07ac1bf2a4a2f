#include "loadgen/capacity/trial/trial_record.h"

#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/moment.h"
#include "loadgen/measure/hdr/hdr_codec.h"
#include "loadgen/report/json/json_ours.h"
#include "loadgen/report/json/json_parts.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/verdict/sample.h"

const char *const trial_outcome_names[] = {
#define X(constant, name) [TRIAL_##constant] = #name,
    TRIAL_OUTCOMES(X)
#undef X
};
enum { OUTCOMES = sizeof trial_outcome_names / sizeof trial_outcome_names[0] };
static const double SECONDS_MAX = 1e9;
static const double CONFIDENCE_95 = 1.96; /* standard deviations */

json_t *trial_record_make_bare(const struct trial *trial, enum search_step step)
{
    return json_pack("{s:f, s:f, s:f, s:s, s:s}", "rate", trial->rate, "duration_seconds",
                     (double)trial->duration_ns / NS_PER_S, "took_seconds",
                     (double)trial->took_ns / NS_PER_S, "outcome",
                     trial_outcome_names[trial->outcome], "step", search_step_names[step]);
}

static json_t *histogram_to_json(const struct histogram *h)
{
    struct bytes text = {0};
    json_t *json = hdr_encode(h, &text) ? json_stringn(text.at, text.length) : NULL;
    bytes_free(&text);
    return json;
}

static json_t *histograms_to_json(const struct tally *tally)
{
    json_t *json = json_object();
#define X(name, label) json_object_set_new(json, #name, histogram_to_json(&tally->name));
    TIMINGS(X)
#undef X
    return json;
}

static json_t *errors_to_json(const struct tally *tally)
{
    json_t *json = json_array();
    for (size_t i = 0; i < tally->error_count; i++) {
        json_array_append_new(json, json_pack("{s:s, s:o}", "error", tally->errors[i].text, "count",
                                              integer_to_json(tally->errors[i].count)));
    }
    return json;
}

/* The value at a rank of all scheduled requests; null if that request was not answered. */
static json_t *at_rank(const struct sample *sample, double rank)
{
    uint64_t number = rank < 1 ? 1 : (uint64_t)rank;
    return number > sample_answered(sample)
               ? json_null()
               : integer_to_json(histogram_at_rank(sample->latency, sample->unanswered, number));
}

/* The requests of a target, or all requests. False: there is no such target. */
static bool take_sample(const struct summary *summary, const char *target, struct sample *sample)
{
    int row = target ? sample_find_row(&summary->rows, target) : SAMPLE_WHOLE;
    if (row == SAMPLE_NONE) {
        return false;
    }
    uint64_t intended = row == SAMPLE_WHOLE
                            ? summary->intended
                            : summary->tally->rows[row].ended + summary->rows_not_started[row];
    *sample = sample_take(summary->tally, row, intended);
    return true;
}

/*
 * The 95% confidence interval of each percentile of the SLO, from the ranks of the binomial
 * interval.
 */
static json_t *intervals_to_json(const struct slo_verdict *verdict, const struct summary *summary)
{
    json_t *json = json_array();
    for (size_t i = 0; i < verdict->count; i++) {
        const struct slo_criterion *criterion = verdict->list[i].criterion;
        struct sample sample;
        if (criterion->metric == SLO_PERCENTILE &&
            take_sample(summary, criterion->target, &sample)) {
            double count = (double)sample.intended;
            double part = criterion->per_million / 1e6;
            double reach = CONFIDENCE_95 * sqrt(count * part * (1 - part));
            json_array_append_new(json,
                                  json_pack("{s:s, s:o, s:o}", "criterion", criterion->text, "from",
                                            at_rank(&sample, floor(count * part - reach)), "to",
                                            at_rank(&sample, ceil(count * part + reach))));
        }
    }
    return json;
}

/*
 * The requests per address. A run to a single address has no rows; all requests went to that
 * address.
 */
static json_t *addresses_to_json(const struct summary *summary)
{
    json_t *json = json_array();
    const struct rows *names = &summary->addresses;
    const struct tally_row *rows = summary->tally->addresses;
    for (size_t i = 0; i < names->count; i++) {
        if (names->count == 1 || rows[i].ended > 0) {
            json_array_append_new(json, json_string(rows_name(names, i)));
        }
    }
    return json;
}

static void add_counts(json_t *json, const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    json_object_set_new(json, "intended", integer_to_json(summary->intended));
    json_object_set_new(json, "started", integer_to_json(summary->started));
    json_object_set_new(json, "not_started", integer_to_json(summary->not_started));
    json_object_set_new(json, "too_late", integer_to_json(summary->too_late));
    json_object_set_new(json, "answered", integer_to_json(tally->counters.answered));
    json_object_set_new(json, "successes", integer_to_json(tally_successes(tally)));
    json_object_set_new(json, "throughput", json_real(summary_throughput(summary)));
    json_object_set_new(json, "ended_early", json_boolean(summary->is_aborted));
    json_object_set_new(json, "errors", errors_to_json(tally));
    json_object_set_new(json, "addresses", addresses_to_json(summary));
}

/* Who sent the requests, if workers in other pods did. */
static void add_workers(json_t *json, const struct summary *summary)
{
    json_t *list = json_array();
    for (size_t i = 0; i < summary->generator_count; i++) {
        const struct summary_generator *one = &summary->generators[i];
        json_array_append_new(list, json_pack("{s:s, s:O?}", "name", one->name, "node",
                                              json_object_get(one->environment, "node")));
    }
    json_object_set_new(json, "workers", list);
    json_object_set_new(json, "workers_changed", json_boolean(summary->workers_changed));
}

json_t *trial_record_make(const struct trial *trial, const struct trial_context *context,
                          const struct slo_verdict *verdict, const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    char start[MOMENT_TEXT];
    json_t *json = trial_record_make_bare(trial, context->step);
    moment_print(summary->wall_start_ns, start);
    json_object_set_new(json, "reason", json_string(context->reason));
    json_object_set_new(json, "start", json_string(start));
    json_object_set_new(json, "seed", integer_to_json(context->seed));
    json_object_set_new(json, "rest_seconds", json_real((double)context->rest_ns / NS_PER_S));
    json_object_set_new(json, "recovered", json_boolean(context->is_recovered));
    add_counts(json, summary);
    json_object_set_new(json, "latencies", timing_to_json(&tally->latency));
    json_object_set_new(json, "response", timing_to_json(&tally->response));
    slo_print_json(verdict, json);
    json_object_set_new(json, "intervals", intervals_to_json(verdict, summary));
    json_object_set_new(json, "generator", json_of_generator(summary, verdict));
    json_object_set_new(json, "over_time", over_time_to_json(context->over_time));
    if (summary->generator_count > 0) {
        add_workers(json, summary);
    }
    if (context->target) {
        json_object_set(json, "target", context->target);
    }
    json_object_set_new(json, "histograms", histograms_to_json(tally));
    return json;
}

/* 0 if it is missing. */
static uint64_t read_ns(const json_t *json, const char *key)
{
    double seconds = json_number_value(json_object_get(json, key));
    return seconds > 0 && seconds < SECONDS_MAX ? (uint64_t)llround(seconds * NS_PER_S) : 0;
}

bool trial_record_read(const json_t *json, struct trial *trial, struct err *err)
{
    const char *outcome = json_string_value(json_object_get(json, "outcome"));
    *trial = (struct trial){
        .rate = json_number_value(json_object_get(json, "rate")),
        .duration_ns = read_ns(json, "duration_seconds"),
        .took_ns = read_ns(json, "took_seconds"),
        .workers_changed = json_is_true(json_object_get(json, "workers_changed")),
    };
    bool has_numbers = trial->rate > 0 && trial->duration_ns > 0 && trial->took_ns > 0;
    for (unsigned i = 0; outcome && i < OUTCOMES; i++) {
        if (has_numbers && strcmp(outcome, trial_outcome_names[i]) == 0) {
            trial->outcome = (enum trial_outcome)i;
            return true;
        }
    }
    return err_set(err, ERR_FAILED,
                   "not a trial: rate, duration_seconds, took_seconds or outcome is missing");
}
