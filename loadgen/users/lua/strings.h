/*
 * strings - find, match, gmatch and gsub of Lua's string library, with our matcher (pattern.h).
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_LUA_STRINGS_H
#define LOADGEN_USERS_LUA_STRINGS_H

#include <lua5.4/lua.h>

/* Replaces the functions of the table on top of the stack, which is Lua's string library. */
void strings_replace(lua_State *lua);

#endif
