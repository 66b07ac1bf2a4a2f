#include "loadgen/capacity/trial/over_time.h"

#include "common/clock.h"
#include "loadgen/report/json/json_parts.h"

enum { PLANNED_MAX = 48 }; /* the rest is for the drain */

void over_time_begin(struct over_time *over_time, uint64_t duration_ns)
{
    over_time->width_s = duration_ns / NS_PER_S / PLANNED_MAX + 1;
    over_time->count = 0;
    histogram_clear(&over_time->latency);
}

/* Finds the interval of this second: the last one, or a new one. */
static struct over_time_interval *find_interval(struct over_time *over_time, uint64_t index)
{
    size_t count = over_time->count;
    struct over_time_interval *last = count > 0 ? &over_time->list[count - 1] : NULL;
    if (last && (count == OVER_TIME_MAX || index - last->from_s < over_time->width_s)) {
        return last;
    }
    histogram_clear(&over_time->latency);
    over_time->list[count] = (struct over_time_interval){.from_s = index};
    over_time->count++;
    return &over_time->list[count];
}

void over_time_add(struct over_time *over_time, const struct second *second)
{
    struct over_time_interval *interval = find_interval(over_time, second->index);
    const struct tally *tally = second->tally;
    struct histogram *latency = &over_time->latency;
    histogram_merge(latency, &tally->latency);
    interval->to_s = second->index + 1;
    interval->requests += tally->counters.ended;
    interval->failures += tally->counters.ended - tally_successes(tally);
    interval->p50_ns = histogram_percentile(latency, 500000);
    interval->p99_ns = histogram_percentile(latency, 990000);
    interval->max_ns = latency->max_ns;
}

json_t *over_time_to_json(const struct over_time *over_time)
{
    json_t *list = json_array();
    for (size_t i = 0; i < over_time->count; i++) {
        const struct over_time_interval *interval = &over_time->list[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "from_seconds",
                                              integer_to_json(interval->from_s), "to_seconds",
                                              integer_to_json(interval->to_s), "requests",
                                              integer_to_json(interval->requests), "failures",
                                              integer_to_json(interval->failures), "50th",
                                              integer_to_json(interval->p50_ns), "99th",
                                              integer_to_json(interval->p99_ns), "max",
                                              integer_to_json(interval->max_ns)));
    }
    return list;
}
