#include "loadgen/report/json/json_ours.h"

#include "loadgen/report/generator_text.h"
#include "loadgen/report/json/json_parts.h"
#include "loadgen/report/report.h"

/* null if the value is not recorded; vegeta's formats record little. */
static json_t *unless(bool is_unknown, json_t *value)
{
    if (!is_unknown) {
        return value;
    }
    json_decref(value);
    return json_null();
}

static json_t *row_to_json(const char *name, bool is_partial, uint64_t ended, uint64_t successes,
                           uint64_t bytes_in, uint64_t bytes_out, const struct histogram *latency,
                           const struct histogram *response, const struct histogram *service)
{
    return json_pack("{s:s, s:b, s:o, s:f, s:o, s:o, s:o, s:o, s:o}", "name", name, "partial",
                     is_partial, "requests", integer_to_json(ended), "success",
                     (double)successes / (double)ended, "bytes_in", bytes_to_json(bytes_in, ended),
                     "bytes_out", bytes_to_json(bytes_out, ended), "latencies",
                     timing_to_json(latency), "response",
                     unless(response->count == 0, timing_to_json(response)), "service",
                     unless(service->count == 0, timing_to_json(service)));
}

/* A run with a single name keeps no rows: all results belong to it. */
static void add_only_row(json_t *json, const char *name, const struct tally *tally)
{
    if (tally->counters.ended > 0) {
        json_array_append_new(json,
                              row_to_json(name, false, tally->counters.ended,
                                          tally_successes(tally), tally->bytes_in, tally->bytes_out,
                                          &tally->latency, &tally->response, &tally->service));
    }
}

/* null if no name is known. */
static json_t *rows_to_json(const struct rows *rows, const struct tally_row *list,
                            const struct tally *tally)
{
    if (rows->count == 0) {
        return json_null();
    }
    json_t *json = json_array();
    for (size_t i = 0; i < ROWS_ALL; i++) {
        const struct tally_row *row = &list[i];
        if (row->ended > 0) {
            json_array_append_new(json, row_to_json(report_row_name(rows, i),
                                                    rows_is_partial(rows, i), row->ended,
                                                    row->successes, row->bytes_in, row->bytes_out,
                                                    &row->latency, &row->response, &row->service));
        }
    }
    if (rows->count == 1 && json_array_size(json) == 0) {
        add_only_row(json, rows_name(rows, 0), tally);
    }
    return json;
}

static json_t *errors_by_kind(const struct tally *tally)
{
    json_t *json = json_object();
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        enum outcome kind = report_kinds[i];
        json_object_set_new(json, error_kind_names[kind],
                            json_pack("{s:o, s:s?}", "count",
                                      integer_to_json(tally->kinds[kind].count), "example",
                                      tally->kinds[kind].example));
    }
    return json;
}

static json_t *violations(const struct tally *tally)
{
    static const char *const names[VIOLATIONS_ALL] = {
#define X(name, text) #name,
        VIOLATIONS(X)
#undef X
    };
    json_t *json = json_object();
    for (size_t i = 0; i < VIOLATIONS_ALL; i++) {
        json_object_set_new(json, names[i], integer_to_json(tally->violations[i]));
    }
    return json;
}

json_t *json_of_generator(const struct summary *summary, const struct slo_verdict *slo)
{
    struct generator_verdict verdict = generator_judge(summary, slo);
    char why[GENERATOR_TEXT];
    if (verdict.class == GENERATOR_UNKNOWN) {
        return json_null();
    }
    json_t *json = generator_to_json(&summary->generator);
    json_object_set_new(json, "read_late",
                        integer_to_json(generator_read_late_ns(&summary->generator)));
    json_object_set_new(json, "verdict", json_string(generator_class_name(verdict.class)));
    json_object_set_new(json, "limited", json_boolean(verdict.class == GENERATOR_LIMIT));
    json_object_set_new(json, "why", json_string(generator_verdict_print(&verdict, summary, why)));
    return json;
}

static json_t *or_null(json_t *json)
{
    return json ? json : json_null();
}

/* The plan without the field that describes the file: whether it has results. */
static json_t *plan_to_show(const struct summary *summary)
{
    json_t *plan = summary->plan ? json_copy(summary->plan) : json_null();
    json_object_del(plan, "results");
    return plan;
}

static json_t *own_to_json(const struct summary_generator *one)
{
    const struct summary_own *own = &one->own;
    return one->is_worker
               ? json_pack("{s:I, s:I, s:I, s:s}", "latency_p50", (json_int_t)own->p50_ns,
                           "latency_p99", (json_int_t)own->p99_ns, "lag_p99",
                           (json_int_t)own->lag_p99_ns, "differs", own->differs)
               : json_null();
}

