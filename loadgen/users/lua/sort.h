/*
 * sort - a replacement for table.sort that counts its comparisons with state_spend.
 *
 * Lua's function cannot be stopped while it compares a million elements, or long strings that
 * differ only at their ends. Errors are those of Lua, with the same messages.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_LUA_SORT_H
#define LOADGEN_USERS_LUA_SORT_H

#include <lua5.4/lua.h>

/*
 * Sorts elements 1 to `count` of the table at index 1 with the function at index 2, or with < if
 * that is nil. Elements are read and written with their metamethods, as Lua does.
 */
void sort_list(lua_State *lua, lua_Integer count);

#endif
