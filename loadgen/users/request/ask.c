#include "loadgen/users/request/ask.h"

#include <inttypes.h>
#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "loadgen/base/memory.h"
#include "loadgen/users/lua/json.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/message/multipart.h"
#include "loadgen/users/message/url_text.h"
#include "loadgen/users/request/answer.h"
#include "loadgen/users/seat.h"

int ask_option(const struct ask *ask, const char *name)
{
    if (!ask->options) {
        lua_pushnil(ask->lua);
        return LUA_TNIL;
    }
    lua_pushstring(ask->lua, name);
    return lua_rawget(ask->lua, ask->options);
}

int ask_table(const struct ask *ask, const char *name)
{
    int type = ask_option(ask, name);
    if (type != LUA_TNIL && type != LUA_TTABLE) {
        luaL_error(ask->lua, "%s: expected a table, not a %s", name, lua_typename(ask->lua, type));
    }
    return type;
}

/* The URL. */

static void add_params(const struct ask *ask, struct bytes *path)
{
    if (ask_table(ask, "params") == LUA_TTABLE) {
        bytes_add_text(path, path->at && memchr(path->at, '?', path->length) ? "&" : "?");
        url_text_add_pairs(ask->lua, lua_gettop(ask->lua), "params", path);
    }
    lua_pop(ask->lua, 1);
}

void ask_read_url(struct ask *ask)
{
    struct slice text;
    const struct class *class = ask->user->class;
    struct bytes *path = &ask->state->path;
    text.at = luaL_checklstring(ask->lua, ask->path, &text.length);
    bytes_clear(path);
    bool is_path = text.length == 0 || text.at[0] == '/' || text.at[0] == '?';
    if (is_path && !class->host_text) {
        luaL_error(ask->lua,
                   "\"%s\" is only a path, and %s has no host; set host = "
                   "\"http://HOST[:PORT]\" in this class, or LOCUST_HOST for the run",
                   text.at, class->name);
    }
    if (is_path) {
        bytes_add(path, class->host.path.at, class->host.path.length);
    } else if (strncasecmp(text.at, "http://", 7) != 0 &&
               strncasecmp(text.at, "https://", 8) != 0) {
        luaL_error(ask->lua, "\"%s\" is neither a path, such as \"/items\", nor a URL", text.at);
    }
    state_spend(ask->lua, URL_TEXT_STEPS * text.length);
    state_check_room(ask->lua, URL_TEXT_GROWTH * text.length);
    url_text_add_path(path, text);
    add_params(ask, path);
    bytes_add(path, "", 1);
    if (path->has_failed) {
        memory_of(NULL);
    }
    if (is_path) {
        ask->url = class->host;
        ask->url.path = (struct slice){path->at, path->length - 1};
        return;
    }
    struct err err = {0};
    if (!url_parse(path->at, &ask->url, &err)) {
        luaL_error(ask->lua, "%s", err.text);
    }
}

void ask_write_url(const struct ask *ask, struct bytes *out)
{
    bytes_add_text(out, ask->url.is_https ? "https://" : "http://");
    bytes_add_text(out, ask->url.authority);
    url_add_path(&ask->url, out);
}

/* The body. */

/* True if the table on top of the stack is empty. */
static bool is_empty(lua_State *lua)
{
    lua_pushnil(lua);
    bool has_any = lua_next(lua, -2) != 0;
    lua_pop(lua, has_any ? 2 : 0);
    return !has_any;
}

static void add_files(struct ask *ask, int files, int form)
{
    struct random *random = &ask->state->random;
    char boundary[40];
    snprintf(boundary, sizeof boundary, "%016" PRIx64 "%016" PRIx64, random_next(random),
             random_next(random));
    multipart_write(ask->lua, files, form, boundary, &ask->state->body);
    snprintf(ask->multipart_type, sizeof ask->multipart_type, "multipart/form-data; boundary=%s",
             boundary);
    ask->content_type = ask->multipart_type;
}

/* Writes the form and its files. False: neither was given. */
static bool add_form(struct ask *ask)
{
    lua_State *lua = ask->lua;
    int form = ask_table(ask, "form") != LUA_TNIL ? lua_gettop(lua) : 0;
    int files = ask_table(ask, "files") != LUA_TNIL && !is_empty(lua) ? lua_gettop(lua) : 0;
    if (files) {
        add_files(ask, files, form);
    } else if (form) {
        url_text_add_pairs(lua, form, "form", &ask->state->body);
        ask->content_type = "application/x-www-form-urlencoded";
    }
    return files || form;
}

void ask_read_body(struct ask *ask)
{
    lua_State *lua = ask->lua;
    struct bytes *out = &ask->state->body;
    int top = lua_gettop(lua);
    int found = 0;
    struct slice given = {0};
    bytes_clear(out);
    if (ask_option(ask, "json") != LUA_TNIL) {
        json_encode(lua, -1, out);
        ask->content_type = "application/json";
        found++;
    }
    found += add_form(ask);
    int type = ask_option(ask, "body");
    if (type == LUA_TSTRING) {
        given.at =
            lua_tolstring(lua, -1, &given.length); /* the table of options keeps the string alive */
        found++;
    } else if (type != LUA_TNIL) {
        luaL_error(lua,
                   "body: expected a string; json = ... sends a table as JSON, form = ... as a "
                   "form");
    }
    lua_settop(lua, top);
    if (found > 1) {
        luaL_error(lua, "json, form and body each set the whole body; use only one of them (files "
                        "can be combined with form)");
    }
    if (out->has_failed) {
        memory_of(NULL);
    }
    ask->body = given.at ? given : (struct slice){out->at ? out->at : "", out->length};
}

/* Terms. */

void ask_set_terms(struct ask *ask)
{
    lua_State *lua = ask->lua;
    struct terms *terms = &ask->terms;
    *terms = *ask->user->seat->thread->terms;
    terms->keeps_answers = true;
    terms->max_body = ANSWER_BODY_MAX;
    terms->owner = ask->user->seat->order->shares_connections ? NULL : &ask->user->owner;
    if (ask_option(ask, "timeout") != LUA_TNIL) {
        double seconds = number_is_short(lua, -1) ? lua_tonumber(lua, -1) : 0;
        if (!(seconds > 0 && seconds < 1e9)) {
            luaL_error(lua, "timeout: expected seconds, more than 0");
        }
        terms->timeout_ns = (uint64_t)fmax(1, seconds * NS_PER_S); /* 0 would mean no timeout */
    }
    if (ask_option(ask, "allow_redirects") != LUA_TNIL && !lua_toboolean(lua, -1)) {
        terms->max_redirects = -1;
    }
    ask_option(ask, "check");
    ask->is_checked = lua_toboolean(lua, -1);
    terms->is_judged = ask->is_checked || ask->user->seat->listener_count > 0;
    lua_pop(lua, 3);
}
