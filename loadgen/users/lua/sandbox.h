/*
 * sandbox - the part of Lua's libraries that scripts may use.
 *
 * Scripts cannot reach files (except with read_file.h), processes, C modules or the debug library.
 * load accepts source code only, because bytecode can corrupt memory. Metatables have no __gc,
 * because nothing can stop a finalizer that runs too long. string.rep, table.concat, table.move and
 * table.sort reject arguments that would take too long; table.insert, table.remove and table.sort
 * reject tables with __len. Functions with patterns are our own, so that they can be stopped
 * (strings.h). print writes to stderr, because stdout is for results and reports.
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

/* The original string.format, even if a script has replaced it. */
int sandbox_format(lua_State *lua);

#endif
