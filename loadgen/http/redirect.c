#include "loadgen/http/redirect.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/http/parts.h"

bool redirect_is_one(uint16_t code)
{
    return code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
}

/* What stands behind the headers, with what chunks add. */
static struct slice raw_body(const struct request *request, const struct parts *parts)
{
    const char *at = parts->headers.at + parts->headers.length + 2;
    return (struct slice){at, (size_t)(request->bytes + request->length - at)};
}

/* Headers that belong to the body, to the host, or only to the host that answered. */
static bool is_left_out(struct slice line, bool drops_body, bool is_other_host)
{
    return parts_line_is(line, "Host") ||
           (drops_body &&
            (parts_line_is(line, "Content-Length") || parts_line_is(line, "Content-Type") ||
             parts_line_is(line, "Transfer-Encoding"))) ||
           (is_other_host &&
            (parts_line_is(line, "Authorization") || parts_line_is(line, "Cookie")));
}

static void write_headers(FILE *out, const struct parts *parts, const struct url *url,
                          bool drops_body)
{
    struct slice rest = parts->headers;
    if (url) {
        fprintf(out, "Host: %.*s\r\n", (int)url->authority.length, url->authority.at);
    }
    while (rest.length > 0) {
        struct slice line = parts_next_line(&rest);
        bool keeps_host = !url && parts_line_is(line, "Host");
        if (keeps_host || !is_left_out(line, drops_body, url != NULL)) {
            fwrite(line.at, 1, line.length + 2, out); /* its CRLF too */
        }
    }
    fputs("\r\n", out);
}

/* Bytes outside of ASCII as %XX, as url_write_path has them. */
static void write_path(FILE *out, const char *path, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        fprintf(out, (unsigned char)path[i] < 0x80 ? "%c" : "%%%02X", (unsigned char)path[i]);
    }
}

/* The path that `location` names when it names no host: absolute, a query, beside the old one, or
 * with nothing before its '#' the old one itself. */
static void write_relative_path(FILE *out, struct slice old, const char *location)
{
    if (location[0] != '/') {
        const char *query = location[0] == '#' ? NULL : memchr(old.at, '?', old.length);
        size_t length = query ? (size_t)(query - old.at) : old.length;
        while (!strchr("?#", location[0]) && length > 0 && old.at[length - 1] != '/') {
            length--;
        }
        fwrite(old.at, 1, length, out);
    }
    write_path(out, location, strcspn(location, "#"));
}

static bool is_same_method(const struct parts *parts, uint16_t code)
{
    return code == 307 || code == 308 ||
           (parts->method.length == 4 && memcmp(parts->method.at, "HEAD", 4) == 0);
}

size_t redirect_needs(const struct request *request, uint16_t code)
{
    struct parts parts;
    parts_of(request, &parts);
    return request->length - (is_same_method(&parts, code) ? 0 : raw_body(request, &parts).length);
}

static void write_request(FILE *out, const struct request *request, const struct parts *parts,
                          const struct url *url, const char *location, uint16_t code)
{
    bool is_same = is_same_method(parts, code);
    fprintf(out, "%.*s ", is_same ? (int)parts->method.length : 3,
            is_same ? parts->method.at : "GET");
    if (url) {
        url_write_path(url, out);
    } else {
        write_relative_path(out, parts->path, location);
    }
    fputs(" HTTP/1.1\r\n", out);
    write_headers(out, parts, url, !is_same);
    if (is_same) {
        struct slice body = raw_body(request, parts);
        fwrite(body.at, 1, body.length, out);
    }
}

/* "http://...", "https://..." or "//host/..."; everything else stays with the host that answered.
 */
static bool parse_location(const char *location, bool is_https, char *absolute, size_t size,
                           struct url *url, bool *names_host, const char **problem)
{
    struct err err = {0};
    bool is_short = location[0] == '/' && location[1] == '/';
    size_t scheme = strcspn(location, ":/?#");
    *names_host = is_short || location[scheme] == ':';
    for (const char *c = location; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f) {
            *problem = "the Location of a redirect has a space or control character in it";
            return false;
        }
    }
    if (!*names_host) {
        return true;
    }
    const char *scheme_of = !is_short ? "" : is_https ? "https:" : "http:";
    int length = snprintf(absolute, size, "%s%s", scheme_of, location);
    if (length < 0 || (size_t)length >= size || !url_parse(absolute, url, &err) ||
        url->host.length >= REDIRECT_HOST_MAX) {
        *problem = "redirected to what is no http URL";
        return false;
    }
    return true;
}

bool redirect_follow(const struct request *request, bool is_https, uint16_t code,
                     const char *location, char *buffer, size_t size, struct redirect *redirect,
                     const char **problem)
{
    char absolute[8192];
    struct url url;
    bool names_host = false;
    if (location[0] == '\0') {
        *problem = "redirected without a Location";
        return false;
    }
    if (!parse_location(location, is_https, absolute, sizeof absolute, &url, &names_host,
                        problem)) {
        return false;
    }
    struct parts parts;
    parts_of(request, &parts);
    FILE *out = fmemopen(buffer, size, "w");
    if (!out) {
        *problem = "not enough memory for a redirect";
        return false;
    }
    setvbuf(out, NULL, _IONBF, 0); /* so that a buffer that is too small shows in ferror */
    write_request(out, request, &parts, names_host ? &url : NULL, location, code);
    bool fits = !ferror(out);
    long length = ftell(out);
    fclose(out);
    /* fmemopen ends what it holds with a NUL, over the last byte if there is no other place. */
    if (!fits || length <= 0 || (size_t)length >= size) {
        *problem = "redirected with a Location or body that is too long";
        return false;
    }
    bool is_same = is_same_method(&parts, code);
    redirect->request = *request;
    redirect->request.bytes = buffer;
    redirect->request.length = (size_t)length;
    redirect->request.body_length = is_same ? request->body_length : 0;
    redirect->request.is_repeatable = is_same ? request->is_repeatable : true;
    redirect->port = names_host ? url.port : 0;
    redirect->is_https = names_host ? url.is_https : is_https;
    snprintf(redirect->host, sizeof redirect->host, "%.*s", names_host ? (int)url.host.length : 0,
             names_host ? url.host.at : "");
    return true;
}
