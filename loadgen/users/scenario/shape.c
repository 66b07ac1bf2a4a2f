#include "loadgen/users/scenario/shape.h"

#include <inttypes.h>
#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/plural.h"
#include "loadgen/base/memory.h"
#include "loadgen/users/lua/options.h"
#include "loadgen/users/lua/state.h"

/* A key of the registry: the function, or a list of { users, users per second, end in seconds }. */
static const char declared[] = "headroom.shape";

enum { STAGE_USERS = 1, STAGE_RATE, STAGE_END };

#define TIME_MAX_S 1e9

static const char form[] =
    "Shape: expected stages, as in Shape { { duration = 60, users = 10, spawn_rate = 5 }, ... }, "
    "or Shape { tick = function(run_time, users) ... end }";

#define USERS_FORM "expected a whole number of users, 0 to %d"
#define RATE_FORM "expected a number of users per second, more than 0"
#define NO_CLASSES "a shape cannot choose classes; set weight or fixed_count of the classes instead"

/* Reads a number of users at this index. False: the value is something else. */
static bool read_users(lua_State *lua, int index, lua_Integer *users)
{
    int is_whole = 0;
    *users = lua_tointegerx(lua, index, &is_whole);
    return lua_type(lua, index) == LUA_TNUMBER && is_whole && *users >= 0 &&
           *users <= SHAPE_USERS_MAX;
}

static bool read_rate(lua_State *lua, int index, double *per_s)
{
    *per_s = lua_tonumber(lua, index);
    return lua_type(lua, index) == LUA_TNUMBER && *per_s > 0 && isfinite(*per_s);
}

/* Declaring. */

/* Reads a field, in seconds, of the stage on top of the stack. False: it is missing. */
static bool get_time(lua_State *lua, int number, const char *name, double *seconds)
{
    lua_pushstring(lua, name);
    int type = lua_rawget(lua, -2);
    *seconds = lua_tonumber(lua, -1);
    if (type != LUA_TNIL && (type != LUA_TNUMBER || !(*seconds > 0 && *seconds <= TIME_MAX_S))) {
        luaL_error(lua, "Shape: stage %d: %s: expected seconds, more than 0", number, name);
    }
    lua_pop(lua, 1);
    return type != LUA_TNIL;
}

/* The end of the stage on top of the stack, which begins at `begin_s`. */
static double get_end(lua_State *lua, int number, double begin_s)
{
    double duration_s = 0;
    double end_s = 0;
    bool has_duration = get_time(lua, number, "duration", &duration_s);
    bool has_end = get_time(lua, number, "ends_at", &end_s);
    if (has_duration == has_end) {
        luaL_error(lua,
                   "Shape: stage %d: expected either duration, the length of the stage, or "
                   "ends_at, seconds after the start of the run",
                   number);
    }
    if (has_end && end_s <= begin_s) {
        luaL_error(lua,
                   "Shape: stage %d: ends_at: must be after the end of the stage before it, %f",
                   number, begin_s);
    }
    end_s = has_end ? end_s : begin_s + duration_s;
    if (end_s > TIME_MAX_S) {
        luaL_error(lua, "Shape: stage %d: it ends more than %d seconds after the start of the run",
                   number, (int)TIME_MAX_S);
    }
    return end_s;
}

/*
 * Pushes { users, users per second, end in seconds } of the stage on top of the stack. Returns its
 * end.
 */
static double push_stage(lua_State *lua, int number, double begin_s)
{
    static const char *const known[] = {"duration", "ends_at", "spawn_rate", "users", NULL};
    int stage = lua_gettop(lua);
    lua_Integer users = 0;
    double per_s = 0;
    lua_pushliteral(lua, "user_classes");
    if (lua_rawget(lua, stage) != LUA_TNIL) {
        luaL_error(lua, "Shape: stage %d: user_classes: " NO_CLASSES, number);
    }
    lua_pop(lua, 1);
    options_check(lua, stage, "Shape", known);
    double end_s = get_end(lua, number, begin_s);
    lua_pushliteral(lua, "users");
    lua_rawget(lua, stage);
    if (!read_users(lua, -1, &users)) {
        luaL_error(lua, "Shape: stage %d: users: " USERS_FORM, number, SHAPE_USERS_MAX);
    }
    lua_pushliteral(lua, "spawn_rate");
    lua_rawget(lua, stage);
    if (!read_rate(lua, -1, &per_s)) {
        luaL_error(lua, "Shape: stage %d: spawn_rate: " RATE_FORM, number);
    }
    lua_settop(lua, stage);
    lua_createtable(lua, STAGE_END, 0);
    lua_pushinteger(lua, users);
    lua_rawseti(lua, -2, STAGE_USERS);
    lua_pushnumber(lua, per_s);
    lua_rawseti(lua, -2, STAGE_RATE);
    lua_pushnumber(lua, end_s);
    lua_rawseti(lua, -2, STAGE_END);
    return end_s;
}

