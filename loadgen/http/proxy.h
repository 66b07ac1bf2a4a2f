/*
 * proxy - which proxy a host is asked for through, as the environment says and Go reads it.
 *
 * HTTP_PROXY is for http://, HTTPS_PROXY for https://; where the large one is not set the small one
 * counts (http_proxy). A value is a URL (http://, socks5://) or host[:port], which is http.
 * NO_PROXY lists who is asked directly, with commas between: a name stands for itself and what ends
 * with it (example.com, also www.example.com), one with a dot in front only for what ends with it;
 * a number or a range of them (10.0.0.0/8) stands for addresses; each may have a :port; `*` is
 * everybody. localhost and loopback addresses are always asked directly.
 *
 * Threads: pure functions over data. Memory: strings are borrowed.
 */
#ifndef LOADGEN_HTTP_PROXY_H
#define LOADGEN_HTTP_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/net/address.h"

enum { PROXY_HEADERS_MAX = 32, PROXY_URL_MAX = 512 };

/* Data of the plan. "" or NULL is none. */
struct proxy_options {
    const char *http;
    const char *https;
    const char *no;
    const char *headers[PROXY_HEADERS_MAX]; /* "Name: value", for CONNECT */
    size_t header_count;
};

/* Reads the environment. */
void proxy_options_from_environment(struct proxy_options *options);

struct proxy {
    char url[PROXY_URL_MAX]; /* as libcurl wants it; may hold a password */
    char host[256];
    uint16_t port;
};

/*
 * The proxy for this place: true and *proxy, or false when it is asked directly. The host has no
 * brackets.
 */
bool proxy_for(const struct proxy_options *options, bool is_https, const char *host, uint16_t port,
               struct proxy *proxy);

/* What of a proxy's URL may be shown: what stands behind its user and password. NULL for NULL. */
const char *proxy_host(const char *url);

/* Are the proxies of the environment such as can be used? ERR_USAGE names the variable. */
bool proxy_check(const struct proxy_options *options, struct err *err);

#endif
