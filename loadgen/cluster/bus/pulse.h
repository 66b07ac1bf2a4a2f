/*
 * pulse - pings the broker every PULSE_NS, and stores the time at which the last answered ping was
 * sent.
 *
 * The client library also sends pings, but does not report when the broker answered.
 *
 * Threads: it runs a thread. Start and stop it on one thread.
 */
#ifndef LOADGEN_CLUSTER_BUS_PULSE_H
#define LOADGEN_CLUSTER_BUS_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"

#define PULSE_NS NS_PER_S

struct bus;
struct pulse;

/* Keeps bus->pong_ns up to date. NULL: err is set. */
struct pulse *pulse_start(struct bus *bus, struct err *err);

/* Close the connection first, so that no ping is in progress. NULL is allowed. */
void pulse_stop(struct pulse *pulse);

#endif
