#include "loadgen/capacity/trial/classify.h"

/* Fraction of the requests. If more waited, the cap on connections may be the cause. */
static const double WAITING_MAX = 0.1;

/* True if the generator may be the reason why the SLO was missed. */
static bool is_invalid(const struct slo_verdict *verdict, const struct generator_verdict *generator,
                       const struct summary *summary)
{
    return !verdict->is_certain && (generator->class == GENERATOR_LIMIT || summary->too_late > 0 ||
                                    generator->own_failures > 0);
}

struct trial_finding classify_trial(const struct slo_verdict *verdict,
                                    const struct summary *summary)
{
    struct trial_finding finding = {.outcome = TRIAL_GOOD};
    if (summary->workers_changed) {
        finding.outcome = TRIAL_INVALID;
        return finding;
    }
    if (verdict->is_met && summary->not_started == 0) {
        return finding;
    }
    const struct histogram *wait = &summary->tally->wait;
    finding.waited =
        histogram_count_between(wait, 1, UINT64_MAX) + summary->not_started - summary->too_late;
    finding.is_capped = (double)finding.waited > WAITING_MAX * (double)summary->intended;
    finding.generator = generator_judge(summary, verdict);
    finding.outcome = is_invalid(verdict, &finding.generator, summary) ? TRIAL_INVALID : TRIAL_BAD;
    return finding;
}
