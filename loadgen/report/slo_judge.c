#include "loadgen/report/slo_judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cli.h"
#include "common/plural.h"

enum { ROW_NONE = -1, ROW_WHOLE = -2 };

/* What one criterion looks at: the whole run, or a row. */
struct sample {
    const struct histogram *latency;
    const struct histogram *unanswered; /* part of `latency` */
    uint64_t ended;
    uint64_t successes;
    uint64_t intended;
};

static uint64_t answered(const struct sample *sample)
{
    return sample->latency->count - sample->unanswered->count;
}

/* The row with this name. A run with one name only has no rows: its row is the whole. */
static int find_row(const struct rows *rows, const char *name)
{
    size_t others = rows->others > 0;
    for (size_t i = 0; i < rows->count + others; i++) {
        size_t row = i < rows->count ? i : ROWS_OTHER;
        if (strcmp(rows_name(rows, row), name) == 0) {
            return rows->count + others == 1 ? ROW_WHOLE : (int)row;
        }
    }
    return ROW_NONE;
}

/* `row` is one of the tally, or ROW_WHOLE. */
static struct sample take_sample(const struct tally *tally, int row, uint64_t intended)
{
    if (row == ROW_WHOLE) {
        return (struct sample){
            .latency = &tally->latency,
            .unanswered = &tally->unanswered,
            .ended = tally->counters.ended,
            .successes = tally_successes(tally),
            .intended = intended,
        };
    }
    const struct tally_row *of_row = &tally->rows[row];
    return (struct sample){
        .latency = &of_row->latency,
        .unanswered = &of_row->unanswered,
        .ended = of_row->ended,
        .successes = of_row->successes,
        .intended = intended,
    };
}

/* Files may be damaged or have no plan: never less than what is there. */
static uint64_t intended_of(const struct summary *summary)
{
    uint64_t ended = summary->tally->counters.ended;
    return summary->intended > ended ? summary->intended : ended;
}

/* What ended, what was not started, and whatever is missing that no row is known for. */
static uint64_t intended_of_row(const struct summary *summary, int row)
{
    uint64_t missing = intended_of(summary) - summary->tally->counters.ended;
    for (size_t i = 0; i < ROWS_ALL; i++) {
        uint64_t known = summary->rows_not_started[i];
        missing -= known < missing ? known : missing;
    }
    return summary->tally->rows[row].ended + summary->rows_not_started[row] + missing;
}

static double percentile(const struct sample *sample, uint32_t per_million)
{
    uint64_t rank = histogram_rank(sample->intended, per_million);
    return rank > answered(sample)
               ? INFINITY
               : (double)histogram_at_rank(sample->latency, sample->unanswered, rank);
}

/* Of latencies and errors: there are requests. */
static double value_in(const struct sample *sample, const struct slo_criterion *criterion)
{
    const struct histogram *latency = sample->latency;
    bool is_whole = answered(sample) == sample->intended;
    switch (criterion->metric) {
    case SLO_PERCENTILE:
        return percentile(sample, criterion->per_million);
    case SLO_MEAN:
        return is_whole ? (double)latency->sum_ns / (double)latency->count : INFINITY;
    case SLO_MAX:
        return is_whole ? (double)latency->max_ns : INFINITY;
    case SLO_ERRORS:
        return 100 * (double)(sample->intended - sample->successes) / (double)sample->intended;
    case SLO_RATE:
    case SLO_THROUGHPUT:
        break;
    }
    return NAN;
}

__attribute__((format(printf, 2, 3))) static void explain(struct slo_finding *finding,
                                                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(finding->why, sizeof finding->why, format, args);
    va_end(args);
}

