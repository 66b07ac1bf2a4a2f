/*
 * arguments - what a client gives to a scenario: values for the arguments that it declares.
 *
 * Only the names are checked here. The scenario checks the values when the run is opened: its error
 * is "FILE:LINE: NAME: ...", which arguments_find_named recognises.
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

/* Adds a value; a later one of the same name holds. */
bool arguments_add(struct run_arguments *arguments, const char *name, const char *value,
                   struct err *err);

/* The same with a string, a number or a boolean; checks the name, too. */
bool arguments_add_json(struct run_arguments *arguments, const json_t *declared, const char *name,
                        const json_t *value, struct err *err);

/* {NAME: VALUE}, all texts; *** for what may be a secret. The caller owns it. */
json_t *arguments_to_json(const struct run_arguments *arguments);

/*
 * The declared argument that an error of a scenario is about, and in *rest what is wrong. NULL:
 * none.
 */
const char *arguments_find_named(const json_t *declared, const char *text, const char **rest);

#endif
