#include "loadgen/users/library/dates.h"

#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "loadgen/users/lua/globals.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/options.h"

#define FIRST_S (-62135596800.0) /* 0001-01-01T00:00:00Z */
#define END_S 253402300800.0     /* 10000-01-01 */

enum { YEAR_MAX = 9999, TEXT_MAX = 96, MS_PER_S = 1000 };

static double read_clock(void)
{
    return (double)clock_wall_ns() / NS_PER_S;
}

static int now(lua_State *lua)
{
    lua_pushnumber(lua, read_clock());
    return 1;
}

/* The time at index 1; the current time if it is missing. */
static double moment_at(lua_State *lua)
{
    double moment = lua_isnoneornil(lua, 1) ? read_clock() : number_check(lua, 1);
    luaL_argcheck(lua, moment >= FIRST_S && moment < END_S, 1,
                  "expected seconds since 1970, in the years 1 to 9999");
    return moment;
}

static struct tm fields_of(double seconds)
{
    time_t time = (time_t)seconds;
    struct tm fields;
    gmtime_r(&time, &fields);
    return fields;
}

/* Returns the length. */
static size_t print_date(const struct tm *fields, char text[TEXT_MAX])
{
    return (size_t)snprintf(text, TEXT_MAX, "%04d-%02d-%02d", fields->tm_year + 1900,
                            fields->tm_mon + 1, fields->tm_mday);
}

static int iso_time(lua_State *lua)
{
    char text[TEXT_MAX];
    double moment = moment_at(lua);
    double seconds = floor(moment);
    int ms = -1; /* -1: `t` is an integer */
    if (!lua_isinteger(lua, 1)) {
        double rounded = fmin(round(moment * MS_PER_S), END_S * MS_PER_S - 1);
        seconds = floor(rounded / MS_PER_S);
        ms = (int)(rounded - seconds * MS_PER_S);
    }
    struct tm fields = fields_of(seconds);
    size_t length = print_date(&fields, text);
    length += (size_t)snprintf(text + length, sizeof text - length, "T%02d:%02d:%02d",
                               fields.tm_hour, fields.tm_min, fields.tm_sec);
    if (ms >= 0) {
        snprintf(text + length, sizeof text - length, ".%03d", ms);
    }
    lua_pushfstring(lua, "%sZ", text);
    return 1;
}

static int iso_date(lua_State *lua)
{
    char text[TEXT_MAX];
    struct tm fields = fields_of(floor(moment_at(lua)));
    lua_pushlstring(lua, text, print_date(&fields, text));
    return 1;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month] + (month == 1 && is_leap);
}

/*
 * Moves to the same day and time of another month, or to its last day. False: the year is out of
 * range.
 */
static bool add_months(double *seconds, double months)
{
    double whole = floor(*seconds);
    struct tm fields = fields_of(whole);
    double month = (fields.tm_year + 1900) * 12.0 + fields.tm_mon + months;
    if (month < 12 || month >= (YEAR_MAX + 1) * 12.0) {
        return false;
    }
    int year = (int)month / 12;
    fields.tm_year = year - 1900;
    fields.tm_mon = (int)month % 12;
    int last = days_of(year, fields.tm_mon);
    fields.tm_mday = fields.tm_mday < last ? fields.tm_mday : last;
    *seconds += (double)timegm(&fields) - whole;
    return true;
}

/* A number from the options at index 2; 0 if missing. */
static double amount_of(lua_State *lua, const char *name, bool is_whole)
{
    lua_pushstring(lua, name);
    if (lua_rawget(lua, 2) == LUA_TNIL) {
        return 0;
    }
    double amount = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : NAN;
    if (!isfinite(amount) || (is_whole && floor(amount) != amount)) {
        luaL_error(lua, "add_time: %s: expected a %snumber", name, is_whole ? "whole " : "");
    }
    return amount;
}

