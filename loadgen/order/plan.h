/*
 * plan - the parameters of a run, without its targets.
 *
 * Plain data, which can be written into a result file or sent to another machine. Unless a field
 * says otherwise, "none" is NULL (never "") for a string, 0 for a duration, and UINT64_MAX for a
 * limit.
 *
 * Threads: read-only once checked. Memory: strings are borrowed.
 */
#ifndef LOADGEN_ORDER_PLAN_H
#define LOADGEN_ORDER_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/http/proxy.h"
#include "loadgen/net/address.h"
#include "loadgen/net/link/tls.h"
#include "loadgen/net/names/connect_to.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/pace/team.h"

struct plan {
    const char *name;         /* of the attack */
    struct schedule schedule; /* when to send, and for how long */
    struct schedule warmup;   /* sent before `schedule`, not counted */
    uint64_t timeout_ns;      /* of a request, from its start */
    uint64_t max_workers;     /* maximum requests in flight, over all threads */
    uint64_t max_connections; /* maximum per host and port, over all threads */
    uint64_t max_idle;        /* maximum idle connections per host and port */
    int max_redirects;        /* maximum to follow; -1: none, so a redirect is the answer */
    const char *unix_socket;  /* connect to this instead of to hosts */
    const char *resolvers;    /* name servers, "ip[:port],..."; NULL: the system's */
    int64_t dns_ttl_ns;       /* how long answers are cached; 0: forever; -1: for one connection */
    const struct connect_to *connect_to;
    size_t connect_to_count;
    const char *allowed_targets; /* where connections are allowed (net/allow.h); NULL: everywhere */
    struct address local;        /* source address of connections; length 0: chosen by the kernel */
    bool keepalive;
    bool counts_only;   /* the result file has the tally of each second, and no results */
    bool keeps_answers; /* records headers, and the first max_body bytes of bodies */
    uint64_t max_body;  /* 0 unless keeps_answers */
    bool http2;         /* negotiate HTTP/2 with https servers */
    bool h2c;           /* HTTP/2 without TLS, for http:// */
    struct tls_options tls;
    struct proxy_options proxy;
    unsigned threads; /* maximum; see plan_threads */
};

/*
 * Checks that the fields are consistent. ERR_USAGE names the field to change: "order.max_workers:
 * must be at least 1". The command line shows its flag instead (command/flags/field_flags.h).
 */
bool plan_check(const struct plan *plan, struct err *err);

/* Number of threads to start: the least of `threads`, plan_cap and SLOTS. */
unsigned plan_threads(const struct plan *plan);

/* The team of a process that runs the plan alone, with plan_threads threads. */
void plan_team(const struct plan *plan, struct team *team);

/* Cap on requests in flight per endpoint, over all threads; UINT64_MAX: none. */
uint64_t plan_cap(const struct plan *plan);

#endif
