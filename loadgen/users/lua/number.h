/*
 * number - reads numbers of scripts, and prints floats.
 *
 * Where Lua expects a number, it also accepts a string, and would need seconds to convert megabytes
 * of digits. So strings of more than NUMBER_READ_MAX characters are refused unread.
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_LUA_NUMBER_H
#define LOADGEN_USERS_LUA_NUMBER_H

#include <lua5.4/lua.h>
#include <stdbool.h>
#include <stddef.h>

enum { NUMBER_TEXT = 40, NUMBER_READ_MAX = 200 };

/* False if the value is a string that is too long for a number. */
bool number_is_short(lua_State *lua, int index);

/* Like luaL_checknumber and luaL_checkinteger, but refuse such a string. */
double number_check(lua_State *lua, int argument);
lua_Integer number_check_integer(lua_State *lua, int argument);

/* Prints the fewest digits that read back as the same number: 19.99, 5.0, 0.30000000000000004.
 * Returns the length. */
size_t number_print(double number, char text[NUMBER_TEXT]);

#endif
