/*
 * answer - the value that a request returns to the script.
 *
 *     r.status     200; 0: no complete answer arrived
 *     r.ok         true for 200 to 399
 *     r.error      nil, or why there is no answer: "time-out", "Connection refused"
 *     r.headers    a table; names are case-insensitive: r.headers["content-type"]
 *     r.text       the body
 *     r.url        the URL that was requested
 *     r.elapsed    seconds from the start of the request to the last byte, redirects included
 *     r:json()     the body as JSON; raises an error if it is not JSON
 *     r:success(), r:failure()    judge.h
 *
 * Threads: the state's thread. Memory: Lua's; one block for each answer.
 */
#ifndef LOADGEN_USERS_REQUEST_ANSWER_H
#define LOADGEN_USERS_REQUEST_ANSWER_H

#include <lua5.4/lauxlib.h>
#include <stdint.h>

#include "common/slice.h"
#include "loadgen/http/exchange.h"

/* Maximum bytes of a body that are kept; the rest is read and counted. */
#define ANSWER_BODY_MAX (UINT64_C(16) * 1024 * 1024)

/* Prepares a new state. Adds `methods` to the methods of answers; `on_close` is called when a
 * variable with <close> that holds an answer goes out of scope. */
void answer_declare(lua_State *lua, const luaL_Reg *methods, lua_CFunction on_close);

/* The request number of the answer at this argument. Raises an error if it is not an answer. */
uint64_t answer_number(lua_State *lua, int argument);

/* Pushes r.error: nil if the request was answered, or why there is no answer. */
void answer_push_error(lua_State *lua, enum outcome outcome, int system_error, struct slice reason);

/* Pushes the answer of an ended exchange, which takes answer_size bytes of Lua's memory. */
size_t answer_size(const struct exchange *exchange, struct slice url);
void answer_push(lua_State *lua, const struct exchange *exchange, struct slice url);

#endif
