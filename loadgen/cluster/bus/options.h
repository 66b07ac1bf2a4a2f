/*
 * options - the broker of a bus, its credentials and TLS settings.
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
     * nats://[USER:PASSWORD@]HOST[:PORT], or tls:// for TLS. A list, separated by commas, names the
     * servers of one cluster. The default port is 4222. Servers announced by a server are not used.
     */
    const char *nats;
    /*
     * A file: either credentials written by `nsc` (a JWT and the seed of its key), which are read
     * again for each connection, or one line USER:PASSWORD. NULL: the user and password of the URL.
     */
    const char *creds;
    /*
     * A file of CA certificates (PEM) for the servers; if set, all servers must use TLS. NULL:
     * those of the system.
     */
    const char *ca;
    /*
     * Allows servers on other machines without TLS or credentials. Certificates are always
     * verified.
     */
    bool is_insecure;
    const char *name; /* shown by the broker's monitoring; NULL: none */
    /*
     * Prefix of the subjects of answers, so that the broker can prevent others from reading them.
     * NULL: _INBOX.
     */
    const char *inbox;
};

#endif
