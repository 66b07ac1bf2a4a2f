#include "loadgen/users/request/listeners.h"

#include <lua5.4/lauxlib.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/users/remedy.h"
#include "loadgen/users/request/answer.h"
#include "loadgen/users/request/flight.h"
#include "loadgen/users/request/judgement.h"
#include "loadgen/users/request/names.h"
#include "loadgen/users/seat.h"

/* A key of the registry: the list of listeners. */
static const char listeners[] = "headroom.listeners";

static const char shown_type[] = "headroom.shown";

/* The argument of listeners. Its user value is the name. */
struct shown {
    struct held *held; /* NULL: the listeners have returned */
};

static struct held *held_of(lua_State *lua)
{
    const struct shown *shown = luaL_checkudata(lua, 1, shown_type);
    if (!shown->held) {
        luaL_error(lua, "a listener can use a request only until it returns");
    }
    return shown->held;
}

/* Fields. */

static void push_slice(lua_State *lua, struct slice slice)
{
    lua_pushlstring(lua, slice.at, slice.length);
}

static void push_request_type(lua_State *lua, const struct held *held)
{
    push_slice(lua, held->flight->method);
}

static void push_name(lua_State *lua, const struct held *held)
{
    (void)held;
    lua_getiuservalue(lua, 1, 1);
}

static void push_time(lua_State *lua, const struct held *held)
{
    const struct exchange *exchange = &held->exchange;
    lua_pushnumber(lua, (double)(exchange->done_ns - exchange->started_ns) / (double)NS_PER_MS);
}

static void push_length(lua_State *lua, const struct held *held)
{
    lua_pushinteger(lua, (lua_Integer)held->exchange.bytes_in);
}

static void push_exception(lua_State *lua, const struct held *held)
{
    const struct exchange *exchange = &held->exchange;
    bool is_good = exchange->code >= 200 && exchange->code < 400;
    if (exchange->judgement == JUDGEMENT_FAILURE) {
        lua_pushstring(lua, exchange->reason);
    } else if (exchange->judgement == JUDGEMENT_SUCCESS ||
               (exchange->outcome == OUTCOME_ANSWERED && is_good)) {
        lua_pushnil(lua);
    } else if (exchange->outcome != OUTCOME_ANSWERED) {
        answer_push_error(lua, exchange->outcome, exchange->system_error,
                          slice_of(exchange->reason));
    } else {
        lua_pushfstring(lua, exchange->reason[0] ? "%d %s" : "%d", (int)exchange->code,
                        exchange->reason);
    }
}

static void push_response(lua_State *lua, const struct held *held)
{
    if (held->flight->answer == LUA_NOREF) {
        lua_pushnil(lua);
    } else {
        lua_rawgeti(lua, LUA_REGISTRYINDEX, held->flight->answer);
    }
}

static void push_url(lua_State *lua, const struct held *held)
{
    if (held->flight->url.length > 0) {
        push_slice(lua, held->flight->url);
    } else {
        lua_pushnil(lua);
    }
}

static const struct {
    const char *name;
    void (*push)(lua_State *lua, const struct held *held);
} fields[] = {
    {"request_type", push_request_type},
    {"name", push_name},
    {"response_time", push_time},
    {"response_length", push_length},
    {"exception", push_exception},
    {"response", push_response},
    {"url", push_url},
};

static int get_field(lua_State *lua)
{
    const struct held *held = held_of(lua);
    const char *name = luaL_checkstring(lua, 2);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            fields[i].push(lua, held);
            return 1;
        }
    }
    lua_settop(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TNIL) {
        return luaL_error(lua,
                          "requests have no \"%s\"; they have request_type, name, response_time, "
                          "response_length, exception, response, url, success() and failure()",
                          name);
    }
    return 1;
}

static int set_field(lua_State *lua)
{
    held_of(lua);
    if (strcmp(luaL_checkstring(lua, 2), "name") != 0) {
        return luaL_error(lua, "a listener can set only the name of a request; to judge it, call "
                               "failure() or success()");
    }
    names_check(lua, 3);
    lua_settop(lua, 3);
    lua_setiuservalue(lua, 1, 1);
    return 0;
}

static int success(lua_State *lua)
{
    judgement_accept(lua, held_of(lua));
    return 0;
}

static int failure(lua_State *lua)
{
    held_of(lua);
    const char *text = judgement_text(lua);
    judgement_refuse(held_of(lua), text);
    return 0;
}

/* Showing. */

static struct shown *push_shown(lua_State *lua, struct held *held)
{
    struct shown *shown = lua_newuserdatauv(lua, sizeof *shown, 1);
    shown->held = held;
    luaL_setmetatable(lua, shown_type);
    push_slice(lua, held->flight->name);
    lua_setiuservalue(lua, -2, 1);
    return shown;
}

