/*
 * resolver - finds the peer for each new connection to a host and port.
 *
 *     destination (host and port) -- -connect-to --> names (names.h) --> peers (peers.h)
 *
 * A destination resolves to its host name or, with -connect-to, to all names that replace it.
 * Connections rotate over the names, and over the peers of each name. The threads' starting points
 * are spread over the names and peers.
 *
 * With names_config.allowed, connections to all other targets fail, as if their names could not be
 * resolved. The exception is a proxy, which is asked only for allowed targets.
 *
 * Only resolver_resolve_all blocks. names.h describes lookups, caching, errors and rebalancing.
 *
 * When peers change, resolver_changes grows. The caller then closes idle connections to each peer
 * for which peer_is_surplus is true. While destination_has_deficit is true, it opens connections,
 * even if others are idle.
 *
 * Threads: belongs to one thread and its loop; the address list is shared. Call ares_library_init
 * first. Memory: destinations and peers live until resolver_destroy.
 */
#ifndef LOADGEN_NET_NAMES_RESOLVER_H
#define LOADGEN_NET_NAMES_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/names/connect_to.h"
#include "loadgen/net/names/names.h"
#include "loadgen/net/turns.h"

struct resolver_config {
    struct names_config names;
    const struct connect_to *connect_to;
    size_t connect_to_count;
    const char *unix_socket; /* path of the socket that replaces every destination; NULL: none */
};

struct resolver;

/* A host and port to connect to. All but the first two fields are private. */
struct destination {
    uint64_t deficit;     /* connections to open even if others are idle */
    size_t address_count; /* sum over its names; if > 1, requests use addresses in turn (turns.h) */
    struct name *names;
    size_t name_count;
    size_t turn; /* modulo name_count: index of the next name */
    bool is_complete;
    bool is_proxy;
    char *host;
    uint16_t port;
    struct destination *next;
};

/* ERR_FAILED if out of memory, ERR_USAGE if the path of the unix socket is too long or not allowed.
 */
struct resolver *resolver_create(const struct resolver_config *config, struct loop *loop,
                                 struct err *err);
void resolver_destroy(struct resolver *resolver); /* NULL is allowed */

/* Returns the destination, and starts to resolve it if it is new. NULL: out of memory. */
struct destination *resolver_find(struct resolver *resolver, const char *host, uint16_t port);

/* The same for a proxy, which need not be allowed. */
struct destination *resolver_find_proxy(struct resolver *resolver, const char *host, uint16_t port);

/* True if a proxy may connect to this target. A name must be listed, because the proxy resolves it.
 */
bool resolver_allows_proxied(const struct resolver *resolver, const char *host, uint16_t port);

/*
 * Looks up the peer for a new connection. The caller reports the outcome to peer_connected or
 * peer_connect_failed, and calls peer_release when the connection is closed.
 */
enum lookup_result resolver_next(struct destination *destination, struct lookup *lookup,
                                 struct peer **peer);

static inline bool destination_has_deficit(const struct destination *destination)
{
    return destination->deficit > 0;
}

/*
 * True if an address has a deficit: a connection to it should be opened even if others are idle.
 * May first create a deficit: with `is_calm`, removes from `turns` an address that is too far
 * behind (turns_take_behind). If this address has connections and `has_room` is true, it gets a
 * deficit.
 *
 * is_calm: the connection next in turn has been idle for longer than its last request took.
 * has_room: the limit allows another connection.
 */
bool destination_update_deficit(const struct destination *destination, struct turns *turns,
                                bool is_calm, bool has_room);

/* The number of addresses, without those of an excluded family (peers.h). */
size_t destination_usable_count(const struct destination *destination);

/*
 * Calls `visit` for each destination with the numbers (address_list.h) of its current addresses, at
 * most RESOLVER_VISIT_MAX of them.
 */
enum { RESOLVER_VISIT_MAX = 256 };
void resolver_visit(const struct resolver *resolver,
                    void (*visit)(void *context, const struct destination *destination,
                                  const uint32_t *numbers, size_t count),
                    void *context);

/* Number of failed connects to addresses of host names other than localhost. */
uint64_t resolver_failed_connects(const struct resolver *resolver);

/* A counter; when it grows, idle connections may have become surplus. */
uint64_t resolver_changes(const struct resolver *resolver);

/* Call resolver_expire at this time; UINT64_MAX: never. It completes lookups. */
uint64_t resolver_next_deadline_ns(const struct resolver *resolver);
void resolver_expire(struct resolver *resolver, uint64_t now_ns);

/*
 * Blocks until each destination is resolved or has failed, until `until_ns`, or until stop_fd (-1:
 * none) is readable. Call this only before a run.
 */
void resolver_resolve_all(struct resolver *resolver, uint64_t until_ns, int stop_fd);

#endif
