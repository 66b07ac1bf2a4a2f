#include "loadgen/plot/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/least.h"

/* 1/512 s: cannot be halved further in whole nanoseconds. */
static const uint64_t FIRST_WIDTH_NS = NS_PER_S / 512;

enum { BUCKETS_PER_BIN = HISTOGRAM_BUCKETS / TIMELINE_BINS };

struct timeline *timeline_create(size_t intervals, size_t threshold)
{
    struct timeline *timeline = calloc(1, sizeof *timeline);
    if (!timeline) {
        return NULL;
    }
    timeline->capacity = intervals;
    timeline->width_ns = FIRST_WIDTH_NS;
    timeline->first_started_ns = UINT64_MAX;
    timeline->threshold = threshold;
    timeline->spare_cells = calloc(intervals, sizeof *timeline->spare_cells);
    timeline->flows = calloc(intervals, sizeof *timeline->flows);
    timeline->spare_flows = calloc(intervals, sizeof *timeline->spare_flows);
    timeline->points = calloc(threshold, sizeof *timeline->points);
    if (!timeline->spare_cells || !timeline->flows || !timeline->spare_flows || !timeline->points) {
        timeline_destroy(timeline);
        return NULL;
    }
    return timeline;
}

void timeline_destroy(struct timeline *timeline)
{
    if (!timeline) {
        return;
    }
    for (size_t i = 0; i < TIMELINE_SERIES; i++) {
        free(timeline->cells[i]);
    }
    free(timeline->spare_cells);
    free(timeline->flows);
    free(timeline->spare_flows);
    free(timeline->points);
    free(timeline);
}

static void merge_cell(struct timeline_cell *into, const struct timeline_cell *from)
{
    if (from->count == 0) {
        return;
    }
    if (into->count == 0 || from->min_ns < into->min_ns) {
        into->min_ns = from->min_ns;
    }
    if (from->max_ns >= into->max_ns) {
        into->max_ns = from->max_ns;
        into->max_at_ns = from->max_at_ns;
    }
    into->count += from->count;
    for (size_t i = 0; i < TIMELINE_BINS; i++) {
        into->bins[i] += from->bins[i];
    }
}

/* Change of the number in flight over an interval. */
static double growth(const struct timeline_flow *flow)
{
    return (double)flow->started - (double)flow->succeeded - (double)flow->failed;
}

/* `from` becomes part number `part` of the `parts` that `into` is merged from. */
static void merge_flow(struct timeline_flow *into, const struct timeline_flow *from, uint64_t part,
                       uint64_t parts)
{
    into->started += from->started;
    into->succeeded += from->succeeded;
    into->failed += from->failed;
    /* What starts in one part is in flight in all parts that follow. */
    into->held += (from->held + growth(from) * (double)(parts - 1 - part)) / (double)parts;
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        struct timeline_failures *failures = &into->failures[i];
        failures->count += from->failures[i].count;
        if (from->failures[i].max_ns > failures->max_ns) {
            failures->max_ns = from->failures[i].max_ns;
        }
    }
}

/* Multiplies the interval width by 2^shift. */
static void widen(struct timeline *timeline, unsigned shift)
{
    size_t capacity = timeline->capacity;
    uint64_t parts = UINT64_C(1) << shift;
    for (size_t s = 0; s < TIMELINE_SERIES; s++) {
        struct timeline_cell *old = timeline->cells[s];
        if (!old) {
            continue;
        }
        memset(timeline->spare_cells, 0, capacity * sizeof *old);
        for (uint64_t i = timeline->first; i <= timeline->last; i++) {
            merge_cell(&timeline->spare_cells[(i >> shift) % capacity], &old[i % capacity]);
        }
        timeline->cells[s] = timeline->spare_cells;
        timeline->spare_cells = old;
    }
    struct timeline_flow *old = timeline->flows;
    memset(timeline->spare_flows, 0, capacity * sizeof *old);
    for (uint64_t i = timeline->first; i <= timeline->last; i++) {
        merge_flow(&timeline->spare_flows[(i >> shift) % capacity], &old[i % capacity],
                   i & (parts - 1), parts);
    }
    timeline->flows = timeline->spare_flows;
    timeline->spare_flows = old;
}

/* Widens intervals until they cover from_ns to to_ns. */
static void cover(struct timeline *timeline, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t first = from_ns / timeline->width_ns;
    uint64_t last = to_ns / timeline->width_ns;
    unsigned shift = 0;
    if (timeline->has_intervals) {
        first = first < timeline->first ? first : timeline->first;
        last = last > timeline->last ? last : timeline->last;
    }
    while ((last >> shift) - (first >> shift) >= timeline->capacity) {
        shift++;
    }
    if (shift > 0 && timeline->has_intervals) {
        widen(timeline, shift);
    }
    timeline->first = first >> shift;
    timeline->last = last >> shift;
    timeline->width_ns <<= shift;
    timeline->has_intervals = true;
}

