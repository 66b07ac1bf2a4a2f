#include "loadgen/users/request/names.h"

#include <lua5.4/lauxlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/target/catalogue.h"
#include "loadgen/target/request/secret.h"
#include "loadgen/target/request/source.h"
#include "loadgen/users/scenario/classes.h"

/* Maximum bytes of the URL that results show for a name. */
enum { URL_BYTES_MAX = 2000 };

/* A target and its row, as stored in class->names[method][name]. */
enum { ROW_BITS = 16, ROW_MASK = (1 << ROW_BITS) - 1 };

struct slice names_check(lua_State *lua, int index)
{
    struct slice name = {0};
    if (lua_isstring(lua, index)) {
        name.at = lua_tolstring(lua, index, &name.length);
    }
    if (!name.at || name.length == 0 || strlen(name.at) != name.length ||
        name.length > NAME_BYTES_MAX) {
        luaL_error(lua, "name: expected a string of 1 to %d bytes", NAME_BYTES_MAX);
    }
    return name;
}

/* Replaces blanks, because the class ends at the first blank of a row's name. */
static void add_class(struct bytes *row, const char *name)
{
    for (; *name; name++) {
        bytes_add(row, *name == ' ' ? "_" : name, 1);
    }
    bytes_add(row, " ", 1);
}

static lua_Integer add(const struct naming *naming)
{
    struct bytes row = {0};
    struct bytes url = {0};
    struct request named = {0};
    add_class(&row, naming->class->name);
    bytes_add_text(&row, naming->method);
    bytes_add(&row, " ", 1);
    bytes_add(&row, naming->name.at, naming->name.length);
    bytes_add(&row, "", 1);
    if (naming->add_url) {
        naming->add_url(naming->context, &url);
    }
    url.length = url.length < URL_BYTES_MAX ? url.length : URL_BYTES_MAX;
    bytes_add(&url, "", 1);
    if (row.has_failed || url.has_failed) {
        memory_of(NULL);
    }
    utf8_clean(row.at);
    secret_mask_url(url.at);
    catalogue_find(naming->targets, row.at, naming->method, url.at, &named);
    bytes_free(&row);
    bytes_free(&url);
    return (lua_Integer)named.target << ROW_BITS | named.row;
}

/* Stores target and row in the table on top of the stack. */
static void remember(lua_State *lua, const struct naming *naming, lua_Integer both)
{
    if (lua_getfield(lua, -1, naming->method) != LUA_TTABLE) {
        lua_pop(lua, 1);
        lua_newtable(lua);
        lua_pushvalue(lua, -1);
        lua_setfield(lua, -3, naming->method);
    }
    lua_pushlstring(lua, naming->name.at, naming->name.length);
    lua_pushinteger(lua, both);
    lua_rawset(lua, -3);
}

/*
 * Stores only names with their own row, because there may be any number of others, and of methods.
 */
void names_find(lua_State *lua, const struct naming *naming, struct request *request)
{
    int top = lua_gettop(lua);
    int type = LUA_TNIL;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, naming->class->names);
    if (lua_getfield(lua, -1, naming->method) == LUA_TTABLE) {
        lua_pushlstring(lua, naming->name.at, naming->name.length);
        type = lua_rawget(lua, -2);
    }
    lua_Integer both = type == LUA_TNUMBER ? lua_tointeger(lua, -1) : add(naming);
    if (type != LUA_TNUMBER && (both & ROW_MASK) != ROWS_OTHER) {
        lua_settop(lua, top + 1);
        remember(lua, naming, both);
    }
    lua_settop(lua, top);
    request->target = (uint32_t)(both >> ROW_BITS);
    request->row = (uint16_t)(both & ROW_MASK);
}
