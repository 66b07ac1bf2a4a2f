#include "common/clock.h"
#include "loadgen/cluster/merge/state.h"

static bool is_expected(const struct merge_seat *seat, uint64_t second)
{
    return !seat->is_lost && seat->from <= second && second <= seat->until;
}

/*
 * Finds a seat that has not reported this second; false: there is none. Starts with the seat found
 * last time, because it is called for each message.
 */
static bool find_awaited(struct merge *merge, uint64_t second)
{
    for (size_t i = 0; i < merge->count; i++) {
        size_t index = (merge->awaited + i) % merge->count;
        const struct merge_seat *seat = &merge->seats[index];
        if (is_expected(seat, second) && !merge_has_reported(seat, second)) {
            merge->awaited = index;
            return true;
        }
    }
    return false;
}

/* True if every worker has reported its last second before this one. */
static bool is_over(const struct merge *merge, uint64_t second)
{
    for (size_t i = 0; i < merge->count; i++) {
        if (merge->seats[i].until >= second) {
            return false;
        }
    }
    return merge->count > 0;
}

/* Marks workers that are expected in this second and have not reported it. */
static void note_missing(struct merge *merge, uint64_t second)
{
    for (size_t i = 0; i < merge->count; i++) {
        struct merge_seat *seat = &merge->seats[i];
        if (!is_expected(seat, second) || merge_has_reported(seat, second)) {
            continue;
        }
        struct merge_report *report = merge_open_report(seat, second);
        if (report) {
            report->is_missed = true;
            merge->missing++;
        }
    }
}

void merge_give_next(struct merge *merge)
{
    struct tally *window = merge_window(merge, merge->next);
    note_missing(merge, merge->next);
    tally_merge(merge->config.summary->tally, window);
    merge_show(merge, merge->next, merge->next, window, false);
    tally_clear(window);
    merge->next++;
}

void merge_tick(struct merge *merge, uint64_t now_ns)
{
    while (!is_over(merge, merge->next)) {
        uint64_t end_ns = (merge->next + 1) * NS_PER_S;
        bool is_due = now_ns >= end_ns + MERGE_WAIT_NS ||
                      (now_ns >= end_ns && !find_awaited(merge, merge->next));
        if (!is_due) {
            return;
        }
        merge_give_next(merge);
    }
}
