/*
 * clock - a request for the controller's time. Several round trips give the difference of the two
 * clocks, and its uncertainty (cluster/offset.h).
 *
 * Both use CLOCK_MONOTONIC. `clock` is a random number that identifies the clock of one controller,
 * because times of different controllers must not be mixed.
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
    uint64_t sent_ns;     /* copied from the request */
    uint64_t received_ns; /* the controller's clock, when the request arrived */
    uint64_t answered_ns; /* the same, just before the answer was sent */
};

void wire_write_ask(struct bytes *out, const struct wire_ask *ask);
enum wire_read wire_read_ask(struct slice message, struct wire_ask *ask);

void wire_write_answer(struct bytes *out, const struct wire_answer *answer);
enum wire_read wire_read_answer(struct slice message, struct wire_answer *answer);

#endif
