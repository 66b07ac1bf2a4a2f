#include "loadgen/users/library/pages.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>

#include "loadgen/users/library/field.h"
#include "loadgen/users/lua/globals.h"
#include "loadgen/users/lua/pattern.h"
#include "loadgen/users/lua/state.h"

static struct slice text_at(lua_State *lua, int argument)
{
    struct slice text;
    text.at = luaL_checklstring(lua, argument, &text.length);
    return text;
}

static int hidden_field(lua_State *lua)
{
    struct slice page = text_at(lua, 1);
    struct slice name = text_at(lua, 2);
    struct bytes *value = &state_of(lua)->body;
    luaL_argcheck(lua, page.length <= PAGES_BYTES_MAX, 1, "more than 16 MB");
    state_spend(lua, page.length);
    state_check_room(lua, 2 * page.length);
    bytes_clear(value);
    if (field_find(page, name, value) && !value->has_failed) {
        lua_pushlstring(lua, value->at, value->length);
    } else {
        lua_pushnil(lua);
    }
    state_trim(state_of(lua));
    return 1;
}

/*
 * find_all(text, pattern). As in gmatch, an empty match at the end of the previous match does not
 * count.
 */
static int find_all(lua_State *lua)
{
    struct slice text = text_at(lua, 1);
    struct pattern pattern = pattern_of(lua, text, text_at(lua, 2));
    const char *last = NULL;
    lua_Integer count = 0;
    lua_settop(lua, 2);
    lua_newtable(lua);
    for (const char *from = text.at; from <= pattern.text_end;) {
        const char *to = pattern_match(&pattern, from);
        if (to && to != last) {
            pattern_push(&pattern, 0, from, to);
            lua_rawseti(lua, 3, ++count);
            from = last = to;
        } else {
            from++;
        }
    }
    return 1;
}

void pages_declare(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"hidden_field", hidden_field}, {"find_all", find_all}, {NULL, NULL}};
    globals_declare(lua, functions);
}
