/*
 * feeder - hands the rows of a data file to users.
 *
 *     local accounts = feeder("accounts.csv", { order = "once", at_end = "end_test" })
 *     local account = accounts:next()         -- { user = "anna", password = "..." }
 *     #accounts                               -- the number of rows
 *
 *     format   what a row is: csv: a table by column name; lines: a string; json: an element of
 *              the array. The default is csv for .csv, json for .json, and lines for other names
 *     order    in_turn (the default), random, by_user or once (files/feeds.h)
 *     at_end   what happens after the last row of `once`: end_user (the default), end_test or
 *              restart
 *
 * Files are read from the scenario's folder while the scenario is loaded. A row is copied to Lua
 * when next() returns it.
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_FEEDER_H
#define LOADGEN_USERS_FEEDER_H

#include <lua5.4/lua.h>

/* Declares the global feeder. */
void feeder_declare(lua_State *lua);

#endif
