#include "loadgen/users/lua/number.h"

#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Number of digits that every double preserves, and number that identifies every double. */
enum { DIGITS_MIN = 15, DIGITS_MAX = 17 };

bool number_is_short(lua_State *lua, int index)
{
    return lua_type(lua, index) != LUA_TSTRING || lua_rawlen(lua, index) <= NUMBER_READ_MAX;
}

static void check_length(lua_State *lua, int argument)
{
    luaL_argcheck(lua, number_is_short(lua, argument), argument,
                  "the text is too long for a number");
}

double number_check(lua_State *lua, int argument)
{
    check_length(lua, argument);
    return luaL_checknumber(lua, argument);
}

lua_Integer number_check_integer(lua_State *lua, int argument)
{
    check_length(lua, argument);
    return luaL_checkinteger(lua, argument);
}

size_t number_print(double number, char text[NUMBER_TEXT])
{
    int digits = DIGITS_MIN;
    do {
        snprintf(text, NUMBER_TEXT, "%.*g", digits, number);
    } while (digits++ < DIGITS_MAX && strtod(text, NULL) != number);
    size_t length = strlen(text);
    if (strspn(text, "-0123456789") == length) {
        memcpy(text + length, ".0", sizeof ".0"); /* a float, as Lua and JSON show it */
        length += 2;
    }
    return length;
}
