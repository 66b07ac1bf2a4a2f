#include "loadgen/web/access/access.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/slice.h"

enum { HOST_MAX = 255, PORT_MAX = 65535, PORT_DIGITS = 5 };

static bool is_same(struct slice a, struct slice b)
{
    return a.length == b.length && strncasecmp(a.at, b.at, a.length) == 0;
}

static bool is_text(struct slice slice, const char *text)
{
    return is_same(slice, slice_of(text));
}

/* Addresses and names. */

struct ip {
    int family; /* 0: not an address */
    unsigned char bytes[sizeof(struct in6_addr)];
};

static struct ip parse_ip(struct slice host)
{
    struct ip ip = {0};
    char text[INET6_ADDRSTRLEN];
    if (host.length == 0 || host.length >= sizeof text) {
        return ip;
    }
    snprintf(text, sizeof text, "%.*s", (int)host.length, host.at);
    ip.family = inet_pton(AF_INET, text, ip.bytes) == 1    ? AF_INET
                : inet_pton(AF_INET6, text, ip.bytes) == 1 ? AF_INET6
                                                           : 0;
    return ip;
}

static bool is_loopback_ip(const struct ip *ip)
{
    return ip->family == AF_INET ? ip->bytes[0] == 127
                                 : memcmp(ip->bytes, &in6addr_loopback, sizeof ip->bytes) == 0;
}

/* 0.0.0.0 or ::, which stand for every address of this machine. */
static bool is_any_ip(const struct ip *ip)
{
    static const unsigned char zeroes[sizeof ip->bytes];
    return memcmp(ip->bytes, zeroes, ip->family == AF_INET ? 4 : sizeof ip->bytes) == 0;
}

bool access_is_loopback(const char *address)
{
    struct ip ip = parse_ip(slice_of(address));
    return ip.family && is_loopback_ip(&ip);
}

/* Host[:port], where an IPv6 address has brackets. */
struct authority {
    struct slice host; /* without brackets; empty: not valid */
    struct slice port; /* empty: none */
};

static struct authority parse_authority(struct slice text)
{
    struct authority authority = {0};
    const char *end = text.at + text.length;
    const char *host_end = memchr(text.at, ':', text.length);
    if (text.length > 0 && text.at[0] == '[') {
        const char *bracket = memchr(text.at, ']', text.length);
        host_end = bracket && bracket + 1 < end ? bracket + 1 : NULL;
        authority.host = (struct slice){text.at + 1, bracket ? (size_t)(bracket - text.at) - 1 : 0};
    } else {
        authority.host =
            (struct slice){text.at, host_end ? (size_t)(host_end - text.at) : text.length};
    }
    if (host_end && *host_end == ':') {
        authority.port = (struct slice){host_end + 1, (size_t)(end - host_end) - 1};
    } else if (host_end) {
        authority.host.length = 0;
    }
    if (strspn(authority.port.at ? authority.port.at : "", "0123456789") < authority.port.length ||
        authority.host.length > HOST_MAX) {
        authority.host.length = 0;
    }
    return authority;
}

/* Takes the next entry from a list of hosts. False: there is none. */
static bool next_entry(const char **list, struct slice *entry)
{
    static const char separators[] = ", ";
    *list += strspn(*list, separators);
    *entry = (struct slice){*list, strcspn(*list, separators)};
    *list += entry->length;
    return entry->length > 0;
}

/* True if the host is in the list. An entry without a port allows every port. */
static bool is_allowed(const char *allowed, const struct authority *authority)
{
    struct slice entry;
    while (allowed && next_entry(&allowed, &entry)) {
        struct authority one = parse_authority(entry);
        if (one.host.length > 0 && is_same(one.host, authority->host) &&
            (one.port.length == 0 || is_same(one.port, authority->port))) {
            return true;
        }
    }
    return false;
}

/* True if this is a valid Host header. */
static bool is_host(struct slice text)
{
    static const char of_names[] = "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    struct authority authority = parse_authority(text);
    struct slice host = authority.host;
    struct slice port = authority.port;
    return host.length > 0 && port.length <= PORT_DIGITS &&
           (port.length == 0 || strtoul(port.at, NULL, 10) <= PORT_MAX) &&
           (strspn(host.at, of_names) >= host.length || parse_ip(host).family == AF_INET6);
}

bool access_check_hosts(const char *hosts, struct err *err)
{
    struct slice entry;
    while (next_entry(&hosts, &entry)) {
        if (!is_host(entry)) {
            return err_set(err, ERR_USAGE,
                           "\"%.*s\" is not HOST or HOST:PORT, such as locust-master or "
                           "tests.example:8089",
                           (int)entry.length, entry.at);
        }
    }
    return true;
}

/* True if this server can be reached at the address `ip`. */
static bool is_own_ip(const struct ip *own, const struct ip *ip)
{
    if (own->family == 0 || ip->family == 0) {
        return false;
    }
    return is_loopback_ip(own) ? is_loopback_ip(ip)
                               : is_any_ip(own) || memcmp(own, ip, sizeof *own) == 0;
}

