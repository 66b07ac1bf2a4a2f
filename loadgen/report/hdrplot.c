/* hdrplot: percentiles in the columns of HdrHistogram's plotter. */
#include <inttypes.h>

#include "common/clock.h"
#include "loadgen/report/columns.h"
#include "loadgen/report/report.h"

/* vegeta's steps, per million: five per halving of the rest, rounded to six digits. */
static const uint32_t steps[] = {
    0,      100000, 200000, 300000, 400000, 500000, 550000, 600000, 650000, 700000,  750000, 775000,
    800000, 825000, 850000, 875000, 887500, 900000, 912500, 925000, 937500, 943750,  950000, 956250,
    962500, 968750, 971875, 975000, 978125, 981250, 984375, 985938, 987500, 989062,  990625, 992188,
    992969, 993750, 994531, 995313, 996094, 996484, 996875, 997266, 997656, 998047,  998242, 998437,
    998633, 998828, 999023, 999121, 999219, 999316, 999414, 999512, 999561, 999609,  999658, 999707,
    999756, 999780, 999805, 999829, 999854, 999878, 999890, 999902, 999915, 999927,  999939, 999945,
    999951, 999957, 999963, 999969, 999973, 999976, 999979, 999982, 999985, 999986,  999988, 999989,
    999991, 999992, 999993, 999994, 999995, 999996, 999997, 999998, 999999, 1000000,
};

static void write_step(const struct histogram *h, uint32_t per_million, FILE *out)
{
    double quantile = per_million / 1e6;
    fprintf(out, "%f\t%f\t%" PRIu64 "\t%f\n",
            (double)histogram_percentile(h, per_million) / (double)NS_PER_MS, quantile,
            (uint64_t)(quantile * (double)h->count + 0.5),
            per_million < 1000000 ? 1 / (1 - quantile) : 1e7);
}

static bool write_hdrplot(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    (void)slo; /* vegeta's format has none */
    struct columns columns;
    if (!columns_begin(&columns)) {
        return false;
    }
    fputs("Value(ms)\tPercentile\tTotalCount\t1/(1-Percentile)\n", columns.cells);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        write_step(&summary->tally->latency, steps[i], columns.cells);
    }
    return columns_end(&columns, out);
}

const struct report report_hdrplot = {
    .name = "hdrplot",
    .help = "percentiles in the columns of HdrHistogram's plotter",
    .write = write_hdrplot,
};
