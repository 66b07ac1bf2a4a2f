#include "loadgen/http/closing.h"

void closing_end(struct closing *closing, struct flight *flight)
{
    flights_remove(&closing->flights, flight);
    closing->count--;
    closing->close(closing, flight);
}

void closing_begin(struct closing *closing, struct flight *flight, uint64_t now_ns)
{
    if (closing->count == CLOSING_MAX) {
        closing_end(closing, flights_first(&closing->flights));
    }
    closing->count++;
    flights_add(&closing->flights, flight, now_ns + CLOSING_NS);
}

void closing_expire(struct closing *closing, uint64_t now_ns)
{
    while (closing->count > 0 && closing_deadline_ns(closing) <= now_ns) {
        closing_end(closing, flights_first(&closing->flights));
    }
}

bool closing_end_all(struct closing *closing)
{
    bool has_any = closing->count > 0;
    closing_expire(closing, UINT64_MAX);
    return has_any;
}
