/*
 * router - which handler answers a path, and under what name /metrics counts it.
 *
 * The routes are one table, written once, in router.c. A template is a path in which one segment
 * may be {name}: it takes any one segment that is not empty. A path answers the same with and
 * without its trailing slash.
 *
 * Threads: any; nothing here changes. Memory: none.
 */
#ifndef TARGET_API_ROUTER_H
#define TARGET_API_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "target-api/handlers.h"
#include "target-api/reply.h"
#include "target-api/request.h"
#include "target-api/service.h"

/* Also the label of the paths that match nothing: a template begins with a slash. */
#define ROUTER_NO_ROUTE "unmatched"

struct router_route {
    const char *method;
    const char *template;
    handler_fn *handle;
    /* For /openapi.json. */
    const char *summary;
    const char *query;  /* the one query field that is needed; NULL: none */
    const char *schema; /* of the answer; NULL: a string */
    bool takes_user;    /* in the body */
    bool is_test;       /* only there with -test-endpoints */
};

/*
 * Answers the request, whose `parameter` it sets. *route becomes the place of the route in the
 * table, router_count() when none matches: the index of router_label().
 */
struct reply router_answer(const struct service *service, struct request *request, size_t *route);

/* How many routes there are. */
size_t router_count(void);

/* A route, below router_count(). */
const struct router_route *router_route(size_t route);

/* The template of a route, or ROUTER_NO_ROUTE for router_count(). */
const char *router_label(size_t route);

#endif
