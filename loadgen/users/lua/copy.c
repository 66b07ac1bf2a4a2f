#include "loadgen/users/lua/copy.h"

#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/users/lua/json.h"
#include "loadgen/users/lua/state.h"

enum { PATH_BYTES = 200, WRITTEN_PER_STEP = 16, VALUE_STEPS = 20, TABLE_STEPS = 5000 };

/* The first byte of each value. A table's keys and values follow it, and then TAG_END. */
enum {
    TAG_NULL = 'n',
    TAG_TRUE = 't',
    TAG_FALSE = 'f',
    TAG_INTEGER = 'i',
    TAG_FLOAT = 'd',
    TAG_STRING = 's',
    TAG_TABLE = '{',
    TAG_ARRAY = '[',
    TAG_END = '}',
};

/* Writing. */

struct writing {
    lua_State *lua;
    struct bytes *out;
    size_t begin; /* of the value in `out` */
    unsigned depth;
    char path[PATH_BYTES]; /* of the value being written */
};

static void add(struct writing *writing, const void *bytes, size_t length)
{
    size_t written = writing->out->length - writing->begin;
    if (length > COPY_BYTES_MAX || written + length > COPY_BYTES_MAX) {
        luaL_error(writing->lua,
                   "%s: more than %d bytes; keep large data in a file, and read it with a feeder",
                   writing->path, COPY_BYTES_MAX);
    }
    state_spend(writing->lua, VALUE_STEPS + length / WRITTEN_PER_STEP);
    bytes_add(writing->out, bytes, length);
    if (writing->out->has_failed) {
        memory_of(NULL);
    }
}

static void add_tag(struct writing *writing, char tag)
{
    add(writing, &tag, 1);
}

static void write_number(struct writing *writing, int index)
{
    if (lua_isinteger(writing->lua, index)) {
        int64_t integer = lua_tointeger(writing->lua, index);
        add_tag(writing, TAG_INTEGER);
        add(writing, &integer, sizeof integer);
    } else {
        double number = lua_tonumber(writing->lua, index);
        add_tag(writing, TAG_FLOAT);
        add(writing, &number, sizeof number);
    }
}

static void write_string(struct writing *writing, int index)
{
    size_t length = 0;
    const char *text = lua_tolstring(writing->lua, index, &length);
    add_tag(writing, TAG_STRING);
    add(writing, &length, sizeof length);
    add(writing, text, length);
}

/* Appends the key at -2 to the path; returns the length of the path before. */
static size_t enter(struct writing *writing)
{
    lua_State *lua = writing->lua;
    size_t length = strlen(writing->path);
    char *end = writing->path + length;
    size_t room = PATH_BYTES - length;
    if (lua_type(lua, -2) == LUA_TSTRING) {
        snprintf(end, room, ".%s", lua_tostring(lua, -2));
    } else if (lua_isinteger(lua, -2)) {
        snprintf(end, room, "[%lld]", lua_tointeger(lua, -2));
    } else {
        snprintf(end, room, "[%s]", luaL_typename(lua, -2));
    }
    return length;
}

static void write_value(struct writing *writing, int index);

static void write_table(struct writing *writing, int index)
{
    lua_State *lua = writing->lua;
    if (++writing->depth > COPY_DEPTH_MAX) {
        luaL_error(lua, "%s: tables are nested more than %d levels deep, or contain themselves",
                   writing->path, COPY_DEPTH_MAX);
    }
    luaL_checkstack(lua, 4, NULL);
    state_spend(lua, TABLE_STEPS);
    add_tag(writing, json_is_marked_array(lua, index) ? TAG_ARRAY : TAG_TABLE);
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        size_t length = enter(writing);
        write_value(writing, lua_gettop(lua) - 1);
        write_value(writing, lua_gettop(lua));
        writing->path[length] = '\0';
        lua_pop(lua, 1);
    }
    add_tag(writing, TAG_END);
    writing->depth--;
}

