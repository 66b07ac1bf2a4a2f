#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "loadgen/report/report.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/report/verdict.h"

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* vegeta's keys of a timing, in nanoseconds. */
static json_t *timing(const struct histogram *h)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "total", integer(h->sum_ns), "mean",
        integer(histogram_mean(h)), "50th", integer(histogram_percentile(h, 500000)), "90th",
        integer(histogram_percentile(h, 900000)), "95th", integer(histogram_percentile(h, 950000)),
        "99th", integer(histogram_percentile(h, 990000)), "max", integer(h->max_ns), "min",
        integer(h->count ? h->min_ns : 0));
}

static json_t *bytes(uint64_t total, uint64_t requests)
{
    return json_pack("{s:o, s:f}", "total", integer(total), "mean",
                     requests ? (double)total / (double)requests : 0.0);
}

/* RFC 3339 in UTC with the nanoseconds that are not zero, as Go writes a time. */
static json_t *moment(const struct summary *summary, uint64_t since_start_ns)
{
    if (summary->tally->counters.ended == 0) {
        return json_string("0001-01-01T00:00:00Z");
    }
    uint64_t ns = summary->wall_start_ns + since_start_ns;
    time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm parts;
    char text[64];
    char fraction[16] = "";
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (ns % NS_PER_S != 0) {
        snprintf(fraction, sizeof fraction, ".%09u", (unsigned)(ns % NS_PER_S));
        for (size_t end = strlen(fraction); fraction[end - 1] == '0'; end--) {
            fraction[end - 1] = '\0';
        }
    }
    return json_sprintf("%s%sZ", text, fraction);
}

static json_t *status_codes(const struct tally *tally)
{
    json_t *codes = json_object();
    for (unsigned code = 0; code < TALLY_CODES; code++) {
        char key[8];
        snprintf(key, sizeof key, "%u", code);
        if (tally->codes[code] > 0) {
            json_object_set_new(codes, key, integer(tally->codes[code]));
        }
    }
    return codes;
}

static json_t *errors(const struct tally *tally)
{
    json_t *list = json_array();
    for (size_t i = 0; i < tally->error_count; i++) {
        json_array_append_new(list, json_string(tally->errors[i].text));
    }
    return list;
}

static json_t *generator(const struct summary *summary)
{
    struct verdict verdict = verdict_of(summary);
    json_t *json = generator_to_json(&summary->generator);
    json_object_set_new(json, "limited",
                        verdict.is_known ? json_boolean(verdict.is_limited) : json_null());
    json_object_set_new(json, "why", json_string(verdict.why));
    return json;
}

static json_t *targets(const struct summary *summary)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ROWS_ALL; i++) {
        const struct tally_row *row = &summary->tally->rows[i];
        if (row->ended > 0) {
            json_array_append_new(
                list, json_pack("{s:s, s:o, s:f, s:o, s:o, s:o, s:o}", "name",
                                rows_name(&summary->rows, i), "requests", integer(row->ended),
                                "success", (double)row->successes / (double)row->ended, "bytes_in",
                                bytes(row->bytes_in, row->ended), "bytes_out",
                                bytes(row->bytes_out, row->ended), "latencies",
                                timing(&row->latency), "service", timing(&row->service)));
        }
    }
    return list;
}

static void add_remark(void *context, const char *sentence)
{
    json_array_append_new(context, json_string(sentence));
}

/* Counts by the lower bounds in nanoseconds; NULL when no buckets were asked for. */
static json_t *buckets(const struct buckets *asked)
{
    json_t *json = asked->count > 0 ? json_object() : NULL;
    for (size_t i = 0; i < asked->count; i++) {
        char key[24];
        snprintf(key, sizeof key, "%" PRIu64, asked->from_ns[i]);
        json_object_set_new(json, key, integer(asked->counts[i]));
    }
    return json;
}

/* The keys that vegeta has, in its order. */
static json_t *vegeta_object(const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    uint64_t requests = tally->counters.ended;
    return json_pack(
        "{s:o, s:o*, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:f, s:o, s:o}", "latencies",
        timing(&tally->latency), "buckets", buckets(&tally->buckets), "bytes_in",
        bytes(tally->bytes_in, requests), "bytes_out", bytes(tally->bytes_out, requests),
        "earliest", moment(summary, tally->first_intended_ns), "latest",
        moment(summary, tally->last_intended_ns), "end", moment(summary, tally->end_ns), "duration",
        integer(summary_attack_ns(summary)), "wait", integer(summary_wait_ns(summary)), "requests",
        integer(requests), "rate", summary_rate(summary), "throughput", summary_throughput(summary),
        "success", requests ? (double)tally_successes(tally) / (double)requests : 0.0,
        "status_codes", status_codes(tally), "errors", errors(tally));
}

static void add_ours(json_t *json, const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    json_object_set_new(json, "service", timing(&tally->service));
    json_object_set_new(json, "connect", timing(&tally->connect));
    /* `wait` is vegeta's already: the time from the last request to the last answer. */
    json_object_set_new(json, "connection_wait", timing(&tally->wait));
    json_object_set_new(json, "lag", timing(&tally->lag));
    bool is_known = summary->has_plan && !summary->is_cut_short;
    json_t *remarks = json_array();
    report_remarks(summary, add_remark, remarks);
    json_object_set_new(json, "targets", targets(summary));
    json_object_set_new(json, "intended", is_known ? integer(summary->intended) : json_null());
    json_object_set_new(json, "not_started",
                        is_known ? integer(summary->not_started) : json_null());
    json_object_set_new(json, "too_late", is_known ? integer(summary->too_late) : json_null());
    json_object_set_new(json, "answered", integer(tally->counters.answered));
    json_object_set_new(json, "timed_out", integer(tally->counters.timed_out));
    json_object_set_new(json, "failed", integer(tally->counters.failed));
    json_object_set_new(json, "late", integer(tally->counters.late));
    json_object_set_new(json, "retried", integer(tally->counters.retried));
    json_object_set_new(json, "redirected", integer(tally->counters.redirected));
    json_object_set_new(json, "interrupted", json_boolean(summary->is_interrupted));
    json_object_set_new(json, "aborted", json_boolean(summary->is_aborted));
    json_object_set_new(json, "cut_short", json_boolean(summary->is_cut_short));
    json_object_set_new(json, "generator", generator(summary));
    json_object_set_new(json, "remarks", remarks);
}

static bool write_json(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    json_t *json = vegeta_object(summary);
    add_ours(json, summary);
    slo_print_json(slo, json);
    bool ok = json_dumpf(json, out, JSON_COMPACT) == 0;
    json_decref(json);
    fputc('\n', out);
    return ok && fflush(out) == 0 && !ferror(out);
}

const struct report report_json = {
    .name = "json",
    .help = "vegeta's object with further keys",
    .write = write_json,
};
