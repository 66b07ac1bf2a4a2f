#include "loadgen/cluster/merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/merge/state.h"
#include "loadgen/measure/tally_codec.h"

/* The clocks of workers may be ahead. */
enum { AHEAD = 1 }; /* seconds */

/* A tally like the summary's. NULL: out of memory. */
static struct tally *create_tally(const struct merge_config *config)
{
    const struct buckets *bounds = &config->summary->tally->buckets;
    struct tally *tally = tally_create(true, true);
    if (tally && bounds->count > 0) {
        tally_count_by(tally, bounds);
    }
    return tally;
}

struct merge *merge_create(const struct merge_config *config)
{
    struct merge *merge = calloc(1, sizeof *merge);
    struct tally *late = create_tally(config);
    if (!merge || !late) {
        free(merge);
        tally_destroy(late);
        return NULL;
    }
    merge->config = *config;
    merge->late = late;
    return merge;
}

void merge_destroy(struct merge *merge)
{
    if (!merge) {
        return;
    }
    for (size_t i = 0; i < MERGE_OPEN; i++) {
        tally_destroy(merge->windows[i]);
    }
    for (size_t i = 0; i < merge->count; i++) {
        bytes_free(&merge->seats[i].environment);
    }
    tally_destroy(merge->late);
    free(merge->seats);
    free(merge->incarnations);
    free(merge);
}

struct tally *merge_window(struct merge *merge, uint64_t second)
{
    struct tally **window = &merge->windows[second % MERGE_OPEN];
    if (!*window) {
        *window = memory_of(create_tally(&merge->config));
    }
    return *window;
}

struct tally_sum merge_sum(const struct merge *merge, struct tally *tally)
{
    struct summary *summary = merge->config.summary;
    return (struct tally_sum){
        .tally = tally,
        .targets = &summary->rows,
        .addresses = &summary->addresses,
        .texts = &summary->texts,
    };
}

/* Workers. */

struct merge_seat *merge_find(const struct merge *merge, const struct wire_worker *worker)
{
    for (size_t i = 0; i < merge->count; i++) {
        if (merge->incarnations[i] == worker->incarnation &&
            wire_is_same_worker(&merge->seats[i].who, worker)) {
            return &merge->seats[i];
        }
    }
    return NULL;
}

struct merge_seat *merge_add_seat(struct merge *merge, const struct wire_worker *worker)
{
    size_t count = merge->count + 1;
    merge->seats = memory_of(realloc(merge->seats, count * sizeof *merge->seats));
    merge->incarnations =
        memory_of(realloc(merge->incarnations, count * sizeof *merge->incarnations));
    merge->incarnations[merge->count] = worker->incarnation;
    struct merge_seat *seat = &merge->seats[merge->count++];
    memset(seat, 0, sizeof *seat);
    seat->who = *worker;
    seat->until = MERGE_NONE;
    for (size_t i = 0; i < MERGE_LATE; i++) {
        seat->reports[i].second = MERGE_NONE;
    }
    for (size_t i = 0; i < MERGE_HISTORY; i++) {
        seat->history[i].second = MERGE_NONE;
    }
    return seat;
}

bool merge_expect(struct merge *merge, const struct wire_worker *worker, uint64_t from_ns)
{
    if (merge_find(merge, worker)) {
        return true;
    }
    if (merge->count == WIRE_WORKERS) {
        return false;
    }
    merge_add_seat(merge, worker)->from = from_ns / NS_PER_S;
    return true;
}

void merge_lose(struct merge *merge, const struct wire_worker *worker, uint64_t intended)
{
    struct merge_seat *seat = merge_find(merge, worker);
    if (seat && !seat->has_ended) {
        seat->is_lost = true;
        seat->lost_intended = intended;
    }
}

/* Tallies. */

/* Adds the part to the second if that is open, otherwise gives it as a correction. */
static enum merge_take add_part(struct merge *merge, const struct wire_tally *tally)
{
    bool is_late = tally->second < merge->next;
    struct tally *into = is_late ? merge->late : merge_window(merge, tally->second);
    struct tally_sum sum = merge_sum(merge, into);
    sum.offset_ns = merge->config.start_ns;
    enum tally_decode decode =
        tally_decode(&sum, (const uint8_t *)tally->tally.at, tally->tally.length);
    if (decode != TALLY_DECODE_OK) {
        return decode == TALLY_DECODE_NEWER ? MERGE_NEWER : MERGE_BAD;
    }
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

/* The seconds before this one have come with it. */
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
    enum merge_take take = add_part(merge, tally);
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
