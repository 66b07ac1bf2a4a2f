#include "loadgen/users/waits.h"

#include <lua5.4/lauxlib.h>
#include <math.h>

#include "common/clock.h"
#include "loadgen/users/lua/globals.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/user.h"

static double seconds_at(lua_State *lua, int argument)
{
    double seconds = number_check(lua, argument);
    luaL_argcheck(lua, seconds >= 0, argument, "expected seconds, at least 0");
    return seconds;
}

static double rate_at(lua_State *lua, int argument)
{
    double rate = number_check(lua, argument);
    luaL_argcheck(lua, rate > 0, argument, "expected a number per second, more than 0");
    return rate;
}

static int wait_between(lua_State *lua)
{
    double from = lua_tonumber(lua, lua_upvalueindex(1));
    double to = lua_tonumber(lua, lua_upvalueindex(2));
    lua_pushnumber(lua, from + (to - from) * random_fraction(&state_of(lua)->random));
    return 1;
}

static int between(lua_State *lua)
{
    lua_pushnumber(lua, seconds_at(lua, 1));
    lua_pushnumber(lua, seconds_at(lua, 2));
    lua_pushcclosure(lua, wait_between, 2);
    return 1;
}

static int wait_constant(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(1));
    return 1;
}

void waits_push_constant(lua_State *lua, double seconds)
{
    lua_pushnumber(lua, seconds);
    lua_pushcclosure(lua, wait_constant, 1);
}

static int constant(lua_State *lua)
{
    waits_push_constant(lua, seconds_at(lua, 1));
    return 1;
}

/* As in Locust, missed starts are not caught up. */
static int wait_pacing(lua_State *lua)
{
    const struct user *user = state_of(lua)->user;
    double pace = lua_tonumber(lua, lua_upvalueindex(1));
    double spent = user ? (double)(clock_now_ns() - user->task_ns) / NS_PER_S : 0;
    lua_pushnumber(lua, fmax(0, pace - spent));
    return 1;
}

static int constant_pacing(lua_State *lua)
{
    lua_pushnumber(lua, seconds_at(lua, 1));
    lua_pushcclosure(lua, wait_pacing, 1);
    return 1;
}

static int constant_throughput(lua_State *lua)
{
    lua_pushnumber(lua, 1 / rate_at(lua, 1));
    lua_pushcclosure(lua, wait_pacing, 1);
    return 1;
}

static int wait_poisson(lua_State *lua)
{
    double rate = lua_tonumber(lua, lua_upvalueindex(1));
    lua_pushnumber(lua, -log1p(-random_fraction(&state_of(lua)->random)) / rate);
    return 1;
}

static int poisson(lua_State *lua)
{
    lua_pushnumber(lua, rate_at(lua, 1));
    lua_pushcclosure(lua, wait_poisson, 1);
    return 1;
}

void waits_declare(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"between", between},
        {"constant", constant},
        {"constant_pacing", constant_pacing},
        {"constant_throughput", constant_throughput},
        {"poisson", poisson},
        {NULL, NULL},
    };
    globals_declare(lua, functions);
}
