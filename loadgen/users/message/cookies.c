#include "loadgen/users/message/cookies.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "loadgen/base/memory.h"

struct cookie {
    struct cookie *next;
    struct slice name; /* the slices point into `text` */
    struct slice value;
    struct slice domain;
    struct slice path;
    bool is_host_only;
    bool is_secure;
    char text[];
};

/* A parsed Set-Cookie line; slices of the line. */
struct parsed {
    struct slice name;
    struct slice value;
    struct slice domain; /* empty: none */
    struct slice path;   /* empty: the default path */
    bool is_secure;
    bool is_expired;
};

static struct slice trim(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    while (at < end && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return (struct slice){at, (size_t)(end - at)};
}

static const char *find(const char *at, const char *end, char c)
{
    const char *found = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
    return found ? found : end;
}

static bool is_word(struct slice slice, const char *word)
{
    return slice.length == strlen(word) && strncasecmp(slice.at, word, slice.length) == 0;
}

static bool has_passed(struct slice date)
{
    char text[64];
    if (date.length >= sizeof text) {
        return false;
    }
    memcpy(text, date.at, date.length);
    text[date.length] = '\0';
    time_t at = curl_getdate(text, NULL);
    return at >= 0 && at <= time(NULL);
}

static void read_attribute(struct parsed *cookie, struct slice name, struct slice value)
{
    if (is_word(name, "domain")) {
        bool has_dot = value.length > 0 && value.at[0] == '.';
        cookie->domain = (struct slice){value.at + has_dot, value.length - has_dot};
    } else if (is_word(name, "path")) {
        cookie->path = value;
    } else if (is_word(name, "secure")) {
        cookie->is_secure = true;
    } else if (is_word(name, "max-age")) {
        cookie->is_expired = value.length > 0 && (value.at[0] == '-' || value.at[0] == '0');
    } else if (is_word(name, "expires")) {
        cookie->is_expired |= has_passed(value);
    }
}

static bool parse(const char *at, const char *end, struct parsed *cookie)
{
    const char *part_end = find(at, end, ';');
    const char *equals = find(at, part_end, '=');
    *cookie = (struct parsed){.name = trim(at, equals)};
    if (equals == part_end || cookie->name.length == 0) {
        return false;
    }
    cookie->value = trim(equals + 1, part_end);
    while (part_end < end) {
        at = part_end + 1;
        part_end = find(at, end, ';');
        equals = find(at, part_end, '=');
        read_attribute(cookie, trim(at, equals),
                       trim(equals < part_end ? equals + 1 : part_end, part_end));
    }
    return true;
}

/* True if the domain is the host or a parent domain of it. */
static bool covers(struct slice domain, const char *host)
{
    size_t length = strlen(host);
    if (length < domain.length ||
        strncasecmp(host + length - domain.length, domain.at, domain.length) != 0) {
        return false;
    }
    return length == domain.length || host[length - domain.length - 1] == '.';
}

/* The path of a request up to its last slash. */
static struct slice default_path(struct slice path)
{
    size_t length = (size_t)(find(path.at, path.at + path.length, '?') - path.at);
    while (length > 0 && path.at[length - 1] != '/') {
        length--;
    }
    length -= length > 1;
    return length > 0 && path.at[0] == '/' ? (struct slice){path.at, length} : slice_of("/");
}

static bool equals(struct slice a, struct slice b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static void remove_same(struct cookies *cookies, const struct parsed *like)
{
    for (struct cookie **at = &cookies->first; *at; at = &(*at)->next) {
        struct cookie *cookie = *at;
        if (equals(cookie->name, like->name) && equals(cookie->path, like->path) &&
            cookie->domain.length == like->domain.length &&
            strncasecmp(cookie->domain.at, like->domain.at, like->domain.length) == 0) {
            *at = cookie->next;
            free(cookie);
            cookies->count--;
            return;
        }
    }
}

static struct slice copy(char **to, struct slice from)
{
    struct slice copied = {*to, from.length};
    if (from.length > 0) {
        memcpy(*to, from.at, from.length);
    }
    *to += from.length;
    return copied;
}

static void remove_oldest(struct cookies *cookies)
{
    struct cookie **at = &cookies->first;
    while ((*at)->next) {
        at = &(*at)->next;
    }
    free(*at);
    *at = NULL;
    cookies->count--;
}

/* Adds a cookie, which must have a domain and a path, at the front. */
static void add(struct cookies *cookies, const struct parsed *parsed, bool is_host_only)
{
    size_t length =
        parsed->name.length + parsed->value.length + parsed->domain.length + parsed->path.length;
    remove_same(cookies, parsed);
    if (parsed->is_expired || length > COOKIE_BYTES_MAX) {
        return;
    }
    struct cookie *cookie = memory_of(malloc(sizeof *cookie + length));
    char *text = cookie->text;
    cookie->next = cookies->first;
    cookie->name = copy(&text, parsed->name);
    cookie->value = copy(&text, parsed->value);
    cookie->domain = copy(&text, parsed->domain);
    cookie->path = copy(&text, parsed->path);
    cookie->is_host_only = is_host_only;
    cookie->is_secure = parsed->is_secure;
    cookies->first = cookie;
    if (++cookies->count > COOKIES_MAX) {
        remove_oldest(cookies);
    }
}

void cookies_take(struct cookies *cookies, struct slice headers, const struct cookie_url *from)
{
    static const char name[] = "set-cookie:";
    const char *end = headers.at + headers.length;
    for (const char *line = headers.at; line && line < end;) {
        const char *line_end = find(line, end, '\n');
        const char *value_end = line_end > line && line_end[-1] == '\r' ? line_end - 1 : line_end;
        struct parsed parsed;
        if ((size_t)(value_end - line) > strlen(name) &&
            strncasecmp(line, name, strlen(name)) == 0 &&
            parse(line + strlen(name), value_end, &parsed)) {
            bool has_domain = parsed.domain.length > 0;
            bool is_known = !has_domain || is_word(parsed.domain, from->host) ||
                            (memchr(parsed.domain.at, '.', parsed.domain.length) &&
                             covers(parsed.domain, from->host));
            if (!has_domain) {
                parsed.domain = slice_of(from->host);
            }
            if (parsed.path.length == 0 || parsed.path.at[0] != '/') {
                parsed.path = default_path(from->path);
            }
            if (is_known) {
                add(cookies, &parsed, !has_domain);
            }
        }
        line = line_end + 1;
    }
}

static bool path_covers(struct slice cookie, struct slice path)
{
    size_t length = (size_t)(find(path.at, path.at + path.length, '?') - path.at);
    if (length < cookie.length || memcmp(path.at, cookie.at, cookie.length) != 0) {
        return cookie.length == 1 && length == 0;
    }
    return length == cookie.length || cookie.at[cookie.length - 1] == '/' ||
           path.at[cookie.length] == '/';
}

void cookies_write(const struct cookies *cookies, const struct cookie_url *to, struct bytes *out)
{
    const char *gap = "";
    for (const struct cookie *cookie = cookies->first; cookie; cookie = cookie->next) {
        bool is_host = is_word(cookie->domain, to->host);
        if ((is_host || (!cookie->is_host_only && covers(cookie->domain, to->host))) &&
            path_covers(cookie->path, to->path) && (!cookie->is_secure || to->is_https)) {
            bytes_add_text(out, gap);
            bytes_add(out, cookie->name.at, cookie->name.length);
            bytes_add(out, "=", 1);
            bytes_add(out, cookie->value.at, cookie->value.length);
            gap = "; ";
        }
    }
}

void cookies_set(struct cookies *cookies, struct slice name, struct slice value, const char *host)
{
    const struct parsed parsed = {
        .name = name, .value = value, .domain = slice_of(host), .path = slice_of("/")};
    add(cookies, &parsed, true);
}

struct slice cookies_find(const struct cookies *cookies, struct slice name)
{
    const struct cookie *cookie = cookies->first;
    while (cookie && !equals(cookie->name, name)) {
        cookie = cookie->next;
    }
    return cookie ? cookie->value : (struct slice){0};
}

void cookies_free(struct cookies *cookies)
{
    while (cookies->first) {
        struct cookie *next = cookies->first->next;
        free(cookies->first);
        cookies->first = next;
    }
    cookies->count = 0;
}
