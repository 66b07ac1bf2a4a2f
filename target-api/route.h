/*
 * route - an entry of the table of routes (router.c).
 *
 * Threads: any; constant.
 */
#ifndef TARGET_API_ROUTE_H
#define TARGET_API_ROUTE_H

#include <stdbool.h>

#include "target-api/handlers.h"

/* When a route exists. */
enum route_set {
    ROUTE_USERS,  /* unless the sample web app replaces the users API */
    ROUTE_WEBAPP, /* with -sample-webapp */
    ROUTE_EITHER,
    ROUTE_TEST, /* with -test-endpoints */
};

struct route {
    const char *method;
    const char *template;
    handler_fn *handle;
    /* For /openapi.json. */
    const char *summary;
    const char *query;  /* the required query field; NULL: none */
    const char *schema; /* of the answer; NULL: a string */
    bool takes_user;    /* the body is a user */
    enum route_set set;
};

#endif
