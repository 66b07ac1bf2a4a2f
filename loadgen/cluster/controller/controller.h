/*
 * controller - runs orders with the threads of workers in other processes (worker/worker.h).
 *
 *     controller_create
 *     controller_watch    optional: lists the workers also while nothing runs (lookout.h)
 *     runner->run         connects to the broker, and takes the lease, so that there is only one
 *                         controller; sends the order, and waits for the expected workers; gives
 *                         each its slots, and all the same start time; merges their tallies, second
 *                         by second; moves slots when workers join or leave
 *     controller_rest     optional: gives up the lease until the next run
 *     controller_destroy
 *
 * Workers do not send individual results, so a result file has only the counts of each second
 * (plan.counts_only). Some orders cannot be sent (order/order_json.h).
 *
 * Threads: as runner.h says. The client library starts its threads while signals are blocked
 * (command/process/interrupt.h). Memory: controller_destroy.
 */
#ifndef LOADGEN_CLUSTER_CONTROLLER_CONTROLLER_H
#define LOADGEN_CLUSTER_CONTROLLER_CONTROLLER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/cluster/controller/options.h"
#include "loadgen/run/runner.h"

struct controller;

/* Borrows the options. */
struct controller *controller_create(const struct controller_options *options);

/* Valid until controller_destroy. */
const struct order_runner *controller_runner(const struct controller *controller);

/*
 * Lists the workers with on_workers from now on. Does not wait for the broker. False with err:
 * ERR_USAGE if an option of the bus is wrong.
 */
bool controller_watch(struct controller *controller, struct err *err);

/*
 * Gives up the lease after a run, so that another process can be the controller until the next one.
 * A search is several runs, and must keep it. NULL is allowed.
 */
void controller_rest(struct controller *controller);

void controller_destroy(struct controller *controller); /* NULL is allowed */

#endif
