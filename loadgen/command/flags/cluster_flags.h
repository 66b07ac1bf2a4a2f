/*
 * cluster_flags - the values of the flags in nats.def and cluster.def.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line.
 */
#ifndef LOADGEN_COMMAND_FLAGS_CLUSTER_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_CLUSTER_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

struct nats_flags {
    const char *url; /* NULL: no broker */
    const char *creds;
    const char *ca;
    bool is_insecure;
};

struct cluster_flags {
    struct nats_flags nats;
    uint64_t expect_workers;
    uint64_t expect_wait_ns;
};

#endif
