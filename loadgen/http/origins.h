/*
 * origins - the origins (scheme, host and port) that an engine sends to: those of the targets, and
 * those that redirects lead to. In addition to the shared origins, each owner (owner.h) has its own
 * origins, with its own connections.
 *
 * An engine's origin struct begins with a struct origin; it is created on first use, with its other
 * fields zeroed. An engine that must initialize these fields, or that connects to another host (a
 * proxy), sets `begin` and `end`. A live source, or scripts, may add endpoints during the run.
 *
 * Threads: belongs to the engine's thread. Memory: origins_fini frees the shared origins,
 * owner_close an owner's; origins do not move.
 */
#ifndef LOADGEN_HTTP_ORIGINS_H
#define LOADGEN_HTTP_ORIGINS_H

#include "loadgen/http/engine.h"
#include "loadgen/http/owner.h"
#include "loadgen/net/link/link_tls.h"

enum { ORIGINS_REDIRECTED_MAX = 1000 };

struct origin {
    struct origins *origins;
    struct origin *base; /* the shared origin of this scheme, host and port; itself if shared */
    struct origin *next; /* in the shared origins, newest first; or in its owner's */
    const char *host;    /* without brackets */
    char *own_host;      /* `host`, if only a redirect names the origin; otherwise NULL */
    uint16_t port;
    bool is_https;
    struct destination *destination; /* to connect to */
    struct link_host secure;         /* TLS state; only the base's is used */
};

struct origins {
    const struct engine_config *config;
    size_t size;
    struct origin **of_targets; /* by endpoint; NULL: not used yet */
    struct origin *all;         /* the shared ones */
    size_t redirected_count;

    /*
     * Set by the engine after origins_init, or NULL. `begin` fills in the engine's part of a new
     * origin, and returns the destination to connect to; NULL: out of memory. `end` frees that
     * part, even if `begin` failed.
     */
    struct destination *(*begin)(const struct engine_config *config, struct origin *origin);
    void (*end)(struct origin *origin);

    /* Closes the connections of an owner's origin, which must have nothing in flight. */
    void (*close)(struct origin *origin);
};

/* True if the origin belongs to an owner. */
static inline bool origin_is_owned(const struct origin *origin)
{
    return origin->base != origin;
}

/* Returns the origin as a struct redirect_origin (redirect.h). */
static inline struct redirect_origin origin_of_redirect(const struct origin *origin)
{
    return (struct redirect_origin){origin->host, origin->port, origin->is_https};
}

/*
 * `size` is the size of the engine's own struct. False: out of memory; call origins_fini even then.
 */
bool origins_init(struct origins *origins, const struct engine_config *config, size_t size);
void origins_fini(struct origins *origins);

/* The owner's origin of an endpoint; the shared one if `owner` is NULL. NULL: out of memory. */
struct origin *origins_at(struct origins *origins, uint32_t endpoint, struct owner *owner);

/*
 * Like origins_at, for the origin that a redirect names; creates it if needed. NULL: redirects have
 * already added ORIGINS_REDIRECTED_MAX origins, or out of memory; `problem` says which.
 */
struct origin *origins_find(struct origins *origins, const struct redirect *hop,
                            struct owner *owner, char problem[REASON_MAX]);

#endif
