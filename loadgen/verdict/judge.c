#include "loadgen/verdict/judge.h"

#include <math.h>

#include "common/clock.h"
#include "common/nearest.h"
#include "loadgen/base/least.h"
#include "loadgen/verdict/sample.h"

/* How the requests of a sample are looked at. */
struct view {
    const struct histogram *times;
    const struct histogram *unanswered; /* part of `times` */
    uint64_t late_ns;                   /* taken off every time */
    uint64_t excused;                   /* requests without an answer that count as answered
                                           immediately and successfully */
};

/* Files may be damaged or lack a plan: never less than what was recorded. */
static uint64_t intended_of(const struct summary *summary)
{
    uint64_t ended = summary->tally->counters.ended;
    return summary->intended > ended ? summary->intended : ended;
}

/* Ended, not started, and everything missing whose row is unknown. */
static uint64_t intended_of_row(const struct summary *summary, int row)
{
    uint64_t missing = intended_of(summary) - summary->tally->counters.ended;
    for (size_t i = 0; i < ROWS_ALL; i++) {
        uint64_t known = summary->rows_not_started[i];
        missing -= known < missing ? known : missing;
    }
    return summary->tally->rows[row].ended + summary->rows_not_started[row] + missing;
}

static struct view view_latency(const struct sample *sample)
{
    return (struct view){.times = sample->latency, .unanswered = sample->unanswered};
}

static struct view view_response(const struct sample *sample)
{
    return (struct view){.times = sample->response, .unanswered = sample->unanswered_response};
}

/* The least that the target can have done. Which row lacks what is not known: each row all of it.
 */
static struct view view_target(const struct sample *sample, const struct summary *summary)
{
    struct view view = view_response(sample);
    view.late_ns = generator_read_late_ns(&summary->generator);
    view.excused = least(tally_own_failures(summary->tally), sample->unanswered->count) +
                   least(summary->too_late + summary->unknown, sample->intended - sample->ended);
    return view;
}

static double less_late(const struct view *view, double ns)
{
    return fmax(ns - (double)view->late_ns, 0);
}

static double percentile(const struct sample *sample, const struct view *view, uint32_t per_million)
{
    uint64_t rank = histogram_rank(sample->intended, per_million);
    if (rank <= view->excused) {
        return 0;
    }
    rank -= view->excused;
    return rank > sample_answered(sample)
               ? INFINITY
               : less_late(view, (double)histogram_at_rank(view->times, view->unanswered, rank));
}

/* The mean over all intended requests, every one of them answered or excused. */
static double mean(const struct sample *sample, const struct view *view)
{
    double sum_ns = (double)(view->times->sum_ns - view->unanswered->sum_ns);
    return less_late(view, sum_ns / (double)sample->intended);
}

static double maximum(const struct sample *sample, const struct view *view)
{
    uint64_t answered = sample_answered(sample);
    bool is_exact = view->unanswered->count == 0;
    return answered == 0
               ? 0
               : less_late(view, (double)(is_exact ? view->times->max_ns
                                                   : histogram_at_rank(
                                                         view->times, view->unanswered, answered)));
}

/* Value of a latency or errors criterion; the sample has requests. */
static double value_in(const struct sample *sample, const struct view *view,
                       const struct slo_criterion *criterion)
{
    bool is_whole = sample_answered(sample) + view->excused >= sample->intended;
    uint64_t good = sample->successes + view->excused;
    switch (criterion->metric) {
    case SLO_PERCENTILE:
        return percentile(sample, view, criterion->per_million);
    case SLO_MEAN:
        return is_whole ? mean(sample, view) : INFINITY;
    case SLO_MAX:
        return is_whole ? maximum(sample, view) : INFINITY;
    case SLO_ERRORS:
        return 100 * (double)(sample->intended - least(good, sample->intended)) /
               (double)sample->intended;
    case SLO_RATE:
    case SLO_THROUGHPUT:
        break;
    }
    return NAN;
}

/*
 * The rate or throughput that the run would have had with this many more requests sent or answered.
 */
static double rate_with(const struct summary *summary, enum slo_metric metric, uint64_t more)
{
    const struct tally *tally = summary->tally;
    bool is_rate = metric == SLO_RATE;
    double per_s = is_rate ? summary_rate(summary) : summary_throughput(summary);
    uint64_t span_ns = is_rate ? tally->last_started_ns - tally->first_started_ns
                               : summary_attack_ns(summary) + summary_wait_ns(summary);
    return per_s + (double)more * (double)NS_PER_S / (double)span_ns;
}

/* Per second, or as a percentage of the scheduled rate. */
static double in_unit(const struct summary *summary, const struct slo_criterion *criterion,
                      double per_s)
{
    return criterion->unit == SLO_PER_SECOND ? per_s : 100 * per_s / summary->scheduled_per_s;
}

