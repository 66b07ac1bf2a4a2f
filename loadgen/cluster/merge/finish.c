#include <jansson.h>

#include "loadgen/cluster/merge/state.h"

/* The newest second of all workers; MERGE_NONE: none. */
static uint64_t newest_of(const struct merge *merge)
{
    uint64_t newest = MERGE_NONE;
    for (size_t i = 0; i < merge->count; i++) {
        const struct merge_moment *moment = merge_moment(&merge->seats[i], MERGE_NONE);
        if (moment && (newest == MERGE_NONE || moment->second > newest)) {
            newest = moment->second;
        }
    }
    return newest;
}

static void add_end(struct merge *merge, size_t index)
{
    struct summary *summary = merge->config.summary;
    const struct merge_seat *seat = &merge->seats[index];
    const struct wire_end *end = &seat->end;
    struct merge_worker worker = merge_worker(merge, index);
    summary->not_started += end->not_started;
    summary->too_late += end->too_late;
    summary->abandoned += end->abandoned;
    summary->lost_connects += end->lost_connects;
    spread_merge(&summary->spread, &end->spread);
    summary->is_interrupted |= end->is_interrupted;
    json_t *environment = json_loadb(seat->environment.at, seat->environment.length, 0, NULL);
    struct summary_generator *one =
        summary_add_generator(summary, seat->who.name, &worker.last.generator, environment);
    if (one) {
        one->is_worker = true;
        one->own.p50_ns = worker.last.p50_ns;
        one->own.p99_ns = worker.last.p99_ns;
        one->own.lag_p99_ns = worker.last.lag_p99_ns;
    }
    json_decref(environment);
}

void merge_finish(struct merge *merge)
{
    struct summary *summary = merge->config.summary;
    uint64_t newest = newest_of(merge);
    while (newest != MERGE_NONE && merge->next <= newest) {
        merge_give_next(merge);
    }
    for (size_t i = 0; i < merge->count; i++) {
        struct merge_seat *seat = &merge->seats[i];
        if (!seat->has_ended && !seat->is_lost) {
            merge_lose(merge, &seat->who, UINT64_MAX);
        }
        seat->is_short = seat->has_ended && seat->taken < seat->end.ended;
    }
    struct merge_counts counts = merge_counts(merge);
    summary->intended = counts.intended;
    summary->started = counts.started;
    summary->generator = (struct generator){0};
    for (size_t i = 0; i < merge->count; i++) {
        add_end(merge, i);
    }
}