/* Makes intervals at least this wide. */
static void widen_to(struct timeline *timeline, uint64_t width_ns)
{
    unsigned shift = 0;
    while (timeline->width_ns << shift < width_ns) {
        shift++;
    }
    if (shift > 0 && timeline->has_intervals) {
        widen(timeline, shift);
    }
    timeline->first >>= shift;
    timeline->last >>= shift;
    timeline->width_ns <<= shift;
}

static size_t slot(const struct timeline *timeline, uint64_t moment_ns)
{
    return moment_ns / timeline->width_ns % timeline->capacity;
}

/* Time from the moment to the end of its interval, in widths. */
static double rest(const struct timeline *timeline, uint64_t moment_ns)
{
    return 1 - (double)(moment_ns % timeline->width_ns) / (double)timeline->width_ns;
}

/* The cell of a series at this moment; NULL: out of memory. */
static struct timeline_cell *find_cell(struct timeline *timeline, size_t series, uint64_t moment_ns)
{
    struct timeline_cell **cells = &timeline->cells[series];
    if (!*cells) {
        *cells = calloc(timeline->capacity, sizeof **cells);
        timeline->is_out_of_memory |= !*cells;
    }
    return *cells ? &(*cells)[slot(timeline, moment_ns)] : NULL;
}

static void add_to_series(struct timeline *timeline, size_t series, uint64_t intended_ns,
                          uint64_t latency_ns)
{
    timeline->counts[series]++;
    struct timeline_cell *cell = find_cell(timeline, series, intended_ns);
    if (!cell) {
        return;
    }
    if (cell->count == 0 || latency_ns < cell->min_ns) {
        cell->min_ns = latency_ns;
    }
    if (latency_ns >= cell->max_ns) {
        cell->max_ns = latency_ns;
        cell->max_at_ns = intended_ns;
    }
    cell->count++;
    cell->bins[histogram_bucket_or_last(latency_ns) / BUCKETS_PER_BIN]++;
}

static void add_failure(struct timeline *timeline, enum outcome outcome, uint64_t intended_ns,
                        uint64_t latency_ns)
{
    struct timeline_failures *failures =
        &timeline->flows[slot(timeline, intended_ns)].failures[outcome];
    timeline->failures[outcome]++;
    failures->count++;
    if (latency_ns > failures->max_ns) {
        failures->max_ns = latency_ns;
    }
}

/* A fired result was never in flight. */
static void add_flow(struct timeline *timeline, uint64_t started_ns, uint64_t done_ns,
                     bool is_failure, bool is_fired)
{
    struct timeline_flow *start = &timeline->flows[slot(timeline, started_ns)];
    struct timeline_flow *end = &timeline->flows[slot(timeline, done_ns)];
    start->started++;
    start->held += is_fired ? 0 : rest(timeline, started_ns);
    end->succeeded += !is_failure;
    end->failed += is_failure;
    end->held -= is_fired ? 0 : rest(timeline, done_ns);
    if (started_ns < timeline->first_started_ns) {
        timeline->first_started_ns = started_ns;
    }
    if (started_ns > timeline->last_started_ns) {
        timeline->last_started_ns = started_ns;
    }
    if (done_ns > timeline->end_ns) {
        timeline->end_ns = done_ns;
    }
}

