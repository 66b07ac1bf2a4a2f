#include "loadgen/web/history/history.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/measure/histogram_codec.h"

enum { PIECE_BYTES = 16 * 1024 };

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

bool history_init(struct history *history, size_t points_max, size_t bytes_max)
{
    *history = (struct history){.width = 1, .points_max = points_max, .bytes_max = bytes_max};
    history->points = calloc(points_max, sizeof *history->points);
    if (!history->points || !histogram_reserve(&history->scratch)) {
        free(history->points);
        history->points = NULL;
        return false;
    }
    return true;
}

static void free_point(struct history *history, struct history_point *point)
{
#define X(name)                                                                                    \
    history->bytes -= point->name.length;                                                          \
    free(point->name.code);
    HISTORY_TIMES(X)
#undef X
    *point = (struct history_point){0};
}

void history_clear(struct history *history)
{
    while (history->count > 0) {
        free_point(history, &history->points[--history->count]);
    }
    history->width = 1;
}

void history_fini(struct history *history)
{
    history_clear(history);
    free(history->points);
    histogram_fini(&history->scratch);
    *history = (struct history){0};
}

/* Times. */

static void decode(const struct history_times *times, struct histogram *into)
{
    const uint8_t *at = times->code;
    const uint8_t *end = times->length > 0 ? at + times->length : at;
    while (at < end) {
        histogram_add(&at, end, into);
    }
}

static void encode(struct history *history, struct history_times *times)
{
    uint8_t piece[PIECE_BYTES];
    size_t length = 0;
    uint32_t next = history->scratch.count > 0 ? 0 : HISTOGRAM_BUCKETS;
    while (next < HISTOGRAM_BUCKETS) {
        size_t more =
            (size_t)(histogram_put(piece, piece + sizeof piece, &history->scratch, &next) - piece);
        times->code = memory_of(realloc(times->code, length + more));
        memcpy(times->code + length, piece, more);
        length += more;
    }
    history->bytes += length - times->length;
    times->length = length;
}

/* Sets the times to those of the histogram in `scratch`. */
static void note(struct history *history, struct history_times *times)
{
    const struct histogram *h = &history->scratch;
    encode(history, times);
    times->p50_ns = histogram_percentile(h, 500000);
    times->p95_ns = histogram_percentile(h, 950000);
    times->p99_ns = histogram_percentile(h, 990000);
    times->max_ns = h->count > 0 ? h->max_ns : 0;
}

static void add_times(struct history *history, struct history_times *times,
                      const struct histogram *second)
{
    histogram_clear(&history->scratch);
    decode(times, &history->scratch);
    histogram_merge(&history->scratch, second);
    note(history, times);
    times->worst_p99_ns = greater(times->worst_p99_ns, histogram_percentile(second, 990000));
}

static void merge_times(struct history *history, struct history_times *into,
                        const struct history_times *from)
{
    histogram_clear(&history->scratch);
    decode(into, &history->scratch);
    decode(from, &history->scratch);
    note(history, into);
    into->worst_p99_ns = greater(into->worst_p99_ns, from->worst_p99_ns);
}

/* Points. */

static void merge_points(struct history *history, struct history_point *into,
                         struct history_point *from)
{
    into->seconds += from->seconds;
    into->users = from->users;
    into->in_flight = greater(into->in_flight, from->in_flight);
#define X(name) into->name += from->name;
    HISTORY_SUMS(X)
#undef X
#define X(name) merge_times(history, &into->name, &from->name);
    HISTORY_TIMES(X)
#undef X
    free_point(history, from);
}

/* Merges each two neighbours. */
static void thin(struct history *history)
{
    struct history_point *points = history->points;
    size_t count = 0;
    for (size_t i = 0; i < history->count; i += 2) {
        if (i + 1 < history->count) {
            merge_points(history, &points[i], &points[i + 1]);
        }
        if (count < i) {
            points[count] = points[i];
            points[i] = (struct history_point){0};
        }
        count++;
    }
    history->count = count;
    history->width *= 2;
}

/* The point of the next second, which may be new. */
static struct history_point *find_point(struct history *history)
{
    struct history_point *next = &history->points[history->count];
    if (history->count > 0 && next[-1].seconds < history->width) {
        return &next[-1];
    }
    if (history->count == history->points_max) {
        thin(history);
        next = &history->points[history->count];
    }
    if (history->count > 0) {
        next->first = next[-1].first + next[-1].seconds;
    }
    history->count++;
    return next;
}

uint64_t history_seconds(const struct history *history)
{
    const struct history_point *end = &history->points[history->count];
    return history->count > 0 ? end[-1].first + end[-1].seconds : 0;
}

void history_add(struct history *history, const struct history_second *second)
{
    struct history_point *point = find_point(history);
    point->seconds++;
    point->users = second->users;
    point->in_flight = greater(point->in_flight, second->in_flight);
#define X(name) point->name += second->name;
    HISTORY_SUMS(X)
#undef X
#define X(name) add_times(history, &point->name, second->name);
    HISTORY_TIMES(X)
#undef X
    while (history->bytes > history->bytes_max && history->count > 1) {
        thin(history);
    }
}

void history_add_latency(const struct history_point *point, struct histogram *into)
{
    decode(&point->latency, into);
}
