#include "loadgen/users/words.h"

#include <lua5.4/lauxlib.h>
#include <stdatomic.h>

#include "common/clock.h"
#include "loadgen/users/feeder.h"
#include "loadgen/users/library/codes.h"
#include "loadgen/users/library/dates.h"
#include "loadgen/users/library/log.h"
#include "loadgen/users/library/pages.h"
#include "loadgen/users/library/picks.h"
#include "loadgen/users/lua/json.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/sandbox.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/request/answer.h"
#include "loadgen/users/request/events.h"
#include "loadgen/users/request/judge.h"
#include "loadgen/users/request/methods.h"
#include "loadgen/users/scenario/declare.h"
#include "loadgen/users/scenario/read_file.h"
#include "loadgen/users/scenario/settings.h"
#include "loadgen/users/scenario/shape.h"
#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"
#include "loadgen/users/waits.h"

/* Steps to print a line to the log (state_spend). */
enum { LOG_STEPS = 500 };

static int sleep_s(lua_State *lua)
{
    double seconds = number_check(lua, 1);
    luaL_argcheck(lua, seconds >= 0 && seconds < 1e9, 1, "expected seconds, at least 0");
    struct user *user = user_calling(lua, "sleep");
    user->due.key = clock_now_ns() + (uint64_t)(seconds * NS_PER_S);
    return user_pause(user, PAUSE_SLEEP);
}

/* quit(code): the rest of the task is skipped. */
static int quit(lua_State *lua)
{
    lua_Integer code = luaL_opt(lua, number_check_integer, 1, -1);
    luaL_argcheck(lua, lua_isnoneornil(lua, 1) || (code >= 0 && code <= 125), 1,
                  "expected an exit status, 0 to 125");
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
        double from = number_check(lua, 1);
        double to = number_check(lua, 2);
        lua_pushnumber(lua, from + (to - from) * random_fraction(random));
    }
    return 1;
}

/* log(format, ...). A single argument is not a format, so it may contain any text. */
static int log_line(lua_State *lua)
{
    const struct state *state = state_of(lua);
    const struct user *user = state->user;
    size_t length = 0;
    luaL_checkany(lua, 1);
    if (!state->log) {
        return luaL_error(lua, "log: can be called only in functions that users run; while the "
                               "scenario is loaded, use print");
    }
    if (lua_gettop(lua) > 1) {
        luaL_checkstring(lua, 1);
        lua_pushcfunction(lua, sandbox_format);
        lua_insert(lua, 1);
        lua_call(lua, lua_gettop(lua) - 1, 1);
    }
    const char *text = luaL_tolstring(lua, 1, &length);
    state_spend(lua, LOG_STEPS + length);
    log_add(state->log, user ? user->class->name : NULL, user ? user->number + 1 : 0,
            (struct slice){text, length});
    return 0;
}

static void declare(lua_State *lua)
{
    lua_register(lua, "sleep", sleep_s);
    lua_register(lua, "log", log_line);
    lua_register(lua, "quit", quit);
    lua_register(lua, "random", random_number);
    picks_declare(lua);
    dates_declare(lua);
    codes_declare(lua);
    pages_declare(lua);
    settings_declare(lua);
    waits_declare(lua);
    json_declare(lua);
    read_file_declare(lua);
    feeder_declare(lua);
    shape_declare(lua);
    answer_declare(lua, judge_methods, judge_close);
    events_declare(lua);
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
