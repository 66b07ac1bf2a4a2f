#include "loadgen/verdict/hopeless.h"

#include "loadgen/verdict/sample.h"

/* Values in buckets that begin above the limit. */
static uint64_t surely_over(const struct histogram *h, uint64_t limit_ns)
{
    uint64_t clipped = limit_ns < HISTOGRAM_MAX_NS ? h->clipped : 0;
    return histogram_count_between(h, limit_ns + limit_ns / HISTOGRAM_HALF + 1, UINT64_MAX) +
           clipped;
}

/* `sample->intended` counts the whole run, to its end; 0: unknown. */
static bool is_hopeless(const struct slo_criterion *criterion, const struct sample *sample)
{
    uint64_t intended = sample->intended;
    uint64_t lost = sample->unanswered->count;
    uint64_t limit_ns = criterion->unit == SLO_NS ? (uint64_t)criterion->limit : 0;
    uint64_t over = 0;
    switch (criterion->metric) {
    case SLO_PERCENTILE:
        over = surely_over(sample->latency, limit_ns) - surely_over(sample->unanswered, limit_ns);
        return intended > 0 &&
               over + lost > intended - histogram_rank(intended, criterion->per_million);
    case SLO_MEAN:
        return lost > 0 ||
               (intended > 0 &&
                !slo_is_within(criterion, (double)sample->latency->sum_ns / (double)intended));
    case SLO_MAX:
        return lost > 0 || !slo_is_within(criterion, (double)sample->latency->max_ns);
    case SLO_ERRORS:
        return intended > 0 &&
               !slo_is_within(criterion,
                              100 * (double)(sample->ended - sample->successes) / (double)intended);
    case SLO_RATE:
    case SLO_THROUGHPUT:
        break;
    }
    return false;
}

const struct slo_criterion *slo_find_hopeless(const struct slo *slo,
                                              const struct slo_progress *progress)
{
    for (size_t i = 0; i < slo->count; i++) {
        const struct slo_criterion *criterion = &slo->list[i];
        int row =
            criterion->target ? sample_find_row(progress->rows, criterion->target) : SAMPLE_WHOLE;
        if (row == SAMPLE_NONE) {
            continue;
        }
        uint64_t intended = row != SAMPLE_WHOLE && progress->row_shares ? progress->row_shares[row]
                                                                        : progress->intended;
        struct sample sample = sample_take(progress->tally, row, intended);
        if (is_hopeless(criterion, &sample)) {
            return criterion;
        }
    }
    return NULL;
}
