#include "loadgen/http/flights.h"

#include <stddef.h>

void flights_add(struct flights *flights, struct flight *flight, uint64_t started_ns)
{
    struct flight *before = flights->newest;
    while (before && before->started_ns > started_ns) {
        before = before->prev;
    }
    flight->started_ns = started_ns;
    flight->prev = before;
    flight->next = before ? before->next : flights->oldest;
    *(flight->prev ? &flight->prev->next : &flights->oldest) = flight;
    *(flight->next ? &flight->next->prev : &flights->newest) = flight;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
    *(flight->prev ? &flight->prev->next : &flights->oldest) = flight->next;
    *(flight->next ? &flight->next->prev : &flights->newest) = flight->prev;
}
