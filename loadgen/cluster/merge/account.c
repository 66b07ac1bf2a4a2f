#include "loadgen/base/least.h"
#include "loadgen/cluster/merge/state.h"

/* The final state of a worker that has ended, with no requests in flight. */
static struct wire_second final_second(const struct merge_seat *seat,
                                       const struct merge_moment *moment)
{
    struct wire_second at_end = moment ? moment->at_end : (struct wire_second){0};
    at_end.intended = seat->end.intended;
    at_end.started = seat->end.started;
    at_end.ended = seat->end.ended;
    at_end.in_flight = 0;
    at_end.users = 0;
    at_end.iterations = seat->end.iterations;
    at_end.iterations_dropped = seat->end.iterations_dropped;
    at_end.generator = seat->end.generator;
    if (seat->is_short) {
        at_end.started -= seat->end.ended - seat->taken;
        at_end.ended = seat->taken;
    }
    return at_end;
}

/* The state of a lost worker, of which only the reported results are certain. */
static struct wire_second lost_second(const struct merge_seat *seat,
                                      const struct merge_moment *moment)
{
    struct wire_second at_end = moment ? moment->at_end : (struct wire_second){0};
    uint64_t intended = seat->lost_intended == UINT64_MAX ? 0 : seat->lost_intended;
    at_end.intended = most(at_end.intended, intended);
    at_end.intended = most(at_end.intended, at_end.ended);
    at_end.started = at_end.ended = seat->taken;
    at_end.in_flight = 0;
    at_end.users = 0;
    return at_end;
}

/* The state of a worker at the end of this second, as far as it is known. */
static struct wire_second state_at(const struct merge_seat *seat, uint64_t second)
{
    const struct merge_moment *moment = merge_moment(seat, second);
    if (seat->has_ended && second >= seat->until) {
        return final_second(seat, moment);
    }
    if (seat->is_lost) {
        return lost_second(seat, moment);
    }
    return moment ? moment->at_end : (struct wire_second){0};
}

static uint64_t unknown_of(const struct merge_seat *seat, const struct wire_second *at_end)
{
    if (seat->is_short) {
        return seat->end.ended - seat->taken;
    }
    return seat->is_lost ? at_end->intended - at_end->ended : 0;
}

size_t merge_count(const struct merge *merge)
{
    return merge->count;
}

struct merge_worker merge_worker(const struct merge *merge, size_t index)
{
    const struct merge_seat *seat = &merge->seats[index];
    const struct merge_moment *moment = merge_moment(seat, MERGE_NONE);
    struct wire_second last = state_at(seat, MERGE_NONE);
    return (struct merge_worker){
        .who = seat->who,
        .is_lost = seat->is_lost,
        .has_ended = seat->has_ended,
        .second = moment ? moment->second : MERGE_NONE,
        .last = last,
        .unknown = unknown_of(seat, &last),
        .is_at_least = seat->is_lost && seat->lost_intended == UINT64_MAX,
        .end = seat->end,
    };
}

struct merge_counts merge_counts(const struct merge *merge)
{
    struct merge_counts counts = {
        .merged = merge->merged,
        .missing = merge->missing,
        .dropped = merge->dropped,
        .next = merge->next,
    };
    for (size_t i = 0; i < merge->count; i++) {
        struct merge_worker worker = merge_worker(merge, i);
        counts.intended += worker.last.intended;
        counts.started += worker.last.started;
        counts.ended += worker.last.ended;
        counts.in_flight += worker.last.in_flight;
        counts.unknown += worker.unknown;
        counts.is_at_least |= worker.is_at_least;
    }
    return counts;
}

static void add_second(struct second *second, struct generator *worst,
                       const struct wire_second *at_end)
{
    second->elapsed_ns = most(second->elapsed_ns, at_end->elapsed_ns);
    second->intended += at_end->intended;
    second->started += at_end->started;
    second->in_flight += at_end->in_flight;
    second->users += at_end->users;
    second->iterations += at_end->iterations;
    second->iterations_dropped += at_end->iterations_dropped;
    generator_merge(worst, &at_end->generator);
}

void merge_show(struct merge *merge, uint64_t index, uint64_t as_of, const struct tally *tally,
                bool is_correction)
{
    struct summary *summary = merge->config.summary;
    struct generator worst = {0};
    struct second second = {
        .index = index,
        .tally = tally,
        .total = summary->tally,
        .rows = &summary->rows,
        .generator = &summary->generator,
        .exceptions = &summary->exceptions,
        .start_ns = merge->config.start_ns,
    };
    for (size_t i = 0; i < merge->count; i++) {
        struct wire_second at_end = state_at(&merge->seats[i], as_of);
        add_second(&second, &worst, &at_end);
    }
    if (second.elapsed_ns == 0) {
        second.elapsed_ns = (as_of + 1) * NS_PER_S;
    }
    summary->generator = worst;
    summary->intended = second.intended;
    summary->started = second.started;
    summary->iterations = second.iterations;
    summary->iterations_dropped = second.iterations_dropped;
    if (merge->config.on_second) {
        merge->config.on_second(merge->config.context, &second, is_correction);
    }
}

/* The end. */

bool merge_end(struct merge *merge, const struct wire_end *end)
{
    struct merge_seat *seat = merge_find(merge, &end->from);
    if (!seat || end->run != merge->config.run) {
        return false;
    }
    if (seat->has_ended) {
        return true;
    }
    merge_keep_end(seat, end);
    seat->is_lost = false;
    seat->until = end->seconds > 0 ? end->seconds - 1 : 0;
    if (end->seconds == 0) {
        seat->from = MERGE_NONE;
    }
    return true;
}

bool merge_has_ended(const struct merge *merge, const struct wire_worker *worker)
{
    const struct merge_seat *seat = merge_find(merge, worker);
    return seat && seat->has_ended;
}

/* True if all seconds that can still arrive have arrived. */
static bool has_all(const struct merge_seat *seat)
{
    uint64_t oldest = seat->until >= MERGE_LATE ? seat->until - MERGE_LATE + 1 : 0;
    for (uint64_t second = most(seat->from, oldest); second <= seat->until; second++) {
        if (!merge_has_reported(seat, second)) {
            return false;
        }
    }
    return true;
}

bool merge_is_accounted(const struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        if (!merge->seats[i].is_lost && !merge->seats[i].has_ended) {
            return false;
        }
    }
    return true;
}

bool merge_is_complete(const struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        const struct merge_seat *seat = &merge->seats[i];
        if (!seat->is_lost && !(seat->has_ended && has_all(seat))) {
            return false;
        }
    }
    return true;
}
