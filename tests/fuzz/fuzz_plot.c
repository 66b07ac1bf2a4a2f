/*
 * fuzz_plot - any results in a plot, for libFuzzer (`make fuzz`).
 *
 * The first byte is the number of intervals, each 40 bytes that follow a result of any moments and
 * times. What is checked beside the sanitizers: every result is counted in an interval, the slowest
 * one is there, no rate is negative or no number, and the page has its numbers.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/plot/data.h"
#include "loadgen/plot/rates.h"

enum { RECORD = 40, INTERVALS_MAX = 66, THRESHOLD = 20 };

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* Small numbers are as likely as large ones: the last six bits say how many bits are left out. */
static uint64_t number(const uint8_t *bytes)
{
    uint64_t value = 0;
    memcpy(&value, bytes, sizeof value);
    return value >> (value & 63);
}

static struct result result_of(const uint8_t *bytes)
{
    return (struct result){
        .intended_ns = number(bytes),
        .lag_ns = number(bytes + 8),
        .wait_ns = number(bytes + 16),
        .connect_ns = number(bytes + 24) / 2,
        .service_ns = number(bytes + 32),
        .row = bytes[38] % ROWS_ALL,
        .code = bytes[39] & 1 ? 200 : 0,
        .outcome = (enum outcome)(bytes[39] / 2 % OUTCOMES_ALL),
    };
}

static void check_timeline(const struct timeline *timeline, uint64_t count)
{
    uint64_t cells = 0;
    uint64_t started = 0;
    uint64_t ended = 0;
    size_t length = timeline_length(timeline);
    require(length <= timeline->capacity);
    for (size_t i = 0; i < length; i++) {
        const struct timeline_flow *flow = timeline_flow(timeline, i);
        started += flow->started;
        ended += flow->succeeded + flow->failed;
        for (size_t s = 0; s < TIMELINE_SERIES; s++) {
            const struct timeline_cell *cell = timeline_cell(timeline, s, i);
            if (cell && cell->count > 0) {
                uint64_t median = timeline_percentile(cell, 500000);
                require(cell->min_ns <= median && median <= cell->max_ns);
                cells += cell->count;
            }
        }
    }
    require(cells == count && started == count && ended == count);
}

static void check_rates(const struct timeline *timeline)
{
    struct rate_span rates[INTERVALS_MAX];
    struct level_span levels[INTERVALS_MAX];
    size_t count = rates_of(timeline, rates);
    require(count <= timeline_length(timeline));
    for (size_t i = 0; i < count; i++) {
        require(rates[i].sent >= 0 && isfinite(rates[i].sent));
        require(rates[i].succeeded >= 0 && isfinite(rates[i].succeeded));
        require(rates[i].failed >= 0 && isfinite(rates[i].failed));
    }
    count = rates_levels(timeline, levels);
    require(count <= timeline_length(timeline));
    for (size_t i = 0; i < count; i++) {
        require(levels[i].in_flight >= 0 && isfinite(levels[i].in_flight));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct summary *summary; /* without results: how those are spread is not asked here */
    if (!summary) {
        summary = summary_create();
    }
    if (size == 0 || !summary) {
        return 0;
    }
    struct timeline *timeline = timeline_create(2 + bytes[0] % (INTERVALS_MAX - 2), THRESHOLD);
    require(timeline != NULL);
    uint64_t count = 0;
    for (size_t at = 1; at + RECORD <= size; at += RECORD) {
        struct result result = result_of(bytes + at);
        timeline_add(timeline, &result);
        count++;
    }
    check_timeline(timeline, count);
    check_rates(timeline);
    json_t *data = plot_data(timeline, summary);
    require(data != NULL);
    json_decref(data);
    timeline_destroy(timeline);
    return 0;
}
