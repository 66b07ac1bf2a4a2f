/*
 * remedy - in errors of scripts, replaces the name of an order's field with that of its flag.
 *
 * Only our advice on a lack of memory (STATE_MORE_MEMORY) names a field. The rest of the text comes
 * from the script and stays unchanged, even if it contains "order.name".
 *
 * Threads: pure function.
 */
#ifndef LOADGEN_USERS_REMEDY_H
#define LOADGEN_USERS_REMEDY_H

#include "loadgen/users/users.h"

/* Replaces the field in the first such advice of the text, if there is one. */
void remedy_name_flag(const struct users_order *order, char *text);

/* Counts an error of a script: names the flag in its text, and adds it to the exceptions. */
void remedy_add_exception(struct users_order *order, char *text);

#endif
