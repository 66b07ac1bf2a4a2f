/*
 * openapi - describes a table of routes as OpenAPI 3.0 (/openapi.json).
 *
 * Threads: any.
 */
#ifndef TARGET_API_OPENAPI_H
#define TARGET_API_OPENAPI_H

#include <stdbool.h>
#include <stddef.h>

#include "target-api/http/reply.h"
#include "target-api/route.h"

/* Omits the routes of -sample-webapp, and those of -test-endpoints unless `has_tests`. */
struct reply openapi_reply(const struct route *routes, size_t count, bool has_tests);

#endif
