/*
 * plan - what a run is to do: immutable once it was checked, shared by all threads.
 *
 * Everything here is data, so that it can be written into a result file, or sent to another
 * machine.
 */
#ifndef LOADGEN_RUN_PLAN_H
#define LOADGEN_RUN_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/http/proxy.h"
#include "loadgen/http/tls.h"
#include "loadgen/net/address.h"
#include "loadgen/net/connect_to.h"
#include "loadgen/pace/schedule.h"

struct plan {
    const char *name;         /* of the attack; "" for none */
    struct schedule schedule; /* when, and for how long */
    struct schedule warmup;   /* sent before that and not counted; duration 0: nothing is */
    uint64_t timeout_ns;      /* of a request, from its start; 0: none */
    uint64_t max_workers;     /* requests in flight at most, over all threads; UINT64_MAX: no cap */
    uint64_t max_connections; /* to each host and port, over all threads; 0: no cap */
    uint64_t max_idle;       /* connections to each host and port that are kept without a request */
    int max_redirects;       /* -1: none is followed, the answer counts as it is */
    const char *unix_socket; /* where all connections go instead of to hosts; "" for none */
    const char *resolvers;   /* name servers, "ip[:port],..."; NULL: the system's */
    int64_t dns_ttl_ns;      /* how long a name's addresses are good for; 0: for ever; -1: once */
    const struct connect_to *connect_to;
    size_t connect_to_count;
    struct address local; /* where connections come from; length 0: the kernel says */
    bool keepalive;
    bool keeps_answers; /* headers, and of bodies the first max_body bytes */
    uint64_t max_body;
    bool http2;                 /* is offered to https servers */
    bool h2c;                   /* http:// is HTTP/2 too */
    struct tls_options tls;     /* how https is done */
    struct proxy_options proxy; /* whom places are asked for through */
    bool only_curl;             /* for tests: http:// goes through libcurl too */
    unsigned threads;           /* worker threads at most; a small cap needs fewer */
};

/* Checks the rules between the fields. ERR_USAGE names the flags to change. */
bool plan_check(const struct plan *plan, struct err *err);

/* The threads that are worth starting: no more than there can be requests in flight. */
unsigned plan_threads(const struct plan *plan);

/* The cap on requests in flight to each endpoint, over all threads; UINT64_MAX: none. */
uint64_t plan_cap(const struct plan *plan);

json_t *plan_to_json(const struct plan *plan);

#endif
