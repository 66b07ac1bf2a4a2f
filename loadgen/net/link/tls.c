#include "loadgen/net/link/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "loadgen/base/moment.h"
#include "loadgen/net/hostname.h"

struct tls {
    X509_STORE *roots;
    X509 *cert;             /* NULL: this client has none */
    STACK_OF(X509) * chain; /* the certificates after it in its file */
    EVP_PKEY *key;
    bool is_insecure;
};

/* Reading. */

/*
 * True if a resource ran out, which is not the user's mistake. The cause is 0 if OpenSSL had no
 * memory to record the error.
 */
static bool is_lack(unsigned long cause)
{
    int reason = ERR_GET_REASON(cause);
    return cause == 0                ? true
           : ERR_SYSTEM_ERROR(cause) ? reason == ENOMEM || reason == EMFILE || reason == ENFILE
                                     : reason == ERR_R_MALLOC_FAILURE;
}

/*
 * Reports that `what` of the file failed, with OpenSSL's first error, and clears its error queue.
 */
static bool refuse(struct err *err, const char *what, const char *path)
{
    unsigned long cause = ERR_get_error();
    const char *reason =
        ERR_SYSTEM_ERROR(cause) ? strerror(ERR_GET_REASON(cause)) : ERR_reason_error_string(cause);
    ERR_clear_error();
    return err_set(err, is_lack(cause) ? ERR_FAILED : ERR_USAGE, "%s %s: %s", what, path,
                   reason ? reason : "unknown reason");
}

static const struct tls_file *find_file(const struct tls_options *options, const char *path)
{
    for (size_t i = 0; i < options->file_count; i++) {
        if (strcmp(options->files[i].path, path) == 0) {
            return &options->files[i];
        }
    }
    return NULL;
}

/* Opens the content in the order, or else the file on this machine. */
static BIO *open_file(const struct tls_options *options, const char *path)
{
    const struct tls_file *file = find_file(options, path);
    return file ? BIO_new_mem_buf(file->bytes, (int)file->length) : BIO_new_file(path, "r");
}

/* Fails if the file contains no certificate. */
static bool add_certificates(X509_STORE *store, const struct tls_file *file)
{
    BIO *in = BIO_new_mem_buf(file->bytes, (int)file->length);
    X509 *cert = NULL;
    int count = 0;
    bool ok = in != NULL;
    while (ok && (cert = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL))) {
        ok = X509_STORE_add_cert(store, cert) == 1;
        X509_free(cert);
        count++;
    }
    BIO_free(in);
    if (ok && count > 0) {
        ERR_clear_error(); /* the end of the file is an error */
    }
    return ok && count > 0;
}

static bool load_file(struct tls *tls, const struct tls_options *options, const char *path)
{
    const struct tls_file *file = find_file(options, path);
    return file ? add_certificates(tls->roots, file) : X509_STORE_load_file(tls->roots, path);
}

static bool add_roots(struct tls *tls, const struct tls_options *options, struct err *err)
{
    char path[4096];
    const char *files = options->root_certs;
    while (*files) {
        size_t length = strcspn(files, ",");
        snprintf(path, sizeof path, "%.*s", (int)length, files);
        if (length >= sizeof path || !load_file(tls, options, path)) {
            return refuse(err, "order.root_certs: no certificates could be read from", path);
        }
        files += length + (files[length] == ',');
    }
    return true;
}

/* Reads the certificates after the first one. OpenSSL reports the end of the file as an error. */
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

static bool read_cert(struct tls *tls, const struct tls_options *options, struct err *err)
{
    const char *path = options->cert;
    BIO *in = open_file(options, path);
    tls->cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    tls->chain = sk_X509_new_null();
    bool ok = tls->cert && tls->chain && read_chain(tls, in);
    BIO_free(in);
    return ok || refuse(err, "order.cert: no certificate could be read from", path);
}

/* Prevents OpenSSL from asking for the password of an encrypted key. */
static int no_password(char *buffer, int size, int is_writing, void *context)
{
    (void)buffer, (void)size, (void)is_writing, (void)context;
    return -1;
}