/* Pushes the list of the stages in the table at index 1, in that form. */
static void push_stages(lua_State *lua)
{
    size_t count = lua_rawlen(lua, 1);
    double end_s = 0;
    if (count == 0) {
        luaL_error(lua, "%s", form);
    }
    if (count > SHAPE_STAGES_MAX) {
        luaL_error(lua, "Shape: more than %d stages; use tick instead", SHAPE_STAGES_MAX);
    }
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 1; i <= count; i++) {
        if (lua_rawgeti(lua, 1, (lua_Integer)i) != LUA_TTABLE) {
            luaL_error(lua, "%s", form);
        }
        end_s = push_stage(lua, (int)i, end_s);
        lua_rawseti(lua, 2, (lua_Integer)i);
        lua_pop(lua, 1);
    }
}

/* Shape { ... } */
static int declare(lua_State *lua)
{
    static const char *const known[] = {"tick", NULL};
    if (!state_of(lua)->folder) {
        return luaL_error(lua, "Shape: declare it while the scenario is loaded, outside of "
                               "functions");
    }
    if (lua_getfield(lua, LUA_REGISTRYINDEX, declared) != LUA_TNIL) {
        return luaL_error(lua, "Shape: a scenario has one shape, and this is the second");
    }
    lua_settop(lua, 1);
    if (!lua_istable(lua, 1)) {
        return luaL_error(lua, "%s", form);
    }
    lua_pushliteral(lua, "tick");
    if (lua_rawget(lua, 1) == LUA_TNIL) {
        lua_settop(lua, 1);
        push_stages(lua);
    } else if (lua_isfunction(lua, 2)) {
        options_check(lua, 1, "Shape", known);
    } else {
        return luaL_error(lua, "Shape: tick: expected a function");
    }
    lua_setfield(lua, LUA_REGISTRYINDEX, declared);
    return 0;
}

void shape_declare(lua_State *lua)
{
    lua_register(lua, "Shape", declare);
}

/* Reading. */

static double number_of(lua_State *lua, int place)
{
    lua_rawgeti(lua, -1, place);
    double number = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    return number;
}

static void read_stages(struct shape *shape, lua_State *lua)
{
    shape->count = lua_rawlen(lua, -1);
    shape->stages = memory_of(calloc(shape->count + 1, sizeof *shape->stages));
    for (size_t i = 0; i < shape->count; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i + 1);
        struct shape_stage *stage = &shape->stages[i];
        stage->at_ns = shape->end_ns;
        stage->users = (uint64_t)number_of(lua, STAGE_USERS);
        stage->per_s = number_of(lua, STAGE_RATE);
        shape->end_ns = (uint64_t)(number_of(lua, STAGE_END) * NS_PER_S);
        shape->most_users = stage->users > shape->most_users ? stage->users : shape->most_users;
        lua_pop(lua, 1);
    }
}

void shape_read(struct shape *shape, lua_State *lua)
{
    *shape = (struct shape){.tick = LUA_NOREF};
    int type = lua_getfield(lua, LUA_REGISTRYINDEX, declared);
    shape->is_on = type != LUA_TNIL;
    shape->has_tick = type == LUA_TFUNCTION;
    if (shape->has_tick) {
        shape->tick = luaL_ref(lua, LUA_REGISTRYINDEX);
        return;
    }
    if (shape->is_on) {
        read_stages(shape, lua);
    }
    lua_pop(lua, 1);
}

void shape_free(struct shape *shape)
{
    free(shape->stages);
    *shape = (struct shape){0};
}

const char *shape_print(const struct shape *shape, char words[SHAPE_WORDS])
{
    if (shape->has_tick) {
        snprintf(words, SHAPE_WORDS, "users as set by tick");
    } else {
        snprintf(words, SHAPE_WORDS, "up to %" PRIu64 " %s in %zu %s", shape->most_users,
                 plural(shape->most_users, "user", "users"), shape->count,
                 plural(shape->count, "stage", "stages"));
    }
    return words;
}

/* Tick. */

static void refuse(lua_State *lua, const char *what, const char *expected)
{
    lua_Debug where;
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_getinfo(lua, ">S", &where);
    luaL_error(lua, "%s:%d: tick: %s: %s", where.short_src, where.linedefined, what, expected);
}

/* The upvalue is tick; the arguments are its own, and a struct shape_wish. */
static int call_tick(lua_State *lua)
{
    struct shape_wish *wish = lua_touserdata(lua, 3);
    lua_Integer users = 0;
    lua_settop(lua, 2);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 2, 3);
    wish->ends = lua_isnil(lua, 1);
    if (wish->ends) {
        return 0;
    }
    if (!read_users(lua, 1, &users)) {
        refuse(lua, "its first result",
               "expected a whole number of users, 0 to 1000000 (x // 1 rounds down), or nil to end "
               "the run");
    }
    if (!read_rate(lua, 2, &wish->per_s)) {
        refuse(lua, "its second result, the spawn rate", RATE_FORM);
    }
    if (!lua_isnil(lua, 3)) {
        refuse(lua, "its third result", NO_CLASSES);
    }
    wish->users = (uint64_t)users;
    return 0;
}

bool shape_tick(const struct shape *shape, struct state *state, double run_time_s, uint64_t users,
                struct shape_wish *wish)
{
    lua_State *lua = state->lua;
    double result = 0;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, shape->tick);
    lua_pushcclosure(lua, call_tick, 1);
    lua_pushnumber(lua, run_time_s);
    lua_pushinteger(lua, (lua_Integer)users);
    lua_pushlightuserdata(lua, wish);
    return state_call(state, 3, &result);
}
