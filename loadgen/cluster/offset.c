#include "loadgen/cluster/offset.h"

#include "loadgen/base/least.h"

#define TRIP_MAX_NS (3600 * NS_PER_S)

static bool is_possible(const struct offset_trip *trip)
{
    return trip->returned_ns >= trip->asked_ns && trip->answered_ns >= trip->received_ns &&
           trip->returned_ns - trip->asked_ns <= TRIP_MAX_NS &&
           trip->answered_ns - trip->received_ns <= trip->returned_ns - trip->asked_ns;
}

/*
 * The difference of moments on two clocks, which may have any value, because the clocks start at
 * any time. The unsigned subtraction may wrap.
 */
static int64_t difference(uint64_t a_ns, uint64_t b_ns)
{
    return (int64_t)(a_ns - b_ns);
}

bool offset_add(struct offset *offset, const struct offset_trip *trip)
{
    if (!is_possible(trip)) {
        return false;
    }
    uint64_t away_ns = trip->returned_ns - trip->asked_ns;
    uint64_t travelled_ns = away_ns - (trip->answered_ns - trip->received_ns);
    uint64_t uncertainty_ns = travelled_ns / 2 + 1; /* + 1, because the middle is rounded */
    if (offset->trips == 0 || uncertainty_ns < offset->uncertainty_ns) {
        uint64_t here_ns = trip->asked_ns + away_ns / 2;
        uint64_t there_ns = trip->received_ns + (trip->answered_ns - trip->received_ns) / 2;
        offset->ahead_ns = difference(there_ns, here_ns);
        offset->uncertainty_ns = uncertainty_ns;
        offset->at_ns = here_ns;
    }
    offset->trips++;
    return true;
}

bool offset_is_usable(const struct offset *offset)
{
    return offset->trips > 0 && offset->uncertainty_ns <= OFFSET_UNCERTAINTY_MAX_NS;
}

static uint64_t shift(uint64_t moment_ns, uint64_t by_ns, bool is_later)
{
    if (is_later) {
        return moment_ns > UINT64_MAX - by_ns ? UINT64_MAX : moment_ns + by_ns;
    }
    return moment_ns > by_ns ? moment_ns - by_ns : 0;
}

static uint64_t size_of(int64_t number)
{
    return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

uint64_t offset_to_there(const struct offset *offset, uint64_t here_ns)
{
    return shift(here_ns, size_of(offset->ahead_ns), offset->ahead_ns > 0);
}

uint64_t offset_to_here(const struct offset *offset, uint64_t there_ns)
{
    return shift(there_ns, size_of(offset->ahead_ns), offset->ahead_ns < 0);
}

struct offset_drift offset_drift(const struct offset *first, const struct offset *second)
{
    if (first->trips == 0 || second->trips == 0) {
        return (struct offset_drift){0};
    }
    return (struct offset_drift){
        .change_ns = difference((uint64_t)second->ahead_ns, (uint64_t)first->ahead_ns),
        .uncertainty_ns = first->uncertainty_ns + second->uncertainty_ns,
        .span_ns = most(second->at_ns, first->at_ns) - least(second->at_ns, first->at_ns),
    };
}

bool offset_drift_is_certain(const struct offset_drift *drift)
{
    return size_of(drift->change_ns) > drift->uncertainty_ns;
}
