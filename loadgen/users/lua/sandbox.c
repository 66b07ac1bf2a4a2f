#include "loadgen/users/lua/sandbox.h"

#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#include <stdbool.h>
#include <stdio.h>

#include "loadgen/base/text/terminal.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/sort.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/lua/strings.h"

/*
 * Maximum size of a result of string.rep, and of the strings passed to other functions in one call.
 */
#define REP_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define TEXTS_MAX_BYTES (2 * REP_MAX_BYTES)

/*
 * Maximum number of elements for table.sort, for table.move, insert and remove (elements moved),
 * and for table.concat with __index.
 */
enum { ELEMENTS_MAX = 1000000 };

/*
 * Maximum bytes of a format of os.date, and of source code that is compiled without reading the
 * clock.
 */
enum { DATE_FORMAT_MAX = 1000, PIECE_BYTES = 4096 };

/*
 * Steps per call (state_spend). A call may take longer than its arguments suggest: next() skips the
 * free entries of a table, and the function called by pcall() may have collected all garbage.
 */
enum {
    CALL_STEPS = 5000,
    COROUTINE_STEPS = 200, /* to create one */
    ELEMENT_STEPS = 10,    /* to move one */
    COMPILE_STEPS_PER_BYTE = 10,
};

static const char format[] = "headroom.format"; /* a key of the registry */

/*
 * Each function of Lua's libraries that can take long is an upvalue of one of our functions. Ours
 * first counts the steps of the call (state_spend), then runs the original in its place: it gets
 * the same arguments, and its errors name the line of the script.
 */
static int call_original(lua_State *lua)
{
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

/* For functions whose cost follows from their results, or is small. */
static int count_call(lua_State *lua)
{
    state_spend(lua, CALL_STEPS);
    int results = call_original(lua);
    state_spend(lua, (size_t)results);
    return results;
}

/* For functions whose cost is proportional to the length of their texts. */
static int count_texts(lua_State *lua)
{
    size_t bytes = 0;
    int count = lua_gettop(lua);
    for (int i = 1; i <= count; i++) {
        bytes += lua_type(lua, i) == LUA_TSTRING ? lua_rawlen(lua, i) : 0;
    }
    if (bytes > TEXTS_MAX_BYTES) {
        return luaL_error(lua, "the strings of one call exceed 128 MB");
    }
    state_spend(lua, bytes);
    return count_call(lua);
}

/* For arithmetic on texts, which are converted to numbers. */
static int calculate(lua_State *lua)
{
    if (!number_is_short(lua, 1) || !number_is_short(lua, 2)) {
        return luaL_error(lua, "arithmetic: the text is too long for a number");
    }
    return call_original(lua);
}

/* tonumber(value, base): with a base, even long texts are converted quickly. */
static int to_number(lua_State *lua)
{
    if (lua_isnoneornil(lua, 2) && !number_is_short(lua, 1)) {
        luaL_pushfail(lua);
        return 1;
    }
    return count_texts(lua);
}

/* False also if there are no elements. */
static bool is_too_long(lua_Integer first, lua_Integer last)
{
    return last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= ELEMENTS_MAX;
}

/* Counts steps for functions that move these elements of a table. */
static void count_elements(lua_State *lua, const char *what, lua_Integer first, lua_Integer last)
{
    if (is_too_long(first, last)) {
        luaL_error(lua, "%s: more than %d elements", what, ELEMENTS_MAX);
    }
    state_spend(lua, last >= first ? (size_t)(last - first + 1) * ELEMENT_STEPS : 0);
}

/*
 * Called when the compiler needs the next piece of source code. Upvalues: the text or function that
 * supplies it; the current text; how much of it the compiler has read.
 */
static int next_piece(lua_State *lua)
{
    size_t length = 0;
    const char *text = lua_tolstring(lua, lua_upvalueindex(2), &length);
    size_t at = (size_t)lua_tointeger(lua, lua_upvalueindex(3));
    if (at == length && lua_isfunction(lua, lua_upvalueindex(1))) {
        lua_pushvalue(lua, lua_upvalueindex(1));
        lua_call(lua, 0, 1);
        if (lua_type(lua, -1) != LUA_TSTRING) {
            return 1; /* nil: the end; Lua rejects other values */
        }
        lua_replace(lua, lua_upvalueindex(2));
        text = lua_tolstring(lua, lua_upvalueindex(2), &length);
        at = 0;
    }
    size_t piece = length - at < PIECE_BYTES ? length - at : PIECE_BYTES;
    state_spend(lua, COMPILE_STEPS_PER_BYTE * (piece + 1));
    lua_pushlstring(lua, text + at, piece);
    at += piece;
    lua_pushinteger(lua, (lua_Integer)at);
    lua_replace(lua, lua_upvalueindex(3));
    return 1;
}

/* load(chunk, name, "t", environment): the chunk comes in pieces. */
static int load_text(lua_State *lua)
{
    bool is_text = lua_isstring(lua, 1);
    if (!is_text) {
        luaL_checktype(lua, 1, LUA_TFUNCTION);
    }
    lua_settop(lua, lua_gettop(lua) > 3 ? 4 : 3);
    if (is_text && lua_isnil(lua, 2)) {
        lua_pushvalue(lua, 1); /* the text is also its name */
        lua_replace(lua, 2);
    }
    lua_pushliteral(lua, "t");
    lua_replace(lua, 3);
    lua_pushvalue(lua, 1);
    if (is_text) {
        lua_pushvalue(lua, 1);
    } else {
        lua_pushliteral(lua, "");
    }
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_piece, 3);
    lua_replace(lua, 1);
    return call_original(lua);
}

