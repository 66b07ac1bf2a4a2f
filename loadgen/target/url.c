#include "loadgen/target/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/target/utf8.h"

enum { URL_MAX = 8192, HTTP_PORT = 80, HTTPS_PORT = 443 };

static bool check_bytes(const char *text, struct err *err)
{
    for (const char *c = text; *c; c++) {
        if (*c == ' ' || *c == '\t') {
            return err_set(err, ERR_USAGE,
                           "the URL \"%s\" has a space in it; a header goes on a line of its own "
                           "below (Name: value), a body on the line after (@file), and a space "
                           "inside a URL is written %%20",
                           text);
        }
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return err_set(err, ERR_USAGE, "the URL \"%s\" has a control character in it", text);
        }
    }
    if (strlen(text) > URL_MAX) {
        return err_set(err, ERR_USAGE, "the URL \"%.40s...\" is longer than %d bytes", text,
                       URL_MAX);
    }
    return utf8_is_text(text) ||
           err_set(err, ERR_USAGE, "the URL \"%.200s\" is no UTF-8; write such bytes as %%XX",
                   text);
}

/* Splits "host:port" or "[v6]:port". */
static bool parse_authority(const char *text, struct url *url, struct err *err)
{
    const char *end = url->authority.at + url->authority.length;
    const char *port = NULL;
    url->host = url->authority;
    if (url->authority.length > 0 && url->authority.at[0] == '[') {
        const char *bracket = memchr(url->authority.at, ']', url->authority.length);
        if (!bracket || bracket == url->authority.at + 1 ||
            (bracket + 1 != end && bracket[1] != ':')) {
            return err_set(err, ERR_USAGE, "the URL \"%s\" has a broken IPv6 address", text);
        }
        url->host.at++;
        url->host.length = (size_t)(bracket - url->host.at);
        port = bracket + 1 == end ? NULL : bracket + 2;
    } else {
        const char *colon = memchr(url->authority.at, ':', url->authority.length);
        if (colon) {
            url->host.length = (size_t)(colon - url->host.at);
            port = colon + 1;
        }
    }
    unsigned long number = url->is_https ? HTTPS_PORT : HTTP_PORT;
    if (port && port != end) {
        char *rest = NULL;
        number = *port >= '0' && *port <= '9' ? strtoul(port, &rest, 10) : 0;
        if (rest != end || number == 0 || number > UINT16_MAX) {
            return err_set(err, ERR_USAGE, "the URL \"%s\" has a bad port; it is 1 to 65535", text);
        }
    }
    url->port = (uint16_t)number;
    return true;
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
                       "the URL \"%s\" has a user name in it; that is not there yet: send "
                       "-header \"Authorization: Basic ...\" instead",
                       text);
    }
    url->authority = (struct slice){authority, length};
    url->path = (struct slice){authority + length, strcspn(authority + length, "#")};
    if (!parse_authority(text, url, err)) {
        return false;
    }
    if (url->host.length == 0) {
        /* vegeta takes http://:80/ for this machine */
        url->host = (struct slice){"localhost", strlen("localhost")};
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

void url_add_place(const struct url *url, struct bytes *out)
{
    const char *query = memchr(url->path.at, '?', url->path.length);
    size_t length = query ? (size_t)(query - url->path.at) : url->path.length;
    add_path((struct slice){url->path.at, length}, out);
}

void url_write_path(const struct url *url, FILE *out)
{
    struct bytes path = {0};
    url_add_path(url, &path);
    fwrite(path.at, 1, path.length, out);
    bytes_free(&path);
}
