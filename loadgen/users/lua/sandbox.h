/*
 * sandbox - the part of Lua's libraries that scripts may use.
 *
 * Scripts cannot reach files (except with read_file.h), processes, C modules or the debug library.
 * load accepts source code only, because bytecode can corrupt memory. Metatables have no __gc,
 * because nothing can stop a finalizer that runs too long. table.insert, table.remove and
 * table.sort reject tables with __len. print writes to stderr, because stdout is for results and
 * reports. os has clock, date, difftime, getenv and time.
 *
 * Functions that can run long count their steps in advance (state_spend), and reject arguments for
 * which a single call would take more than a fraction of a second. load passes a few kilobytes at a
 * time to the compiler. table.sort and the functions with patterns are replaced by our own, because
 * Lua's have no bound on their time (sort.h, strings.h).
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
