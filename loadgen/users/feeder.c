#include "loadgen/users/feeder.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "loadgen/users/files/feeds.h"
#include "loadgen/users/lua/json.h"
#include "loadgen/users/lua/options.h"
#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"

/* The userdata of scripts. */
struct feeder {
    struct feed *feed; /* belongs to the scenario */
};

/* Keys of the registry. */
static const char feeder_type[] = "headroom.feeder"; /* the metatable */
static const char declared[] = "headroom.feeders";   /* counts of equal feeders so far */

/* The cost of a row in steps (state_spend). */
enum { BYTES_PER_STEP = 16 };

/* Taking rows. */

static void spend(lua_State *lua, size_t bytes)
{
    state_spend(lua, 1 + bytes / BYTES_PER_STEP);
}

static void push_record(lua_State *lua, const struct records *rows, const char *value)
{
    const char *name = rows->names;
    lua_createtable(lua, 0, (int)rows->columns);
    for (size_t i = 0; i < rows->columns; i++) {
        size_t length = strlen(value);
        size_t name_length = strlen(name);
        spend(lua, name_length + length);
        lua_pushlstring(lua, value, length);
        lua_setfield(lua, -2, name);
        name += name_length + 1;
        value += length + 1;
    }
}

static int push_row(lua_State *lua, const struct feed *feed, size_t row)
{
    const char *text = records_at(feed->rows, row);
    switch (feed->options.format) {
    case RECORDS_CSV:
        push_record(lua, feed->rows, text);
        break;
    case RECORDS_LINES:
        spend(lua, strlen(text));
        lua_pushstring(lua, text);
        break;
    case RECORDS_JSON:
        spend(lua, strlen(text));
        json_decode(lua, text, strlen(text), feed->file);
        break;
    }
    return 1;
}

/* Called when all rows are used up. */
static int end(lua_State *lua, const struct feed *feed)
{
    struct user *user = user_calling(lua, "next of a feeder that has run out of rows");
    if (feed->options.at_end == FEED_END_TEST && !user->seat->order->check) {
        seat_end_run(user->seat);
    }
    return user_pause(user, PAUSE_USER_ENDS);
}

static struct feed *feed_at(lua_State *lua, int index)
{
    return ((const struct feeder *)luaL_checkudata(lua, index, feeder_type))->feed;
}

static int next(lua_State *lua)
{
    struct feed *feed = feed_at(lua, 1);
    struct state *state = state_of(lua);
    size_t row = 0;
    if (!state->user || state->seat->order->is_conducting) {
        return luaL_error(lua,
                          "next of a feeder can be called only in on_start, on_stop and tasks, not "
                          "in test_start and test_stop, nor while the scenario is loaded");
    }
    if (!feed_take(feed, &state->random, state->user->number, state->seat->thread->index, &row)) {
        return end(lua, feed);
    }
    return push_row(lua, feed, row);
}

static int count(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)feed_at(lua, 1)->rows->count);
    return 1;
}

/* Declaring. */

/* Returns the value of this option as an index in `words`, a list that ends with NULL. */
static int choose(lua_State *lua, const char *option, const char *const *words, int otherwise)
{
    if (!lua_istable(lua, 2)) {
        return otherwise;
    }
    lua_pushstring(lua, option);
    if (lua_rawget(lua, 2) == LUA_TNIL) {
        return otherwise;
    }
    const char *word = lua_tostring(lua, -1);
    for (int i = 0; word && words[i]; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    luaL_Buffer list;
    luaL_buffinit(lua, &list);
    for (int i = 0; words[i]; i++) {
        luaL_addstring(&list, i == 0 ? "" : words[i + 1] ? ", " : " or ");
        luaL_addstring(&list, words[i]);
    }
    luaL_pushresult(&list);
    return luaL_error(lua, "feeder: %s: expected %s", option, lua_tostring(lua, -1));
}

static int format_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && strcasecmp(dot, ".csv") == 0    ? RECORDS_CSV
           : dot && strcasecmp(dot, ".json") == 0 ? RECORDS_JSON
                                                  : RECORDS_LINES;
}

static struct feed_options read_options(lua_State *lua, const char *name)
{
    static const char *const known[] = {"at_end", "format", "order", NULL};
    static const char *const formats[] = {"csv", "lines", "json", NULL};
    static const char *const orders[] = {"in_turn", "random", "by_user", "once", NULL};
    static const char *const ends[] = {"end_user", "end_test", "restart", NULL};
    if (!lua_isnoneornil(lua, 2)) {
        luaL_checktype(lua, 2, LUA_TTABLE);
        options_check(lua, 2, "feeder", known);
    }
    int at_end = choose(lua, "at_end", ends, -1);
    const struct feed_options options = {
        .format = (enum records_format)choose(lua, "format", formats, format_of(name)),
        .order = (enum feed_order)choose(lua, "order", orders, FEED_IN_TURN),
        .at_end = at_end < 0 ? FEED_END_USER : (enum feed_end)at_end,
    };
    if (at_end >= 0 && options.order != FEED_ONCE) {
        luaL_error(
            lua,
            "feeder: at_end needs order = \"once\"; in any other order, the rows never run out");
    }
    return options;
}

/*
 * Returns how many earlier feeders of this state have the same file and options, and counts this
 * one.
 */
static size_t count_equal(lua_State *lua, const char *name, const struct feed_options *options)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, declared);
    lua_pushfstring(lua, "%d %d %d %s", (int)options->format, (int)options->order,
                    (int)options->at_end, name);
    lua_pushvalue(lua, -1);
    lua_rawget(lua, -3);
    lua_Integer before = lua_tointeger(lua, -1);
    lua_pop(lua, 1);
    lua_pushinteger(lua, before + 1);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
    return (size_t)before;
}

/* feeder(file, options) */
static int feeder(lua_State *lua)
{
    const struct state *state = state_of(lua);
    const char *name = luaL_checkstring(lua, 1);
    if (!state->folder || !state->feeds) {
        return luaL_error(lua, "feeder: can be called only while the scenario is loaded, not in "
                               "functions that users run; keep the feeder in a local variable");
    }
    luaL_argcheck(lua, strlen(name) == lua_rawlen(lua, 1), 1, "the name contains a NUL byte");
    lua_settop(lua, 2);
    state_check_time(lua); /* reading a file takes long, and a script may do it repeatedly */
    struct feed_options options = read_options(lua, name);
    options.nth = count_equal(lua, name, &options);
    struct err err = {0};
    struct feed *feed = feeds_open(state->feeds, state->folder, name, &options, &err);
    if (!feed) {
        return luaL_error(lua, "feeder: %s", err.text);
    }
    struct feeder *own = lua_newuserdatauv(lua, sizeof *own, 0);
    own->feed = feed;
    luaL_setmetatable(lua, feeder_type);
    return 1;
}

void feeder_declare(lua_State *lua)
{
    lua_newtable(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, declared);
    luaL_newmetatable(lua, feeder_type);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, next);
    lua_setfield(lua, -2, "next");
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, count);
    lua_setfield(lua, -2, "__len");
    state_hide_metatable(lua);
    lua_pop(lua, 1);
    lua_register(lua, "feeder", feeder);
}
