#include "loadgen/net/names.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

enum { QUESTIONS_MAX = 100 }; /* open at the same time */

/* What is heard of a name. */

static void want(struct name *name)
{
    struct names *names = name->names;
    if (!name->is_wanted && !name->is_asked && !name->is_fixed) {
        name->is_wanted = true;
        name->wanted_ns = clock_now_ns();
        name->next_wanted = NULL;
        *names->wanted_end = name;
        names->wanted_end = &name->next_wanted;
        names->deadline_ns = 0;
    }
}

static void tell(struct name *name)
{
    name->has_news = true;
    name->names->deadline_ns = 0;
}

static void fail(struct name *name, const char *reason, uint64_t now_ns)
{
    dns_problem(name->names->dns, name->host, reason, name->problem);
    name->state = NAME_FAILED;
    name->again_ns = now_ns + RESOLVER_AGAIN_NS;
    tell(name);
}

/* Of the addresses those that may be used, with the port. Returns how many. */
static size_t choose(const struct name *name, struct address *addresses, size_t count)
{
    int family = name->names->config->family;
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

size_t place_usable_count(const struct place *place)
{
    size_t count = 0;
    for (size_t i = 0; i < place->name_count; i++) {
        count += peers_usable_count(&place->names[i].peers);
    }
    return count;
}

static void count_addresses(struct place *place)
{
    place->address_count = 0;
    for (size_t i = 0; i < place->name_count; i++) {
        place->address_count += place->names[i].peers.count;
    }
}

/* These are the addresses of the name now. */
static void set(struct name *name, struct address *addresses, size_t count, uint64_t now_ns)
{
    struct names *names = name->names;
    const struct resolver_config *config = names->config;
    bool is_first = !name->peers.is_set;
    switch (peers_set(&name->peers, addresses, count, config->addresses, config->thread,
                      config->threads)) {
    case PEERS_SAME:
        break;
    case PEERS_CHANGED:
        names->changes++;
        count_addresses(name->place);
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
    int64_t ttl_ns = name->names->config->ttl_ns;
    if (ttl_ns <= 0) {
        return UINT64_MAX;
    }
    bool is_soon = !is_answered && (uint64_t)ttl_ns > RESOLVER_AGAIN_NS;
    return now_ns + (is_soon ? RESOLVER_AGAIN_NS : (uint64_t)ttl_ns);
}

static void on_answer(void *owner, void *question, const struct dns_answer *answer)
{
    struct names *names = owner;
    struct name *name = question;
    uint64_t now_ns = clock_now_ns();
    const char *reason = answer->reason;
    bool is_final = answer->is_final;
    names->asked--;
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
    bool serves_on = name->state == NAME_KNOWN && names->config->ttl_ns != RESOLVER_NO_CACHE;
    if (is_final && name->peers.count > 0) {
        set(name, NULL, 0, now_ns); /* all have gone */
    }
    if (is_final || !serves_on) {
        fail(name, reason, now_ns);
    }
}

static void ask(struct name *name, uint64_t now_ns)
{
    struct names *names = name->names;
    name->is_wanted = false;
    if (!names->dns) {
        names->dns = dns_create(names->config->servers, names->loop, on_answer, names);
    }
    if (!names->dns) {
        fail(name, "not enough memory", now_ns);
        return;
    }
    if (name->state != NAME_FAILED) { /* what is told to those who give up */
        dns_problem(names->dns, name->host, "i/o timeout", name->problem);
    }
    name->is_asked = true;
    names->asked++;
    dns_ask(names->dns, name->host, names->config->family, name);
}

/* Who wants an address. */

bool name_init(struct name *name, struct names *names, struct place *place, const char *host,
               uint16_t port, const struct address *fixed)
{
    *name = (struct name){
        .names = names,
        .place = place,
        .host = strdup(host),
        .port = port,
        .wanted_ns = UINT64_MAX,
        .refresh_ns = UINT64_MAX,
        .balance_ns = UINT64_MAX,
        .next = names->all,
    };
    if (!name->host) {
        return false;
    }
    names->all = name;
    place->name_count++;
    peers_init(&name->peers, &place->owed);
    dns_problem(NULL, host, "i/o timeout", name->problem);
    struct address address;
    name->is_fixed = fixed->length > 0 || address_parse(host, port, &address);
    if (name->is_fixed) {
        address = fixed->length > 0 ? *fixed : address;
        set(name, &address, 1, 0);
    } else {
        want(name);
    }
    return name->state != NAME_FAILED;
}

void name_fini(struct name *name)
{
    peers_fini(&name->peers);
    free(name->host);
}

/* Is there an answer that may still be used? */
static bool is_settled(const struct name *name)
{
    return name->is_fixed || name->state == NAME_FAILED ||
           (name->state == NAME_KNOWN && name->names->config->ttl_ns != RESOLVER_NO_CACHE);
}

enum lookup name_next(struct name *name, struct resolver_wait *wait, struct peer **peer)
{
    if (!is_settled(name)) {
        want(name);
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
        if (clock_now_ns() >= name->again_ns) {
            want(name);
        }
        return LOOKUP_FAILED;
    }
    *peer = peers_next(&name->peers);
    return LOOKUP_DONE;
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
        name->names->changes += moves;
    }
}

static void ask_wanted(struct names *names, uint64_t now_ns)
{
    while (names->wanted && names->asked < QUESTIONS_MAX) {
        struct name *name = names->wanted;
        names->wanted = name->next_wanted;
        if (!names->wanted) {
            names->wanted_end = &names->wanted;
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

uint64_t names_next_deadline_ns(const struct names *names)
{
    return names->dns && dns_is_due(names->dns) ? 0 : names->deadline_ns;
}

void names_expire(struct names *names, uint64_t now_ns)
{
    if (now_ns < names_next_deadline_ns(names)) {
        return;
    }
    names->deadline_ns = UINT64_MAX;
    if (names->dns) {
        dns_step(names->dns);
    }
    for (struct name *name = names->all; name; name = name->next) {
        tend(name, now_ns);
    }
    ask_wanted(names, now_ns);
    uint64_t deadline_ns = UINT64_MAX;
    for (struct name *name = names->all; name; name = name->next) {
        if (name->has_news) {
            deliver(name);
        }
        deadline_ns = least(deadline_ns, name_deadline_ns(name));
    }
    if (names->dns) {
        deadline_ns = least(deadline_ns, dns_next_deadline_ns(names->dns, now_ns));
    }
    /* Whoever wants something meanwhile has made it 0. */
    names->deadline_ns = least(names->deadline_ns, deadline_ns);
}

bool names_are_quiet(const struct names *names)
{
    for (const struct name *name = names->all; name; name = name->next) {
        if (name->state == NAME_UNKNOWN) {
            return false;
        }
    }
    return true;
}

void names_init(struct names *names, const struct resolver_config *config, struct loop *loop)
{
    *names = (struct names){.config = config, .loop = loop, .deadline_ns = UINT64_MAX};
    names->wanted_end = &names->wanted;
}

void names_fini(struct names *names)
{
    dns_destroy(names->dns);
}
