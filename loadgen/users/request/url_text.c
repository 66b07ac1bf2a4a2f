#include "loadgen/users/request/url_text.h"

#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 256 };

static void add_encoded(struct bytes *out, unsigned char c)
{
    char code[4];
    bytes_add(out, code, (size_t)snprintf(code, sizeof code, "%%%02X", c));
}

void url_text_add_path(struct bytes *out, struct slice text)
{
    for (size_t i = 0; i < text.length && text.at[i] != '#'; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c)) {
            add_encoded(out, c);
        } else {
            bytes_add(out, &text.at[i], 1);
        }
    }
}

/* Leaves what RFC 3986 calls unreserved. */
static void add_component(struct bytes *out, struct slice text)
{
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-._~";
    for (size_t i = 0; i < text.length; i++) {
        if (memchr(unreserved, text.at[i], sizeof unreserved - 1)) {
            bytes_add(out, &text.at[i], 1);
        } else {
            add_encoded(out, (unsigned char)text.at[i]);
        }
    }
}

/* The value on top of the stack, which it replaces by its text. */
static void add_pair(lua_State *lua, struct slice key, const char *what, struct bytes *out,
                     size_t begin)
{
    struct slice value = {0};
    if (lua_isboolean(lua, -1)) {
        value = slice_of(lua_toboolean(lua, -1) ? "true" : "false");
    } else if (lua_isstring(lua, -1)) {
        value.at = lua_tolstring(lua, -1, &value.length);
    } else {
        luaL_error(lua, "%s: %s is a %s; expected a text, a number, or a list of them", what,
                   key.at, luaL_typename(lua, -1));
    }
    if (out->length > begin) {
        bytes_add(out, "&", 1);
    }
    add_component(out, key);
    bytes_add(out, "=", 1);
    add_component(out, value);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct slice *)a)->at, ((const struct slice *)b)->at);
}

/* The keys stay alive: they are those of the table. */
static size_t collect_keys(lua_State *lua, int index, const char *what,
                           struct slice keys[PAIRS_MAX])
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

void url_text_add_pairs(lua_State *lua, int index, const char *what, struct bytes *out)
{
    struct slice keys[PAIRS_MAX];
    size_t count = collect_keys(lua, index, what, keys);
    size_t begin = out->length;
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(lua, keys[i].at, keys[i].length);
        if (lua_rawget(lua, index) != LUA_TTABLE) {
            add_pair(lua, keys[i], what, out, begin);
        } else {
            for (size_t n = 1; n <= lua_rawlen(lua, -1); n++) {
                lua_rawgeti(lua, -1, (lua_Integer)n);
                add_pair(lua, keys[i], what, out, begin);
                lua_pop(lua, 1);
            }
        }
        lua_pop(lua, 1);
    }
}
