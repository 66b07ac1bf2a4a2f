/*
 * hostname - normalizes hosts for the resolver, TLS and the Host header.
 *
 *     written                  hostname_read            hostname_bare (TLS)      hostname_print
 *     A.example                A.example                A.example                A.example
 *     svc.example.             svc.example.             svc.example              svc.example.
 *     bücher.example           xn--bcher-kva.example    xn--bcher-kva.example    (the same)
 *     b%C3%BCcher.example      xn--bcher-kva.example    xn--bcher-kva.example    (the same)
 *     fe80::1%25eth0           fe80::1%eth0             fe80::1                  [fe80::1%25eth0]
 *     fe80::1%eth0             fe80::1%eth0             fe80::1                  [fe80::1%25eth0]
 *
 * Non-ASCII names are converted to punycode: IDNA 2008 with UTS #46 mapping or, if that fails,
 * transitional processing, as in curl (libidn2). A trailing dot makes a name absolute: the resolver
 * ignores search domains, the Host header keeps the dot and TLS drops it, as in curl and Go. The
 * zone of an IPv6 address is local to this machine: it is used to connect, but never sent.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_NET_HOSTNAME_H
#define LOADGEN_NET_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

enum { HOSTNAME_MAX = 256, HOSTNAME_TEXT = HOSTNAME_MAX + 4 };

/*
 * Normalizes a host without brackets. Returns NULL, or an error that completes the sentence "the
 * URL has ".
 */
const char *hostname_read(const char *text, size_t length, bool is_ipv6, char host[HOSTNAME_MAX]);

/* Drops the zone and the trailing dot, for SNI and certificates. Returns `bare`. */
const char *hostname_bare(const char *host, char bare[HOSTNAME_MAX]);

/* Prints a host for a URL, with brackets around an IPv6 address. Returns `text`. */
const char *hostname_print(const char *host, char text[HOSTNAME_TEXT]);

#endif
