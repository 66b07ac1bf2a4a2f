#include "loadgen/http/curl/engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/http/curl/assign.h"
#include "loadgen/http/curl/end.h"
#include "loadgen/http/curl/follow.h"
#include "loadgen/http/curl/setup.h"
#include "loadgen/http/curl/state.h"

static struct curl_engine *curl_of(struct engine *engine)
{
    return (struct curl_engine *)engine;
}

static bool curl_has_room(struct engine *engine, uint32_t endpoint)
{
    struct curl_engine *curl = curl_of(engine);
    const struct curl_origin *origin = curl_origins_at(&curl->origins, endpoint, NULL);
    return !origin || origin->in_flight < curl->config.limits->max_connections;
}

/*
 * Puts the exchange in flight with a transfer; the caller sets its `request`. NULL: no origin or
 * out of memory; the exchange has ended with this problem.
 */
static struct curl_transfer *begin(struct curl_engine *curl, const struct exchange *exchange,
                                   struct curl_origin *origin, const char *problem)
{
    struct curl_transfer *t = origin ? curl->free : NULL;
    if (t) {
        curl->free = t->next;
    } else if (origin) {
        t = curl_setup_create(&curl->config, &curl->sockets, curl->share, NULL);
    }
    if (!t) {
        struct exchange ended = *exchange;
        ended.outcome = OUTCOME_PROTOCOL;
        ended.code = 0;
        ended.done_ns = clock_now_ns();
        snprintf(ended.reason, sizeof ended.reason, "%s", problem);
        curl->done(curl->owner, &ended);
        return NULL;
    }
    t->exchange = *exchange;
    t->origin = origin;
    origin->in_flight++;
    flights_add(&curl->flights, &t->flight, exchange_deadline_ns(exchange));
    return t;
}

static void curl_start(struct engine *engine, const struct send *send)
{
    struct curl_engine *curl = curl_of(engine);
    struct curl_origin *origin =
        curl_origins_at(&curl->origins, send->request->endpoint, send->terms->owner);
    struct exchange exchange;
    exchange_begin(&exchange, send);
    struct curl_transfer *t = begin(curl, &exchange, origin, "not enough memory for libcurl");
    if (t) {
        t->request = send->request;
        curl_assign(curl, t);
        curl_drive_run(&curl->drive);
    }
}

static void curl_resume(struct engine *engine, const struct exchange *so_far,
                        const struct redirect *hop, struct link *link)
{
    (void)link; /* only engine_h1 takes over connections */
    struct curl_engine *curl = curl_of(engine);
    char problem[REASON_MAX] = "not enough memory for libcurl";
    struct origin *origin = origins_find(&curl->origins, hop, so_far->terms->owner, problem);
    struct curl_transfer *t = begin(curl, so_far, (struct curl_origin *)origin, problem);
    if (t) {
        curl_begin_hop(curl, t, hop);
        curl_drive_run(&curl->drive);
    }
}

static uint64_t oldest_deadline_ns(const struct curl_engine *curl)
{
    return flights_deadline_ns(&curl->flights);
}

static struct curl_transfer *oldest(const struct curl_engine *curl)
{
    return (struct curl_transfer *)((char *)flights_first(&curl->flights) -
                                    offsetof(struct curl_transfer, flight));
}

static uint64_t curl_next_deadline_ns(struct engine *engine)
{
    const struct curl_engine *curl = curl_of(engine);
    if (!engine_limits_equal(&curl->limits, curl->config.limits)) {
        return 0;
    }
    uint64_t oldest_ns = oldest_deadline_ns(curl);
    uint64_t closing_ns = closing_deadline_ns(&curl->sockets.closing);
    uint64_t drive_ns = curl_drive_next_deadline_ns(&curl->drive);
    uint64_t first_ns = oldest_ns < closing_ns ? oldest_ns : closing_ns;
    return first_ns < drive_ns ? first_ns : drive_ns;
}

static void time_out(struct curl_engine *curl, struct curl_transfer *t)
{
    if (!t->lane) { /* waiting for an address */
        curl_end_unresolved(curl, t);
        return;
    }
    t->is_abandoned = true;
    curl_unassign(t, clock_now_ns());
    t->exchange.outcome = OUTCOME_TIMED_OUT;
    t->exchange.code = 0;
    t->exchange.bytes_in = 0;
    t->exchange.reason[0] = '\0';
    t->exchange.done_ns = clock_now_ns();
    curl_end(curl, t);
}

