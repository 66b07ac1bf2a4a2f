#include "loadgen/http/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls {
    X509_STORE *roots;
    X509 *cert;             /* NULL: this client has none */
    STACK_OF(X509) * chain; /* what stood behind it in its file */
    EVP_PKEY *key;
    bool is_insecure;
};

/* Reading. */

/*
 * Is it the system's lack of something, and not the user's mistake? Without memory for the cause
 * itself there is none.
 */
static bool is_lack(unsigned long cause)
{
    int reason = ERR_GET_REASON(cause);
    return cause == 0                ? true
           : ERR_SYSTEM_ERROR(cause) ? reason == ENOMEM || reason == EMFILE || reason == ENFILE
                                     : reason == ERR_R_MALLOC_FAILURE;
}

/* Says that `what` of the file failed, and why: the first of OpenSSL's errors, which it forgets. */
static bool refuse(struct err *err, const char *what, const char *path)
{
    unsigned long cause = ERR_get_error();
    const char *reason =
        ERR_SYSTEM_ERROR(cause) ? strerror(ERR_GET_REASON(cause)) : ERR_reason_error_string(cause);
    ERR_clear_error();
    return err_set(err, is_lack(cause) ? ERR_FAILED : ERR_USAGE, "%s %s: %s", what, path,
                   reason ? reason : "unknown reason");
}

static bool add_roots(struct tls *tls, const char *files, struct err *err)
{
    char path[4096];
    while (*files) {
        size_t length = strcspn(files, ",");
        snprintf(path, sizeof path, "%.*s", (int)length, files);
        if (length >= sizeof path || !X509_STORE_load_file(tls->roots, path)) {
            return refuse(err, "-root-certs: no certificates could be read from", path);
        }
        files += length + (files[length] == ',');
    }
    return true;
}

