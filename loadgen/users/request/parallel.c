#include "loadgen/users/request/parallel.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>

#include "loadgen/users/request/request.h"

/* True if the value at this index is { METHOD, PATH [, OPTIONS] } without other keys. */
static bool is_request(lua_State *lua, int entry)
{
    if (!lua_istable(lua, entry)) {
        return false;
    }
    lua_pushnil(lua);
    while (lua_next(lua, entry)) {
        lua_Integer key = lua_isinteger(lua, -2) ? lua_tointeger(lua, -2) : 0;
        if (key < 1 || key > 3) {
            lua_pop(lua, 2);
            return false;
        }
        lua_pop(lua, 1);
    }
    bool has_path = lua_rawgeti(lua, entry, 2) == LUA_TSTRING;
    int options = lua_rawgeti(lua, entry, 3);
    lua_pop(lua, 2);
    return has_path && (options == LUA_TNIL || options == LUA_TTABLE);
}

/* Pushes path and options of entry i, which is on top of the stack; returns its method. */
static const char *push_parts(lua_State *lua, lua_Integer i)
{
    int entry = lua_gettop(lua);
    if (lua_type(lua, entry) == LUA_TSTRING) {
        lua_pushvalue(lua, entry);
        lua_pushnil(lua);
        return "GET";
    }
    if (!is_request(lua, entry)) {
        luaL_error(lua, "parallel: request %I: expected a path, or { METHOD, PATH [, OPTIONS] }",
                   (LUAI_UACINT)i);
    }
    lua_rawgeti(lua, entry, 1);
    const char *method = request_check_method(lua, entry + 1);
    lua_rawgeti(lua, entry, 2);
    lua_rawgeti(lua, entry, 3);
    return method;
}

int parallel_send(lua_State *lua)
{
    struct user *user = request_begin(lua, "parallel");
    luaL_checktype(lua, 2, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, 2);
    if (count > PARALLEL_MAX) {
        return luaL_error(lua, "parallel: more than %d requests", PARALLEL_MAX);
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lua_settop(lua, 2);
        lua_rawgeti(lua, 2, i);
        const char *method = push_parts(lua, i);
        request_add(lua, user, method, lua_gettop(lua) - 1, (size_t)i);
    }
    lua_createtable(lua, (int)count, 0); /* user_answered adds the answers */
    return count > 0 ? request_send_all(user) : 1;
}
