#include "loadgen/command/flags/address_flags.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/utf8.h"

enum { DNS_PORT = 53 };

/* More frequent lookups would measure the name servers. */
#define TTL_MIN_NS (10 * NS_PER_MS)

bool address_add_connect_to(void *field, const char *text, struct err *err)
{
    struct address_flags *flags = field;
    if (flags->rule_count == ADDRESS_RULES_MAX) {
        return err_set(err, ERR_USAGE, "at most %d rules", ADDRESS_RULES_MAX);
    }
    if (!utf8_is_text(text)) { /* the result file contains the rule */
        return err_set(err, ERR_USAGE, "the rule contains control characters or invalid UTF-8");
    }
    return connect_to_parse(text, &flags->rules[flags->rule_count++], err);
}

bool address_set_ttl(void *field, const char *text, struct err *err)
{
    uint64_t ns = 0;
    struct err ignored = {0}; /* the message below also explains -1 */
    if (strcmp(text, "-1") == 0) {
        *(int64_t *)field = -1;
        return true;
    }
    if (!duration_parse(text, &ns, &ignored) || (ns > 0 && ns < TTL_MIN_NS)) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a time of at least 10ms, such as 30s; 0: never, -1: for "
                       "every new connection",
                       text);
    }
    *(int64_t *)field = (int64_t)ns;
    return true;
}

/*
 * Parses "1.2.3.4", "1.2.3.4:53", "::1" or "[::1]:53"; truncates the text after the host. A zone
 * (fe80::1%eth0) is refused: c-ares ignores it, and the address would be a different one.
 */
static bool parse_server(char *text, struct address *address)
{
    if (strchr(text, '%')) {
        return false;
    }
    if (address_parse(text, DNS_PORT, address)) {
        return true;
    }
    bool is_bracketed = text[0] == '[';
    char *end = strchr(text, is_bracketed ? ']' : ':');
    const char *colon = end ? end + is_bracketed : "";
    uint16_t port = 0;
    if (colon[0] != ':' || !cli_set_port(&port, colon + 1, &(struct err){0}) || port == 0) {
        return false;
    }
    *end = '\0';
    return address_parse(text + is_bracketed, port, address);
}

bool address_set_resolvers(void *field, const char *text, struct err *err)
{
    struct address_flags *flags = field;
    size_t used = 0;
    while (true) {
        char one[ADDRESS_TEXT];
        char name[ADDRESS_TEXT];
        struct address address;
        int length = (int)strcspn(text, ",");
        snprintf(one, sizeof one, "%.*s", length, text);
        if (!parse_server(one, &address)) {
            return err_set(err, ERR_USAGE,
                           "\"%.*s\" is not the address of a name server; expected IP[:PORT],..., "
                           "such as 10.0.0.10,127.0.0.1:5353",
                           length, text);
        }
        address_print(&address, name);
        if (used + strlen(name) + 2 > sizeof flags->resolvers) {
            return err_set(err, ERR_USAGE,
                           "the list of name servers exceeds %zu bytes; name fewer servers",
                           sizeof flags->resolvers - 1);
        }
        used += (size_t)snprintf(flags->resolvers + used, sizeof flags->resolvers - used, "%s%s",
                                 used ? "," : "", name);
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

static bool is_unspecified(const struct address *address)
{
    return address->socket.any.sa_family == AF_INET
               ? address->socket.v4.sin_addr.s_addr == INADDR_ANY
               : IN6_IS_ADDR_UNSPECIFIED(&address->socket.v6.sin6_addr);
}

bool address_set_local(void *field, const char *text, struct err *err)
{
    struct address_flags *flags = field;
    struct address *local = &flags->local;
    if (!address_parse(text, 0, local)) {
        return err_set(
            err, ERR_USAGE,
            "\"%s\" is not an IP address; use an address of this machine, such as 127.0.0.1 or ::1",
            text);
    }
    if (is_unspecified(local)) {
        local->length = 0;
        return true;
    }
    int fd = socket(local->socket.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, &local->socket.any, local->length) == 0;
    int problem = errno;
    if (fd >= 0) {
        close(fd);
    }
    return ok || err_set(err, ERR_USAGE, "cannot connect from %s: %s", text, strerror(problem));
}

void address_flags_apply(const struct address_flags *flags, struct plan *plan)
{
    plan->connect_to = flags->rules;
    plan->connect_to_count = flags->rule_count;
    plan->dns_ttl_ns = flags->ttl_ns;
    plan->resolvers = flags->resolvers[0] ? flags->resolvers : NULL;
    plan->local = flags->local;
}
