/*
 * lease - who the controller is: at most one process at a time.
 *
 * The lease is a key of a bucket. Its holder writes it anew each LEASE_RENEW_NS, always with the
 * expected revision, on a thread of its own. It is void when it was not renewed for LEASE_VOID_NS.
 *
 * No clocks are compared. The holder counts from just before its last successful renewal was sent.
 * Who wants the lease of somebody else reads the key each LEASE_RENEW_NS and takes it when its
 * revision has stayed the same over LEASE_VOID_NS, counting only while its own reads succeed: so a
 * holder that was cut off together with everybody else has the whole time to renew it. A holder
 * that dies is replaced LEASE_VOID_NS after somebody began to look.
 *
 *     HELD    renewed in time: this process is the controller
 *     LATE    not renewed in time: do nothing that only a controller may do. It becomes HELD again
 *             if nobody took the lease
 *     LOST    somebody else took it, for good
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
 * Takes the lease. If somebody else has it, waits until it is void, for about LEASE_VOID_NS; *left
 * is then the claim of the one that lost it, so that its work can go on. *left is empty if the
 * lease was free. NULL with err: ERR_FAILED names the holder if it renews its lease, or says that
 * the broker does not answer. NULL without err: stop_fd (-1: none) became readable.
 */
struct lease *lease_take(struct bucket *bucket, const char *key, const struct lease_claim *claim,
                         int stop_fd, struct lease_claim *left, struct err *err);

enum lease_state lease_state(const struct lease *lease);

/* After LEASE_LOST: who has it now; an empty claim if that could not be read. */
void lease_winner(struct lease *lease, struct lease_claim *winner);

/* Gives the lease back, so that somebody else can take it at once, and frees it. NULL is allowed.
 */
void lease_release(struct lease *lease);

/* Forgets the lease without giving it back, as if the process had died. NULL is allowed. */
void lease_abandon(struct lease *lease);

#endif
