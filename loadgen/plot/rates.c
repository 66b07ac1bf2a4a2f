#include "loadgen/plot/rates.h"

#include "common/clock.h"
#include "loadgen/base/least.h"

enum { SPANS_LEAST = 8 };

/* Intervals per span, for this many requests per span on average and at most `spans` spans. */
static size_t span_width(const struct timeline *timeline, size_t requests, size_t spans)
{
    size_t length = timeline_length(timeline);
    size_t width = 1;
    while (length / (2 * width) >= SPANS_LEAST &&
           (length / width > spans || timeline->count * width / length < requests)) {
        width *= 2;
    }
    return width;
}

static double per_second(uint64_t count, uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)count * (double)NS_PER_S / (double)(to_ns - from_ns) : 0;
}

static struct rate_span measure(const struct timeline *timeline, size_t begin, size_t end)
{
    uint64_t started = 0;
    uint64_t succeeded = 0;
    uint64_t failed = 0;
    for (size_t i = begin; i < end; i++) {
        const struct timeline_flow *flow = timeline_flow(timeline, i);
        started += flow->started;
        succeeded += flow->succeeded;
        failed += flow->failed;
    }
    uint64_t begin_ns = (timeline->first + begin) * timeline->width_ns;
    uint64_t end_ns = (timeline->first + end) * timeline->width_ns;
    uint64_t from_ns = most(begin_ns, timeline->first_started_ns);
    bool has_last_start =
        begin_ns <= timeline->last_started_ns && timeline->last_started_ns < end_ns;
    uint64_t done_ns = least(end_ns, timeline->end_ns);
    return (struct rate_span){
        .begin = begin,
        .end = end,
        .sent = has_last_start ? per_second(started - 1, from_ns, timeline->last_started_ns)
                               : per_second(started, from_ns, end_ns),
        .succeeded = per_second(succeeded, from_ns, done_ns),
        .failed = per_second(failed, from_ns, done_ns),
    };
}

/*
 * The end of the span that starts at `begin`; the last one ends at `limit`. The first and the last
 * interval may be incomplete, so neither is a span by itself.
 */
static size_t span_end(size_t begin, size_t width, size_t limit)
{
    size_t end = begin + width + (begin == 0);
    return end + (width + 1) / 2 >= limit ? limit : end;
}

size_t rates_of(const struct timeline *timeline, struct rate_span *spans)
{
    size_t length = timeline_length(timeline);
    if (length == 0) {
        return 0;
    }
    size_t width = span_width(timeline, RATES_SENT, RATES_SPANS);
    size_t sending = (size_t)(timeline->last_started_ns / timeline->width_ns - timeline->first) + 1;
    if (length - sending <= (width + 1) / 2) { /* only the last answers follow */
        sending = length;
    }
    size_t count = 0;
    for (size_t begin = 0; begin < length; begin = spans[count++].end) {
        size_t end = span_end(begin, width, begin < sending ? sending : length);
        spans[count] = measure(timeline, begin, end);
    }
    return count;
}

/* The part of a span between the first start and the last answer, in intervals. */
static double covered(const struct timeline *timeline, size_t begin, size_t end)
{
    uint64_t begin_ns = (timeline->first + begin) * timeline->width_ns;
    uint64_t end_ns = (timeline->first + end) * timeline->width_ns;
    uint64_t from_ns = most(begin_ns, timeline->first_started_ns);
    uint64_t to_ns = least(end_ns, timeline->end_ns);
    return to_ns > from_ns ? (double)(to_ns - from_ns) / (double)timeline->width_ns
                           : (double)(end - begin);
}

size_t rates_levels(const struct timeline *timeline, struct level_span *spans)
{
    size_t length = timeline_length(timeline);
    size_t width = length > 0 ? span_width(timeline, RATES_IN_FLIGHT, SIZE_MAX) : 1;
    size_t count = 0;
    uint64_t level = 0; /* requests in flight at the start of the interval */
    for (size_t begin = 0; begin < length; begin = spans[count++].end) {
        size_t end = span_end(begin, width, length);
        double held = 0;
        for (size_t i = begin; i < end; i++) {
            const struct timeline_flow *flow = timeline_flow(timeline, i);
            held += (double)level + flow->held;
            level += flow->started - flow->succeeded - flow->failed;
        }
        double mean = held / covered(timeline, begin, end);
        spans[count] = (struct level_span){begin, end, mean > 1e-9 ? mean : 0};
    }
    return count;
}
