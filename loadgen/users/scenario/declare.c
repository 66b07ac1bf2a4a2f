#include "loadgen/users/scenario/declare.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/nearest.h"
#include "loadgen/users/lua/options.h"
#include "loadgen/users/lua/state.h"

/* A key of the registry. */
static const char declarations[] = "headroom.declarations"; /* class or task set -> declaration */

static const char depth_field[] = "depth"; /* of a declaration (depth_of) */

void declare_push(lua_State *lua, int index)
{
    if (!lua_istable(lua, index)) {
        lua_pushnil(lua);
        return;
    }
    lua_pushvalue(lua, index);
    lua_getfield(lua, LUA_REGISTRYINDEX, declarations);
    lua_insert(lua, -2);
    lua_rawget(lua, -2);
    lua_remove(lua, -2);
}

/* Declaring, from the script. */

enum kind { KIND_OTHER, KIND_USER, KIND_SET };

static enum kind kind_at(lua_State *lua, int index)
{
    enum kind kind = KIND_OTHER;
    declare_push(lua, index);
    if (lua_istable(lua, -1)) {
        lua_getfield(lua, -1, DECLARE_KIND);
        kind = lua_toboolean(lua, -1) ? KIND_USER : KIND_SET;
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return kind;
}

static void check_numbers(lua_State *lua, int options)
{
    static const char *const numbers[] = {"weight", "fixed_count"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        lua_pushstring(lua, numbers[i]);
        if (lua_rawget(lua, options) != LUA_TNIL && !declare_is_number(lua)) {
            luaL_error(lua, "User: %s: " DECLARE_NUMBER_FORM, numbers[i]);
        }
        lua_pop(lua, 1);
    }
}

/* Valid options of a class of users, and of a task set. */
static const char *const of_user[] = {"abstract", "fixed_count", "headers", "host",
                                      "name",     "wait",        "weight",  NULL};
static const char *const of_set[] = {"name", "wait", NULL};

/*
 * Checks a new key of the class at index 1. Scripts may add fields, but names from Locust and
 * misspelt names, which would silently have no effect, are errors.
 */
static void check_field(lua_State *lua, const char *name)
{
    static const char *const functions[] = {"on_start", "on_stop", NULL};
    const char *const *const lists[] = {functions, kind_at(lua, 1) == KIND_SET ? of_set : of_user};
    const char *meant = NULL;
    if (strcmp(name, "tasks") == 0) {
        luaL_error(lua, "tasks: declare each one with Class:task([WEIGHT,] [NAME,] ...)");
    } else if (strcmp(name, "wait_time") == 0) {
        luaL_error(lua, "wait_time: write wait");
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (const char *const *known = lists[i]; *known; known++) {
            if (strcmp(name, *known) == 0) {
                return;
            }
            meant = nearest_is_slip(name, *known) ? *known : meant;
        }
    }
    if (meant) {
        luaL_error(
            lua,
            "unknown field \"%s\"; did you mean %s? Give fields of your own a less similar name",
            name, meant);
    }
}

/* class[key] = value, for a new key. */
static int assign(lua_State *lua)
{
    if (lua_type(lua, 2) == LUA_TSTRING) {
        check_field(lua, lua_tostring(lua, 2));
    }
    lua_settop(lua, 3);
    lua_rawset(lua, 1);
    return 0;
}

/*
 * Pushes file and line of the script, or less if the class is created from within a function such
 * as pcall.
 */
static void push_place(lua_State *lua)
{
    lua_Debug where;
    bool has_line =
        lua_getstack(lua, 1, &where) && lua_getinfo(lua, "Sl", &where) && where.currentline > 0;
    if (has_line) {
        lua_pushfstring(lua, "%s:%d", where.short_src, where.currentline);
    } else {
        lua_pushliteral(lua, "the scenario");
    }
}

/* How many levels the class or set at this index is below its root; 0: it is a root. */
static lua_Integer depth_of(lua_State *lua, int index)
{
    lua_Integer depth = 0;
    declare_push(lua, index);
    if (lua_istable(lua, -1)) {
        lua_getfield(lua, -1, depth_field);
        depth = lua_tointeger(lua, -1);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return depth;
}

/* Stores the declaration of the class at index 3, whose base is at index 1. */
static void declare(lua_State *lua, bool has_users, bool is_sequential)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, declarations);
    lua_pushvalue(lua, 3);
    lua_createtable(lua, 0, 6);
    lua_pushboolean(lua, has_users);
    lua_setfield(lua, -2, DECLARE_KIND);
    lua_pushboolean(lua, is_sequential);
    lua_setfield(lua, -2, DECLARE_SEQUENTIAL);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, DECLARE_BASE);
    lua_pushinteger(lua, depth_of(lua, 1) + 1);
    lua_setfield(lua, -2, depth_field);
    lua_newtable(lua);
    lua_setfield(lua, -2, DECLARE_TASKS);
    push_place(lua);
    lua_setfield(lua, -2, DECLARE_WHERE);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
}

