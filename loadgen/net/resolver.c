#include "loadgen/net/resolver.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "loadgen/net/dns.h"

enum {
    PLACE_CHAINS = 1024,
    QUESTIONS_MAX = 100, /* open at the same time */
};

#define LOOK_UP_NS (20 * NS_PER_MS) /* how often is seen whether to stop */

enum name_state {
    NAME_UNKNOWN, /* nothing was heard yet */
    NAME_KNOWN,
    NAME_FAILED,
};

/* A host that is asked for, for one place. */
struct name {
    struct resolver *resolver;
    struct place *place;
    char *host;
    uint16_t port;
    struct peers peers;
    enum name_state state;
    bool is_fixed;               /* a number: there is nothing to ask */
    bool is_wanted;              /* is to be asked for, in the queue */
    bool is_asked;               /* a question is open */
    bool has_news;               /* there is something to tell those who wait */
    uint64_t wanted_ns;          /* since when; UINT64_MAX: not, or it was given up */
    uint64_t again_ns;           /* failed: not to be asked for before */
    uint64_t refresh_ns;         /* to be asked for then, by itself; UINT64_MAX: never */
    uint64_t balance_ns;         /* the next step; UINT64_MAX: it is even */
    struct resolver_wait *waits; /* last one first */
    struct name *next;           /* of all */
    struct name *next_wanted;
    char problem[DNS_PROBLEM];
};

struct resolver {
    struct resolver_config config;
    struct loop *loop;
    struct dns *dns; /* NULL: nothing was asked yet */
    struct address unix_address;
    uint64_t deadline_ns;
    uint64_t changes;
    size_t asked;
    struct name *all;
    struct name *wanted; /* first asked for first */
    struct name **wanted_end;
    struct place *places[PLACE_CHAINS];
};

/* The life of a name. */

static void want(struct name *name)
{
    struct resolver *resolver = name->resolver;
    if (!name->is_wanted && !name->is_asked && !name->is_fixed) {
        name->is_wanted = true;
        name->wanted_ns = clock_now_ns();
        name->next_wanted = NULL;
        *resolver->wanted_end = name;
        resolver->wanted_end = &name->next_wanted;
        resolver->deadline_ns = 0;
    }
}

static void tell(struct name *name)
{
    name->has_news = true;
    name->resolver->deadline_ns = 0;
}

static void fail(struct name *name, const char *reason, uint64_t now_ns)
{
    dns_problem(name->resolver->dns, name->host, reason, name->problem);
    name->state = NAME_FAILED;
    name->again_ns = now_ns + RESOLVER_AGAIN_NS;
    tell(name);
}

/* Of the addresses those that may be used, with the port. Returns how many. */
static size_t choose(const struct name *name, struct address *addresses, size_t count)
{
    int family = name->resolver->config.family;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct address address = addresses[i];
        if (family == AF_UNSPEC || address.socket.any.sa_family == family) {
            address_set_port(&address, name->port);
            addresses[kept++] = address;
        }
    }
    return kept;
}

static void note_several(struct place *place)
{
    place->is_several = place->name_count > 1 || place->names[0].peers.count > 1;
}

/* These are the addresses of the name now. */
static void set(struct name *name, struct address *addresses, size_t count, uint64_t now_ns)
{
    struct resolver *resolver = name->resolver;
    const struct resolver_config *config = &resolver->config;
    bool is_first = !name->peers.is_set;
    switch (peers_set(&name->peers, addresses, count, config->addresses, config->thread,
                      config->threads)) {
    case PEERS_SAME:
        break;
    case PEERS_CHANGED:
        resolver->changes++;
        note_several(name->place);
        break;
    case PEERS_NO_MEMORY:
        fail(name, "not enough memory", now_ns);
        return;
    }
    if (!is_first && config->is_balanced && config->ttl_ns > 0) {
        name->balance_ns = now_ns;
    }
    name->state = NAME_KNOWN;
    tell(name);
}

static uint64_t refresh_ns(const struct name *name, uint64_t now_ns, bool is_answered)
{
    int64_t ttl_ns = name->resolver->config.ttl_ns;
    if (ttl_ns <= 0) {
        return UINT64_MAX;
    }
    bool is_soon = !is_answered && (uint64_t)ttl_ns > RESOLVER_AGAIN_NS;
    return now_ns + (is_soon ? RESOLVER_AGAIN_NS : (uint64_t)ttl_ns);
}

