#include "loadgen/http/curl/end.h"

#include <stdio.h>

#include "common/clock.h"

void curl_end_silently(struct curl_engine *curl, struct curl_transfer *t)
{
    flights_remove(&curl->flights, &t->flight);
    t->origin->in_flight--;
    curl_transfer_release(t);
    t->next = curl->free;
    curl->free = t;
}

void curl_end(struct curl_engine *curl, struct curl_transfer *t)
{
    struct exchange exchange = t->exchange; /* a copy: `done` may reuse the transfer */
    curl_end_silently(curl, t);
    curl->done(curl->owner, &exchange);
}

void curl_end_protocol(struct curl_engine *curl, struct curl_transfer *t, const char *reason)
{
    if (reason != t->exchange.reason) {
        snprintf(t->exchange.reason, sizeof t->exchange.reason, "%s", reason);
    }
    t->exchange.outcome = OUTCOME_PROTOCOL;
    t->exchange.code = 0;
    t->exchange.done_ns = clock_now_ns();
    curl_end(curl, t);
}

void curl_end_unresolved(struct curl_engine *curl, struct curl_transfer *t)
{
    t->exchange.outcome = OUTCOME_DNS;
    t->exchange.done_ns = clock_now_ns();
    snprintf(t->exchange.reason, sizeof t->exchange.reason, "%s", lookup_problem(&t->wait));
    curl_end(curl, t);
}
