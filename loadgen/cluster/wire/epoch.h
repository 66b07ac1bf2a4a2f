/*
 * epoch - who takes part from an instant on, who owns which slot, and what the schedule is.
 *
 * A worker that joins needs the last epoch only: it has the state of the schedule at its first
 * request (pace/epoch.h). Epoch 0 begins at 0, with the order's own schedule.
 *
 * An epoch is published in two steps, so that no slot is ever in two hands:
 *
 *     is_final false    A worker closes its last epoch at at_ns (epoch_close): what is due from
 *                       then on waits. It announces that the epoch has arrived.
 *     is_final true     Every worker that loses slots has announced it, or is lost. The workers go
 *                       on with the new owners (epoch_publish).
 *
 * If one that loses slots does not answer in time, the controller publishes the same number as
 * final with the owners as they were: an epoch that changes nothing. So each number becomes final
 * once, and a worker that missed the first step may take both at once.
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

/* A worker that takes part, or did: thread numbers are not given out again within a run. */
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
                                  UINT64_MAX: no cap */
    double users_per_s;        /* of a scenario: users that start or end per second */
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

/* More than the number of any thread: `all` of struct team. */
uint16_t wire_epoch_threads(const struct wire_epoch *epoch);

#endif
