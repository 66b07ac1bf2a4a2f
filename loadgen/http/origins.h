/*
 * origins - the hosts and ports that an engine sends to: the targets', and what redirects add.
 *
 * An engine keeps more about each: its own struct begins with a struct origin, and is as long as
 * origins_init was told. It is made, all zeroes but for the origin, when it is first asked for: a
 * live source adds endpoints later.
 *
 * Threads: belongs to the engine's. Memory: origins_fini; origins stay where they are.
 */
#ifndef LOADGEN_HTTP_ORIGINS_H
#define LOADGEN_HTTP_ORIGINS_H

#include "loadgen/http/engine.h"
#include "loadgen/http/link_tls.h"

enum { ORIGINS_REDIRECTED_MAX = 1000 };

struct origin {
    struct origin *next; /* of all, the last one made comes first */
    const char *host;    /* without brackets */
    char *own_host;      /* of one that only a redirect names, else NULL */
    uint16_t port;
    bool is_https;
    struct place *place; /* to connect to */
    struct link_host secure;
};

struct origins {
    const struct engine_config *config;
    size_t size;
    struct origin **of_targets; /* by endpoint; NULL: not asked for so far */
    struct origin *all;
    size_t redirected_count;
};

/* `size` is that of the engine's own struct. False: no memory. */
bool origins_init(struct origins *origins, const struct engine_config *config, size_t size);
void origins_fini(struct origins *origins);

/* The origin of an endpoint. NULL: no memory. */
struct origin *origins_at(struct origins *origins, uint32_t endpoint);

/*
 * The origin that a redirect names: one of the targets', or another. NULL: there are
 * ORIGINS_REDIRECTED_MAX of those, or there is no memory; `problem` says which.
 */
struct origin *origins_find(struct origins *origins, const struct redirect *hop,
                            char problem[REASON_MAX]);

#endif
