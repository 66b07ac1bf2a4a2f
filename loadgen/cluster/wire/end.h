/*
 * end - the messages at the end of a run: a stop by the controller, and the account of each worker.
 *
 * Memory: when read, an account borrows its last two fields from the message.
 */
#ifndef LOADGEN_CLUSTER_WIRE_END_H
#define LOADGEN_CLUSTER_WIRE_END_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"
#include "loadgen/measure/summary.h"

enum { WIRE_ENVIRONMENT = 64 * 1024, WIRE_ACCOUNT = 512 * 1024 };

enum wire_stop_how {
    WIRE_DRAIN,   /* start no more requests, drain those in flight */
    WIRE_ABANDON, /* do not drain */
    WIRE_STOP_HOWS,
};

struct wire_stop {
    uint64_t run;
    enum wire_stop_how how;
    uint64_t at_ns; /* run time; 0: immediately */
};

void wire_write_stop(struct bytes *out, const struct wire_stop *stop);
enum wire_read wire_read_stop(struct slice message, struct wire_stop *stop);

/* Sent after the worker's last tally. The counts are those of struct summary. */
struct wire_end {
    struct wire_worker from;
    uint64_t run;
    uint64_t seconds;  /* index of its last second, plus 1 */
    uint64_t intended; /* started + not_started, unless it failed */
    uint64_t started;  /* ended + abandoned, unless it failed */
    uint64_t ended;
    uint64_t not_started;
    uint64_t too_late;
    uint64_t abandoned;
    uint64_t iterations;
    uint64_t iterations_dropped;
    uint64_t lost_connects;
    struct spread spread;
    struct generator generator;
    bool is_interrupted;
    bool is_cut_off;            /* it had no contact with the broker, and will join again */
    uint64_t uncertainty_ns;    /* of its clock */
    int64_t drift_ns;           /* of its clock, from start to end */
    char problem[WIRE_PROBLEM]; /* why the run failed on this worker; "": it did not */
    struct slice environment;   /* JSON (run/fingerprint.h), not checked; empty: not known */
    struct slice account;       /* JSON (drive/cargo.h), not checked; empty: there is none */
};

void wire_write_end(struct bytes *out, const struct wire_end *end);
enum wire_read wire_read_end(struct slice message, struct wire_end *end);

#endif
