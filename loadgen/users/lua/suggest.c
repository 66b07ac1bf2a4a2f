#include "loadgen/users/lua/suggest.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/nearest.h"

enum {
    NAMES_MAX = 255,
    WORD_MAX = 64,
    KEYS_MAX = 1000, /* keys examined per table, because scripts may have large ones */
    BASES_MAX = 20,  /* tables of a chain of __index */
};

/* Borrowed from the tables that have them. */
struct names {
    const char *list[NAMES_MAX + 1]; /* ends with NULL */
    size_t count;
};

static const char *name_at(const void *list, size_t i)
{
    return ((const char *const *)list)[i];
}

/* Adds the names of functions in the table on top of the stack; `has_tables`: and of tables. */
static void add_functions(lua_State *lua, struct names *names, bool has_tables)
{
    size_t keys = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        if (names->count == NAMES_MAX || ++keys > KEYS_MAX) {
            lua_pop(lua, 2);
            return;
        }
        if (lua_type(lua, -2) == LUA_TSTRING &&
            (lua_isfunction(lua, -1) || (has_tables && lua_istable(lua, -1)))) {
            names->list[names->count++] = lua_tostring(lua, -2);
        }
        lua_pop(lua, 1);
    }
}

/* Replaces the table on top of the stack with the table of its __index. False: none. */
static bool to_base(lua_State *lua)
{
    if (!lua_getmetatable(lua, -1)) {
        return false;
    }
    lua_pushliteral(lua, "__index");
    lua_rawget(lua, -2);
    lua_replace(lua, -3);
    lua_pop(lua, 1);
    return lua_istable(lua, -1);
}

/* Pushes the `self` of the function that failed, or else the global User. */
static void push_self(lua_State *lua)
{
    lua_Debug where;
    const char *name = NULL;
    bool has_caller = lua_getstack(lua, 1, &where);
    for (int i = 1; has_caller && (name = lua_getlocal(lua, &where, i)) != NULL; i++) {
        if (strcmp(name, "self") == 0) {
            return;
        }
        lua_pop(lua, 1);
    }
    lua_pushglobaltable(lua);
    lua_pushliteral(lua, "User");
    lua_rawget(lua, -2);
    lua_remove(lua, -2);
}

static void add_methods(lua_State *lua, struct names *names)
{
    push_self(lua);
    if (lua_istable(lua, -1)) {
        int bases = 0;
        do {
            add_functions(lua, names, false);
        } while (to_base(lua) && ++bases < BASES_MAX);
    }
}

static void add_globals(lua_State *lua, struct names *names)
{
    lua_pushglobaltable(lua);
    add_functions(lua, names, true);
}

/* Adds the functions of global tables, such as math and json. */
static void add_fields(lua_State *lua, struct names *names)
{
    lua_pushglobaltable(lua);
    lua_pushnil(lua);
    for (size_t keys = 0; keys < KEYS_MAX && lua_next(lua, -2); keys++) {
        if (lua_istable(lua, -1) && !lua_rawequal(lua, -1, -3)) {
            add_functions(lua, names, false);
        }
        lua_pop(lua, 1);
    }
}

static const struct {
    const char *start; /* in Lua's message */
    void (*add)(lua_State *lua, struct names *names);
} kinds[] = {
    {"attempt to call a nil value (method '", add_methods},
    {"attempt to call a nil value (global '", add_globals},
    {"attempt to call a nil value (field '", add_fields},
};

/* Copies the name between `start` and "')" at the end of the message. */
static bool cut_name(const char *message, const char *start, char name[WORD_MAX])
{
    const char *at = strstr(message, start);
    at = at ? at + strlen(start) : NULL;
    const char *end = at ? strchr(at, '\'') : NULL;
    if (!end || strcmp(end, "')") != 0 || end == at || end - at >= WORD_MAX) {
        return false;
    }
    memcpy(name, at, (size_t)(end - at));
    name[end - at] = '\0';
    return true;
}

const char *suggest_function(lua_State *lua, const char *message)
{
    char name[WORD_MAX];
    luaL_checkstack(lua, 10, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (cut_name(message, kinds[i].start, name)) {
            struct names names = {.count = 0};
            int top = lua_gettop(lua);
            kinds[i].add(lua, &names);
            const char *nearest = nearest_find(name, name_at, names.list);
            lua_settop(lua, top);
            return nearest && nearest_is_similar(name, nearest)
                       ? lua_pushfstring(lua, "%s; did you mean %s?", message, nearest)
                       : message;
        }
    }
    return message;
}
