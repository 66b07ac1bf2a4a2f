/*
 * settings - values that a scenario takes from the command line and the environment.
 *
 *     local shards = arg("shards", 3, "how many shards")     -- declares an argument
 *     local target = env("TARGET", "http://127.0.0.1:9100")  -- reads a variable
 *
 * A value has the type of its default: string, integer, number or boolean. A text that cannot be
 * converted to this type raises an error. env returns the default if the variable is unset or
 * empty, and nil if there is no default. On a worker, env knows only the variables that
 * the controller's scenario has read while it was loaded (files/given.h). arg can be called only
 * while the scenario is loaded, and once per name.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_SCENARIO_SETTINGS_H
#define LOADGEN_USERS_SCENARIO_SETTINGS_H

#include <lua5.4/lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/err.h"

/* Length of a name, and number of declared arguments. */
enum { SETTINGS_NAME_MAX = 64, SETTINGS_ARGUMENTS_MAX = 1000 };

/* The arguments of a scenario: "NAME=VALUE"; if a name is repeated, the last one counts. Borrowed.
 */
struct arguments {
    const char *const *list;
    size_t count;
};

/* Declares the globals arg and env. arg reads state->arguments. */
void settings_declare(lua_State *lua);

/*
 * Call this when the scenario has been executed. ERR_USAGE if the list has an argument that the
 * scenario did not declare.
 */
bool settings_check(const struct arguments *arguments, lua_State *lua, struct err *err);

/* The value given for this name; NULL: none. */
const char *settings_given(const struct arguments *arguments, const char *name);

/* `value` is the default as text; `help` may be "". */
typedef void settings_visit_fn(void *context, const char *name, const char *value,
                               const char *help);

/* Visits the declared arguments, in order. */
void settings_visit(lua_State *lua, settings_visit_fn *visit, void *context);

/* Prints the declared arguments with their defaults; nothing if there are none. */
void settings_print(lua_State *lua, FILE *out);

#endif
