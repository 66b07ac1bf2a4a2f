/*
 * place - where a command runs its orders: here, or with -nats in the workers of other pods.
 *
 *     runner = place_open(&place, &options->cluster, &err)   ->  session.runner = runner, ...
 *     place_close(&place)
 *
 * Who is there, silent or lost is said on stderr.
 *
 * Threads: one. Memory: start with zeroes; place_close even on failure. A place must not move.
 */
#ifndef LOADGEN_COMMAND_CLUSTER_PLACE_H
#define LOADGEN_COMMAND_CLUSTER_PLACE_H

#include "common/err.h"
#include "loadgen/cluster/controller/controller.h"
#include "loadgen/command/flags/cluster_flags.h"
#include "loadgen/run/runner.h"

enum { PLACE_HOLDER = 100 };

struct place {
    struct controller_options options;
    struct controller *controller; /* NULL: here */
    char holder[PLACE_HOLDER];
};

/* NULL: err names the flag. */
const struct order_runner *place_open(struct place *place, const struct cluster_flags *flags,
                                      struct err *err);
void place_close(struct place *place);

/* What the flags say, for the bus. */
struct bus_options place_bus(const struct nats_flags *flags, const char *name);

/* Prints a line about the cluster on stderr; `context` is not used. */
void place_tell(void *context, const char *line);

/* The name of this host, with _ for what names of workers do not have. */
const char *place_host(char *name, int size);

#endif
