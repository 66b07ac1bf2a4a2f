/*
 * tls - whom https trusts, how it presents itself, and what is said of a server that is not
 * trusted.
 *
 *     x509: certificate has expired: it was valid until 2024-01-31T00:00:00Z
 *     x509: certificate is not yet valid: it will be from 2031-01-31T00:00:00Z
 *     x509: certificate is valid for a.example, 127.0.0.1, not localhost
 *     x509: certificate signed by unknown authority: the issuer is "Example CA"
 *
 * Files are read once, before the run; connections share what was read. Without -root-certs trusted
 * is what OpenSSL trusts on this machine (/etc/ssl/certs, or SSL_CERT_FILE and SSL_CERT_DIR).
 *
 * Threads: read-only once it is open. Memory: tls_close. Errors: ERR_USAGE, naming the flag.
 */
#ifndef LOADGEN_HTTP_TLS_H
#define LOADGEN_HTTP_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/* As the flags have it: data of the plan. Files are PEM; "" or NULL is none. */
struct tls_options {
    const char *root_certs; /* files, commas between them */
    const char *cert;       /* of this client, with what is between it and its root */
    const char *key;        /* "": it is in the file of the certificate */
    bool is_insecure;       /* whoever answers is trusted */
    bool has_tickets;       /* sessions are resumed */
};

/* Are there files to read? */
bool tls_names_files(const struct tls_options *options);

struct tls;

/* Reads the files, and checks that the key is the certificate's. */
struct tls *tls_open(const struct tls_options *options, struct err *err);
void tls_close(struct tls *tls);

/* Where to say why a server is not trusted. */
struct tls_peer {
    const struct tls *tls;
    const char *host; /* a name, or an address without brackets */
    char *reason;     /* NUL-terminated, cut to its size; stays as it is while all is well */
    size_t reason_size;
};

/*
 * Makes the context trust and present what `tls` says. Each connection of it needs SSL_set_app_data
 * with its struct tls_peer, and tls_expect. False: no memory.
 */
bool tls_trust(const struct tls *tls, SSL_CTX *context);

/* Asks for a certificate of peer->host. False: no memory. */
bool tls_expect(const struct tls_peer *peer, X509_VERIFY_PARAM *param);

/*
 * Both for a context of one connection alone. `peer` must live until the handshake is over. False:
 * no memory.
 */
bool tls_apply(struct tls_peer *peer, SSL_CTX *context);

#endif
