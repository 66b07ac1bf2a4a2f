#include "loadgen/report/prometheus.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/prom.h"
#include "common/version.h"

/* The bounds of a histogram, by number: bound_ns of FIRST to LAST. */
enum {
    BOUND_LAG_FIRST = 23, /* 6 us, because lag is short in a good run */
    BOUND_FIRST = 31,     /* 98 us */
    BOUND_LAST = 68,      /* 34 s: above the usual -timeout */
};

/* 2, 3, 4, 6, 8, 12, ...: starts of buckets. */
static uint64_t bound_ns(unsigned i)
{
    return (UINT64_C(2) + (i & 1)) << i / 2;
}

/* A sample with one label. */
static void write_count(FILE *out, const char *name, const char *label, const char *value,
                        uint64_t count)
{
    fprintf(out, "%s{", name);
    prom_label(out, label, value);
    fprintf(out, "} %" PRIu64 "\n", count);
}

static void write_info(const struct prometheus_page *page, FILE *out)
{
    prom_describe(out, "loadgen_run_info", "gauge", "Version of loadgen and name of the run.");
    fputs("loadgen_run_info{", out);
    prom_label(out, "name", page->name);
    prom_label(out, ",version", version_number);
    prom_label(out, ",commit", version_commit);
    fputs("} 1\n", out);
}

static void write_completed(const struct tally *tally, FILE *out)
{
    const char *name = "loadgen_completed_total";
    prom_describe(out, name, "counter", "Requests with a complete response, by status.");
    for (unsigned code = 1; code < TALLY_CODES; code++) {
        char text[8];
        snprintf(text, sizeof text, "%u", code);
        if (tally->codes[code] > 0) {
            write_count(out, name, "code", text, tally->codes[code]);
        }
    }
}

static void write_errors(const struct tally *tally, FILE *out)
{
    const char *name = "loadgen_errors_total";
    prom_describe(out, name, "counter", "Requests without a complete response, by reason.");
    for (unsigned kind = OUTCOME_ANSWERED + 1; kind < OUTCOMES_ALL; kind++) {
        write_count(out, name, "reason", error_kind_names[kind], tally->kinds[kind].count);
    }
}

/* Absent unless scripts fire results. */
static void write_fired(const struct tally *tally, FILE *out)
{
    if (tally->counters.fired > 0) {
        prom_count(out, "loadgen_fired_total", "counter",
                   "Results that scripts fired; loadgen_sent_total includes them.",
                   tally->counters.fired);
    }
}

static void write_requests(const struct prometheus_page *page, FILE *out)
{
    prom_count(out, "loadgen_offered_total", "counter", "Requests scheduled so far.",
               page->offered);
    prom_count(out, "loadgen_sent_total", "counter", "Requests started.", page->sent);
    write_completed(page->tally, out);
    write_fired(page->tally, out);
    write_errors(page->tally, out);
    const char *name = "loadgen_dropped_total";
    prom_describe(out, name, "counter",
                  "Requests not started before the run ended, by reason: waiting (no connection "
                  "was free) or too_late (the generator was too far behind).");
    write_count(out, name, "reason", "waiting", page->dropped_waiting);
    write_count(out, name, "reason", "too_late", page->dropped_too_late);
    prom_count(out, "loadgen_inflight", "gauge", "Requests in flight.", page->in_flight);
}

/* Absent unless users have iterations at a rate. */
static void write_iterations(const struct prometheus_page *page, FILE *out)
{
    if (page->iterations > 0 || page->iterations_dropped > 0) {
        prom_count(out, "loadgen_iterations_started_total", "counter", "Iterations started.",
                   page->iterations);
        prom_count(out, "loadgen_iterations_dropped_total", "counter",
                   "Iterations that were dropped because no user was free.",
                   page->iterations_dropped);
    }
}

static void write_exceptions(const struct exceptions *exceptions, FILE *out)
{
    const char *name = "loadgen_exceptions_total";
    if (!exceptions || exceptions->total == 0) {
        return;
    }
    prom_describe(out, name, "counter", "Errors that scripts raised, by message.");
    for (size_t i = 0; i < exceptions->count; i++) {
        write_count(out, name, "message", exceptions->list[i].message, exceptions->list[i].count);
    }
    if (exceptions_others(exceptions) > 0) {
        write_count(out, name, "message", "other", exceptions_others(exceptions));
    }
}

/* name_suffix{target="...",le="..."}; a target of NULL and an empty bound are left out. */
static void write_series(FILE *out, const char *name, const char *suffix, const char *target,
                         const char *bound)
{
    fprintf(out, "%s_%s", name, suffix);
    if (target || bound[0]) {
        fputc('{', out);
        if (target) {
            prom_label(out, "target", target);
        }
        fprintf(out, bound[0] ? "%sle=\"%s\"}" : "}", target ? "," : "", bound);
    }
    fputc(' ', out);
}

static void print_seconds(char text[32], uint64_t ns)
{
    snprintf(text, 32, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_S, ns % NS_PER_S);
}

static void write_histogram(FILE *out, const char *name, const char *target, unsigned first,
                            const struct histogram *h)
{
    char text[32];
    uint64_t count = 0;
    uint64_t from_ns = 0;
    for (unsigned i = first; i <= BOUND_LAST; i++) {
        uint64_t to_ns = bound_ns(i);
        count += histogram_count_between(h, from_ns, to_ns);
        from_ns = to_ns;
        print_seconds(text, to_ns - 1);
        write_series(out, name, "bucket", target, text);
        fprintf(out, "%" PRIu64 "\n", count);
    }
    write_series(out, name, "bucket", target, "+Inf");
    fprintf(out, "%" PRIu64 "\n", h->count);
    print_seconds(text, h->sum_ns);
    write_series(out, name, "sum", target, "");
    fprintf(out, "%s\n", text);
    write_series(out, name, "count", target, "");
    fprintf(out, "%" PRIu64 "\n", h->count);
}

