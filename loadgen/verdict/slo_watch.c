#include "loadgen/verdict/slo_watch.h"

#include "loadgen/verdict/hopeless.h"

struct slo_watch slo_watch_begin(const struct slo *slo, const struct targets *targets,
                                 bool in_turns, const struct schedule *schedule)
{
    struct slo_watch watch = {.slo = slo};
    if (slo && schedule->duration_ns > 0) {
        watch.intended = schedule_count(schedule, schedule->duration_ns);
    }
    watch.has_shares = in_turns && watch.intended > 0;
    if (watch.has_shares) {
        targets_count_turns(targets, watch.intended, watch.shares);
    }
    return watch;
}

bool slo_watch_can_be_met(const struct slo_watch *watch, const struct tally *total,
                          const struct rows *rows)
{
    const struct slo_progress progress = {
        .tally = total,
        .rows = rows,
        .intended = watch->intended,
        .row_shares = watch->has_shares ? watch->shares : NULL,
    };
    return !watch->slo || !slo_find_hopeless(watch->slo, &progress);
}
