/*
 * second - the state of a worker and its generator at the end of a second, as fields of messages.
 */
#ifndef LOADGEN_CLUSTER_WIRE_SECOND_H
#define LOADGEN_CLUSTER_WIRE_SECOND_H

#include <stdint.h>

#include "loadgen/cluster/wire/codec.h"
#include "loadgen/measure/summary.h"

/* Counts are of this worker alone, since the start of the run. */
struct wire_second {
    uint64_t elapsed_ns; /* run time */
    uint64_t intended;
    uint64_t started; /* of `intended`; ended, in flight, or abandoned */
    uint64_t ended;
    uint64_t in_flight;
    uint64_t users;
    uint64_t iterations;
    uint64_t iterations_dropped;
    uint64_t p50_ns; /* latency, since the start */
    uint64_t p99_ns;
    uint64_t lag_p99_ns;
    struct generator generator;
};

void wire_second(struct wire *wire, struct wire_second *second);
void wire_generator(struct wire *wire, struct generator *generator);

#endif
