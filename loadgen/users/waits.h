/*
 * waits - globals that create wait functions. A wait function returns how many seconds a user waits
 * between two tasks. All but poisson have Locust's names.
 *
 *     between(a, b)              uniformly distributed
 *     constant(s)
 *     constant_pacing(s)         a user's tasks start at least s seconds apart
 *     constant_throughput(n)     a user starts at most n tasks per second
 *     poisson(n)                 exponential, with a mean of 1/n seconds
 *
 * Any function of self that returns seconds can be used instead.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_WAITS_H
#define LOADGEN_USERS_WAITS_H

#include <lua5.4/lua.h>

/* Declares these functions as globals. */
void waits_declare(lua_State *lua);

/* Pushes what constant(seconds) returns. */
void waits_push_constant(lua_State *lua, double seconds);

#endif
