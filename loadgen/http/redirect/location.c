#include "loadgen/http/redirect/location.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

enum { SHOWN = 64 };

const char location_lost[] = "lost"; /* compared by address */

__attribute__((format(printf, 2, 3))) static bool refuse(char problem[LOCATION_PROBLEM],
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(problem, LOCATION_PROBLEM, format, args);
    va_end(args);
    return false;
}

/* Reading. */

/* libcurl leaves the line's end in an empty value. */
static struct slice trim(const char *text)
{
    static const char blanks[] = " \t\r\n";
    const char *at = text + strspn(text, blanks);
    size_t length = strlen(at);
    while (length > 0 && strchr(blanks, at[length - 1])) {
        length--;
    }
    return (struct slice){at, length};
}

bool location_is_empty(const char *text)
{
    return trim(text).length == 0;
}

/* The part up to the first of these bytes, or all. */
static struct slice take_until(struct slice *rest, const char *ends)
{
    struct slice part = {rest->at, 0};
    while (part.length < rest->length && !strchr(ends, part.at[part.length])) {
        part.length++;
    }
    *rest = (struct slice){part.at + part.length, rest->length - part.length};
    return part;
}

/* The length of the scheme and its colon; 0: it has none. */
static size_t scheme_length(struct slice text)
{
    size_t i = 0;
    while (i < text.length &&
           (isalnum((unsigned char)text.at[i]) || (i > 0 && strchr("+-.", text.at[i])))) {
        i++;
    }
    bool is_scheme =
        i > 0 && i < text.length && text.at[i] == ':' && isalpha((unsigned char)text.at[0]);
    return is_scheme ? i + 1 : 0;
}

static bool is_scheme(struct slice text, const char *scheme)
{
    return text.length == strlen(scheme) && strncasecmp(text.at, scheme, text.length) == 0;
}

static size_t count_slashes(struct slice text)
{
    size_t count = 0;
    while (count < text.length && text.at[count] == '/') {
        count++;
    }
    return count;
}

/* The part that a message may show: without user and query, which may be secret. */
static struct slice shown(struct slice all)
{
    struct slice part = take_until(&all, "?#");
    const char *at = memrchr(part.at, '@', part.length);
    const char *slashes = memmem(part.at, part.length, "//", 2);
    if (at && slashes) {
        part.length = (size_t)(slashes + 2 - part.at);
    }
    part.length = part.length < SHOWN ? part.length : SHOWN;
    return part;
}

static bool read_host(struct slice *rest, struct location *location, struct slice all,
                      char problem[LOCATION_PROBLEM])
{
    size_t slashes = count_slashes(*rest);
    if (slashes < 1 || slashes > 3) {
        return refuse(problem, "redirected to \"%.*s\", which is not an http URL", (int)all.length,
                      all.at);
    }
    *rest = (struct slice){rest->at + slashes, rest->length - slashes};
    struct slice host = take_until(rest, "/?");
    const char *at = memchr(host.at, '@', host.length);
    if (at) {
        location->user = (struct slice){host.at, (size_t)(at - host.at)};
        host = (struct slice){at + 1, host.length - location->user.length - 1};
    }
    const char *wrong = url_read_authority(&location->url, host);
    if (!wrong && location->url.host[0] == '\0') {
        wrong = "no host";
    }
    location->has_host = true;
    return !wrong ||
           refuse(problem, "redirected to \"%.*s\", which has %s", (int)all.length, all.at, wrong);
}

bool location_read(const char *text, bool is_https, struct location *location,
                   char problem[LOCATION_PROBLEM])
{
    struct slice rest = trim(text);
    struct slice all = shown(rest);
    *location = (struct location){.url.is_https = is_https};
    if (text == location_lost) {
        return refuse(problem, "not enough memory for a redirect");
    }
    if (rest.length > LOCATION_MAX) {
        return refuse(problem, "redirected with a Location longer than the limit of %d bytes",
                      LOCATION_MAX);
    }
    for (size_t i = 0; i < rest.length; i++) {
        if ((unsigned char)rest.at[i] < ' ' || rest.at[i] == 0x7f) {
            return refuse(problem, "redirected with a control character in the Location");
        }
    }
    rest = take_until(&rest, "#");
    size_t scheme = scheme_length(rest);
    if (scheme > 0) {
        struct slice name = {rest.at, scheme - 1};
        location->url.is_https = is_scheme(name, "https");
        if (!location->url.is_https && !is_scheme(name, "http")) {
            return refuse(problem, "redirected to \"%.*s\": only http and https are followed",
                          (int)all.length, all.at);
        }
        rest = (struct slice){rest.at + scheme, rest.length - scheme};
    }
    if ((scheme > 0 || count_slashes(rest) > 1) && !read_host(&rest, location, all, problem)) {
        return false;
    }
    location->path = take_until(&rest, "?");
    if (rest.length > 0) {
        location->query = (struct slice){rest.at + 1, rest.length - 1};
    }
    return true;
}

/* Writing. */

static void add_encoded(struct room *room, struct slice text, const char *blank)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        char code[4];
        if (c == ' ') {
            room_add_text(room, blank);
        } else if (c < 0x80) {
            room_add(room, &text.at[i], 1);
        } else {
            room_add(room, code, (size_t)snprintf(code, sizeof code, "%%%02X", c));
        }
    }
}

/* RFC 3986, 5.2.4, in place. The path begins with a slash. Returns its new length. */
static size_t remove_dot_segments(char *path, size_t length)
{
    size_t out = 0;
    for (size_t in = 0, end = 0; in < length; in = end) {
        for (end = in + 1; end < length && path[end] != '/'; end++) {
        }
        bool is_dot = end - in == 2 && path[in + 1] == '.';
        bool is_parent = end - in == 3 && path[in + 1] == '.' && path[in + 2] == '.';
        if (!is_dot && !is_parent) {
            memmove(path + out, path + in, end - in);
            out += end - in;
            continue;
        }
        while (is_parent && out > 0 && path[--out] != '/') {
        }
        if (end == length) {
            path[out++] = '/';
        }
    }
    return out;
}

void location_write_target(const struct location *location, struct slice base, struct room *room)
{
    struct slice path = location->path;
    struct slice base_query = base;
    struct slice base_path = take_until(&base_query, "?");
    size_t begin = room->length;
    if (path.length == 0 && !location->has_host) {
        room_add_slice(room, base_path);
    } else {
        if (path.length == 0) {
            room_add_text(room, "/");
        } else if (path.at[0] != '/') { /* 5.2.3: relative to the old path */
            while (base_path.length > 0 && base_path.at[base_path.length - 1] != '/') {
                base_path.length--;
            }
            room_add_slice(room, base_path);
        }
        add_encoded(room, path, "%20");
        room->length = begin + remove_dot_segments(room->at + begin, room->length - begin);
    }
    if (location->query.at) {
        room_add_text(room, "?");
        add_encoded(room, location->query, "+");
    } else if (path.length == 0 && !location->has_host) {
        room_add_slice(room, base_query);
    }
}
