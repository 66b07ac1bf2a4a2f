#include "loadgen/net/allow.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/blank.h"
#include "common/slice.h"
#include "loadgen/net/hostname.h"

enum { ADDRESS_BYTES = 16, ADDRESS_BITS = 128, IPV4_BITS = 32, MAPPED_BYTES = 12 };

enum kind { KIND_NAME, KIND_BELOW, KIND_RANGE, KIND_SOCKET };

struct entry {
    enum kind kind;
    char name[HOSTNAME_MAX];
    struct slice path;
    unsigned char base[ADDRESS_BYTES]; /* IPv4: ::ffff:a.b.c.d */
    unsigned bits;
    uint16_t port; /* 0: every port */
};

/* Reading. */

/* Removes and returns the first entry; *rest is NULL after the last one. */
static struct slice take(const char **rest)
{
    const char *from = *rest;
    const char *to = from + strcspn(from, ",\n");
    *rest = *to == ',' ? to + 1 : NULL;
    blank_trim_range(&from, &to);
    return (struct slice){from, (size_t)(to - from)};
}

static bool read_number(struct slice text, unsigned max, unsigned *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!isdigit((unsigned char)text.at[i]) || *number > max) {
            return false;
        }
        *number = *number * 10 + (unsigned)(text.at[i] - '0');
    }
    return text.length > 0 && *number <= max;
}