static void on_answer(void *owner, void *question, const struct dns_answer *answer)
{
    struct resolver *resolver = owner;
    struct name *name = question;
    uint64_t now_ns = clock_now_ns();
    const char *reason = answer->reason;
    bool is_final = answer->is_final;
    resolver->asked--;
    name->is_asked = false;
    name->wanted_ns = UINT64_MAX;
    name->refresh_ns = refresh_ns(name, now_ns, !reason || is_final);
    size_t count = reason ? 0 : choose(name, answer->addresses, answer->count);
    if (!reason && count == 0) {
        reason = "no suitable address found";
        is_final = true;
    }
    if (!reason) {
        set(name, answer->addresses, count, now_ns);
        return;
    }
    bool serves_on = name->state == NAME_KNOWN && resolver->config.ttl_ns != RESOLVER_NO_CACHE;
    if (is_final && name->peers.count > 0) {
        set(name, NULL, 0, now_ns); /* all have gone */
    }
    if (is_final || !serves_on) {
        fail(name, reason, now_ns);
    }
}

static void ask(struct name *name, uint64_t now_ns)
{
    struct resolver *resolver = name->resolver;
    name->is_wanted = false;
    if (!resolver->dns) {
        resolver->dns = dns_create(resolver->config.servers, resolver->loop, on_answer, resolver);
    }
    if (!resolver->dns) {
        fail(name, "not enough memory", now_ns);
        return;
    }
    if (name->state != NAME_FAILED) { /* what is told to those who give up */
        dns_problem(resolver->dns, name->host, "i/o timeout", name->problem);
    }
    name->is_asked = true;
    resolver->asked++;
    dns_ask(resolver->dns, name->host, resolver->config.family, name);
}

/* Places. */

static unsigned chain_of(const char *host, uint16_t port)
{
    unsigned hash = port;
    for (const char *c = host; *c; c++) {
        hash = hash * 31 + ((unsigned char)*c | 0x20U);
    }
    return hash % PLACE_CHAINS;
}

