/*
 * link_tls - TLS on a link: OpenSSL with a custom BIO.
 *
 *     recv -> slab -> BIO -> OpenSSL -> buffer          bytes -> OpenSSL -> BIO -> send
 *
 * One recv fills the slab; OpenSSL consumes all of it and keeps incomplete records. If OpenSSL read
 * from the socket itself, it would need separate system calls for the header and the body of each
 * record, and could not tell whether the socket is empty. A send of up to 16 KiB is one record and
 * one send call.
 *
 * tls.h handles trusted roots and client certificates. With tls_options.has_tickets, a new
 * connection to a host resumes the last session with that host. A connection closed without
 * close_notify counts as closed normally, as in Go.
 *
 * Threads: belongs to one thread. Memory: link_tls_close, then link_tls_shared_fini;
 * link_host_fini. OpenSSL's error queue is left empty.
 */
#ifndef LOADGEN_NET_LINK_LINK_TLS_H
#define LOADGEN_NET_LINK_LINK_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "loadgen/net/link/tls.h"

enum {
    LINK_RECEIVE = 65536,                   /* size of a receive buffer */
    LINK_SLAB = LINK_RECEIVE - 16384 - 512, /* this, plus data kept by OpenSSL, fits a buffer */
};

/* Shared by the connections to one host; must outlive them. Set `name`, zero the rest. */
struct link_host {
    const char *name;     /* host name or IP address, normalized by hostname.h */
    SSL_SESSION *session; /* to resume; NULL: none */
};

void link_host_fini(struct link_host *host);

/*
 * The number of connections per thread that keep OpenSSL's buffers, 34 kB each. Further connections
 * allocate and free their buffers for every record.
 */
enum { LINK_TLS_BUFFERED = 256 };

/* Shared by the TLS connections of a thread. All but the first two fields are private. */
struct link_tls_shared {
    const struct tls *trust; /* NULL: read at first use */
    const struct tls_options *options;
    struct tls *own_trust;
    SSL_CTX *context; /* NULL until first use */
    BIO_METHOD *method;
    unsigned open; /* connections */
    char slab[LINK_SLAB];
};

void link_tls_shared_fini(struct link_tls_shared *shared);

struct link_tls;

/* Starts TLS on a connected socket. NULL: out of memory. */
struct link_tls *link_tls_open(struct link_tls_shared *shared, int fd, struct link_host *host,
                               bool offers_h2);
void link_tls_close(struct link_tls *tls);

/* Sends close_notify, unless it was sent before, the handshake is incomplete or TLS has failed. */
void link_tls_finish(struct link_tls *tls);

/*
 * Continues the handshake. Returns 1 when it is complete, otherwise -1 with errno: EAGAIN while it
 * waits for the peer, 0 if the peer closed, EPROTO if link_tls_problem has the reason, otherwise
 * that of the system call.
 */
int link_tls_handshake(struct link_tls *tls);

bool link_tls_is_h2(const struct link_tls *tls);

/* The TLS part of link_receive, link_send, link_has_ended and link_problem (link.h). */
ssize_t link_tls_receive(struct link_tls *tls, char *buffer, bool *is_drained);
ssize_t link_tls_send(struct link_tls *tls, const char *bytes, size_t length);
bool link_tls_has_ended(const struct link_tls *tls);
void link_tls_problem(const struct link_tls *tls, char *text, size_t size);

#endif
