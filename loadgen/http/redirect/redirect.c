#include "loadgen/http/redirect/redirect.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "loadgen/base/text/base64.h"
#include "loadgen/target/request/parts.h"

enum { USER_MAX = 512 };

bool redirect_is_status(uint16_t code)
{
    return code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
}

static bool line_is_one_of(struct slice line, const char *const *names)
{
    while (*names && !parts_line_is(line, *names)) {
        names++;
    }
    return *names != NULL;
}

/* Headers that belong to the body, or only to the origin that answered. */
static bool is_left_out(struct slice line, bool drops_body, bool is_other_origin)
{
    static const char *const of_body[] = {"Content-Length", "Content-Type", "Transfer-Encoding",
                                          NULL};
    static const char *const of_origin[] = {
        "Host",    "Authorization",    "Proxy-Authorization", "Cookie",
        "Cookie2", "WWW-Authenticate", "Proxy-Authenticate",  NULL};
    return (drops_body && line_is_one_of(line, of_body)) ||
           (is_other_origin && line_is_one_of(line, of_origin));
}

static bool has_header(const struct parts *parts, const char *name)
{
    for (struct slice rest = parts->headers; rest.length > 0;) {
        if (parts_line_is(parts_next_line(&rest), name)) {
            return true;
        }
    }
    return false;
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/*
 * Decodes %XX in the user, and appends a colon to a name without a password. Returns the length; 0:
 * too long.
 */
static size_t decode_user(struct slice user, char text[USER_MAX + 2])
{
    size_t count = 0;
    for (size_t i = 0; i < user.length; i++) {
        char c = user.at[i];
        if (c == '%' && i + 2 < user.length && isxdigit((unsigned char)user.at[i + 1]) &&
            isxdigit((unsigned char)user.at[i + 2])) {
            c = (char)(hex(user.at[i + 1]) * 16 + hex(user.at[i + 2]));
            i += 2;
        }
        if (count == USER_MAX) {
            return 0;
        }
        text[count++] = c;
    }
    if (!memchr(user.at, ':', user.length)) {
        text[count++] = ':';
    }
    return count;
}

static void write_user(struct room *room, const char *text, size_t length)
{
    struct bytes encoded = {0};
    base64_encode(text, length, &encoded);
    room_add_text(room, "Authorization: Basic ");
    room_add(room, encoded.at, encoded.length);
    room_add_text(room, "\r\n");
    room->is_short |= encoded.has_failed;
    bytes_free(&encoded);
}

static void write_headers(struct room *room, const struct parts *parts, const char *other_authority,
                          bool drops_body)
{
    if (other_authority) {
        room_add_text(room, "Host: ");
        room_add_text(room, other_authority);
        room_add_text(room, "\r\n");
    }
    for (struct slice rest = parts->headers; rest.length > 0;) {
        struct slice line = parts_next_line(&rest);
        if (!is_left_out(line, drops_body, other_authority != NULL)) {
            room_add(room, line.at, line.length + 2); /* its CRLF too */
        }
    }
}

static bool is_same_method(const struct parts *parts, uint16_t code)
{
    return code == 307 || code == 308 ||
           (parts->method.length == 4 && memcmp(parts->method.at, "HEAD", 4) == 0);
}

static bool is_same_origin(const struct location *location, const struct redirect_origin *from)
{
    const struct url *url = &location->url;
    return !location->has_host || (url->is_https == from->is_https && url->port == from->port &&
                                   strcasecmp(url->host, from->host) == 0);
}

bool redirect_follow(const struct request *request, const struct redirect_origin *from,
                     uint16_t code, const char *text, char *buffer, size_t size,
                     struct redirect *redirect, char problem[LOCATION_PROBLEM])
{
    struct location location;
    struct parts parts;
    struct room room = {.at = buffer, .size = size};
    if (!location_read(text, from->is_https, &location, problem)) {
        return false;
    }
    parts_of(request, &parts);
    bool is_here = is_same_origin(&location, from);
    bool is_same = is_same_method(&parts, code);
    room_add_slice(&room, is_same ? parts.method : (struct slice){"GET", 3});
    room_add_text(&room, " ");
    location_write_target(&location, parts.path, &room);
    room_add_text(&room, " HTTP/1.1\r\n");
    write_headers(&room, &parts, is_here ? NULL : location.url.authority, !is_same);
    if (is_here && location.user.at && !has_header(&parts, "Authorization")) {
        char user[USER_MAX + 2];
        size_t length = decode_user(location.user, user);
        if (length == 0) {
            snprintf(problem, LOCATION_PROBLEM,
                     "redirected with a user and password longer than the limit of %d bytes",
                     USER_MAX);
            return false;
        }
        write_user(&room, user, length);
    }
    room_add_text(&room, "\r\n");
    if (room.is_short) {
        snprintf(problem, LOCATION_PROBLEM,
                 "redirected: request line and headers exceed the limit of %zu bytes", size);
        return false;
    }
    *redirect = (struct redirect){
        .port = is_here ? 0 : location.url.port,
        .is_https = is_here ? from->is_https : location.url.is_https,
        .request = *request,
    };
    redirect->request.bytes = buffer;
    redirect->request.length = room.length;
    redirect->request.layout = parts_find(buffer, room.length);
    bool has_tail = is_same && parts.raw_body.length > 0;
    redirect->request.tail = has_tail ? parts.raw_body.at : NULL;
    redirect->request.tail_length = has_tail ? parts.raw_body.length : 0;
    redirect->request.body_length = is_same ? request->body_length : 0;
    redirect->request.is_idempotent = is_same ? request->is_idempotent : true;
    snprintf(redirect->host, sizeof redirect->host, "%s", is_here ? "" : location.url.host);
    return true;
}
