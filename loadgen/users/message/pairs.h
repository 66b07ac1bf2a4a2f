/*
 * pairs - reads tables of names and values in a script's request: { user = "eva", tag = { 1, 2 } }.
 *
 * Raises Lua errors, in which `what` names the table. Keys are valid while they are in the table,
 * values only during the call of pair_fn.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_MESSAGE_PAIRS_H
#define LOADGEN_USERS_MESSAGE_PAIRS_H

#include <lua5.4/lua.h>
#include <stddef.h>

#include "common/slice.h"

enum { PAIRS_MAX = 256 };

/* Reads the keys of the table at `index`, in alphabetical order. */
size_t pairs_read_keys(lua_State *lua, int index, const char *what, struct slice keys[PAIRS_MAX]);

/* Calls `add` with each pair, in alphabetical order of the keys; a list gives one pair for each of
 * its elements. */
typedef void pair_fn(void *context, struct slice key, struct slice value);
void pairs_visit(lua_State *lua, int index, const char *what, pair_fn *add, void *context);

#endif
