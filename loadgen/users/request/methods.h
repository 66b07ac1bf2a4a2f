/*
 * methods - the methods of every user.
 *
 *     self:get(path, options)              sends a request (request.h); also post, put, patch,
 *                                          delete, head and options
 *     self:request(method, path, options)  sends a request with any method
 *     self:parallel(list)                  sends several requests at once (parallel.h)
 *     self:cookie(name)                    the value of the newest cookie with this name in the
 *                                          user's jar; nil: there is none
 *     self:stop_user()                     ends the user
 *     self:reschedule()                    ends the task
 *     self:interrupt()                     ends the task set
 *
 * The last three end the running task immediately; a pcall of the script cannot catch this.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_METHODS_H
#define LOADGEN_USERS_REQUEST_METHODS_H

#include <lua5.4/lua.h>

/* Adds the methods to the table on top of the stack. */
void methods_add(lua_State *lua);

#endif
