/*
 * clock - a worker asks the controller for its time; many round trips give the difference of the
 * two clocks and its uncertainty (cluster/offset.h).
 *
 * Both read CLOCK_MONOTONIC. `clock` is a random number that each controller draws: another process
 * has another clock, whose readings must not be mixed with those of the first.
 */
#ifndef LOADGEN_CLUSTER_WIRE_CLOCK_H
#define LOADGEN_CLUSTER_WIRE_CLOCK_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"

struct wire_ask {
    struct wire_worker from;
    uint64_t sent_ns; /* the worker's clock, read just before sending */
};

struct wire_answer {
    uint64_t clock;
    uint64_t sent_ns;     /* that of the question */
    uint64_t received_ns; /* the controller's clock, when the question arrived */
    uint64_t answered_ns; /* the same, just before the answer was sent */
};

void wire_write_ask(struct bytes *out, const struct wire_ask *ask);
enum wire_read wire_read_ask(struct slice message, struct wire_ask *ask);

void wire_write_answer(struct bytes *out, const struct wire_answer *answer);
enum wire_read wire_read_answer(struct slice message, struct wire_answer *answer);

#endif