/* ":80" or nothing. */
static bool read_port(struct slice text, uint16_t *port)
{
    unsigned number = 0;
    if (text.length > 0 &&
        (text.at[0] != ':' ||
         !read_number((struct slice){text.at + 1, text.length - 1}, UINT16_MAX, &number) ||
         number == 0)) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

static void map(const struct in_addr *v4, unsigned char bytes[ADDRESS_BYTES])
{
    memset(bytes, 0, ADDRESS_BYTES);
    bytes[MAPPED_BYTES - 2] = bytes[MAPPED_BYTES - 1] = 0xff;
    memcpy(bytes + MAPPED_BYTES, v4, sizeof *v4);
}

/* An address, with or without "/BITS". */
static bool read_range(struct slice text, struct entry *entry)
{
    char host[INET6_ADDRSTRLEN];
    struct in_addr v4;
    const char *slash = memchr(text.at, '/', text.length);
    size_t length = slash ? (size_t)(slash - text.at) : text.length;
    if (length >= sizeof host) {
        return false;
    }
    memcpy(host, text.at, length);
    host[length] = '\0';
    bool is_v4 = inet_pton(AF_INET, host, &v4) == 1;
    if (is_v4) {
        map(&v4, entry->base);
    } else if (inet_pton(AF_INET6, host, entry->base) != 1) {
        return false;
    }
    unsigned most = is_v4 ? IPV4_BITS : ADDRESS_BITS;
    unsigned bits = most;
    if (slash && !read_number((struct slice){slash + 1, text.length - length - 1}, most, &bits)) {
        return false;
    }
    entry->kind = KIND_RANGE;
    entry->bits = ADDRESS_BITS - most + bits;
    return true;
}

static bool read_name(struct slice text, struct entry *entry)
{
    char name[HOSTNAME_MAX];
    bool is_below = text.length > 2 && memcmp(text.at, "*.", 2) == 0;
    size_t skipped = is_below ? 2 : 0;
    if (hostname_read(text.at + skipped, text.length - skipped, false, name) || !name[0] ||
        strchr(name, '*')) {
        return false;
    }
    hostname_bare(name, entry->name);
    entry->kind = is_below ? KIND_BELOW : KIND_NAME;
    return true;
}

static bool read_entry(struct slice text, struct entry *entry)
{
    static const char socket[] = "unix:";
    size_t prefix = sizeof socket - 1;
    if (text.length > prefix && memcmp(text.at, socket, prefix) == 0) {
        entry->kind = KIND_SOCKET;
        entry->path = (struct slice){text.at + prefix, text.length - prefix};
        return true;
    }
    const char *end = text.at + text.length;
    const char *colon = memchr(text.at, ':', text.length);
    bool is_bracketed = text.length > 0 && text.at[0] == '[';
    struct slice host = {text.at, colon ? (size_t)(colon - text.at) : text.length};
    if (is_bracketed) {
        const char *bracket = memchr(text.at, ']', text.length);
        host = (struct slice){text.at + 1, bracket ? (size_t)(bracket - text.at) - 1 : 0};
        colon = bracket ? bracket + 1 : end;
    } else if (colon && memrchr(text.at, ':', text.length) != colon) {
        host.length = text.length; /* an IPv6 address without a port */
        colon = end;
    }
    const char *port = colon ? colon : end;
    return host.length > 0 && read_port((struct slice){port, (size_t)(end - port)}, &entry->port) &&
           (read_range(host, entry) || (!is_bracketed && read_name(host, entry)));
}

/*
 * True for a name such as 127.1, which the system treats as an address, so that the entry would
 * allow nothing.
 */
static bool is_number(const struct entry *entry)
{
    struct address address;
    return entry->kind == KIND_NAME && address_parse(entry->name, 0, &address);
}

bool allow_check(const char *list, struct err *err)
{
    if (strchr(list, '\n')) {
        return err_set(err, ERR_USAGE, "\"%s\" has several lines; separate entries by commas",
                       list);
    }
    for (const char *rest = list; rest;) {
        struct slice text = take(&rest);
        struct entry entry;
        if (!read_entry(text, &entry) || is_number(&entry)) {
            return err_set(err, ERR_USAGE,
                           "\"%.*s\" is not HOST[:PORT], *.NAME, ADDRESS/BITS or unix:PATH, such "
                           "as api.example:5000 or 10.0.0.0/8",
                           (int)text.length, text.at);
        }
    }
    return true;
}

/* Comparing. */

/* The next list; NULL: there is none. */
static const char *next_list(const char *list)
{
    const char *end = strchr(list, '\n');
    return end ? end + 1 : NULL;
}

/* The next entry for this port; false: there is none. */
static bool next_for(const char **rest, uint16_t port, struct entry *entry)
{
    while (*rest) {
        if (read_entry(take(rest), entry) &&
            (entry->kind == KIND_SOCKET || entry->port == 0 || entry->port == port)) {
            return true;
        }
    }
    return false;
}

static bool has_name(const struct entry *entry, const char *name)
{
    size_t length = strlen(name);
    size_t end = strlen(entry->name);
    switch (entry->kind) {
    case KIND_NAME:
        return strcasecmp(name, entry->name) == 0;
    case KIND_BELOW:
        return length > end + 1 && name[length - end - 1] == '.' &&
               strcasecmp(name + length - end, entry->name) == 0;
    case KIND_RANGE:
    case KIND_SOCKET:
        break;
    }
    return false;
}

static enum allow find_name(const char *list, const char *bare, uint16_t port)
{
    struct entry entry;
    enum allow allow = ALLOW_NO;
    for (const char *rest = list; next_for(&rest, port, &entry);) {
        if (has_name(&entry, bare)) {
            return ALLOW_YES;
        }
        allow = entry.kind == KIND_RANGE ? ALLOW_LISTED_ADDRESSES : allow;
    }
    return allow;
}

enum allow allow_name(const char *list, const char *name, uint16_t port)
{
    char bare[HOSTNAME_MAX];
    enum allow least = ALLOW_YES;
    hostname_bare(name, bare);
    for (; list; list = next_list(list)) {
        enum allow allow = find_name(list, bare, port);
        least = allow < least ? allow : least;
    }
    return least;
}

static bool is_mapped(const unsigned char bytes[ADDRESS_BYTES])
{
    static const unsigned char prefix[MAPPED_BYTES] = {
        [MAPPED_BYTES - 2] = 0xff,
        [MAPPED_BYTES - 1] = 0xff,
    };
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

static bool has_address(const struct entry *entry, const unsigned char bytes[ADDRESS_BYTES])
{
    if (entry->kind != KIND_RANGE) {
        return false;
    }
    bool is_v4 = is_mapped(entry->base) && entry->bits >= ADDRESS_BITS - IPV4_BITS;
    if (is_v4 != is_mapped(bytes)) {
        return false;
    }
    for (unsigned i = 0; i < entry->bits; i++) {
        unsigned difference = entry->base[i / 8] ^ bytes[i / 8];
        if (difference & (0x80U >> (i % 8))) {
            return false;
        }
    }
    return true;
}

static bool find_address(const char *list, const struct address *address)
{
    unsigned char bytes[ADDRESS_BYTES];
    struct entry entry;
    uint16_t port = 0;
    switch (address->socket.any.sa_family) {
    case AF_INET:
        map(&address->socket.v4.sin_addr, bytes);
        port = ntohs(address->socket.v4.sin_port);
        break;
    case AF_INET6:
        memcpy(bytes, &address->socket.v6.sin6_addr, sizeof bytes);
        port = ntohs(address->socket.v6.sin6_port);
        break;
    default:
        return false;
    }
    for (const char *rest = list; next_for(&rest, port, &entry);) {
        if (has_address(&entry, bytes)) {
            return true;
        }
    }
    return false;
}

bool allow_address(const char *list, const struct address *address)
{
    bool is_allowed = true;
    for (; list && is_allowed; list = next_list(list)) {
        is_allowed = find_address(list, address);
    }
    return is_allowed;
}

bool allow_answer(const char *list, const char *name, uint16_t port, const struct address *address)
{
    char bare[HOSTNAME_MAX];
    bool is_allowed = true;
    hostname_bare(name, bare);
    for (; list && is_allowed; list = next_list(list)) {
        is_allowed = find_name(list, bare, port) == ALLOW_YES || find_address(list, address);
    }
    return is_allowed;
}

static bool find_socket(const char *list, const char *path)
{
    struct entry entry;
    for (const char *rest = list; next_for(&rest, 0, &entry);) {
        if (entry.kind == KIND_SOCKET && slice_equals(entry.path, path)) {
            return true;
        }
    }
    return false;
}

bool allow_socket(const char *list, const char *path)
{
    bool is_allowed = true;
    for (; list && is_allowed; list = next_list(list)) {
        is_allowed = find_socket(list, path);
    }
    return is_allowed;
}

enum allow allow_host(const char *list, const char *host, uint16_t port)
{
    struct address address;
    if (address_parse(host, port, &address)) {
        return allow_address(list, &address) ? ALLOW_YES : ALLOW_NO;
    }
    return allow_name(list, host, port);
}
