/*
 * state - the state of a worker. Internal to cluster/worker.
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
    struct bus_queue *orders; /* NULL: no controller has created the stream yet */
    uint64_t orders_made_ns;  /* when that stream was created (bus/stream.h) */
    uint64_t look_ns;     /* CLOCK_MONOTONIC: when to check again whether it is the same stream */
    uint64_t orders_from; /* first message of the stream that the queue reads */
    bool is_replaced;     /* another order arrived while a part was active; read it afterwards */
    struct bus_queue *lease; /* of the controller; NULL: no controller has created the bucket yet */
    struct bus_queue *keys;  /* of the run; NULL: no run is known */
    struct assignment assignment;
    struct trips trips;
    uint64_t measure_by_ns;  /* CLOCK_MONOTONIC: deadline for measuring the clock well; 0: none */
    struct part *part;       /* NULL: none is active */
    struct wire_start start; /* run 0: not known */
    uint64_t begin_by_ns;    /* CLOCK_MONOTONIC: deadline for knowing the start time */
    uint64_t followed;       /* epochs up to this one have arrived and are final */
    uint64_t received;       /* epochs up to this one have arrived */
    uint64_t heard_ns;       /* last sign of a controller */
    /*
     * The pong of the bus, as of this thread's last turn. If this thread is blocked, it follows no
     * epochs, so its part must not send requests either.
     */
    _Atomic uint64_t contact_ns;
    uint64_t announce_ns; /* when to announce next */
    bool is_cut_off;      /* its part ended for lack of contact; serving_return is due */
    bool is_leaving;
    unsigned stops;        /* stops requested so far */
    uint64_t leave_by_ns;  /* CLOCK_MONOTONIC: when the part is stopped */
    uint64_t leave_run_ns; /* run time from which on it owns no slots; UINT64_MAX: not known */
};

/* Formats a line for options->tell. */
void serving_tell(const struct serving *serving, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Announces this worker's state now, and again in a second. */
void serving_announce(struct serving *serving);

/* Draws the number by which others tell this process from an earlier one of the same name. */
bool serving_draw(struct serving *serving, struct err *err);

/* Sets the state and the problem, and announces them immediately. */
void serving_set(struct serving *serving, enum wire_state state, const char *problem);

/* orders.c: */
void serving_open_sources(struct serving *serving);  /* opens those that are not open yet */
void serving_check_sources(struct serving *serving); /* reopens those that the broker has lost */
void serving_take_orders(struct serving *serving);
void serving_prepare(struct serving *serving); /* if the order is complete, but not open yet */
void serving_forget_run(struct serving *serving);
void serving_return(struct serving *serving); /* if it was cut off, and the broker is back */

/* course.c: */
void serving_take_keys(struct serving *serving);
void serving_begin(struct serving *serving); /* starts a waiting part, if the start is known */
void serving_watch_part(struct serving *serving);
void serving_leave(struct serving *serving, unsigned stops);

#endif
