#include "loadgen/report/text/text.h"

#include <inttypes.h>

#include "common/plural.h"
#include "loadgen/base/duration.h"
#include "loadgen/report/report.h"

static void write_schedule(const struct summary *summary, FILE *out)
{
    char per[DURATION_TEXT];
    uint64_t users = summary_users(summary);
    const char *shape = summary_shape(summary);
    fprintf(out, TEXT_LABELS, "Schedule", "[rate, intended, not started]");
    if (summary->is_going_on) {
        fputs("not known yet\n", out);
    } else if (!summary->has_plan || summary->is_cut_short) {
        fputs("not recorded\n", out);
    } else if (summary->schedule[0]) {
        if (summary->rate_count > 0) { /* of another file */
            fprintf(out, "%" PRIu64 "/%s and ", summary->rate_count,
                    duration_print(summary->rate_per_ns, per));
        }
        fprintf(out, "%s, %" PRIu64 ", %" PRIu64 "\n", summary->schedule, summary->intended,
                summary->not_started);
    } else if (summary->rate_count == 0 && shape) {
        fprintf(out, "%s, %" PRIu64 ", %" PRIu64 "\n", shape, summary->intended,
                summary->not_started);
    } else if (summary->rate_count == 0 && users > 0) {
        fprintf(out, "%" PRIu64 " %s, %" PRIu64 ", %" PRIu64 "\n", users,
                plural(users, "user", "users"), summary->intended, summary->not_started);
    } else if (summary->rate_count == 0) {
        fprintf(out, "as fast as possible, %" PRIu64 ", %" PRIu64 "\n", summary->intended,
                summary->not_started);
    } else {
        fprintf(out, "%" PRIu64 "/%s, %" PRIu64 ", %" PRIu64 "\n", summary->rate_count,
                duration_print(summary->rate_per_ns, per), summary->intended, summary->not_started);
    }
}

/* Iterations of users, at a rate. */
static void write_iterations(const struct summary *summary, FILE *out)
{
    if (summary->iterations > 0 || summary->iterations_dropped > 0) {
        fprintf(out, TEXT_LABELS "%" PRIu64 ", %" PRIu64 "\n", "Iterations", "[started, dropped]",
                summary->iterations, summary->iterations_dropped);
    }
}

static void write_counts(const struct tally *tally, FILE *out)
{
    const struct counters *counters = &tally->counters;
    fprintf(out, TEXT_LABELS, "Counts", "[late, retried, redirected]");
    if (report_is_bare(tally)) {
        fputs("not recorded\n", out);
    } else {
        fprintf(out, "%" PRIu64 ", %" PRIu64 ", %" PRIu64 "\n", counters->late, counters->retried,
                counters->redirected);
    }
}

/* Threads, share of the CPU, throttled (at least: cgroup.h), memory. */
static void write_state(const struct generator *g, FILE *out)
{
    char throttled[DURATION_TEXT] = "unknown";
    if (g->has_throttled) {
        duration_print_rounded((uint64_t)(g->throttled_seconds * 1e9), throttled);
    }
    fprintf(out, "%u, %.1f%% of %.2g, %s%s, %.1fMiB", g->threads, 100 * generator_cpu_share(g),
            g->cpu_limit, g->has_throttled && g->throttled_seconds > 0 ? "at least " : "",
            throttled, (double)g->memory_bytes / (1024 * 1024));
}

static void write_generator(const struct summary *summary, FILE *out)
{
    const struct generator *g = &summary->generator;
    char loop[DURATION_TEXT];
    fprintf(out, TEXT_LABELS, "Generator", "[threads, CPU, throttled, memory]");
    if (g->threads == 0) {
        fputs(summary->is_going_on ? "not known yet\n" : "not recorded\n", out);
        return;
    }
    write_state(g, out);
    fprintf(out, "\n" TEXT_LABELS "%s\n", "Loop turn", "[99]",
            duration_print_rounded(g->loop_p99_ns, loop));
}

static void write_own(const struct summary_generator *one, FILE *out)
{
    char p50[DURATION_TEXT];
    char p99[DURATION_TEXT];
    char lag[DURATION_TEXT];
    if (one->is_worker) {
        fprintf(out, ", latency p50 %s, p99 %s, lag p99 %s",
                duration_print_rounded(one->own.p50_ns, p50),
                duration_print_rounded(one->own.p99_ns, p99),
                duration_print_rounded(one->own.lag_p99_ns, lag));
    }
}

/* With several runs or workers, the line above shows the worst of each figure; these lines show
 * each run. */
static void write_generators(const struct summary *summary, FILE *out)
{
    for (size_t i = 0; summary->generator_count > 1 && i < summary->generator_count; i++) {
        const struct summary_generator *one = &summary->generators[i];
        char loop[DURATION_TEXT];
        fputs("  ", out);
        write_state(&one->generator, out);
        fprintf(out, ", loop turn %s", duration_print_rounded(one->generator.loop_p99_ns, loop));
        write_own(one, out);
        fprintf(out, "  %s\n", one->name);
    }
}

static const char *text_of(const json_t *environment, const char *key)
{
    const char *text = json_string_value(json_object_get(environment, key));
    return text ? text : "unknown";
}

void text_write_environment(const json_t *environment, FILE *out)
{
    const char *node = json_string_value(json_object_get(environment, "node"));
    fprintf(out, TEXT_LABELS, "Environment", "[CPU, cores, load before, kernel]");
    if (!environment) {
        fputs("not recorded\n", out);
        return;
    }
    fprintf(out, "%s, %" JSON_INTEGER_FORMAT ", %.2f, %s%s%s\n", text_of(environment, "cpu_model"),
            json_integer_value(json_object_get(environment, "cores")),
            json_number_value(json_object_get(environment, "load_average")),
            text_of(environment, "kernel"), node ? ", node " : "", node ? node : "");
}

void text_write_run(const struct summary *summary, FILE *out)
{
    write_schedule(summary, out);
    write_iterations(summary, out);
    write_counts(summary->tally, out);
    write_generator(summary, out);
    write_generators(summary, out);
    text_write_environment(summary->environment, out); /* of several runs, the first one's */
}