/* Per second, or as a percentage of what was asked for; NAN when there is no such thing. */
static double judge_rate(const struct summary *summary, struct slo_finding *finding)
{
    const struct slo_criterion *criterion = finding->criterion;
    const struct tally *tally = summary->tally;
    bool is_rate = criterion->metric == SLO_RATE;
    bool takes_time = tally->counters.ended > 0 &&
                      (is_rate ? tally->last_started_ns > tally->first_started_ns
                               : summary_attack_ns(summary) + summary_wait_ns(summary) > 0);
    if (!takes_time) {
        explain(finding, "there are too few requests");
        return NAN;
    }
    double per_s = is_rate ? summary_rate(summary) : summary_throughput(summary);
    if (criterion->unit == SLO_PER_SECOND) {
        return per_s;
    }
    if (!(summary->asked_per_s > 0)) {
        explain(finding, "no rate was asked for, or it is not recorded");
        return NAN;
    }
    return 100 * per_s / summary->asked_per_s;
}

static const char *row_name(const void *list, size_t i)
{
    const struct rows *rows = list;
    return i < rows->count ? rows_name(rows, i) : NULL;
}

static double judge_requests(const struct summary *summary, struct slo_finding *finding)
{
    const char *target = finding->criterion->target;
    int row = target ? find_row(&summary->rows, target) : ROW_WHOLE;
    if (row == ROW_NONE) {
        const char *nearest = cli_nearest(target, row_name, &summary->rows);
        explain(finding, "no target has this name%s%s", nearest ? "; the nearest is " : "",
                nearest ? nearest : "");
        return NAN;
    }
    uint64_t intended = row == ROW_WHOLE ? intended_of(summary) : intended_of_row(summary, row);
    struct sample sample = take_sample(summary->tally, row, intended);
    if (intended == 0) {
        explain(finding, "there are no requests");
        return NAN;
    }
    double value = value_in(&sample, finding->criterion);
    if (isinf(value)) {
        bool is_lost = summary->damaged > 0;
        explain(finding, "%" PRIu64 " of %" PRIu64 " %s got no answer%s",
                intended - answered(&sample), intended, plural(intended, "request", "requests"),
                is_lost ? ", or it is missing from the results" : "");
    }
    return value;
}

static void judge(const struct summary *summary, struct slo_finding *finding)
{
    const struct slo_criterion *criterion = finding->criterion;
    bool is_of_run = criterion->metric == SLO_RATE || criterion->metric == SLO_THROUGHPUT;
    finding->value = is_of_run ? judge_rate(summary, finding) : judge_requests(summary, finding);
    finding->is_held = slo_is_within(criterion, finding->value);
    if (finding->is_held && summary->is_cut_short) {
        finding->is_held = false;
        explain(finding, "held so far, but the results were cut short");
    }
}

struct slo_verdict slo_judge(const struct slo *slo, const struct summary *summary)
{
    struct slo_verdict verdict = {.is_met = true, .count = slo ? slo->count : 0};
    for (size_t i = 0; i < verdict.count; i++) {
        struct slo_finding *finding = &verdict.list[i];
        finding->criterion = &slo->list[i];
        judge(summary, finding);
        verdict.is_met = verdict.is_met && finding->is_held;
    }
    return verdict;
}

/* Values in buckets that begin above the limit: beyond doubt. */
static uint64_t surely_over(const struct histogram *h, uint64_t limit_ns)
{
    uint64_t clipped = limit_ns < HISTOGRAM_MAX_NS ? h->clipped : 0;
    return histogram_count_between(h, limit_ns + limit_ns / HISTOGRAM_HALF + 1, UINT64_MAX) +
           clipped;
}

/* `sample->intended` is of the whole run to come; 0: not known. */
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
        int row = criterion->target ? find_row(progress->rows, criterion->target) : ROW_WHOLE;
        if (row == ROW_NONE) {
            continue;
        }
        uint64_t intended = row != ROW_WHOLE && progress->row_shares ? progress->row_shares[row]
                                                                     : progress->intended;
        struct sample sample = take_sample(progress->tally, row, intended);
        if (is_hopeless(criterion, &sample)) {
            return criterion;
        }
    }
    return NULL;
}
