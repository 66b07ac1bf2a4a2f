/*
 * dns - asynchronous host lookups: c-ares on our event loop.
 *
 * A query looks in /etc/hosts first, then asks the servers in their order, for A and AAAA in
 * parallel. Search domains and ndots come from /etc/resolv.conf; a name with a trailing dot is
 * queried without them. If an answer is truncated, the query is repeated over TCP. Each server gets
 * DNS_TRIES tries: DNS_TRY_MS for the first and twice as long for the second, so a single silent
 * server fails after 3 s. If only one family fails, the answer has the addresses of the other.
 *
 * c-ares runs, and on_answer is called, only inside dns_query and dns_process. After an event of
 * the loop, dns_is_due is true.
 *
 * Threads: belongs to the thread of its loop. Call ares_library_init first. Memory: dns_destroy,
 * which drops pending queries without calling on_answer. Descriptors: at most two per server.
 */
#ifndef LOADGEN_NET_NAMES_DNS_H
#define LOADGEN_NET_NAMES_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/net/address.h"
#include "loadgen/net/loop.h"

enum { DNS_TRY_MS = 1000, DNS_TRIES = 2, DNS_ERROR_TEXT = 160 };

struct dns_answer {
    struct address *addresses; /* with port 0; valid during the callback, and writable */
    size_t count;
    const char *reason; /* the error, such as "no such host"; NULL: none */
    bool is_final;      /* the host does not exist, has no address, or is not a valid name */
};

typedef void dns_answer_fn(void *owner, void *question, const struct dns_answer *answer);

struct dns;

/* `servers` is "ip[:port],..."; NULL: those of /etc/resolv.conf. Returns NULL if out of memory or
 * `servers` is invalid. */
struct dns *dns_create(const char *servers, struct loop *loop, dns_answer_fn *on_answer,
                       void *owner);
void dns_destroy(struct dns *dns);

/* Queries the addresses of `host` in a family; AF_UNSPEC: both. on_answer gets `question` back. */
void dns_query(struct dns *dns, const char *host, int family, void *question);

/* Call dns_process if dns_is_due is true, and at the next deadline (UINT64_MAX: none). */
bool dns_is_due(const struct dns *dns);
uint64_t dns_next_deadline_ns(const struct dns *dns, uint64_t now_ns);
void dns_process(struct dns *dns);

/* Prints "lookup HOST on 127.0.0.1:53: REASON", as Go does; without " on ..." if `dns` is NULL.
 * Returns `text`. */
const char *dns_print_error(const struct dns *dns, const char *host, const char *reason,
                            char text[DNS_ERROR_TEXT]);

#endif
