#include "loadgen/net/names/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/least.h"
#include "loadgen/net/allow.h"
#include "loadgen/net/hostname.h"

enum { QUERIES_MAX = 100 }; /* in flight */

/* Queries. */

static void enqueue(struct name *name)
{
    struct names *names = name->names;
    if (!name->is_queued && !name->is_querying && !name->is_literal) {
        name->is_queued = true;
        name->pending_ns = clock_now_ns();
        name->next_queued = NULL;
        *names->queue_end = name;
        names->queue_end = &name->next_queued;
        names->deadline_ns = 0;
    }
}

/* Lookups are completed by the next names_expire. */
static void announce(struct name *name)
{
    name->has_result = true;
    name->names->deadline_ns = 0;
}

static void fail(struct name *name, const char *reason, uint64_t now_ns)
{
    dns_print_error(name->names->dns, name->host, reason, name->problem);
    name->state = NAME_FAILED;
    name->retry_ns = now_ns + NAME_RETRY_NS;
    announce(name);
}

static bool is_allowed(const struct name *name, const struct address *address)
{
    const char *allowed = name->names->config->allowed;
    return name->is_trusted ||
           (name->is_literal ? allow_address(allowed, address)
                             : allow_answer(allowed, name->host, name->port, address));
}

/* False if the name or literal address is not allowed. Sets is_trusted if the name itself is. */
static bool may_be_used(struct name *name, const struct address *address)
{
    if (name->is_trusted || name->is_literal) {
        return is_allowed(name, address);
    }
    enum allow allow = allow_name(name->names->config->allowed, name->host, name->port);
    name->is_trusted = allow == ALLOW_YES;
    return allow != ALLOW_NO;
}

/* Marks a name as refused. This is final. */
static void refuse(struct name *name)
{
    char host[HOSTNAME_TEXT];
    name->is_literal = true;
    name->state = NAME_FAILED;
    snprintf(name->problem, sizeof name->problem, "lookup %.100s:%u: not an allowed target",
             hostname_print(name->host, host), name->port);
}

/* Keeps the addresses of the configured family that are allowed, and sets their port. Returns how
 * many there are. */
static size_t select_usable(const struct name *name, struct address *addresses, size_t count)
{
    int family = name->names->config->family;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct address address = addresses[i];
        if (family == AF_UNSPEC || address.socket.any.sa_family == family) {
            address_set_port(&address, name->port);
            addresses[kept] = address;
            kept += is_allowed(name, &address);
        }
    }
    return kept;
}

static void set_addresses(struct name *name, struct address *addresses, size_t count,
                          uint64_t now_ns)
{
    struct names *names = name->names;
    const struct names_config *config = names->config;
    bool is_first = !name->peers.is_set;
    size_t before = name->peers.count;
    switch (peers_set(&name->peers, addresses, count, config->addresses, config->thread,
                      config->threads)) {
    case PEERS_SAME:
        break;
    case PEERS_CHANGED:
        names->changes++;
        *name->address_count += name->peers.count - before;
        break;
    case PEERS_NO_MEMORY:
        fail(name, "not enough memory", now_ns);
        return;
    }
    if (!is_first && config->is_balanced && config->ttl_ns > 0) {
        name->balance_ns = now_ns;
    }
    name->state = NAME_RESOLVED;
    announce(name);
}

static uint64_t refresh_ns(const struct name *name, uint64_t now_ns, bool is_answered)
{
    int64_t ttl_ns = name->names->config->ttl_ns;
    if (ttl_ns <= 0) {
        return UINT64_MAX;
    }
    bool is_soon = !is_answered && (uint64_t)ttl_ns > NAME_RETRY_NS;
    return now_ns + (is_soon ? NAME_RETRY_NS : (uint64_t)ttl_ns);
}

