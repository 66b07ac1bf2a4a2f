/*
 * engine - the interface of every engine: sends a request and receives its answer.
 *
 * An engine serves one thread, on that thread's loop. The thread starts exchanges; the engine calls
 * `done` exactly once for each of them, whatever the server does. A failure is an outcome
 * (exchange.h), not a struct err. The HTTP/1.1 engine allocates no memory per request; the others
 * do, in nghttp2 and libcurl.
 *
 * Timestamps are CLOCK_MONOTONIC nanoseconds, each read from the clock at its event (see the
 * diagram in docs/measurement.md). `done` is called from inside start, resume, loop_dispatch,
 * expire, resolver_expire and abandon; it may start the next exchange.
 *
 * Engines: h1/engine.h (HTTP/1.1), h2/engine.h (HTTP/2), curl/engine.h (through a proxy), and
 * choice/engines.h, which combines the three and chooses one for each request.
 */
#ifndef LOADGEN_HTTP_ENGINE_H
#define LOADGEN_HTTP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/http/exchange.h"
#include "loadgen/http/proxy.h"
#include "loadgen/http/redirect/redirect.h"
#include "loadgen/http/send.h"
#include "loadgen/net/address.h"
#include "loadgen/net/link/tls.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/names/resolver.h"
#include "loadgen/target/request/source.h"
#include "loadgen/target/targets.h"

struct engine_type;
struct link;
struct link_connects;
struct links;

/*
 * The limits of one thread. They may change during the run. The engine then closes connections
 * beyond the new limits: idle connections immediately, busy ones when their exchanges have ended,
 * without starting further exchanges on them. The connections of owners (owner.h) are not limited.
 */
struct engine_limits {
    uint64_t max_connections; /* per endpoint; UINT64_MAX: no limit */
    uint64_t max_idle;        /* idle connections kept per endpoint */
};

static inline bool engine_limits_equal(const struct engine_limits *a, const struct engine_limits *b)
{
    return a->max_connections == b->max_connections && a->max_idle == b->max_idle;
}

struct engine_config {
    struct resolver *resolver; /* of the same loop; it and `links` outlive the engine */
    struct links *links;
    struct link_connects *connects;   /* counters (link.h); NULL: not counted */
    const struct endpoint *endpoints; /* by request->endpoint; borrowed */
    struct address local;             /* source address; length 0: chosen by the kernel */
    size_t endpoint_count;
    const struct engine_limits *limits; /* borrowed */
    bool keepalive;
    bool is_open_loop;     /* balances requests over the addresses of a name */
    bool http2;            /* offer HTTP/2 to https servers (ALPN); never through a proxy */
    bool h2c;              /* HTTP/2 for http://, without negotiation */
    const struct tls *tls; /* loaded certificates; NULL: loaded when first needed */
    const struct tls_options *secure;  /* borrowed, as tls and proxy are */
    const struct proxy_options *proxy; /* proxy settings */

    /* True if an engine of this type sends the hop itself. NULL: it sends every hop. */
    bool (*can_follow)(void *context, const struct engine_type *engine, const struct redirect *hop);

    /*
     * Called when `from` cannot continue an exchange: continues it in another engine, with `hop`
     * or, if `hop` is NULL, with its own request. If the destination belongs to `from` itself, the
     * server has chosen HTTP/1.1 (ALPN). `hop` and `so_far` are copied; `link`, if not NULL, is an
     * open connection to the destination, and is moved or closed.
     */
    void (*hand_over)(void *context, const struct engine_type *from, const struct exchange *so_far,
                      const struct redirect *hop, struct link *link);
    void *context; /* passed to can_follow and hand_over */
};

/* True if this engine sends the hop itself; else it hands the exchange over. */
static inline bool engine_can_follow(const struct engine_config *config,
                                     const struct engine_type *engine, const struct redirect *hop)
{
    return !config->can_follow || config->can_follow(config->context, engine, hop);
}

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

    /* True if max_connections allows an exchange with this endpoint to start now. */
    bool (*has_room)(struct engine *engine, uint32_t endpoint);

    /* Starts an exchange. */
    void (*start)(struct engine *engine, const struct send *send);

    /* Continues an exchange that another engine began; the arguments are those of hand_over. `done`
     * may be called before it returns. */
    void (*resume)(struct engine *engine, const struct exchange *so_far, const struct redirect *hop,
                   struct link *link);

    /* next_deadline_ns: when to call expire (UINT64_MAX: never). expire: ends overdue exchanges. */
    uint64_t (*next_deadline_ns)(struct engine *engine);
    void (*expire)(struct engine *engine, uint64_t now_ns);

    /* Ends all exchanges in flight as timed out. */
    void (*abandon)(struct engine *engine);
};

#endif
