/*
 * dns - asks name servers for addresses without waiting: c-ares on our loop.
 *
 * First /etc/hosts, then the servers in their order, A and AAAA at once; search domains and ndots
 * are those of /etc/resolv.conf. An answer that does not fit into a datagram is asked for again
 * over TCP. A server has DNS_TRY_MS for the first of DNS_TRIES, and twice as long for the next:
 * with one server it is known after 3 s that it is silent. Is it so about one family alone, the
 * other counts.
 *
 * c-ares is called from dns_ask and dns_step alone, and answers come out of these. An event of the
 * loop only makes dns_step due.
 *
 * Threads: belongs to the thread of its loop. ares_library_init must have been called before.
 * Memory: dns_destroy; questions that are open then are dropped. Descriptors: two for each server.
 */
#ifndef LOADGEN_NET_DNS_H
#define LOADGEN_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/net/address.h"
#include "loadgen/net/loop.h"

enum { DNS_TRY_MS = 1000, DNS_TRIES = 2, DNS_PROBLEM = 160 };

struct dns_answer {
    struct address *addresses; /* ports are 0; lent, and may be changed */
    size_t count;
    const char *reason; /* NULL: there are addresses. Else what went wrong: "no such host" */
    bool is_final;      /* the reason is an answer: there is no such host */
};

typedef void dns_answer_fn(void *owner, void *question, const struct dns_answer *answer);

struct dns;

/* `servers` is "ip[:port],..."; NULL: those of /etc/resolv.conf. NULL: no memory, or bad servers.
 */
struct dns *dns_create(const char *servers, struct loop *loop, dns_answer_fn *on_answer,
                       void *owner);
void dns_destroy(struct dns *dns);

/* Asks for the addresses of `host` of a family, or AF_UNSPEC. */
void dns_ask(struct dns *dns, const char *host, int family, void *question);

/* Is dns_step due now? Without an event, when will it be; UINT64_MAX: never. And the step. */
bool dns_is_due(const struct dns *dns);
uint64_t dns_next_deadline_ns(const struct dns *dns, uint64_t now_ns);
void dns_step(struct dns *dns);

/* "lookup HOST on 127.0.0.1:53: REASON", as Go says it. `dns` may be NULL. Returns `text`. */
const char *dns_problem(const struct dns *dns, const char *host, const char *reason,
                        char text[DNS_PROBLEM]);

#endif
