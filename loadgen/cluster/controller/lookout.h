/*
 * lookout - lists the workers while the controller runs no order.
 *
 *     lookout_start
 *     lookout_hand_over    a run begins: it starts with the known workers, and lists them itself
 *     lookout_resume       the run has ended
 *     lookout_stop
 *
 * A thread with its own connection to the broker listens to the announcements of workers
 * (wire/announce.h), and calls options->on_workers about once per second. A worker that says that
 * it will end is STOPPING until it is silent. A silent one is MISSING after ROSTER_SILENT_NS, and
 * no longer listed after ROSTER_LOST_NS. Workers of another controller's run are RUNNING.
 *
 * A broker that cannot be reached is reported once (options->tell), and again when it answers. The
 * thread tries again every LOOKOUT_AGAIN_NS.
 *
 * Threads: all functions on one thread. The lookout calls on_workers and tell on its own thread,
 * but not between lookout_hand_over and lookout_resume. Memory: lookout_stop.
 */
#ifndef LOADGEN_CLUSTER_CONTROLLER_LOOKOUT_H
#define LOADGEN_CLUSTER_CONTROLLER_LOOKOUT_H

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/cluster/controller/options.h"
#include "loadgen/cluster/roster.h"

#define LOOKOUT_AGAIN_NS NS_PER_S

struct lookout;

/*
 * Borrows the options, whose on_workers must be set. NULL with err: ERR_USAGE if an option of the
 * bus is wrong. Does not wait for the broker.
 */
struct lookout *lookout_start(const struct controller_options *options, struct err *err);

/* Adds the workers that are there to the roster. NULL is allowed. */
void lookout_hand_over(struct lookout *lookout, struct roster *roster);

void lookout_resume(struct lookout *lookout); /* NULL is allowed */
void lookout_stop(struct lookout *lookout);   /* NULL is allowed */

#endif
