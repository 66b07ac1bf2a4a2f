/*
 * cookies - a user's cookie jar. It supports Domain, Path and Secure (RFC 6265). A Max-Age of 0 or
 * less, or an Expires in the past, deletes a cookie.
 *
 * A cookie without a Domain is sent only to the host that set it; a cookie with a Domain is sent to
 * that domain and its subdomains. A Domain is accepted only if it is the host, or a parent domain
 * that contains a dot; there is no list of public suffixes. Expiry times in the future are ignored:
 * a cookie that is not deleted lives as long as its user.
 *
 * libcurl's jar is not used: it exists only inside a transfer, which takes 10 KB per user.
 *
 * Threads: belongs to one user. Memory: zero-initialize; cookies_free. Holds at most COOKIES_MAX;
 * the oldest cookie is dropped first. Cookies over COOKIE_BYTES_MAX are not stored.
 */
#ifndef LOADGEN_USERS_MESSAGE_COOKIES_H
#define LOADGEN_USERS_MESSAGE_COOKIES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"

enum { COOKIES_MAX = 100, COOKIE_BYTES_MAX = 8192 };

struct cookie;

struct cookies {
    struct cookie *first; /* the newest */
    size_t count;
};

/* The URL that sets cookies or that they are sent to. The path may have a query. */
struct cookie_url {
    const char *host;
    struct slice path;
    bool is_https;
};

/* Stores the cookies of an answer's Set-Cookie headers ("Name: value\r\n"). */
void cookies_take(struct cookies *cookies, struct slice headers, const struct cookie_url *from);

/* Appends the cookies to send, as "a=1; b=2"; nothing if there are none. */
void cookies_write(const struct cookies *cookies, const struct cookie_url *to, struct bytes *out);

/* Sets a cookie for all paths of a host; replaces an equally named cookie with the same scope. */
void cookies_set(struct cookies *cookies, struct slice name, struct slice value, const char *host);

/* The value of the newest cookie with this name; at == NULL: none. */
struct slice cookies_find(const struct cookies *cookies, struct slice name);

void cookies_free(struct cookies *cookies);

#endif
