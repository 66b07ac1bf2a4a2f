#include "loadgen/cluster/merge/state.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

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
    finder_free(&merge->finder);
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
    size_t place = finder_find(&merge->finder, worker);
    return place == FINDER_NONE ? NULL : &merge->seats[place];
}

struct merge_seat *merge_add_seat(struct merge *merge, const struct wire_worker *worker)
{
    size_t count = merge->count + 1;
    merge->seats = memory_of(realloc(merge->seats, count * sizeof *merge->seats));
    finder_add(&merge->finder, worker, merge->count);
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

/* Reports. */

struct merge_report *merge_open_report(struct merge_seat *seat, uint64_t second)
{
    struct merge_report *report = &seat->reports[second % MERGE_LATE];
    if (report->second != MERGE_NONE && report->second > second) {
        return NULL;
    }
    if (report->second != second) {
        *report = (struct merge_report){.second = second};
    }
    return report;
}

bool merge_has_reported(const struct merge_seat *seat, uint64_t second)
{
    const struct merge_report *report = &seat->reports[second % MERGE_LATE];
    return report->second == second && report->is_complete;
}

const struct merge_moment *merge_moment(const struct merge_seat *seat, uint64_t second)
{
    const struct merge_moment *newest = NULL;
    for (size_t i = 0; i < MERGE_HISTORY; i++) {
        const struct merge_moment *moment = &seat->history[i];
        bool is_candidate = moment->second != MERGE_NONE && moment->second <= second;
        if (is_candidate && (!newest || moment->second > newest->second)) {
            newest = moment;
        }
    }
    return newest;
}

void merge_keep_end(struct merge_seat *seat, const struct wire_end *end)
{
    seat->has_ended = true;
    seat->end = *end;
    seat->end.environment = (struct slice){"", 0};
    seat->end.account = (struct slice){"", 0};
    bytes_add(&seat->environment, end->environment.at, end->environment.length);
}