/* Saturates: files may hold any numbers. */
static uint64_t plus(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

void timeline_add(struct timeline *timeline, const struct result *result)
{
    uint64_t intended_ns = result->intended_ns;
    uint64_t started_ns = plus(intended_ns, plus(result->lag_ns, result->wait_ns));
    uint64_t done_ns = plus(started_ns, plus(result->connect_ns, result->service_ns));
    uint64_t latency_ns = done_ns - intended_ns;
    if (result->is_fired) {
        done_ns = plus(started_ns, result->first_byte_ns); /* see result_end_ns */
    }
    bool is_failure = !result_is_success(result);
    size_t series = result->row < TIMELINE_SERIES - 1 ? result->row : TIMELINE_SERIES - 1;
    cover(timeline, intended_ns, done_ns);
    add_to_series(timeline, series, intended_ns, latency_ns);
    add_flow(timeline, started_ns, done_ns, is_failure, result->is_fired);
    if (is_failure) {
        add_failure(timeline, result->outcome, intended_ns, latency_ns);
    }
    if (timeline->count < timeline->threshold) {
        timeline->points[timeline->count] = (struct timeline_point){
            intended_ns, latency_ns, (uint8_t)series, is_failure, result->outcome};
    }
    timeline->count++;
}

static void add_histogram(struct timeline *timeline, size_t series, uint64_t moment_ns,
                          const struct histogram *latency)
{
    struct timeline_cell *cell = latency->count > 0 ? find_cell(timeline, series, moment_ns) : NULL;
    if (!cell) {
        return;
    }
    struct timeline_cell more = {
        .count = latency->count,
        .min_ns = latency->min_ns,
        .max_ns = latency->max_ns,
        .max_at_ns = moment_ns,
    };
    for (uint32_t i = histogram_next(latency, 0); i < HISTOGRAM_BUCKETS;
         i = histogram_next(latency, i + 1)) {
        more.bins[i / BUCKETS_PER_BIN] += (uint32_t)histogram_bucket_count(latency, i);
    }
    more.bins[TIMELINE_BINS - 1] += (uint32_t)latency->clipped;
    timeline->counts[series] += latency->count;
    merge_cell(cell, &more);
}

/* The slowest of a kind is not known: at most the slowest of all, or of those without an answer. */
static void add_failures(struct timeline *timeline, uint64_t moment_ns, const struct tally *tally)
{
    for (size_t kind = 0; kind < OUTCOMES_ALL; kind++) {
        struct timeline_failures *failures =
            &timeline->flows[slot(timeline, moment_ns)].failures[kind];
        uint64_t count = tally->kinds[kind].count;
        uint64_t max_ns =
            kind == OUTCOME_ANSWERED ? tally->latency.max_ns : tally->unanswered.max_ns;
        timeline->failures[kind] += count;
        failures->count += count;
        if (count > 0 && max_ns > failures->max_ns) {
            failures->max_ns = max_ns;
        }
    }
}

static void add_counts(struct timeline *timeline, const struct timeline_second *second,
                       uint64_t moment_ns)
{
    struct timeline_flow *flow = &timeline->flows[slot(timeline, moment_ns)];
    uint64_t ended = second->tally->counters.ended;
    uint64_t successes = least(tally_successes(second->tally), ended);
    flow->started += second->started;
    flow->succeeded += successes;
    flow->failed += ended - successes;
    flow->held += ((double)second->started - (double)ended) * rest(timeline, moment_ns);
    timeline->count += ended;
}

void timeline_add_second(struct timeline *timeline, const struct timeline_second *second)
{
    const struct tally *tally = second->tally;
    uint64_t shift_ns = second->start_ns % NS_PER_S;
    uint64_t moment_ns = second->from_ns + (second->to_ns - second->from_ns) / 2 - shift_ns;
    widen_to(timeline, NS_PER_S);
    cover(timeline, moment_ns, moment_ns);
    for (size_t row = 0; row < ROWS_ALL; row++) {
        add_histogram(timeline, row < TIMELINE_SERIES - 1 ? row : TIMELINE_SERIES - 1, moment_ns,
                      &tally->rows[row].latency);
    }
    add_counts(timeline, second, moment_ns);
    add_failures(timeline, moment_ns, tally);
    if (tally->counters.ended > 0) {
        timeline->first_started_ns =
            least(timeline->first_started_ns, tally->first_started_ns - shift_ns);
        timeline->last_started_ns =
            most(timeline->last_started_ns, tally->last_started_ns - shift_ns);
        timeline->end_ns = most(timeline->end_ns, tally->end_ns - shift_ns);
    }
    timeline->has_seconds = true;
}

bool timeline_has_points(const struct timeline *timeline)
{
    return timeline->count <= timeline->threshold && !timeline->has_seconds;
}

size_t timeline_length(const struct timeline *timeline)
{
    return !timeline->has_intervals ? 0 : timeline->last - timeline->first + 1;
}

const struct timeline_cell *timeline_cell(const struct timeline *timeline, size_t series, size_t i)
{
    const struct timeline_cell *cells = timeline->cells[series];
    return cells ? &cells[(timeline->first + i) % timeline->capacity] : NULL;
}

const struct timeline_flow *timeline_flow(const struct timeline *timeline, size_t i)
{
    return &timeline->flows[(timeline->first + i) % timeline->capacity];
}

static uint64_t bin_middle(size_t bin)
{
    uint64_t begin = histogram_bucket_begin_ns((uint32_t)bin * BUCKETS_PER_BIN);
    return begin + (histogram_bucket_begin_ns((uint32_t)(bin + 1) * BUCKETS_PER_BIN) - begin) / 2;
}

uint64_t timeline_percentile(const struct timeline_cell *cell, uint32_t per_million)
{
    uint64_t rank = (cell->count * per_million + 999999) / 1000000;
    if (rank <= 1) {
        return cell->min_ns;
    }
    uint64_t seen = 0;
    for (size_t i = 0; i < TIMELINE_BINS && rank < cell->count; i++) {
        seen += cell->bins[i];
        if (seen >= rank) {
            uint64_t middle = bin_middle(i);
            middle = middle > cell->max_ns ? cell->max_ns : middle;
            return middle < cell->min_ns ? cell->min_ns : middle;
        }
    }
    return cell->max_ns;
}
