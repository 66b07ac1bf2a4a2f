#include "loadgen/users/request/events.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/users/lua/options.h"
#include "loadgen/users/message/check.h"
#include "loadgen/users/request/flight.h"
#include "loadgen/users/request/judgement.h"
#include "loadgen/users/request/listeners.h"
#include "loadgen/users/request/names.h"
#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"

/* Steps to create and count a result (state_spend). */
enum { FIRE_STEPS = 5000 };

/* Pushes an option of the table at index 1, and returns its type. */
static int push_option(lua_State *lua, const char *name)
{
    lua_pushstring(lua, name);
    return lua_rawget(lua, 1);
}

static const char *read_type(lua_State *lua)
{
    size_t length = 0;
    const char *type =
        push_option(lua, "request_type") == LUA_TSTRING ? lua_tolstring(lua, -1, &length) : "";
    bool is_word = length > 0 && strlen(type) == length && !strchr(type, ' ');
    if (!is_word || length > METHOD_BYTES_MAX || !utf8_is_text(type)) {
        luaL_error(lua, "fire: request_type: expected a word of 1 to %d bytes, such as \"WS\"",
                   METHOD_BYTES_MAX);
    }
    return type;
}

static uint64_t read_time_ns(lua_State *lua)
{
    bool is_number = push_option(lua, "response_time") == LUA_TNUMBER;
    double ms = is_number ? lua_tonumber(lua, -1) : -1;
    if (!(ms >= 0 && ms <= EVENTS_MS_MAX)) {
        luaL_error(lua, "fire: response_time: expected milliseconds, 0 to %d", EVENTS_MS_MAX);
    }
    return (uint64_t)(ms * (double)NS_PER_MS + 0.5);
}

static uint64_t read_length(lua_State *lua)
{
    int type = push_option(lua, "response_length");
    int is_whole = type == LUA_TNIL;
    lua_Integer bytes = type == LUA_TNUMBER ? lua_tointegerx(lua, -1, &is_whole) : 0;
    if (!is_whole || bytes < 0 || bytes > EVENTS_BYTES_MAX) {
        luaL_error(lua, "fire: response_length: expected a whole number of bytes, 0 to %I",
                   (LUAI_UACINT)EVENTS_BYTES_MAX);
    }
    return (uint64_t)bytes;
}

/* The option `exception`; NULL: the result is a success. */
static const char *read_exception(lua_State *lua)
{
    int type = push_option(lua, "exception");
    if (type != LUA_TSTRING && lua_toboolean(lua, -1)) {
        luaL_error(lua, "fire: exception: expected a string, or nil for a success");
    }
    return type == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
}

/* Creates the result: it ends now, or begins with the run. */
static struct exchange make(struct seat *seat, uint64_t time_ns, uint64_t length,
                            const char *exception)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t start_ns = seat->thread->start_ns;
    uint64_t begin_ns = now_ns > start_ns + time_ns ? now_ns - time_ns : start_ns;
    uint64_t end_ns = begin_ns + time_ns;
    struct exchange exchange = {
        .number = seat_next_number(seat),
        .intended_ns = begin_ns,
        .started_ns = begin_ns,
        .sent_ns = begin_ns,
        .first_byte_ns = least(end_ns, most(now_ns, begin_ns)), /* for result_end_ns */
        .done_ns = end_ns,
        .bytes_in = length,
        .address = ADDRESS_NONE,
        .outcome = OUTCOME_ANSWERED,
        .is_fired = true,
        .judgement = exception ? JUDGEMENT_FAILURE : JUDGEMENT_SUCCESS,
    };
    if (exception) {
        judgement_keep_reason(exchange.reason, exception);
    }
    return exchange;
}

/*
 * Creates the flight that listeners see. Until then, its memory and that of `held` count as the
 * script's.
 */
