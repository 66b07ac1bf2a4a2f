/*
 * plan_json - converts a plan to JSON and back. docs/result-format.md lists the keys.
 *
 * With secrets, which workers need, nothing is lost. Without them, for result files, a proxy is
 * reduced to its host and port, and values of headers that may be secret are masked
 * (target/request/secret.h). Files are stored as names; their contents are sent separately
 * (files.h).
 *
 * "None" is null for a number, and a missing key for a string.
 *
 * JSON is untrusted and checked: types, ranges, and plan_check.
 *
 * Threads: pure functions. Memory: the JSON is the caller's; a plan from JSON borrows from its
 * struct plan_room. Errors: ERR_FAILED with the key, or those of plan_check.
 */
#ifndef LOADGEN_ORDER_PLAN_JSON_H
#define LOADGEN_ORDER_PLAN_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "loadgen/base/arena.h"
#include "loadgen/order/plan.h"

/* with_secrets: false for result files, true for workers. */
json_t *plan_to_json(const struct plan *plan, bool with_secrets);

/* Memory that a plan from JSON points to. */
struct plan_room {
    struct arena texts;
    struct connect_to *rules;
};

/* Fills plan and room. On failure returns false with err, and there is nothing to free. */
bool plan_from_json(const json_t *json, struct plan_room *room, struct plan *plan, struct err *err);

void plan_room_free(struct plan_room *room);

#endif