/* `is_of_cert`: no -key was given. */
static bool read_key(struct tls *tls, const struct tls_options *options, bool is_of_cert,
                     struct err *err)
{
    const char *path = is_of_cert ? options->cert : options->key;
    BIO *in = open_file(options, path);
    tls->key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;
    BIO_free(in);
    if (!tls->key && is_of_cert && !is_lack(ERR_peek_error())) {
        ERR_clear_error();
        return err_set(err, ERR_USAGE,
                       "order.cert: no private key could be read from %s; set order.key to the "
                       "file of the key",
                       path);
    }
    if (!tls->key) {
        return refuse(err, "order.key: no private key could be read from", path);
    }
    return X509_check_private_key(tls->cert, tls->key) ||
           refuse(err, "order.key: the certificate in order.cert does not match the key in", path);
}

bool tls_has_files(const struct tls_options *options)
{
    return options->root_certs || options->cert || options->key;
}

struct tls *tls_open(const struct tls_options *options, struct err *err)
{
    struct tls *tls = calloc(1, sizeof *tls);
    bool ok = tls && (tls->roots = X509_STORE_new());
    if (!ok) {
        err_set(err, ERR_FAILED, "not enough memory for certificates");
    } else {
        tls->is_insecure = options->is_insecure;
        ok = options->root_certs
                 ? add_roots(tls, options, err)
                 : X509_STORE_set_default_paths(tls->roots) == 1 ||
                       refuse(err, "no certificates could be read from", "the system");
    }
    if (ok && options->key && !options->cert) {
        ok = err_set(err, ERR_USAGE,
                     "order.key: the certificate is missing; set order.cert to its file");
    }
    if (ok && options->cert) {
        bool has_key = options->key;
        ok = read_cert(tls, options, err) && read_key(tls, options, !has_key, err);
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

/* Problems with certificates. */

enum { NAMES_SHOWN = 100, NAME_SHOWN = 64 };

/* Leaves the text unchanged if the time is invalid, or before 1970 or after 2262. */
static void print_time(const ASN1_TIME *time, char text[NAME_SHOWN])
{
    struct tm tm = {0};
    time_t at_s = ASN1_TIME_to_tm(time, &tm) == 1 ? timegm(&tm) : -1;
    if (at_s >= 0 && at_s <= (time_t)(INT64_MAX / NS_PER_S)) {
        moment_print((uint64_t)at_s * NS_PER_S, text);
    }
}

/* Prints one of the certificate's names after a comma. Returns its length. */
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
    char host[HOSTNAME_MAX];
    switch (problem) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        print_time(X509_get0_notAfter(cert), shown);
        snprintf(text, size, "x509: certificate has expired: it was valid until %s", shown);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        print_time(X509_get0_notBefore(cert), shown);
        snprintf(text, size, "x509: certificate is not yet valid: valid from %s", shown);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        print_names(cert, names);
        snprintf(text, size, "x509: certificate is valid for %s, not %s",
                 names[0] ? names + 2 : "no name", hostname_bare(peer->host, host));
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

/* OpenSSL calls this to verify a certificate. */
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

bool tls_configure(const struct tls *tls, SSL_CTX *context)
{
    SSL_CTX_set_cert_verify_callback(context, verify, NULL);
    return SSL_CTX_set1_verify_cert_store(context, tls->roots) == 1 &&
           (!tls->cert ||
            SSL_CTX_use_cert_and_key(context, tls->cert, tls->key, tls->chain, 1) == 1);
}

bool tls_expect_host(const struct tls_peer *peer, X509_VERIFY_PARAM *param)
{
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    char name[HOSTNAME_MAX];
    hostname_bare(peer->host, name);
    return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1 ||
           X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
}

bool tls_apply(struct tls_peer *peer, SSL_CTX *context)
{
    bool ok = tls_configure(peer->tls, context);
    SSL_CTX_set_cert_verify_callback(context, verify, peer);
    return ok && tls_expect_host(peer, SSL_CTX_get0_param(context));
}
