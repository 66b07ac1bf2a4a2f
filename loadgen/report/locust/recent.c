#include "loadgen/report/locust/recent.h"

#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/measure/histogram_codec.h"

struct locust_recent *locust_recent_create(bool keeps_times)
{
    struct locust_recent *recent = calloc(1, sizeof *recent);
    if (recent) {
        recent->keeps_times = keeps_times;
    }
    return recent;
}

void locust_recent_destroy(struct locust_recent *recent)
{
    for (size_t i = 0; recent && i < LOCUST_RECENT; i++) {
        bytes_free(&recent->times[i].bytes);
    }
    free(recent);
}

static void keep_times(struct locust_times *times, const struct tally *second)
{
    bytes_clear(&times->bytes);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        times->at[i] = times->bytes.length;
        if (second->rows && second->rows[i].is_used) {
            histogram_append(&times->bytes, &second->rows[i].latency);
        }
    }
    times->at[LOCUST_TOTAL] = times->bytes.length;
    histogram_append(&times->bytes, &second->latency);
    times->at[LOCUST_TOTAL + 1] = times->bytes.length;
}

void locust_recent_add(struct locust_recent *recent, const struct tally *second,
                       const struct tally *total, uint64_t elapsed_ns)
{
    if (recent->keeps_times) {
        keep_times(&recent->times[recent->count % LOCUST_RECENT], second);
    }
    recent->count++;
    struct locust_moment *moment = &recent->moments[recent->count % LOCUST_MOMENTS];
    moment->elapsed_ns = elapsed_ns;
    for (size_t i = 0; total->rows && i < ROWS_ALL; i++) {
        const struct tally_row *row = &total->rows[i];
        moment->requests[i] = row->ended;
        moment->failures[i] = row->ended - row->successes;
    }
    moment->requests[LOCUST_TOTAL] = total->counters.ended;
    moment->failures[LOCUST_TOTAL] = total->counters.ended - tally_successes(total);
}

struct locust_rates locust_recent_rates(const struct locust_recent *recent, const uint16_t *rows,
                                        size_t count)
{
    uint64_t first = recent->count > LOCUST_RECENT ? recent->count - LOCUST_RECENT : 0;
    const struct locust_moment *from = &recent->moments[first % LOCUST_MOMENTS];
    const struct locust_moment *to = &recent->moments[recent->count % LOCUST_MOMENTS];
    struct locust_rates rates = {0};
    if (to->elapsed_ns <= from->elapsed_ns) {
        return rates;
    }
    double seconds = (double)(to->elapsed_ns - from->elapsed_ns) / (double)NS_PER_S;
    for (size_t i = 0; i < count; i++) {
        rates.requests += (double)(to->requests[rows[i]] - from->requests[rows[i]]);
        rates.failures += (double)(to->failures[rows[i]] - from->failures[rows[i]]);
    }
    rates.requests /= seconds;
    rates.failures /= seconds;
    return rates;
}

void locust_recent_times(const struct locust_recent *recent, const uint16_t *rows, size_t count,
                         struct histogram *into)
{
    uint64_t kept = recent->count < LOCUST_RECENT ? recent->count : LOCUST_RECENT;
    for (size_t s = 0; recent->keeps_times && s < kept; s++) {
        const struct locust_times *times = &recent->times[s];
        const uint8_t *begin = (const uint8_t *)times->bytes.at; /* NULL: nothing was stored */
        for (size_t i = 0; begin && i < count; i++) {
            const uint8_t *at = begin + times->at[rows[i]];
            const uint8_t *end = begin + times->at[rows[i] + 1];
            while (at < end) {
                histogram_add(&at, end, into);
            }
        }
    }
}
