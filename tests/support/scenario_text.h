/*
 * scenario_text - loads a scenario from a text, in a new state with 32 MB.
 *
 * Memory: classes_free, state_close.
 */
#ifndef TESTS_SUPPORT_SCENARIO_TEXT_H
#define TESTS_SUPPORT_SCENARIO_TEXT_H

#include <stdbool.h>

#include "loadgen/users/scenario/scenario.h"

/* `filter` NULL: all tasks. Errors are those of scenario.h. */
bool scenario_text_load(const char *text, const struct classes_filter *filter, struct state *state,
                        struct classes *classes, struct err *err);

#endif
