/*
 * pulse - pings the broker each PULSE_NS, and remembers when an answered ping was sent.
 *
 * The client library pings too, but does not tell when the broker answered.
 *
 * Threads: one of its own. Start and stop on one thread.
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

/* The connection must be closed, so that no ping is waited for. NULL is allowed. */
void pulse_stop(struct pulse *pulse);

#endif