/*
 * Base { options } creates a class: a table whose missing keys are looked up in its base. The
 * upvalue is the name of the root: "User" for User and its classes.
 */
static int make_class(lua_State *lua)
{
    const char *root = lua_tostring(lua, lua_upvalueindex(1));
    bool has_users = strcmp(root, "User") == 0;
    lua_settop(lua, 2);
    if (!lua_istable(lua, 2)) {
        return luaL_error(lua, "%s: expected a table of options: %s { ... }", root, root);
    }
    if (depth_of(lua, 1) == DECLARE_DEPTH_MAX) {
        return luaL_error(lua, "%s: more than %d levels of inheritance", root, DECLARE_DEPTH_MAX);
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
    lua_createtable(lua, 0, 4);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, assign);
    lua_setfield(lua, -2, "__newindex");
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushcclosure(lua, make_class, 1);
    lua_setfield(lua, -2, "__call");
    state_hide_metatable(lua);
    lua_setmetatable(lua, 3);
    declare(lua, has_users, strcmp(root, "SequentialTaskSet") == 0);
    if (has_users) {
        lua_getfield(lua, LUA_REGISTRYINDEX, DECLARE_CLASSES);
        if (lua_rawlen(lua, -1) == DECLARE_CLASSES_MAX) {
            return luaL_error(lua, "User: more than %d classes", DECLARE_CLASSES_MAX);
        }
        lua_pushvalue(lua, 3);
        lua_rawseti(lua, -2, (lua_Integer)lua_rawlen(lua, -2) + 1);
    }
    lua_settop(lua, 3);
    return 1;
}

static const char task_form[] =
    "task: expected Class:task([WEIGHT,] [NAME,] [OPTIONS,] function(self) ... end), or a "
    "task set in place of the function";

static void check_task(lua_State *lua, int task)
{
    if (lua_getfield(lua, task, "weight") != LUA_TNIL && !declare_is_number(lua)) {
        luaL_error(lua, "task: weight: " DECLARE_NUMBER_FORM);
    }
    int name = lua_getfield(lua, task, "name");
    if (name != LUA_TNIL && (name != LUA_TSTRING || lua_rawlen(lua, -1) > DECLARE_NAME_MAX)) {
        luaL_error(lua, "task: name: expected a string of at most %d bytes", DECLARE_NAME_MAX);
    }
    lua_pop(lua, 2);
}

/* Replaces the tags of the task with a copy that the script cannot change. */
static void copy_tags(lua_State *lua, int task)
{
    int type = lua_getfield(lua, task, "tags");
    if (type == LUA_TNIL) {
        lua_pop(lua, 1);
        return;
    }
    bool is_list = type == LUA_TTABLE;
    size_t count = is_list ? lua_rawlen(lua, -1) : 0;
    if (count > DECLARE_TAGS_MAX) {
        luaL_error(lua, "task: tags: more than %d", DECLARE_TAGS_MAX);
    }
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(lua, -2, (lua_Integer)i);
        is_list = is_list && lua_isstring(lua, -1) && lua_rawlen(lua, -1) <= DECLARE_NAME_MAX;
        lua_rawseti(lua, -2, (lua_Integer)i);
    }
    if (!is_list) {
        luaL_error(lua, "task: tags: expected a list of strings of at most %d bytes",
                   DECLARE_NAME_MAX);
    }
    lua_setfield(lua, task, "tags");
    lua_pop(lua, 1);
}

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
    check_task(lua, task);
    copy_tags(lua, task);
    lua_pushvalue(lua, last);
    lua_setfield(lua, task, "run");
    declare_push(lua, 1);
    lua_getfield(lua, -1, DECLARE_TASKS);
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
    lua_setfield(lua, LUA_REGISTRYINDEX, declarations);
    declare_root(lua, "TaskSet");
    declare_root(lua, "SequentialTaskSet");
    lua_pop(lua, 2);
    declare_root(lua, "User");
    lua_pushvalue(lua, -1);
    lua_setfield(lua, LUA_REGISTRYINDEX, DECLARE_USER);
}

/* Names. */

static void name_class(lua_State *lua, const char *name)
{
    lua_pushliteral(lua, "name");
    if (lua_rawget(lua, -2) == LUA_TNIL) {
        lua_pushliteral(lua, "name");
        lua_pushstring(lua, name);
        lua_rawset(lua, -4);
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
