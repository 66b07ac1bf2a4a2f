#include "loadgen/http/choice/engines.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/http/curl/engine.h"
#include "loadgen/http/h1/engine.h"
#include "loadgen/http/h2/engine.h"
#include "loadgen/net/link/link.h"

enum { KINDS = 3 };
static const struct engine_type *const kinds[KINDS] = {&engine_h1, &engine_h2, &engine_curl};

struct engines {
    struct engine engine;       /* first member: an engine is cast to its engines */
    struct engine *list[KINDS]; /* by index in `kinds`; NULL: not needed so far */
    struct engine **to;         /* by endpoint; NULL: not chosen so far */
    struct engine_config config;
    struct links links;
    struct loop *loop;
    engine_done_fn *done;
    void *owner;
};

static struct engines *engines_of(struct engine *engine)
{
    return (struct engines *)engine;
}

/* The engine of this type, created if it is new. NULL with err. */
static struct engine *take(struct engines *all, const struct engine_type *type, struct err *err)
{
    size_t kind = 0;
    while (kind + 1 < KINDS && kinds[kind] != type) {
        kind++;
    }
    struct engine **engine = &all->list[kind];
    if (!*engine) {
        *engine = type->create(&all->config, all->loop, all->done, all->owner, err);
    }
    return *engine;
}

/* The engine that a destination needs. The host has no brackets. */
static const struct engine_type *route_to(const struct engine_config *config, bool is_https,
                                          const char *host, uint16_t port)
{
    struct proxy proxy;
    if (config->h2c && !is_https) {
        return &engine_h2;
    }
    if (config->proxy && (proxy_for(config->proxy, is_https, host, port, &proxy) ||
                          !proxy_check(config->proxy, is_https, host, port, NULL))) {
        return &engine_curl; /* engine_curl reports the error of an invalid proxy */
    }
    return config->http2 && is_https ? &engine_h2 : &engine_h1;
}

static struct engine *engine_for(struct engines *all, uint32_t endpoint)
{
    struct engine **engine = &all->to[endpoint];
    if (!*engine) {
        const struct endpoint *to = &all->config.endpoints[endpoint];
        *engine = take(all, route_to(&all->config, to->is_https, to->host, to->port), NULL);
    }
    if (*engine && (*engine)->type == &engine_h2 && engine_h2_is_refused(*engine, endpoint)) {
        *engine = take(all, &engine_h1, NULL);
    }
    return *engine;
}

static void fail(struct engines *all, const struct exchange *so_far)
{
    struct exchange exchange = *so_far;
    exchange.outcome = OUTCOME_PROTOCOL;
    exchange.done_ns = clock_now_ns();
    snprintf(exchange.reason, sizeof exchange.reason, "not enough memory for connections");
    all->done(all->owner, &exchange);
}

static bool can_follow(void *context, const struct engine_type *engine, const struct redirect *hop)
{
    const struct engines *all = context;
    return route_to(&all->config, hop->is_https, hop->host, hop->port) == engine;
}

static void hand_over(void *context, const struct engine_type *from, const struct exchange *so_far,
                      const struct redirect *hop, struct link *link)
{
    struct engines *all = context;
    const struct engine_type *to =
        !hop || can_follow(all, from, hop)
            ? &engine_h1 /* the server has chosen HTTP/1.1 */
            : route_to(&all->config, hop->is_https, hop->host, hop->port);
    struct engine *next = take(all, to, NULL);
    if (next) {
        to->resume(next, so_far, hop, link);
    } else {
        fail(all, so_far);
    }
}

/* The engine's contract. */

static bool engines_has_room(struct engine *engine, uint32_t endpoint)
{
    struct engine *one = engine_for(engines_of(engine), endpoint);
    return !one || one->type->has_room(one, endpoint);
}

static void engines_start(struct engine *engine, const struct send *send)
{
    struct engines *all = engines_of(engine);
    struct engine *one = engine_for(all, send->request->endpoint);
    if (one) {
        one->type->start(one, send);
        return;
    }
    struct exchange exchange;
    exchange_begin(&exchange, send);
    fail(all, &exchange);
}

static uint64_t engines_next_deadline_ns(struct engine *engine)
{
    uint64_t first_ns = UINT64_MAX;
    for (size_t i = 0; i < KINDS; i++) {
        struct engine *one = engines_of(engine)->list[i];
        uint64_t at_ns = one ? one->type->next_deadline_ns(one) : UINT64_MAX;
        first_ns = at_ns < first_ns ? at_ns : first_ns;
    }
    return first_ns;
}

static void engines_expire(struct engine *engine, uint64_t now_ns)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct engine *one = engines_of(engine)->list[i];
        if (one) {
            one->type->expire(one, now_ns);
        }
    }
}

static void engines_abandon(struct engine *engine)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct engine *one = engines_of(engine)->list[i];
        if (one) {
            one->type->abandon(one);
        }
    }
}

static void engines_destroy(struct engine *engine)
{
    struct engines *all = engines_of(engine);
    for (size_t i = 0; all && i < KINDS; i++) {
        kinds[i]->destroy(all->list[i]);
    }
    if (all) {
        links_fini(&all->links);
        free(all->to);
        free(all);
    }
}

static struct engine *engines_create(const struct engine_config *config, struct loop *loop,
                                     engine_done_fn *done, void *owner, struct err *err)
{
    struct engines *all = calloc(1, sizeof *all);
    if (!all || !(all->to = calloc(config->endpoint_count, sizeof(struct engine *)))) {
        free(all);
        err_set(err, ERR_FAILED, "not enough memory for connections");
        return NULL;
    }
    all->engine.type = &engines;
    all->config = *config;
    links_init(&all->links, loop, &all->config.local, config->tls, config->secure,
               config->connects);
    all->config.links = &all->links;
    all->config.hand_over = hand_over;
    all->config.can_follow = can_follow;
    all->config.context = all;
    all->loop = loop;
    all->done = done;
    all->owner = owner;
    bool ok = take(all, &engine_h1, err) != NULL;
    for (size_t i = 0; ok && i < config->endpoint_count; i++) {
        const struct endpoint *to = &config->endpoints[i];
        if (to->host) { /* a live source adds its endpoints later */
            ok = take(all, route_to(config, to->is_https, to->host, to->port), err) != NULL;
        }
    }
    if (!ok) {
        engines_destroy(&all->engine);
        return NULL;
    }
    return &all->engine;
}

const struct engine_type engines = {
    .name = "engines",
    .create = engines_create,
    .destroy = engines_destroy,
    .has_room = engines_has_room,
    .start = engines_start,
    .resume = NULL, /* no other engine hands over to it */
    .next_deadline_ns = engines_next_deadline_ns,
    .expire = engines_expire,
    .abandon = engines_abandon,
};
