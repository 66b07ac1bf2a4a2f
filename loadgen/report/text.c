#include <inttypes.h>

#include "loadgen/pace/duration.h"
#include "loadgen/report/report.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/report/verdict.h"

/* vegeta's columns. */
#define LABELS "%-14s%-34s"

static void write_timing(FILE *out, const char *label, const struct histogram *h)
{
    static const uint32_t ranks[] = {500000, 900000, 950000, 990000};
    char text[DURATION_TEXT];
    fprintf(out, LABELS, label, "[min, mean, 50, 90, 95, 99, max]");
    fprintf(out, "%s, ", duration_print_rounded(h->count ? h->min_ns : 0, text));
    fprintf(out, "%s, ", duration_print_rounded(histogram_mean(h), text));
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        fprintf(out, "%s, ", duration_print_rounded(histogram_percentile(h, ranks[i]), text));
    }
    fprintf(out, "%s\n", duration_print_rounded(h->max_ns, text));
}

static double mean(uint64_t sum, uint64_t count)
{
    return count ? (double)sum / (double)count : 0;
}

/* The lines that vegeta prints, as it prints them. */
static void write_vegeta(const struct summary *summary, FILE *out)
{
    const struct tally *tally = summary->tally;
    uint64_t requests = tally->counters.ended;
    uint64_t attack_ns = summary_attack_ns(summary);
    uint64_t wait_ns = summary_wait_ns(summary);
    char total[DURATION_TEXT];
    char attack[DURATION_TEXT];
    char wait[DURATION_TEXT];
    fprintf(out, LABELS "%" PRIu64 ", %.2f, %.2f\n", "Requests", "[total, rate, throughput]",
            requests, summary_rate(summary), summary_throughput(summary));
    fprintf(out, LABELS "%s, %s, %s\n", "Duration", "[total, attack, wait]",
            duration_print_rounded(attack_ns + wait_ns, total),
            duration_print_rounded(attack_ns, attack), duration_print_rounded(wait_ns, wait));
    write_timing(out, "Latencies", &tally->latency);
    fprintf(out, LABELS "%" PRIu64 ", %.2f\n", "Bytes In", "[total, mean]", tally->bytes_in,
            mean(tally->bytes_in, requests));
    fprintf(out, LABELS "%" PRIu64 ", %.2f\n", "Bytes Out", "[total, mean]", tally->bytes_out,
            mean(tally->bytes_out, requests));
    fprintf(out, LABELS "%.2f%%\n", "Success", "[ratio]",
            100 * mean(tally_successes(tally), requests));
    fprintf(out, LABELS, "Status Codes", "[code:count]");
    for (unsigned code = 0; code < TALLY_CODES; code++) {
        if (tally->codes[code] > 0) {
            fprintf(out, "%u:%" PRIu64 "  ", code, tally->codes[code]);
        }
    }
    fputs("\nError Set:\n", out);
    for (size_t i = 0; i < tally->error_count; i++) {
        fprintf(out, "%s\n", tally->errors[i].text);
    }
}

static void write_schedule(const struct summary *summary, FILE *out)
{
    char per[DURATION_TEXT];
    fprintf(out, LABELS, "Schedule", "[rate, intended, not started]");
    if (!summary->has_plan || summary->is_cut_short) {
        fputs("not recorded\n", out);
    } else if (summary->schedule[0]) {
        if (summary->rate_count > 0) { /* of another file */
            fprintf(out, "%" PRIu64 "/%s and ", summary->rate_count,
                    duration_print(summary->rate_per_ns, per));
        }
        fprintf(out, "%s, %" PRIu64 ", %" PRIu64 "\n", summary->schedule, summary->intended,
                summary->not_started);
    } else if (summary->rate_count == 0) {
        fprintf(out, "as fast as possible, %" PRIu64 ", %" PRIu64 "\n", summary->intended,
                summary->not_started);
    } else {
        fprintf(out, "%" PRIu64 "/%s, %" PRIu64 ", %" PRIu64 "\n", summary->rate_count,
                duration_print(summary->rate_per_ns, per), summary->intended, summary->not_started);
    }
    fprintf(out, LABELS "%" PRIu64 ", %" PRIu64 ", %" PRIu64 "\n", "Counts",
            "[late, retried, redirected]", summary->tally->counters.late,
            summary->tally->counters.retried, summary->tally->counters.redirected);
}

static void write_generator(const struct summary *summary, FILE *out)
{
    const struct generator *g = &summary->generator;
    char throttled[DURATION_TEXT] = "unknown";
    char loop[DURATION_TEXT];
    fprintf(out, LABELS, "Generator", "[threads, CPU, throttled, memory]");
    if (g->threads == 0) {
        fputs("not recorded\n", out);
        return;
    }
    if (g->has_throttled) {
        duration_print_rounded((uint64_t)(g->throttled_seconds * 1e9), throttled);
    }
    fprintf(out, "%u, %.1f%% of %.2g, %s, %.1fMiB\n", g->threads, 100 * generator_cpu_share(g),
            g->cpu_limit, throttled, (double)g->memory_bytes / (1024 * 1024));
    fprintf(out, LABELS "%s\n", "Loop", "[99]", duration_print_rounded(g->loop_p99_ns, loop));
}

/* A row a name, when there are several. */
static void write_rows(const struct summary *summary, FILE *out)
{
    static const uint32_t ranks[] = {500000, 950000, 990000};
    char text[DURATION_TEXT];
    if (summary->rows.count + (summary->rows.others > 0) < 2) {
        return;
    }
    fprintf(out, LABELS "\n", "Targets", "[requests, success, mean, 50, 95, 99, max]");
    for (size_t i = 0; i < ROWS_ALL; i++) {
        const struct tally_row *row = &summary->tally->rows[i];
        if (row->ended == 0) {
            continue;
        }
        fprintf(out, "  %-45s %" PRIu64 ", %.2f%%, ", rows_name(&summary->rows, i), row->ended,
                100 * mean(row->successes, row->ended));
        fprintf(out, "%s, ", duration_print_rounded(histogram_mean(&row->latency), text));
        for (size_t j = 0; j < sizeof ranks / sizeof ranks[0]; j++) {
            fprintf(out, "%s, ",
                    duration_print_rounded(histogram_percentile(&row->latency, ranks[j]), text));
        }
        fprintf(out, "%s\n", duration_print_rounded(row->latency.max_ns, text));
    }
}

static void write_remark(void *context, const char *sentence)
{
    fprintf(context, "! %s\n", sentence);
}

static bool write_text(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    write_vegeta(summary, out);
    fputc('\n', out);
    write_timing(out, "Service", &summary->tally->service);
    write_timing(out, "Connect", &summary->tally->connect);
    write_timing(out, "Wait", &summary->tally->wait);
    write_timing(out, "Lag", &summary->tally->lag);
    write_rows(summary, out);
    write_schedule(summary, out);
    write_generator(summary, out);
    slo_print_text(slo, out);
    struct verdict verdict = verdict_of(summary);
    fprintf(out, "%s%s\n", verdict.is_limited ? "! " : "", verdict.why);
    report_remarks(summary, write_remark, out);
    return fflush(out) == 0 && !ferror(out);
}

const struct report report_text = {
    .name = "text",
    .help = "vegeta's text, then what belongs to it",
    .write = write_text,
};
