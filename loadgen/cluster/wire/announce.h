/*
 * announce - the message in which a worker reports its name and state, once per second, from its
 * start to its end.
 *
 * It tells the controller which workers exist (roster.h), and which have received an order or an
 * epoch.
 */
#ifndef LOADGEN_CLUSTER_WIRE_ANNOUNCE_H
#define LOADGEN_CLUSTER_WIRE_ANNOUNCE_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"

enum wire_state {
    WIRE_WAITING,   /* for an order */
    WIRE_PREPARING, /* receives the order, measures its clock */
    WIRE_READY,     /* can take a seat */
    WIRE_RUNNING, /* has a seat and is set up: it waits for the start, sends requests, or drains */
    WIRE_REFUSED, /* cannot run the order: `problem` contains the reason */
    WIRE_STATES,
};

struct wire_announce {
    struct wire_worker from;
    char version[WIRE_TEXT]; /* of loadgen */
    char node[WIRE_TEXT];    /* "": not known */
    uint16_t threads;        /* threads with which it takes part, 1 to SLOTS */
    double cpu_limit;        /* CPUs */
    enum wire_state state;
    uint64_t run;            /* the run to which `state` refers; 0: none */
    uint64_t epochs;         /* epochs 0 to epochs - 1 of the run have arrived */
    uint64_t elapsed_ns;     /* run time at sending; 0: not started */
    uint64_t uncertainty_ns; /* of its clock, against the controller's; UINT64_MAX: not measured */
    int64_t drift_ns;        /* of its clock since the start; within a day */
    char problem[WIRE_PROBLEM];
};

void wire_write_announce(struct bytes *out, const struct wire_announce *announce);
enum wire_read wire_read_announce(struct slice message, struct wire_announce *announce);

/*
 * The worker is about to end. It sends requests until the next epoch gives its slots to others,
 * then drains, reports and ends.
 */
struct wire_leave {
    struct wire_worker from;
    uint64_t run; /* 0: none */
};

void wire_write_leave(struct bytes *out, const struct wire_leave *leave);
enum wire_read wire_read_leave(struct slice message, struct wire_leave *leave);

#endif
