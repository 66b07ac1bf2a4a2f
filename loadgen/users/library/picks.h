/*
 * picks - random elements and texts for scripts, from the state's random numbers.
 *
 *     choice(list)              a random element
 *     choice(list, weights)     the same, with a list of weights: choice({ "a", "b" }, { 3, 1 })
 *     sample(list, n)           a list of n elements in random order, each position at most once
 *     letters(n)                n random letters, a to z
 *     letters(n, alphabet)      n random bytes of the alphabet
 *     uuid()                    "9f1c...", version 4
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_LIBRARY_PICKS_H
#define LOADGEN_USERS_LIBRARY_PICKS_H

#include <lua5.4/lua.h>

/* Declares these functions as globals. */
void picks_declare(lua_State *lua);

#endif