/* False: no memory. */
static bool begin_name(struct resolver *resolver, struct place *place, const char *host,
                       uint16_t port)
{
    struct name *name = &place->names[place->name_count];
    *name = (struct name){
        .resolver = resolver,
        .place = place,
        .host = strdup(host),
        .port = port,
        .wanted_ns = UINT64_MAX,
        .refresh_ns = UINT64_MAX,
        .balance_ns = UINT64_MAX,
        .next = resolver->all,
    };
    if (!name->host) {
        return false;
    }
    place->name_count++;
    resolver->all = name;
    peers_init(&name->peers, &place->owed);
    dns_problem(NULL, host, "i/o timeout", name->problem);
    struct address address = resolver->unix_address;
    if (address.length > 0 || address_parse(host, port, &address)) {
        name->is_fixed = true;
        set(name, &address, 1, 0);
    } else {
        want(name);
    }
    return name->state != NAME_FAILED;
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

/* Is there an answer that may still be used? */
static bool is_settled(const struct name *name)
{
    return name->is_fixed || name->state == NAME_FAILED ||
           (name->state == NAME_KNOWN && name->resolver->config.ttl_ns != RESOLVER_NO_CACHE);
}

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

enum lookup resolver_next(struct resolver *resolver, struct place *place,
                          struct resolver_wait *wait, struct peer **peer)
{
    struct name *name = next_name(place);
    (void)resolver;
    if (!is_settled(name)) {
        want(name);
        place->failed = name;
        wait->name = name;
        wait->next = name->waits;
        wait->link = &name->waits;
        if (wait->next) {
            wait->next->link = &wait->next;
        }
        name->waits = wait;
        return LOOKUP_WAITS;
    }
    if (name->state == NAME_FAILED) {
        place->failed = name;
        if (clock_now_ns() >= name->again_ns) {
            want(name);
        }
        return LOOKUP_FAILED;
    }
    *peer = peers_next(&name->peers);
    return LOOKUP_DONE;
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
    return resolver->changes;
}

/* The clockwork. */

static void tend(struct name *name, uint64_t now_ns)
{
    bool is_silent =
        name->wanted_ns != UINT64_MAX && now_ns - name->wanted_ns >= RESOLVER_GIVE_UP_NS;
    if (is_silent) {
        name->wanted_ns = UINT64_MAX; /* the question stays open: an answer is still welcome */
        if (!is_settled(name)) {
            fail(name, "i/o timeout", now_ns);
        }
    }
    if (now_ns >= name->refresh_ns) {
        name->refresh_ns = UINT64_MAX;
        want(name);
    }
    if (now_ns >= name->balance_ns) {
        bool moves = peers_balance(&name->peers);
        name->balance_ns = moves ? now_ns + RESOLVER_STEP_NS : UINT64_MAX;
        name->resolver->changes += moves;
    }
}

static void ask_wanted(struct resolver *resolver, uint64_t now_ns)
{
    while (resolver->wanted && resolver->asked < QUESTIONS_MAX) {
        struct name *name = resolver->wanted;
        resolver->wanted = name->next_wanted;
        if (!resolver->wanted) {
            resolver->wanted_end = &resolver->wanted;
        }
        ask(name, now_ns);
    }
}

/* Tells those who wait, first come first. Who comes meanwhile waits for the next answer. */
static void deliver(struct name *name)
{
    struct resolver_wait *first = NULL;
    name->has_news = false;
    while (name->waits) {
        struct resolver_wait *wait = name->waits;
        name->waits = wait->next;
        wait->next = first;
        wait->link = &first;
        if (first) {
            first->link = &wait->next;
        }
        first = wait;
    }
    while (first) {
        struct resolver_wait *wait = first;
        resolver_cancel(wait);
        bool is_known = name->state == NAME_KNOWN;
        wait->on_answer(wait, is_known ? peers_next(&name->peers) : NULL);
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t name_deadline_ns(const struct name *name)
{
    uint64_t silent_ns =
        name->wanted_ns == UINT64_MAX ? UINT64_MAX : name->wanted_ns + RESOLVER_GIVE_UP_NS;
    return least(silent_ns, least(name->refresh_ns, name->balance_ns));
}

uint64_t resolver_next_deadline_ns(const struct resolver *resolver)
{
    return resolver->dns && dns_is_due(resolver->dns) ? 0 : resolver->deadline_ns;
}

void resolver_expire(struct resolver *resolver, uint64_t now_ns)
{
    if (now_ns < resolver_next_deadline_ns(resolver)) {
        return;
    }
    resolver->deadline_ns = UINT64_MAX;
    if (resolver->dns) {
        dns_step(resolver->dns);
    }
    for (struct name *name = resolver->all; name; name = name->next) {
        tend(name, now_ns);
    }
    ask_wanted(resolver, now_ns);
    uint64_t deadline_ns = UINT64_MAX;
    for (struct name *name = resolver->all; name; name = name->next) {
        if (name->has_news) {
            deliver(name);
        }
        deadline_ns = least(deadline_ns, name_deadline_ns(name));
    }
    if (resolver->dns) {
        deadline_ns = least(deadline_ns, dns_next_deadline_ns(resolver->dns, now_ns));
    }
    /* Whoever wants something meanwhile has made it 0. */
    resolver->deadline_ns = least(resolver->deadline_ns, deadline_ns);
}

static bool is_quiet(const struct resolver *resolver)
{
    for (const struct name *name = resolver->all; name; name = name->next) {
        if (name->state == NAME_UNKNOWN) {
            return false;
        }
    }
    return true;
}

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

void resolver_settle(struct resolver *resolver, uint64_t until_ns, int stop_fd)
{
    uint64_t now_ns = clock_now_ns();
    while (!is_quiet(resolver) && now_ns < until_ns && !is_readable(stop_fd)) {
        uint64_t at_ns = least(resolver_next_deadline_ns(resolver), now_ns + LOOK_UP_NS);
        at_ns = least(at_ns, until_ns);
        loop_wait(resolver->loop, at_ns > now_ns ? at_ns - now_ns : 0);
        loop_dispatch(resolver->loop);
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
    resolver->loop = loop;
    resolver->deadline_ns = UINT64_MAX;
    resolver->wanted_end = &resolver->wanted;
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
        peers_fini(&place->names[i].peers);
        free(place->names[i].host);
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
    dns_destroy(resolver->dns);
    for (size_t i = 0; i < PLACE_CHAINS; i++) {
        while (resolver->places[i]) {
            struct place *next = resolver->places[i]->next;
            free_place(resolver->places[i]);
            resolver->places[i] = next;
        }
    }
    free(resolver);
}
