#include "loadgen/net/names/resolver.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "loadgen/base/hash.h"
#include "loadgen/net/allow.h"

enum { DESTINATION_CHAINS = 1024 };

#define STOP_POLL_NS (20 * NS_PER_MS) /* interval at which stop_fd is checked */

struct resolver {
    struct resolver_config config;
    struct address unix_address;
    struct names names;
    struct destination *destinations[DESTINATION_CHAINS];
};

/* Destinations. */

/* Host names are case-insensitive. */
static size_t chain_of(const char *host, uint16_t port)
{
    uint64_t hash = hash_number(HASH_START, port);
    for (const char *c = host; *c; c++) {
        hash = hash_number(hash, (unsigned char)*c | 0x20U);
    }
    return hash % DESTINATION_CHAINS;
}

static bool add_name(struct resolver *resolver, struct destination *destination, const char *host,
                     uint16_t port)
{
    return name_init(&destination->names[destination->name_count++], &resolver->names, host, port,
                     &resolver->unix_address, destination->is_proxy, &destination->deficit,
                     &destination->address_count);
}

static bool applies_to(const struct connect_to *rule, const struct destination *destination)
{
    return connect_to_applies(rule, destination->host, destination->port);
}

/* Adds the destination's own host, or the names that replace it (-connect-to). */
static bool add_names(struct resolver *resolver, struct destination *destination)
{
    const struct resolver_config *config = &resolver->config;
    size_t count = 0;
    for (size_t i = 0; i < config->connect_to_count; i++) {
        count += applies_to(&config->connect_to[i], destination);
    }
    destination->names = calloc(count ? count : 1, sizeof *destination->names);
    if (!destination->names) {
        return false;
    }
    destination->turn = config->names.thread;
    bool ok = count > 0 || add_name(resolver, destination, destination->host, destination->port);
    for (size_t i = 0; ok && count > 0 && i < config->connect_to_count; i++) {
        const struct connect_to *rule = &config->connect_to[i];
        ok = !applies_to(rule, destination) ||
             add_name(resolver, destination, rule->to_host, rule->to_port);
    }
    destination->is_complete = ok;
    return ok;
}

static struct destination *find(struct resolver *resolver, const char *host, uint16_t port,
                                bool is_proxy)
{
    struct destination **chain = &resolver->destinations[chain_of(host, port)];
    for (struct destination *destination = *chain; destination; destination = destination->next) {
        if (destination->port == port && destination->is_proxy == is_proxy &&
            strcasecmp(destination->host, host) == 0) {
            return destination->is_complete ? destination : NULL;
        }
    }
    struct destination *destination = calloc(1, sizeof *destination);
    if (!destination) {
        return NULL;
    }
    destination->port = port;
    destination->is_proxy = is_proxy;
    destination->next = *chain;
    destination->host = strdup(host);
    if (!destination->host) {
        free(destination);
        return NULL;
    }
    *chain = destination; /* freed by resolver_destroy, even if incomplete */
    return add_names(resolver, destination) ? destination : NULL;
}

struct destination *resolver_find(struct resolver *resolver, const char *host, uint16_t port)
{
    return find(resolver, host, port, false);
}

struct destination *resolver_find_proxy(struct resolver *resolver, const char *host, uint16_t port)
{
    return find(resolver, host, port, true);
}

bool resolver_allows_proxied(const struct resolver *resolver, const char *host, uint16_t port)
{
    return allow_host(resolver->config.names.allowed, host, port) == ALLOW_YES;
}

/* Peers. */

/* Rotates over the names; those with a deficit go first. */
static struct name *next_name(struct destination *destination)
{
    struct name *name = &destination->names[destination->turn++ % destination->name_count];
    for (size_t i = 0; destination->deficit > 0 && i < destination->name_count; i++) {
        struct name *other = &destination->names[(destination->turn + i) % destination->name_count];
        if (peers_have_deficit(&other->peers)) {
            return other;
        }
    }
    return name;
}

enum lookup_result resolver_next(struct destination *destination, struct lookup *lookup,
                                 struct peer **peer)
{
    return name_next(next_name(destination), lookup, peer);
}

bool destination_update_deficit(const struct destination *destination, struct turns *turns,
                                bool is_calm, bool has_room)
{
    struct turn *behind = is_calm ? turns_take_behind(turns) : NULL;
    if (behind && behind->peer->open > 0 && has_room) {
        peer_add_deficit(behind->peer);
    }
    return destination_has_deficit(destination);
}

