#include "loadgen/users/words.h"

#include <inttypes.h>
#include <lua5.4/lauxlib.h>
#include <stdatomic.h>
#include <stdio.h>

#include "common/clock.h"
#include "loadgen/users/lua/json.h"
#include "loadgen/users/lua/sandbox.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/request/answer.h"
#include "loadgen/users/request/judge.h"
#include "loadgen/users/request/methods.h"
#include "loadgen/users/scenario/declare.h"
#include "loadgen/users/scenario/read_file.h"
#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"
#include "loadgen/users/waits.h"

static int sleep_s(lua_State *lua)
{
    double seconds = luaL_checknumber(lua, 1);
    luaL_argcheck(lua, seconds >= 0 && seconds < 1e9, 1, "expected seconds, at least 0");
    struct user *user = user_calling(lua, "sleep");
    user->due.key = clock_now_ns() + (uint64_t)(seconds * NS_PER_S);
    return user_pause(user, PAUSE_SLEEP);
}

/* The rest of the task is left out. */
static int quit(lua_State *lua)
{
    lua_Integer code = luaL_optinteger(lua, 1, 0);
    luaL_argcheck(lua, code >= 0 && code <= 125, 1, "expected an exit status, 0 to 125");
    struct user *user = user_calling(lua, "quit");
    struct users_order *order = user->seat->order;
    if (!atomic_exchange(&order->is_quitting, true)) {
        atomic_store(&order->quit_code, (int)code);
        if (!order->check) {
            user->seat->thread->stop_run(user->seat->thread);
        }
    }
    return user_pause(user, PAUSE_USER_ENDS);
}

static int random_number(lua_State *lua)
{
    struct random *random = &state_of(lua)->random;
    if (lua_isnone(lua, 1)) {
        lua_pushnumber(lua, random_fraction(random));
    } else if (lua_isinteger(lua, 1) && (lua_isnone(lua, 2) || lua_isinteger(lua, 2))) {
        lua_Integer from = lua_isnone(lua, 2) ? 1 : lua_tointeger(lua, 1);
        lua_Integer to = lua_tointeger(lua, lua_isnone(lua, 2) ? 1 : 2);
        luaL_argcheck(lua, from <= to, 1, "the range is empty");
        uint64_t span = (uint64_t)to - (uint64_t)from;
        uint64_t offset = span == UINT64_MAX ? random_next(random) : random_below(random, span + 1);
        lua_pushinteger(lua, (lua_Integer)(offset + (lua_Unsigned)from));
    } else {
        double from = luaL_checknumber(lua, 1);
        double to = luaL_checknumber(lua, 2);
        lua_pushnumber(lua, from + (to - from) * random_fraction(random));
    }
    return 1;
}

static int choice(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    size_t count = lua_rawlen(lua, 1);
    luaL_argcheck(lua, count > 0, 1, "the list is empty");
    lua_rawgeti(lua, 1, 1 + (lua_Integer)random_below(&state_of(lua)->random, count));
    return 1;
}

static int uuid(lua_State *lua)
{
    struct random *random = &state_of(lua)->random;
    char text[40];
    uint64_t high = (random_next(random) & ~UINT64_C(0xf000)) | 0x4000;
    uint64_t low = (random_next(random) & (UINT64_MAX >> 2)) | UINT64_C(1) << 63;
    snprintf(text, sizeof text,
             "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, high >> 32,
             high >> 16 & 0xffff, high & 0xffff, low >> 48, low & UINT64_C(0xffffffffffff));
    lua_pushstring(lua, text);
    return 1;
}

static void declare(lua_State *lua)
{
    lua_register(lua, "sleep", sleep_s);
    lua_register(lua, "quit", quit);
    lua_register(lua, "random", random_number);
    lua_register(lua, "choice", choice);
    lua_register(lua, "uuid", uuid);
    waits_declare(lua);
    json_declare(lua);
    read_file_declare(lua);
    answer_declare(lua, judge_methods, judge_close);
    declare_user(lua);
    methods_add(lua);
    lua_pop(lua, 1);
}

bool words_open(struct state *state, size_t max_bytes, uint64_t seed, struct err *err)
{
    if (!state_open(state, max_bytes, seed, err)) {
        return false;
    }
    sandbox_open(state->lua);
    declare(state->lua);
    return true;
}
