#include "loadgen/net/link/link_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/err.h"
#include "loadgen/net/hostname.h"

enum { REASON_SHOWN = 192 };

struct link_tls {
    SSL *ssl;
    struct link_tls_shared *shared;
    struct link_host *host;
    int fd;
    const char *in; /* received and not yet read by OpenSSL: in the slab, or in `early` */
    size_t in_length;
    char *early;    /* received with the end of the handshake; NULL: nothing, or already read */
    bool has_ended; /* the peer has closed the connection */
    int failure;    /* errno of a broken link; 0: it works */
    struct tls_peer peer;      /* for tls.c */
    unsigned long problem;     /* OpenSSL's first error; 0: none */
    char reason[REASON_SHOWN]; /* the reason that tls.c gave; "": none */
};

/* The BIO through which OpenSSL reads and writes. */

static int bio_read(BIO *bio, char *to, int size)
{
    struct link_tls *tls = BIO_get_data(bio);
    size_t length = tls->in_length < (size_t)size ? tls->in_length : (size_t)size;
    BIO_clear_retry_flags(bio);
    if (length == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(to, tls->in, length);
    tls->in += length;
    tls->in_length -= length;
    return (int)length;
}

static int bio_write(BIO *bio, const char *from, int length)
{
    const struct link_tls *tls = BIO_get_data(bio);
    ssize_t n = send(tls->fd, from, (size_t)length, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return (int)n;
}

static long bio_ctrl(BIO *bio, int what, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return what == BIO_CTRL_FLUSH; /* nothing is buffered */
}

static BIO *make_bio(struct link_tls *tls)
{
    BIO *bio = BIO_new(tls->shared->method);
    if (bio) {
        BIO_set_data(bio, tls);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* State shared by connections. */

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct link_tls *tls = BIO_get_data(SSL_get_rbio(ssl));
    SSL_SESSION_free(tls->host->session);
    tls->host->session = session;
    return 1; /* the callback takes ownership */
}

static bool set_up_context(struct link_tls_shared *shared)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || !tls_configure(shared->trust, context)) {
        SSL_CTX_free(context);
        return false;
    }
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (shared->options->has_tickets) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, on_session);
    } else {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    }
    shared->context = context;
    return true;
}

static bool set_up_method(struct link_tls_shared *shared)
{
    shared->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "link");
    return shared->method && BIO_meth_set_read(shared->method, bio_read) &&
           BIO_meth_set_write(shared->method, bio_write) &&
           BIO_meth_set_ctrl(shared->method, bio_ctrl);
}

static bool set_up(struct link_tls_shared *shared)
{
    if (!shared->trust) {
        shared->own_trust = tls_open(shared->options, NULL);
        shared->trust = shared->own_trust;
    }
    return shared->trust && (shared->method || set_up_method(shared)) &&
           (shared->context || set_up_context(shared));
}

void link_tls_shared_fini(struct link_tls_shared *shared)
{
    SSL_CTX_free(shared->context);
    BIO_meth_free(shared->method);
    tls_close(shared->own_trust);
}

void link_host_fini(struct link_host *host)
{
    SSL_SESSION_free(host->session);
}

/* One connection. */

/* Call this before each call of OpenSSL, so that errors are those of this call. */
static void begin_call(void)
{
    errno = 0;
    if (ERR_peek_error()) {
        ERR_clear_error(); /* left over from libcurl */
    }
}