/* Calls all listeners with the value on top of the stack. */
static void call_listeners(struct outbox *outbox, struct user *user, struct held *held)
{
    struct seat *seat = outbox->seat;
    lua_State *lua = seat->state.lua;
    int shown = lua_gettop(lua);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, listeners);
    seat->state.user = user;
    outbox->shown = held;
    for (unsigned i = 1; i <= seat->listener_count; i++) {
        double ignored = 0;
        lua_rawgeti(lua, shown + 1, i);
        lua_pushvalue(lua, shown);
        if (!state_call(&seat->state, 1, &ignored)) {
            remedy_add_exception(seat->order, seat->state.error.at);
        }
    }
    outbox->shown = NULL;
    seat->state.user = NULL;
    lua_pop(lua, 1);
}

static void add_url(const void *context, struct bytes *url)
{
    const struct flight *flight = context;
    bytes_add(url, flight->url.at, flight->url.length);
}

/* Sets the row of the result by the name on top of the stack. */
static void name_row(lua_State *lua, const struct outbox *outbox, struct held *held)
{
    struct flight *flight = held->flight;
    char method[METHOD_BYTES_MAX + 1];
    snprintf(method, sizeof method, "%.*s", (int)flight->method.length, flight->method.at);
    struct naming naming = {
        .targets = outbox->seat->thread->targets,
        .class = outbox->class,
        .method = method,
        .add_url = flight->url.length > 0 ? add_url : NULL,
        .context = flight,
    };
    naming.name.at = lua_tolstring(lua, -1, &naming.name.length);
    names_find(lua, &naming, &flight->request);
    held->exchange.request = &flight->request;
    held->exchange.row = flight->request.row;
}

/* True if the run was abandoned: it then ends even if many results wait for slow listeners. */
static bool is_muted(struct seat *seat)
{
    const atomic_bool *is_abandoned = seat->thread->is_abandoned;
    seat->is_muted = seat->is_muted || (is_abandoned && atomic_load(is_abandoned));
    return seat->is_muted;
}

static void show(struct outbox *outbox, struct user *user, struct held *held)
{
    enum { STACK = 20 };
    lua_State *lua = outbox->seat->state.lua;
    int top = lua_gettop(lua);
    luaL_checkstack(lua, STACK, NULL);
    struct shown *shown = push_shown(lua, held);
    if (!is_muted(outbox->seat)) {
        call_listeners(outbox, user, held);
    }
    lua_getiuservalue(lua, top + 1, 1);
    name_row(lua, outbox, held);
    shown->held = NULL;
    lua_settop(lua, top);
}

void listeners_show(struct outbox *outbox, struct user *user)
{
    struct held *held = NULL;
    while ((held = outbox_take_judged(outbox)) != NULL) {
        show(outbox, user, held);
        outbox_count(outbox, held);
    }
}

void listeners_keep_answer(lua_State *lua, const struct seat *seat, struct flight *flight)
{
    if (seat->listener_count > 0) {
        lua_pushvalue(lua, -1);
        flight->answer = luaL_ref(lua, LUA_REGISTRYINDEX);
    }
}

int listeners_add(lua_State *lua)
{
    if (!state_of(lua)->arguments) {
        return luaL_error(lua, "add_listener: can be called only while the scenario is loaded, not "
                               "in functions that users run");
    }
    if (!lua_isfunction(lua, 1)) {
        return luaL_error(lua, "add_listener: expected a function: "
                               "events.request.add_listener(function(request) ... end)");
    }
    lua_settop(lua, 1);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, listeners);
    size_t count = lua_rawlen(lua, 2);
    if (count == LISTENERS_MAX) {
        return luaL_error(lua, "add_listener: more than %d listeners", LISTENERS_MAX);
    }
    lua_pushvalue(lua, 1);
    lua_rawseti(lua, 2, (lua_Integer)count + 1);
    lua_settop(lua, 1);
    return 1;
}

unsigned listeners_count(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, listeners);
    unsigned count = (unsigned)lua_rawlen(lua, -1);
    lua_pop(lua, 1);
    return count;
}

void listeners_declare(lua_State *lua)
{
    lua_newtable(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, listeners);
    luaL_newmetatable(lua, shown_type);
    lua_createtable(lua, 0, 2);
    lua_pushcfunction(lua, success);
    lua_setfield(lua, -2, "success");
    lua_pushcfunction(lua, failure);
    lua_setfield(lua, -2, "failure");
    lua_pushcclosure(lua, get_field, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, set_field);
    lua_setfield(lua, -2, "__newindex");
    state_hide_metatable(lua);
    lua_pop(lua, 1);
}