static struct flight *make_flight(lua_State *lua, struct user *user, struct slice type,
                                  struct slice name)
{
    size_t size = sizeof(struct flight) + type.length + name.length;
    state_take(lua, size + sizeof(struct held));
    struct flight *flight = memory_of(malloc(size));
    *flight = (struct flight){
        .user = user,
        .state = state_of(lua),
        .size = size + sizeof(struct held),
        .answer = LUA_NOREF,
    };
    memcpy(flight->bytes, type.at, type.length);
    memcpy(flight->bytes + type.length, name.at, name.length);
    flight->method = (struct slice){flight->bytes, type.length};
    flight->name = (struct slice){flight->bytes + type.length, name.length};
    return flight;
}

/* Counts the result, after listeners have seen it if there are any. */
static void add(lua_State *lua, struct user *user, const char *type, struct slice name,
                struct exchange *exchange)
{
    struct drive_thread *thread = user->seat->thread;
    if (user->seat->listener_count > 0) {
        struct flight *flight = make_flight(lua, user, slice_of(type), name);
        exchange->request = &flight->request;
        outbox_fire(&user->outbox, flight, exchange);
        return;
    }
    struct request request = {0};
    const struct naming naming = {
        .targets = thread->targets, .class = user->class, .method = type, .name = name};
    names_find(lua, &naming, &request);
    exchange->request = &request;
    exchange->row = request.row;
    thread->fired(thread, exchange);
}

/* events.request.fire { request_type = ..., name = ..., response_time = ... } */
static int fire(lua_State *lua)
{
    static const char *const known[] = {"exception",       "name",          "request_type",
                                        "response_length", "response_time", NULL};
    enum { STACK = 20 };
    struct user *user = state_of(lua)->user;
    if (!user) {
        return luaL_error(lua, "fire: can be called only in functions that users run");
    } else if (user->outbox.shown) {
        return luaL_error(
            lua, "fire: cannot be called in a listener, which would then receive its own result");
    }
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    luaL_checkstack(lua, STACK, NULL);
    state_spend(lua, FIRE_STEPS);
    options_check(lua, 1, "fire", known);
    const char *type = read_type(lua);
    push_option(lua, "name");
    struct slice name = names_check(lua, lua_gettop(lua));
    uint64_t time_ns = read_time_ns(lua);
    uint64_t length = read_length(lua);
    const char *exception = read_exception(lua);
    struct exchange exchange = make(user->seat, time_ns, length, exception);
    if (user->seat->order->check) {
        check_fired(user->seat->order->check, type, name, &exchange);
    }
    add(lua, user, type, name, &exchange);
    return 0;
}

/* Declaring. */

/* The counterpart of an event of Locust that has another form here. */
static const char *own_form(const char *event)
{
    static const struct {
        const char *event;
        const char *ours;
    } list[] = {
        {"test_start", "function test_start(self) ... end"},
        {"test_stop", "function test_stop(self, run) ... end"},
        {"quitting", "function test_stop(self, run) ... end"},
        {"request_success", "events.request; request.exception is nil"},
        {"request_failure", "events.request; request.exception is not nil"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (strcmp(list[i].event, event) == 0) {
            return list[i].ours;
        }
    }
    return NULL;
}

static int refuse_event(lua_State *lua)
{
    const char *event = luaL_tolstring(lua, 2, NULL);
    const char *ours = own_form(event);
    return ours ? luaL_error(lua, "events.%s: write %s", event, ours)
                : luaL_error(lua,
                             "events.%s: there is no such event; the only one is "
                             "events.request",
                             event);
}

void events_declare(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"add_listener", listeners_add}, {"fire", fire}, {NULL, NULL}};
    listeners_declare(lua);
    lua_newtable(lua);
    luaL_newlib(lua, functions);
    lua_setfield(lua, -2, "request");
    lua_createtable(lua, 0, 2);
    lua_pushcfunction(lua, refuse_event);
    lua_setfield(lua, -2, "__index");
    state_hide_metatable(lua);
    lua_setmetatable(lua, -2);
    lua_setglobal(lua, "events");
}
