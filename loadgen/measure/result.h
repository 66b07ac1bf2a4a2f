/*
 * result - the measurements of one request.
 *
 * latency = lag + wait + connect + service (docs/measurement.md). If a request never got a
 * connection, all its time after lag and wait counts as connect.
 *
 * Threads, memory: a plain value; `error` belongs to a text pool.
 */
#ifndef LOADGEN_MEASURE_RESULT_H
#define LOADGEN_MEASURE_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/http/exchange.h"

struct result {
    uint64_t number;      /* index of the request in the run, from 0 */
    uint64_t intended_ns; /* since the start of the run */
    uint64_t lag_ns;      /* delay caused by the generator */
    uint64_t wait_ns;     /* delay while every allowed connection was busy */
    uint64_t connect_ns;
    uint64_t service_ns;
    uint64_t first_byte_ns; /* since sent; 0: none. Of a result that is_fired: when it was fired */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint32_t target;
    uint32_t address;     /* ADDRESS_NONE: none, or not known */
    uint16_t row;         /* of the target in reports (loadgen/target/rows.h) */
    uint16_t address_row; /* of the address */
    bool is_fired; /* fired by a script: nothing was sent, and there is no status; the time is
                      in service_ns */
    bool is_bare;  /* from vegeta: only the latency is known; it is in service_ns */
    uint16_t retries;
    uint16_t redirects;
    uint16_t violations; /* of RFC 9112: VIOLATION_BIT */
    uint16_t code;       /* 0: no complete answer */
    enum outcome outcome;
    enum judgement judgement;
    const char *error; /* NULL, or a text from the text pool */
};

/* Requests with more lag than this count as late. */
#define RESULT_LATE_NS UINT64_C(1000000)

/* The judgement of a script, if there is one; otherwise true for a status from 200 to 399. */
static inline bool result_is_success(const struct result *result)
{
    bool is_good = result->code >= 200 && result->code < 400;
    return result->judgement == JUDGEMENT_NONE ? is_good : result->judgement == JUDGEMENT_SUCCESS;
}

static inline uint64_t result_latency_ns(const struct result *result)
{
    return result->lag_ns + result->wait_ns + result->connect_ns + result->service_ns;
}

/*
 * When the request ended, since the start of the run. A script may fire a result whose latency is
 * longer than the run so far; it ended when it was fired, not later.
 */
static inline uint64_t result_end_ns(const struct result *result)
{
    uint64_t took_ns = result->is_fired ? result->first_byte_ns : result_latency_ns(result);
    return result->intended_ns + took_ns;
}

#endif
