#include "loadgen/net/resolver.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "loadgen/net/names.h"

enum { PLACE_CHAINS = 1024 };

#define LOOK_UP_NS (20 * NS_PER_MS) /* how often is seen whether to stop */

struct resolver {
    struct resolver_config config;
    struct address unix_address;
    struct names names;
    struct place *places[PLACE_CHAINS];
};

/* Places. */

static unsigned chain_of(const char *host, uint16_t port)
{
    unsigned hash = port;
    for (const char *c = host; *c; c++) {
        hash = hash * 31 + ((unsigned char)*c | 0x20U);
    }
    return hash % PLACE_CHAINS;
}

static bool begin_name(struct resolver *resolver, struct place *place, const char *host,
                       uint16_t port)
{
    return name_init(&place->names[place->name_count], &resolver->names, place, host, port,
                     &resolver->unix_address);
}

static bool is_meant(const struct connect_to *rule, const struct place *place)
{
    return rule->from_port == place->port && strcasecmp(rule->from_host, place->host) == 0;
}

/* The place's own host, or what -connect-to says. */
static bool begin_names(struct resolver *resolver, struct place *place)
{
    const struct resolver_config *config = &resolver->config;
    size_t count = 0;
    for (size_t i = 0; i < config->connect_to_count; i++) {
        count += is_meant(&config->connect_to[i], place);
    }
    place->names = calloc(count ? count : 1, sizeof *place->names);
    if (!place->names) {
        return false;
    }
    place->turn = config->thread;
    bool ok = count > 0 || begin_name(resolver, place, place->host, place->port);
    for (size_t i = 0; ok && count > 0 && i < config->connect_to_count; i++) {
        const struct connect_to *rule = &config->connect_to[i];
        ok = !is_meant(rule, place) || begin_name(resolver, place, rule->to_host, rule->to_port);
    }
    place->failed = ok ? place->names : NULL;
    return ok;
}

struct place *resolver_find(struct resolver *resolver, const char *host, uint16_t port)
{
    struct place **chain = &resolver->places[chain_of(host, port)];
    for (struct place *place = *chain; place; place = place->next) {
        if (place->port == port && strcasecmp(place->host, host) == 0) {
            return place->failed ? place : NULL;
        }
    }
    struct place *place = calloc(1, sizeof *place);
    if (!place) {
        return NULL;
    }
    place->port = port;
    place->next = *chain;
    place->host = strdup(host);
    if (!place->host) {
        free(place);
        return NULL;
    }
    *chain = place; /* what was begun of it is freed at the end, even when it is not complete */
    return begin_names(resolver, place) ? place : NULL;
}

/* Addresses. */

static struct name *next_name(struct place *place)
{
    struct name *name = &place->names[place->turn++ % place->name_count];
    for (size_t i = 0; place->owed > 0 && i < place->name_count; i++) {
        struct name *other = &place->names[(place->turn + i) % place->name_count];
        if (peers_are_owed(&other->peers)) {
            return other;
        }
    }
    return name;
}

enum lookup resolver_next(struct place *place, struct resolver_wait *wait, struct peer **peer)
{
    struct name *name = next_name(place);
    enum lookup result = name_next(name, wait, peer);
    if (result != LOOKUP_DONE) {
        place->failed = name;
    }
    return result;
}

void resolver_cancel(struct resolver_wait *wait)
{
    if (wait->link) {
        *wait->link = wait->next;
        if (wait->next) {
            wait->next->link = wait->link;
        }
        wait->link = NULL;
        wait->name->place->failed = wait->name;
    }
}

const char *resolver_problem(const struct place *place)
{
    return place->failed->problem;
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

/* The whole. */

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

void resolver_settle(struct resolver *resolver, uint64_t until_ns, int stop_fd)
{
    uint64_t now_ns = clock_now_ns();
    while (!names_are_quiet(&resolver->names) && now_ns < until_ns && !is_readable(stop_fd)) {
        uint64_t look_up_ns = now_ns + LOOK_UP_NS < until_ns ? now_ns + LOOK_UP_NS : until_ns;
        uint64_t due_ns = resolver_next_deadline_ns(resolver);
        uint64_t at_ns = due_ns < look_up_ns ? due_ns : look_up_ns;
        loop_wait(resolver->names.loop, at_ns > now_ns ? at_ns - now_ns : 0);
        loop_dispatch(resolver->names.loop);
        now_ns = clock_now_ns();
        resolver_expire(resolver, now_ns);
    }
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
    names_init(&resolver->names, &resolver->config, loop);
    if (config->unix_socket[0] != '\0' &&
        !address_unix(config->unix_socket, &resolver->unix_address, err)) {
        resolver_destroy(resolver);
        return NULL;
    }
    return resolver;
}

static void free_place(struct place *place)
{
    for (size_t i = 0; i < place->name_count; i++) {
        name_fini(&place->names[i]);
    }
    free(place->names);
    free(place->host);
    free(place);
}

void resolver_destroy(struct resolver *resolver)
{
    if (!resolver) {
        return;
    }
    names_fini(&resolver->names);
    for (size_t i = 0; i < PLACE_CHAINS; i++) {
        while (resolver->places[i]) {
            struct place *next = resolver->places[i]->next;
            free_place(resolver->places[i]);
            resolver->places[i] = next;
        }
    }
    free(resolver);
}
