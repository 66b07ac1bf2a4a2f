/*
 * outbox - publishes to a stream, and stores each message until the broker has acknowledged it.
 *
 * bus_outbox_put copies the message and returns immediately. If the broker refuses a message
 * because its storage is full, or does not acknowledge it within OUTBOX_ANSWER_NS (because it died,
 * or the network is down), the message is sent again every OUTBOX_RETRY_NS until it is
 * acknowledged. So the broker may store messages twice and out of order. Readers must recognize
 * duplicates: a tally names its worker, second and part.
 *
 * The size of the outbox is limited. A message that does not fit is refused, and the caller counts
 * the loss.
 *
 * Threads: any; bus_outbox_put does not wait for the broker. Call bus_outbox_free last.
 */
#ifndef LOADGEN_CLUSTER_BUS_OUTBOX_H
#define LOADGEN_CLUSTER_BUS_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"

#define OUTBOX_ANSWER_NS (3 * NS_PER_S)
#define OUTBOX_RETRY_NS NS_PER_S

struct bus_outbox;

/* Stores at most bytes_max bytes of data and subjects. NULL: err is set. */
struct bus_outbox *bus_outbox_create(struct bus *bus, size_t bytes_max, struct err *err);

/* False: there is no room, or the message is larger than the broker accepts. */
bool bus_outbox_put(struct bus_outbox *outbox, const char *subject, const void *data,
                    size_t length);

struct bus_outbox_state {
    uint64_t kept; /* messages not yet acknowledged */
    uint64_t kept_bytes;
    uint64_t acknowledged; /* messages */
    uint64_t refused;      /* messages for which bus_outbox_put returned false */
    uint64_t repeated;     /* messages sent again */
    enum bus_status last;  /* why the last one was sent again; BUS_OK: none */
};

void bus_outbox_look(struct bus_outbox *outbox, struct bus_outbox_state *state);

/*
 * Waits until all messages are acknowledged, or until deadline_ns (CLOCK_MONOTONIC). False: some
 * are not acknowledged.
 */
bool bus_outbox_drain(struct bus_outbox *outbox, uint64_t deadline_ns);

/* Drops messages that are not acknowledged. NULL is allowed. */
void bus_outbox_free(struct bus_outbox *outbox);

#endif
