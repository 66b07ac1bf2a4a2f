/*
 * names - resolves host names, caches the answers and keeps them fresh.
 *
 *     unresolved  --addresses-->  resolved  --"no such host"-->  failed
 *          \__error, or no answer in time________________________^
 *
 * Used by resolver.h. A lookup answers immediately from the cache, or calls back when the name
 * servers have answered. Concurrent lookups of one name share one query. IP addresses and unix
 * sockets need no query.
 *
 * NAME_TIMEOUT_NS after a query was queued, all lookups that wait for it fail. An error is cached
 * for NAME_RETRY_NS; the next lookup after that still gets the error, and starts a new query in the
 * background. Once a query returns addresses, the name is resolved. Error messages follow the
 * format of Go's resolver ("lookup api on 10.0.0.10:53: no such host").
 *
 * names_config.ttl_ns says how long an answer is cached. When the answer expires, the name is
 * queried again while the old addresses stay in use. If that query fails, the old addresses stay;
 * only "no such host" and an answer without a suitable address remove them.
 *
 * With names_config.allowed (allow.h), a name that is not allowed fails without a query, and
 * addresses that are not allowed do not count as suitable.
 *
 * If connections are kept alive and a destination has several addresses, every NAME_RETRY_NS a
 * connection is requested to each peer without connections. So a peer that refused connections or
 * died regains its share when it is back. With a TTL, each answer after the first also starts a
 * rebalancing (peers_balance): one step every NAME_BALANCE_NS until the peers are even.
 *
 * Threads: belongs to one thread and its loop. Memory: the owner embeds each name and calls
 * name_fini; a name must not move.
 */
#ifndef LOADGEN_NET_NAMES_NAMES_H
#define LOADGEN_NET_NAMES_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/net/address_list.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/names/dns.h"
#include "loadgen/net/peers.h"

#define NAME_TIMEOUT_NS UINT64_C(10000000000)
#define NAME_RETRY_NS UINT64_C(1000000000)
#define NAME_BALANCE_NS UINT64_C(100000000)
#define NAMES_NO_CACHE (-1)

struct names_config {
    const char *servers;            /* "ip[:port],..."; NULL: those of /etc/resolv.conf */
    int64_t ttl_ns;                 /* 0: forever; NAMES_NO_CACHE: a query for every connection */
    int family;                     /* AF_INET, AF_INET6, or AF_UNSPEC for both */
    const char *allowed;            /* the targets that may be connected to; NULL: all */
    bool is_balanced;               /* connections are kept alive, and may move between peers */
    struct address_list *addresses; /* of the run */
    unsigned thread;                /* index of this thread */
    unsigned threads;
};

struct name;

/* A pending lookup, embedded by its owner; must not move until it is answered or canceled. */
struct lookup {
    /*
     * Called only by names_expire. `peer` is what name_next would store in *peer; NULL: the lookup
     * failed.
     */
    void (*on_answer)(struct lookup *lookup, struct peer *peer);
    /* Private: */
    struct lookup *next;
    struct lookup **link; /* points to this lookup; NULL: not pending */
    const struct name *name;
};

enum lookup_result {
    LOOKUP_DONE,    /* *peer counts one more open connection; release it with peer_release */
    LOOKUP_FAILED,  /* lookup_problem says why */
    LOOKUP_PENDING, /* on_answer will be called unless the lookup is canceled */
};

/* Cancels a lookup; does nothing if it is not pending. */
void lookup_cancel(struct lookup *lookup);

/* Returns why the lookup failed. For a canceled lookup, the reason is a timeout. */
const char *lookup_problem(const struct lookup *lookup);

enum name_state {
    NAME_UNRESOLVED,
    NAME_RESOLVED,
    NAME_FAILED,
};

/* A host and port to resolve. */
struct name {
    struct names *names;
    char *host;
    uint16_t port;
    struct peers peers;
    size_t *address_count; /* the owner's sum over its names */
    enum name_state state;
    bool is_literal;        /* an IP address, a unix socket or not allowed: never queried */
    bool is_trusted;        /* all addresses that it resolves to are allowed */
    bool is_queued;         /* a query has yet to be sent */
    bool is_querying;       /* a query is in flight */
    bool has_result;        /* names_expire will complete the lookups */
    uint64_t pending_ns;    /* when the query was queued; 0: none, or it timed out */
    uint64_t retry_ns;      /* earliest time of the next query after a failure */
    uint64_t refresh_ns;    /* time of the next query, when the answer expires; UINT64_MAX: never */
    uint64_t balance_ns;    /* time of the next rebalancing step; UINT64_MAX: none */
    struct lookup *lookups; /* pending lookups, newest first */
    struct name *next;      /* in the list of all names */
    struct name *next_queued;
    char problem[DNS_ERROR_TEXT];
};

struct names {
    const struct names_config *config;
    struct loop *loop;
    struct dns *dns; /* NULL until the first query */
    uint64_t deadline_ns;
    uint64_t revive_ns; /* next time to request connections to peers that have none */
    uint64_t changes;   /* counts changes of addresses and rebalancing steps */
    size_t queries;     /* in flight */
    struct name *all;
    struct name *queue; /* oldest first */
    struct name **queue_end;
};

void names_init(struct names *names, const struct names_config *config, struct loop *loop);
void names_fini(struct names *names); /* call this before name_fini of its names */

/*
 * Adds a name to *names. Queues its first query, unless `literal` replaces the host (length > 0) or
 * the host is an IP address or not allowed. A `literal`, and a name that `is_trusted`, need not be
 * allowed. *deficit (peers.h) and *address_count are sums over the owner's names, to which this
 * name adds its own values. False if out of memory; call name_fini even then.
 */
bool name_init(struct name *name, struct names *names, const char *host, uint16_t port,
               const struct address *literal, bool is_trusted, uint64_t *deficit,
               size_t *address_count);
void name_fini(struct name *name);

/* Looks up the peer for a new connection. */
enum lookup_result name_next(struct name *name, struct lookup *lookup, struct peer **peer);

/* Call names_expire at this time; UINT64_MAX: never. It completes lookups and starts queries. */
uint64_t names_next_deadline_ns(const struct names *names);
void names_expire(struct names *names, uint64_t now_ns);

/* True if each name is resolved or has failed. */
bool names_are_resolved(const struct names *names);

#endif
