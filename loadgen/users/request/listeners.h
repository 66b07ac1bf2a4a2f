/*
 * listeners - functions of a scenario that see the result of each request.
 *
 *     events.request.add_listener(function(request)
 *         request.name = request.name:gsub("%d+", "{id}")
 *         if request.response_time > 1000 then request:failure("slow") end
 *     end)
 *
 * Listeners are added while the scenario is loaded. Each result is shown to all of them, in the
 * order in which they were added, once it is final: when all answers that the script waits for have
 * arrived; with `check`, when the script has judged it (judge.h); a fired result (events.h) when
 * the script pauses or ends. The script's next request begins when the listeners have returned.
 * They run between scripts, not in a coroutine, so they can neither send nor pause. Then the result
 * gets its row (names.h) and is counted. An error in a listener is counted as an exception, and has
 * no other effect. Without listeners, a final result is counted immediately.
 *
 *     request.request_type     method, or the type of a fired result
 *     request.name             may be set: it names the row
 *     request.response_time    milliseconds: r.elapsed of the answer, or the time of a fired result
 *     request.response_length  bytes of the body
 *     request.exception        nil if the result is a success, otherwise a text
 *     request.response         the answer (answer.h); nil for a fired result
 *     request.url              nil for a fired result
 *     request:success(), request:failure(format, ...)    as for answers (judge.h)
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_LISTENERS_H
#define LOADGEN_USERS_REQUEST_LISTENERS_H

#include <lua5.4/lua.h>

#include "loadgen/users/request/outbox.h"

struct flight;
struct seat;
struct user;

enum { LISTENERS_MAX = 100 };

/* Prepares a new state. */
void listeners_declare(lua_State *lua);

/* A C function: events.request.add_listener(function); returns the function. */
int listeners_add(lua_State *lua);

/* The number of listeners that the scenario has added. */
unsigned listeners_count(lua_State *lua);

/* Keeps the answer on top of the stack for the listeners, if there are any. */
void listeners_keep_answer(lua_State *lua, const struct seat *seat, struct flight *flight);

/*
 * Shows the results of a user's outbox to the listeners, and counts them. Call this whenever the
 * user's script may have judged or fired a result, while no script runs.
 */
void listeners_show(struct outbox *outbox, struct user *user);

#endif
