/*
 * options - which broker a bus connects to, and how.
 */
#ifndef LOADGEN_CLUSTER_BUS_OPTIONS_H
#define LOADGEN_CLUSTER_BUS_OPTIONS_H

#include <stdbool.h>

#include "common/clock.h"

#define BUS_CONNECT_NS (2 * NS_PER_S) /* for each server */

/* Fields in errors: cluster.nats, cluster.nats_creds, cluster.nats_tls_ca, cluster.nats_insecure,
 * cluster.inbox. */
struct bus_options {
    /*
     * nats://[USER:PASSWORD@]HOST[:PORT], or tls:// for TLS; several, separated by commas, are
     * servers of one cluster. The port is 4222 if there is none. Only these servers are used:
     * addresses that a server announces are ignored.
     */
    const char *nats;
    /*
     * A file: credentials as `nsc` writes them (a JWT and the seed of its key), or one line
     * USER:PASSWORD. It is read again for each connection if it is of the first kind. NULL: what
     * the URL says.
     */
    const char *creds;
    /* A file of certificates (PEM) that may sign the server's; with it all servers need TLS. NULL:
     * the system's. */
    const char *ca;
    /*
     * Without this, a server that is reached without TLS or without credentials must be on
     * loopback. Certificates are always verified.
     */
    bool is_insecure;
    const char *name; /* shown by the broker's monitoring; NULL: none */
    /* The first tokens of the subjects of answers, so that the broker may let nobody else read
     * them. NULL: _INBOX. */
    const char *inbox;
};

#endif
