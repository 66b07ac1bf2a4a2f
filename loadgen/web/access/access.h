/*
 * access - decides whether to answer a request, from its Host, the site that sent it, and its
 * token.
 *
 * A browser sends requests to this server on behalf of any page that it shows. So a page of another
 * site must not be able to start runs (Origin, Referer, Sec-Fetch-Site), nor to pass as the same
 * site by resolving its name to our address (DNS rebinding; Host).
 *
 *     Host            sent once: our address, its name, localhost if we listen on it, or an allowed
 *                     host; any port, because tunnels change it
 *     Origin          if present, http or https, with the Host of the request
 *     Sec-Fetch-Site  if present, same-origin or none; but any site may link to the page
 *     Referer         like Origin, but only if the route changes something
 *     token           if one is set, "Authorization: Bearer TOKEN" or a cookie, unless the route is
 *                     open
 *
 * Browsers send the cookies of a host to all its ports, so the cookie of a login is named after the
 * port in Host: headroom_token_8089. Otherwise, two servers on one host, or behind two tunnels to
 * localhost, would overwrite each other's login. Programs may send the cookie without the port in
 * its name; it is used only if there is none with the port. A request with two cookies of the same
 * name is refused, so that it cannot try several tokens.
 *
 * Threads: pure functions. The time to check a token depends only on its length.
 */
#ifndef LOADGEN_WEB_ACCESS_ACCESS_H
#define LOADGEN_WEB_ACCESS_ACCESS_H

#include <stdbool.h>

#include "common/err.h"

#define ACCESS_COOKIE "headroom_token"

/* Room for the name of the cookie, with a port of up to 5 digits: _65535. */
enum { ACCESS_COOKIE_NAME = sizeof ACCESS_COOKIE + 6 };

enum { ACCESS_TOKEN_MAX = 400 }; /* bytes of a token */

/* Where the server can be reached. Strings are borrowed. */
struct access_rules {
    const char *address; /* IP address that it listens on, without brackets */
    const char *name;    /* name of that address; NULL: none */
    const char *allowed; /* further hosts, with or without port: "a,b.example:80"; NULL: none */
    const char *token;   /* NULL: none is needed */
};

/* Headers of the request. NULL: absent. */
struct access_request {
    const char *host;
    const char *origin;
    const char *referer;
    const char *site; /* Sec-Fetch-Site */
    const char *mode; /* Sec-Fetch-Mode */
    const char *authorization;
    const char *cookie;
    bool is_ambiguous; /* one of these headers was sent more than once */
};

/* Properties of the route. */
struct access_route {
    bool is_page; /* it shows the page: any site may link to it, and it needs no token */
    bool is_open; /* it needs no token */
    bool changes; /* it changes something, whatever the method */
};

enum access {
    ACCESS_GRANTED,
    ACCESS_AMBIGUOUS,
    ACCESS_OTHER_HOST,
    ACCESS_OTHER_SITE,
    ACCESS_NO_TOKEN,
};

enum access access_check(const struct access_rules *rules, const struct access_route *route,
                         const struct access_request *request);

/* The name of the cookie that a login sets; `host`: the Host of the request. */
const char *access_cookie_name(const char *host, char name[ACCESS_COOKIE_NAME]);

/* True if clients can send the token in a header, and browsers also as a cookie. */
bool access_is_sendable(const char *token);

/* True if only this machine can connect to this IP address. */
bool access_is_loopback(const char *address);

/* Checks a list for `access_rules.allowed`: ERR_USAGE if an entry is no valid Host header. */
bool access_check_hosts(const char *hosts, struct err *err);

#endif
