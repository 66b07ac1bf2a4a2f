/*
 * json - converts Lua values to JSON and back, with jansson.
 *
 *     null                       the global `null`; nil means that the key is absent
 *     [] and {}                  `array {}` and `{}`; a table read from an array stays an array
 *     [1, 2]                     a table with the keys 1 to n
 *     5 and 5.0                  an integer and a float (number.h)
 *     {"a": 1, "b": 2}           a table with string keys, written in alphabetical order
 *
 * Tables are read without their metatables: no __index, __len or __pairs is called.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_LUA_JSON_H
#define LOADGEN_USERS_LUA_JSON_H

#include <lua5.4/lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "loadgen/base/bytes.h"

/* Declares null, array, json.encode and json.decode. */
void json_declare(lua_State *lua);

/* Appends the value at this index; raises an error if JSON cannot represent it. */
void json_encode(lua_State *lua, int index, struct bytes *out);

/*
 * Pushes the value of the JSON text. If the text is invalid, raises an error that begins with
 * `what`.
 */
void json_decode(lua_State *lua, const char *text, size_t length, const char *what);

/* True if the table at this index is marked as an array. */
bool json_is_marked_array(lua_State *lua, int index);

/* Marks the table on top of the stack as an array. */
void json_mark_array(lua_State *lua);

#endif
