/* hist: the number of requests in each bucket of latency. */
#include <inttypes.h>

#include "loadgen/base/duration.h"
#include "loadgen/report/columns.h"
#include "loadgen/report/report.h"

enum { BAR = 75 };

static void write_bucket(const struct buckets *buckets, size_t i, uint64_t total, FILE *out)
{
    static const char bar[] =
        "###########################################################################";
    _Static_assert(sizeof bar - 1 == BAR, "the bar of all requests");
    double ratio = (double)buckets->counts[i] / (double)total;
    char from[DURATION_TEXT];
    char to[DURATION_TEXT] = "+Inf";
    duration_print(buckets->from_ns[i], from);
    if (i + 1 < buckets->count) {
        duration_print(buckets->from_ns[i + 1], to);
    }
    fprintf(out, "[%s,\t%s]\t%" PRIu64 "\t%.2f%%\t%.*s\n", from, to, buckets->counts[i],
            100 * ratio, (int)(ratio * BAR), bar);
}

static bool write_hist(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    (void)slo; /* vegeta's format has none */
    const struct buckets *buckets = &summary->tally->buckets;
    uint64_t total = summary->tally->counters.ended;
    struct columns columns;
    if (!columns_begin(&columns)) {
        return false;
    }
    fputs("Bucket\t\t#\t%\tHistogram\n", columns.cells);
    for (size_t i = 0; i < buckets->count && total > 0;
         i++) { /* like vegeta: no buckets without results */
        write_bucket(buckets, i, total, columns.cells);
    }
    return columns_end(&columns, out);
}

const struct report report_hist = {
    .name = "hist",
    .help = "vegeta's histogram: hist[0,10ms,100ms], or hist with -buckets",
    .write = write_hist,
};
