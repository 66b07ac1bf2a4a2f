/*
 * cargo_goal - the part of the cargo (cargo.h) that says how much the users of all workers do:
 * iterations at a rate, and numbers of requests or iterations after which the run ends.
 *
 * Memory: plain values.
 */
#ifndef LOADGEN_USERS_CARGO_GOAL_H
#define LOADGEN_USERS_CARGO_GOAL_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/pace/slots.h"
#include "loadgen/users/users.h"

/* Adds the fields of the order to the JSON. */
void cargo_goal_pack(const struct users_order *order, json_t *json);

/* Part of a worker, for struct driver_cargo. */
struct cargo_part cargo_goal_part(const struct users_order *order, const struct slots *slots,
                                  uint16_t first, uint16_t threads);

/* Sets the fields of the order. ERR_FAILED names a key that is invalid. */
bool cargo_goal_read(struct users_order *order, const json_t *json, struct err *err);

#endif