static void judge_rate(const struct summary *summary, struct slo_finding *finding)
{
    const struct slo_criterion *criterion = finding->criterion;
    const struct tally *tally = summary->tally;
    bool is_rate = criterion->metric == SLO_RATE;
    bool takes_time = tally->counters.ended > 0 &&
                      (is_rate ? tally->last_started_ns > tally->first_started_ns
                               : summary_attack_ns(summary) + summary_wait_ns(summary) > 0);
    if (!takes_time) {
        finding->reason = SLO_TOO_FEW_REQUESTS;
        return;
    }
    if (criterion->unit != SLO_PER_SECOND && !(summary->scheduled_per_s > 0)) {
        finding->reason = SLO_NO_SCHEDULED_RATE;
        return;
    }
    uint64_t excused =
        summary->too_late + summary->unknown + (is_rate ? 0 : tally_own_failures(tally));
    finding->value = in_unit(summary, criterion, rate_with(summary, criterion->metric, 0));
    finding->target_value =
        in_unit(summary, criterion, rate_with(summary, criterion->metric, excused));
}

static const char *row_name(const void *list, size_t i)
{
    const struct rows *rows = list;
    return i < rows->count ? rows_name(rows, i) : NULL;
}

static void judge_requests(const struct summary *summary, struct slo_finding *finding)
{
    const struct slo_criterion *criterion = finding->criterion;
    const char *target = criterion->target;
    int row = target ? sample_find_row(&summary->rows, target) : SAMPLE_WHOLE;
    if (row == SAMPLE_NONE) {
        finding->reason = SLO_NO_TARGET;
        finding->nearest = nearest_find(target, row_name, &summary->rows);
        return;
    }
    uint64_t intended = row == SAMPLE_WHOLE ? intended_of(summary) : intended_of_row(summary, row);
    if (intended == 0) {
        finding->reason = SLO_NO_REQUESTS;
        return;
    }
    struct sample sample = sample_take(summary->tally, row, intended);
    struct view latency = view_latency(&sample);
    struct view response = view_response(&sample);
    struct view of_target = view_target(&sample, summary);
    finding->value = value_in(&sample, &latency, criterion);
    finding->response = criterion->unit == SLO_NS ? value_in(&sample, &response, criterion) : NAN;
    finding->target_value = value_in(&sample, &of_target, criterion);
    if (isinf(finding->value)) {
        finding->reason = summary->damaged > 0 ? SLO_UNANSWERED_OR_LOST : SLO_UNANSWERED;
        finding->intended = intended;
        finding->unanswered = intended - sample_answered(&sample);
    } else if (row != SAMPLE_WHOLE && rows_is_partial(&summary->rows, (size_t)row)) {
        finding->reason = SLO_PARTIAL;
    }
}

/* Too few users are neither the target's fault nor the generator's: the plan asked for too few. */
static void miss_for_drops(const struct summary *summary, struct slo_finding *finding)
{
    finding->is_held = false;
    finding->is_certain = true;
    if (finding->reason == SLO_NO_REASON) {
        finding->reason = SLO_DROPPED;
        finding->unanswered = summary->iterations_dropped;
        finding->intended = summary->iterations + summary->iterations_dropped;
    }
}

static void judge(const struct summary *summary, struct slo_finding *finding)
{
    const struct slo_criterion *criterion = finding->criterion;
    bool is_of_run = criterion->metric == SLO_RATE || criterion->metric == SLO_THROUGHPUT;
    finding->value = NAN;
    finding->response = NAN;
    finding->target_value = NAN;
    if (is_of_run) {
        judge_rate(summary, finding);
    } else {
        judge_requests(summary, finding);
    }
    finding->is_held = slo_is_within(criterion, finding->value);
    finding->is_lag = !finding->is_held && slo_is_within(criterion, finding->response);
    finding->is_certain = !finding->is_held && !slo_is_within(criterion, finding->target_value);
    if (finding->is_held && summary->is_cut_short) {
        finding->is_held = false;
        finding->is_certain = true;
        finding->reason = SLO_CUT_SHORT;
    }
    if (summary->iterations_dropped > 0) {
        miss_for_drops(summary, finding);
    }
}

struct slo_verdict slo_judge(const struct slo *slo, const struct summary *summary)
{
    struct slo_verdict verdict = {
        .is_met = true, .tightest_ns = INFINITY, .count = slo ? slo->count : 0};
    for (size_t i = 0; i < verdict.count; i++) {
        struct slo_finding *finding = &verdict.list[i];
        finding->criterion = &slo->list[i];
        judge(summary, finding);
        verdict.is_met = verdict.is_met && finding->is_held;
        verdict.is_certain = verdict.is_certain || finding->is_certain;
        if (finding->criterion->unit == SLO_NS) {
            verdict.tightest_ns = fmin(verdict.tightest_ns, finding->criterion->limit);
        }
    }
    return verdict;
}

bool slo_is_moved(double latency_ns, double response_ns, double limit_ns)
{
    double moved_ns = latency_ns - response_ns;
    return isfinite(moved_ns) && moved_ns > response_ns / 10 &&
           moved_ns > fmin((double)NS_PER_MS, limit_ns / 10);
}
