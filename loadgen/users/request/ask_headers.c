#include <lua5.4/lauxlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/base/memory.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/target/request/message.h"
#include "loadgen/users/request/ask.h"

static void add_header(const struct ask *ask, const char *name, const char *value)
{
    struct err err = {0};
    state_check_room(ask->lua, ask->state->headers.length + strlen(name) + strlen(value));
    if (!message_add_pair(&ask->state->headers, name, value, &err)) {
        luaL_error(ask->lua, "headers: %s", err.text);
    }
}

static const char *header_value(lua_State *lua)
{
    if (!lua_isstring(lua, -1)) {
        luaL_error(lua, "headers: the value of %s is a %s; expected a string",
                   lua_tostring(lua, -2), luaL_typename(lua, -1));
    }
    size_t length = 0;
    const char *value = lua_tolstring(lua, -1, &length);
    if (strlen(value) != length) {
        luaL_error(lua, "headers: the value of %s contains a NUL byte", lua_tostring(lua, -2));
    }
    return value;
}

static const char *header_name(lua_State *lua)
{
    if (lua_type(lua, -2) != LUA_TSTRING) {
        luaL_error(lua, "headers: expected { Name = \"value\" }");
    }
    return lua_tostring(lua, -2);
}

/* True if the table at `index` (0: none) has this name, compared without case. */
static bool has_name(lua_State *lua, int index, const char *name)
{
    bool has_it = false;
    if (index) {
        lua_pushnil(lua);
        while (lua_next(lua, index)) {
            has_it |= strcasecmp(header_name(lua), name) == 0;
            state_spend(lua, 1);
            lua_pop(lua, 1);
        }
    }
    return has_it;
}

/*
 * Adds the headers of the table at `index` that are not in the table at `above`. As in Python's
 * requests, an auth option replaces an Authorization header.
 */
static void add_table(const struct ask *ask, int index, int above, bool has_auth)
{
    lua_State *lua = ask->lua;
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        const char *name = header_name(lua);
        bool is_left_out = (lua_isboolean(lua, -1) && !lua_toboolean(lua, -1)) ||
                           (has_auth && strcasecmp(name, "Authorization") == 0);
        if (!is_left_out && !has_name(lua, above, name)) {
            add_header(ask, name, header_value(lua));
        }
        lua_pop(lua, 1);
    }
}

static void add_auth(const struct ask *ask)
{
    lua_State *lua = ask->lua;
    struct bytes *out = &ask->state->message; /* scratch */
    lua_rawgeti(lua, -1, 1);
    lua_rawgeti(lua, -2, 2);
    if (!lua_isstring(lua, -1) || !lua_isstring(lua, -2)) {
        luaL_error(lua, "auth: expected { \"user\", \"password\" }");
    }
    lua_pushfstring(lua, "%s:%s", lua_tostring(lua, -2), lua_tostring(lua, -1));
    state_check_room(lua, 2 * lua_rawlen(lua, -1));
    bytes_clear(out);
    bytes_add_text(out, "Basic ");
    base64_encode(lua_tostring(lua, -1), lua_rawlen(lua, -1), out);
    bytes_add(out, "", 1);
    if (out->has_failed) {
        memory_of(NULL);
    }
    add_header(ask, "Authorization", out->at);
    lua_pop(lua, 3);
}

static void set_cookies(const struct ask *ask)
{
    lua_State *lua = ask->lua;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        if (lua_type(lua, -2) != LUA_TSTRING || !lua_isstring(lua, -1)) {
            luaL_error(lua, "cookies: expected { name = \"value\" }");
        }
        struct slice name;
        struct slice value;
        name.at = lua_tolstring(lua, -2, &name.length);
        value.at = lua_tolstring(lua, -1, &value.length);
        cookies_set(&ask->user->cookies, name, value, ask->url.host);
        state_spend(lua, COOKIES_MAX);
        lua_pop(lua, 1);
    }
}

static void add_cookies(const struct ask *ask)
{
    if (ask->user->cookies.count == 0) {
        return;
    }
    struct bytes *out = &ask->state->message; /* scratch */
    const struct cookie_url to = {ask->url.host, ask->url.path, ask->url.is_https};
    bytes_clear(out);
    cookies_write(&ask->user->cookies, &to, out);
    bytes_add(out, "", 1);
    if (out->length > 1) {
        add_header(ask, "Cookie", out->at);
    }
}

void ask_write_headers(const struct ask *ask)
{
    lua_State *lua = ask->lua;
    bytes_clear(&ask->state->headers);
    int own = ask_table(ask, "headers") == LUA_TTABLE ? lua_gettop(lua) : 0;
    int defaults = lua_getfield(lua, 1, "headers") == LUA_TTABLE ? lua_gettop(lua) : 0;
    bool has_auth = ask_table(ask, "auth") == LUA_TTABLE;
    if (has_auth) {
        add_auth(ask);
    }
    if (own) {
        add_table(ask, own, 0, has_auth);
    }
    if (defaults) {
        add_table(ask, defaults, own, has_auth);
    }
    if (ask->content_type && !has_name(lua, own, "Content-Type") &&
        !has_name(lua, defaults, "Content-Type")) {
        add_header(ask, "Content-Type", ask->content_type);
    }
    if (ask_table(ask, "cookies") == LUA_TTABLE) {
        set_cookies(ask);
    }
    if (!has_name(lua, own, "Cookie") && !has_name(lua, defaults, "Cookie")) {
        add_cookies(ask);
    }
    lua_pop(lua, 4);
    if (ask->state->headers.has_failed) {
        memory_of(NULL);
    }
}
