#include "loadgen/capacity/search/rules.h"

#include <math.h>
#include <string.h>

#include "common/clock.h"

static const double WIDTH = 0.02, QUICK_WIDTH = 0.05;
static const double DOUBT = 0.01; /* probability that a percentile over its limit is overlooked */
static const double ERRORS_SEEN = 2;
enum { TRIAL_S = 10, QUICK_TRIAL_S = 5, TRIAL_S_AT_MINIMUM = 60 };
enum { ENOUGH_TRIALS = 6, QUICK_ENOUGH_TRIALS = 4 };
enum { SHARE_OF = 1000000 };

/* Rounds up, but ignores floating-point errors. */
static double round_up(double value)
{
    return ceil(value * (1 - 1e-9));
}

/* The fraction of the requests on which a criterion is judged. */
static double share_of(const struct slo_criterion *criterion, const struct targets *targets)
{
    uint64_t by_row[ROWS_ALL] = {0};
    if (!criterion->target || !targets) {
        return 1;
    }
    targets_count_turns(targets, SHARE_OF, by_row);
    for (size_t row = 0; row < targets->rows.count; row++) {
        if (strcmp(rows_name(&targets->rows, row), criterion->target) == 0 && by_row[row] > 0) {
            return (double)by_row[row] / SHARE_OF;
        }
    }
    return 1;
}

/* The minimum number of requests, so that chance does not decide the criterion. */
static double requests_for(const struct slo_criterion *criterion)
{
    if (criterion->metric == SLO_PERCENTILE) {
        return round_up(log(DOUBT) / log(criterion->per_million / 1e6));
    }
    if (criterion->metric == SLO_ERRORS && criterion->limit > 0) {
        return round_up(100 * ERRORS_SEEN / criterion->limit);
    }
    return 1;
}

struct search_options rules_make(const struct slo *slo, const struct targets *targets,
                                 uint64_t trial_ns, bool is_quick)
{
    struct search_options options = {
        .width = is_quick ? QUICK_WIDTH : WIDTH,
        .trial_ns = trial_ns > 0 ? trial_ns : (is_quick ? QUICK_TRIAL_S : TRIAL_S) * NS_PER_S,
        .enough_trials = is_quick ? QUICK_ENOUGH_TRIALS : ENOUGH_TRIALS,
    };
    for (size_t i = 0; i < slo->count; i++) {
        const struct slo_criterion *criterion = &slo->list[i];
        double requests = round_up(requests_for(criterion) / share_of(criterion, targets));
        if (requests > (double)options.requests) {
            options.requests = (uint64_t)requests;
        }
        double limit_s = criterion->unit == SLO_NS ? criterion->limit / NS_PER_S : 0;
        double build_up_s = round_up(2 * limit_s / options.width);
        if (build_up_s * NS_PER_S > (double)options.trial_ns) {
            options.trial_ns = (uint64_t)build_up_s * NS_PER_S;
        }
    }
    options.min_rate = round_up((double)options.requests / TRIAL_S_AT_MINIMUM);
    return options;
}