static void write_value(struct writing *writing, int index)
{
    lua_State *lua = writing->lua;
    switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN:
        add_tag(writing, lua_toboolean(lua, index) ? TAG_TRUE : TAG_FALSE);
        return;
    case LUA_TNUMBER:
        write_number(writing, index);
        return;
    case LUA_TSTRING:
        write_string(writing, index);
        return;
    case LUA_TTABLE:
        write_table(writing, index);
        return;
    case LUA_TLIGHTUSERDATA: /* null; there is no other light userdata */
        add_tag(writing, TAG_NULL);
        return;
    default:
        luaL_error(lua,
                   "%s: a %s cannot be copied to the users; only strings, numbers, booleans, null "
                   "and tables of them can",
                   writing->path, luaL_typename(lua, index));
    }
}

void copy_write(lua_State *lua, int index, const char *what, struct bytes *out)
{
    struct writing writing = {.lua = lua, .out = out, .begin = out->length};
    snprintf(writing.path, sizeof writing.path, "%s", what);
    write_value(&writing, lua_absindex(lua, index));
}

/* Checking. */

static bool skip(struct slice *rest, size_t length)
{
    bool ok = rest->length >= length;
    rest->at += ok ? length : 0;
    rest->length -= ok ? length : 0;
    return ok;
}

static bool skip_string(struct slice *rest)
{
    size_t length = 0;
    if (rest->length < sizeof length) {
        return false;
    }
    memcpy(&length, rest->at, sizeof length);
    return skip(rest, sizeof length) && skip(rest, length);
}

/* NaN and nil, which has no tag, cannot be keys. */
static bool is_key(struct slice rest)
{
    double number = 0;
    if (rest.length > sizeof number && *rest.at == TAG_FLOAT) {
        memcpy(&number, rest.at + 1, sizeof number);
    }
    return !isnan(number);
}

static bool skip_value(struct slice *rest, int depth);

static bool skip_table(struct slice *rest, int depth)
{
    while (rest->length > 0 && *rest->at != TAG_END) {
        if (!is_key(*rest) || !skip_value(rest, depth) || !skip_value(rest, depth)) {
            return false;
        }
    }
    return skip(rest, 1);
}

static bool skip_value(struct slice *rest, int depth)
{
    char tag = (char)(rest->length > 0 ? *rest->at : TAG_END);
    if (!skip(rest, 1)) {
        return false;
    }
    switch (tag) {
    case TAG_TRUE:
    case TAG_FALSE:
    case TAG_NULL:
        return true;
    case TAG_INTEGER:
    case TAG_FLOAT:
        return skip(rest, sizeof(int64_t));
    case TAG_STRING:
        return skip_string(rest);
    case TAG_TABLE:
    case TAG_ARRAY:
        return depth < COPY_DEPTH_MAX && skip_table(rest, depth + 1);
    default:
        return false;
    }
}

bool copy_check(struct slice bytes)
{
    return skip_value(&bytes, 0) && bytes.length == 0;
}

/* Reading. */

static void take(const char **at, void *value, size_t length)
{
    memcpy(value, *at, length);
    *at += length;
}

static void push_string(lua_State *lua, const char **at)
{
    size_t length = 0;
    take(at, &length, sizeof length);
    lua_pushlstring(lua, *at, length);
    *at += length;
}

static void push_value(lua_State *lua, const char **at);

static void push_table(lua_State *lua, const char **at)
{
    luaL_checkstack(lua, 4, NULL);
    lua_newtable(lua);
    while (**at != TAG_END) {
        push_value(lua, at);
        push_value(lua, at);
        lua_rawset(lua, -3);
    }
    (*at)++;
}

static void push_value(lua_State *lua, const char **at)
{
    char tag = *(*at)++;
    int64_t integer = 0;
    double number = 0;
    switch (tag) {
    case TAG_TRUE:
    case TAG_FALSE:
        lua_pushboolean(lua, tag == TAG_TRUE);
        return;
    case TAG_INTEGER:
        take(at, &integer, sizeof integer);
        lua_pushinteger(lua, integer);
        return;
    case TAG_FLOAT:
        take(at, &number, sizeof number);
        lua_pushnumber(lua, number);
        return;
    case TAG_STRING:
        push_string(lua, at);
        return;
    case TAG_TABLE:
        push_table(lua, at);
        return;
    case TAG_ARRAY:
        push_table(lua, at);
        json_mark_array(lua);
        return;
    default:
        lua_pushlightuserdata(lua, NULL);
    }
}

void copy_push(lua_State *lua, const struct bytes *bytes)
{
    const char *at = bytes->at;
    luaL_checkstack(lua, 4, NULL);
    push_value(lua, &at);
}
