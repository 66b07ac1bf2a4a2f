#include "loadgen/command/flags/address_flags.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/http/proxy.h"
#include "loadgen/net/allow.h"

enum { DNS_PORT = 53 };

/* More frequent lookups would measure the name servers. */
#define TTL_MIN_NS (10 * NS_PER_MS)

bool address_add_connect_to(void *field, const char *text, struct err *err)
{
    struct address_rules *rules = field;
    if (rules->count == ADDRESS_RULES_MAX) {
        return err_set(err, ERR_USAGE, "at most %d rules", ADDRESS_RULES_MAX);
    }
    if (!utf8_is_text(text)) { /* the result file contains the rule */
        return err_set(err, ERR_USAGE, "the rule contains control characters or invalid UTF-8");
    }
    return connect_to_parse(text, &rules->list[rules->count++], err);
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
                       "\"%s\" is not a time of at least 10ms, such as 30s; 0: never re-resolve, "
                       "-1: re-resolve for every new connection",
                       text);
    }
    *(int64_t *)field = (int64_t)ns;
    return true;
}

/*
 * Parses "1.2.3.4", "1.2.3.4:53", "::1" or "[::1]:53"; truncates the text after the host. A zone
 * (fe80::1%eth0) is refused, because c-ares ignores it and would use another address.
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
    char *resolvers = field;
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
        if (used + strlen(name) + 2 > ADDRESS_RESOLVERS) {
            return err_set(err, ERR_USAGE,
                           "the list of name servers exceeds %d bytes; list fewer servers",
                           ADDRESS_RESOLVERS - 1);
        }
        used += (size_t)snprintf(resolvers + used, ADDRESS_RESOLVERS - used, "%s%s",
                                 used ? "," : "", name);
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

/* An empty list is refused; otherwise, an unset variable would allow everything. */
bool address_set_allowed(void *field, const char *text, struct err *err)
{
    if (!utf8_is_text(text)) { /* the result file contains the list */
        return err_set(err, ERR_USAGE, "the list contains control characters or invalid UTF-8");
    }
    return allow_check(text, err) && cli_set_string(field, text, err);
}

static bool is_unspecified(const struct address *address)
{
    return address->socket.any.sa_family == AF_INET
               ? address->socket.v4.sin_addr.s_addr == INADDR_ANY
               : IN6_IS_ADDR_UNSPECIFIED(&address->socket.v6.sin6_addr);
}

bool address_set_local(void *field, const char *text, struct err *err)
{
    struct address *local = field;
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
    plan->connect_to = flags->rules.list;
    plan->connect_to_count = flags->rules.count;
    plan->dns_ttl_ns = flags->ttl_ns;
    plan->resolvers = flags->resolvers[0] ? flags->resolvers : NULL;
    plan->local = flags->local;
    plan->allowed_targets = flags->allowed;
}

/* False: no rule applies. */
static bool is_replaced(const struct plan *plan, const struct endpoint *endpoint)
{
    size_t i = 0;
    while (i < plan->connect_to_count &&
           !connect_to_applies(&plan->connect_to[i], endpoint->host, endpoint->port)) {
        i++;
    }
    return i < plan->connect_to_count;
}

static bool check_host(const struct plan *plan, const char *host, uint16_t port, struct err *err)
{
    char text[HOSTNAME_TEXT];
    return allow_host(plan->allowed_targets, host, port) != ALLOW_NO ||
           err_set(err, ERR_USAGE, "%s:%u is not in -allow-target", hostname_print(host, text),
                   port);
}

static bool check_rules(const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->connect_to_count; i++) {
        const struct connect_to *rule = &plan->connect_to[i];
        if (!check_host(plan, rule->to_host, rule->to_port, err)) {
            return err_prefix(err, "-connect-to");
        }
    }
    return true;
}

bool address_check_allowed(const struct plan *plan, const struct targets *targets,
                           const char *field, struct err *err)
{
    if (plan->unix_socket) {
        return allow_socket(plan->allowed_targets, plan->unix_socket) ||
               err_set(err, ERR_USAGE, "-unix-socket: unix:%s is not in -allow-target",
                       plan->unix_socket);
    }
    if (!check_rules(plan, err)) {
        return false;
    }
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *endpoint = &targets->endpoints[i];
        if (!is_replaced(plan, endpoint) &&
            !check_host(plan, endpoint->host, endpoint->port, err)) {
            return field && err_prefix(err, "%s", field);
        }
    }
    return true;
}

/* All that goes to http:// or https:// can go to this proxy, whatever the targets are. */
static bool check_proxy(const struct plan *plan, bool is_https, const char *allowed,
                        struct err *err)
{
    struct proxy_options options = plan->proxy;
    struct proxy proxy;
    char text[HOSTNAME_TEXT];
    options.no = NULL;
    return !proxy_for(&options, is_https, "any.invalid", 1, &proxy) ||
           allow_host(allowed, proxy.host, proxy.port) == ALLOW_YES ||
           err_set(err, ERR_USAGE, "proxy %s:%u is not in this worker's -allow-target",
                   hostname_print(proxy.host, text), proxy.port);
}

bool address_check_ways(const struct plan *plan, const char *allowed, struct err *err)
{
    if (plan->resolvers) {
        return err_set(err, ERR_USAGE,
                       "-resolvers: this worker has -allow-target, so it asks only the name "
                       "servers of its own machine");
    }
    return check_proxy(plan, false, allowed, err) && check_proxy(plan, true, allowed, err);
}