size_t destination_usable_count(const struct destination *destination)
{
    size_t count = 0;
    for (size_t i = 0; i < destination->name_count; i++) {
        count += peers_usable_count(&destination->names[i].peers);
    }
    return count;
}

static size_t list_numbers(const struct destination *destination,
                           uint32_t numbers[RESOLVER_VISIT_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < destination->name_count; i++) {
        const struct peers *peers = &destination->names[i].peers;
        for (size_t k = 0; k < peers->count && count < RESOLVER_VISIT_MAX; k++) {
            numbers[count++] = peers->list[k]->address.number;
        }
    }
    return count;
}

void resolver_visit(const struct resolver *resolver,
                    void (*visit)(void *context, const struct destination *destination,
                                  const uint32_t *numbers, size_t count),
                    void *context)
{
    uint32_t numbers[RESOLVER_VISIT_MAX];
    for (size_t i = 0; i < DESTINATION_CHAINS; i++) {
        for (const struct destination *destination = resolver->destinations[i]; destination;
             destination = destination->next) {
            visit(context, destination, numbers, list_numbers(destination, numbers));
        }
    }
}

uint64_t resolver_failed_connects(const struct resolver *resolver)
{
    uint64_t failed = 0;
    for (const struct name *name = resolver->names.all; name; name = name->next) {
        bool is_queried = !name->is_literal && strcasecmp(name->host, "localhost") != 0;
        failed += is_queried ? name->peers.failed_connects : 0;
    }
    return failed;
}

uint64_t resolver_changes(const struct resolver *resolver)
{
    return resolver->names.changes;
}

uint64_t resolver_next_deadline_ns(const struct resolver *resolver)
{
    return names_next_deadline_ns(&resolver->names);
}

void resolver_expire(struct resolver *resolver, uint64_t now_ns)
{
    names_expire(&resolver->names, now_ns);
}

/* The resolver. */

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

void resolver_resolve_all(struct resolver *resolver, uint64_t until_ns, int stop_fd)
{
    uint64_t now_ns = clock_now_ns();
    while (!names_are_resolved(&resolver->names) && now_ns < until_ns && !is_readable(stop_fd)) {
        uint64_t poll_ns = now_ns + STOP_POLL_NS < until_ns ? now_ns + STOP_POLL_NS : until_ns;
        uint64_t due_ns = resolver_next_deadline_ns(resolver);
        uint64_t at_ns = due_ns < poll_ns ? due_ns : poll_ns;
        loop_wait(resolver->names.loop, at_ns > now_ns ? at_ns - now_ns : 0);
        loop_dispatch(resolver->names.loop);
        now_ns = clock_now_ns();
        resolver_expire(resolver, now_ns);
    }
}

static bool set_unix_socket(struct resolver *resolver, struct err *err)
{
    const char *path = resolver->config.unix_socket;
    return (allow_socket(resolver->config.names.allowed, path) ||
            err_set(err, ERR_USAGE, "order.unix_socket: %s is not an allowed target", path)) &&
           address_unix(path, &resolver->unix_address, err);
}

struct resolver *resolver_create(const struct resolver_config *config, struct loop *loop,
                                 struct err *err)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver) {
        err_set(err, ERR_FAILED, "not enough memory for names");
        return NULL;
    }
    resolver->config = *config;
    names_init(&resolver->names, &resolver->config.names, loop);
    if (config->unix_socket && !set_unix_socket(resolver, err)) {
        resolver_destroy(resolver);
        return NULL;
    }
    return resolver;
}

static void free_destination(struct destination *destination)
{
    for (size_t i = 0; i < destination->name_count; i++) {
        name_fini(&destination->names[i]);
    }
    free(destination->names);
    free(destination->host);
    free(destination);
}

void resolver_destroy(struct resolver *resolver)
{
    if (!resolver) {
        return;
    }
    names_fini(&resolver->names);
    for (size_t i = 0; i < DESTINATION_CHAINS; i++) {
        while (resolver->destinations[i]) {
            struct destination *next = resolver->destinations[i]->next;
            free_destination(resolver->destinations[i]);
            resolver->destinations[i] = next;
        }
    }
    free(resolver);
}
