/*
 * sandbox - the part of Lua's libraries that scripts may use.
 *
 * Scripts cannot reach files, processes, C modules or the debug library. load accepts source
 * code only, because bytecode can corrupt memory. Metatables have no __gc, because nothing can stop
 * a finalizer that runs too long. string.rep, table.concat, move and sort reject arguments that
 * would take too long, and table.insert, remove and sort tables with __len; functions with patterns
 * are our own, which can be stopped (strings.h). print writes to stderr, because stdout is for
 * results and reports.
 *
 * os has clock, date, difftime, getenv and time.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_LUA_SANDBOX_H
#define LOADGEN_USERS_LUA_SANDBOX_H

#include <lua5.4/lua.h>

/* Opens the libraries in a new state. */
void sandbox_open(lua_State *lua);

/* string.format, whatever scripts assign to that. */
int sandbox_format(lua_State *lua);

#endif
