#include "loadgen/http/proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/blank.h"
#include "common/environment.h"
#include "loadgen/net/hostname.h"

enum { SOCKS_PORT = 1080, HTTP_PORT = 80 };

/* The value of the variable that applies, NULL if neither is set; *name becomes its name. */
static const char *variable(const char *large, const char *small, const char **name)
{
    const char *value = environment_get(large);
    *name = large;
    if (!value || !value[0]) {
        value = environment_get(small);
        *name = small;
    }
    return value && value[0] ? value : NULL;
}

void proxy_options_from_environment(struct proxy_options *options)
{
    const char *name = NULL;
    options->http = variable("HTTP_PROXY", "http_proxy", &options->http_name);
    options->https = variable("HTTPS_PROXY", "https_proxy", &options->https_name);
    options->no = variable("NO_PROXY", "no_proxy", &name);
}

/* Hosts that are reached directly. */

struct binary {
    unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
};

static bool to_binary(const char *text, struct binary *binary)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(binary->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, binary->bytes + 12) == 1 ||
           inet_pton(AF_INET6, text, binary->bytes) == 1;
}

static bool is_loopback(const char *host)
{
    static const unsigned char v6[16] = {[15] = 1};
    struct binary binary;
    if (!to_binary(host, &binary)) {
        return strcasecmp(host, "localhost") == 0;
    }
    static const unsigned char v4[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
    return memcmp(binary.bytes, v6, sizeof v6) == 0 || memcmp(binary.bytes, v4, sizeof v4) == 0;
}

/* "10.0.0.0/8" */
static bool is_in_range(const char *range, const struct binary *address)
{
    char text[64];
    struct binary base;
    const char *slash = strchr(range, '/');
    snprintf(text, sizeof text, "%.*s", (int)(slash - range), range);
    if (!to_binary(text, &base)) {
        return false;
    }
    char *end = NULL;
    unsigned long bits = strtoul(slash + 1, &end, 10);
    unsigned long given = strchr(text, ':') ? 0 : 96; /* an IPv4 address follows 96 bits */
    if (end == slash + 1 || *end != '\0' || bits > 128 - given) {
        return false;
    }
    bits += given;
    for (unsigned long i = 0; i < bits; i++) {
        unsigned difference = base.bytes[i / 8] ^ address->bytes[i / 8];
        if (difference & (0x80U >> (i % 8))) {
            return false;
        }
    }
    return true;
}

static bool ends_with(const char *host, const char *end)
{
    size_t length = strlen(host);
    size_t end_length = strlen(end);
    return length > end_length && strcasecmp(host + length - end_length, end) == 0;
}

static bool is_name(const char *entry, const char *host)
{
    if (entry[0] == '*' && entry[1] == '.') {
        entry++;
    }
    if (entry[0] == '.') {
        return ends_with(host, entry);
    }
    size_t before = strlen(host) - strlen(entry) - 1; /* there must be a dot at this offset */
    return strcasecmp(host, entry) == 0 || (ends_with(host, entry) && host[before] == '.');
}

/* Matches one entry of NO_PROXY, which is overwritten: host or [v6], with or without a port. */
static bool is_meant(char *entry, const char *host, uint16_t port)
{
    struct binary address;
    struct binary number;
    bool is_number = to_binary(host, &address);
    if (strcmp(entry, "*") == 0) {
        return true;
    }
    if (strchr(entry, '/')) {
        return is_number && is_in_range(entry, &address);
    }
    char *colon = strrchr(entry, ':');
    bool is_bare_v6 = colon && strchr(entry, ':') != colon && entry[0] != '[';
    if (colon && !is_bare_v6 && !strchr(colon, ']')) {
        if (strtoul(colon + 1, NULL, 10) != port) {
            return false;
        }
        *colon = '\0';
    }
    if (entry[0] == '[') {
        entry++;
        entry[strcspn(entry, "]")] = '\0';
    }
    if (is_number) {
        return to_binary(entry, &number) && memcmp(&number, &address, sizeof number) == 0;
    }
    return entry[0] && is_name(entry, host);
}

static bool is_direct(const char *list, const char *written, uint16_t port)
{
    char host[HOSTNAME_MAX];
    hostname_bare(written, host);
    if (is_loopback(host)) {
        return true;
    }
    while (list && *list) {
        char entry[300];
        size_t length = strcspn(list, ",");
        const char *from = list;
        const char *to = list + length;
        blank_trim_range(&from, &to);
        to -= to - from > 1 && to[-1] == '.'; /* a final dot makes no difference here */
        snprintf(entry, sizeof entry, "%.*s", (int)(to - from), from);
        if (is_meant(entry, host, port)) {
            return true;
        }
        list += length + (list[length] == ',');
    }
    return false;
}

/* The proxy itself. */

/* Parses "scheme://user:password@host:port/", and builds the URL for libcurl from its parts. */
static bool parse(const char *text, struct proxy *proxy)
{
    const char *rest = strstr(text, "://");
    bool is_socks =
        strncasecmp(text, "socks5://", 9) == 0 || strncasecmp(text, "socks5h://", 10) == 0;
    if (rest && !is_socks && strncasecmp(text, "http://", 7) != 0) {
        return false;
    }
    rest = rest ? rest + 3 : text;
    int length = (int)strcspn(rest, "/?#");
    snprintf(proxy->url, sizeof proxy->url, "%s://%.*s", is_socks ? "socks5h" : "http", length,
             rest);
    const char *at = memrchr(rest, '@', (size_t)length);
    const char *host = at ? at + 1 : rest;
    length -= (int)(host - rest);
    bool is_v6 = host[0] == '[';
    const char *end = is_v6 ? memchr(host, ']', (size_t)length) : memchr(host, ':', (size_t)length);
    int host_length = end ? (int)(end - host) - is_v6 : length;
    const char *colon = end && is_v6 ? end + 1 : end;
    proxy->port = is_socks ? SOCKS_PORT : HTTP_PORT;
    if (colon && *colon == ':') {
        char *stop = NULL;
        unsigned long port = strtoul(colon + 1, &stop, 10);
        if (port == 0 || port > UINT16_MAX || stop != host + length) {
            return false;
        }
        proxy->port = (uint16_t)port;
    } else if (length + 8 < PROXY_URL_MAX - (int)strlen(proxy->url)) {
        size_t used = strlen(proxy->url);
        snprintf(proxy->url + used, sizeof proxy->url - used, ":%u", proxy->port);
    }
    snprintf(proxy->host, sizeof proxy->host, "%.*s", host_length, host + is_v6);
    return host_length > 0 && strlen(rest) < PROXY_URL_MAX - 16;
}

/* The proxy's URL from the environment; NULL: the destination is reached directly. */
static const char *find(const struct proxy_options *options, bool is_https, const char *host,
                        uint16_t port)
{
    const char *text = is_https ? options->https : options->http;
    return text && !is_direct(options->no, host, port) ? text : NULL;
}

bool proxy_for(const struct proxy_options *options, bool is_https, const char *host, uint16_t port,
               struct proxy *proxy)
{
    const char *text = find(options, is_https, host, port);
    return text && parse(text, proxy);
}

const char *proxy_host(const char *url)
{
    const char *at = url ? strrchr(url, '@') : NULL;
    return at ? at + 1 : url;
}

bool proxy_check(const struct proxy_options *options, bool is_https, const char *host,
                 uint16_t port, struct err *err)
{
    struct proxy proxy;
    const char *text = find(options, is_https, host, port);
    const char *name = is_https ? options->https_name : options->http_name;
    if (!text || parse(text, &proxy)) {
        return true;
    }
    return err_set(err, ERR_USAGE, /* without the value, which may contain a password */
                   "environment variable %s is not a valid proxy URL; use http://HOST:PORT or "
                   "socks5://HOST:PORT, or add %.60s to NO_PROXY",
                   name       ? name
                   : is_https ? "HTTPS_PROXY"
                              : "HTTP_PROXY",
                   host);
}
