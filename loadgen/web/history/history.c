#include "loadgen/web/history/history.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/measure/histogram_codec.h"

enum {
    PIECE_BYTES = 16 * 1024,
    PAIRS_EACH = 2, /* merged with each second */
};

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

bool history_init(struct history *history, size_t points_max, size_t bytes_max)
{
    *history = (struct history){.width = 1, .points_max = points_max, .bytes_max = bytes_max};
    history->points = calloc(points_max, sizeof *history->points);
    history->pairs = calloc(points_max, sizeof *history->pairs);
    if (!history->points || !history->pairs || !histogram_reserve(&history->scratch)) {
        free(history->points);
        free(history->pairs);
        history->points = history->pairs = NULL;
        return false;
    }
    return true;
}

static void free_points(struct history *history, struct history_point *points, size_t *count)
{
    while (*count > 0) {
        struct history_point *point = &points[--*count];
#define X(name)                                                                                    \
    history->bytes -= point->name.length;                                                          \
    free(point->name.code);
        HISTORY_TIMES(X)
#undef X
        *point = (struct history_point){0};
    }
}

void history_clear(struct history *history)
{
    free_points(history, history->points, &history->count);
    free_points(history, history->pairs, &history->pair_count);
    history->pair_bytes = 0;
    history->width = 1;
}

void history_fini(struct history *history)
{
    history_clear(history);
    free(history->points);
    free(history->pairs);
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
                        const struct history_times *a, const struct history_times *b)
{
    histogram_clear(&history->scratch);
    decode(a, &history->scratch);
    decode(b, &history->scratch);
    note(history, into);
    into->worst_p99_ns = greater(a->worst_p99_ns, b->worst_p99_ns);
}

/* Points. */

/* Merges the first two points that are in no pair yet. */
static void add_pair(struct history *history)
{
    struct history_point *into = &history->pairs[history->pair_count];
    const struct history_point *a = &history->points[2 * history->pair_count];
    const struct history_point *b = a + 1;
    size_t bytes = history->bytes;
    *into = (struct history_point){.first = a->first,
                                   .seconds = a->seconds + b->seconds,
                                   .users = b->users,
                                   .in_flight = greater(a->in_flight, b->in_flight),
#define X(name) .name = a->name + b->name,
                                   HISTORY_SUMS(X)
#undef X
    };
#define X(name) merge_times(history, &into->name, &a->name, &b->name);
    HISTORY_TIMES(X)
#undef X
    history->pair_count++;
    history->pair_bytes += history->bytes - bytes;
}

/* The number of points that no longer change. */
static size_t count_complete(const struct history *history)
{
    size_t count = history->count;
    return count > 0 && history->points[count - 1].seconds < history->width ? count - 1 : count;
}

static bool has_pair_to_add(const struct history *history)
{
    return 2 * history->pair_count + 1 < count_complete(history);
}

/*
 * Replaces the points with the pairs, after adding missing pairs. Few are missing, unless the limit
 * of bytes was reached.
 */
static void thin(struct history *history)
{
    struct history_point *points = history->points;
    while (2 * history->pair_count + 1 < history->count) {
        add_pair(history);
    }
    if (history->count % 2 != 0) {
        struct history_point *last = &points[--history->count];
        history->pairs[history->pair_count++] = *last;
        *last = (struct history_point){0};
    }
    free_points(history, points, &history->count);
    history->points = history->pairs;
    history->count = history->pair_count;
    history->pairs = points;
    history->pair_count = 0;
    history->pair_bytes = 0;
    history->width *= 2;
}

/* Reserves half of the bytes for the pairs. */
static bool is_full(const struct history *history)
{
    bool is_over_half = history->bytes - history->pair_bytes > history->bytes_max / 2;
    return history->count > 1 &&
           (history->bytes > history->bytes_max || (is_over_half && !has_pair_to_add(history)));
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

static void add_sums(struct history_point *point, const struct history_second *more)
{
#define X(name) point->name += more->name;
    HISTORY_SUMS(X)
#undef X
}

void history_amend(struct history *history, const struct history_second *more)
{
    if (history->count > 0) {
        add_sums(&history->points[history->count - 1], more);
    }
    if (history->pair_count > 0 && 2 * history->pair_count == history->count) {
        add_sums(&history->pairs[history->pair_count - 1], more);
    }
}

void history_add(struct history *history, const struct history_second *second)
{
    struct history_point *point = find_point(history);
    point->seconds++;
    point->users = second->users;
    point->in_flight = greater(point->in_flight, second->in_flight);
    add_sums(point, second);
#define X(name) add_times(history, &point->name, second->name);
    HISTORY_TIMES(X)
#undef X
    for (size_t i = 0; i < PAIRS_EACH && has_pair_to_add(history); i++) {
        add_pair(history);
    }
    while (is_full(history)) {
        thin(history);
    }
}

static void copy_times(struct history_times *times)
{
    const uint8_t *code = times->code;
    times->code = NULL;
    if (times->length > 0) {
        times->code = memory_of(malloc(times->length));
        memcpy(times->code, code, times->length);
    }
}

void history_copy(const struct history *history, struct history_points *copy)
{
    size_t bytes = history->count * sizeof *copy->list;
    *copy = (struct history_points){.count = history->count};
    if (history->count > 0) {
        copy->list = memory_of(malloc(bytes));
        memcpy(copy->list, history->points, bytes);
    }
    for (size_t i = 0; i < copy->count; i++) {
#define X(name) copy_times(&copy->list[i].name);
        HISTORY_TIMES(X)
#undef X
    }
}

void history_points_free(struct history_points *points)
{
    for (size_t i = 0; i < points->count; i++) {
#define X(name) free(points->list[i].name.code);
        HISTORY_TIMES(X)
#undef X
    }
    free(points->list);
    *points = (struct history_points){0};
}

void history_add_latency(const struct history_point *point, struct histogram *into)
{
    decode(&point->latency, into);
}
