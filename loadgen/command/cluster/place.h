/*
 * place - chooses where a command runs its orders: in this process or, with -nats, on workers in
 * other pods.
 *
 *     runner = place_open(&place, &options->cluster, &err)   ->  session.runner = runner, ...
 *     place_close(&place)
 *
 * Prints on stderr which workers are ready, silent or lost. To show this elsewhere, too, set
 * options.tell and options.on_workers after place_open.
 *
 * Threads: one. Memory: zero-initialize; call place_close even on failure. A place must not move.
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
    struct controller *controller; /* NULL: in this process */
    char holder[PLACE_HOLDER];
};

/* The runner for the orders. NULL: err names the flag. */
const struct order_runner *place_open(struct place *place, const struct cluster_flags *flags,
                                      struct err *err);
void place_close(struct place *place);

/* Converts the flags to options of the bus; `name` identifies this client to the broker. */
struct bus_options place_bus(const struct nats_flags *flags, const char *name);

/* Prints a line about the cluster on stderr; `context` is not used. */
void place_tell(void *context, const char *line);

/*
 * Writes the name of this host, with _ for characters that are not allowed in names of workers.
 * Returns `name`.
 */
const char *place_host(char *name, int size);

#endif
