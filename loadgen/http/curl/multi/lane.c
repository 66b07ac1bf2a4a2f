#include "loadgen/http/curl/multi/lane.h"

#include <stdlib.h>

struct curl_route *curl_routes_find(struct curl_route **routes, struct destination *destination)
{
    struct curl_route *route = *routes;
    while (route && route->destination != destination) {
        route = route->next;
    }
    if (!route && (route = calloc(1, sizeof *route))) {
        route->next = *routes;
        route->destination = destination;
        turns_init(&route->turns, sizeof(struct curl_lane));
        *routes = route;
    }
    return route;
}

uint64_t curl_route_limit(const struct curl_route *route, uint64_t of_endpoint)
{
    uint64_t origins = route->origins;
    return origins > 0 && of_endpoint > UINT64_MAX / origins ? UINT64_MAX : of_endpoint * origins;
}

void curl_routes_fini(struct curl_route **routes)
{
    while (*routes) {
        struct curl_route *route = *routes;
        *routes = route->next;
        turns_fini(&route->turns);
        free(route);
    }
}

struct curl_lane *curl_lane_find(struct curl_route *route, struct peer *peer)
{
    struct curl_lane *lane = (struct curl_lane *)turns_find(&route->turns, peer);
    if (lane) {
        lane->route = route;
    }
    return lane;
}

static bool has_idle(const struct curl_lane *lane)
{
    return lane->open > lane->busy;
}

struct curl_lane *curl_lane_due(struct curl_route *route)
{
    struct curl_lane *due = (struct curl_lane *)turns_first(&route->turns);
    while (due && !has_idle(due)) {
        turns_set_out(&due->turn);
        due = (struct curl_lane *)turns_first(&route->turns);
    }
    return due;
}

void curl_lane_begin(struct curl_lane *lane)
{
    struct turns *turns = &lane->route->turns;
    lane->busy++;
    turns_count_request(turns, &lane->turn);
    if (!has_idle(lane)) {
        turns_set_busy(turns, &lane->turn);
    }
}

void curl_lane_end(struct curl_lane *lane, uint64_t sent_ns, uint64_t now_ns)
{
    lane->busy--;
    if (sent_ns) {
        lane->calm_ns = 2 * now_ns - sent_ns;
    }
    if (has_idle(lane)) {
        turns_set_ready(&lane->route->turns, &lane->turn);
    }
}

void curl_lane_opened(struct curl_lane *lane)
{
    lane->open++;
    lane->route->open++;
}

void curl_lane_closed(struct curl_lane *lane)
{
    lane->open--;
    lane->route->open--;
}
