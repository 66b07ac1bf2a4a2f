#include "target-api/router.h"

#include <stdbool.h>
#include <string.h>

#include "target-api/handlers.h"

struct route {
    const char *method;
    const char *template;
    handler_fn *handle;
};

static const struct route routes[] = {
    {"GET", "/", handlers_root},
    {"GET", "/health", handlers_health},
    {"GET", "/metadata", handlers_metadata},
    {"GET", "/users_name/{users_id}", handlers_name_by_path},
    {"GET", "/users_name/", handlers_name_by_query},
    {"GET", "/users/{attribute}", handlers_attribute},
    {"POST", "/add_users/", handlers_add_user},
};
enum { ROUTES = sizeof routes / sizeof routes[0] };

/*
 * Whether `rest`, the end of a path, is what may follow a template's end. The sample app redirects
 * to the other spelling: from a template with a slash it adds one, from one without it takes all
 * of them away.
 */
static bool is_end(const char *template, const char *at, struct slice rest)
{
    bool slash_is_in_template = at > template && at[-1] == '/';
    if (rest.len == 0) {
        return true;
    }
    if (slash_is_in_template) {
        return false;
    }
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.bytes[i] != '/') {
            return false;
        }
    }
    return true;
}

/* Fills `parameter` when the template has one. */
static bool matches(const char *template, struct slice path, struct slice *parameter)
{
    size_t used = 0;
    const char *t = template;
    while (*t) {
        if (*t == '{') {
            size_t start = used;
            while (used < path.len && path.bytes[used] != '/') {
                used++;
            }
            if (used == start) {
                return false;
            }
            *parameter = (struct slice){path.bytes + start, used - start};
            t = strchr(t, '}') + 1;
            continue;
        }
        if (used == path.len) { /* "/add_users" for "/add_users/", but not "" for "/" */
            return t > template && strcmp(t, "/") == 0;
        }
        if (path.bytes[used] != *t) {
            return false;
        }
        used++;
        t++;
    }
    return is_end(template, t, (struct slice){path.bytes + used, path.len - used});
}

struct reply router_answer(struct store *store, struct request *request, size_t *route)
{
    *route = ROUTES;
    for (size_t i = 0; i < ROUTES; i++) {
        if (!matches(routes[i].template, request->path, &request->parameter)) {
            continue;
        }
        if (strcmp(routes[i].method, request->method) == 0) {
            *route = i;
            if (request_body_is_too_large(request)) {
                return reply_static(413, "{\"detail\":\"Request Entity Too Large\"}");
            }
            return routes[i].handle(store, request);
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
