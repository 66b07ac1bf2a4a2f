/*
 * part - the part of a run that this process performs, on a separate thread.
 *
 *     part_start    sets up: threads, names, certificates             PART_PREPARING
 *                   waits for the start                               PART_READY
 *     part_begin    sends requests; reports each second               PART_READY
 *     part_follow   follows another epoch
 *     part_stop     ends before the plan does
 *                   drained, the account is sent                      PART_ENDED
 *     part_free
 *
 * If it cannot begin, or fails, the account contains the reason.
 *
 * Threads: all functions on one thread; none waits for the run. Memory: part_free, which abandons a
 * part that has not ended.
 */
#ifndef LOADGEN_CLUSTER_WORKER_PART_H
#define LOADGEN_CLUSTER_WORKER_PART_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/cluster/bus/outbox.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/epoch.h"
#include "loadgen/drive/driver.h"
#include "loadgen/order/order.h"

/* All pointers are borrowed. */
struct part_config {
    const struct order *order; /* its plan has counts_only */
    const struct driver_type *driver_type;
    bool counts_targets;
    struct wire_worker self;
    struct bus_outbox *outbox;
    const _Atomic uint64_t *contact_ns; /* of struct control (run/run.h) */
};

struct part;

enum part_state { PART_PREPARING, PART_READY, PART_ENDED };

/* Begins with this epoch, in which the worker has a seat. NULL: err is set. */
struct part *part_start(const struct part_config *config, const struct wire_epoch *epoch,
                        struct err *err);

/* Readable when the state has changed, until part_state is called. */
int part_fd(const struct part *part);
enum part_state part_state(struct part *part);

/* The measured part of the run begins at this CLOCK_MONOTONIC time; it may have passed. */
void part_begin(struct part *part, uint64_t start_ns);

bool part_has_begun(const struct part *part);

/* The run time; 0: it has not started. */
uint64_t part_elapsed_ns(const struct part *part);

/* Follows the next epoch, final or not (wire/epoch.h). False: there were too many at once. */
bool part_follow(struct part *part, const struct wire_epoch *epoch, struct err *err);

/* How many epochs have taken effect (run/changes.h: changes_epochs). */
uint64_t part_epochs(const struct part *part);

/* WIRE_DRAIN: drains requests in flight. WIRE_ABANDON: does not. */
void part_stop(struct part *part, enum wire_stop_how how);

/* In PART_ENDED: it ended because there was no contact with the broker. */
bool part_was_cut_off(const struct part *part);

/* In PART_ENDED: why it failed; "": it did not. */
const char *part_problem(const struct part *part);

void part_free(struct part *part); /* NULL is allowed */

#endif
