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

#include <stddef.h>

#include "target-api/reply.h"
#include "target-api/request.h"
#include "target-api/store.h"

/* Also the label of the paths that match nothing: a template begins with a slash. */
#define ROUTER_NO_ROUTE "unmatched"

/*
 * Answers the request, whose `parameter` it sets. *route becomes the place of the route in the
 * table, router_count() when none matches: the index of router_label().
 */
struct reply router_answer(struct store *store, struct request *request, size_t *route);

/* How many routes there are. */
size_t router_count(void);

/* The template of a route, or ROUTER_NO_ROUTE for router_count(). */
const char *router_label(size_t route);

#endif
