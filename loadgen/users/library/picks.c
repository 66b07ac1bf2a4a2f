#include "loadgen/users/library/picks.h"

#include <inttypes.h>
#include <lua5.4/lauxlib.h>
#include <stdio.h>

#include "loadgen/users/lua/globals.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/state.h"

enum { LETTERS_MAX = 16 * 1024 * 1024 };

static double weight_at(lua_State *lua, size_t i)
{
    int type = lua_rawgeti(lua, 2, (lua_Integer)i);
    state_spend(lua, 1);
    double weight = type == LUA_TNUMBER ? lua_tonumber(lua, -1) : -1;
    lua_pop(lua, 1);
    if (!(weight >= 0 && weight <= 1e9)) {
        luaL_error(lua, "choice: weight %d: expected a number of at least 0 and at most 1e9",
                   (int)i);
    }
    return weight;
}

/* Picks the position of an element, from 1, by the weights at index 2. */
static size_t pick_weighted(lua_State *lua, size_t count)
{
    double sum = 0;
    size_t last = 0; /* the last with a weight: rounding may let the loop run past it */
    luaL_checktype(lua, 2, LUA_TTABLE);
    if (lua_rawlen(lua, 2) != count) {
        luaL_error(
            lua,
            "choice: expected a weight for each element, but there are %d elements and %d weights",
            (int)count, (int)lua_rawlen(lua, 2));
    }
    for (size_t i = 1; i <= count; i++) {
        double weight = weight_at(lua, i);
        last = weight > 0 ? i : last;
        sum += weight;
    }
    luaL_argcheck(lua, last > 0, 2, "all weights are 0");
    double left = sum * random_fraction(&state_of(lua)->random);
    for (size_t i = 1; i < last; i++) {
        left -= weight_at(lua, i);
        if (left < 0) {
            return i;
        }
    }
    return last;
}

static int choice(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    size_t count = lua_rawlen(lua, 1);
    luaL_argcheck(lua, count > 0, 1, "the list is empty");
    size_t i = lua_isnoneornil(lua, 2) ? 1 + random_below(&state_of(lua)->random, count)
                                       : pick_weighted(lua, count);
    lua_rawgeti(lua, 1, (lua_Integer)i);
    return 1;
}

/* The position of the element that has come to `place`. */
static lua_Integer element_at(lua_State *lua, int moved, lua_Integer place)
{
    lua_Integer at = lua_rawgeti(lua, moved, place) == LUA_TNIL ? place : lua_tointeger(lua, -1);
    lua_pop(lua, 1);
    return at;
}

/*
 * Shuffles the first n positions of the list. A table records which elements have moved, so n steps
 * are enough.
 */
static int sample(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, 1);
    lua_Integer n = number_check_integer(lua, 2);
    luaL_argcheck(lua, n >= 0 && n <= count, 2, "expected 0 to the number of elements");
    lua_settop(lua, 2);
    lua_newtable(lua); /* 3: the sample */
    lua_newtable(lua); /* 4: place -> position of its element, if it is another one */
    for (lua_Integer i = 1; i <= n; i++) {
        uint64_t offset = random_below(&state_of(lua)->random, (uint64_t)(count - i + 1));
        lua_Integer from = i + (lua_Integer)offset;
        state_spend(lua, 10);
        lua_rawgeti(lua, 1, element_at(lua, 4, from));
        lua_rawseti(lua, 3, i);
        lua_pushinteger(lua, element_at(lua, 4, i));
        lua_rawseti(lua, 4, from);
    }
    lua_settop(lua, 3);
    return 1;
}

static int letters(lua_State *lua)
{
    size_t count = 0;
    luaL_Buffer buffer;
    lua_Integer n = number_check_integer(lua, 1);
    const char *alphabet = luaL_optlstring(lua, 2, "abcdefghijklmnopqrstuvwxyz", &count);
    luaL_argcheck(lua, n >= 0 && n <= LETTERS_MAX, 1, "expected 0 to 16777216");
    luaL_argcheck(lua, count > 0, 2, "the alphabet is empty");
    state_spend(lua, (size_t)n);
    char *to = luaL_buffinitsize(lua, &buffer, (size_t)n);
    for (lua_Integer i = 0; i < n; i++) {
        to[i] = alphabet[random_below(&state_of(lua)->random, count)];
    }
    luaL_pushresultsize(&buffer, (size_t)n);
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

void picks_declare(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"choice", choice}, {"letters", letters}, {"sample", sample}, {"uuid", uuid}, {NULL, NULL},
    };
    globals_declare(lua, functions);
}
