#include "loadgen/users/lua/sandbox.h"

#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#include <stdbool.h>
#include <stdio.h>

#include "loadgen/users/lua/state.h"
#include "loadgen/users/lua/strings.h"

/* The largest text that string.rep makes. */
#define REP_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* How many elements table.move moves, table.sort sorts and table.concat reads through __index. */
enum { ELEMENTS_MAX = 1000000 };

enum { COROUTINE_STEPS = 200 }; /* it takes to make one */

static const char format[] = "headroom.format"; /* a key of the registry */

/* Calls the upvalue with the arguments. */
static int call_original(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

/* load(chunk, name, "t", environment) */
static int load_text(lua_State *lua)
{
    lua_settop(lua, lua_gettop(lua) > 3 ? 4 : 3);
    lua_pushliteral(lua, "t");
    lua_replace(lua, 3);
    return call_original(lua);
}

static int set_metatable(lua_State *lua)
{
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL) {
            return luaL_error(lua, "__gc is not available in scenarios");
        }
        lua_pop(lua, 1);
    }
    return call_original(lua);
}

/* coroutine.create and coroutine.wrap */
static int make_coroutine(lua_State *lua)
{
    state_spend(lua, COROUTINE_STEPS);
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_settop(lua, 1);
    lua_pushcclosure(lua, state_protect, 1);
    return call_original(lua);
}

/* coroutine.resume and coroutine.close: those of users are resumed by us, and end with their task.
 */
static int refuse_own(lua_State *lua)
{
    lua_State *coroutine = lua_tothread(lua, 1);
    if (coroutine && state_is_own(coroutine)) {
        return luaL_error(lua, "the coroutine of a user: scripts resume and close only coroutines "
                               "that they have created");
    }
    return call_original(lua);
}

static int repeat(lua_State *lua)
{
    size_t length = 0;
    size_t gap = 0;
    luaL_checklstring(lua, 1, &length);
    lua_Integer n = luaL_checkinteger(lua, 2);
    luaL_optlstring(lua, 3, "", &gap);
    if (n <= 0 || length + gap == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if ((lua_Unsigned)n > REP_MAX_BYTES / (length + gap)) {
        return luaL_error(lua, "string.rep: the result would have more than 64 MB");
    }
    return call_original(lua);
}

/* Also false if there is no element. */
static bool is_too_long(lua_Integer first, lua_Integer last)
{
    return last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= ELEMENTS_MAX;
}

static int move(lua_State *lua)
{
    if (is_too_long(luaL_checkinteger(lua, 2), luaL_checkinteger(lua, 3))) {
        return luaL_error(lua, "table.move: more than %d elements", ELEMENTS_MAX);
    }
    return call_original(lua);
}

/* A __len may say anything, at each call something else; the original counts to it. */
static void refuse_length(lua_State *lua, const char *what)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (luaL_getmetafield(lua, 1, "__len") != LUA_TNIL) {
        luaL_error(lua, "%s: tables with a __len metamethod are not supported", what);
    }
}

static int insert(lua_State *lua)
{
    refuse_length(lua, "table.insert");
    return call_original(lua);
}

static int remove_element(lua_State *lua)
{
    refuse_length(lua, "table.remove");
    return call_original(lua);
}

static int sort(lua_State *lua)
{
    refuse_length(lua, "table.sort");
    if (lua_rawlen(lua, 1) > ELEMENTS_MAX) {
        return luaL_error(lua, "table.sort: more than %d elements", ELEMENTS_MAX);
    }
    return call_original(lua);
}

/* table.concat(list, separator, first, last); an __index may have elements without end. */
static int concat(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 4);
    lua_Integer first = luaL_optinteger(lua, 3, 1);
    lua_Integer last = lua_isnil(lua, 4) ? luaL_len(lua, 1) : luaL_checkinteger(lua, 4);
    if (is_too_long(first, last) && lua_getmetatable(lua, 1)) {
        return luaL_error(lua, "table.concat: more than %d elements of a table with a metatable",
                          ELEMENTS_MAX);
    }
    lua_pushinteger(lua, last);
    lua_replace(lua, 4);
    return call_original(lua);
}

int sandbox_format(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, format);
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
}

static int print(lua_State *lua)
{
    int count = lua_gettop(lua);
    for (int i = 1; i <= count; i++) {
        fprintf(stderr, "%s%s", i > 1 ? "\t" : "", luaL_tolstring(lua, i, NULL));
        lua_pop(lua, 1);
    }
    fputc('\n', stderr);
    return 0;
}

/* Replaces a function of the table on top of the stack; the new one gets it as its upvalue. */
static void replace(lua_State *lua, const char *name, lua_CFunction function)
{
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

static void remove_field(lua_State *lua, const char *name)
{
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
}

static void open_os(lua_State *lua)
{
    static const char *const kept[] = {"clock", "date", "difftime", "getenv", "time"};
    luaL_requiref(lua, LUA_OSLIBNAME, luaopen_os, 0);
    lua_newtable(lua);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(lua, -2, kept[i]);
        lua_setfield(lua, -2, kept[i]);
    }
    lua_setglobal(lua, LUA_OSLIBNAME);
    lua_pop(lua, 1);
}

void sandbox_open(lua_State *lua)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
        {LUA_UTF8LIBNAME, luaopen_utf8}, {LUA_MATHLIBNAME, luaopen_math},
    };
    static const char *const removed[] = {"collectgarbage", "dofile", "loadfile", "warn"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
    open_os(lua);
    lua_pushglobaltable(lua);
    for (size_t i = 0; i < sizeof removed / sizeof *removed; i++) {
        remove_field(lua, removed[i]);
    }
    replace(lua, "load", load_text);
    replace(lua, "setmetatable", set_metatable);
    lua_pushcfunction(lua, print);
    lua_setfield(lua, -2, "print");
    lua_getfield(lua, -1, LUA_COLIBNAME);
    replace(lua, "close", refuse_own);
    replace(lua, "create", make_coroutine);
    replace(lua, "resume", refuse_own);
    replace(lua, "wrap", make_coroutine);
    lua_pop(lua, 1);
    lua_getfield(lua, -1, LUA_STRLIBNAME);
    lua_getfield(lua, -1, "format");
    lua_setfield(lua, LUA_REGISTRYINDEX, format);
    remove_field(lua, "dump");
    replace(lua, "rep", repeat);
    strings_replace(lua);
    lua_getfield(lua, -2, LUA_TABLIBNAME);
    replace(lua, "concat", concat);
    replace(lua, "insert", insert);
    replace(lua, "move", move);
    replace(lua, "remove", remove_element);
    replace(lua, "sort", sort);
    lua_pop(lua, 3);
}
