/*
 * lease_inside - definitions shared by lease.c (renewing) and lease_take.c (taking).
 */
#ifndef LOADGEN_CLUSTER_LEASE_INSIDE_H
#define LOADGEN_CLUSTER_LEASE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/cluster/bus/bucket.h"
#include "loadgen/cluster/lease_text.h"

struct lease {
    struct bucket *bucket;
    char *key;
    struct lease_text text;
    int stop_fd; /* eventfd: ends the thread */
    pthread_t thread;
    uint64_t revision;           /* used only by the thread, while it runs */
    _Atomic uint64_t renewed_ns; /* just before the last successful renewal was sent */
    _Atomic bool is_lost;
    pthread_mutex_t lock;
    struct lease_claim winner; /* under the lock */
};

/* Writes the claim, if the key has the expected revision (0: if it has no value). */
enum bus_status lease_write(struct lease *lease, uint64_t expected);

/* Waits until due_ns. False: stop_fd is readable. */
bool lease_pause(uint64_t due_ns, int stop_fd);

/*
 * Takes a lease when it is free or has expired (lease_take). False without err: stop_fd is
 * readable.
 */
bool lease_wait(struct lease *lease, int stop_fd, struct lease_claim *left, struct err *err);

#endif