/* Each run's generator, in the order in which the runs ended, if there are several. */
static void add_generators(json_t *report, const struct summary *summary)
{
    if (summary->generator_count < 2) {
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < summary->generator_count; i++) {
        const struct summary_generator *one = &summary->generators[i];
        json_t *json = generator_to_json(&one->generator);
        json_object_set_new(json, "file", json_string(one->name));
        json_object_set(json, "environment", or_null(one->environment));
        json_object_set_new(json, "worker", own_to_json(one));
        json_array_append_new(list, json);
    }
    json_object_set_new(report, "generators", list);
}

static void add_spans(json_t *report, const struct tally *tally)
{
    bool is_bare = report_is_bare(tally);
    json_object_set_new(report, "response", unless(is_bare, timing_to_json(&tally->response)));
    json_object_set_new(report, "service", unless(is_bare, timing_to_json(&tally->service)));
    json_object_set_new(report, "connect", unless(is_bare, timing_to_json(&tally->connect)));
    /* `wait` is vegeta's key: the time from the last request to the last answer. */
    json_object_set_new(report, "connection_wait", unless(is_bare, timing_to_json(&tally->wait)));
    json_object_set_new(report, "lag", unless(is_bare, timing_to_json(&tally->lag)));
}

/* null unless users had iterations at a rate. */
static json_t *iterations_to_json(const struct summary *summary)
{
    uint64_t all = summary->iterations + summary->iterations_dropped + summary->iterations_unknown;
    return all > 0 ? json_pack("{s:o, s:o, s:o}", "started", integer_to_json(summary->iterations),
                               "dropped", integer_to_json(summary->iterations_dropped), "unknown",
                               integer_to_json(summary->iterations_unknown))
                   : json_null();
}

static void add_counts(json_t *report, const struct summary *summary)
{
    const struct counters *counters = &summary->tally->counters;
    bool is_bare = report_is_bare(summary->tally);
    bool is_open = !summary->has_plan || summary->is_cut_short || summary->is_going_on;
    json_object_set_new(report, "intended", unless(is_open, integer_to_json(summary->intended)));
    json_object_set_new(report, "not_started",
                        unless(is_open, integer_to_json(summary->not_started)));
    json_object_set_new(report, "too_late", unless(is_open, integer_to_json(summary->too_late)));
    json_object_set_new(report, "iterations", iterations_to_json(summary));
    json_object_set_new(report, "abandoned", unless(is_open, integer_to_json(summary->abandoned)));
    json_object_set_new(report, "unknown", unless(is_open, integer_to_json(summary->unknown)));
    json_object_set_new(report, "lost_rows", unless(is_open, integer_to_json(summary->lost_rows)));
    json_object_set_new(report, "users_moved",
                        unless(is_open, integer_to_json(summary->users_moved)));
    json_object_set_new(report, "answered", integer_to_json(counters->answered));
    json_object_set_new(report, "timed_out", integer_to_json(counters->timed_out));
    json_object_set_new(report, "failed", integer_to_json(counters->failed));
    json_object_set_new(report, "fired", integer_to_json(counters->fired));
    json_object_set_new(report, "late", unless(is_bare, integer_to_json(counters->late)));
    json_object_set_new(report, "retried", unless(is_bare, integer_to_json(counters->retried)));
    json_object_set_new(report, "redirected",
                        unless(is_bare, integer_to_json(counters->redirected)));
    json_object_set_new(report, "malformed", unless(is_bare, integer_to_json(counters->malformed)));
    json_object_set_new(report, "violations", unless(is_bare, violations(summary->tally)));
    json_object_set_new(report, "not_recorded", integer_to_json(summary->tally->bare));
}

static void add_remark(void *context, const char *sentence)
{
    json_array_append_new(context, json_string(sentence));
}

void json_add_ours(json_t *report, const struct summary *summary, const struct slo_verdict *slo)
{
    const struct tally *tally = summary->tally;
    json_t *remarks = json_array();
    report_remarks(summary, add_remark, remarks);
    add_spans(report, tally);
    json_object_set_new(report, "targets", rows_to_json(&summary->rows, tally->rows, tally));
    json_object_set_new(report, "addresses",
                        rows_to_json(&summary->addresses, tally->addresses, tally));
    add_counts(report, summary);
    json_object_set_new(report, "errors_by_kind", errors_by_kind(tally));
    json_object_set_new(report, "exceptions", exceptions_to_json(&summary->exceptions));
    json_object_set_new(report, "interrupted", json_boolean(summary->is_interrupted));
    json_object_set_new(report, "aborted", json_boolean(summary->is_aborted));
    json_object_set_new(report, "cut_short", json_boolean(summary->is_cut_short));
    json_object_set_new(report, "going_on", json_boolean(summary->is_going_on));
    json_object_set_new(report, "generator", json_of_generator(summary, slo));
    json_object_set(report, "environment", or_null(summary->environment));
    json_object_set_new(report, "plan", plan_to_show(summary));
    add_generators(report, summary);
    json_object_set_new(report, "remarks", remarks);
}
