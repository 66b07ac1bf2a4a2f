/*
 * suggest - names the function that a script may have meant:
 *
 *     attempt to call a nil value (method 'gett'); did you mean get?
 *
 * An unknown method is compared with the methods of the caller's `self` (without a `self`: those of
 * User), an unknown global with the global functions and tables, and an unknown field with the
 * functions in global tables.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_LUA_SUGGEST_H
#define LOADGEN_USERS_LUA_SUGGEST_H

#include <lua5.4/lua.h>

/*
 * For message handlers. If `message` is about an unknown function and a known name is similar,
 * pushes the message with that name added, and returns it; otherwise returns `message`.
 */
const char *suggest_function(lua_State *lua, const char *message);

#endif
