#include "loadgen/users/message/pairs.h"

#include <lua5.4/lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/state.h"

enum { VALUE_STEPS = 200 }; /* to print a number */

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct slice *)a)->at, ((const struct slice *)b)->at);
}

size_t pairs_read_keys(lua_State *lua, int index, const char *what, struct slice keys[PAIRS_MAX])
{
    size_t count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        if (lua_type(lua, -2) != LUA_TSTRING) {
            luaL_error(lua, "%s: expected { name = value }", what);
        }
        if (count == PAIRS_MAX) {
            luaL_error(lua, "%s: more than %d values", what, PAIRS_MAX);
        }
        keys[count].at = lua_tolstring(lua, -2, &keys[count].length);
        count++;
        lua_pop(lua, 1);
    }
    qsort(keys, count, sizeof *keys, compare);
    return count;
}

/* The value on top of the stack as text; converts a number in place. */
static struct slice value_of(lua_State *lua, struct slice key, const char *what)
{
    struct slice value = {0};
    state_spend(lua, VALUE_STEPS);
    if (lua_isboolean(lua, -1)) {
        return slice_of(lua_toboolean(lua, -1) ? "true" : "false");
    }
    if (lua_type(lua, -1) == LUA_TNUMBER && !lua_isinteger(lua, -1)) {
        char text[NUMBER_TEXT];
        lua_pushlstring(lua, text, number_print(lua_tonumber(lua, -1), text));
        lua_replace(lua, -2);
    }
    if (!lua_isstring(lua, -1)) {
        luaL_error(lua, "%s: %s is a %s; expected a string, a number, or a list of them", what,
                   key.at, luaL_typename(lua, -1));
    }
    value.at = lua_tolstring(lua, -1, &value.length);
    return value;
}

void pairs_visit(lua_State *lua, int index, const char *what, pair_fn *add, void *context)
{
    struct slice keys[PAIRS_MAX];
    size_t count = pairs_read_keys(lua, index, what, keys);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(lua, keys[i].at, keys[i].length);
        if (lua_rawget(lua, index) != LUA_TTABLE) {
            add(context, keys[i], value_of(lua, keys[i], what));
        } else {
            for (size_t n = 1; n <= lua_rawlen(lua, -1); n++) {
                lua_rawgeti(lua, -1, (lua_Integer)n);
                add(context, keys[i], value_of(lua, keys[i], what));
                lua_pop(lua, 1);
            }
        }
        lua_pop(lua, 1);
    }
}
