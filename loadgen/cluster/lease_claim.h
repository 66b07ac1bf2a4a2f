/*
 * lease_claim - who is the controller, and of what.
 */
#ifndef LOADGEN_CLUSTER_LEASE_CLAIM_H
#define LOADGEN_CLUSTER_LEASE_CLAIM_H

enum { LEASE_TEXT_MAX = 127 };

/* Who holds the lease, and for what. Printable ASCII without quotes and backslashes. */
struct lease_claim {
    char holder[LEASE_TEXT_MAX + 1]; /* for people: "headroom-0, process 7" */
    char work[LEASE_TEXT_MAX + 1];   /* what it works on: the digest of an order; may be empty */
};

#endif
