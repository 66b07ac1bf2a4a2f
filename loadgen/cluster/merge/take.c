#include "common/clock.h"
#include "loadgen/cluster/merge/state.h"

/* The clocks of workers may be ahead. */
enum { AHEAD = 1 }; /* seconds */

/* Adds the part to the second if that is open, otherwise gives it as a correction. */
static enum merge_take add_part(struct merge *merge, struct merge_seat *seat,
                                const struct wire_tally *tally)
{
    bool is_late = tally->second < merge->next;
    struct tally *into = is_late ? merge->late : merge_window(merge, tally->second);
    struct tally_sum sum = merge_sum(merge, into);
    sum.offset_ns = merge->config.start_ns;
    uint64_t before = into->counters.ended;
    enum tally_decode decode =
        tally_decode(&sum, (const uint8_t *)tally->tally.at, tally->tally.length);
    if (decode != TALLY_DECODE_OK) {
        return decode == TALLY_DECODE_NEWER ? MERGE_NEWER : MERGE_BAD;
    }
    seat->taken += into->counters.ended - before;
    return MERGE_TAKEN;
}

static void give_late(struct merge *merge, uint64_t second)
{
    tally_merge(merge->config.summary->tally, merge->late);
    merge_show(merge, second, merge->next - 1, merge->late, true);
    tally_clear(merge->late);
}

static void complete(struct merge *merge, struct merge_report *report)
{
    merge->missing -= report->is_missed && merge->missing > 0;
    report->is_missed = false;
    report->is_complete = true;
}

/* Marks the seconds that a merged report covers as complete. */
static void complete_covered(struct merge *merge, struct merge_seat *seat,
                             const struct wire_tally *tally)
{
    uint64_t covers = tally->covers < MERGE_LATE ? tally->covers : MERGE_LATE;
    for (uint64_t second = tally->second - (covers - 1); second < tally->second; second++) {
        struct merge_report *report = merge_open_report(seat, second);
        if (report) {
            complete(merge, report);
        }
    }
    merge->merged += tally->covers - 1;
}

static void note_moment(struct merge_seat *seat, const struct wire_tally *tally)
{
    struct merge_moment *moment = &seat->history[tally->second % MERGE_HISTORY];
    if (moment->second == MERGE_NONE || moment->second <= tally->second) {
        *moment = (struct merge_moment){tally->second, tally->at_end};
    }
}

static void note_part(struct merge *merge, struct merge_seat *seat, struct merge_report *report,
                      const struct wire_tally *tally)
{
    report->got |= UINT64_C(1) << tally->part;
    seat->is_lost = false;
    note_moment(seat, tally);
    if ((uint64_t)__builtin_popcountll(report->got) < report->parts) {
        return;
    }
    complete(merge, report);
    complete_covered(merge, seat, tally);
    seat->until = tally->is_last ? tally->second : seat->until;
}

static enum merge_take take_part(struct merge *merge, struct merge_seat *seat,
                                 const struct wire_tally *tally)
{
    struct merge_report *report = merge_open_report(seat, tally->second);
    if (!report) {
        merge->dropped++;
        return MERGE_DROPPED;
    }
    if (report->is_complete || report->got >> tally->part & 1) {
        return MERGE_KNOWN;
    }
    if (report->parts != 0 && report->parts != tally->parts) {
        return MERGE_BAD;
    }
    while (tally->second >= merge->next + MERGE_OPEN) {
        merge_give_next(merge);
    }
    enum merge_take take = add_part(merge, seat, tally);
    if (take == MERGE_TAKEN) {
        report->parts = tally->parts;
        note_part(merge, seat, report, tally);
        if (tally->second < merge->next) {
            give_late(merge, tally->second);
        }
    }
    return take;
}

enum merge_take merge_take(struct merge *merge, const struct wire_tally *tally, uint64_t now_ns)
{
    struct merge_seat *seat = merge_find(merge, &tally->from);
    if (tally->run != merge->config.run || !seat) {
        return MERGE_STRANGER;
    }
    if (tally->second > now_ns / NS_PER_S + AHEAD) {
        return MERGE_BAD;
    }
    enum merge_take take = take_part(merge, seat, tally);
    merge_tick(merge, now_ns);
    return take;
}
