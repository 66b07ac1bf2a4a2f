/*
 * service - the state that handlers share.
 *
 * Threads: any, concurrently: the struct is constant, and the store has its own locks.
 */
#ifndef TARGET_API_SERVICE_H
#define TARGET_API_SERVICE_H

#include <stdbool.h>

struct store;

struct service {
    struct store *store; /* borrowed */
    bool has_test_endpoints;
    bool is_sample_webapp; /* sample_webapp.h replaces the users API */
};

#endif
