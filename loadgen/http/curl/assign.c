#include "loadgen/http/curl/assign.h"

#include "common/clock.h"
#include "loadgen/http/curl/end.h"
#include "loadgen/http/curl/setup.h"

/* True if an address should get a new connection now and the limits allow one. */
static bool wants_another(struct curl_engine *curl, struct curl_lane *due)
{
    const struct engine_config *config = &curl->config;
    struct curl_route *route = due->route;
    bool has_room = route->open < curl_route_limit(route, config->limits->max_connections);
    bool is_calm = config->is_open_loop && clock_now_ns() > due->calm_ns;
    return destination_update_deficit(route->destination, &route->turns, is_calm, has_room) &&
           (has_room || (due->open > 1 && curl_sockets_end_idle(&curl->sockets, due)));
}

/* The lane that the request should use. NULL: open a new connection. */
static struct curl_lane *choose_lane(struct curl_engine *curl, struct curl_route *route)
{
    struct curl_lane *due = curl_lane_due(route);
    bool has_choice = due && route->destination->address_count > 1;
    return has_choice && wants_another(curl, due) ? NULL : due;
}

static void add(struct curl_engine *curl, struct curl_transfer *t, struct curl_lane *lane)
{
    if (!lane || !curl_drive_add(&curl->drive, lane, t->easy)) {
        curl_end_protocol(curl, t, "not enough memory for libcurl");
        return;
    }
    curl_lane_begin(lane);
    t->lane = lane;
}

/* Opens a connection to t->reserved. */
static void add_to_reserved(struct curl_engine *curl, struct curl_transfer *t)
{
    add(curl, t, curl_lane_find(t->origin->route, t->reserved));
}

static void add_somewhere(struct curl_engine *curl, struct curl_transfer *t)
{
    struct curl_route *route = t->origin->route;
    struct curl_lane *lane = choose_lane(curl, route);
    if (lane) {
        add(curl, t, lane);
        return;
    }
    switch (resolver_next(route->destination, &t->wait, &t->reserved)) {
    case LOOKUP_DONE:
        add_to_reserved(curl, t);
        break;
    case LOOKUP_FAILED:
        curl_end_unresolved(curl, t);
        break;
    case LOOKUP_PENDING:
        t->stop = CURL_STOP_WAITS;
        break;
    }
}

void curl_assign_again(struct curl_engine *curl, struct curl_transfer *t)
{
    curl_setup_another_try(t);
    if (t->reserved) {
        add_to_reserved(curl, t);
    } else {
        add_somewhere(curl, t);
    }
}

static void on_answer(struct lookup *wait, struct peer *peer)
{
    struct curl_transfer *t =
        (struct curl_transfer *)((char *)wait - offsetof(struct curl_transfer, wait));
    struct curl_engine *curl = t->engine;
    t->reserved = peer;
    if (peer) {
        curl_assign_again(curl, t);
        curl_drive_run(&curl->drive);
    } else {
        curl_end_unresolved(curl, t);
    }
}

/* The route to the origin's destination. NULL: out of memory. */
static struct curl_route *find_route(struct curl_engine *curl, struct curl_origin *origin)
{
    struct curl_route **routes = origin_is_owned(&origin->origin) ? &origin->own : &curl->routes;
    struct curl_route *route = curl_routes_find(routes, origin->origin.destination);
    if (route) {
        route->origins++;
    }
    return route;
}

void curl_assign(struct curl_engine *curl, struct curl_transfer *t)
{
    struct curl_origin *origin = t->origin;
    if (origin->problem[0]) {
        curl_end_protocol(curl, t, origin->problem);
        return;
    }
    if (!origin->route) {
        origin->route = find_route(curl, origin);
    }
    t->wait.on_answer = on_answer;
    t->engine = curl;
    if (origin->route && curl_setup_request(t)) {
        add_somewhere(curl, t);
    } else {
        curl_end_protocol(curl, t, "not enough memory for libcurl");
    }
}

void curl_unassign(struct curl_transfer *t, uint64_t now_ns)
{
    curl_drive_remove(t->lane, t->easy);
    curl_lane_end(t->lane, t->exchange.sent_ns, now_ns);
    if (!origin_is_owned(&t->origin->origin)) {
        curl_sockets_end_excess(t->sockets, t->lane);
    }
    t->lane = NULL;
}
