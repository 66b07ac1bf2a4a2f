/*
 * connect - opens and closes the connection of a bus to its broker.
 *
 * A broker on another machine must be reached with TLS and credentials, unless the options allow
 * otherwise (is_insecure).
 *
 * Threads: one.
 */
#ifndef LOADGEN_CLUSTER_BUS_CONNECT_H
#define LOADGEN_CLUSTER_BUS_CONNECT_H

#include <stdbool.h>

#include "common/err.h"

struct bus;
struct bus_options;

/* Checks the options. False: err is set. */
bool connect_check(const struct bus_options *options, struct err *err);

/* Sets bus->connection. False: err is set. */
bool connect_open(struct bus *bus, const struct bus_options *options, struct err *err);

/* Closes the connection. On return, libnats has made its last call into the bus. */
void connect_close(struct bus *bus);

#endif
