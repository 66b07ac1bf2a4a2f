/*
 * globals - declares functions for scripts.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_LUA_GLOBALS_H
#define LOADGEN_USERS_LUA_GLOBALS_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>

/* Makes each function of a list that ends with {NULL, NULL} a global of its name. */
static inline void globals_declare(lua_State *lua, const luaL_Reg *functions)
{
    lua_pushglobaltable(lua);
    luaL_setfuncs(lua, functions, 0);
    lua_pop(lua, 1);
}

/* Makes a global table of such a list. */
static inline void globals_declare_table(lua_State *lua, const char *name,
                                         const luaL_Reg *functions)
{
    lua_newtable(lua);
    luaL_setfuncs(lua, functions, 0);
    lua_setglobal(lua, name);
}

#endif
