#include "loadgen/report/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "loadgen/report/report.h"
#include "loadgen/report/slo_print.h"

json_t *integer_to_json(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *timing_to_json(const struct histogram *h)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "total",
                     integer_to_json(h->sum_ns), "mean", integer_to_json(histogram_mean(h)), "50th",
                     integer_to_json(histogram_percentile(h, 500000)), "90th",
                     integer_to_json(histogram_percentile(h, 900000)), "95th",
                     integer_to_json(histogram_percentile(h, 950000)), "99th",
                     integer_to_json(histogram_percentile(h, 990000)), "max",
                     integer_to_json(h->max_ns), "min", integer_to_json(h->count ? h->min_ns : 0));
}

json_t *bytes_to_json(uint64_t total, uint64_t requests)
{
    return json_pack("{s:o, s:f}", "total", integer_to_json(total), "mean",
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
            json_object_set_new(codes, key, integer_to_json(tally->codes[code]));
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

/* Counts by the lower bounds in nanoseconds; NULL when no buckets were asked for. */
static json_t *buckets(const struct buckets *asked)
{
    json_t *json = asked->count > 0 ? json_object() : NULL;
    for (size_t i = 0; i < asked->count; i++) {
        char key[24];
        snprintf(key, sizeof key, "%" PRIu64, asked->from_ns[i]);
        json_object_set_new(json, key, integer_to_json(asked->counts[i]));
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
        timing_to_json(&tally->latency), "buckets", buckets(&tally->buckets), "bytes_in",
        bytes_to_json(tally->bytes_in, requests), "bytes_out",
        bytes_to_json(tally->bytes_out, requests), "earliest",
        moment(summary, tally->first_intended_ns), "latest",
        moment(summary, tally->last_intended_ns), "end", moment(summary, tally->end_ns), "duration",
        integer_to_json(summary_attack_ns(summary)), "wait",
        integer_to_json(summary_wait_ns(summary)), "requests", integer_to_json(requests), "rate",
        summary_rate(summary), "throughput", summary_throughput(summary), "success",
        requests ? (double)tally_successes(tally) / (double)requests : 0.0, "status_codes",
        status_codes(tally), "errors", errors(tally));
}

static bool write_json(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    json_t *json = vegeta_object(summary);
    add_ours_to_json(json, summary);
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
