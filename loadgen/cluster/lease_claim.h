/*
 * lease_claim - the holder of the lease, and the work that it does.
 */
#ifndef LOADGEN_CLUSTER_LEASE_CLAIM_H
#define LOADGEN_CLUSTER_LEASE_CLAIM_H

enum { LEASE_TEXT_MAX = 127 };

/* Printable ASCII without quotes and backslashes. */
struct lease_claim {
    char holder[LEASE_TEXT_MAX + 1]; /* for messages: "headroom-0, process 7" */
    char work[LEASE_TEXT_MAX + 1];   /* the digest of its order; may be empty */
};

#endif
