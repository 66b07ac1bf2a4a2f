/*
 * proxy - chooses the proxy for a destination: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read as Go
 * reads them.
 *
 * HTTP_PROXY applies to http://, HTTPS_PROXY to https://; if a variable is unset or empty, its
 * lower-case name is read (http_proxy). A value is a URL (http://, socks5://, socks5h://) or
 * host[:port], which is the same as http://host[:port]. NO_PROXY is a comma-separated list of
 * destinations that are reached directly: example.com matches itself and its subdomains,
 * .example.com only its subdomains, 10.0.0.0/8 every address of that range, a single address only
 * itself, and `*` everything. A name or a single address may have a :port. localhost and loopback
 * addresses are always reached directly.
 *
 * A value is checked only if a destination needs it.
 *
 * Threads: no state. Memory: strings are borrowed.
 */
#ifndef LOADGEN_HTTP_PROXY_H
#define LOADGEN_HTTP_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/net/address.h"

enum { PROXY_HEADERS_MAX = 32, PROXY_URL_MAX = 512 };

/* Proxy settings of the plan. NULL: not set. */
struct proxy_options {
    const char *http;
    const char *https;
    const char *no;
    const char *http_name; /* the variable that was read, for errors */
    const char *https_name;
    const char *headers[PROXY_HEADERS_MAX]; /* "Name: value", for CONNECT */
    size_t header_count;
};

/* Reads the environment. */
void proxy_options_from_environment(struct proxy_options *options);

struct proxy {
    char url[PROXY_URL_MAX]; /* for libcurl; may contain a password */
    char host[256];
    uint16_t port;
};

/*
 * True, with *proxy filled in, if this destination has a proxy; false if it is reached directly, or
 * if the proxy's value is malformed (see proxy_check). `host` has no brackets.
 */
bool proxy_for(const struct proxy_options *options, bool is_https, const char *host, uint16_t port,
               struct proxy *proxy);

/* The part of a proxy's URL that is safe to show: all after user and password, or the whole URL if
 * it has none. NULL if `url` is NULL. */
const char *proxy_host(const char *url);

/*
 * False if this destination needs a proxy whose value is malformed; ERR_USAGE names the variable.
 */
bool proxy_check(const struct proxy_options *options, bool is_https, const char *host,
                 uint16_t port, struct err *err);

#endif