/* What stands behind the certificate, up to the end of the file, which is an error to OpenSSL. */
static bool read_chain(struct tls *tls, BIO *in)
{
    X509 *next = NULL;
    while ((next = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
        if (sk_X509_push(tls->chain, next) <= 0) {
            X509_free(next);
            return false;
        }
    }
    bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (is_end) {
        ERR_clear_error();
    }
    return is_end;
}

static bool read_cert(struct tls *tls, const char *path, struct err *err)
{
    BIO *in = BIO_new_file(path, "r");
    tls->cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    tls->chain = sk_X509_new_null();
    bool ok = tls->cert && tls->chain && read_chain(tls, in);
    BIO_free(in);
    return ok || refuse(err, "-cert: no certificate could be read from", path);
}

/* A key that wants a password cannot be asked for one. */
static int no_password(char *buffer, int size, int is_writing, void *context)
{
    (void)buffer, (void)size, (void)is_writing, (void)context;
    return -1;
}

/* `is_of_cert`: no -key was given. */
static bool read_key(struct tls *tls, const char *path, bool is_of_cert, struct err *err)
{
    BIO *in = BIO_new_file(path, "r");
    tls->key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;
    BIO_free(in);
    if (!tls->key && is_of_cert && !is_lack(ERR_peek_error())) {
        ERR_clear_error();
        return err_set(err, ERR_USAGE,
                       "-cert: no private key could be read from %s; name the key's file with -key",
                       path);
    }
    if (!tls->key) {
        return refuse(err, "-key: no private key could be read from", path);
    }
    return X509_check_private_key(tls->cert, tls->key) ||
           refuse(err, "-key: the certificate of -cert has another key than", path);
}

static bool is_given(const char *text)
{
    return text && text[0];
}

bool tls_names_files(const struct tls_options *options)
{
    return is_given(options->root_certs) || is_given(options->cert) || is_given(options->key);
}

struct tls *tls_open(const struct tls_options *options, struct err *err)
{
    struct tls *tls = calloc(1, sizeof *tls);
    bool ok = tls && (tls->roots = X509_STORE_new());
    if (!ok) {
        err_set(err, ERR_FAILED, "not enough memory for certificates");
    } else {
        tls->is_insecure = options->is_insecure;
        ok = is_given(options->root_certs)
                 ? add_roots(tls, options->root_certs, err)
                 : X509_STORE_set_default_paths(tls->roots) == 1 ||
                       refuse(err, "no certificates could be read from", "the system");
    }
    if (ok && is_given(options->key) && !is_given(options->cert)) {
        ok = err_set(err, ERR_USAGE, "-key: the certificate is missing; name its file with -cert");
    }
    if (ok && is_given(options->cert)) {
        bool has_key = is_given(options->key);
        ok = read_cert(tls, options->cert, err) &&
             read_key(tls, has_key ? options->key : options->cert, !has_key, err);
    }
    if (!ok) {
        tls_close(tls);
        return NULL;
    }
    return tls;
}

void tls_close(struct tls *tls)
{
    if (tls) {
        X509_STORE_free(tls->roots);
        X509_free(tls->cert);
        sk_X509_pop_free(tls->chain, X509_free);
        EVP_PKEY_free(tls->key);
        free(tls);
    }
}

/* What is wrong with a certificate. */

enum { NAMES_SHOWN = 100, NAME_SHOWN = 64 };

static void print_time(const ASN1_TIME *time, char text[NAME_SHOWN])
{
    struct tm tm = {0};
    ASN1_TIME_to_tm(time, &tm);
    strftime(text, NAME_SHOWN, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* One of the names that a certificate is for, after a comma. Returns its length. */
static int print_name(const GENERAL_NAME *name, char *text, size_t size)
{
    if (name->type == GEN_DNS) {
        return snprintf(text, size, ", %.*s", ASN1_STRING_length(name->d.dNSName),
                        (const char *)ASN1_STRING_get0_data(name->d.dNSName));
    }
    if (name->type == GEN_IPADD) {
        char address[NAME_SHOWN] = "";
        const unsigned char *bytes = ASN1_STRING_get0_data(name->d.iPAddress);
        int length = ASN1_STRING_length(name->d.iPAddress);
        BIO *out = BIO_new(BIO_s_mem());
        for (int i = 0; out && i < length; i++) {
            const char *between = length == 4 ? "." : i % 2 == 0 ? ":" : "";
            BIO_printf(out, length == 4 ? "%s%d" : "%s%02x", i == 0 ? "" : between, bytes[i]);
        }
        int got = out ? BIO_read(out, address, sizeof address - 1) : 0;
        address[got > 0 ? got : 0] = '\0';
        BIO_free(out);
        return snprintf(text, size, ", %s", address);
    }
    return 0;
}

static void print_names(X509 *cert, char text[NAMES_SHOWN])
{
    size_t used = 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    text[0] = '\0';
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        int length = print_name(sk_GENERAL_NAME_value(names, i), text + used, NAMES_SHOWN - used);
        if (length < 0 || (size_t)length >= NAMES_SHOWN - used) {
            snprintf(text + used, NAMES_SHOWN - used, ", ...");
            break;
        }
        used += (size_t)length;
    }
    GENERAL_NAMES_free(names);
}

static void print_issuer(X509 *cert, char text[NAME_SHOWN])
{
    const X509_NAME *issuer = X509_get_issuer_name(cert);
    if (X509_NAME_get_text_by_NID(issuer, NID_commonName, text, NAME_SHOWN) < 0) {
        X509_NAME_oneline(issuer, text, NAME_SHOWN);
    }
}

static void print_problem(const struct tls_peer *peer, int problem, X509 *cert)
{
    char *text = peer->reason;
    size_t size = peer->reason_size;
    char shown[NAME_SHOWN] = "?";
    char names[NAMES_SHOWN] = "";
    switch (problem) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        print_time(X509_get0_notAfter(cert), shown);
        snprintf(text, size, "x509: certificate has expired: it was valid until %s", shown);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        print_time(X509_get0_notBefore(cert), shown);
        snprintf(text, size, "x509: certificate is not yet valid: it will be from %s", shown);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        print_names(cert, names);
        snprintf(text, size, "x509: certificate is valid for %s, not %s",
                 names[0] ? names + 2 : "no name at all", peer->host);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        print_issuer(cert, shown);
        snprintf(text, size, "x509: certificate signed by unknown authority: the issuer is \"%s\"",
                 shown);
        break;
    default:
        snprintf(text, size, "x509: %s", X509_verify_cert_error_string(problem));
        break;
    }
}

/* OpenSSL asks instead of verifying itself. */
static int verify(X509_STORE_CTX *store, void *context)
{
    const struct tls_peer *peer = context;
    if (!peer) {
        SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
        peer = SSL_get_app_data(ssl);
    }
    if (peer->tls->is_insecure || X509_verify_cert(store) == 1) {
        return 1;
    }
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    print_problem(peer, X509_STORE_CTX_get_error(store),
                  cert ? cert : X509_STORE_CTX_get0_cert(store));
    return 0;
}

bool tls_trust(const struct tls *tls, SSL_CTX *context)
{
    SSL_CTX_set_cert_verify_callback(context, verify, NULL);
    return SSL_CTX_set1_verify_cert_store(context, tls->roots) == 1 &&
           (!tls->cert ||
            SSL_CTX_use_cert_and_key(context, tls->cert, tls->key, tls->chain, 1) == 1);
}

bool tls_expect(const struct tls_peer *peer, X509_VERIFY_PARAM *param)
{
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_ip_asc(param, peer->host) == 1 ||
           X509_VERIFY_PARAM_set1_host(param, peer->host, 0) == 1;
}

bool tls_apply(struct tls_peer *peer, SSL_CTX *context)
{
    bool ok = tls_trust(peer->tls, context);
    SSL_CTX_set_cert_verify_callback(context, verify, peer);
    return ok && tls_expect(peer, SSL_CTX_get0_param(context));
}
