/*
 * result - what is kept of one request.
 *
 * The spans add up: lag + wait + connect + service = latency (docs/measurement.md). A request that
 * never got a connection has all of its time after the start in connect.
 */
#ifndef LOADGEN_MEASURE_RESULT_H
#define LOADGEN_MEASURE_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/http/engine.h"

struct result {
    uint64_t number;      /* of the request in the run, from 0 */
    uint64_t intended_ns; /* since the start of the run */
    uint64_t lag_ns;      /* late by the generator's own doing */
    uint64_t wait_ns;     /* every allowed connection was busy */
    uint64_t connect_ns;
    uint64_t service_ns;
    uint64_t first_byte_ns; /* since sent; 0: no byte came */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint32_t target;
    uint32_t address;    /* ADDRESS_NONE: not known, or there was none */
    uint8_t row;         /* of the report that the target belongs to (loadgen/target/rows.h) */
    uint8_t address_row; /* the same for the address */
    bool is_bare;        /* of vegeta's formats: only the latency is known, and stands in service */
    uint16_t retries;
    uint16_t redirects;
    uint16_t code; /* 0: no complete answer */
    enum outcome outcome;
    const char *error; /* NULL, or a text of the text pool */
};

/* Over this lag a request counts as late. */
#define RESULT_LATE_NS UINT64_C(1000000)

static inline uint64_t result_latency_ns(const struct result *result)
{
    return result->lag_ns + result->wait_ns + result->connect_ns + result->service_ns;
}

#endif