static int set_metatable(lua_State *lua)
{
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL) {
            return luaL_error(lua, "__gc is not available in scenarios");
        }
        lua_pop(lua, 1);
    }
    return call_original(lua);
}

/* coroutine.create and coroutine.wrap */
static int make_coroutine(lua_State *lua)
{
    state_spend(lua, COROUTINE_STEPS);
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_settop(lua, 1);
    lua_pushcclosure(lua, state_protect, 1);
    return call_original(lua);
}

/*
 * coroutine.resume and coroutine.close: rejects coroutines of users, which only we resume and
 * close.
 */
static int refuse_own(lua_State *lua)
{
    lua_State *coroutine = lua_tothread(lua, 1);
    if (coroutine && state_is_own(coroutine)) {
        return luaL_error(lua, "this coroutine is a user's; scripts can resume and close only "
                               "coroutines that they created");
    }
    return call_original(lua);
}

static int date(lua_State *lua)
{
    if (lua_isstring(lua, 1) && lua_rawlen(lua, 1) > DATE_FORMAT_MAX) {
        return luaL_error(lua, "os.date: the format exceeds %d bytes", DATE_FORMAT_MAX);
    }
    return call_original(lua);
}

static int repeat(lua_State *lua)
{
    size_t length = 0;
    size_t gap = 0;
    luaL_checklstring(lua, 1, &length);
    lua_Integer n = number_check_integer(lua, 2);
    luaL_optlstring(lua, 3, "", &gap);
    if (n <= 0 || length + gap == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if ((lua_Unsigned)n > REP_MAX_BYTES / (length + gap)) {
        return luaL_error(lua, "string.rep: the result would exceed 64 MB");
    }
    state_spend(lua, (size_t)n * (length + gap));
    return call_original(lua);
}

static int move(lua_State *lua)
{
    count_elements(lua, "table.move", number_check_integer(lua, 2), number_check_integer(lua, 3));
    return call_original(lua);
}

/*
 * The number of elements. Rejects __len, which may return anything and a different value at each
 * call; the original would count to it.
 */
static lua_Integer list_length(lua_State *lua, const char *what)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (luaL_getmetafield(lua, 1, "__len") != LUA_TNIL) {
        luaL_error(lua, "%s: tables with a __len metamethod are not supported", what);
    }
    return (lua_Integer)lua_rawlen(lua, 1);
}

/* table.insert(list, [position,] value) */
static int insert(lua_State *lua)
{
    lua_Integer length = list_length(lua, "table.insert");
    if (lua_gettop(lua) == 3) {
        count_elements(lua, "table.insert", number_check_integer(lua, 2), length);
    }
    return call_original(lua);
}

/* table.remove(list, [position]) */
static int remove_element(lua_State *lua)
{
    lua_Integer length = list_length(lua, "table.remove");
    if (!lua_isnoneornil(lua, 2)) {
        count_elements(lua, "table.remove", number_check_integer(lua, 2), length);
    }
    return call_original(lua);
}

/* table.sort(list, [order]) */
static int sort(lua_State *lua)
{
    lua_Integer length = list_length(lua, "table.sort");
    count_elements(lua, "table.sort", 1, length);
    if (length > 1 && !lua_isnoneornil(lua, 2)) {
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    }
    lua_settop(lua, 2);
    sort_list(lua, length);
    return 0;
}

/*
 * table.concat(list, separator, first, last); with __index, a list may have any number of elements.
 */
static int concat(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 4);
    lua_Integer first = luaL_opt(lua, number_check_integer, 3, 1);
    lua_Integer last = lua_isnil(lua, 4) ? luaL_len(lua, 1) : number_check_integer(lua, 4);
    if (is_too_long(first, last) && lua_getmetatable(lua, 1)) {
        return luaL_error(lua, "table.concat: more than %d elements of a table with a metatable",
                          ELEMENTS_MAX);
    }
    state_spend(lua, CALL_STEPS + ELEMENT_STEPS * (size_t)lua_rawlen(lua, 1));
    lua_pushinteger(lua, last);
    lua_replace(lua, 4);
    return call_original(lua);
}

