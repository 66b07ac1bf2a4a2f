/*
 * lease - makes sure that at most one process at a time is the controller.
 *
 * The lease is a key in a bucket. A thread of its holder rewrites the key every LEASE_RENEW_NS,
 * always with the expected revision. The lease expires if it is not renewed for LEASE_VOID_NS.
 *
 * No clocks are compared. The holder measures from just before it sent its last successful renewal.
 * Another process that wants the lease reads the key every LEASE_RENEW_NS, and takes the lease when
 * the revision has not changed for LEASE_VOID_NS. Only time in which its reads succeed counts, so
 * if no process could reach the broker, the holder still has the whole time to renew. If a holder
 * dies, another process can replace it after waiting for LEASE_VOID_NS.
 *
 *     HELD    renewed in time: this process is the controller
 *     LATE    not renewed in time: do nothing that only a controller may do. Becomes HELD again if
 *             no other process has taken the lease
 *     LOST    another process has taken it; final
 *
 * Threads: lease_state on any; the rest on one. Memory: strings are copied.
 */
#ifndef LOADGEN_CLUSTER_LEASE_H
#define LOADGEN_CLUSTER_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/cluster/bus/bucket.h"
#include "loadgen/cluster/lease_claim.h"

#define LEASE_RENEW_NS NS_PER_S
#define LEASE_VOID_NS (5 * NS_PER_S)

enum lease_state { LEASE_HELD, LEASE_LATE, LEASE_LOST };

struct lease;

/*
 * Takes the lease. If another process has it, waits about LEASE_VOID_NS until it expires, and
 * stores that process's claim in *left, so that its work can be continued. *left is empty if the
 * lease was free. NULL with err: ERR_FAILED names the holder if it renews its lease, or says that
 * the broker does not answer. NULL without err: stop_fd (-1: none) became readable.
 */
struct lease *lease_take(struct bucket *bucket, const char *key, const struct lease_claim *claim,
                         int stop_fd, struct lease_claim *left, struct err *err);

enum lease_state lease_state(const struct lease *lease);

/* The time since the last successful renewal was sent: since then, the broker may have stored
 * nothing. */
uint64_t lease_age_ns(const struct lease *lease);

/* After LEASE_LOST: stores the claim of the new holder; empty if it could not be read. */
void lease_winner(struct lease *lease, struct lease_claim *winner);

/*
 * Releases the lease if it is held, so that another process can take it immediately, and frees it.
 * NULL is allowed.
 */
void lease_release(struct lease *lease);

/* Frees the lease without releasing it, as if the process had died. NULL is allowed. */
void lease_abandon(struct lease *lease);

#endif
