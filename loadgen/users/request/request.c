#include "loadgen/users/request/request.h"

#include <ctype.h>
#include <lua5.4/lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/drive/endpoints.h"
#include "loadgen/order/plan.h"
#include "loadgen/target/catalogue.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/secret.h"
#include "loadgen/users/lua/options.h"
#include "loadgen/users/request/ask.h"
#include "loadgen/users/request/flight.h"
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
        luaL_error(ask->lua, "name: expected a string of 1 to 200 bytes");
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

/* Making. */

static void on_hop(void *context, const struct exchange *exchange, const struct capture *answer,
                   struct hop *hop)
{
    struct flight *flight = context;
    (void)exchange;
    flight_hop(flight, &flight->user->cookies, answer, hop);
}

static struct flight *build(const struct ask *ask)
{
    struct bytes *out = &ask->state->message;
    struct seat *seat = ask->user->seat;
    const struct message_defaults defaults = {.keepalive = seat->plan->keepalive};
    struct request request = {0};
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
    /* The message, and the flight's copy. */
    state_check_room(ask->lua, 2 * (ask->body.length + ask->state->headers.length));
    bytes_clear(out);
    message_write(out, &message, &defaults, &request);
    size_t length = out->length;
    ask_write_url(ask, out);
    size_t url_length = out->length - length;
    bytes_add(out, ask->url.host, strlen(ask->url.host) + 1);
    if (out->has_failed) {
        memory_of(NULL);
    }
    size_t size = sizeof(struct flight) + out->length;
    state_take(ask->lua, size);
    struct flight *flight = memory_of(malloc(size));
    *flight = (struct flight){.user = ask->user,
                              .state = ask->state,
                              .size = size,
                              .request = request,
                              .terms = ask->terms};
    memcpy(flight->bytes, out->at, out->length);
    flight->request.bytes = flight->bytes;
    flight->terms.on_hop = on_hop;
    flight->terms.context = flight;
    flight->url = (struct slice){flight->bytes + length, url_length};
    flight->from = (struct cookie_place){
        flight->bytes + length + url_length,
        {flight->bytes + request.layout.path_at, request.layout.path_length},
        ask->url.is_https,
    };
    return flight;
}

void request_add(lua_State *lua, struct user *user, const char *method, int path, size_t place)
{
    struct ask ask = {
        .lua = lua, .user = user, .state = state_of(lua), .method = method, .path = path};
    luaL_checkstack(lua, 20, NULL);
    if (!lua_isnoneornil(lua, path + 1)) {
        luaL_checktype(lua, path + 1, LUA_TTABLE);
        options_check(lua, path + 1, method, known);
        ask.options = path + 1;
    }
    ask_read_url(&ask);
    ask_read_body(&ask);
    ask_write_headers(&ask);
    ask_set_terms(&ask);
    struct flight *flight = build(&ask);
    flight->place = place;
    state_trim(ask.state);
    outbox_add(&user->outbox, flight);
}

struct user *request_begin(lua_State *lua, const char *what)
{
    struct user *user = user_calling(lua, what);
    if (!lua_istable(lua, 1) || lua_topointer(lua, 1) != user->self) {
        luaL_error(lua, "call methods as self:NAME(...), with the self of the running user");
    }
    outbox_drop(&user->outbox); /* of a list with a wrong request */
    return user;
}

int request_send_all(struct user *user)
{
    outbox_record(&user->outbox, NULL);
    outbox_send(&user->outbox);
    return user_pause(user, user->outbox.in_flight > 0 ? PAUSE_ANSWER : PAUSE_USER_ENDS);
}

int request_send(lua_State *lua, const char *method, int path)
{
    struct user *user = request_begin(lua, method);
    lua_settop(lua, path + 1);
    request_add(lua, user, method, path, 0);
    return request_send_all(user);
}

const char *request_check_method(lua_State *lua, int index)
{
    enum { LENGTH_MAX = 32 };
    char method[LENGTH_MAX];
    size_t length = 0;
    const char *text =
        lua_type(lua, index) == LUA_TSTRING ? lua_tolstring(lua, index, &length) : "";
    if (length >= LENGTH_MAX || !message_is_method(text)) {
        luaL_error(lua, "expected a method, such as \"GET\"");
    }
    for (size_t i = 0; i <= length; i++) {
        method[i] = (char)toupper((unsigned char)text[i]);
    }
    lua_pushstring(lua, method);
    lua_replace(lua, index);
    return lua_tostring(lua, index);
}
