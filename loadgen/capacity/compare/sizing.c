#include "loadgen/capacity/compare/sizing.h"

#include <math.h>
#include <string.h>

#include "loadgen/capacity/trial/trial_record.h"
#include "loadgen/scrape/account.h"

static bool read_verdict(const json_t *report, enum search_verdict *verdict)
{
    const char *name = json_string_value(json_object_get(report, "verdict"));
    for (int i = 0; name && i <= SEARCH_OUT_OF_TIME; i++) {
        if (strcmp(name, search_verdict_names[i]) == 0) {
            *verdict = (enum search_verdict)i;
            return true;
        }
    }
    return false;
}

/* The target's metrics in the last good trial at this rate; NULL: none. */
static const json_t *find_target(const json_t *report, double rate)
{
    const json_t *found = NULL;
    const char *good = trial_outcome_names[TRIAL_GOOD];
    size_t i;
    json_t *trial;
    json_array_foreach(json_object_get(report, "trials"), i, trial)
    {
        const char *outcome = json_string_value(json_object_get(trial, "outcome"));
        const json_t *target = json_object_get(trial, "target");
        double distance = fabs(json_number_value(json_object_get(trial, "rate")) - rate);
        if (target && outcome && strcmp(outcome, good) == 0 && distance <= 1e-9 * rate) {
            found = target;
        }
    }
    return found;
}

bool sizing_make(struct sizing *sizing, const json_t *report, double rate, double headroom,
                 struct err *err)
{
    const json_t *capacity = json_object_get(json_object_get(report, "capacity"), "rate");
    *sizing = (struct sizing){.capacity = json_number_value(capacity)};
    if (!read_verdict(report, &sizing->verdict) || !(sizing->capacity > 0)) {
        return err_set(err, ERR_FAILED,
                       "no rate met the SLO, so the number of pods cannot be computed");
    }
    const json_t *target = find_target(report, sizing->capacity);
    size_t servers = account_count_servers(target);
    sizing->is_assumed = servers == 0;
    sizing->served_by = servers > 0 ? servers : 1;
    sizing->remarks = json_object_get(target, "remarks");
    sizing->per_pod = sizing->capacity / (double)sizing->served_by;
    sizing->is_lower_bound = sizing->verdict != SEARCH_FOUND;
    double pods = ceil(rate / (sizing->per_pod * (1 - headroom)) - 1e-9);
    if (!(pods <= SIZING_PODS_MAX)) {
        return err_set(err, ERR_FAILED, "the rate needs more than %.0f pods", SIZING_PODS_MAX);
    }
    sizing->pods = pods < 1 ? 1 : (uint64_t)pods;
    sizing->load = rate / ((double)sizing->pods * sizing->per_pod);
    return true;
}
