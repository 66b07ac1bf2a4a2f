/*
 * dates - times for scripts: as seconds since 1970, and as text (ISO 8601), always in UTC.
 *
 *     now()                           seconds, with a fraction
 *     iso_time(t)                     "2026-11-30T19:36:48Z" if t is an integer; if it is a float,
 *                                     with milliseconds: "2026-11-30T19:36:48.250Z"
 *     iso_date(t)                     "2026-11-30"
 *     add_time(t, { days = 7, ... })  adds years, months, weeks, days, hours, minutes and seconds,
 *                                     which may be negative; if the month has no such day, the
 *                                     result is its last day
 *     parse_time(text)                reads these formats, also with an offset such as +02:00, with
 *                                     a space instead of the T, or without seconds; nil for any
 *                                     other text
 *
 * The default of t is the current time. Years are 1 to 9999.
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_LIBRARY_DATES_H
#define LOADGEN_USERS_LIBRARY_DATES_H

#include <lua5.4/lua.h>

/* Declares these functions as globals. */
void dates_declare(lua_State *lua);

#endif