/* utf8.codes(text, lax): the function that it returns takes texts, too, and is wrapped as well. */
static int codes(lua_State *lua)
{
    enum { RESULTS = 3 };
    count_texts(lua);
    lua_pushvalue(lua, -RESULTS);
    lua_pushcclosure(lua, count_texts, 1);
    lua_replace(lua, -RESULTS - 1);
    return RESULTS;
}

int sandbox_format(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, format);
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
}

/* Writes the line in one piece, because threads print concurrently. */
static int print(lua_State *lua)
{
    int count = lua_gettop(lua);
    size_t length = 0;
    luaL_Buffer line;
    luaL_buffinit(lua, &line);
    luaL_addstring(&line, terminal_clear(STDERR_FILENO));
    for (int i = 1; i <= count; i++) {
        luaL_addstring(&line, i > 1 ? "\t" : "");
        luaL_tolstring(lua, i, &length);
        state_spend(lua, CALL_STEPS + length);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    const char *text = lua_tolstring(lua, -1, &length);
    fwrite(text, 1, length, stderr);
    return 0;
}

/*
 * Replaces a function of the table on top of the stack; the original becomes the upvalue of the new
 * one.
 */
static void replace(lua_State *lua, const char *name, lua_CFunction function)
{
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

static void remove_field(lua_State *lua, const char *name)
{
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
}

static void open_os(lua_State *lua)
{
    static const char *const kept[] = {"clock", "date", "difftime", "getenv", "time"};
    luaL_requiref(lua, LUA_OSLIBNAME, luaopen_os, 0);
    lua_newtable(lua);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(lua, -2, kept[i]);
        lua_setfield(lua, -2, kept[i]);
    }
    lua_setglobal(lua, LUA_OSLIBNAME);
    lua_pop(lua, 1);
}

static void replace_all(lua_State *lua)
{
    static const struct {
        const char *library;
        const char *name;
        lua_CFunction function;
    } list[] = {
        {LUA_GNAME, "load", load_text},
        {LUA_GNAME, "next", count_call},
        {LUA_GNAME, "pcall", count_call},
        {LUA_GNAME, "rawequal", count_texts},
        {LUA_GNAME, "setmetatable", set_metatable},
        {LUA_GNAME, "tonumber", to_number},
        {LUA_GNAME, "xpcall", count_call},
        {LUA_COLIBNAME, "close", refuse_own},
        {LUA_COLIBNAME, "create", make_coroutine},
        {LUA_COLIBNAME, "resume", refuse_own},
        {LUA_COLIBNAME, "wrap", make_coroutine},
        {LUA_OSLIBNAME, "date", date},
        {LUA_STRLIBNAME, "byte", count_call},
        {LUA_STRLIBNAME, "format", count_texts},
        {LUA_STRLIBNAME, "lower", count_texts},
        {LUA_STRLIBNAME, "pack", count_texts},
        {LUA_STRLIBNAME, "packsize", count_texts},
        {LUA_STRLIBNAME, "rep", repeat},
        {LUA_STRLIBNAME, "reverse", count_texts},
        {LUA_STRLIBNAME, "unpack", count_texts},
        {LUA_STRLIBNAME, "upper", count_texts},
        {LUA_TABLIBNAME, "concat", concat},
        {LUA_TABLIBNAME, "insert", insert},
        {LUA_TABLIBNAME, "move", move},
        {LUA_TABLIBNAME, "remove", remove_element},
        {LUA_TABLIBNAME, "sort", sort},
        {LUA_TABLIBNAME, "unpack", count_call},
        {LUA_UTF8LIBNAME, "codepoint", count_texts},
        {LUA_UTF8LIBNAME, "codes", codes},
        {LUA_UTF8LIBNAME, "len", count_texts},
        {LUA_UTF8LIBNAME, "offset", count_texts},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        lua_getglobal(lua, list[i].library);
        replace(lua, list[i].name, list[i].function);
        lua_pop(lua, 1);
    }
}

static void replace_arithmetic(lua_State *lua)
{
    static const char *const names[] = {"__add", "__sub", "__mul",  "__mod",
                                        "__pow", "__div", "__idiv", "__unm"};
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        replace(lua, names[i], calculate);
    }
    lua_pop(lua, 2);
}

void sandbox_open(lua_State *lua)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
        {LUA_UTF8LIBNAME, luaopen_utf8}, {LUA_MATHLIBNAME, luaopen_math},
    };
    static const char *const removed[] = {"collectgarbage", "dofile", "loadfile", "warn"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
    open_os(lua);
    replace_all(lua);
    replace_arithmetic(lua);
    lua_pushglobaltable(lua);
    for (size_t i = 0; i < sizeof removed / sizeof *removed; i++) {
        remove_field(lua, removed[i]);
    }
    lua_pushcfunction(lua, print);
    lua_setfield(lua, -2, "print");
    lua_getfield(lua, -1, LUA_STRLIBNAME);
    lua_getfield(lua, -1, "format");
    lua_setfield(lua, LUA_REGISTRYINDEX, format);
    remove_field(lua, "dump");
    strings_replace(lua);
    lua_pop(lua, 2);
}
