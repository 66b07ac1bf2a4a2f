/*
 * read_file - lets a scenario read the files of its folder while it is loaded.
 *
 *     local users = {}
 *     for line in read_file("users.csv"):gmatch("[^\r\n]+") do users[#users + 1] = line end
 *
 * During the run nothing is read, because a slow disk would delay all users of the thread. Only
 * regular files can be read, and only inside the folder: absolute paths, and names and symbolic
 * links that lead out of it, raise an error.
 *
 * A state with `given` files (files/given.h) reads those instead.
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_SCENARIO_READ_FILE_H
#define LOADGEN_USERS_SCENARIO_READ_FILE_H

#include <lua5.4/lua.h>

/* Declares the global read_file(name). It reads from state->folder. */
void read_file_declare(lua_State *lua);

#endif