/* Series must be unique, and a user may name a target "other". */
static const char *row_label(const struct rows *rows, size_t count, size_t row)
{
    const char *name = rows_name(rows, row);
    for (size_t i = 0; row == ROWS_OTHER && i < count; i++) {
        if (strcmp(rows_name(rows, i), name) == 0) {
            return "all other targets";
        }
    }
    return name;
}

static void write_rows(const struct prometheus_page *page, FILE *out, const char *name,
                       const char *help, const struct histogram *all, size_t offset)
{
    size_t count = page->rows->count;
    bool has_others = page->rows->others > 0;
    prom_describe(out, name, "histogram", help);
    if (count <= 1 && !has_others) {
        write_histogram(out, name, rows_name(page->rows, 0), BOUND_FIRST, all);
        return;
    }
    for (size_t i = 0; i < ROWS_ALL; i++) {
        if (i < count || (i == ROWS_OTHER && has_others)) {
            const char *row = (const char *)&page->tally->rows[i];
            write_histogram(out, name, row_label(page->rows, count, i), BOUND_FIRST,
                            (const struct histogram *)(const void *)(row + offset));
        }
    }
}

/* Without a partial row there is no such series. */
static void write_partial(const struct rows *rows, FILE *out)
{
    const char *name = "loadgen_target_partial";
    size_t count = rows->count;
    bool has_any = false;
    for (size_t i = 0; i < count; i++) {
        if (!rows_is_partial(rows, i)) {
            continue;
        }
        if (!has_any) {
            prom_describe(out, name, "gauge",
                          "1: some requests of this target may be counted as \"other\".");
        }
        has_any = true;
        write_count(out, name, "target", rows_name(rows, i), 1);
    }
}

static void write_timings(const struct prometheus_page *page, FILE *out)
{
    const struct tally *tally = page->tally;
    write_partial(page->rows, out);
    write_rows(page, out, "loadgen_request_latency_seconds",
               "From the scheduled start of a request to its end.", &tally->latency,
               offsetof(struct tally_row, latency));
    write_rows(page, out, "loadgen_service_time_seconds",
               "From sending the first byte of a request to its end.", &tally->service,
               offsetof(struct tally_row, service));
    prom_describe(out, "loadgen_schedule_lag_seconds", "histogram",
                  "Delay of request starts caused by the generator.");
    write_histogram(out, "loadgen_schedule_lag_seconds", NULL, BOUND_LAG_FIRST, &tally->lag);
}

static void write_generator(const struct prometheus_page *page, FILE *out)
{
    const struct generator *generator = page->generator;
    prom_real(out, "loadgen_cpu_seconds_total", "counter", "CPU time used by the generator.",
              generator->cpu_seconds);
    if (generator->has_throttled) {
        prom_real(out, "loadgen_cgroup_cpu_throttled_seconds_total", "counter",
                  "Lower bound of the time that the kernel throttled the generator to enforce its "
                  "CPU limit; throttling of a parent cgroup is not always visible.",
                  generator->throttled_seconds);
    }
    if (generator->cpu_limit > 0) { /* unknown before the first second */
        prom_describe(out, "loadgen_cgroup_cpu_limit_cores", "gauge",
                      "CPUs that the generator may use, by cgroup and affinity.");
        fprintf(out, "loadgen_cgroup_cpu_limit_cores %g\n", generator->cpu_limit);
    }
    prom_count(out, "loadgen_memory_bytes", "gauge", "Peak resident memory.",
               generator->memory_bytes);
    prom_count(out, "loadgen_open_fds", "gauge", "Open files.", page->open_files);
}

struct prometheus_page prometheus_of_second(const struct second *second)
{
    return (struct prometheus_page){
        .name = "",
        .tally = second->total,
        .rows = second->rows,
        .generator = second->generator,
        .exceptions = second->exceptions,
        .offered = second->intended,
        .sent = second->started,
        .in_flight = second->in_flight,
        .iterations = second->iterations,
        .iterations_dropped = second->iterations_dropped,
    };
}

struct prometheus_page prometheus_of_summary(const struct summary *summary)
{
    return (struct prometheus_page){
        .name = "",
        .tally = summary->tally,
        .rows = &summary->rows,
        .generator = &summary->generator,
        .exceptions = &summary->exceptions,
        .offered = summary->intended,
        .sent = summary->started,
        .dropped_waiting = summary->not_started - summary->too_late,
        .dropped_too_late = summary->too_late,
        .iterations = summary->iterations,
        .iterations_dropped = summary->iterations_dropped,
    };
}

bool prometheus_write(const struct prometheus_page *page, FILE *out)
{
    write_info(page, out);
    write_requests(page, out);
    write_iterations(page, out);
    write_exceptions(page->exceptions, out);
    write_timings(page, out);
    write_generator(page, out);
    return fflush(out) == 0 && !ferror(out);
}

char *prometheus_print(const struct prometheus_page *page, size_t *length)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    if (!out) {
        return NULL;
    }
    bool ok = prometheus_write(page, out);
    if (fclose(out) != 0 || !ok) {
        free(text);
        return NULL;
    }
    return text;
}