static void drop_excess(struct curl_engine *curl)
{
    for (struct curl_route *route = curl->routes; route; route = route->next) {
        for (struct turn *turn = route->turns.all; turn; turn = turn->next) {
            curl_sockets_end_excess(&curl->sockets, (struct curl_lane *)turn);
        }
    }
}

static void curl_expire(struct engine *engine, uint64_t now_ns)
{
    struct curl_engine *curl = curl_of(engine);
    curl_drive_expire(&curl->drive, now_ns);
    uint64_t changes = resolver_changes(curl->config.resolver);
    if (changes != curl->changes) {
        curl->changes = changes;
        curl_sockets_end_surplus(&curl->sockets);
    }
    if (!engine_limits_equal(&curl->limits, curl->config.limits)) {
        curl->limits = *curl->config.limits;
        drop_excess(curl);
    }
    closing_expire(&curl->sockets.closing, now_ns);
    while (oldest_deadline_ns(curl) <= now_ns) {
        time_out(curl, oldest(curl));
    }
}

static void curl_abandon(struct engine *engine)
{
    struct curl_engine *curl = curl_of(engine);
    while (flights_first(&curl->flights)) {
        time_out(curl, oldest(curl));
    }
}

static void curl_destroy(struct engine *engine)
{
    struct curl_engine *curl = curl_of(engine);
    if (!curl) {
        return;
    }
    assert(!flights_first(&curl->flights));
    curl_drive_fini(&curl->drive);
    while (curl->free) {
        struct curl_transfer *t = curl->free;
        curl->free = t->next;
        curl_setup_destroy(t);
    }
    curl_share_cleanup(curl->share);
    curl_sockets_fini(&curl->sockets);
    curl_routes_fini(&curl->routes);
    origins_fini(&curl->origins);
    tls_close(curl->own_tls);
    curl_global_cleanup();
    free(curl);
}

/* An owner's origin is freed. Transfers must not mistake a later one at the same address for it. */
static void close_origin(struct origin *base)
{
    struct curl_engine *curl =
        (struct curl_engine *)((char *)base->origins - offsetof(struct curl_engine, origins));
    struct curl_origin *origin = (struct curl_origin *)base;
    if (origin->own) {
        curl_drive_end(&curl->drive, origin->own);
        curl_routes_fini(&origin->own);
    }
    for (struct curl_transfer *t = curl->free; t; t = t->next) {
        t->prepared_origin = t->prepared_origin == origin ? NULL : t->prepared_origin;
    }
}

static bool set_up(struct curl_engine *curl, struct loop *loop, struct err *err)
{
    const struct engine_config *config = &curl->config;
    if (!config->tls) { /* only a redirect or a live source leads to https */
        curl->own_tls = tls_open(config->secure, err);
        curl->config.tls = curl->own_tls;
    }
    if (!config->tls) {
        return false;
    }
    curl_sockets_init(&curl->sockets, loop, config->limits);
    curl->share = curl_share_init();
    if (!curl->share || !curl_origins_init(&curl->origins, config)) {
        return err_set(err, ERR_FAILED, "not enough memory for libcurl");
    }
    curl->origins.close = close_origin;
    curl_share_setopt(curl->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(curl->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl->drive.sockets = &curl->sockets;
    curl->limits = *config->limits;
    curl->drive.on_ended = curl_on_ended;
    curl->drive.context = curl;
    curl_drive_init(&curl->drive);
    curl->free = curl_setup_create(config, &curl->sockets, curl->share, err);
    return curl->free != NULL;
}

static struct engine *curl_create(const struct engine_config *config, struct loop *loop,
                                  engine_done_fn *done, void *owner, struct err *err)
{
    struct curl_engine *curl = calloc(1, sizeof *curl);
    if (!curl || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(curl);
        err_set(err, ERR_FAILED, "not enough memory for libcurl");
        return NULL;
    }
    curl->engine.type = &engine_curl;
    curl->config = *config;
    curl->done = done;
    curl->owner = owner;
    if (!set_up(curl, loop, err)) {
        curl_destroy(&curl->engine);
        return NULL;
    }
    return &curl->engine;
}

const struct engine_type engine_curl = {
    .name = "curl",
    .create = curl_create,
    .destroy = curl_destroy,
    .has_room = curl_has_room,
    .start = curl_start,
    .resume = curl_resume,
    .next_deadline_ns = curl_next_deadline_ns,
    .expire = curl_expire,
    .abandon = curl_abandon,
};
