#include "loadgen/target/request/url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "loadgen/base/text/utf8.h"

enum { URL_MAX = 8192, HTTP_PORT = 80, HTTPS_PORT = 443 };

static bool check_bytes(const char *text, struct err *err)
{
    for (const char *c = text; *c; c++) {
        if (*c == ' ' || *c == '\t') {
            return err_set(err, ERR_USAGE,
                           "the URL \"%s\" contains a space; write headers below it (Name: value), "
                           "then the body (@file), and spaces in URLs as %%20",
                           text);
        }
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return err_set(err, ERR_USAGE, "the URL \"%s\" contains a control character", text);
        }
    }
    if (strlen(text) > URL_MAX) {
        return err_set(err, ERR_USAGE, "the URL \"%.40s...\" is longer than %d bytes", text,
                       URL_MAX);
    }
    return utf8_is_text(text) ||
           err_set(err, ERR_USAGE, "the URL \"%.200s\" is not UTF-8; write other bytes as %%XX",
                   text);
}

/* Reads the text after the host: nothing, or a colon and an optional number. */
static bool read_port(struct slice text, struct url *url)
{
    const char *end = text.at + text.length;
    unsigned long number = 0;
    url->port = url->is_https ? HTTPS_PORT : HTTP_PORT;
    if (text.length <= 1) {
        return text.length == 0 || text.at[0] == ':';
    }
    for (const char *c = text.at + 1; c < end; c++) {
        if (*c < '0' || *c > '9' || number > UINT16_MAX) {
            return false;
        }
        number = number * 10 + (unsigned long)(*c - '0');
    }
    url->port = (uint16_t)number;
    return text.at[0] == ':' && number > 0 && number <= UINT16_MAX;
}

const char *url_read_authority(struct url *url, struct slice text)
{
    static const char broken[] = "an invalid IPv6 address";
    bool is_ipv6 = text.length > 0 && text.at[0] == '[';
    const char *end = memchr(text.at, is_ipv6 ? ']' : ':', text.length);
    if (is_ipv6 && !end) {
        return broken;
    }
    struct slice host = {text.at + is_ipv6, (end ? (size_t)(end - text.at) : text.length)};
    host.length -= is_ipv6;
    const char *behind = host.at + host.length + is_ipv6;
    struct slice port = {behind, (size_t)(text.at + text.length - behind)};
    if (is_ipv6 && port.length > 0 && port.at[0] != ':') {
        return broken;
    }
    if (!read_port(port, url)) {
        return "an invalid port; use 1 to 65535";
    }
    const char *problem = hostname_read(host.at, host.length, is_ipv6, url->host);
    if (problem) {
        return problem;
    }
    char sent[HOSTNAME_MAX];
    snprintf(sent, sizeof sent, "%.*s", (int)strcspn(url->host, "%"), url->host);
    int length = snprintf(url->authority, sizeof url->authority, is_ipv6 ? "[%s]%.*s" : "%s%.*s",
                          sent, (int)port.length, port.at);
    return length < (int)sizeof url->authority ? NULL : "an invalid port; use 1 to 65535";
}

bool url_parse(const char *text, struct url *url, struct err *err)
{
    if (!check_bytes(text, err)) {
        return false;
    }
    url->is_https = strncasecmp(text, "https://", 8) == 0;
    if (!url->is_https && strncasecmp(text, "http://", 7) != 0) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a URL that can be attacked; write http://HOST[:PORT]/PATH "
                       "or https://...",
                       text);
    }
    const char *authority = strstr(text, "//") + 2;
    size_t length = strcspn(authority, "/?#");
    if (memchr(authority, '@', length)) {
        return err_set(err, ERR_USAGE,
                       "the URL \"%s\" contains a user name, which is not supported; use "
                       "order.header \"Authorization: Basic ...\"",
                       text);
    }
    url->path = (struct slice){authority + length, strcspn(authority + length, "#")};
    const char *problem = url_read_authority(url, (struct slice){authority, length});
    if (problem) {
        return err_set(err, ERR_USAGE, "the URL \"%s\" has %s", text, problem);
    }
    if (url->host[0] == '\0') { /* vegeta takes http://:80/ for this machine */
        snprintf(url->host, sizeof url->host, "localhost");
    }
    return true;
}

static void add_path(struct slice path, struct bytes *out)
{
    if (path.length == 0 || path.at[0] != '/') {
        bytes_add(out, "/", 1);
    }
    for (size_t i = 0; i < path.length; i++) {
        unsigned char c = (unsigned char)path.at[i];
        if (c < 0x80) {
            bytes_add(out, &path.at[i], 1);
        } else {
            char code[4];
            bytes_add(out, code, (size_t)snprintf(code, sizeof code, "%%%02X", c));
        }
    }
}

void url_add_path(const struct url *url, struct bytes *out)
{
    add_path(url->path, out);
}

void url_add_bare_path(const struct url *url, struct bytes *out)
{
    const char *query = memchr(url->path.at, '?', url->path.length);
    size_t length = query ? (size_t)(query - url->path.at) : url->path.length;
    add_path((struct slice){url->path.at, length}, out);
}
