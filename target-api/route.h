/*
 * route - an entry of the table of routes (router.c).
 *
 * Threads: any; constant.
 */
#ifndef TARGET_API_ROUTE_H
#define TARGET_API_ROUTE_H

#include <stdbool.h>

#include "target-api/handlers.h"

struct route {
    const char *method;
    const char *template;
    handler_fn *handle;
    /* For /openapi.json. */
    const char *summary;
    const char *query;  /* the required query field; NULL: none */
    const char *schema; /* of the answer; NULL: a string */
    bool takes_user;    /* the body is a user */
    bool is_test;       /* exists only with -test-endpoints */
};

#endif
