/*
 * events - the table `events` of scenarios, with Locust's names: listeners (listeners.h), and
 * results that a script fires itself.
 *
 *     events.request.fire { request_type = "WS", name = "send", response_time = 12.5,
 *                           response_length = 10, exception = nil }
 *
 * fire adds a result with a latency of response_time that ends now, or, if it would begin before
 * the run, that begins with the run. Nothing is sent. The result counts as a request that was
 * started and has ended, but not in the budget of requests (goal.h).
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_EVENTS_H
#define LOADGEN_USERS_REQUEST_EVENTS_H

#include <lua5.4/lua.h>

/* Limits: milliseconds and bytes of a result. */
enum { EVENTS_MS_MAX = 3600000 };
#define EVENTS_BYTES_MAX 1000000000000

/* Declares `events` in a new state. */
void events_declare(lua_State *lua);

#endif
