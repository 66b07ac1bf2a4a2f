/*
 * connect - makes the connection of a bus: options, safety, and what to say if it fails.
 *
 * Threads: one.
 */
#ifndef LOADGEN_CLUSTER_BUS_CONNECT_H
#define LOADGEN_CLUSTER_BUS_CONNECT_H

#include <stdbool.h>

#include "common/err.h"

struct bus;
struct bus_options;

/* Sets bus->connection. False: err is set. */
bool connect_open(struct bus *bus, const struct bus_options *options, struct err *err);

/* Closes the connection, and waits until libnats calls nothing of the bus any more. */
void connect_close(struct bus *bus);

#endif
