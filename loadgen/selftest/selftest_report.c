#include "loadgen/base/duration.h"
#include "loadgen/report/json/json_parts.h"
#include "loadgen/run/fingerprint.h"
#include "loadgen/selftest/selftest.h"

enum { DIGITS = 15, P50 = 500000, P99 = 990000 };

static void write_trusted(const struct selftest *selftest, FILE *out)
{
    const struct calibration *calibration = &selftest->calibration;
    char own[DURATION_TEXT], server[DURATION_TEXT], lag[DURATION_TEXT];
    fprintf(out, "Trusted up to   %g/s, which uses %.0f%% of %.2g %s\n", selftest->rate,
            100 * calibration->utilisation, calibration->cpus,
            calibration->cpus == 1 ? "CPU" : "CPUs");
    fprintf(out, "CPU             %s per request; null server: %s\n",
            duration_print_short(calibration->request_ns, own),
            duration_print_short(calibration->server_ns, server));
    if (calibration->is_on_time) {
        fprintf(out,
                "On time         up to %.0f/s with the null server on the same CPUs; "
                "99th-percentile lag %s\n",
                calibration->rate_on_time, duration_print_short(calibration->lag_p99_ns, lag));
    } else {
        fprintf(out, "On time         at no rate: other programs used the generator's CPU\n");
    }
}

static void write_floor(const char *name, const struct histogram *h, FILE *out)
{
    char min[DURATION_TEXT], p50[DURATION_TEXT], p99[DURATION_TEXT];
    fprintf(out, "%-14s  min %s, p50 %s, p99 %s\n", name, duration_print_short(h->min_ns, min),
            duration_print_short(histogram_percentile(h, P50), p50),
            duration_print_short(histogram_percentile(h, P99), p99));
}

bool selftest_write_text(const struct selftest *selftest, FILE *out)
{
    write_trusted(selftest, out);
    fprintf(out, "\nFloors at %g/s\n", selftest->floor_rate);
    write_floor("Latency", &selftest->floors->tally->latency, out);
    write_floor("Lag", &selftest->floors->tally->lag, out);
    fputs("\nKnown answers\n", out);
    for (unsigned i = 0; i < KNOWN_ALL; i++) {
        const struct known_answer *answer = &selftest->answers[i];
        fprintf(out, "%-14s  %s: %s\n", known_answer_names[i], known_outcome_names[answer->outcome],
                answer->text);
    }
    return fflush(out) == 0 && !ferror(out);
}

static json_t *answers_to_json(const struct selftest *selftest)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < KNOWN_ALL; i++) {
        const struct known_answer *answer = &selftest->answers[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", known_answer_names[i],
                                              "outcome", known_outcome_names[answer->outcome],
                                              "text", answer->text));
    }
    return list;
}

bool selftest_write_json(const struct selftest *selftest, FILE *out)
{
    const struct tally *tally = selftest->floors->tally;
    json_t *report = json_pack(
        "{s:i, s:o, s:{s:f, s:o, s:o}, s:o, s:o}", "format", SELFTEST_FORMAT, "generator",
        calibrate_to_json(&selftest->calibration, 0), "floors", "rate", selftest->floor_rate,
        "latencies", timing_to_json(&tally->latency), "lag", timing_to_json(&tally->lag),
        "known_answers", answers_to_json(selftest), "environment", fingerprint_take(""));
    bool ok = report && json_dumpf(report, out, JSON_REAL_PRECISION(DIGITS)) == 0 &&
              fputc('\n', out) != EOF && fflush(out) == 0;
    json_decref(report);
    return ok;
}
