#include "loadgen/web/archive/documents.h"

#include <stdio.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/report/report.h"

enum { REAL_DIGITS = 9 };

static json_t *time_of(const struct histogram *times, uint64_t ns)
{
    return times->count > 0 ? json_real((double)ns / (double)NS_PER_MS) : json_null();
}

static void set(json_t *json, const char *key, json_t *value)
{
    json_object_set_new(json, key, value);
}

static void set_percentile(json_t *json, const char *key, const struct histogram *times,
                           uint32_t per_million)
{
    set(json, key, time_of(times, histogram_percentile(times, per_million)));
}

/* From the time at which the first request was due to the end of the last. */
static double seconds_of(const struct tally *tally)
{
    bool has_any = tally->counters.ended > 0 && tally->end_ns > tally->first_intended_ns;
    return has_any ? (double)(tally->end_ns - tally->first_intended_ns) / (double)NS_PER_S : 0;
}

json_t *documents_summary(const struct tally *tally)
{
    uint64_t requests = tally->counters.ended;
    double seconds = seconds_of(tally);
    json_t *json = json_object();
    set(json, "requests", json_integer((json_int_t)requests));
    set(json, "failures", json_integer((json_int_t)(requests - tally_successes(tally))));
    set(json, "seconds", json_real(seconds));
    set(json, "rate", json_real(seconds > 0 ? (double)requests / seconds : 0));
    set_percentile(json, "p50_ms", &tally->latency, 500000);
    set_percentile(json, "p95_ms", &tally->latency, 950000);
    set_percentile(json, "p99_ms", &tally->latency, 990000);
    set(json, "max_ms", time_of(&tally->latency, tally->latency.max_ns));
    set(json, "bytes_in", json_integer((json_int_t)tally->bytes_in));
    return json;
}

char *documents_report(const struct summary *summary)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = memory_of(open_memstream(&text, &length));
    report_json.write(summary, NULL, out);
    memory_of(fclose(out) == 0 ? text : NULL);
    return text;
}

char *documents_dump(const json_t *json)
{
    const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS);
    return json ? memory_of(json_dumps(json, flags)) : NULL;
}
