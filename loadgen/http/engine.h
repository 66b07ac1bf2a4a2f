/*
 * engine - how a request is sent and its answer received: the contract of every engine.
 *
 * One engine serves one thread on that thread's loop. The thread starts exchanges; the engine tells
 * it, through `done`, of each exchange exactly once, whatever the server did: nothing that was
 * started is ever lost. Failure is an outcome and no error: no text and no allocation in the
 * measured window.
 *
 * Moments are CLOCK_MONOTONIC nanoseconds, each read from the clock at its event
 * (docs/measurement.md has the picture). `done` is called from inside start, loop_dispatch, expire
 * and abandon; it may start the next exchange at once.
 *
 * Engines: engine_h1.h (HTTP/1.1), engine_h2.h (HTTP/2), engine_curl.h (what goes through a proxy),
 * and engines.h, which is all of them: route.h says which one a place needs.
 */
#ifndef LOADGEN_HTTP_ENGINE_H
#define LOADGEN_HTTP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/http/capture.h"
#include "loadgen/http/proxy.h"
#include "loadgen/http/redirect.h"
#include "loadgen/http/tls.h"
#include "loadgen/net/address.h"
#include "loadgen/net/address_list.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/resolver.h"
#include "loadgen/target/source.h"
#include "loadgen/target/targets.h"

/* How an exchange ended. The text is what reports call an error of that kind. */
#define OUTCOMES(X)                                                                                \
    X(OUTCOME_ANSWERED, "http")      /* a complete answer, of whatever status */                   \
    X(OUTCOME_TIMED_OUT, "time-out") /* no complete answer in time */                              \
    X(OUTCOME_CONNECT, "connect")    /* no connection: refused, unreachable, no ports, no files */ \
    X(OUTCOME_RESET, "reset")        /* the connection broke: reset by peer, broken pipe */        \
    X(OUTCOME_CLOSED, "closed")      /* the peer closed before the answer was complete */          \
    X(OUTCOME_PROTOCOL, "protocol")  /* what came was no HTTP answer */                            \
    X(OUTCOME_DNS, "dns")            /* the name was not resolved */                               \
    X(OUTCOME_TLS, "tls")            /* no trust: the handshake or a certificate */

enum outcome {
#define X(id, text) id,
    OUTCOMES(X)
#undef X
};

enum {
#define X(id, text) +1
    OUTCOMES_ALL = OUTCOMES(X)
#undef X
};

enum { REASON_MAX = 192 };

/* One request on its way, and then what came of it. */
struct exchange {
    const struct request *request;
    uint64_t number;        /* of the request in the run, from 0 */
    uint64_t intended_ns;   /* when the pacer wanted it */
    uint64_t wait_ns;       /* of started - intended: the part in which all connections were busy */
    uint64_t started_ns;    /* taken up, a connection in hand or begun */
    uint64_t sent_ns;       /* just before the first send of the last try; 0: nothing was sent */
    uint64_t first_byte_ns; /* just after the recv with the answer's first byte; 0: none came */
    uint64_t done_ns;       /* just after the recv that completed the answer, or the failure */
    uint64_t bytes_in;      /* of the answer's body */
    uint64_t bytes_out;     /* of the request's body, when all of it was sent */
    uint32_t address;       /* of the last try, in the run's address_list.h; ADDRESS_NONE: none */
    enum outcome outcome;
    int system_error;              /* errno of CONNECT and RESET */
    uint16_t code;                 /* HTTP status; 0 when there was no complete answer */
    uint16_t retries;              /* extra tries: a reused connection had just been closed */
    uint16_t redirects;            /* hops that were followed */
    const struct capture *capture; /* of an ANSWERED one, while `done` runs; NULL: not kept */
    char reason[REASON_MAX]; /* status text ("Not Found") when code >= 400, or what was broken */
};

struct engine_type;
struct link;
struct links;

struct engine_config {
    struct resolver *resolver; /* of the same loop; outlives the engine, as links do */
    struct links *links;
    const struct endpoint *endpoints; /* by request->endpoint; borrowed */
    struct address local;             /* where connections come from; length 0: the kernel says */
    size_t endpoint_count;
    uint64_t timeout_ns;      /* from started to done; 0: none */
    uint64_t max_connections; /* to each endpoint, this engine's part; UINT64_MAX: no limit */
    uint64_t max_idle;        /* kept open to each endpoint without an exchange, its part too */
    int max_redirects;        /* hops to follow; -1: none, the answer counts as it is */
    bool keepalive;
    bool keeps_answers; /* headers, and of bodies the first max_body bytes */
    uint64_t max_body;
    bool http2;            /* offered to https servers (ALPN), but for those behind a proxy */
    bool h2c;              /* http:// is HTTP/2 as well, without asking */
    bool only_curl;        /* for tests: http:// goes through libcurl too */
    const struct tls *tls; /* what the options say, read; NULL: not expected to be needed */
    const struct tls_options *secure;  /* borrowed, as tls and proxy are */
    const struct proxy_options *proxy; /* of whom places are asked for */

    /* Takes over an exchange that needs another engine, of this type, for its next hop (hop.h), or
     * with its request as it is. What it points to is read before it returns. NULL: there is no
     * other. */
    void (*hand_over)(void *context, const struct engine_type *to, const struct exchange *so_far,
                      const struct redirect *hop, struct link *link);
    void *hand_over_context;
};

typedef void engine_done_fn(void *owner, const struct exchange *exchange);

/* The first member of every engine's own struct. */
struct engine {
    const struct engine_type *type;
};

struct engine_type {
    const char *name;
    struct engine *(*create)(const struct engine_config *config, struct loop *loop,
                             engine_done_fn *done, void *owner, struct err *err);
    void (*destroy)(struct engine *engine); /* NULL is allowed; nothing may be in flight */

    /* Could an exchange with this endpoint start now, within max_connections? */
    bool (*has_room)(struct engine *engine, uint32_t endpoint);

    /* Starts an exchange; started_ns was read from the clock by the caller just now. */
    void (*start)(struct engine *engine, const struct request *request, uint64_t number,
                  uint64_t intended_ns, uint64_t wait_ns, uint64_t started_ns);

    /* Goes on with an exchange that another engine began: sends hop->request to that place, over
     * the link when that is not NULL, which is closed or moved then. `done` may be called before it
     * returns. */
    void (*resume)(struct engine *engine, const struct exchange *so_far, const struct redirect *hop,
                   struct link *link);

    /* When expire must be called, UINT64_MAX for never; and the call, which ends what is overdue.
     */
    uint64_t (*next_deadline_ns)(struct engine *engine);
    void (*expire)(struct engine *engine, uint64_t now_ns);

    /* Ends everything in flight as timed out. */
    void (*abandon)(struct engine *engine);
};

#endif
