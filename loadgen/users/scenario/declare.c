#include "loadgen/users/scenario/declare.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "loadgen/users/lua/options.h"
#include "loadgen/users/lua/state.h"

/* A key of the registry. */
static const char is_user[] = "headroom.is_user"; /* class -> true, task set -> false */

/* Declaring, from the script. */

enum kind { KIND_OTHER, KIND_USER, KIND_SET };

static enum kind kind_at(lua_State *lua, int index)
{
    if (!lua_istable(lua, index)) {
        return KIND_OTHER;
    }
    lua_pushvalue(lua, index);
    lua_getfield(lua, LUA_REGISTRYINDEX, is_user);
    lua_insert(lua, -2);
    bool is_known = lua_rawget(lua, -2) != LUA_TNIL;
    enum kind kind = lua_toboolean(lua, -1) ? KIND_USER : KIND_SET;
    lua_pop(lua, 2);
    return is_known ? kind : KIND_OTHER;
}

static void check_numbers(lua_State *lua, int options)
{
    static const char *const numbers[] = {"weight", "fixed_count"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int type = lua_getfield(lua, options, numbers[i]);
        if (type != LUA_TNIL && (type != LUA_TNUMBER || !(lua_tonumber(lua, -1) >= 0))) {
            luaL_error(lua, "User: %s: expected a number of at least 0", numbers[i]);
        }
        lua_pop(lua, 1);
    }
}

/*
 * Base { options } makes a class: a table that is indexed through its base. The upvalue is the name
 * of the root, for User and its classes "User".
 */
static int make_class(lua_State *lua)
{
    static const char *const of_user[] = {"abstract", "fixed_count", "headers", "host",
                                          "name",     "wait",        "weight",  NULL};
    static const char *const of_set[] = {"name", "wait", NULL};
    const char *root = lua_tostring(lua, lua_upvalueindex(1));
    bool has_users = strcmp(root, "User") == 0;
    lua_settop(lua, 2);
    if (!lua_istable(lua, 2)) {
        return luaL_error(lua, "%s: expected a table of options: %s { ... }", root, root);
    }
    options_check(lua, 2, root, has_users ? of_user : of_set);
    check_numbers(lua, 2);
    lua_newtable(lua); /* 3: the class */
    lua_pushnil(lua);
    while (lua_next(lua, 2)) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_rawset(lua, 3);
    }
    lua_newtable(lua);
    lua_setfield(lua, 3, DECLARE_TASKS);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, 3, DECLARE_BASE);
    lua_createtable(lua, 0, 3);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushcclosure(lua, make_class, 1);
    lua_setfield(lua, -2, "__call");
    state_hide_metatable(lua);
    lua_setmetatable(lua, 3);
    lua_getfield(lua, LUA_REGISTRYINDEX, is_user);
    lua_pushvalue(lua, 3);
    lua_pushboolean(lua, has_users);
    lua_rawset(lua, -3);
    if (has_users) {
        lua_getfield(lua, LUA_REGISTRYINDEX, DECLARE_CLASSES);
        lua_pushvalue(lua, 3);
        lua_rawseti(lua, -2, (lua_Integer)lua_rawlen(lua, -2) + 1);
    }
    lua_settop(lua, 3);
    return 1;
}

static const char task_form[] =
    "task: expected Class:task([WEIGHT,] [NAME,] [OPTIONS,] function(self) ... end), or a "
    "task set in place of the function";

/* Class:task([weight,] [name,] [options,] function or task set) */
static int add_task(lua_State *lua)
{
    static const char *const known[] = {"name", "tags", "weight", NULL};
    int last = lua_gettop(lua);
    if (kind_at(lua, 1) == KIND_OTHER || last < 2 || last > 5 ||
        !(lua_isfunction(lua, last) || kind_at(lua, last) == KIND_SET)) {
        return luaL_error(lua, task_form);
    }
    lua_createtable(lua, 0, 4);
    int task = lua_gettop(lua);
    int at = 2;
    if (lua_type(lua, at) == LUA_TNUMBER) {
        lua_pushvalue(lua, at++);
        lua_setfield(lua, task, "weight");
    }
    if (lua_type(lua, at) == LUA_TSTRING) {
        lua_pushvalue(lua, at++);
        lua_setfield(lua, task, "name");
    }
    if (at < last && lua_istable(lua, at)) {
        options_check(lua, at, "task", known);
        lua_pushnil(lua);
        while (lua_next(lua, at)) {
            lua_pushvalue(lua, -2);
            lua_insert(lua, -2);
            lua_rawset(lua, task);
        }
        at++;
    }
    if (at != last) {
        return luaL_error(lua, task_form);
    }
    if (lua_getfield(lua, task, "weight") != LUA_TNIL && !(lua_tonumber(lua, -1) >= 0)) {
        return luaL_error(lua, "task: expected a weight of at least 0");
    }
    lua_pop(lua, 1);
    lua_pushvalue(lua, last);
    lua_setfield(lua, task, "run");
    lua_pushliteral(lua, "tasks");
    lua_rawget(lua, 1);
    lua_pushvalue(lua, task);
    lua_rawseti(lua, -2, (lua_Integer)lua_rawlen(lua, -2) + 1);
    return 0;
}

/* Declares a root, and leaves it on the stack. */
static void declare_root(lua_State *lua, const char *name)
{
    lua_newtable(lua);
    lua_pushcfunction(lua, add_task);
    lua_setfield(lua, -2, "task");
    lua_createtable(lua, 0, 2);
    lua_pushstring(lua, name);
    lua_pushcclosure(lua, make_class, 1);
    lua_setfield(lua, -2, "__call");
    state_hide_metatable(lua);
    lua_setmetatable(lua, -2);
    lua_pushvalue(lua, -1);
    lua_setglobal(lua, name);
}

void declare_user(lua_State *lua)
{
    lua_newtable(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, DECLARE_CLASSES);
    lua_newtable(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, is_user);
    declare_root(lua, "TaskSet");
    declare_root(lua, "SequentialTaskSet");
    lua_pushboolean(lua, 1);
    lua_setfield(lua, -2, DECLARE_SEQUENTIAL);
    lua_pop(lua, 2);
    declare_root(lua, "User");
}

/* Names. */

static void name_class(lua_State *lua, const char *name)
{
    lua_pushliteral(lua, "name");
    if (lua_rawget(lua, -2) == LUA_TNIL) {
        lua_pushstring(lua, name);
        lua_setfield(lua, -3, "name");
    }
    lua_pop(lua, 1);
}

void declare_name(lua_State *lua, lua_Debug *where)
{
    const char *name = NULL;
    for (int i = 1; (name = lua_getlocal(lua, where, i)) != NULL; i++) {
        if (name[0] != '(' && kind_at(lua, lua_gettop(lua)) != KIND_OTHER) {
            name_class(lua, name);
        }
        lua_pop(lua, 1);
    }
    lua_pushglobaltable(lua);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        if (lua_type(lua, -2) == LUA_TSTRING && kind_at(lua, lua_gettop(lua)) != KIND_OTHER) {
            name_class(lua, lua_tostring(lua, -2));
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}
