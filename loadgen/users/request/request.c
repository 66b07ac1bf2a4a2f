#include "loadgen/users/request/request.h"

#include <lua5.4/lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/drive/endpoints.h"
#include "loadgen/order/plan.h"
#include "loadgen/target/catalogue.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/secret.h"
#include "loadgen/users/lua/options.h"
#include "loadgen/users/request/ask.h"
#include "loadgen/users/seat.h"

static const char *const known[] = {"allow_redirects", "auth",    "body",    "check", "cookies",
                                    "files",           "form",    "headers", "json",  "name",
                                    "params",          "timeout", NULL};

/* Names: class->names[method][name] = target. */

static struct slice default_name(const struct ask *ask)
{
    struct slice path;
    path.at = lua_tolstring(ask->lua, ask->path, &path.length);
    path.length = strcspn(path.at, "?#");
    return path.length > 0 ? path : slice_of("/");
}

static struct slice given_name(const struct ask *ask)
{
    struct slice name = {0};
    if (lua_isstring(ask->lua, -1)) {
        name.at = lua_tolstring(ask->lua, -1, &name.length);
    }
    if (!name.at || name.length == 0 || strlen(name.at) != name.length || name.length > 200) {
        luaL_error(ask->lua, "name: expected a text of 1 to 200 bytes");
    }
    return name;
}

/* A target and its row, as scripts' tables remember them. */
enum { ROW_BITS = 16, ROW_MASK = (1 << ROW_BITS) - 1 };

static lua_Integer register_name(const struct ask *ask, struct slice name)
{
    struct bytes row = {0};
    struct bytes url = {0};
    bytes_add_text(&row, ask->user->class->name);
    bytes_add(&row, " ", 1);
    bytes_add_text(&row, ask->method);
    bytes_add(&row, " ", 1);
    for (size_t i = 0; i < name.length; i++) {
        bool is_control = (unsigned char)name.at[i] < ' ' || name.at[i] == 0x7f;
        bytes_add(&row, is_control ? "?" : &name.at[i], 1);
    }
    ask_write_url(ask, &url);
    bytes_add(&row, "", 1);
    bytes_add(&url, "", 1);
    if (row.has_failed || url.has_failed) {
        memory_of(NULL);
    }
    secret_mask_url(url.at);
    struct request named = {0};
    catalogue_find(ask->user->seat->thread->targets, row.at, ask->method, url.at, &named);
    bytes_free(&row);
    bytes_free(&url);
    return (lua_Integer)named.target << ROW_BITS | named.row;
}

/* Names the request. Only names that have a row are remembered: there may be any number of others.
 */
static void set_name(const struct ask *ask, struct request *request)
{
    lua_State *lua = ask->lua;
    bool is_given = ask_option(ask, "name") != LUA_TNIL;
    struct slice name = is_given ? given_name(ask) : default_name(ask);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, ask->user->class->names);
    if (lua_getfield(lua, -1, ask->method) != LUA_TTABLE) {
        lua_pop(lua, 1);
        lua_newtable(lua);
        lua_pushvalue(lua, -1);
        lua_setfield(lua, -3, ask->method);
    }
    lua_pushlstring(lua, name.at, name.length);
    lua_pushvalue(lua, -1);
    lua_Integer both = 0;
    if (lua_rawget(lua, -3) == LUA_TNUMBER) {
        both = lua_tointeger(lua, -1);
        lua_pop(lua, 5);
    } else {
        both = register_name(ask, name);
        lua_pop(lua, 1);
        if ((both & ROW_MASK) != ROWS_OTHER) {
            lua_pushinteger(lua, both);
            lua_rawset(lua, -3);
            lua_pop(lua, 3);
        } else {
            lua_pop(lua, 4);
        }
    }
    request->target = (uint32_t)(both >> ROW_BITS);
    request->row = (uint16_t)(both & ROW_MASK);
}

/* Sending. */

static void build(const struct ask *ask)
{
    struct bytes *out = &ask->state->message;
    struct seat *seat = ask->user->seat;
    const struct message_defaults defaults = {.keepalive = seat->plan->keepalive};
    struct request request = {.entry = ask->user};
    set_name(ask, &request);
    const struct message message = {
        .method = ask->method,
        .url = ask->url,
        .headers = {ask->state->headers.at ? ask->state->headers.at : "",
                    ask->state->headers.length},
        .body = ask->body,
    };
    request.endpoint =
        endpoints_find(seat->thread->endpoints, ask->url.is_https, ask->url.host, ask->url.port);
    if (request.endpoint == ENDPOINT_NONE) {
        luaL_error(ask->lua, "more than %d hosts and ports", ENDPOINTS_ADDED_MAX);
    }
    bytes_clear(out);
    message_write(out, &message, &defaults, &request);
    size_t length = out->length;
    ask_write_url(ask, out);
    size_t url_length = out->length - length;
    bytes_add(out, ask->url.host, strlen(ask->url.host) + 1);
    if (out->has_failed) {
        memory_of(NULL);
    }
    struct flight *flight = memory_of(malloc(sizeof *flight + out->length));
    memcpy(flight->bytes, out->at, out->length);
    request.bytes = flight->bytes;
    flight->request = request;
    flight->url = (struct slice){flight->bytes + length, url_length};
    flight->hop = NULL;
    flight->place = (struct cookie_place){
        flight->bytes + length + url_length,
        {flight->bytes + request.layout.path_at, request.layout.path_length},
        ask->url.is_https,
    };
    ask->user->flight = flight;
}

static void send_now(struct user *user)
{
    struct seat *seat = user->seat;
    uint64_t asked_ns = clock_now_ns();
    struct send send = {
        .request = &user->flight->request,
        .terms = &user->terms,
        .number = seat->numbers++ * seat->thread->threads + seat->thread->index,
        .intended_ns = asked_ns - (user->resumed_ns - user->ready_ns),
        .row = user->flight->request.row,
    };
    drive_send(seat->thread, &send);
    seat->state.busy_ns -= clock_now_ns() - asked_ns; /* the engine's, not the script's */
}

int request_send(lua_State *lua, const char *method, int path)
{
    struct user *user = user_calling(lua, method);
    struct ask ask = {
        .lua = lua, .user = user, .state = state_of(lua), .method = method, .path = path};
    if (!lua_istable(lua, 1) || lua_topointer(lua, 1) != user->self) {
        return luaL_error(lua, "call it as self:NAME(...), with the self of the running user");
    }
    if (!lua_isnoneornil(lua, path + 1)) {
        luaL_checktype(lua, path + 1, LUA_TTABLE);
        options_check(lua, path + 1, method, known);
        ask.options = path + 1;
    }
    lua_settop(lua, path + 1);
    luaL_checkstack(lua, 20, NULL);
    user_record(user);
    ask_read_url(&ask);
    ask_read_body(&ask);
    ask_write_headers(&ask);
    ask_set_terms(&ask);
    build(&ask);
    if (!budget_take(&user->seat->goal->requests)) {
        flight_free(user->flight);
        user->flight = NULL;
        return user_pause(user, PAUSE_USER_ENDS);
    }
    send_now(user);
    return user_pause(user, PAUSE_ANSWER);
}
