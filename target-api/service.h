/*
 * service - what the handlers of the routes may use.
 *
 * Threads: any, several at once; it does not change, and what it points to guards itself.
 */
#ifndef TARGET_API_SERVICE_H
#define TARGET_API_SERVICE_H

#include <stdbool.h>

struct store;

struct service {
    struct store *store; /* borrowed */
    bool has_test_endpoints;
};

#endif
