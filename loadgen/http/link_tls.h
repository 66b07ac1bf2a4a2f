/*
 * link_tls - TLS on a link: OpenSSL, fed by hand.
 *
 *     recv -> slab -> BIO -> OpenSSL -> buffer          bytes -> OpenSSL -> BIO -> send
 *
 * OpenSSL by itself reads a record's header and its rest with a system call each, and cannot say
 * whether more is there. So one recv takes what has come into a slab, OpenSSL takes all of that,
 * and keeps what is half a record. A send of up to 16 KiB is one record and one send.
 *
 * Whom it trusts and how it presents itself is tls.h's. With tls_options.has_tickets the last
 * session of a host is resumed by its next connection. A peer that closes without saying so in TLS
 * (close_notify) has closed, as Go has it.
 *
 * Threads: belongs to one thread. Memory: link_tls_close, then link_tls_shared_fini;
 * link_host_fini. OpenSSL's errors are taken from its queue at once.
 */
#ifndef LOADGEN_HTTP_LINK_TLS_H
#define LOADGEN_HTTP_LINK_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "loadgen/http/tls.h"

enum {
    LINK_RECEIVE = 65536,                   /* of a buffer for what was received */
    LINK_SLAB = LINK_RECEIVE - 16384 - 512, /* with what OpenSSL has kept it fits into a buffer */
};

/* What connections to one host share. Start with zeroes and the name; must outlive them. */
struct link_host {
    const char *name;     /* or an address without brackets */
    SSL_SESSION *session; /* to resume; NULL: none */
};

void link_host_fini(struct link_host *host);

/* What the TLS connections of a thread share; all but the first two are link_tls.c's. */
struct link_tls_shared {
    const struct tls *trust; /* NULL: read when it is first needed */
    const struct tls_options *options;
    struct tls *own_trust;
    SSL_CTX *context; /* NULL: not needed so far */
    BIO_METHOD *method;
    char slab[LINK_SLAB];
};

void link_tls_shared_fini(struct link_tls_shared *shared);

struct link_tls;

/* On a socket that is connected. NULL: no memory. */
struct link_tls *link_tls_open(struct link_tls_shared *shared, int fd, struct link_host *host,
                               bool offers_h2);
void link_tls_close(struct link_tls *tls);

/* 1: it is over. -1 with errno: EAGAIN is later; 0: the peer closed; EPROTO: link_tls_problem. */
int link_tls_handshake(struct link_tls *tls);

bool link_tls_is_h2(const struct link_tls *tls);

/* As link.h has them. */
ssize_t link_tls_receive(struct link_tls *tls, char *buffer, bool *is_drained);
ssize_t link_tls_send(struct link_tls *tls, const char *bytes, size_t length);
bool link_tls_has_ended(const struct link_tls *tls);
void link_tls_problem(const struct link_tls *tls, char *text, size_t size);

#endif
