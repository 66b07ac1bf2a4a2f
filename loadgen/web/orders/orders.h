/*
 * orders - the orders of clients, in the JSON of the API (docs/api.md).
 *
 *     {"kind": "users", "users": 10, "spawn_rate": 2, "host": "http://127.0.0.1:5000",
 *      "run_time": "30s"}
 *     {"kind": "rate", "rate": 200, "arrival": "poisson", "duration": "30s"}
 *     {"kind": "rate", "ramp": "10:500", "duration": "1m"}       also sine, and stages
 *     {"kind": "capacity", "min_rate": 10, "max_rate": 900, "quick": true}
 *
 * With a scenario, orders of users and searches may have `arguments` (arguments.h), and those of
 * searches `users` and `host`. The text of a ramp, a sine or stages is parsed when the run is
 * opened.
 *
 * Reading is strict: other fields, other types, and numbers out of range are refused. A null field
 * counts as absent.
 *
 * Errors: ERR_USAGE, and `field`. Threads: pure functions. Memory: plain values.
 */
#ifndef LOADGEN_WEB_ORDERS_ORDERS_H
#define LOADGEN_WEB_ORDERS_ORDERS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "loadgen/web/orders/read_order.h"

/* Reads the order of a run. `users` is the runner of a scenario; NULL: there is none. */
bool orders_read(struct orders *orders, json_t *json, const struct runner *users, struct err *err);

/*
 * Reads a change to a run with this order: `users` and `spawn_rate`, or `rate`. Without
 * `spawn_rate`, that of the order is kept.
 */
bool orders_read_change(struct orders *orders, json_t *json, const struct run_order *order,
                        struct err *err);

/*
 * Writes the order in the JSON that orders_read reads, with passwords and other secrets in `host`
 * and in arguments replaced by ***. The caller owns it.
 */
json_t *orders_to_json(const struct run_order *order);

#endif