static void on_answer(void *owner, void *question, const struct dns_answer *answer)
{
    struct names *names = owner;
    struct name *name = question;
    uint64_t now_ns = clock_now_ns();
    const char *reason = answer->reason;
    bool is_final = answer->is_final;
    names->queries--;
    name->is_querying = false;
    name->pending_ns = 0;
    name->refresh_ns = refresh_ns(name, now_ns, !reason || is_final);
    size_t count = reason ? 0 : select_usable(name, answer->addresses, answer->count);
    if (!reason && count == 0) {
        reason = name->is_trusted ? "no suitable address found" : "no allowed address found";
        is_final = true;
    }
    if (!reason) {
        set_addresses(name, answer->addresses, count, now_ns);
        return;
    }
    bool keeps_addresses = name->state == NAME_RESOLVED && names->config->ttl_ns != NAMES_NO_CACHE;
    if (is_final && name->peers.count > 0) {
        set_addresses(name, NULL, 0, now_ns); /* its addresses no longer exist */
    }
    if (is_final || !keeps_addresses) {
        fail(name, reason, now_ns);
    }
}

static void query(struct name *name, uint64_t now_ns)
{
    struct names *names = name->names;
    name->is_queued = false;
    if (!names->dns) {
        names->dns = dns_create(names->config->servers, names->loop, on_answer, names);
    }
    if (!names->dns) {
        fail(name, "not enough memory", now_ns);
        return;
    }
    if (name->state != NAME_FAILED) { /* for lookups that are canceled before the answer */
        dns_print_error(names->dns, name->host, "i/o timeout", name->problem);
    }
    name->is_querying = true;
    names->queries++;
    dns_query(names->dns, name->host, names->config->family, name);
}

/* Names and lookups. */

bool name_init(struct name *name, struct names *names, const char *host, uint16_t port,
               const struct address *literal, bool is_trusted, uint64_t *deficit,
               size_t *address_count)
{
    *name = (struct name){
        .names = names,
        .host = strdup(host),
        .port = port,
        .address_count = address_count,
        .refresh_ns = UINT64_MAX,
        .balance_ns = UINT64_MAX,
        .next = names->all,
    };
    if (!name->host) {
        return false;
    }
    names->all = name;
    peers_init(&name->peers, deficit);
    dns_print_error(NULL, host, "i/o timeout", name->problem);
    struct address address = *literal;
    bool is_replaced = literal->length > 0;
    name->is_literal = is_replaced || address_parse(host, port, &address);
    name->is_trusted = is_trusted || is_replaced;
    if (!may_be_used(name, &address)) {
        refuse(name);
        return true;
    }
    if (name->is_literal) {
        set_addresses(name, &address, 1, 0);
    } else if (strchr(host, ':')) { /* an IPv6 address that this machine cannot use */
        name->is_literal = true;
        fail(name, strchr(host, '%') ? "no such network interface" : "no such host", 0);
        return true;
    } else {
        enqueue(name);
    }
    return name->state != NAME_FAILED;
}

void name_fini(struct name *name)
{
    peers_fini(&name->peers);
    free(name->host);
}

/* True if lookups can be answered from the cache. */
static bool has_answer(const struct name *name)
{
    return name->is_literal || name->state == NAME_FAILED ||
           (name->state == NAME_RESOLVED && name->names->config->ttl_ns != NAMES_NO_CACHE);
}

void lookup_cancel(struct lookup *lookup)
{
    if (lookup->link) {
        *lookup->link = lookup->next;
        if (lookup->next) {
            lookup->next->link = lookup->link;
        }
        lookup->link = NULL;
    }
}

const char *lookup_problem(const struct lookup *lookup)
{
    return lookup->name->problem;
}

enum lookup_result name_next(struct name *name, struct lookup *lookup, struct peer **peer)
{
    lookup->name = name;
    if (!has_answer(name)) {
        enqueue(name);
        lookup->next = name->lookups;
        lookup->link = &name->lookups;
        if (lookup->next) {
            lookup->next->link = &lookup->next;
        }
        name->lookups = lookup;
        return LOOKUP_PENDING;
    }
    if (name->state == NAME_FAILED) {
        if (clock_now_ns() >= name->retry_ns) {
            enqueue(name);
        }
        return LOOKUP_FAILED;
    }
    *peer = peers_next(&name->peers);
    return LOOKUP_DONE;
}

