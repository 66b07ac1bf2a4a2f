/*
 * arguments - values that a client gives to the arguments that a scenario declares.
 *
 * Only the names are checked here. The scenario checks the values when the run is opened: its error
 * is "FILE:LINE: NAME: ...", which arguments_find_named recognizes.
 *
 * `declared` is the list of struct runner (board/runner.h); NULL: there is no scenario.
 *
 * Errors: ERR_USAGE without the name. Threads: pure functions.
 */
#ifndef LOADGEN_WEB_ORDERS_ARGUMENTS_H
#define LOADGEN_WEB_ORDERS_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "loadgen/web/board/runner.h"

bool arguments_has(const json_t *declared, const char *name);

/* Adds a value. If a name is added twice, the later value is used. */
bool arguments_add(struct run_arguments *arguments, const char *name, const char *value,
                   struct err *err);

/* The same with a string, a number or a boolean; checks the name, too. */
bool arguments_add_json(struct run_arguments *arguments, const json_t *declared, const char *name,
                        const json_t *value, struct err *err);

/* {NAME: VALUE}, all as strings; possible secrets become ***. The caller owns it. */
json_t *arguments_to_json(const struct run_arguments *arguments);

/*
 * Returns the declared argument that a scenario's error names, and stores the text after the name
 * in *rest. NULL: none.
 */
const char *arguments_find_named(const json_t *declared, const char *text, const char **rest);

#endif
