/*
 * tls - trusted roots, the client certificate, and errors about server certificates.
 *
 *     x509: certificate has expired: it was valid until 2024-01-31T00:00:00Z
 *     x509: certificate is not yet valid: valid from 2031-01-31T00:00:00Z
 *     x509: certificate is valid for a.example, 127.0.0.1, not localhost
 *     x509: certificate signed by unknown authority: the issuer is "Example CA"
 *
 * Files are read once, before the run, and shared by all connections. Without root_certs, OpenSSL's
 * default roots are trusted (/etc/ssl/certs, or SSL_CERT_FILE and SSL_CERT_DIR).
 *
 * Threads: read-only after tls_open. Memory: tls_close. Errors: ERR_USAGE, naming the field;
 * ERR_FAILED if memory or descriptors ran out.
 */
#ifndef LOADGEN_NET_LINK_TLS_H
#define LOADGEN_NET_LINK_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/* A file whose content came with the run's order. */
struct tls_file {
    const char *path;
    const char *bytes;
    size_t length;
};

/* Files are PEM; NULL: none. */
struct tls_options {
    const char *root_certs;       /* files, separated by commas */
    const char *cert;             /* client certificate, with its intermediates */
    const char *key;              /* NULL: in the `cert` file */
    bool is_insecure;             /* certificates are not verified */
    bool has_tickets;             /* resume sessions */
    const struct tls_file *files; /* used instead of this machine's files; NULL: none */
    size_t file_count;
};

/* True if the options name any file. */
bool tls_has_files(const struct tls_options *options);

struct tls;

/* Reads the files and checks that the key matches the certificate. */
struct tls *tls_open(const struct tls_options *options, struct err *err);
void tls_close(struct tls *tls);

/* The expected server, and where to write why it is not trusted. */
struct tls_peer {
    const struct tls *tls;
    const char *host; /* normalized by hostname.h; compared without trailing dot and zone */
    char *reason;     /* NUL-terminated and truncated; unchanged if the server is trusted */
    size_t reason_size;
};

/*
 * Applies `tls` to a context. For each connection of the context, also call SSL_set_app_data with a
 * struct tls_peer, and tls_expect_host. False if out of memory.
 */
bool tls_configure(const struct tls *tls, SSL_CTX *context);

/* Requires a certificate for peer->host. False if out of memory. */
bool tls_expect_host(const struct tls_peer *peer, X509_VERIFY_PARAM *param);

/*
 * tls_configure and tls_expect_host for a context with a single connection. `peer` must live until
 * the handshake is complete. False if out of memory.
 */
bool tls_apply(struct tls_peer *peer, SSL_CTX *context);

#endif
