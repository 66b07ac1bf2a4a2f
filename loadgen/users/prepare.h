/*
 * prepare - opens a scenario for a run: fills in its order, targets and source.
 *
 * Threads: set-up only.
 */
#ifndef LOADGEN_USERS_PREPARE_H
#define LOADGEN_USERS_PREPARE_H

#include <jansson.h>

#include "loadgen/pace/profile.h"
#include "loadgen/target/targets.h"
#include "loadgen/users/files/given.h"
#include "loadgen/users/users.h"

/*
 * Opens the scenario, executes it once, and fills the targets with its hosts. Names of requests are
 * added during the run (target/catalogue.h). Before the call, set all fields of the order up
 * to and including `seed`, except `scenario`. Errors are those of scenario.h.
 */
bool users_open(struct users_order *order, const char *path, struct targets *targets,
                struct err *err);

/* The same for a scenario that another process has sent (scenario_open_given). */
bool users_open_given(struct users_order *order, const char *path, const struct given *given,
                      struct targets *targets, struct err *err);
void users_close(struct users_order *order);

/*
 * The users as JSON, for result files; with hashes of the scenario and of the files that it reads,
 * because files may change. Arguments whose names suggest a secret have no value.
 */
json_t *users_show(const struct users_order *order);

/* Adds the pieces of the profile (pace/profile.h) that are known before the run. */
void users_add_profile(const struct users_order *order, struct profile *profile);

/*
 * True if users can move to other processes during the run. With a rate or a number of iterations
 * or requests, or with rows that are taken once, each process has its fixed part of these.
 */
bool users_can_move(const struct users_order *order);

/* The source of the run's order; its state is the users' order. */
struct source users_source(struct users_order *order);

#endif
