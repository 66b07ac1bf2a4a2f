/*
 * show - prints the classes and arguments of a scenario, and how often each task is picked, as
 * Locust does.
 *
 * Errors are those of scenario.h. Threads: one.
 */
#ifndef LOADGEN_USERS_SHOW_H
#define LOADGEN_USERS_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/users/users.h"

/* Prints the names of the classes, and the arguments that the scenario declares (settings.h). */
bool show_classes(const struct users_order *order, FILE *out, struct err *err);

/* Prints each class's percentage of the users, and each task's percentage of the tasks of its
 * class or set; then each task's percentage of all tasks. */
bool show_ratios(const struct users_order *order, FILE *out, struct err *err);

/*
 * The same for this many users, as fractions, in the form of Locust's /tasks: the share of each
 * task in its class under per_class, and in all tasks under total. NULL: err is set.
 */
json_t *show_tasks(const struct users_order *order, uint64_t users, struct err *err);

/*
 * The arguments that the scenario declares: [{name, value, help}]. `value` is the text that was
 * given, or the default; null if it may be a secret (target/request/secret.h). NULL: err is set.
 */
json_t *show_arguments(const struct users_order *order, struct err *err);

#endif