static bool is_own_host(const struct access_rules *rules, const char *host)
{
    static const struct ip loopback = {AF_INET, {127, 0, 0, 1}};
    struct authority authority = parse_authority(slice_of(host));
    struct ip own = parse_ip(slice_of(rules->address));
    struct ip ip = parse_ip(authority.host);
    if (authority.host.length == 0) {
        return false;
    }
    return is_own_ip(&own, &ip) ||
           (is_text(authority.host, "localhost") && is_own_ip(&own, &loopback)) ||
           (rules->name && is_text(authority.host, rules->name)) ||
           is_allowed(rules->allowed, &authority);
}

/* Sites. */

/* True if the URL has the Host of the request. Another port is another site. */
static bool is_own_url(const char *host, const char *url)
{
    size_t scheme = strncasecmp(url, "http://", 7) == 0 ? 7 : 8;
    if (scheme == 8 && strncasecmp(url, "https://", 8) != 0) {
        return false;
    }
    struct slice text = {url + scheme, strcspn(url + scheme, "/?#")};
    return text.length > 0 && is_text(text, host);
}

static bool is_own_site(const struct access_route *route, const struct access_request *request)
{
    const char *site = request->site;
    bool is_link = route->is_page && request->mode && strcmp(request->mode, "navigate") == 0;
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0 && !is_link) {
        return false;
    }
    if (request->origin && !is_own_url(request->host, request->origin)) {
        return false;
    }
    return !route->changes || !request->referer || is_own_url(request->host, request->referer);
}

/* Tokens. */

bool access_is_sendable(const char *token)
{
    size_t length = 0;
    while (token[length] > ' ' && token[length] < 0x7f && !strchr("\",;\\", token[length])) {
        length++;
    }
    return token[length] == '\0' && length <= ACCESS_TOKEN_MAX;
}

static bool is_token(struct slice given, const char *token)
{
    size_t length = strlen(token);
    unsigned difference = given.length != length;
    for (size_t i = 0; i < given.length; i++) {
        difference |= (unsigned char)(given.at[i] ^ token[length > 0 ? i % length : 0]);
    }
    return difference == 0 && length > 0;
}

static bool has_bearer(const char *authorization, const char *token)
{
    static const char scheme[] = "Bearer ";
    size_t length = sizeof scheme - 1;
    if (!authorization || strncasecmp(authorization, scheme, length) != 0) {
        return false;
    }
    const char *given = authorization + length + strspn(authorization + length, " ");
    return is_token((struct slice){given, strcspn(given, " ")}, token);
}

const char *access_cookie_name(const char *host, char name[ACCESS_COOKIE_NAME])
{
    struct slice port = parse_authority(slice_of(host)).port;
    bool has_port = port.length > 0 && port.length <= PORT_DIGITS;
    snprintf(name, ACCESS_COOKIE_NAME, ACCESS_COOKIE "%s%.*s", has_port ? "_" : "",
             has_port ? (int)port.length : 0, has_port ? port.at : "");
    return name;
}

struct cookie {
    struct slice value; /* of the last one */
    size_t count;
};

static struct cookie find_cookie(const char *cookies, const char *name)
{
    struct cookie found = {.count = 0};
    size_t length = strlen(name);
    while (*cookies) {
        size_t size = strcspn(cookies, ";");
        if (size > length && strncmp(cookies, name, length) == 0 && cookies[length] == '=') {
            found.value = (struct slice){cookies + length + 1, size - length - 1};
            found.count++;
        }
        cookies += size;
        cookies += strspn(cookies, "; ");
    }
    return found;
}

/* Two cookies are rejected, so that a request tries only one token. */
static bool has_cookie(const struct access_request *request, const char *token)
{
    char name[ACCESS_COOKIE_NAME];
    const char *cookies = request->cookie ? request->cookie : "";
    struct cookie cookie = find_cookie(cookies, access_cookie_name(request->host, name));
    if (cookie.count == 0) {
        cookie = find_cookie(cookies, ACCESS_COOKIE);
    }
    return cookie.count == 1 && is_token(cookie.value, token);
}

enum access access_check(const struct access_rules *rules, const struct access_route *route,
                         const struct access_request *request)
{
    if (request->is_ambiguous) {
        return ACCESS_AMBIGUOUS;
    }
    if (!request->host || !is_own_host(rules, request->host)) {
        return ACCESS_OTHER_HOST;
    }
    if (!is_own_site(route, request)) {
        return ACCESS_OTHER_SITE;
    }
    bool needs_token = rules->token && !route->is_page && !route->is_open;
    if (needs_token && !has_bearer(request->authorization, rules->token) &&
        !has_cookie(request, rules->token)) {
        return ACCESS_NO_TOKEN;
    }
    return ACCESS_GRANTED;
}
