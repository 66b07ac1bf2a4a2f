/*
 * show - prints the classes of a scenario, and how often each task is picked, as Locust does.
 *
 * Errors are those of scenario.h. Threads: one.
 */
#ifndef LOADGEN_USERS_SHOW_H
#define LOADGEN_USERS_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/users/users.h"

bool show_classes(const struct users_order *order, FILE *out, struct err *err);

/* Prints each class's percentage of the users, and each task's percentage of the tasks of its
 * class or set; then each task's percentage of all tasks. */
bool show_ratios(const struct users_order *order, FILE *out, struct err *err);

#endif
