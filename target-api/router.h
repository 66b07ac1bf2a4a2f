/*
 * router - finds the handler of a path, and the label of its route in /metrics.
 *
 * The table of routes is in router.c. A template is a path in which one segment may be {name},
 * which matches any non-empty segment. A trailing slash makes no difference.
 *
 * Threads: any; constant. Memory: none.
 */
#ifndef TARGET_API_ROUTER_H
#define TARGET_API_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "target-api/http/reply.h"
#include "target-api/http/request.h"
#include "target-api/service.h"

/* The label of requests that match no route. Templates begin with a slash, so none equals it. */
#define ROUTER_NO_ROUTE "unmatched"

/*
 * Answers the request, and sets request->parameter if the template has one. *route becomes the
 * index of the route that matches path and method, otherwise of the first that matches the path,
 * otherwise router_count().
 */
struct reply router_answer(const struct service *service, struct request *request, size_t *route);

/* The number of routes. */
size_t router_count(void);

/* The template of a route; ROUTER_NO_ROUTE for router_count(). */
const char *router_label(size_t route);

#endif
