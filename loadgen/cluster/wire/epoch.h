/*
 * epoch - a message with the workers that take part from a moment on, the owner of each slot, and
 * the schedule.
 *
 * A worker that joins needs only the last epoch, which has the state of the schedule at its first
 * request (pace/epoch.h). Epoch 0 begins at 0, with the schedule of the order.
 *
 * An epoch is published in two steps, so that a slot never has two owners:
 *
 *     is_final false    Each worker closes its last epoch at at_ns (epoch_close), so that later
 *                       requests wait, and announces that the epoch has arrived. In a run of users,
                       it ends those of slots that it loses, and announces this when the last one
                       has ended.
 *     is_final true     Sent when every worker that loses slots has announced it, or is lost. The
 *                       workers continue with the new owners (epoch_publish).
 *
 * If a worker that loses slots does not answer in time, the controller publishes the same number as
 * final with the old owners: an epoch that changes nothing. So each number becomes final once, and
 * a worker that missed the first step may take both together.
 *
 * Memory: wire_epoch_free frees what wire_read_epoch filled in.
 */
#ifndef LOADGEN_CLUSTER_WIRE_EPOCH_H
#define LOADGEN_CLUSTER_WIRE_EPOCH_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"
#include "loadgen/pace/epoch.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/pace/slots.h"

/* A worker that takes or took part. Thread numbers are not reused within a run. */
struct wire_seat {
    struct wire_worker worker;
    uint16_t first;   /* number of its first thread */
    uint16_t threads; /* at least 1 */
};

struct wire_epoch {
    uint64_t run;
    uint64_t number;
    bool is_final;
    uint64_t at_ns;            /* run time */
    uint64_t first;            /* number of the first request due at at_ns or later */
    uint64_t users;            /* of a closed loop, or the cap on requests in flight;
                                  UINT64_MAX: no cap. Of a scenario: the number of users that is
                                  being reached; UINT64_MAX: a shape decides */
    uint64_t users_from;       /* of a scenario: users at at_ns */
    double users_per_s;        /* of a scenario: users started or ended per second */
    struct piece piece;        /* its schedule passes schedule_check */
    struct schedule_walk walk; /* state at `first` */
    struct slots slots;        /* every owner is a thread of a seat */
    size_t count;              /* 1 to WIRE_WORKERS */
    struct wire_seat *seats;   /* in the order of their threads, which do not overlap */
};

void wire_write_epoch(struct bytes *out, const struct wire_epoch *epoch);
enum wire_read wire_read_epoch(struct slice message, struct wire_epoch *epoch);

void wire_epoch_free(struct wire_epoch *epoch);

/* The seat of this worker; NULL: it has none. */
const struct wire_seat *wire_epoch_find(const struct wire_epoch *epoch,
                                        const struct wire_worker *worker);

/* Greater than any thread number: `all` of struct team. */
uint16_t wire_epoch_threads(const struct wire_epoch *epoch);

#endif
