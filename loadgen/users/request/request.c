#include "loadgen/users/request/request.h"

#include <ctype.h>
#include <lua5.4/lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/drive/endpoints.h"
#include "loadgen/order/plan.h"
#include "loadgen/target/request/message.h"
#include "loadgen/users/lua/options.h"
#include "loadgen/users/request/ask.h"
#include "loadgen/users/request/flight.h"
#include "loadgen/users/request/names.h"
#include "loadgen/users/seat.h"

static const char *const known[] = {"allow_redirects", "auth",    "body",    "check", "cookies",
                                    "files",           "form",    "headers", "json",  "name",
                                    "params",          "timeout", NULL};

/* Steps to build a request, including skipping free entries of its tables (state_spend). */
enum { REQUEST_STEPS = 5000 };

/* Names. */

/* The path without its query, cut between UTF-8 characters. */
static struct slice default_name(const struct ask *ask)
{
    const char *path = lua_tostring(ask->lua, ask->path);
    size_t length = 0;
    while (length <= NAME_BYTES_MAX && !strchr("?#", path[length])) { /* or at the NUL */
        length++;
    }
    if (length > NAME_BYTES_MAX) {
        length = NAME_BYTES_MAX;
        while (length > NAME_BYTES_MAX - 4 && ((unsigned char)path[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return length > 0 ? (struct slice){path, length} : slice_of("/");
}

static void add_url(const void *context, struct bytes *url)
{
    ask_write_url(context, url);
}

/*
 * Names the request, unless listeners may still name it (listeners.h). A given name stays on the
 * stack, because the slice points to it.
 */
static struct slice set_name(const struct ask *ask, struct request *request)
{
    bool is_given = ask_option(ask, "name") != LUA_TNIL;
    const struct naming naming = {
        .targets = ask->user->seat->thread->targets,
        .class = ask->user->class,
        .method = ask->method,
        .name = is_given ? names_check(ask->lua, lua_gettop(ask->lua)) : default_name(ask),
        .add_url = add_url,
        .context = ask,
    };
    if (ask->user->seat->listener_count == 0) {
        names_find(ask->lua, &naming, request);
    }
    return naming.name;
}

/* Building. */

static void on_hop(void *context, const struct exchange *exchange, const struct capture *answer,
                   struct hop *hop)
{
    struct flight *flight = context;
    (void)exchange;
    flight_hop(flight, &flight->user->cookies, answer, hop);
}

/* Offsets of the parts that follow the request in a flight's bytes. */
struct places {
    size_t url;
    size_t host;
    size_t name; /* empty unless there are listeners */
};

static struct places write_bytes(const struct ask *ask, struct slice name, struct request *request)
{
    struct places at;
    struct bytes *out = &ask->state->message;
    const struct seat *seat = ask->user->seat;
    const struct message_defaults defaults = {.keepalive = seat->plan->keepalive};
    const struct message message = {
        .method = ask->method,
        .url = ask->url,
        .headers = {ask->state->headers.at ? ask->state->headers.at : "",
                    ask->state->headers.length},
        .body = ask->body,
    };
    /* For the message with its URL, and for the flight's copy. */
    size_t written = 2 * ask->url.path.length + ask->body.length + ask->state->headers.length;
    state_check_room(ask->lua, 2 * written);
    bytes_clear(out);
    message_write(out, &message, &defaults, request);
    at.url = out->length;
    ask_write_url(ask, out);
    at.host = out->length;
    bytes_add(out, ask->url.host, strlen(ask->url.host) + 1);
    at.name = out->length;
    bytes_add(out, name.at, seat->listener_count > 0 ? name.length : 0);
    if (out->has_failed) {
        memory_of(NULL);
    }
    return at;
}

static struct flight *build(const struct ask *ask)
{
    const struct bytes *out = &ask->state->message;
    int top = lua_gettop(ask->lua);
    struct request request = {0};
    struct slice name = set_name(ask, &request);
    request.endpoint = endpoints_find(ask->user->seat->thread->endpoints, ask->url.is_https,
                                      ask->url.host, ask->url.port);
    if (request.endpoint == ENDPOINT_NONE) {
        luaL_error(ask->lua, "more than %d hosts and ports", ENDPOINTS_ADDED_MAX);
    }
    struct places at = write_bytes(ask, name, &request);
    lua_settop(ask->lua, top);
    size_t size = sizeof(struct flight) + out->length;
    state_take(ask->lua, size);
    struct flight *flight = memory_of(malloc(size));
    *flight = (struct flight){.user = ask->user,
                              .state = ask->state,
                              .size = size,
                              .is_checked = ask->is_checked,
                              .answer = LUA_NOREF,
                              .request = request,
                              .terms = ask->terms};
    memcpy(flight->bytes, out->at, out->length);
    flight->request.bytes = flight->bytes;
    flight->terms.on_hop = on_hop;
    flight->terms.context = flight;
    flight->method = (struct slice){flight->bytes, strlen(ask->method)};
    flight->name = (struct slice){flight->bytes + at.name, out->length - at.name};
    flight->url = (struct slice){flight->bytes + at.url, at.host - at.url};
    flight->from = (struct cookie_url){
        flight->bytes + at.host,
        {flight->bytes + request.layout.path_at, request.layout.path_length},
        ask->url.is_https,
    };
    return flight;
}

void request_add(lua_State *lua, struct user *user, const char *method, int path, size_t index)
{
    struct ask ask = {
        .lua = lua, .user = user, .state = state_of(lua), .method = method, .path = path};
    luaL_checkstack(lua, 20, NULL);
    state_spend(lua, REQUEST_STEPS);
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
    flight->index = index;
    state_trim(ask.state);
    outbox_add(&user->outbox, flight);
}

struct user *request_begin(lua_State *lua, const char *what)
{
    struct user *user = user_calling(lua, what);
    if (!lua_istable(lua, 1) || lua_topointer(lua, 1) != user->self) {
        luaL_error(lua, "call methods as self:NAME(...), with the self of the running user");
    }
    outbox_drop(&user->outbox); /* left from a list with an invalid request */
    return user;
}

int request_send_all(struct user *user)
{
    struct outbox *outbox = &user->outbox;
    outbox_record(outbox, NULL);
    if (!outbox->judged) { /* otherwise sent once listeners have seen them (user.c) */
        outbox_send(outbox);
    }
    bool is_asking = outbox->in_flight > 0 || outbox->waiting;
    return user_pause(user, is_asking ? PAUSE_ANSWER : PAUSE_USER_ENDS);
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