/* Timers. */

/* With a single address the next connection goes there anyway. */
static void revive(struct names *names, uint64_t now_ns)
{
    names->revive_ns = now_ns + NAME_RETRY_NS;
    for (struct name *name = names->all; name; name = name->next) {
        if (*name->address_count > 1) {
            peers_revive(&name->peers);
        }
    }
}

static void run_timers(struct name *name, uint64_t now_ns)
{
    bool has_timed_out = name->pending_ns && now_ns - name->pending_ns >= NAME_TIMEOUT_NS;
    if (has_timed_out) {
        name->pending_ns = 0; /* the query stays open: a late answer still counts */
        if (!has_answer(name)) {
            fail(name, "i/o timeout", now_ns);
        }
    }
    if (now_ns >= name->refresh_ns) {
        name->refresh_ns = UINT64_MAX;
        enqueue(name);
    }
    if (now_ns >= name->balance_ns) {
        bool has_moved = peers_balance(&name->peers);
        name->balance_ns = has_moved ? now_ns + NAME_BALANCE_NS : UINT64_MAX;
        name->names->changes += has_moved;
    }
}

static void start_queries(struct names *names, uint64_t now_ns)
{
    while (names->queue && names->queries < QUERIES_MAX) {
        struct name *name = names->queue;
        names->queue = name->next_queued;
        if (!names->queue) {
            names->queue_end = &names->queue;
        }
        query(name, now_ns);
    }
}

/* Oldest first. Lookups that start meanwhile wait for the next answer. */
static void complete_lookups(struct name *name)
{
    struct lookup *first = NULL;
    name->has_result = false;
    while (name->lookups) {
        struct lookup *lookup = name->lookups;
        name->lookups = lookup->next;
        lookup->next = first;
        lookup->link = &first;
        if (first) {
            first->link = &lookup->next;
        }
        first = lookup;
    }
    while (first) {
        struct lookup *lookup = first;
        lookup_cancel(lookup);
        bool is_resolved = name->state == NAME_RESOLVED;
        lookup->on_answer(lookup, is_resolved ? peers_next(&name->peers) : NULL);
    }
}

static uint64_t name_deadline_ns(const struct name *name)
{
    uint64_t timeout_ns = name->pending_ns ? name->pending_ns + NAME_TIMEOUT_NS : UINT64_MAX;
    return least(timeout_ns, least(name->refresh_ns, name->balance_ns));
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
        dns_process(names->dns);
    }
    for (struct name *name = names->all; name; name = name->next) {
        run_timers(name, now_ns);
    }
    if (now_ns >= names->revive_ns) {
        revive(names, now_ns);
    }
    start_queries(names, now_ns);
    uint64_t deadline_ns = names->revive_ns;
    for (struct name *name = names->all; name; name = name->next) {
        if (name->has_result) {
            complete_lookups(name);
        }
        deadline_ns = least(deadline_ns, name_deadline_ns(name));
    }
    if (names->dns) {
        deadline_ns = least(deadline_ns, dns_next_deadline_ns(names->dns, now_ns));
    }
    /* 0 if a query was queued meanwhile. */
    names->deadline_ns = least(names->deadline_ns, deadline_ns);
}

bool names_are_resolved(const struct names *names)
{
    for (const struct name *name = names->all; name; name = name->next) {
        if (name->state == NAME_UNRESOLVED) {
            return false;
        }
    }
    return true;
}

void names_init(struct names *names, const struct names_config *config, struct loop *loop)
{
    *names = (struct names){
        .config = config,
        .loop = loop,
        .deadline_ns = config->is_balanced ? 0 : UINT64_MAX,
        .revive_ns = config->is_balanced ? clock_now_ns() + NAME_RETRY_NS : UINT64_MAX,
    };
    names->queue_end = &names->queue;
}

void names_fini(struct names *names)
{
    dns_destroy(names->dns);
}