static bool set_up_ssl(struct link_tls *tls, bool offers_h2)
{
    static const unsigned char offers[] = "\x02h2\x08http/1.1";
    unsigned skip = offers_h2 ? 0 : 3;
    char name[HOSTNAME_MAX];
    hostname_bare(tls->host->name, name);
    SSL *ssl = tls->ssl;
    BIO *bio = make_bio(tls);
    if (!bio) {
        return false;
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    ASN1_OCTET_STRING *number = a2i_IPADDRESS(name); /* not allowed in SNI */
    bool ok = SSL_set_app_data(ssl, &tls->peer) == 1 &&
              (number || SSL_set_tlsext_host_name(ssl, name) == 1);
    ASN1_OCTET_STRING_free(number);
    ERR_clear_error();
    return ok && tls_expect_host(&tls->peer, SSL_get0_param(ssl)) &&
           SSL_set_alpn_protos(ssl, offers + skip, sizeof offers - 1 - skip) == 0 &&
           (!tls->host->session || SSL_set_session(ssl, tls->host->session) == 1);
}

struct link_tls *link_tls_open(struct link_tls_shared *shared, int fd, struct link_host *host,
                               bool offers_h2)
{
    struct link_tls *tls = set_up(shared) ? calloc(1, sizeof *tls) : NULL;
    if (!tls) {
        ERR_clear_error();
        return NULL;
    }
    tls->shared = shared;
    tls->host = host;
    tls->fd = fd;
    tls->peer = (struct tls_peer){
        .tls = shared->trust,
        .host = host->name,
        .reason = tls->reason,
        .reason_size = sizeof tls->reason,
    };
    tls->ssl = SSL_new(shared->context);
    shared->open++;
    if (!tls->ssl || !set_up_ssl(tls, offers_h2)) {
        ERR_clear_error();
        link_tls_close(tls);
        return NULL;
    }
    if (shared->open > LINK_TLS_BUFFERED) {
        SSL_set_mode(tls->ssl, SSL_MODE_RELEASE_BUFFERS);
    }
    return tls;
}

void link_tls_finish(struct link_tls *tls)
{
    bool is_open = tls->ssl && SSL_is_init_finished(tls->ssl) && tls->failure == 0;
    if (is_open && !(SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN)) {
        SSL_shutdown(tls->ssl); /* does not wait for the peer */
        ERR_clear_error();
    }
}

void link_tls_close(struct link_tls *tls)
{
    link_tls_finish(tls);
    tls->shared->open--;
    SSL_free(tls->ssl);
    free(tls->early);
    free(tls);
}

bool link_tls_is_h2(const struct link_tls *tls)
{
    const unsigned char *name = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(tls->ssl, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0;
}

/* Marks the link as broken, and stores the errno for later calls. Returns -1. */
static int fail(struct link_tls *tls, int number)
{
    if (number == EPROTO) {
        tls->problem = ERR_peek_error();
    }
    ERR_clear_error();
    tls->failure = number ? number : -1;
    errno = number;
    return -1;
}

static int fail_again(const struct link_tls *tls)
{
    errno = tls->failure < 0 ? 0 : tls->failure;
    return -1;
}

/* Receives into the slab. Returns what recv(2) returns. */
static ssize_t fill(struct link_tls *tls)
{
    ssize_t n = 0;
    do {
        n = recv(tls->fd, tls->shared->slab, sizeof tls->shared->slab, 0);
    } while (n < 0 && errno == EINTR);
    tls->in = tls->shared->slab;
    tls->in_length = n > 0 ? (size_t)n : 0;
    return n;
}

/* The slab is shared by all links: bytes after the handshake are copied to `early`. */
static bool put_aside(struct link_tls *tls)
{
    if (tls->in_length > 0) {
        tls->early = malloc(tls->in_length);
        if (!tls->early) {
            return false;
        }
        memcpy(tls->early, tls->in, tls->in_length);
        tls->in = tls->early;
    }
    return true;
}

int link_tls_handshake(struct link_tls *tls)
{
    for (;;) {
        begin_call();
        int done = SSL_do_handshake(tls->ssl);
        if (done == 1) {
            return put_aside(tls) ? 1 : fail(tls, ENOMEM);
        }
        int system_error = errno;
        switch (SSL_get_error(tls->ssl, done)) {
        case SSL_ERROR_WANT_READ:
            break;
        case SSL_ERROR_WANT_WRITE:
            errno = EAGAIN;
            return -1;
        case SSL_ERROR_SYSCALL:
            return fail(tls, system_error ? system_error : ECONNRESET);
        default:
            return fail(tls, EPROTO);
        }
        ssize_t n = fill(tls);
        if (n == 0) {
            return fail(tls, 0);
        }
        if (n < 0) {
            return errno == EAGAIN ? -1 : fail(tls, errno);
        }
    }
}

/* Lets OpenSSL read all of `in`. Returns the number of bytes that it decrypted. */
static size_t decrypt(struct link_tls *tls, char *buffer)
{
    size_t total = 0;
    size_t n = 0;
    while (tls->failure == 0 && total < LINK_RECEIVE) {
        begin_call();
        int ok = SSL_read_ex(tls->ssl, buffer + total, LINK_RECEIVE - total, &n);
        if (ok == 1) {
            total += n;
            if (tls->in_length == 0 && !SSL_has_pending(tls->ssl)) {
                return total; /* nothing more to read */
            }
            continue;
        }
        int system_error = errno;
        switch (SSL_get_error(tls->ssl, ok)) {
        case SSL_ERROR_WANT_READ:
            return total;
        case SSL_ERROR_ZERO_RETURN:
            tls->has_ended = true;
            return total;
        case SSL_ERROR_SYSCALL:
            fail(tls, system_error ? system_error : ECONNRESET);
            break;
        default:
            fail(tls, EPROTO);
            break;
        }
    }
    return total;
}

ssize_t link_tls_receive(struct link_tls *tls, char *buffer, bool *is_drained)
{
    *is_drained = false;
    while (tls->failure == 0 && !tls->has_ended) {
        if (tls->in_length == 0) {
            ssize_t n = fill(tls);
            if (n < 0) {
                return errno == EAGAIN ? -1 : fail(tls, errno);
            }
            tls->has_ended = n == 0;
            *is_drained = n < LINK_SLAB && n > 0;
        }
        size_t total = decrypt(tls, buffer);
        free(tls->early);
        tls->early = NULL;
        *is_drained = *is_drained && tls->failure == 0 && !tls->has_ended;
        if (total > 0) {
            return (ssize_t)total;
        }
    }
    return tls->failure ? fail_again(tls) : 0;
}

ssize_t link_tls_send(struct link_tls *tls, const char *bytes, size_t length)
{
    size_t n = 0;
    begin_call();
    int ok = SSL_write_ex(tls->ssl, bytes, length, &n);
    if (ok == 1) {
        return (ssize_t)n;
    }
    int system_error = errno;
    switch (SSL_get_error(tls->ssl, ok)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_SYSCALL: /* bytes sent before the peer closed can still be received */
        errno = system_error ? system_error : ECONNRESET;
        return -1;
    default:
        return fail(tls, EPROTO);
    }
}

bool link_tls_has_ended(const struct link_tls *tls)
{
    return tls->has_ended;
}

void link_tls_problem(const struct link_tls *tls, char *text, size_t size)
{
    const char *reason = ERR_reason_error_string(tls->problem);
    const char *alert = reason ? strstr(reason, "alert ") : NULL;
    if (tls->reason[0]) {
        snprintf(text, size, "%s", tls->reason);
    } else if (alert) {
        snprintf(text, size, "remote error: tls: %s", alert + strlen("alert "));
    } else {
        snprintf(text, size, "tls: %s%s", reason ? reason : "unknown reason",
                 ERR_GET_REASON(tls->problem) == SSL_R_WRONG_VERSION_NUMBER
                     ? " (does the server use TLS on this port?)"
                     : "");
    }
}
