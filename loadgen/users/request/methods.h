/*
 * methods - the methods of every user: self:get(path, options), post, put, patch, delete, head,
 * options, request(method, path, options); parallel(list) (parallel.h); self:stop_user(),
 * self:reschedule() and self:interrupt().
 *
 * The last three end a task in a way that no pcall of the script can catch.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_METHODS_H
#define LOADGEN_USERS_REQUEST_METHODS_H

#include <lua5.4/lua.h>

/* Adds the methods to the table on top of the stack. */
void methods_add(lua_State *lua);

#endif
