/*
 * order_fields - the fields of an order in JSON, by kind of run, and what each sets (orders.h).
 *
 * Errors: ERR_USAGE without the name of the field. Threads: pure functions.
 */
#ifndef LOADGEN_WEB_ORDERS_ORDER_FIELDS_H
#define LOADGEN_WEB_ORDERS_ORDER_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "loadgen/web/orders/read_order.h"

enum {
    FIELD_NEEDED = 1 << 0,      /* required to start; with FIELD_CHANGES, also to change */
    FIELD_CHANGES = 1 << 1,     /* allowed in a change of a run */
    FIELD_STAYS = 1 << 2,       /* not required in a change; the old value stays */
    FIELD_OF_SCENARIO = 1 << 3, /* allowed only with a scenario */
};

struct order_field {
    const char *name;
    enum run_kind kind;
    unsigned flags;
    /* NULL: the field is `arguments`, which needs the declared ones. */
    bool (*set)(struct orders *orders, const json_t *value, struct err *err);
};

/* {0} ends the list. */
extern const struct order_field order_fields[];

#endif
