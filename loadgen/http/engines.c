#include "loadgen/http/engines.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/http/engine_curl.h"
#include "loadgen/http/engine_h1.h"
#include "loadgen/http/engine_h2.h"
#include "loadgen/http/link.h"
#include "loadgen/http/route.h"

enum { KINDS = 3 };
static const struct engine_type *const kinds[KINDS] = {&engine_h1, &engine_h2, &engine_curl};

struct engines {
    struct engine engine;          /* first member: an engine is cast to its engines */
    struct engine *list[KINDS];    /* as kinds has them; NULL: not needed so far */
    const struct engine_type **to; /* by endpoint; NULL: not asked so far */
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

/* The engine of this type, made if it has to be. NULL with err. */
static struct engine *take(struct engines *all, const struct engine_type *type, struct err *err)
{
    size_t kind = 0;
    while (kind + 1 < KINDS && kinds[kind] != type) {
        kind++;
    }
    struct engine **place = &all->list[kind];
    if (!*place) {
        *place = type->create(&all->config, all->loop, all->done, all->owner, err);
    }
    return *place;
}

static struct engine *engine_for(struct engines *all, uint32_t endpoint)
{
    if (!all->to[endpoint]) {
        const struct endpoint *place = &all->config.endpoints[endpoint];
        all->to[endpoint] = route_to(&all->config, place->is_https, place->host, place->port);
    }
    struct engine *engine = take(all, all->to[endpoint], NULL);
    if (engine && all->to[endpoint] == &engine_h2 && engine_h2_is_refused(engine, endpoint)) {
        all->to[endpoint] = &engine_h1;
        engine = take(all, &engine_h1, NULL);
    }
    return engine;
}

static void fail(struct engines *all, const struct exchange *so_far)
{
    struct exchange exchange = *so_far;
    exchange.outcome = OUTCOME_PROTOCOL;
    exchange.done_ns = clock_now_ns();
    snprintf(exchange.reason, sizeof exchange.reason, "not enough memory for connections");
    all->done(all->owner, &exchange);
}

static void hand_over(void *context, const struct engine_type *to, const struct exchange *so_far,
                      const struct redirect *hop, struct link *link)
{
    struct engines *all = context;
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

static void engines_start(struct engine *engine, const struct request *request, uint64_t number,
                          uint64_t intended_ns, uint64_t wait_ns, uint64_t started_ns)
{
    struct engines *all = engines_of(engine);
    struct engine *one = engine_for(all, request->endpoint);
    if (one) {
        one->type->start(one, request, number, intended_ns, wait_ns, started_ns);
        return;
    }
    fail(all, &(struct exchange){
                  .request = request,
                  .number = number,
                  .intended_ns = intended_ns,
                  .wait_ns = wait_ns,
                  .started_ns = started_ns,
                  .address = ADDRESS_NONE,
              });
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
    if (!all || !(all->to = calloc(config->endpoint_count, sizeof(struct engine_type *)))) {
        free(all);
        err_set(err, ERR_FAILED, "not enough memory for connections");
        return NULL;
    }
    all->engine.type = &engines;
    all->config = *config;
    links_init(&all->links, loop, &all->config.local, config->tls, config->secure);
    all->config.links = &all->links;
    all->config.hand_over = hand_over;
    all->config.hand_over_context = all;
    all->loop = loop;
    all->done = done;
    all->owner = owner;
    bool ok = take(all, &engine_h1, err) != NULL;
    for (size_t i = 0; ok && i < config->endpoint_count; i++) {
        const struct endpoint *place = &config->endpoints[i];
        if (place->host) { /* of a live source they come up later */
            ok =
                take(all, route_to(config, place->is_https, place->host, place->port), err) != NULL;
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
    .resume = NULL, /* nobody hands anything to all */
    .next_deadline_ns = engines_next_deadline_ns,
    .expire = engines_expire,
    .abandon = engines_abandon,
};
