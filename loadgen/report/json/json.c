#include "loadgen/report/json/json_ours.h"
#include "loadgen/report/json/json_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/moment.h"
#include "loadgen/report/report.h"
#include "loadgen/report/slo_print.h"

/* RFC 3339, as Go writes a time; Go's zero time without results. */
static json_t *moment(const struct summary *summary, uint64_t since_start_ns)
{
    if (summary->tally->counters.ended == 0) {
        return json_string("0001-01-01T00:00:00Z");
    }
    uint64_t ns = summary->wall_start_ns + since_start_ns;
    char text[MOMENT_TEXT];
    return json_stringn(text, moment_print(ns, text));
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

/* Counts by lower bound in nanoseconds; NULL without buckets. */
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

/* vegeta's keys, in its order. */
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
    json_add_ours(json, summary, slo);
    slo_print_json(slo, json);
    bool ok = json_dumpf(json, out, JSON_COMPACT) == 0;
    json_decref(json);
    fputc('\n', out);
    return ok && fflush(out) == 0 && !ferror(out);
}

const struct report report_json = {
    .name = "json",
    .help = "vegeta's object with additional keys",
    .lists_exceptions = true,
    .write = write_json,
};
