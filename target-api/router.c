#include "target-api/router.h"

#include <stdbool.h>
#include <string.h>

#include "target-api/handlers.h"
#include "target-api/openapi.h"
#include "target-api/sample_webapp.h"
#include "target-api/test_handlers.h"

static handler_fn answer_root;
static handler_fn answer_openapi;

static const struct route routes[] = {
    {"GET", "/", answer_root, .summary = "A greeting", .set = ROUTE_EITHER},
    {"GET", "/health", handlers_health, .summary = "Health of the service"},
    {"GET", "/metadata", handlers_metadata, .summary = "All users", .schema = "Users"},
    {"GET", "/users_name/{users_id}", handlers_name_by_path, .summary = "The name of a user"},
    {"GET", "/users_name/", handlers_name_by_query, .summary = "The name of a user",
     .query = "users_id"},
    {"GET", "/users/{attribute}", handlers_attribute, .summary = "The name or the age of a user",
     .query = "users_id"},
    {"POST", "/add_users/", handlers_add_user, .summary = "Adds a user or replaces one",
     .schema = "Users", .takes_user = true},
    {"GET", "/openapi.json", answer_openapi, .summary = "This description", .schema = "Any"},
    {"GET", "/delay/{ms}", test_delay, .summary = "Answers after this many milliseconds",
     .set = ROUTE_TEST},
    {"GET", "/work/{us}", test_work, .summary = "Uses this many microseconds of CPU time",
     .set = ROUTE_TEST},
    {"GET", "/status/{code}", test_status, .summary = "Answers with this status",
     .set = ROUTE_TEST},
    {"GET", "/bytes/{n}", test_bytes, .summary = "Answers with this many bytes", .set = ROUTE_TEST},
    {"POST", "/login", webapp_login, .set = ROUTE_WEBAPP},
    {"POST", "/metrics", webapp_metrics, .set = ROUTE_WEBAPP},
};
enum { ROUTES = sizeof routes / sizeof routes[0] };

static struct reply answer_root(const struct service *service, const struct request *request)
{
    return service->is_sample_webapp ? webapp_root(service, request)
                                     : handlers_root(service, request);
}

static struct reply answer_openapi(const struct service *service, const struct request *request)
{
    (void)request;
    return openapi_reply(routes, ROUTES, service->has_test_endpoints);
}

/*
 * True if a path may end in `rest` after the end of a template. The sample app redirects to the
 * template's spelling: it adds a missing slash, and removes any number of extra ones.
 */
static bool is_end(const char *template, const char *at, struct slice rest)
{
    bool slash_is_in_template = at > template && at[-1] == '/';
    if (rest.length == 0) {
        return true;
    }
    if (slash_is_in_template) {
        return false;
    }
    for (size_t i = 0; i < rest.length; i++) {
        if (rest.at[i] != '/') {
            return false;
        }
    }
    return true;
}

/* Sets `parameter` if the template has one. */
static bool matches(const char *template, struct slice path, struct slice *parameter)
{
    size_t used = 0;
    const char *t = template;
    while (*t) {
        if (*t == '{') {
            size_t start = used;
            while (used < path.length && path.at[used] != '/') {
                used++;
            }
            if (used == start) {
                return false;
            }
            *parameter = (struct slice){path.at + start, used - start};
            t = strchr(t, '}') + 1;
            continue;
        }
        if (used == path.length) { /* "/add_users" for "/add_users/", but not "" for "/" */
            return t > template && strcmp(t, "/") == 0;
        }
        if (path.at[used] != *t) {
            return false;
        }
        used++;
        t++;
    }
    return is_end(template, t, (struct slice){path.at + used, path.length - used});
}

static bool exists(const struct route *route, const struct service *service)
{
    switch (route->set) {
    case ROUTE_USERS:
        return !service->is_sample_webapp;
    case ROUTE_WEBAPP:
        return service->is_sample_webapp;
    case ROUTE_TEST:
        return service->has_test_endpoints;
    default:
        return true;
    }
}

struct reply router_answer(const struct service *service, struct request *request, size_t *route)
{
    *route = ROUTES;
    for (size_t i = 0; i < ROUTES; i++) {
        if (!exists(&routes[i], service) ||
            !matches(routes[i].template, request->path, &request->parameter)) {
            continue;
        }
        if (strcmp(routes[i].method, request->method) == 0) {
            *route = i;
            if (request->is_crowded_out) {
                return reply_unavailable();
            }
            if (request_body_is_too_large(request)) {
                return reply_static(413, "{\"detail\":\"Request Entity Too Large\"}");
            }
            return routes[i].handle(service, request);
        }
        *route = *route == ROUTES ? i : *route;
    }
    if (*route == ROUTES) {
        return reply_static(404, "{\"detail\":\"Not Found\"}");
    }
    return reply_method_not_allowed(routes[*route].method);
}

size_t router_count(void)
{
    return ROUTES;
}

const char *router_label(size_t route)
{
    return route < ROUTES ? routes[route].template : ROUTER_NO_ROUTE;
}
