/*
 * read_order - an order as it was read, with the memory of its host (orders.h).
 */
#ifndef LOADGEN_WEB_ORDERS_READ_ORDER_H
#define LOADGEN_WEB_ORDERS_READ_ORDER_H

#include "loadgen/web/board/runner.h"

enum { ORDERS_USERS_MAX = 1000000, ORDERS_RATE_MAX = 10000000, ORDERS_HOST_MAX = 2000 };

struct orders {
    struct run_order order; /* order.host points to `host`; NULL: none was given */
    char host[ORDERS_HOST_MAX + 1];
    char field[64]; /* the refused field; "": the whole body */
};

/* By enum run_arrival; "": ARRIVAL_DEFAULT. */
extern const char *const orders_arrival_names[];

#endif
