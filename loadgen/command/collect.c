#include "loadgen/command/collect.h"

#include "loadgen/results/results.h"

bool collect(char *const *names, int count, struct summary *summary,
             void (*each)(void *context, const struct result *result), void *context,
             struct err *err)
{
    struct results *results = results_open(names, count, false, summary, err);
    struct record record;
    enum results_state state = RESULTS_FAIL;
    while (results && (state = results_next(results, UINT64_MAX, &record, err)) == RESULTS_RECORD) {
        tally_add(summary->tally, &record.result);
        if (each) {
            each(context, &record.result);
        }
    }
    if (results) {
        results_tell_losses(results, stderr);
    }
    results_close(results);
    return state == RESULTS_END;
}
