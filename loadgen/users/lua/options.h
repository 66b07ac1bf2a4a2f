/*
 * options - tables of options in a script, such as { name = "/x", json = {...} }.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_LUA_OPTIONS_H
#define LOADGEN_USERS_LUA_OPTIONS_H

#include <lua5.4/lua.h>

/*
 * Raises an error if the table at `index` has a key that is not in `known`, a list that ends with
 * NULL. The error begins with `what`, as in: POST: unknown option "jsn"; did you mean json?
 */
void options_check(lua_State *lua, int index, const char *what, const char *const *known);

#endif