/* add_time(t, options). If t and all amounts are integers, so is the result. */
static int add_time(lua_State *lua)
{
    static const struct {
        const char *name;
        double seconds;
    } parts[] = {
        {"weeks", 604800}, {"days", 86400}, {"hours", 3600}, {"minutes", 60}, {"seconds", 1}};
    static const char *const known[] = {"days",    "hours", "minutes", "months",
                                        "seconds", "weeks", "years",   NULL};
    bool is_integer = lua_isinteger(lua, 1);
    double moment = moment_at(lua);
    luaL_checktype(lua, 2, LUA_TTABLE);
    lua_settop(lua, 2);
    options_check(lua, 2, "add_time", known);
    double months = 12 * amount_of(lua, "years", true) + amount_of(lua, "months", true);
    bool ok = add_months(&moment, months);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        moment += parts[i].seconds * amount_of(lua, parts[i].name, false);
    }
    if (!ok || !(moment >= FIRST_S && moment < END_S)) {
        return luaL_error(lua, "add_time: the result is not in the years 1 to 9999");
    }
    if (is_integer && floor(moment) == moment) {
        lua_pushinteger(lua, (lua_Integer)moment);
    } else {
        lua_pushnumber(lua, moment);
    }
    return 1;
}

/* Reading. */

/* Reads a number with this many digits, from `least` to `most`. */
static bool take(const char **at, int digits, int least, int most, int *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        *number = *number * 10 + (c - '0');
    }
    *at += digits;
    return *number >= least && *number <= most;
}

static bool take_char(const char **at, const char *one_of)
{
    bool ok = **at != '\0' && strchr(one_of, **at);
    *at += ok;
    return ok;
}

/* "Z", "+02:00", "+0200", or nothing, which is UTC. */
static bool take_offset(const char **at, int *seconds)
{
    int sign = **at == '-' ? -1 : 1;
    int hours = 0;
    int minutes = 0;
    *seconds = 0;
    if (take_char(at, "Zz") || **at == '\0') {
        return true;
    }
    if (!take_char(at, "+-") || !take(at, 2, 0, 23, &hours)) {
        return false;
    }
    take_char(at, ":");
    bool ok = take(at, 2, 0, 59, &minutes);
    *seconds = sign * (hours * 3600 + minutes * 60);
    return ok;
}

/* ".25", or nothing. */
static bool take_fraction(const char **at, double *fraction)
{
    double unit = 0.1;
    *fraction = 0;
    if (!take_char(at, ".,")) {
        return true;
    }
    const char *first = *at;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        *fraction += (**at - '0') * unit;
        unit /= 10;
    }
    return *at > first;
}

/* ":48", ":48.25", or nothing. */
static bool take_seconds(const char **at, int *seconds, double *fraction)
{
    return !take_char(at, ":") || (take(at, 2, 0, 59, seconds) && take_fraction(at, fraction));
}

static bool parse(const char *at, time_t *seconds, double *fraction)
{
    struct tm fields = {0};
    int year = 0;
    int month = 0;
    int offset = 0;
    *fraction = 0;
    bool ok = take(&at, 4, 1, YEAR_MAX, &year) && take_char(&at, "-") &&
              take(&at, 2, 1, 12, &month) && take_char(&at, "-") &&
              take(&at, 2, 1, days_of(year, month - 1), &fields.tm_mday);
    if (ok && *at != '\0') {
        ok = take_char(&at, "Tt ") && take(&at, 2, 0, 23, &fields.tm_hour) && take_char(&at, ":") &&
             take(&at, 2, 0, 59, &fields.tm_min) && take_seconds(&at, &fields.tm_sec, fraction) &&
             take_offset(&at, &offset);
    }
    fields.tm_year = year - 1900;
    fields.tm_mon = month - 1;
    *seconds = ok ? timegm(&fields) - offset : 0;
    return ok && *at == '\0';
}

static int parse_time(lua_State *lua)
{
    time_t seconds = 0;
    double fraction = 0;
    size_t length = 0;
    const char *text = luaL_checklstring(lua, 1, &length);
    /* Longer text is no date, and parsing it would take time that is not counted (state_spend). */
    bool is_short = length < TEXT_MAX && strlen(text) == length;
    if (!is_short || !parse(text, &seconds, &fraction)) {
        lua_pushnil(lua);
    } else if (fraction > 0) {
        lua_pushnumber(lua, (double)seconds + fraction);
    } else {
        lua_pushinteger(lua, seconds);
    }
    return 1;
}

void dates_declare(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"now", now},           {"iso_time", iso_time},     {"iso_date", iso_date},
        {"add_time", add_time}, {"parse_time", parse_time}, {NULL, NULL},
    };
    globals_declare(lua, functions);
}
