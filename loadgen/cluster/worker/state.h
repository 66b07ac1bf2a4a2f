/*
 * state - what the parts of a worker share. Internal to cluster/worker.
 *
 *     worker.c   the loop     orders.c   until it is ready     course.c   the run
 */
#ifndef LOADGEN_CLUSTER_WORKER_STATE_H
#define LOADGEN_CLUSTER_WORKER_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/cluster/bus/outbox.h"
#include "loadgen/cluster/bus/queue.h"
#include "loadgen/cluster/wire/announce.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/epoch.h"
#include "loadgen/cluster/wire/start.h"
#include "loadgen/cluster/worker/options.h"
#include "loadgen/cluster/worker/part.h"
#include "loadgen/cluster/worker/reports.h"
#include "loadgen/cluster/worker/trips.h"

enum { SOURCE_ORDER, SOURCE_LEASE, SOURCE_KEY };

struct serving {
    const struct worker_options *options;
    struct bus *bus;
    struct bus_outbox *outbox;
    struct wire_announce me;
    struct bus_queue *orders; /* NULL: no controller has made the stream yet */
    uint64_t orders_made_ns;  /* when that stream was made (bus/stream.h) */
    uint64_t look_ns;         /* CLOCK_MONOTONIC: when to look again whether it is the same one */
    uint64_t orders_from;     /* where the queue begins in the stream */
    bool is_replaced;         /* another order has come while a part is on: read again after it */
    struct bus_queue *lease;  /* of the controller; NULL: no controller has made the bucket yet */
    struct bus_queue *keys;   /* of the run; NULL: none is known */
    struct assignment assignment;
    struct trips trips;
    struct part *part;       /* NULL: none is on */
    struct wire_start start; /* run 0: not known */
    uint64_t begin_by_ns; /* CLOCK_MONOTONIC: then a part that does not know the start gives up */
    uint64_t followed;    /* epochs up to this one have come, final */
    uint64_t received;    /* epochs up to this one have come */
    uint64_t heard_ns;    /* of a controller */
    /* The pong of the bus, as of this thread's last turn: a thread that stands still follows no
     * epoch, so its part may not send either. */
    _Atomic uint64_t contact_ns;
    uint64_t announce_ns; /* when to announce next */
    bool is_leaving;
    unsigned stops;        /* that were asked for */
    uint64_t leave_by_ns;  /* CLOCK_MONOTONIC: then the part is stopped */
    uint64_t leave_run_ns; /* run time from which on it owns nothing; UINT64_MAX: not known */
};

/* Formats a line for options->tell. */
void serving_tell(const struct serving *serving, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Announces this worker's state now, and next in a second. */
void serving_announce(struct serving *serving);

/* Changes what is announced, and announces it at once. */
void serving_set(struct serving *serving, enum wire_state state, const char *problem);

/* orders.c: which run it is. */
void serving_open_sources(struct serving *serving);  /* those that are not open yet */
void serving_check_sources(struct serving *serving); /* opened again if the broker lost them */
void serving_take_orders(struct serving *serving);
void serving_prepare(struct serving *serving); /* if the order has come and is not opened yet */
void serving_forget_run(struct serving *serving);

/* course.c: what happens in the run. */
void serving_take_keys(struct serving *serving);
void serving_begin(struct serving *serving); /* the part, if its start is known and it waits */
void serving_watch_part(struct serving *serving);
void serving_leave(struct serving *serving, unsigned stops);

#endif
