#include "loadgen/users/lua/options.h"

#include <lua5.4/lauxlib.h>
#include <string.h>

#include "common/nearest.h"

enum { NAME_MAX_BYTES = 64 }; /* comparing longer ones would take too long */

static const char *word(const void *list, size_t i)
{
    return ((const char *const *)list)[i];
}

/* Options of Python's requests that have another name here. */
static const char *foreign(const char *name)
{
    static const struct {
        const char *name;
        const char *ours;
    } list[] = {
        {"data", "form = {...}, or body = \"...\" for bytes"},
        {"catch_response", "check = true"},
        {"tasks", "Class:task(...) for each of them"},
        {"wait_time", "wait"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (strcmp(name, list[i].name) == 0) {
            return list[i].ours;
        }
    }
    return NULL;
}

static void check(lua_State *lua, const char *name, const char *what, const char *const *known)
{
    size_t i = 0;
    while (known[i] && strcmp(known[i], name) != 0) {
        i++;
    }
    if (!known[i] && strlen(name) > NAME_MAX_BYTES) {
        luaL_error(lua, "%s: unknown option of more than %d bytes", what, NAME_MAX_BYTES);
    } else if (!known[i] && foreign(name)) {
        luaL_error(lua, "%s: unknown option \"%s\"; write %s", what, name, foreign(name));
    } else if (!known[i]) {
        luaL_error(lua, "%s: unknown option \"%s\"; did you mean %s?", what, name,
                   nearest_find(name, word, known));
    }
}

void options_check(lua_State *lua, int index, const char *what, const char *const *known)
{
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        if (lua_type(lua, -2) != LUA_TSTRING) {
            luaL_error(lua,
                       "%s: options are written { name = value }; found a value without a name",
                       what);
        }
        check(lua, lua_tostring(lua, -2), what, known);
        lua_pop(lua, 1);
    }
}
