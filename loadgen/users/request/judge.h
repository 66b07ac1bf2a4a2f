/*
 * judge - lets a script decide whether an answer is a success, as Locust's catch_response does.
 *
 *     local r <close> = self:get("/stock", { check = true })
 *     if r.text ~= "in stock" then r:failure("sold out: %s", r.text) end
 *
 * If there are several calls, the last one counts; without a call the status decides. The result is
 * recorded when the answer is closed, the user sends its next request, or its task ends, whichever
 * comes first.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_JUDGE_H
#define LOADGEN_USERS_REQUEST_JUDGE_H

#include <lua5.4/lauxlib.h>

/* Methods of answers, and the function called when a variable with <close> goes out of scope. */
extern const luaL_Reg judge_methods[];
int judge_close(lua_State *lua);

#endif
