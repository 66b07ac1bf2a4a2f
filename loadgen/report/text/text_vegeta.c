#include "loadgen/report/text/text.h"

#include <inttypes.h>

#include "loadgen/base/duration.h"

static void write_latencies(const struct histogram *h, FILE *out)
{
    static const uint32_t ranks[] = {500000, 900000, 950000, 990000};
    char text[DURATION_TEXT];
    fprintf(out, TEXT_LABELS, "Latencies", "[min, mean, 50, 90, 95, 99, max]");
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

void text_write_vegeta(const struct summary *summary, FILE *out)
{
    const struct tally *tally = summary->tally;
    uint64_t requests = tally->counters.ended;
    uint64_t attack_ns = summary_attack_ns(summary);
    uint64_t wait_ns = summary_wait_ns(summary);
    char total[DURATION_TEXT];
    char attack[DURATION_TEXT];
    char wait[DURATION_TEXT];
    fprintf(out, TEXT_LABELS "%" PRIu64 ", %.2f, %.2f\n", "Requests", "[total, rate, throughput]",
            requests, summary_rate(summary), summary_throughput(summary));
    fprintf(out, TEXT_LABELS "%s, %s, %s\n", "Duration", "[total, attack, wait]",
            duration_print_rounded(attack_ns + wait_ns, total),
            duration_print_rounded(attack_ns, attack), duration_print_rounded(wait_ns, wait));
    write_latencies(&tally->latency, out);
    fprintf(out, TEXT_LABELS "%" PRIu64 ", %.2f\n", "Bytes In", "[total, mean]", tally->bytes_in,
            mean(tally->bytes_in, requests));
    fprintf(out, TEXT_LABELS "%" PRIu64 ", %.2f\n", "Bytes Out", "[total, mean]", tally->bytes_out,
            mean(tally->bytes_out, requests));
    fprintf(out, TEXT_LABELS "%.2f%%\n", "Success", "[ratio]",
            100 * mean(tally_successes(tally), requests));
    fprintf(out, TEXT_LABELS, "Status Codes", "[code:count]");
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
